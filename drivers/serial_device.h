/* serial_device.h - a serial port held for this program alone, whichever library then speaks on it.
 * Private to drivers/.
 *
 * Libraries open ports without a lock, and change the settings of a port that somebody else is using. So
 * the device is claimed first: symbolic links are followed (by-id names stay valid when the kernel
 * renumbers), and flock() keeps other programs that ask, including a second gateway, out. Sealing adds
 * TIOCEXCL, which keeps out those that do not ask. */
#ifndef DRIVERS_SERIAL_DEVICE_H
#define DRIVERS_SERIAL_DEVICE_H

#include "drivers/driver.h"

#include <limits.h>

struct serial_device {
    int lock;    /* descriptor that holds the lock; -1: none */
    bool pseudo; /* the other end is a program */
    char path[PATH_MAX];
};

/* DRIVER_DISCONNECTED when it is missing, taken or no terminal; then there is nothing to release. */
int serial_device_claim(struct serial_device *device, const char *name, struct driver_fault *fault);
/* After the last program that should open it has. */
void serial_device_seal(const struct serial_device *device);
/* Throws away what is not sent yet, so that closing does not wait for it. */
void serial_device_release(struct serial_device *device);

/* ns that `characters` of `bits` each (start, data, parity, stop) take. */
int64_t serial_time(int baud, int bits, int64_t characters);
/* Bits of a character as configured. */
int serial_character_bits(const struct driver_line_spec *spec);

#endif
