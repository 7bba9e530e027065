/* state.h - what a rig remembers, and how its parts call each other. Private to gateway/rig/.
 *
 * Order within one rig_handle(): what is due (timers), settle, the event, settle, heartbeat. Settling (rig.c)
 * evaluates the rules whose inputs changed, carries out the edge or the fence that anything asked for, moves
 * the safe sequence and grants the lease. Parts ask for an edge with rig_edge(); they never start the
 * sequence themselves, so that one event makes at most one fence before any of its writes. */
#ifndef GATEWAY_RIG_STATE_H
#define GATEWAY_RIG_STATE_H

#include "gateway/rig/deadlines.h"
#include "gateway/rig/rig.h"

#define MILLISECOND  1000000LL
#define SECOND       1000000000LL
#define COMMANDS_MAX 32                  /* in flight in a rig */
#define WAITERS_MAX  4                   /* requests that wait for one command: the first and its repeats */
#define WINDOW       32                  /* answers kept for each seat */
#define ASK_EVERY    (100 * MILLISECOND) /* safe writes and reads that have not succeeded are repeated */
#define RETRY_PAUSE                                                                                          \
    SECOND /* between two tries of the safe sequence: a line that died is reported meanwhile */
#define WITHIN_DEFAULT  SECOND
#define RETRIES_DEFAULT 3

/* A ticket says whose write it was: kind, slot there, and a generation that tells a late report from the
 * present. */
enum ticket_kind {
    TICKET_SEQUENCE = 1,
    TICKET_COMMAND,
    TICKET_DRIVE,
    TICKET_RAMP,
    TICKET_HEARTBEAT,
    TICKET_CAPTURE,
    TICKET_KINDS,
};

enum timer_family {
    TIMER_SEQUENCE,
    TIMER_HEARTBEAT,
    TIMER_PRESENCE,
    TIMER_SESSION,
    TIMER_STALE,      /* by point */
    TIMER_DRIVE,      /* by point */
    TIMER_TRIP,       /* by trip */
    TIMER_PERMISSIVE, /* by permissive */
    TIMER_RAMP,       /* by limit */
    TIMER_ON_FOR,     /* by limit */
    TIMER_TOTAL,      /* by limit */
    TIMER_COMMAND,    /* by slot */
    TIMER_BYPASS,     /* by rule */
    TIMER_STOP,
    TIMER_FAMILIES,
};

/* --- values ----------------------------------------------------------------------------------- */

/* What a point must show for the rig to be safe: the last word of the sequence's verify steps. */
struct expectation {
    bool present;
    double number, tolerance;
};

struct image {
    struct rig_value *values;
    int64_t *asked;      /* when the present sample was asked for */
    uint32_t *reads;     /* samples so far */
    uint64_t *revisions; /* of the last visible change */
    char (*texts)[RIG_TEXT_MAX];
    uint16_t *text_slot; /* by point: in texts, or RIG_NONE */
    struct expectation *expected;
    bool *up;     /* by instrument */
    size_t down;  /* instruments without which the rig is unavailable */
    bool sampled; /* in this event */
};

/* --- outputs ---------------------------------------------------------------------------------- */

enum drive_state { DRIVE_NONE, DRIVE_WANTED, DRIVE_WRITTEN, DRIVE_CONFIRMING };

/* An interlock's own write to one output. */
struct drive {
    enum drive_state state;
    double number;
    const char *rule;
    uint32_t ticket;
    int64_t since, until;
};

struct output {
    double written;       /* last value sent */
    int64_t written_at;   /* 0: never */
    int64_t commanded_at; /* last accepted command; 0: never */
    bool on;              /* may differ from the safe value */
    struct drive drive;
};

/* What a latched trip asks of an output, and so of the point that shows it. */
struct demand {
    bool away;     /* from the output's safe value */
    uint16_t trip; /* RIG_NONE: none */
    double number;
};

