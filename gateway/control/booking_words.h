/* booking_words.h - the words of a no to a request about bookings, for people: what was attempted, for whom,
 * which bound of the policy or the rig forbids it and what was asked for, and what is in the way. */
#ifndef GATEWAY_CONTROL_BOOKING_WORDS_H
#define GATEWAY_CONTROL_BOOKING_WORDS_H

#include "gateway/control/pending.h"
#include "gateway/control/state.h"

/* An earlier wish of the same request for the same rig and time, which is what is in the way; NULL: none. */
const struct booking_wish *booking_words_twin(const struct control *control,
                                              const struct booking_action *action);

/* `attempt` is "booking". */
void booking_words(const struct control *control, const struct pending *pending, const char *attempt,
                   const struct booking_action *action, char *text, size_t size);

#endif
