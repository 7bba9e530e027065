/* notices.h - what people are told about their bookings: stored, until they have seen it. */
#ifndef GATEWAY_CONTROL_NOTICES_H
#define GATEWAY_CONTROL_NOTICES_H

#include "gateway/control/state.h"

void notices_load(struct control *control, struct ledger_contents *contents); /* takes the list */
/* To the booking's holder and party. */
void notices_tell(struct control *control, const struct booking_action *action);
/* To those who may approve a pending booking. */
void notices_ask_approval(struct control *control, const struct booking *booking);
/* To whoever has a part in what somebody else has booked, of a bundle once. */
void notices_booked(struct control *control, const struct booking *first, uint64_t by);
/* To the former holder and the new one, but for who did it. */
void notices_transferred(struct control *control, const struct booking *booking, uint64_t by,
                         uint64_t former);
bool notices_any(const struct control *control, uint64_t account); /* that this account has not seen */
/* Stores what waits for it, and answers those who have waited long enough; when to be called next, monotonic.
 */
int64_t notices_tick(struct control *control);
/* Of notices_tick() and notices_stored(). */
int64_t notices_send(struct control *control);
void notices_sent(struct control *control, const struct ledger_event *event);
size_t notices_unstored(const struct control *control); /* those that the ledger has not stored yet */
/* The ledger's answer to a LEDGER_FOR_NOTICE. */
void notices_stored(struct control *control, const struct ledger_event *event);

#endif