/* By point. */
struct demands {
    struct demand *now, *before;
    bool any;     /* a trip of this configuration drives something away from safe */
    bool changed; /* since they were last written */
};

struct command {
    bool used, acknowledged;
    bool ramping; /* first step of a ramp */
    uint32_t seat, ticket;
    uint64_t account, sequence;
    uint64_t waiters[WAITERS_MAX];
    size_t waiter_count;
    uint16_t point;
    double number, before;
    int64_t since;  /* of the acknowledgement: only samples asked for later confirm */
    int64_t asked;  /* last read-back asked for */
    unsigned looks; /* how often it was looked whether the value shows, without success */
    int64_t until;
};

enum ramp_state { RAMP_NONE, RAMP_CLIMBING, RAMP_CONFIRMING };

/* By limit. */
struct ramp {
    enum ramp_state state;
    bool due; /* its timer has run out in this event */
    double target;
    uint32_t seat, ticket; /* ticket 0: no step in flight */
    uint64_t account;
    int64_t since, until;
};

/* What a limit counts. */
struct tally {
    int64_t off_since; /* seen or confirmed off; 0: on, or not known since the start */
    unsigned starts;
    double used;
    double flow; /* since counted_at */
    int64_t counted_at;
};

/* --- interlocks ------------------------------------------------------------------------------- */

struct trip {
    bool holds;   /* the condition, before `for` and `confirm` */
    bool unread;  /* it became unknown without a sample: age or loss */
    bool settled; /* a safe state was verified since it latched */
    enum rig_truth truth;
    int64_t since, latched_at;
    size_t first_read; /* in interlocks.reads_then */
};

struct permissive {
    bool truth, permits;
    int64_t since;
};

/* Rules are numbered trips first, then permissives. */
struct interlocks {
    struct trip *trips;
    struct permissive *permissives;
    uint32_t *reads_then; /* by input of a trip: image.reads when its condition began */
    size_t *of_point;     /* point_count + 1 offsets into rules */
    uint16_t *rules;      /* that read a point */
    rig_rule_held *held;  /* by rule: its hystereses */
    bool *by_read;      /* by rule: a read matters to it even when it shows what was known: age(), confirm */
    uint16_t *dirty;    /* rules to evaluate */
    uint8_t *dirty_why; /* by rule */
    size_t dirty_count;
    int64_t *bypassed_until; /* by rule: 0 for not bypassed */
    bool armed; /* the first safe state was verified: from now on an input that is missing trips */
};

/* --- the safe sequence ------------------------------------------------------------------------ */

enum sequence_phase { SEQUENCE_IDLE, SEQUENCE_PAUSE, SEQUENCE_STEP };

struct sequence_item {
    uint32_t ticket;
    bool acknowledged;
};

struct sequence {
    bool wanted; /* an edge in this event */
    enum rig_edge wanted_edge;
    const char *wanted_rule;
    enum sequence_phase phase;
    enum rig_edge edge;
    size_t step;
    struct sequence_item *items; /* of the present step */
    unsigned tries;              /* that failed in a row */
    bool again;                  /* an edge came meanwhile: run once more before anything counts as safe */
    bool failed;                 /* an instrument that answers did not verify or acknowledge */
    bool incomplete, restarted;
    uint16_t culprit;
    int64_t until, written_at, repeated_at;
    bool covered; /* there is something to verify, or no outputs */
};

/* --- people ----------------------------------------------------------------------------------- */

struct stored_answer {
    uint64_t sequence, body;
    double number, before, nearest;
    int64_t allowed_at;
    const char *rule;
    uint32_t ticket;
    uint16_t point;
    uint8_t refusal;
    bool pending, verified, ramping, has_nearest;
};

struct seat_memory {
    bool may_control; /* and so may who was given control once */
    bool own;         /* the session is theirs, or their role makes it so */
    enum rig_seat_kind wanted;
    struct stored_answer window[WINDOW];
};

