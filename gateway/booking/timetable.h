/* timetable.h - the timetable of all rigs in memory: events in, actions out, time as a parameter.
 *
 * What is asked for together is a bundle: all of it is granted, in one transaction of the ledger, or nothing.
 * A yes waits for the ledger (promise B1): a booking is TENTATIVE, and holds its time, until the ledger's
 * event. A session begins only after the ledger has stored that it is LIVE, so that no session number is ever
 * used twice; an end takes effect at once and is stored after. What the ledger could not store is tried again
 * every second. Places in the queue are stored before they are answered, too.
 *
 * Clock (promise B8): wall times are milliseconds since 1970 (UTC), taken from the caller. The timetable
 * keeps the newest one it has believed; an earlier clock is not plausible: nothing is booked and nothing
 * starts until it has caught up, or a person vouches for it with BOOKING_EVENT_CLOCK. Live sessions end by
 * the monotonic clock too, so that a clock set back lengthens none, and states only move forward, so that it
 * reopens none.
 *
 * With its rig's set-up before and tear-down after it no booking overlaps another on its rig or on a resource
 * that several rigs share (promise B2). Looking for a conflict takes O(log n) of the coming bookings
 * (timeline.h). docs/timetable.md has the rules: binding, policies, queue and shares. */
#ifndef GATEWAY_BOOKING_TIMETABLE_H
#define GATEWAY_BOOKING_TIMETABLE_H

#include "gateway/booking/attend.h"
#include "gateway/booking/booking.h"
#include "gateway/booking/policy.h"
#include "gateway/booking/term.h"

struct timetable;

/* ---- what it is told at the start ---------------------------------------------------------------------- */

#define TIMETABLE_SHARED_MAX 4 /* resources of one rig */

/* What a rig asks of its bookings. */
struct timetable_rig {
    int64_t longest;         /* ms; 0: no limit */
    int64_t horizon;         /* ms ahead that bookings may start; 0: no limit */
    int64_t setup, teardown; /* ms that a booking occupies the rig before it starts and after it ends */
    const uint16_t *shared;  /* what it shares with other rigs and is taken with it, each once; copied */
    size_t shared_count;
    uint64_t capabilities; /* a bit each */
};

struct timetable_school {
    double weight; /* more than 0 */
};

struct timetable_group {
    uint16_t school; /* in the schools */
    double weight;
    const struct booking_policy *policy; /* NULL: nothing can be booked for it */
};

/* Rigs, schools and groups are copied; calendar and policies are the caller's and outlive the timetable. */
struct timetable_setup {
    const struct timetable_rig *rigs;
    size_t rig_count;
    size_t shared_count;                  /* resources that rigs share */
    const struct term_calendar *calendar; /* NULL: open always, days are those of UTC */
    const struct timetable_school *schools;
    size_t school_count;
    const struct timetable_group *groups;
    size_t group_count;
    const struct booking_policy *everybody; /* of who books for no group; NULL: the rig's limits alone */
    int64_t grace;                          /* ms, of who has no policy; 0: unused sessions last */
    int64_t half_life;                      /* of use, ms; 0: use is never forgotten */
    int64_t offer;                          /* ms that freed time is kept for whom it was offered to */
    int64_t rehome_ahead;                   /* ms before their start that bookings leave a rig that is out */
    struct booking_attend attend;
};

/* `newest`: newest wall time in the ledger. `next_session`: first session number that was never used. NULL:
 * no memory, or a rig with more than TIMETABLE_SHARED_MAX resources. */
struct timetable *timetable_create(const struct timetable_setup *setup, int64_t newest,
                                   uint64_t next_session);
void timetable_destroy(struct timetable *timetable); /* accepts NULL */
/* At start: a booking from the ledger; its party is copied. False: no memory, no such rig, or it overlaps one
 * that is there. A LIVE one begins again under its session's number with the next TIME, when its time is not
 * over. */
