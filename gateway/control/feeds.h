/* feeds.h - keys with which calendars are read without an account: the loop's copy of what the ledger has.
 *
 * A key is 256 random bits and shows one calendar, of its account or of a rig, as long as the account is not
 * disabled. Only its hash is kept. */
#ifndef GATEWAY_CONTROL_FEEDS_H
#define GATEWAY_CONTROL_FEEDS_H

#include "gateway/control/state.h"

#define FEEDS_EACH 20 /* of one account */

void feeds_load(struct control *control, struct ledger_contents *contents); /* takes the list */
/* NULL: no such key, it was revoked, or its account may not be used. Valid until one is made or revoked. */
const struct ledger_feed *feeds_find(const struct control *control, const char *key);

#endif
