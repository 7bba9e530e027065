/* refusal.h - why a request was refused. The names are published in docs/names.md and are stable. */
#ifndef GATEWAY_RIG_REFUSAL_H
#define GATEWAY_RIG_REFUSAL_H

/* X(constant, name, what a person reads) in the order of the checks in rig_admit(); then how an
 * admitted one may still end. */
#define RIG_REFUSALS(X)                                                                                      \
    X(RIG_ACCEPTED, "accepted", "accepted")                                                                  \
    X(RIG_NO_SESSION, "no-session", "no session is live on this rig")                                        \
    X(RIG_NO_SEAT, "no-seat", "you have no seat in this session: join first")                                \
    X(RIG_REUSED_SEQUENCE, "reused-sequence", "this command number was already used for another command")    \
    X(RIG_OLD_SEQUENCE, "old-sequence",                                                                      \
      "this command number is too far behind to tell a repeat from a new one")                               \
    X(RIG_NOT_CONTROLLER, "not-controller", "somebody else, or nobody, is in control: take control first")   \
    X(RIG_OLD_EPOCH, "old-epoch",                                                                            \
      "the rig was made safe or changed hands since this command was made: look again")                      \
    X(RIG_TOO_OLD, "too-old", "the command was too long on its way; look at the rig and repeat it")          \
    X(RIG_NO_RECORD, "no-record", "the audit cannot take records now, and nothing moves unrecorded")         \
    X(RIG_CLOSING, "closing", "the gateway is closing or takes the rig out of service")                      \
    X(RIG_STOPPED, "stopped", "the emergency stop is pressed and not reset")                                 \
    X(RIG_LOCKED_OUT, "locked-out",                                                                          \
      "locked out or switched to local operation: somebody may have hands in it")                            \
    X(RIG_IS_QUARANTINED, "quarantined", "the rig could not be verified safe and waits for a technician")    \
    X(RIG_NOT_AVAILABLE, "unavailable", "an instrument of the rig does not answer, or not in time")          \
    X(RIG_IS_MAKING_SAFE, "making-safe", "the safe sequence is running")                                     \
    X(RIG_UNKNOWN_POINT, "unknown-point", "the rig has no such point")                                       \
    X(RIG_READ_ONLY, "read-only", "this point cannot be set")                                                \
    X(RIG_NOT_ALLOWED, "not-allowed", "your role may not do this")                                           \
    X(RIG_NOT_A_NUMBER, "not-a-number", "the value is not a finite number")                                  \
    X(RIG_WRONG_TYPE, "wrong-type", "the value is not of the point's type")                                  \
    X(RIG_OUT_OF_RANGE, "out-of-range", "the value is outside the point's range")                            \
    X(RIG_TOO_FAST, "too-fast", "commands for this point come faster than its limit")                        \
    X(RIG_RESTING, "resting", "the output must stay off for a time before it may be on again")               \
    X(RIG_SPENT, "spent", "what this output may do in one session is used up")                               \
    X(RIG_TRIPPED, "tripped", "a trip is latched: its condition must go and it must be reset")               \
    X(RIG_NOT_PERMITTED, "not-permitted", "a permissive is not true")                                        \
    X(RIG_EXCLUDED, "excluded", "another output that excludes this one is on")                               \
    X(RIG_BUSY, "busy", "too much is waiting already")                                                       \
    X(RIG_SUPERSEDED, "superseded", "an edge (trip, stop, loss, hand-over) or a newer command overtook it")  \
    X(RIG_WRITE_FAILED_ON_LINE, "write-failed", "the instrument did not acknowledge the write")              \
    X(RIG_NOT_CONFIRMED, "not-confirmed",                                                                    \
      "the write was sent but its read-back did not show the value in time")                                 \
    X(RIG_NOT_GONE, "not-gone", "the condition that tripped still holds")                                    \
    X(RIG_ABSENT, "absent", "control can be given only to somebody who is present")                          \
    X(RIG_FULL, "full", "no place is free")                                                                  \
    X(RIG_UNKNOWN_RULE, "unknown-rule", "the rig has no trip and no permissive of this name")                \
    X(RIG_TOO_LONG, "too-long", "a bypass lasts 8 h, a held heartbeat 60 s, at most")                        \
    X(RIG_STUDENTS_SESSION, "students-session",                                                              \
      "no rule is bypassed, and no heartbeat held, in a student's session")

enum rig_refusal {
#define RIG_REFUSAL_CONSTANT(constant, name, text) constant,
    RIG_REFUSALS(RIG_REFUSAL_CONSTANT)
#undef RIG_REFUSAL_CONSTANT
};

const char *rig_refusal_name(enum rig_refusal refusal);
const char *rig_refusal_text(enum rig_refusal refusal);

#endif
