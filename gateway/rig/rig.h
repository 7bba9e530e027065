/* rig.h - the functional core of one rig: events in, actions out.
 *
 * rig_handle() is the only way in. It reads no clock, allocates nothing, does no I/O and returns within a
 * time bounded by the rig's size. The shell (gateway/control/) turns samples, requests and time into events,
 * calls rig_handle() with the monotonic time, and carries the actions out in their order. The simulation
 * calls the same function.
 *
 * Condition of a rig:
 *
 *     UNAVAILABLE -> MAKING_SAFE -> SAFE -> GRANTING -> CONTROLLED -> MAKING_SAFE ...
 *                        \-> QUARANTINED (read, but never verified)        any edge
 *
 * SAFE is entered only through a verified safe sequence. E-stop, latched trips and lock-out are flags beside
 * it: they refuse commands (and grants, for e-stop and lock-out) until they are cleared, whatever the
 * condition.
 *
 * The epoch grows at every edge, at every grant and whenever an interlock drives an output, so that no write
 * that was queued before can act after it. The controller keeps the lease over a trip, the loss of an
 * instrument and a lost permissive, and goes on under the new epoch once every link has acknowledged it and,
 * after an edge, the rig has been verified safe. Release, hand-over, the end of the session, loss of the
 * controller, e-stop, lock-out, quarantine and shutdown end the lease. */
#ifndef GATEWAY_RIG_RIG_H
#define GATEWAY_RIG_RIG_H

#include "gateway/rig/refusal.h"
#include "gateway/rig/spec.h"

struct rig;

enum rig_condition {
    RIG_UNAVAILABLE,
    RIG_MAKING_SAFE,
    RIG_SAFE,
    RIG_GRANTING,
    RIG_CONTROLLED,
    RIG_QUARANTINED
};

enum rig_seat_kind { RIG_SEAT_OBSERVER, RIG_SEAT_CONTROLLER, RIG_SEAT_TEACHER, RIG_SEAT_TECHNICIAN };

enum rig_event_kind {
    RIG_EVENT_TICK,           /* nothing but time */
    RIG_EVENT_SAMPLES,        /* a block that was read together */
    RIG_EVENT_INSTRUMENT,     /* connection of an instrument lost (after lost_after failures) or returned */
    RIG_EVENT_EPOCH_ACK,      /* a link takes only writes of this epoch from now on */
    RIG_EVENT_WRITTEN,        /* a write of ours ended */
    RIG_EVENT_SESSION_BEGIN,  /* a booking became live */
    RIG_EVENT_SESSION_END_AT, /* the live one ends at another time */
    RIG_EVENT_SESSION_END,    /* time is up, cancelled, or nobody came */
    RIG_EVENT_JOIN,           /* a person takes (or resumes) a seat */
    RIG_EVENT_LEAVE,          /* gives the seat up */
    RIG_EVENT_HEARD,          /* anything came from a seat's person */
    RIG_EVENT_TAKE,      /* asks for control; a teacher or technician takes it back from whoever has it */
    RIG_EVENT_RELEASE,   /* gives control up */
    RIG_EVENT_COMMAND,   /* sets a point */
    RIG_EVENT_CAPTURE,   /* acquires a record: admitted like a command to the instrument */
    RIG_EVENT_STOP,      /* e-stop */
    RIG_EVENT_RESET,     /* resets the e-stop and every latched trip whose condition is gone */
    RIG_EVENT_LOCKOUT,   /* sets an account's lock-out, or removes one */
    RIG_EVENT_CLEAR,     /* a technician ends the quarantine; the safe sequence runs again */
    RIG_EVENT_RECORDING, /* whether the audit's buffer takes records */
    RIG_EVENT_BYPASS,    /* takes a trip or a permissive out of force, or puts it back */
    RIG_EVENT_HOLD_HEARTBEAT, /* no beat for some seconds: shows that the rig's own controller acts */
    RIG_EVENT_SHUTDOWN,       /* orderly stop: make safe, admit nothing more */
};

struct rig_sample {
    uint16_t point;
    bool good;
    double number;
    const char *text; /* text points; copied */
};

struct rig_written {
    uint32_t ticket;
    int result;     /* 0: acknowledged; RIG_WRITE_* otherwise */
    int64_t at;     /* monotonic, when it was; 0: not known, the event's time counts */
    bool read_back; /* of a command: what shows it is being read since, and no READ is needed */
};

