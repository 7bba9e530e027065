#include "drivers/serial_device.h"

#include "drivers/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static const char *reason(int error)
{
    if (error == EWOULDBLOCK || error == EBUSY)
        return "another program holds it; stop that program, or give one of them another device";
    if (error == ENOENT)
        return "no such device; is it plugged in?";
    if (error == EACCES)
        return "no permission; the gateway's user must be in the device's group (often dialout)";
    if (error == ENOTTY)
        return "not a serial device";
    return strerror(error);
}

int serial_device_claim(struct serial_device *device, const char *name, struct driver_fault *fault)
{
    *device = (struct serial_device){.lock = -1};
    char *path = realpath(name, NULL);
    int error = errno;
    if (!path)
        return driver_fail(fault, DRIVER_DISCONNECTED, error, "opening %.60s: %s", name, reason(error));
    strncpy(device->path, path, sizeof device->path - 1);
    free(path);
    device->pseudo = !strncmp(device->path, "/dev/pts/", 9);

    int lock = open(device->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB))
        error = errno;
    else
        error = isatty(lock) ? 0 : ENOTTY;
    if (error) {
        if (lock >= 0)
            close(lock);
        return driver_fail(fault, DRIVER_DISCONNECTED, error, "opening %.60s: %s", name, reason(error));
    }
    device->lock = lock;
    return 0;
}

/* A pty keeps the mark for as long as its other side lives, also when we are killed: there the lock alone
 * must do. */
void serial_device_seal(const struct serial_device *device)
{
    if (strncmp(device->path, "/dev/pts/", 9) != 0)
        ioctl(device->lock, TIOCEXCL);
}

void serial_device_release(struct serial_device *device)
{
    if (device->lock < 0)
        return;
    tcflush(device->lock, TCIOFLUSH);
    ioctl(device->lock, TIOCNXCL);
    close(device->lock);
    device->lock = -1;
}

int64_t serial_time(int baud, int bits, int64_t characters)
{
    return characters * bits * SECOND / baud;
}

int serial_character_bits(const struct driver_line_spec *spec)
{
    return 1 + spec->data_bits + (spec->parity != DRIVER_PARITY_NONE) + spec->stop_bits;
}