bool timetable_load(struct timetable *timetable, const struct booking *booking);
/* At start, after the bookings: a place in the queue, with its offer when that still has room. Whose it is
 * counts as absent until PRESENT. False: no memory, the queue is full, or there is no such rig or capability.
 */
struct timetable_ticket;
bool timetable_load_ticket(struct timetable *timetable, const struct timetable_ticket *ticket);
/* Numbers of tickets up to this one were used. */
void timetable_believe_ticket(struct timetable *timetable, uint64_t last);

/* ---- another configuration ------------------------------------------------------------------------------
 */

/* Nothing of it is on its way to the ledger. */
bool timetable_is_settled(const struct timetable *timetable);
/* By what they were: what they are. Groups and capabilities begin at 1 in bookings, and here at 0. */
struct timetable_numbers {
    const uint16_t *groups; /* BOOKING_NO_GROUP: is no more */
    const uint16_t
        *capabilities;       /* BOOKING_NO_CAPABILITY: likewise, and no place in the queue may ask for it */
    const uint16_t *schools; /* UINT16_MAX: likewise */
};
/* Another setup while bookings, sessions and the queue go on: the timetable is settled, the first rigs are
 * those that it had, and what rigs share is as it was. Bookings are not judged anew. False: no memory, and
 * nothing has changed. */
bool timetable_reconfigure(struct timetable *timetable, const struct timetable_setup *setup,
                           const struct timetable_numbers *numbers);

/* ---- events -------------------------------------------------------------------------------------------- */

/* What is asked is answered, once: at once when refused, otherwise after the ledger's event. Who may ask is
 * the shell's to check. */
enum booking_event_kind {
    BOOKING_EVENT_TIME,       /* nothing but time */
    BOOKING_EVENT_BOOK,       /* somebody asks */
    BOOKING_EVENT_CANCEL,     /* a live session ends */
    BOOKING_EVENT_STORED,     /* the ledger's event for a STORE */
    BOOKING_EVENT_CLOCK,      /* a technician vouches for the clock as it is now */
    BOOKING_EVENT_USED,       /* not answered: first accepted command, or the holder has joined */
    BOOKING_EVENT_EXTEND,     /* to a later end, while nobody waits and the time is free */
    BOOKING_EVENT_SHORTEN,    /* to an earlier end */
    BOOKING_EVENT_TRANSFER,   /* to another holder */
    BOOKING_EVENT_MOVE,       /* to another time or rig, by a scheduler, before it begins */
    BOOKING_EVENT_APPROVE,    /* or not: then it is cancelled */
    BOOKING_EVENT_ENQUEUE,    /* a ticket; the answer has its number */
    BOOKING_EVENT_LEAVE,      /* the ticket is given back, or its offer declined with it */
    BOOKING_EVENT_TAKE_OFFER, /* what was offered becomes a booking */
    BOOKING_EVENT_RIG_STATE,  /* not answered */
    BOOKING_EVENT_PRESENT,    /* not answered: a person is heard, or no longer */
    BOOKING_EVENT_TICKET,     /* not answered: the ledger's event for a PUT_TICKET or DROP_TICKET */
};

/* FAILED also when the ledger's queue was full. */
enum booking_stored { BOOKING_STORED, BOOKING_STORED_REUSED, BOOKING_STORED_CONFLICT, BOOKING_STORED_FAILED };

enum booking_rig_state {
    BOOKING_RIG_READY,
    BOOKING_RIG_UNAVAILABLE, /* may return by itself */
    BOOKING_RIG_QUARANTINED, /* until a technician clears it */
    BOOKING_RIG_STOPPED,     /* until somebody resets its emergency stop: what is booked keeps its time */
};