struct rig_event {
    enum rig_event_kind kind;
    uint64_t request; /* of the shell, returned with the answer; 0: nobody waits */
    uint32_t seat;    /* JOIN: 0, or the seat to resume; from HEARD to RESET: whose */
    union {
        struct {
            const struct rig_sample *list;
            size_t count;
            int64_t at;    /* when the reply was complete */
            int64_t asked; /* when the request went on the line; 0: not known, `at` counts. Only a sample
                              asked for after a write can confirm it */
        } samples;
        struct {
            uint16_t instrument;
            bool up;
        } instrument;
        struct {
            uint16_t link;
            uint64_t epoch;
        } epoch_ack;
        struct rig_written written;
        struct {
            uint64_t session;
            int64_t ends; /* monotonic */
            bool student; /* SESSION_BEGIN: booked by one: no rule is bypassed in it */
        } session_begin;  /* SESSION_END_AT too: of the live session */
        struct {
            uint64_t session; /* must be the live one */
            uint64_t account; /* one seat for each account */
            enum rig_role role;
            enum rig_seat_kind wanted; /* OBSERVER, TEACHER or TECHNICIAN; control is taken with TAKE */
            bool may_control; /* the session is this account's, or the role allows it; what a teacher may do
                                 in their own session needs it too */
        } join;
        struct {
            bool force;  /* teacher, technician: take it from the present controller */
            uint32_t to; /* teacher, technician: give it to this seat instead; 0: to oneself */
        } take;
        struct {
            uint64_t epoch;
            uint64_t sequence; /* rises by one for each command of the seat */
            uint64_t body;     /* hash of the command, to tell a repeat from a reuse */
            int64_t age;       /* ns between what the client saw and now, as the shell reckons it */
            uint16_t point;
            double number;
        } command;
        struct {
            uint64_t epoch, sequence, body;
            int64_t age;
            uint16_t instrument, waveform;
            int depth;
        } capture;
        struct {
            bool set;
            uint64_t account;
            uint64_t
                whose; /* removed: another's only when the shell was told so, and it records the reason */
        } lockout;
        struct {
            uint64_t account;
            enum rig_role role;
        } person; /* STOP, RESET, CLEAR with seat 0: whom the shell vouches for */
        struct {
            bool set;
            uint16_t rule; /* trips first, then permissives */
            int64_t until; /* monotonic, at most RIG_BYPASS_MAX from now */
            uint64_t account;
            enum rig_role role;
        } bypass;
        struct {
            int64_t until; /* monotonic, at most RIG_HOLD_MAX from now; the past ends it */
            uint64_t account;
            enum rig_role role;
        } hold_heartbeat;
        struct {
            bool takes;
        } recording;
    };
};

#define RIG_BYPASS_MAX   (8 * INT64_C(3600000000000)) /* ns */
#define RIG_HOLD_MAX     (60 * INT64_C(1000000000))   /* ns */
#define RIG_LOCKOUTS_MAX 8                            /* people with their hands in one rig */
/* ns; presses of a stop that is latched already are edges no closer together: it has had its edge and nobody
 * commands the rig, so they ask for nothing new, and whoever leans on the button must leave neighbours on the
 * line their reads. */
#define RIG_STOP_EDGES_APART INT64_C(1000000000)

enum rig_write_result {
    RIG_WRITE_DONE = 0,
    RIG_WRITE_FAILED = -1,
    RIG_WRITE_OLD_EPOCH = -2,
    RIG_WRITE_REJECTED = -3
};

enum rig_action_kind {
    RIG_ACTION_WRITE,   /* to the point's link; `safe` ones overtake everything */
    RIG_ACTION_READ,    /* read this point next, ahead of the schedule */
    RIG_ACTION_EPOCH,   /* tell a link; queued writes of older epochs must die there */
    RIG_ACTION_CAPTURE, /* start an acquisition */
    RIG_ACTION_CANCEL_CAPTURES,
    RIG_ACTION_ANSWER,  /* to `request` */
    RIG_ACTION_RECORD,  /* for the audit */
    RIG_ACTION_NOTICE,  /* tell staff at once; fields as in RECORD */
    RIG_ACTION_DURABLE, /* what rig_durable() returns has changed: store it */
};

