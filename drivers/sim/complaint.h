/* complaint.h - what labsim says on standard error. */
#ifndef DRIVERS_SIM_COMPLAINT_H
#define DRIVERS_SIM_COMPLAINT_H

/* One line. What was typed is repeated in it, and must not command the terminal: control characters are
 * shown, as \x1b. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