struct booking_event {
    enum booking_event_kind kind;
    uint64_t request; /* of the shell, returned with the answer */
    union {
        struct {
            uint64_t account;
            const struct booking_wish *wishes; /* copied */
            size_t count;                      /* 1 to BOOKING_BUNDLE_MAX */
            const char *key;                   /* copied */
            uint16_t group;
            enum booking_kind kind;
            bool planned; /* by staff: policy rows that are about one person's fair part do not bind */
        } book;
        struct {
            uint64_t booking;
            bool by_lab;  /* it is the lab's doing: nothing is charged */
            bool changes; /* of a live one: the rig's configuration changes */
        } cancel;
        struct {
            uint64_t ticket;
            enum booking_stored result;
            /* STORED: what was asked for, in order, as the ledger has it (only id, bundle and state are
             * looked at, and the revision is taken over); when the key is a repeat's, the bookings that it
             * stands for. CONFLICT, REUSED: one, which is in the way. FAILED: none. */
            const struct booking *rows;
            size_t count;
            size_t at; /* CONFLICT: which of what was asked for */
        } stored;
        struct {
            uint64_t booking;
        } used;
        struct {
            uint64_t booking;
            int64_t ends;
            bool planned; /* EXTEND: by a scheduler; as in `book` */
        } change;         /* EXTEND, SHORTEN */
        struct {
            uint64_t booking;
            uint16_t rig;
            int64_t starts, ends;
        } move;
        struct {
            uint64_t booking, account;
            uint16_t group;
            bool qualified, rehearsed;
            bool planned; /* by a scheduler: nobody is asked for approval */
        } transfer;
        struct {
            uint64_t booking;
            bool granted;
        } approve;
        struct {
            uint64_t account;
            uint16_t group;
            uint16_t rig, capability; /* as in a wish */
            int64_t length;           /* ms */
            int64_t until;            /* wall: waits no longer */
            bool qualified, rehearsed;
        } enqueue;
        struct {
            uint64_t ticket;  /* of the queue */
            uint64_t account; /* whose it must be */
            const char *code; /* TAKE_OFFER: join code, copied */
        } offer;              /* LEAVE, TAKE_OFFER */
        struct {
            uint16_t rig;
            enum booking_rig_state state;
            bool closing; /* its configuration is being changed: until that is over no session begins */
        } rig_state;
        struct {
            uint64_t account;
            bool present;
        } present;
        struct {
            uint64_t id;
            bool stored;
        } ticket;
    };
};

/* ---- views that actions share ---------------------------------------------------------------------- */

/* A place in the queue. */
struct timetable_ticket {
    uint64_t id, account;
    uint16_t group, rig, capability; /* as in a wish */
    int64_t length;                  /* ms */
    int64_t asked, until;            /* wall; waits from, to */
    int64_t estimate; /* wall, when its turn comes if nobody leaves early; INT64_MAX: not foreseen */
    const struct booking *offered; /* NULL: nothing */
    int64_t offer_ends;            /* wall */
    bool present, qualified, rehearsed;
};

/* ---- actions ------------------------------------------------------------------------------------------- */

enum booking_action_kind {
    BOOKING_ACTION_STORE,       /* hand `rows` to the ledger, all or nothing, in this order */
    BOOKING_ACTION_ANSWER,      /* to `request` */
    BOOKING_ACTION_BEGIN,       /* the session of `booking` begins on its rig, and ends at `until` */
    BOOKING_ACTION_END,         /* the session of `booking` ends, now */
    BOOKING_ACTION_EXTEND,      /* the session of `booking` ends at `until` instead */
    BOOKING_ACTION_NOTIFY,      /* tell its holder, and its party, of `note` */
    BOOKING_ACTION_PUT_TICKET,  /* the ledger keeps `place` as it is now */
    BOOKING_ACTION_DROP_TICKET, /* the ledger forgets `ticket`; one that it does not have is dropped, too */
};

/* X(constant, name, what a person reads). The names are stable, and so are the numbers, which are stored: add
 * at the end. */