enum rig_record_kind {
    RIG_RECORD_COMMAND,
    RIG_RECORD_REFUSAL,
    RIG_RECORD_CONFIRMED,
    RIG_RECORD_NOT_CONFIRMED,
    RIG_RECORD_SAFE_BEGIN,
    RIG_RECORD_SAFE_DONE,
    RIG_RECORD_SAFE_FAILED,
    RIG_RECORD_TRIP,
    RIG_RECORD_STOP,
    RIG_RECORD_RESET,
    RIG_RECORD_PERMISSIVE_LOST,
    RIG_RECORD_JOIN,
    RIG_RECORD_LEAVE,
    RIG_RECORD_GRANT,
    RIG_RECORD_REVOKE,
    RIG_RECORD_SESSION_BEGIN,
    RIG_RECORD_SESSION_END,
    RIG_RECORD_INSTRUMENT_LOST,
    RIG_RECORD_INSTRUMENT_BACK,
    RIG_RECORD_QUARANTINE,
    RIG_RECORD_CLEAR,
    RIG_RECORD_LOCKOUT,
    RIG_RECORD_CAPTURE,
    RIG_RECORD_TIME_LIMIT,
    RIG_RECORD_RAMP_STEP,
    RIG_RECORD_RAMP_ENDED,
    RIG_RECORD_DRIVEN,
    RIG_RECORD_UNLOCK,
    RIG_RECORD_SUPERSEDED,
    RIG_RECORD_TOTAL_LIMIT,
    RIG_RECORD_BYPASS,
    RIG_RECORD_BYPASS_ENDED,
    RIG_RECORD_HEARTBEAT_HELD,
    RIG_RECORD_TAKE, /* control was asked for, and will be granted once the rig is safe */
};

/* Why the safe sequence runs. A changed configuration is a SHUTDOWN of the old rig and the START of a new
 * one. NOT_DRIVEN: an interlock drove one output and its read-back did not follow. */
enum rig_edge {
    RIG_EDGE_START,
    RIG_EDGE_SESSION_END,
    RIG_EDGE_HANDOVER,
    RIG_EDGE_RELEASE,
    RIG_EDGE_TRIP,
    RIG_EDGE_STOP,
    RIG_EDGE_CONTROLLER_LOST,
    RIG_EDGE_INSTRUMENT_LOST,
    RIG_EDGE_INSTRUMENT_BACK,
    RIG_EDGE_DEPARTED,
    RIG_EDGE_LOCKOUT,
    RIG_EDGE_NOT_DRIVEN,
    RIG_EDGE_SHUTDOWN,
    RIG_EDGE_CLEAR,
    RIG_EDGE_RETRY,
};

struct rig_action {
    enum rig_action_kind kind;
    uint64_t request; /* ANSWER */
    uint32_t ticket;  /* WRITE: to be returned with WRITTEN, unless 0; CAPTURE, and the ANSWER to it */
    uint16_t point;   /* WRITE, READ, ANSWER, RECORD; RIG_NONE where none */
    uint16_t link;    /* EPOCH */
    bool safe;        /* WRITE: overtakes everything, and is never dropped for its epoch */
    bool heartbeat;   /* WRITE: after safe writes, before commands; no epoch either */
    bool read_back;   /* WRITE of a command: what shows it is wanted as soon as it is acknowledged */
    int64_t until;    /* WRITE of a command: must not go on the line after this; INT64_MAX for others */
    uint64_t epoch;   /* WRITE, EPOCH, ANSWER of take and join */
    double number;    /* WRITE; ANSWER: value read back; RECORD: after */
    double before;    /* RECORD; ANSWER: the point's value when the command came */
    struct rig_value
        nearest; /* ANSWER refused for a range: the nearest legal value, quality good when there is one */
    int64_t allowed_at; /* ANSWER refused RESTING or TOO_FAST: monotonic, when it is over; 0: not known */
    enum rig_refusal refusal; /* ANSWER, RECORD; RIG_ACCEPTED when not refused */
    bool verified;            /* ANSWER, RECORD: read back, not only sent */
    bool ramping;             /* ANSWER, RECORD: the set became a ramp, `number` is its first step */
    const char *rule;  /* ANSWER, RECORD, NOTICE: name of the rule or NULL; lives as long as the spec */
    uint64_t sequence; /* ANSWER: last sequence of the seat; RECORD of a command: its own */
    uint32_t seat;
    uint64_t account;              /* RECORD: opaque id or 0 for the gateway itself */
    uint64_t whose;                /* RECORD, NOTICE of UNLOCK: lock-out; of TAKE: control that is to be */
    uint16_t instrument, waveform; /* CAPTURE; RECORD of an instrument */
    int depth;                     /* CAPTURE */
    enum rig_record_kind record;   /* RECORD */
    enum rig_edge edge;            /* RECORD of the safe sequence, NOTICE */
};

