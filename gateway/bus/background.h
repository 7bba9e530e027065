/* background.h - the bus stands back behind whatever else the machine does. */
#ifndef GATEWAY_BUS_BACKGROUND_H
#define GATEWAY_BUS_BACKGROUND_H

/* For the whole process, before its first thread: what strangers ask for must not keep control and the lines
 * from a processor, nor the kernel's own threads, one of which carries each byte that comes from a serial
 * line (flush_to_ldisc). */
void background_enter(void);

#endif