struct lease {
    uint64_t epoch;
    uint64_t *acknowledged; /* by link */
    uint32_t holder;        /* 0: none */
    bool held;              /* was granted once to this holder */
    bool granted;           /* now, under the present epoch */
    bool needs_safe;        /* an edge since the last verified safe state */
    bool missing;
    uint64_t request; /* of the TAKE that waits */
};

#define OWNED_MAX 32

struct rig {
    const struct rig_spec *spec;
    void *owned[OWNED_MAX]; /* all that was allocated for it */
    size_t owned_count;
    bool complete; /* nothing of it is missing */
    struct rig_durable durable;
    int64_t now;
    struct rig_actions *out;
    uint64_t revision, status_revision;
    bool changed;  /* in this event */
    bool verified; /* safe state verified, and nothing was written since */
    bool fence_wanted;
    bool recording, closing, local;
    bool student_session; /* a student booked the live session, or has sat in it */
    uint16_t generation;

    struct deadlines deadlines;
    size_t timer_first[TIMER_FAMILIES];

    struct image image;
    struct output *outputs; /* by point */
    struct interlocks interlocks;
    struct sequence sequence;
    struct lease lease;
    struct command commands[COMMANDS_MAX];
    size_t command_count, drive_count;
    uint16_t *drives_wanted; /* outputs, in the order in which they are to be written */
    size_t drives_wanted_count;
    struct demands demands;
    struct ramp *ramps;
    bool ramp_is_due;      /* one of them */
    struct tally *tallies; /* by limit */
    uint16_t *limit_of;    /* by point: its limit, RIG_NONE for none */

    uint64_t session;
    struct rig_seat seats[RIG_SEATS_MAX];
    struct seat_memory memories[RIG_SEATS_MAX];
    size_t seat_count;
    uint32_t last_seat;

    struct {
        uint32_t ticket; /* 0: none in flight */
        double number;
        int64_t due, held_until;
    } heartbeat;
    struct {
        int64_t next_edge; /* a press of the latched stop is one no earlier */
        bool put_off;      /* one was pressed, and will be */
    } stop;
};

/* memory.c */
bool memory_take(struct rig *rig); /* false: memory is out, and what was taken is to be released */
void memory_release(struct rig *rig);
const struct rig_program *rule_program(const struct rig_spec *spec, size_t rule);

/* emit.c: actions, tickets, timers, revisions */
struct rig_action *emit(struct rig *rig, enum rig_action_kind kind);
struct rig_action *emit_record(struct rig *rig, enum rig_record_kind kind);
struct rig_action *emit_notice(struct rig *rig, enum rig_record_kind kind);
void emit_answer(struct rig *rig, uint64_t request, uint32_t seat, enum rig_refusal refusal,
                 const char *rule);
struct rig_action *emit_safe_write(struct rig *rig, uint16_t point, double number, uint32_t ticket);
void emit_read(struct rig *rig, uint16_t point);
void emit_durable(struct rig *rig);
uint32_t ticket_make(struct rig *rig, enum ticket_kind kind, size_t slot);
enum ticket_kind ticket_kind(uint32_t ticket);
size_t ticket_slot(uint32_t ticket);
void timer_set(struct rig *rig, enum timer_family family, size_t index, int64_t due);
int64_t time_after(int64_t now, int64_t length); /* without overflow */
void touch_point(struct rig *rig, uint16_t point);
void touch_status(struct rig *rig);

/* image.c */
void image_samples(struct rig *rig, const struct rig_event *event);
void image_instrument(struct rig *rig, const struct rig_event *event);
void image_point_aged(struct rig *rig, size_t point);
bool image_matches(const struct rig *rig, uint16_t point, double number, double tolerance);
bool image_shows_since(const struct rig *rig, uint16_t point, double number, double tolerance, int64_t since);
bool image_output_shows(const struct rig *rig, uint16_t point, double number, int64_t since);
bool image_point_up(const struct rig *rig, uint16_t point);
bool image_required(const struct rig *rig, size_t instrument);
void image_local_mode(struct rig *rig);
enum rig_refusal image_local_refusal(const struct rig *rig); /* why nobody commands a rig that is local */