/* The caller's array. rig_actions_bound() is its least capacity: no event yields more. */
struct rig_actions {
    struct rig_action *list;
    size_t count, capacity;
};
size_t rig_actions_bound(const struct rig_spec *spec);

/* Of which of its points a sample decides anything: it is the input of a rule, shows or verifies an output,
 * is added up by a limit or shows local mode. `decisive` has point_count places. */
void rig_decisive_points(const struct rig_spec *spec, bool *decisive);

/* What must survive a restart. Trips are numbered as in the spec: who stores this stores their names, so that
 * a changed configuration finds them again. */
struct rig_durable {
    bool stopped, quarantined;
    uint64_t
        lockouts[RIG_LOCKOUTS_MAX]; /* accounts: each locks the rig out until it is removed; then zeros */
    size_t lockout_count;
    uint64_t trips[4]; /* bit i: trip i is latched; at most RIG_TRIPS_MAX */
    uint64_t
        faults[4]; /* of these, caused by nothing but bad input: they may reset themselves (promise S7) */
};

/* Allocates everything once. `epoch`: first epoch of this boot, larger than any before (promise S4). NULL: no
 * memory. All instruments count as down until RIG_EVENT_INSTRUMENT says otherwise. */
struct rig *rig_create(const struct rig_spec *spec, uint64_t epoch, const struct rig_durable *durable);
void rig_destroy(struct rig *rig); /* accepts NULL */

/* Appends to actions. `now` never runs backwards. */
void rig_handle(struct rig *rig, const struct rig_event *event, int64_t now, struct rig_actions *actions);
/* When the next TICK is due: INT64_MAX for never, INT64_MIN (at once) for a new rig, whose first event begins
 * the safe sequence. Every event does what is due at its time before anything else, and ends a decision cycle
 * of which the heartbeat is the last action. */
int64_t rig_next_deadline(const struct rig *rig);

/* Views, valid until the next rig_handle(). */
enum rig_condition rig_condition(const struct rig *rig);
const struct rig_durable *rig_durable(const struct rig *rig);
const struct rig_value *rig_values(const struct rig *rig); /* with quality as of the last event */
const char *rig_text(const struct rig *rig, uint16_t point);
uint64_t rig_revision(const struct rig *rig);        /* grows with every visible change */
uint64_t rig_status_revision(const struct rig *rig); /* of all below and the condition, not of values */
uint64_t rig_point_revision(const struct rig *rig, uint16_t point);
bool rig_is_making_safe(
    const struct rig *rig); /* the sequence runs, whatever the condition: wait for it at shutdown */
bool rig_is_verified_safe(const struct rig *rig); /* whatever the condition: the last sequence verified it,
                                                     and nothing was done since */
enum rig_refusal
rig_unfit(const struct rig *rig); /* why nobody could command it now; RIG_ACCEPTED: it is fit */
bool rig_needs(const struct rig *rig, uint16_t instrument); /* it is unavailable without that one */
bool rig_is_local(const struct rig *rig); /* the local_mode point says so, or cannot be read */
bool rig_permits(const struct rig *rig, size_t permissive);     /* its output may leave its safe value */
int64_t rig_bypassed_until(const struct rig *rig, size_t rule); /* monotonic; 0: the rule is in force */
bool rig_controller_missing(const struct rig *rig); /* not heard for `presence`; the resume window runs */
bool rig_ramp(const struct rig *rig, uint16_t point, double *target); /* a ramp is under way, to here */
bool rig_point_blocked(const struct rig *rig, uint16_t point,
                       const char **rule);   /* a command now would meet this */
uint64_t rig_session(const struct rig *rig); /* 0: none */
uint64_t rig_epoch(const struct rig *rig);
uint32_t
rig_controller(const struct rig *rig); /* seat, 0: none; keeps the lease while the rig is made safe */

struct rig_seat {
    uint32_t id;
    uint64_t account;
    enum rig_role role;
    enum rig_seat_kind kind;
    int64_t heard;
    uint64_t sequence;
};
const struct rig_seat *rig_seats(const struct rig *rig, size_t *count);

const char *rig_condition_name(enum rig_condition condition); /* "safe" */
const char *rig_record_name(enum rig_record_kind kind);
const char *rig_edge_name(enum rig_edge edge);

#endif
