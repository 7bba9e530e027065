/* timetable.h - the timetable of all rigs in memory: events in, actions out, time as a parameter.
 *
 *     (asked) -> TENTATIVE -> CONFIRMED -> LIVE -> ENDED
 *                    |            \-> CANCELLED, or ENDED when its time passed unused
 *                    \-> gone, when the ledger could not store it
 *
 * What is asked for together is a bundle: all of it is granted, in one transaction of the ledger, or nothing.
 * A yes waits for the ledger (promise B1): a booking is TENTATIVE, and holds its time, until the ledger's
 * event. A session begins only after the ledger has stored that it is LIVE, so that no session number is ever
 * used twice; an end takes effect at once and is stored after. What the ledger could not store is tried again
 * every second.
 *
 * Clock (promise B8): wall times are milliseconds since 1970 (UTC), taken from the caller. The timetable
 * keeps the newest one it has believed; an earlier clock is not plausible: nothing is booked and nothing
 * starts until it has caught up, or a person vouches for it with BOOKING_EVENT_CLOCK. Live sessions end by
 * the monotonic clock too, so that a clock set back lengthens none, and states only move forward, so that it
 * reopens none.
 *
 * Intervals are half-open, [starts, ends). With its rig's set-up before and tear-down after it no booking
 * overlaps another on its rig or on a resource that several rigs share (promise B2). Looking for a conflict
 * takes O(log n) of the coming bookings (timeline.h). */
#ifndef GATEWAY_BOOKING_TIMETABLE_H
#define GATEWAY_BOOKING_TIMETABLE_H

#include "gateway/booking/result.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BOOKING_KEY_MAX    65
#define BOOKING_CODE_MAX   17
#define BOOKING_BUNDLE_MAX 5000

struct timetable;

enum booking_state {
    BOOKING_TENTATIVE = 0,
    BOOKING_CONFIRMED = 1, /* from here on as in the ledger and on the bus */
    BOOKING_LIVE = 2,
    BOOKING_ENDED = 3,
    BOOKING_CANCELLED = 4,
};

struct booking {
    uint64_t id;      /* of the ledger; 0 while tentative */
    uint64_t bundle;  /* id of the first that was asked for with it; 0: it was asked for alone */
    uint64_t account; /* holder */
    uint64_t session; /* 0: was never live */
    uint64_t ticket;  /* of the STORE that is on its way, 0: none */
    int64_t starts, ends;
    int64_t setup, teardown; /* ms, as they were when it was booked */
    uint16_t rig;
    enum booking_state state;
    bool begun;                  /* LIVE: BEGIN was given out since the gateway started */
    char key[BOOKING_KEY_MAX];   /* of the client, for the first of a bundle; may be "" */
    char code[BOOKING_CODE_MAX]; /* join code */
};

/* What a rig asks of its bookings. */
struct timetable_rig {
    int64_t longest;         /* ms; 0: no limit */
    int64_t horizon;         /* ms ahead that bookings may start; 0: no limit */
    int64_t setup, teardown; /* ms that a booking occupies the rig before it starts and after it ends */
    const uint16_t *shared;  /* what it shares with other rigs and is taken with it, each once; copied */
    size_t shared_count;
};

/* One of what is asked for together. */
struct booking_wish {
    uint16_t rig;
    int64_t starts, ends;
    const char *code;
};

struct booking_time {
    int64_t wall;      /* ms since 1970 */
    int64_t monotonic; /* ns */
};

enum booking_event_kind {
    BOOKING_EVENT_TIME,   /* nothing but time */
    BOOKING_EVENT_BOOK,   /* somebody asks; answered after the ledger's event, or at once when refused */
    BOOKING_EVENT_CANCEL, /* the shell has checked that they may; a live session ends */
    BOOKING_EVENT_STORED, /* the ledger's event for a STORE */
    BOOKING_EVENT_CLOCK,  /* a technician vouches for the clock as it is now */
};

/* FAILED also when the ledger's queue was full. */
enum booking_stored { BOOKING_STORED, BOOKING_STORED_REUSED, BOOKING_STORED_CONFLICT, BOOKING_STORED_FAILED };

