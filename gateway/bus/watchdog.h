/* watchdog.h - notices that nng has stopped accepting on a tls+tcp listener.
 *
 * When a TLS client goes away in the middle of its first exchange, nng 1.5.2 may take that for the listener's
 * own end: it still shakes hands with later clients, and never makes pipes of them. From outside that is a
 * connection which no pipe belongs to, longer than nng's own 10 s for a handshake, while no other becomes a
 * pipe. Only a new process helps. A connection that has sent nothing proves nothing: it may be somebody who
 * only looked whether the port is open. */
#ifndef GATEWAY_BUS_WATCHDOG_H
#define GATEWAY_BUS_WATCHDOG_H

#include "gateway/bus/peers.h"

#define WATCHDOG_PORTS 32u
#define WATCHDOG_EVERY (INT64_C(12) * 1000 * 1000 * 1000) /* ns; longer than a handshake may take */

struct watchdog;

struct watchdog *watchdog_create(void); /* NULL: no memory */
void watchdog_destroy(struct watchdog *watchdog);

void watchdog_port(struct watchdog *watchdog, uint16_t port); /* of a listener to be watched */
void watchdog_opened(struct watchdog *watchdog, const struct peer *peer);
/* To be called every WATCHDOG_EVERY. true: a listener is dead. */
bool watchdog_barks(struct watchdog *watchdog, const struct peers *peers);

#endif
