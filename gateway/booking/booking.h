/* booking.h - one booking: what is stored of it, what is asked for, and what states it has.
 *
 *     (asked) -> TENTATIVE -> CONFIRMED -> LIVE -> ENDED
 *                   |    \       ^    \-> CANCELLED, or ENDED when its time passed unused
 *                   |     `-> PENDING  (until it is approved)
 *                   `-> gone, when the ledger could not store it
 *     freed time -> OFFERED -> CONFIRMED, or gone
 *
 * Instants are ms since 1970 (UTC), intervals half-open. */
#ifndef GATEWAY_BOOKING_BOOKING_H
#define GATEWAY_BOOKING_BOOKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BOOKING_KEY_MAX       65
#define BOOKING_CODE_MAX      17
#define BOOKING_BUNDLE_MAX    5000
#define BOOKING_PARTY_MAX     16
#define BOOKING_TIME_MAX      INT64_C(7258118400000) /* 2200-01-01 */
#define BOOKING_ANY_RIG       UINT16_MAX             /* in a wish: whichever rig has the capability */
#define BOOKING_NO_CAPABILITY 0                      /* otherwise 1 + its bit in the rigs' capabilities */
#define BOOKING_NO_GROUP      0 /* otherwise 1 + its index in the groups of the timetable's setup */

enum booking_state {
    BOOKING_TENTATIVE = 0,
    BOOKING_CONFIRMED = 1, /* from here on as in the ledger and on the bus */
    BOOKING_LIVE = 2,
    BOOKING_ENDED = 3,
    BOOKING_CANCELLED = 4,
    BOOKING_PENDING = 5, /* holds its time and waits for an approval */
    BOOKING_OFFERED = 6, /* holds its time for a ticket of the queue; like TENTATIVE never in the ledger */
};

enum booking_kind {
    BOOKING_PERSONAL = 0,
    BOOKING_CLASS = 1,       /* planned by a scheduler: no quota is counted */
    BOOKING_MAINTENANCE = 2, /* takes the place of what others booked; unused, it still stands */
};

/* Why it did not go as it was booked. */
enum booking_why {
    BOOKING_WHY_NONE = 0,
    BOOKING_WHY_NO_SHOW = 1,
    BOOKING_WHY_QUARANTINE = 2,  /* the rig was out of service */
    BOOKING_WHY_MAINTENANCE = 3, /* maintenance took its place */
    BOOKING_WHY_EXPIRED = 4,     /* nobody approved it in time */
    BOOKING_WHY_DOWN = 5,        /* the gateway was not running */
    BOOKING_WHY_STAFF = 6,       /* the laboratory's people cancelled it */
    BOOKING_WHY_DECLINED = 7,    /* it was not approved */
    BOOKING_WHY_CHANGED = 8,     /* the rig's configuration was changed in its session */
};

struct booking {
    uint64_t id;      /* of the ledger; 0 while tentative or offered */
    uint64_t bundle;  /* id of the first that was asked for with it; 0: it was asked for alone */
    uint64_t account; /* holder */
    uint64_t session; /* 0: was never live */
    uint64_t ticket;  /* of the STORE that is on its way, 0: none; not stored */
    int64_t starts, ends;
    int64_t setup, teardown; /* ms, as they were when it was booked */
    int64_t revised;         /* when what a calendar shows of it changed last; the ledger's */
    uint32_t revision;       /* how often it did */
    const uint64_t *party;   /* accounts that take part beside the holder; the timetable's, NULL: nobody */
    uint16_t party_count;
    uint16_t rig;        /* as it is bound now */
    uint16_t capability; /* what was asked for; BOOKING_NO_CAPABILITY: the rig */
    uint16_t group;      /* that it was booked for */
    enum booking_state state;
    enum booking_kind kind;
    enum booking_why why;
    bool used;                   /* first accepted command, or presence, was in time */
    bool charged;                /* counts for quota and share */
    bool begun;                  /* LIVE: BEGIN was given out since the gateway started; not stored */
    char key[BOOKING_KEY_MAX];   /* of the client, for the first of a bundle; may be "" */
    char code[BOOKING_CODE_MAX]; /* join code */
};

/* One of what is asked for together. */
struct booking_wish {
    uint16_t rig; /* BOOKING_ANY_RIG: `capability` says what */
    int64_t starts, ends;
    const char *code;
    uint16_t capability;           /* not looked at when a rig is named */
    uint64_t account;              /* holder; 0: of the whole request */
    uint16_t group;                /* that it is for; BOOKING_NO_GROUP: of the whole request */
    bool unqualified, unrehearsed; /* one of its people is not what the group's policy asks for */
    const uint64_t *party;         /* copied */
    uint16_t party_count;          /* up to BOOKING_PARTY_MAX */
};

struct booking_time {
    int64_t wall;      /* ms since 1970 */
    int64_t monotonic; /* ns */
};

#endif
