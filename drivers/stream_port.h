/* stream_port.h - what stream.c reads from: a non-blocking descriptor that somebody knows how to open and
 * close. Private to stream*.c. */
#ifndef DRIVERS_STREAM_PORT_H
#define DRIVERS_STREAM_PORT_H

#include "drivers/serial_device.h"

struct stream_port {
    int descriptor; /* -1: closed */
    void *library;  /* serial: libserialport's port; NULL for a pty */
    struct serial_device device;
};

int stream_open_tcp(struct stream_port *port, const struct driver_line_spec *spec, int64_t deadline,
                    struct driver_fault *fault);
int stream_open_serial(struct stream_port *port, const struct driver_line_spec *spec,
                       struct driver_fault *fault);
void stream_close_tcp(struct stream_port *port);
void stream_close_serial(struct stream_port *port);

#endif