/* interlock.c: which rules to evaluate; trip.c; permit.c */
void interlock_dirty(struct rig *rig, uint16_t point, bool read); /* its value or quality changed */
void interlock_read(struct rig *rig, uint16_t point);             /* a sample showed what was known */
void interlock_dirty_all(struct rig *rig);
void interlock_mark(struct rig *rig, size_t rule);
void interlock_evaluate(struct rig *rig);
void trip_evaluate(struct rig *rig, size_t index, bool read);
void trip_due(struct rig *rig, size_t index);
void trip_safe_verified(struct rig *rig);
bool trip_is_latched(const struct rig *rig, size_t index);
void trip_reset(struct rig *rig, const struct rig_event *event, enum rig_role role, uint64_t account,
                enum rig_refusal *refusal, const char **rule);
const char *trip_on(const struct rig *rig, uint16_t point); /* a latched trip that drives it, or NULL */
void permissive_evaluate(struct rig *rig, size_t index);
void permissive_due(struct rig *rig, size_t index);
const char *permissive_against(const struct rig *rig, uint16_t point);
const char *exclusive_against(const struct rig *rig, uint16_t point);

/* admit.c */
struct admission {
    const struct rig_seat *seat;
    bool capture;
    uint64_t epoch, sequence, body;
    int64_t age;
    uint16_t point, instrument;
    double number;
};
struct objection {
    const char *rule;
    bool has_nearest;
    double nearest;
    int64_t allowed_at; /* RESTING, TOO_FAST: when it is over; 0: it is not known yet */
};
enum rig_refusal rig_admit(const struct rig *rig, const struct admission *admission,
                           struct objection *objection);
enum rig_refusal admit_unfit(const struct rig *rig); /* for anybody's control, and for any command */
enum rig_refusal admit_interlocks(const struct rig *rig, uint16_t point, double number,
                                  struct objection *objection);
bool role_covers(enum rig_role have, enum rig_role need);

/* limit.c */
const struct rig_limit_spec *limit_of(const struct rig *rig, uint16_t point); /* or NULL */
bool limit_in_range(const struct rig *rig, const struct admission *admission, struct objection *objection);
bool limit_slow_enough(const struct rig *rig, uint16_t point, struct objection *objection);
enum rig_refusal limit_against(const struct rig *rig, uint16_t point, struct objection *objection);
void limit_commanded(struct rig *rig, uint16_t point, double number);
void limit_switched(struct rig *rig, uint16_t point, bool changed);
void limit_session(struct rig *rig);
void limit_count(struct rig *rig);
void limit_watch(struct rig *rig);
void limit_on_for_due(struct rig *rig, size_t limit);
void limit_total_due(struct rig *rig, size_t unused);

/* demand.c */
void demand_init(struct rig *rig);
void demand_refresh(struct rig *rig); /* after what they depend on changed: latches, lock-outs, local mode */
double demand_of(const struct rig *rig, uint16_t output);    /* its safe value where nothing is asked */
bool demand_is_away(const struct rig *rig, uint16_t output); /* from safe */
double demand_or(const struct rig *rig, uint16_t point, double number); /* `number` where it is not away */
bool demand_changed(const struct rig *rig, uint16_t output);            /* with the last refresh */
void demand_write(struct rig *rig); /* what is away, and what has to go with it */

/* output.c, drive.c */
void output_wrote(struct rig *rig, uint16_t point, double number);
void output_set_on(struct rig *rig, uint16_t point, bool on);
bool output_is_on(const struct rig *rig, uint16_t point);
bool output_may_be_on(const struct rig *rig, uint16_t point);
int64_t output_within(const struct rig *rig, uint16_t point);
void drive_want(struct rig *rig, uint16_t point, double number, const char *rule);
void drive_emit(struct rig *rig);
void drive_drop_all(struct rig *rig);
void drive_written(struct rig *rig, const struct rig_written *written);
void drive_check(struct rig *rig);
void drive_due(struct rig *rig, size_t point);

