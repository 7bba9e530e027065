/* bookings.h - what the commands about bookings share. All of them complain. */
#ifndef GATEWAY_CLI_BOOKINGS_H
#define GATEWAY_CLI_BOOKINGS_H

#include "gateway/cli/cli.h"

/* The gateway's clock decides what "now" and "+10m" are: the one here may be wrong. */
int bookings_now(struct cli *cli, int64_t *now);
/* `option`'s value as ms since 1970. */
int bookings_instant(struct cli *cli, const char *option, const char *text, int64_t now, int64_t *ms);
/* `what`: "booking", "ticket". */
int bookings_number(struct cli *cli, const char *what, const char *text, uint64_t *number);
/* Asks, and tells of the bookings in the answer. */
int bookings_ask(struct cli *cli, Labgate__Request *request, const char *attempt);
void bookings_tell(struct cli *cli, const Labgate__Booking *booking);

#endif