#define BOOKING_NOTES(X)                                                                                     \
    X(BOOKING_NOTE_NONE, "", "")                                                                             \
    X(BOOKING_NOTE_MOVED, "moved", "the booking is on another rig now")                                      \
    X(BOOKING_NOTE_RIG_OUT, "rig-out",                                                                       \
      "the rig is out of service and no other one will do: if it does not return, the booking is cancelled") \
    X(BOOKING_NOTE_CANCELLED, "cancelled", "the laboratory had to cancel the booking; nothing is charged")   \
    X(BOOKING_NOTE_REFUNDED, "refunded",                                                                     \
      "the rig went out of service during the session; nothing is "                                          \
      "charged")                                                                                             \
    X(BOOKING_NOTE_UNUSED, "unused", "the session is not used: soon it ends and the rig is freed")           \
    X(BOOKING_NOTE_NO_SHOW, "no-show", "the session was not used and has ended")                             \
    X(BOOKING_NOTE_EXPIRED, "expired", "nobody approved the booking in time")                                \
    X(BOOKING_NOTE_OFFER, "offer", "a rig is free now and kept for you for a short time")                    \
    X(BOOKING_NOTE_OFFER_OVER, "offer-over",                                                                 \
      "the offer was not taken in time; the place in the queue went "                                        \
      "with it")                                                                                             \
    X(BOOKING_NOTE_GAVE_UP, "gave-up", "nothing became free for as long as you wanted to wait")              \
    X(BOOKING_NOTE_WITHDRAWN, "offer-withdrawn",                                                             \
      "the rig that was kept for you went out of service; you keep your place in the queue")                 \
    X(BOOKING_NOTE_TO_APPROVE, "to-approve", "a booking waits for your approval")                            \
    X(BOOKING_NOTE_APPROVED, "approved", "the booking was approved")                                         \
    X(BOOKING_NOTE_DECLINED, "declined", "the booking was not approved")                                     \
    X(BOOKING_NOTE_RESCHEDULED, "rescheduled",                                                               \
      "the laboratory has put the booking at another time, or on another rig")                               \
    X(BOOKING_NOTE_CHANGED, "rig-changed",                                                                   \
      "the rig's configuration was changed, which ended the session; nothing is charged")                    \
    X(BOOKING_NOTE_BOOKED, "booked", "a booking was made for you")                                           \
    X(BOOKING_NOTE_GIVEN, "given", "somebody handed the booking to you")                                     \
    X(BOOKING_NOTE_GIVEN_AWAY, "given-away", "the laboratory handed your booking to somebody else")          \
    X(BOOKING_NOTE_RIG_BACK, "rig-back", "the rig is in service again: the booking stands")

enum booking_note {
#define BOOKING_NOTE_CONSTANT(constant, name, text) constant,
    BOOKING_NOTES(BOOKING_NOTE_CONSTANT)
#undef BOOKING_NOTE_CONSTANT
};
const char *booking_note_name(enum booking_note note);
const char *booking_note_text(enum booking_note note);

struct booking_action {
    enum booking_action_kind kind;
    uint64_t ticket;  /* STORE: for BOOKING_EVENT_STORED. Of the queue: ENQUEUE's answer, offers' notes */
    uint64_t request; /* ANSWER, and STORE: of who waits for it, 0: nobody */
    enum booking_result result; /* ANSWER */
    size_t at;                  /* ANSWER: which of the wishes was refused */
    enum policy_option option;  /* ANSWER: the row of the policy that refused; POLICY_OPTION_COUNT: none */
    bool is_new; /* ANSWER: what was asked for was made now, not by an earlier request of its key */
    enum booking_note note; /* NOTIFY */
    bool is_stored;         /* NOTIFY: the note stood in a STORE, which has been stored */
    struct booking booking; /* ANSWER: as it is now, of a bundle the first (timetable_bundle() has all); of
                             * BOOKING_OVERLAPS the one in the way. STORE: the first new one of `rows`, or the
                             * first. */
    /* STORE, the timetable's until the ticket's event: rows without an id are new. Of others state, why,
     * used, charged, rig, starts, ends, account, group and session may have changed; they stand first, so
     * that what moves away has made room for what comes. */
    const struct booking *rows;
    /* Of each row what its people are told, if it is stored. It is for the same transaction, so that nobody's
     * booking is changed and they are not told, whatever ends the gateway. */
    const enum booking_note *notes;
    size_t count;
    uint64_t
        drops; /* STORE: a ticket of the queue that the ledger forgets in the same transaction; 0: none */
    /* PUT_TICKET, and NOTIFY about a ticket; without estimate; the timetable's until the next event */
    struct timetable_ticket place;
    int64_t until; /* BEGIN, EXTEND: monotonic ns. NOTIFY of an offer: wall, when it is over */
};

