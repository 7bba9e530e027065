/* pending.h - who waits for an answer: where it came from and what it asked, in a table of fixed size.
 *
 * An id names a place and its use, so that a late answer to a place that was used again is recognised as
 * nobody's. */
#ifndef GATEWAY_CONTROL_PENDING_H
#define GATEWAY_CONTROL_PENDING_H

#include "gateway/control/request.h"
#include "gateway/identity/accounts.h"

enum asker_kind {
    ASKER_STRANGER, /* without a token of ours */
    ASKER_SPECTATOR,
    ASKER_ACCOUNT,  /* also by a token that is void or has expired */
    ASKER_OPERATOR, /* on the gateway's own socket, without a token */
};

#define ASKER_ABOUT_MAX 64
#define ASKER_NO_RIG    UINT16_MAX

/* Who asked, and what: for the record of a refusal (refusals.h). */
struct asker {
    enum asker_kind who;
    enum request_kind kind;
    uint64_t account;            /* 0: none */
    uint32_t uid;                /* OPERATOR */
    uint16_t rig;                /* in the lab's rigs; ASKER_NO_RIG */
    char about[ASKER_ABOUT_MAX]; /* the point, waveform, rule or unknown rig that was named, or "" */
};

/* Where an answer goes, and whose it is. */
struct origin {
    bool local;          /* the gateway's own socket; otherwise the bus */
    uint8_t class;       /* enum envelope_class */
    uint32_t generation; /* bus: of the process; local: of the connection */
    uint32_t pipe;       /* bus: nng's; local: the connection's place */
    uint32_t request;
    uint64_t tag; /* bus: its own words for a watch, which the grant gives back */
    uint32_t every;
    struct asker asker;
};

#define PENDING_FEED_KEY 44

struct pending {
    struct origin origin;
    enum request_kind kind;
    uint16_t rig; /* in the lab's rigs; UINT16_MAX: none */
    uint64_t account;
    union {
        struct {
            uint16_t point;
        } set;
        struct {
            bool may_control;
        } join;
        struct {
            struct accounts_attempt attempt;
        } login;
        struct password_change *password_change; /* requests_identity.c */
        struct account_import *account_import;   /* requests_accounts.c */
        bool may_see;                            /* FILES: whatever the recording's header says */
        uint64_t offset;                         /* READ_BACKUP */
        struct course_plan *course_plan;         /* requests_course.c */
        struct maintenance *maintenance;         /* requests_maintain.c */
        struct booked_meetings *meetings;        /* BOOK with meetings; requests_book.c */
        uint64_t former_holder;                  /* CHANGE_BOOKING: of what is transferred; otherwise 0 */
        struct report *report;                   /* report.c */
        char feed_key[PENDING_FEED_KEY];         /* FEED_MAKE: until it is stored */
        uint64_t feed;                           /* FEED_REVOKE */
        struct log_page *log_page;               /* requests_records.c */
        struct audit_verifier *audit_verifier;   /* requests_records.c */
    };
};

struct pending_table;

struct pending_table *pending_create(size_t capacity); /* at most 65536; NULL: no memory */
void pending_destroy(struct pending_table *table);     /* accepts NULL */
/* The place's id, or 0 when the table is full. The last places are for e-stop, release and lock-out. */
uint64_t pending_add(struct pending_table *table, const struct pending *pending);
/* NULL when nobody waits under this id. Valid until pending_remove(). */
struct pending *pending_find(struct pending_table *table, uint64_t id);
void pending_remove(struct pending_table *table, uint64_t id);
/* Whether anybody waits for something of these kinds. */
bool pending_any(const struct pending_table *table, bool (*is_meant)(enum request_kind kind));

#endif
