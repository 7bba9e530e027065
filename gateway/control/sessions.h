/* sessions.h - the shell around the timetable: bookings to the ledger and back, sessions to their rigs. */
#ifndef GATEWAY_CONTROL_SESSIONS_H
#define GATEWAY_CONTROL_SESSIONS_H

#include "gateway/control/state.h"

#define BOOKINGS_ANSWERED 200 /* of one bundle */

/* As its holder, or beside them. */
bool sessions_takes_part(const struct booking *booking, uint64_t account);
bool sessions_load(struct control *control, struct ledger_contents *contents, char *why, size_t why_size);
void sessions_handle(struct control *control, const struct booking_event *event);
/* The ledger's answer to a booking that was handed to it. */
void sessions_stored(struct control *control, const struct ledger_event *event);
/* Likewise to a place in the queue. */
void sessions_ticket_stored(struct control *control, const struct ledger_event *event);
/* The timetable hears of a rig that goes out of service, or returns. */
void sessions_tell_rig(struct control *control, struct control_rig *rig);
/* Begins and ends what is due; returns when to be called next. */
int64_t sessions_tick(struct control *control);
/* Whether control of the rig's session is theirs without being given to them: they booked it, or are staff
 * whom the rig lets take it. */
bool sessions_may_control(const struct control *control, const struct control_rig *rig, uint64_t account,
                          enum rig_role role);
/* Somebody is heard in the rig's session: with a part in its booking (the holder, the party, in a class
 * whoever is in its group) they have used it. */
void sessions_heard(struct control *control, const struct control_rig *rig, uint64_t account);

/* sessions_answers.c: an ANSWER of the timetable's goes to whoever waits for it. */
void sessions_answer_request(struct control *control, const struct booking_action *action);
/* Answers a BOOK; `fallen`: what of its meetings did not become what its week and weekday say. */
void sessions_booked(struct control *control, const struct pending *pending,
                     const struct booking_action *action, const struct answer_fallen *fallen,
                     size_t fallen_count);
void sessions_answer(struct control *control, const struct booking *booking, uint64_t account, bool staff,
                     struct answer_booking *answer);

#endif