/* The caller's array. timetable_actions_bound() is its least capacity: no event yields more. */
struct booking_actions {
    struct booking_action *list;
    size_t count, capacity;
};
size_t timetable_actions_bound(size_t rig_count);

void timetable_handle(struct timetable *timetable, const struct booking_event *event, struct booking_time now,
                      struct booking_actions *actions);
/* The ledger had no place for a STORE, PUT_TICKET or DROP_TICKET: `event` is the STORED or TICKET that says
 * so. Whatever else waits for an event's room stays for the next TIME, so that at most one more of these
 * actions comes of it and who tells of many failures in turn needs room for no more than there were. */
void timetable_not_taken(struct timetable *timetable, const struct booking_event *event,
                         struct booking_time now, struct booking_actions *actions);
/* When the next TIME is due, monotonic ns; INT64_MAX for never. Never more than a second ahead while anything
 * is to come, so that a clock that is set shows within one. */
int64_t timetable_next_deadline(const struct timetable *timetable, struct booking_time now);
bool timetable_clock_plausible(const struct timetable *timetable, int64_t wall);
int64_t
timetable_newest(const struct timetable *timetable); /* wall time that it has believed, or was vouched for */
/* Raises the newest wall time: other records (the audit's) count too. */
void timetable_believe(struct timetable *timetable, int64_t wall);
/* Forgets what ended before this wall time. */
void timetable_forget(struct timetable *timetable, int64_t before);

/* ---- views: valid until the next timetable_handle(), _load() or _forget(). NULL: there is none --------- */

/* Is it free, and may a booking be there? No policy is looked at, and nothing moves. *conflict: the booking
 * in the way, NULL otherwise. */
enum booking_result timetable_check(const struct timetable *timetable, uint16_t rig, int64_t starts,
                                    int64_t ends, int64_t now_wall, const struct booking **conflict);
/* The first time at or after `from` when a booking may start, and how far it may reach: *until is INT64_MAX
 * when nothing comes after. Gaps shorter than `least` ms are passed over. Opening hours are not looked at. */
void timetable_next_free(const struct timetable *timetable, uint16_t rig, int64_t from, int64_t least,
                         int64_t *starts, int64_t *until);

/* When a booking of `least` ms or more could be on the rig within [from, until), opening hours included: each
 * span is time that one booking may fill. Returns how many there are, of which at most `capacity` were
 * written. */
struct timetable_span {
    int64_t starts, until;
};
size_t timetable_availability(const struct timetable *timetable, uint16_t rig, int64_t from, int64_t until,
                              int64_t least, struct timetable_span *list, size_t capacity);
/* What would have been possible instead of a wish: the nearest time on the same rig, the same time on another
 * rig of its capabilities, the same period in the next week that has room. Their policy would grant each of
 * them; they are free now and not kept. Returns how many were written. */
#define TIMETABLE_ALTERNATIVES_MAX 3
struct timetable_seeker {
    uint64_t account; /* who asks: whose the wishes are that name nobody */
    uint16_t group;
    bool planned;   /* by staff: what the policy says of one person's fair part does not bind */
    uint64_t moves; /* a booking that is to go there: of a class all people must be free, too; 0: a new one */
    /* What is asked for with it, before or after, and is to be had, too; the wish itself may be among it. */
    const struct booking_wish *beside;
    size_t beside_count;
};
size_t timetable_alternatives(const struct timetable *timetable, const struct booking_wish *wish,
                              const struct timetable_seeker *seeker, int64_t now,
                              struct booking_wish alternatives[TIMETABLE_ALTERNATIVES_MAX]);

