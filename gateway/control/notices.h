/* notices.h - what people are told about their bookings: stored, until they have seen it. */
#ifndef GATEWAY_CONTROL_NOTICES_H
#define GATEWAY_CONTROL_NOTICES_H

#include "gateway/control/state.h"

void notices_load(struct control *control, struct ledger_contents *contents); /* takes the list */
/* What is to be stored with a STORE: its notes for holders and parties, and what follows from who asked for
 * it: of what somebody books for others each of them is told once, who may approve is asked, who is given a
 * booking and who had it hear of that. False: no memory. */
bool notices_with(struct control *control, const struct booking_action *action, struct ledger_with *with);
/* Those that were stored so; the bookings are in the timetable already. */
void notices_stored_with(struct control *control, const struct ledger_event *event);
/* A NOTIFY: recorded, and told to the booking's holder and party unless that is stored already. */
void notices_tell(struct control *control, const struct booking_action *action);
bool notices_any(const struct control *control, uint64_t account); /* that this account has not seen */
/* Stores what waits for it, and answers those who have waited long enough; when to be called next, monotonic.
 */
int64_t notices_tick(struct control *control);
/* Of notices_tick() and notices_stored(). */
int64_t notices_send(struct control *control);
void notices_sent(struct control *control, const struct ledger_event *event);
size_t notices_unstored(const struct control *control); /* those that the ledger has not stored yet */
/* The ledger's answer to a LEDGER_FOR_NOTICE, and to a LEDGER_FOR_SEEN. */
void notices_stored(struct control *control, const struct ledger_event *event);
void notices_forgotten(struct control *control, const struct ledger_event *event);

#endif