/* sequence.c */
void rig_edge(struct rig *rig, enum rig_edge edge, const char *rule);
void sequence_apply_edge(struct rig *rig);
void sequence_advance(struct rig *rig);
void sequence_written(struct rig *rig, const struct rig_written *written);
void sequence_due(struct rig *rig, size_t unused);

/* lease.c */
void lease_fence(struct rig *rig); /* a new epoch; what was admitted under the old one is superseded */
void lease_end(struct rig *rig, enum rig_refusal why);
void lease_grant(struct rig *rig);
void lease_take(struct rig *rig, const struct rig_event *event);
void lease_release(struct rig *rig, const struct rig_event *event);
void lease_epoch_ack(struct rig *rig, const struct rig_event *event);
void lease_presence_due(struct rig *rig, size_t unused);
void lease_heard(struct rig *rig);

/* seats.c */
struct rig_seat *seat_find(struct rig *rig, uint32_t id);
struct seat_memory *seat_memory(struct rig *rig, const struct rig_seat *seat);
const struct stored_answer *seat_past(const struct rig *rig, const struct rig_seat *seat, uint64_t sequence);
struct rig_seat *seat_heard(struct rig *rig, uint32_t id); /* also notes that it is there */
void seat_session_begin(struct rig *rig, const struct rig_event *event);
void seat_session_end_at(struct rig *rig, const struct rig_event *event);
void seat_session_end(struct rig *rig, const struct rig_event *event);
void seat_session_due(struct rig *rig, size_t unused);
void seat_join(struct rig *rig, const struct rig_event *event);
void seat_leave(struct rig *rig, const struct rig_event *event);
void seat_was_heard(struct rig *rig, const struct rig_event *event);

/* bypass.c */
bool bypass_holds(const struct rig *rig, size_t rule);
void bypass_set(struct rig *rig, const struct rig_event *event);
void bypass_due(struct rig *rig, size_t rule);
void bypass_student(struct rig *rig); /* the live session is a student's: nothing is bypassed in it */

/* command.c */
void command_set(struct rig *rig, const struct rig_event *event);
void command_capture(struct rig *rig, const struct rig_event *event);
void command_written(struct rig *rig, const struct rig_written *written);
void command_check(struct rig *rig);
void command_due(struct rig *rig, size_t slot);
void command_supersede_all(struct rig *rig);
bool command_pending_on(const struct rig *rig, uint16_t point);

/* ramp.c */
void ramp_begin(struct rig *rig, size_t limit, const struct rig_seat *seat, double target, int64_t first_due);
void ramp_end(struct rig *rig, size_t limit, enum rig_refusal why, const char *rule);
void ramp_end_all(struct rig *rig);
void ramp_due(struct rig *rig, size_t limit);
/* Takes the steps that are due: after all that ends a session or trips at the same time, and not if that
 * does. */
void ramps_step(struct rig *rig);
void ramp_written(struct rig *rig, const struct rig_written *written);
void ramp_check(struct rig *rig);
double ramp_next(const struct rig *rig, const struct rig_limit_spec *limit, double target);

/* protect.c: stop, reset, lock-out, quarantine's end, shutdown */
void protect_stop(struct rig *rig, const struct rig_event *event);
void protect_stop_due(struct rig *rig, size_t unused);
void protect_reset(struct rig *rig, const struct rig_event *event);
void protect_lockout(struct rig *rig, const struct rig_event *event);
void protect_clear(struct rig *rig, const struct rig_event *event);
void protect_recording(struct rig *rig, const struct rig_event *event);
void protect_shutdown(struct rig *rig, const struct rig_event *event);

/* heartbeat.c */
void heartbeat_beat(struct rig *rig);
void heartbeat_written(struct rig *rig, const struct rig_written *written);
void heartbeat_hold(struct rig *rig, const struct rig_event *event);

#endif