/* What would come of a BOOK if it were asked now, wish by wish; all of it is undone again. */
struct timetable_finding {
    size_t wish;
    enum booking_result result; /* not OK */
    enum policy_option option;  /* POLICY_OPTION_COUNT: no row of the policy refused */
    uint64_t in_the_way;        /* a booking's id; 0: none, or one of the request's own */
    /* As from timetable_alternatives(), with the same time first. The first is held while the others' are
     * looked for, so that all first ones could be had together. */
    struct booking_wish alternatives[TIMETABLE_ALTERNATIVES_MAX];
    size_t alternative_count;
};
/* A booking that would make room for maintenance. */
struct timetable_displaced {
    uint64_t booking;
    uint16_t rig; /* it would move to; BOOKING_ANY_RIG: it would be cancelled */
};
struct timetable_examination {
    struct timetable_finding *findings; /* the caller's; those that had no room are counted only */
    size_t finding_capacity, finding_count;
    struct timetable_displaced *displaced; /* likewise */
    size_t displaced_capacity, displaced_count;
    bool people_once; /* a wish of people who have another booking at that time is refused, as for a class */
};
/* False: no memory. */
bool timetable_examine(struct timetable *timetable, const struct booking_event *event, int64_t now,
                       struct timetable_examination *examination);
/* The first booking of a request that was asked with this key for this holder before. *waits: it is on its
 * way to the ledger. NULL: there is none, or it waits. */
const struct booking *timetable_of_key(const struct timetable *timetable, uint64_t account, const char *key,
                                       bool *waits);

/* Whether a booking that is there, in whichever state, would be granted if it were asked for now; what has to
 * do with when it was asked for apart. `people`: only whether they are unqualified or unrehearsed is looked
 * at. */
enum booking_result timetable_judge(const struct timetable *timetable, uint64_t id,
                                    const struct booking_wish *people, int64_t now,
                                    enum policy_option *option);

const struct booking *timetable_find(const struct timetable *timetable, uint64_t id);
/* The bundle that this booking is in, in the order in which it was asked for, or the booking alone; returns
 * how many there are, of which at most `capacity` were written. */
size_t timetable_bundle(const struct timetable *timetable, const struct booking *booking,
                        const struct booking **list, size_t capacity);
const struct booking *timetable_live(const struct timetable *timetable, uint16_t rig);
const struct booking *timetable_of_session(const struct timetable *timetable, uint64_t session);
/* A live session by its join code; takes the same time whatever the code. */
const struct booking *timetable_by_code(const struct timetable *timetable, const char *code);
/* Of its group, or everybody's. */
const struct booking_policy *timetable_policy(const struct timetable *timetable,
                                              const struct booking *booking);

/* What somebody holds or takes part in and that begins in [from, until), of every state, by start. Returns
 * how many were written. */
size_t timetable_of_person(const struct timetable *timetable, uint64_t account, int64_t from, int64_t until,
                           const struct booking **list, size_t capacity);
/* What holds time on a rig from now on: pending, confirmed and live bookings, by start. Likewise. */
size_t timetable_coming(const struct timetable *timetable, uint16_t rig, const struct booking **list,
                        size_t capacity);

#define TIMETABLE_TICKETS_MAX 500
/* The queue, in the order in which they are served now; returns how many there are, of which at most
 * `capacity` were written. */
size_t timetable_queue(const struct timetable *timetable, int64_t now, struct timetable_ticket *list,
                       size_t capacity);
bool timetable_waits(const struct timetable *timetable, uint64_t account); /* has a ticket */

#define TIMETABLE_ANY_RIG BOOKING_ANY_RIG
/* Stored bookings that touch [from, until), by id from `after` on, of every state; returns how many were
 * written. */
size_t timetable_list(const struct timetable *timetable, uint16_t rig, int64_t from, int64_t until,
                      uint64_t after, const struct booking **list, size_t capacity);

#endif
