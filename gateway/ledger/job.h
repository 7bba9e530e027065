/* job.h - what is asked of the ledger, on its way through the queue, and how jobs become commits. */
#ifndef GATEWAY_LEDGER_JOB_H
#define GATEWAY_LEDGER_JOB_H

#include "gateway/ledger/store.h"

#define JOB_GROUP_MAX 64 /* jobs in one commit */

enum job_kind {
    JOB_ACCOUNT,
    JOB_ACCOUNTS,
    JOB_STORE,  /* bookings, when somebody asks */
    JOB_CHANGE, /* the same, when the first is there already: the loop's own */
    JOB_STANDINGS,
    JOB_TICKET,
    JOB_DROP_TICKET,
    JOB_NOTICE,
    JOB_DROP_NOTICES,
    JOB_FEED,
    JOB_DROP_FEED,
    JOB_RIG,
    JOB_REVOKE,
    JOB_CLOCK,
    JOB_TRUST,
    JOB_READ,
    JOB_READ_USED,
    JOB_NO_ROOM,
    JOB_READ_NO_ROOM,
    JOB_BACKUP,
    JOB_READ_BACKUP,
};

struct job {
    struct job *next;
    enum job_kind kind;
    struct ledger_event event; /* its account, accounts, standings, rows and notice are the request's too */
    union {
        struct store_rig rig;
        struct {
            struct ledger_revocation what;
            int64_t now;
        } revoke;
        int64_t wall; /* CLOCK */
        struct ledger_ticket ticket;
        struct ledger_seen seen;
        uint64_t id; /* DROP; STORE: a ticket that is dropped with it, 0: none */
        struct store_audit_query read;
        struct ledger_used used; /* READ_NO_ROOM, too */
        struct ledger_no_room no_room;
        struct {
            uint64_t offset;
            size_t length;
        } part;
    };
};

struct job_list {
    struct job *first, **last;
    size_t count;
};

void job_list_init(struct job_list *list);
void job_list_push(struct job_list *list, struct job *job);
struct job *job_list_pop(struct job_list *list); /* NULL: empty */

/* The jobs of one commit, with copies of what running them changes in the bookings that they ask for, so that
 * a group that failed can be run again one by one. */
struct job_group {
    struct job *jobs[JOB_GROUP_MAX];
    struct job_asked {
        struct ledger_booking *rows; /* NULL: no rows, or no memory for the copy */
        size_t notice_count;
    } asked[JOB_GROUP_MAX];
    size_t count;
};

/* Takes the jobs of the next commit off the queue, in order. */
void job_group_take(struct job_group *group, struct job_list *waiting);
/* Runs them; each has its result then, and what says LEDGER_OK is on the disk. */
void job_group_run(struct job_group *group, struct store *store);

#endif
