#include "gateway/ledger/job.h"

#include "gateway/ledger/backup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void job_list_init(struct job_list *list)
{
    *list = (struct job_list){.last = &list->first};
}

void job_list_push(struct job_list *list, struct job *job)
{
    job->next = NULL;
    *list->last = job;
    list->last = &job->next;
    list->count++;
}

struct job *job_list_pop(struct job_list *list)
{
    struct job *job = list->first;
    if (job == NULL)
        return NULL;
    list->first = job->next;
    if (list->first == NULL)
        list->last = &list->first;
    list->count--;
    return job;
}

static int put_accounts(struct store *store, struct ledger_event *event)
{
    for (size_t i = 0; i < event->account_count; i++) {
        int result = store_put_account(store, &event->accounts[i]);
        if (result != LEDGER_OK) {
            event->account = event->accounts[i];
            return result;
        }
    }
    return LEDGER_OK;
}

static int put_standings(struct store *store, const struct ledger_event *event)
{
    int result = LEDGER_OK;
    for (size_t i = 0; i < event->standing_count && result == LEDGER_OK; i++)
        result = store_put_standing(store, &event->standings[i], event->removed);
    return result;
}

static int run_job(struct store *store, struct job *job)
{
    switch (job->kind) {
    case JOB_ACCOUNT:
        return store_put_account(store, &job->event.account);
    case JOB_ACCOUNTS:
        return put_accounts(store, &job->event);
    case JOB_STORE:
    case JOB_CHANGE:
        return store_bookings(store, &job->event, job->id);
    case JOB_STANDINGS:
        return put_standings(store, &job->event);
    case JOB_TICKET:
        return store_put_ticket(store, &job->ticket);
    case JOB_DROP_TICKET:
        return store_drop_ticket(store, job->id);
    case JOB_NOTICE:
        return store_put_notice(store, &job->event.notice);
    case JOB_DROP_NOTICES:
        return store_drop_notices(store, &job->seen);
    case JOB_FEED:
        return store_put_feed(store, &job->event.feed);
    case JOB_DROP_FEED:
        return store_drop_feed(store, job->id);
    case JOB_RIG:
        return store_put_rig(store, job->rig.name, job->rig.bytes, job->rig.length);
    case JOB_REVOKE:
        return store_revoke(store, &job->revoke.what, job->revoke.now);
    case JOB_CLOCK:
        return store_vouch_clock(store, job->wall);
    case JOB_TRUST:
        return store_trust(store);
    case JOB_READ:
        return store_read_audit(store, &job->read, &job->event.number, &job->event.more);
    case JOB_READ_USED:
        return store_read_used(store, &job->used, &job->event.rows, &job->event.row_count, &job->event.more);
    case JOB_NO_ROOM:
        return store_put_no_room(store, &job->no_room);
    case JOB_READ_NO_ROOM:
        return store_read_no_room(store, &job->used, &job->event.no_room, &job->event.no_room_count,
                                  &job->event.more);
    case JOB_READ_BACKUP:
        return backup_read(store->directory, job->part.offset, job->part.length, &job->event.bytes,
                           &job->event.byte_count, &job->event.number, store->why, sizeof store->why);
    case JOB_BACKUP: /* has a thread of its own */
        break;
    }
    return LEDGER_NOT_FOUND;
}

static void run_and_note(struct store *store, struct job *job)
{
    store->why[0] = '\0';
    job->event.result = run_job(store, job);
    memcpy(job->event.why, store->why, sizeof job->event.why);
}

static bool is_broken(int result)
{
    return result == LEDGER_STORAGE || result == LEDGER_NO_MEMORY;
}

static bool is_reading(enum job_kind kind)
{
    return kind == JOB_READ || kind == JOB_READ_USED || kind == JOB_READ_NO_ROOM || kind == JOB_READ_BACKUP;
}

/* A job that may leave half of its work behind when it says no, or that is no transaction at all, is alone.
 */
static bool is_alone(enum job_kind kind)
{
    return kind == JOB_ACCOUNT || kind == JOB_ACCOUNTS || kind == JOB_STANDINGS || is_reading(kind);
}

static void note(const struct store *store, struct job *job, int result)
{
    job->event.result = result;
    memcpy(job->event.why, store->why, sizeof job->event.why);
}

/* In a transaction that has begun: all of the group, or nothing. Jobs that say no have changed nothing and
 * fail alone. */
static int commit_group(struct store *store, struct job_group *group)
{
    int result = LEDGER_OK;
    for (size_t i = 0; result == LEDGER_OK && i < group->count; i++) {
        run_and_note(store, group->jobs[i]);
        if (is_broken(group->jobs[i]->event.result))
            result = group->jobs[i]->event.result;
    }
    if (result == LEDGER_OK)
        result = store_commit(store);
    if (result != LEDGER_OK)
        store_rollback(store);
    return result;
}

static void commit_alone(struct store *store, struct job *job)
{
    if (is_reading(job->kind)) {
        run_and_note(store, job);
        return;
    }
    int result = store_begin(store);
    if (result == LEDGER_OK) {
        run_and_note(store, job);
        result = job->event.result;
        if (result == LEDGER_OK)
            result = store_commit(store);
    }
    if (result != LEDGER_OK) {
        store_rollback(store);
        note(store, job, result);
    }
}

static void keep_asked(struct job_group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct ledger_event *event = &group->jobs[i]->event;
        struct job_asked *asked = &group->asked[i];
        size_t size = event->row_count * sizeof *event->rows;
        *asked = (struct job_asked){.notice_count = event->notice_count};
        asked->rows = event->rows != NULL ? malloc(size) : NULL;
        if (asked->rows != NULL)
            memcpy(asked->rows, event->rows, size);
    }
}

/* One of them may be to blame: the others shall not suffer for it. */
static void run_one_by_one(struct job_group *group, struct store *store)
{
    for (size_t i = 0; i < group->count; i++) {
        struct ledger_event *event = &group->jobs[i]->event;
        const struct job_asked *asked = &group->asked[i];
        if (event->rows != NULL && asked->rows == NULL) { /* what was asked is not known any more */
            snprintf(store->why, sizeof store->why, "storing bookings: no memory to try it again; ask again");
            note(store, group->jobs[i], LEDGER_NO_MEMORY);
            continue;
        }
        if (event->rows != NULL)
            memcpy(event->rows, asked->rows, event->row_count * sizeof *event->rows);
        event->notice_count = asked->notice_count;
        commit_alone(store, group->jobs[i]);
    }
}

void job_group_run(struct job_group *group, struct store *store)
{
    if (group->count == 1 && is_alone(group->jobs[0]->kind)) {
        commit_alone(store, group->jobs[0]);
        return;
    }
    int begun = store_begin(store);
    for (size_t i = 0; i < group->count; i++)
        note(store, group->jobs[i], begun);
    if (begun != LEDGER_OK)
        return;
    keep_asked(group);
    if (commit_group(store, group) != LEDGER_OK)
        run_one_by_one(group, store);
    for (size_t i = 0; i < group->count; i++)
        free(group->asked[i].rows);
}

void job_group_take(struct job_group *group, struct job_list *waiting)
{
    group->count = 0;
    while (waiting->first != NULL && group->count < JOB_GROUP_MAX) {
        bool alone = is_alone(waiting->first->kind);
        if (alone && group->count > 0)
            return;
        group->jobs[group->count++] = job_list_pop(waiting);
        if (alone)
            return;
    }
}
