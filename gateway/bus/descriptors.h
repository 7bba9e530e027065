/* descriptors.h - which descriptors of this process are open, found without a system call for each that is
 * not: /proc is closed to the bus (confine.h). */
#ifndef GATEWAY_BUS_DESCRIPTORS_H
#define GATEWAY_BUS_DESCRIPTORS_H

#include <stdbool.h>

#define DESCRIPTORS_MOST 16384u /* that a bus ever has */

/* Asks `is_it` about each open one, in order, until it says yes. Returns that one; -1: none. */
int descriptors_find(bool (*is_it)(void *context, int fd), void *context);

#endif
