/* result.h - what the timetable answers, by name. */
#ifndef GATEWAY_BOOKING_RESULT_H
#define GATEWAY_BOOKING_RESULT_H

#include <stdbool.h>

/* X(constant, name, what a person reads) in the order of the checks. The names are stable. */
#define BOOKING_RESULTS(X)                                                                                   \
    X(BOOKING_OK, "accepted", "accepted")                                                                    \
    X(BOOKING_UNKNOWN_RIG, "unknown-rig", "there is no such rig")                                            \
    X(BOOKING_UNKNOWN_CAPABILITY, "unknown-capability", "no rig has this capability")                        \
    X(BOOKING_CLOCK, "clock",                                                                                \
      "the gateway's clock is not plausible: a technician must set it or vouch for it")                      \
    X(BOOKING_BUNDLE_TOO_LARGE, "too-many-at-once",                                                          \
      "more is asked for at once than is taken at once: ask in parts")                                       \
    X(BOOKING_EMPTY, "empty-interval", "the booking must end after it starts")                               \
    X(BOOKING_PAST, "past", "that time is in the past, or begins there")                                     \
    X(BOOKING_CLOSED, "closed", "the laboratory is closed during that time")                                 \
    X(BOOKING_UNKNOWN_GROUP, "unknown-group", "there is no such group")                                      \
    X(BOOKING_NO_POLICY, "no-policy",                                                                        \
      "the group has no policy, so nothing can be booked for it; a technician gives it one in the "          \
      "configuration")                                                                                       \
    X(BOOKING_TOO_FAR, "too-far", "the booking starts further ahead than may be booked")                     \
    X(BOOKING_TOO_LATE, "too-late", "the booking starts too soon: it had to be made earlier")                \
    X(BOOKING_TOO_SHORT, "too-short", "the booking is shorter than may be booked")                           \
    X(BOOKING_TOO_LONG, "too-long", "the booking is longer than may be booked")                              \
    X(BOOKING_TOO_MANY, "too-many",                                                                          \
      "there are as many bookings to come already as one person may have: use one first, or cancel one")     \
    X(BOOKING_QUOTA_BOOKINGS, "quota-bookings", "the bookings of that day or week are used up")              \
    X(BOOKING_QUOTA_HOURS, "quota-hours", "the hours of that day or week are used up")                       \
    X(BOOKING_GAP, "gap", "the booking is too close to another one of the same person")                      \
    X(BOOKING_NOT_QUALIFIED, "not-qualified",                                                                \
      "the group's policy asks for a qualification that is missing; a scheduler grants it")                  \
    X(BOOKING_NOT_REHEARSED, "not-rehearsed",                                                                \
      "the simulator must have been used before the real rig: book it, and use the session")                 \
    X(BOOKING_NO_SHOW, "no-show",                                                                            \
      "after a booking that was not used nothing can be booked ahead for a time; free time can be used at "  \
      "once")                                                                                                \
    X(BOOKING_OUT_OF_SERVICE, "out-of-service", "the rig is out of service until a technician clears it")    \
    X(BOOKING_OVERLAPS, "overlaps", "the time is taken")                                                     \
    X(BOOKING_PERSON_BUSY, "person-busy", "one of the people has another booking at that time")              \
    X(BOOKING_OTHERS_WAIT, "others-wait", "others are waiting for the rig")                                  \
    X(BOOKING_NO_EXTENSION, "no-extension", "the group's policy does not let a session be extended")         \
    X(BOOKING_ALREADY_WAITING, "already-waiting", "the person is in the queue for this already")             \
    X(BOOKING_NO_OFFER, "no-offer", "nothing is offered to this ticket now")                                 \
    X(BOOKING_UNKNOWN_TICKET, "unknown-ticket", "there is no such ticket in the queue")                      \
    X(BOOKING_BEGUN, "begun", "its session has begun: only its end may change")                              \
    X(BOOKING_NOT_PENDING, "not-pending", "the booking does not wait for an approval")                       \
    X(BOOKING_UNKNOWN, "unknown-booking", "there is no such booking")                                        \
    X(BOOKING_OVER, "over", "the booking has ended or was cancelled")                                        \
    X(BOOKING_REUSED_KEY, "reused-key", "this key was already used for another booking")                     \
    X(BOOKING_NOT_STORED, "not-stored",                                                                      \
      "the ledger could not store it: nothing has changed; tell the technician, whose log says why")         \
    X(BOOKING_BUSY, "busy", "too much is waiting already")

enum booking_result {
#define BOOKING_RESULT_CONSTANT(constant, name, text) constant,
    BOOKING_RESULTS(BOOKING_RESULT_CONSTANT)
#undef BOOKING_RESULT_CONSTANT
};
const char *booking_result_name(enum booking_result result);
const char *booking_result_text(enum booking_result result);
/* Another time, or another rig, could be had. */
bool booking_result_depends_on_time(enum booking_result result);

#endif
