/* tcp_connect.h - a TCP connection within a deadline. Private to drivers/.
 *
 * A host is an IPv4 or IPv6 address; driver_find_host() has turned names into one before. */
#ifndef DRIVERS_TCP_CONNECT_H
#define DRIVERS_TCP_CONNECT_H

#include "drivers/driver.h"

/* A connected, non-blocking, close-on-exec socket with TCP_NODELAY in *connection, the caller's to close;
 * -1 there on failure: DRIVER_INVALID for what is no address, DRIVER_DISCONNECTED when refused or not
 * answered by the deadline. */
int tcp_connect(const char *host, uint16_t port, int64_t deadline, int *connection,
                struct driver_fault *fault);

#endif
