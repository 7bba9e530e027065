/* local.h - the gateway's own Unix socket (SOCK_SEQPACKET, one Request or Answer a datagram), for what must
 * not be reachable through the bus: accounts, the audit's verification. The kernel says who the peer is:
 * root, or the user that the gateway runs as; others are turned away. */
#ifndef GATEWAY_CONTROL_LOCAL_H
#define GATEWAY_CONTROL_LOCAL_H

#include "gateway/control/pending.h"

#include <stddef.h>
#include <stdint.h>

struct local;

/* Binds PATH (mode 0600, replacing a socket that nobody serves). 0, or -1 with a sentence in `why`; another
 * labgate that serves PATH is such a failure. */
int local_create(const char *path, struct local **local, char *why, size_t why_size);
void local_destroy(struct local *local); /* removes the socket; accepts NULL */
int local_fd(const struct local *local); /* an epoll descriptor: readable when local_receive() has work */
/* One datagram: its length, with the origin to answer; 0: nothing now. Never blocks. */
size_t local_receive(struct local *local, uint8_t *bytes, size_t size, struct origin *origin);
/* Dropped when the peer is gone or doesn't read. */
void local_send(struct local *local, const struct origin *origin, const uint8_t *bytes, size_t length);

#endif