struct booking_event {
    enum booking_event_kind kind;
    uint64_t request; /* BOOK, CANCEL: of the shell, returned with the answer */
    union {
        struct {
            uint64_t account;
            const struct booking_wish *wishes; /* copied */
            size_t count;                      /* 1 to BOOKING_BUNDLE_MAX */
            const char *key;                   /* copied */
        } book;
        struct {
            uint64_t booking;
        } cancel;
        struct {
            uint64_t ticket;
            enum booking_stored result;
            /* STORED: what was asked for, in order, as the ledger has it (rig, ticket and begun are not
             * looked at); when the key is a repeat's, the bookings that it stands for. CONFLICT, REUSED: one,
             * which is in the way. FAILED: none. */
            const struct booking *rows;
            size_t count;
            size_t at; /* CONFLICT: which of what was asked for */
        } stored;
    };
};

enum booking_action_kind {
    BOOKING_ACTION_STORE,  /* hand `rows` to the ledger, all or nothing */
    BOOKING_ACTION_ANSWER, /* to `request` */
    BOOKING_ACTION_BEGIN,  /* the session of `booking` begins on its rig, and ends at `until` */
    BOOKING_ACTION_END,    /* the session of `booking` ends, now */
};

struct booking_action {
    enum booking_action_kind kind;
    uint64_t ticket;            /* STORE: for BOOKING_EVENT_STORED */
    uint64_t request;           /* ANSWER */
    enum booking_result result; /* ANSWER */
    size_t at;                  /* ANSWER: which of the wishes was refused */
    struct booking booking; /* ANSWER: as it is now, of a bundle the first (timetable_bundle() has all); of
                             * BOOKING_OVERLAPS the one in the way. STORE: the first of `rows`. */
    /* STORE, the timetable's until the ticket's event: ids 0 are new ones, otherwise one, whose state, ends
     * and session are to be changed. */
    const struct booking *rows;
    size_t count;
    int64_t until; /* BEGIN: monotonic ns */
};

/* The caller's array. timetable_actions_bound() is its least capacity: no event yields more. */
struct booking_actions {
    struct booking_action *list;
    size_t count, capacity;
};
size_t timetable_actions_bound(size_t rig_count);

/* `newest`: newest wall time in the ledger. `next_session`: first session number that was never used. The
 * rigs are copied; they share `shared_count` resources. NULL: no memory. */
struct timetable *timetable_create(const struct timetable_rig *rigs, size_t rig_count, size_t shared_count,
                                   int64_t newest, uint64_t next_session);
void timetable_destroy(struct timetable *timetable); /* accepts NULL */
/* At start: a booking from the ledger. False: no memory, no such rig, or it overlaps one that is there. A
 * LIVE one begins again under its session's number with the next TIME, when its time is not over. */
bool timetable_load(struct timetable *timetable, const struct booking *booking);

void timetable_handle(struct timetable *timetable, const struct booking_event *event, struct booking_time now,
                      struct booking_actions *actions);
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

/* Would it be accepted? *conflict: the booking in the way, NULL otherwise. */
enum booking_result timetable_check(const struct timetable *timetable, uint16_t rig, int64_t starts,
                                    int64_t ends, int64_t now_wall, const struct booking **conflict);
/* The first time at or after `from` when a booking may start, and how far it may reach: *until is INT64_MAX
 * when nothing comes after. Gaps shorter than `least` ms are passed over. */
void timetable_next_free(const struct timetable *timetable, uint16_t rig, int64_t from, int64_t least,
                         int64_t *starts, int64_t *until);

/* Views, valid until the next timetable_handle(), _load() or _forget(). NULL: there is none. */
const struct booking *timetable_find(const struct timetable *timetable, uint64_t id);
/* The bundle that this booking is in, in the order in which it was asked for, or the booking alone; returns
 * how many there are, of which at most `capacity` were written. */
size_t timetable_bundle(const struct timetable *timetable, const struct booking *booking,
                        const struct booking **list, size_t capacity);
const struct booking *timetable_live(const struct timetable *timetable, uint16_t rig);
const struct booking *timetable_of_session(const struct timetable *timetable, uint64_t session);
/* A live session by its join code; takes the same time whatever the code. */
const struct booking *timetable_by_code(const struct timetable *timetable, const char *code);

#define TIMETABLE_ANY_RIG UINT16_MAX
/* Stored bookings that touch [from, until), by id from `after` on, of every state; returns how many were
 * written. */
size_t timetable_list(const struct timetable *timetable, uint16_t rig, int64_t from, int64_t until,
                      uint64_t after, const struct booking **list, size_t capacity);

#endif
