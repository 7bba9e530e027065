/* ledger.c - the queue in front of the store, and its thread.
 *
 * A job carries its request and becomes its event. All jobs are allocated at the start. The loop's own (what
 * a rig must remember, a booking's change, a logout) have a reserve that requests from people cannot use up.
 */
#include "gateway/ledger/backup.h"
#include "gateway/ledger/job.h"
#include "gateway/thread/thread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define JOBS       128
#define RESERVED   32 /* of them for the loop's own */
#define STACK_SIZE ((size_t)256 * 1024)

enum audit_batch { AUDIT_NONE, AUDIT_WAITING, AUDIT_WORKING, AUDIT_DONE };

struct ledger {
    struct store store; /* of the thread, once it runs */
    int wake;
    struct store_rig *rigs; /* as they were at the start */
    size_t rig_count;
    pthread_t thread;

    pthread_mutex_t mutex; /* all below; held for moments only */
    pthread_cond_t work;
    bool stopping;
    struct job jobs[JOBS];
    struct job *free_jobs;
    size_t free_count;
    struct job_list waiting, done;
    enum audit_batch audit;
    const struct ledger_audit *audit_records;
    size_t audit_count;
    struct ledger_event audit_event;
    struct backup backup;
    struct job *backup_job; /* that asked for the copy which is being made */
};

static void free_job(struct ledger *ledger, struct job *job)
{
    job->next = ledger->free_jobs;
    ledger->free_jobs = job;
    ledger->free_count++;
}

/* ---- the thread ---------------------------------------------------------------------------------------- */

static void append_audit(struct ledger *ledger)
{
    struct store *store = &ledger->store;
    struct ledger_event event = {.kind = LEDGER_EVENT_AUDIT};
    store->why[0] = '\0';
    int result = store_begin(store);
    if (result == LEDGER_OK)
        result = store_append_audit(store, ledger->audit_records, ledger->audit_count);
    if (result == LEDGER_OK)
        result = store_commit(store);
    if (result == LEDGER_OK)
        store->last_audit += ledger->audit_count;
    else
        store_rollback(store);
    event.result = result;
    event.number = store->last_audit;
    memcpy(event.why, store->why, sizeof event.why);
    ledger->audit_event = event;
}

static void wake_caller(int wake)
{
    uint64_t one = 1;
    /* The eventfd's only failure is that it is full, and then the caller is awake. */
    if (write(wake, &one, sizeof one) < 0)
        return;
}

static void work_once(struct ledger *ledger, struct job_group *group)
{
    job_group_take(group, &ledger->waiting);
    bool audit = ledger->audit == AUDIT_WAITING;
    if (audit)
        ledger->audit = AUDIT_WORKING;
    pthread_mutex_unlock(&ledger->mutex);
    if (audit) /* first: a job that reads finds what was handed over before it */
        append_audit(ledger);
    if (group->count > 0)
        job_group_run(group, &ledger->store);
    pthread_mutex_lock(&ledger->mutex);
    for (size_t i = 0; i < group->count; i++)
        job_list_push(&ledger->done, group->jobs[i]);
    if (audit)
        ledger->audit = AUDIT_DONE;
    wake_caller(ledger->wake);
}

static void *work(void *context)
{
    struct ledger *ledger = context;
    struct job_group group;
    pthread_mutex_lock(&ledger->mutex);
    for (;;) {
        while (ledger->waiting.first == NULL && ledger->audit != AUDIT_WAITING && !ledger->stopping)
            pthread_cond_wait(&ledger->work, &ledger->mutex);
        if (ledger->waiting.first == NULL && ledger->audit != AUDIT_WAITING)
            break;
        work_once(ledger, &group);
    }
    pthread_mutex_unlock(&ledger->mutex);
    return NULL;
}

/* In the backup's thread, with the mutex held. */
static void backup_done(void *context, int result, uint64_t size, const char *why)
{
    struct ledger *ledger = context;
    struct ledger_event *event = &ledger->backup_job->event;
    event->result = result;
    event->number = size;
    snprintf(event->why, sizeof event->why, "%s", why);
    job_list_push(&ledger->done, ledger->backup_job);
    ledger->backup_job = NULL;
    wake_caller(ledger->wake);
}

/* ---- opening and closing ------------------------------------------------------------------------------- */

int ledger_open(const char *directory, int wake, struct ledger **result, struct ledger_contents *contents,
                char *why, size_t why_size)
{
    struct ledger *ledger = calloc(1, sizeof *ledger);
    int status = LEDGER_NO_MEMORY;
    snprintf(why, why_size, "no memory for the ledger");
    if (ledger == NULL)
        return status;
    ledger->wake = wake;
    job_list_init(&ledger->waiting);
    job_list_init(&ledger->done);
    for (size_t i = 0; i < JOBS; i++)
        free_job(ledger, &ledger->jobs[i]);
    status = store_open(&ledger->store, directory);
    if (status != LEDGER_OK)
        goto failed;
    status = store_read_contents(&ledger->store, contents);
    if (status != LEDGER_OK)
        goto close;
    status = store_read_rigs(&ledger->store, &ledger->rigs, &ledger->rig_count);
    if (status != LEDGER_OK)
        goto forget;
    thread_mutex_init(&ledger->mutex);
    pthread_cond_init(&ledger->work, NULL);
    ledger->backup = (struct backup){
        .directory = ledger->store.directory,
        .ledger = sqlite3_db_filename(ledger->store.db, "main"),
        .mutex = &ledger->mutex,
        .done = backup_done,
        .context = ledger,
    };
    backup_forget(ledger->store.directory);
    status = LEDGER_NO_MEMORY;
    if (thread_start(&ledger->thread, STACK_SIZE, 0, work, ledger) != 0)
        goto forget;
    *result = ledger;
    return LEDGER_OK;
forget:
    ledger_free_contents(contents);
close:
    store_close(&ledger->store);
failed:
    if (ledger->store.why[0] != '\0')
        snprintf(why, why_size, "%s", ledger->store.why);
    free(ledger->rigs);
    free(ledger);
    return status;
}

void ledger_close(struct ledger *ledger)
{
    if (ledger == NULL)
        return;
    pthread_mutex_lock(&ledger->mutex);
    ledger->stopping = true;
    pthread_cond_signal(&ledger->work);
    pthread_mutex_unlock(&ledger->mutex);
    pthread_join(ledger->thread, NULL);
    backup_finish(&ledger->backup);
    for (struct job *job; (job = job_list_pop(&ledger->done)) != NULL;) {
        free(job->event.accounts);
        free(job->event.standings);
        free(job->event.rows);
        free(job->event.no_room);
        free(job->event.notices);
        free(job->event.bytes);
    }
    store_close(&ledger->store);
    pthread_cond_destroy(&ledger->work);
    pthread_mutex_destroy(&ledger->mutex);
    free(ledger->rigs);
    free(ledger);
}

/* ---- the caller's side --------------------------------------------------------------------------------- */

bool ledger_next_event(struct ledger *ledger, struct ledger_event *event)
{
    bool found = true;
    pthread_mutex_lock(&ledger->mutex);
    if (ledger->audit == AUDIT_DONE) {
        *event = ledger->audit_event;
        ledger->audit = AUDIT_NONE;
    } else {
        struct job *job = job_list_pop(&ledger->done);
        found = job != NULL;
        if (found) {
            *event = job->event;
            free_job(ledger, job);
        }
    }
    pthread_mutex_unlock(&ledger->mutex);
    return found;
}

/* A job with the mutex held, or NULL without it. */
static struct job *begin_job(struct ledger *ledger, enum job_kind kind, uint64_t request)
{
    bool own = kind == JOB_RIG || kind == JOB_CHANGE || kind == JOB_REVOKE || kind == JOB_CLOCK;
    pthread_mutex_lock(&ledger->mutex);
    struct job *job = ledger->free_jobs;
    if (ledger->free_count <= (own ? 0 : RESERVED)) {
        pthread_mutex_unlock(&ledger->mutex);
        return NULL;
    }
    ledger->free_jobs = job->next;
    ledger->free_count--;
    job->kind = kind;
    job->event = (struct ledger_event){.kind = LEDGER_EVENT_DONE, .request = request};
    return job;
}

static void submit_job(struct ledger *ledger, struct job *job)
{
    job_list_push(&ledger->waiting, job);
    pthread_cond_signal(&ledger->work);
    pthread_mutex_unlock(&ledger->mutex);
}

int ledger_put_account(struct ledger *ledger, uint64_t request, const struct ledger_account *account)
{
    struct job *job = begin_job(ledger, JOB_ACCOUNT, request);
    if (job == NULL)
        return LEDGER_FULL;
    job->event.account = *account;
    submit_job(ledger, job);
    return LEDGER_OK;
}

int ledger_put_accounts(struct ledger *ledger, uint64_t request, const struct ledger_account *accounts,
                        size_t count)
{
    struct ledger_account *copy = malloc((count > 0 ? count : 1) * sizeof *copy);
    if (copy == NULL)
        return LEDGER_NO_MEMORY;
    memcpy(copy, accounts, count * sizeof *copy);
    struct job *job = begin_job(ledger, JOB_ACCOUNTS, request);
    if (job == NULL) {
        free(copy);
        return LEDGER_FULL;
    }
    job->event.accounts = copy;
    job->event.account_count = count;
    submit_job(ledger, job);
    return LEDGER_OK;
}

int ledger_store(struct ledger *ledger, uint64_t request, struct ledger_booking *rows, size_t count,
                 const struct ledger_with *with)
{
    if (count == 0 || count > LEDGER_BUNDLE_MAX)
        return LEDGER_FULL;
    struct job *job = begin_job(ledger, rows[0].id != 0 ? JOB_CHANGE : JOB_STORE, request);
    if (job == NULL)
        return LEDGER_FULL;
    job->event.rows = rows;
    job->event.row_count = count;
    job->id = with != NULL ? with->ticket : 0;
    job->event.notices = with != NULL ? with->notices : NULL;
    job->event.notice_count = with != NULL ? with->notice_count : 0;
    submit_job(ledger, job);
    return LEDGER_OK;
}

int ledger_put_standings(struct ledger *ledger, uint64_t request, const struct ledger_standing *standings,
                         size_t count, bool remove)
{
    struct ledger_standing *copy = malloc((count > 0 ? count : 1) * sizeof *copy);
    if (copy == NULL)
        return LEDGER_NO_MEMORY;
    memcpy(copy, standings, count * sizeof *copy);
    struct job *job = begin_job(ledger, JOB_STANDINGS, request);
    if (job == NULL) {
        free(copy);
        return LEDGER_FULL;
    }
    job->event.standings = copy;
    job->event.standing_count = count;
    job->event.removed = remove;
    submit_job(ledger, job);
    return LEDGER_OK;
}

int ledger_put_ticket(struct ledger *ledger, uint64_t request, const struct ledger_ticket *ticket)
{
    struct job *job = begin_job(ledger, JOB_TICKET, request);
    if (job == NULL)
        return LEDGER_FULL;
    job->ticket = *ticket;
    submit_job(ledger, job);
    return LEDGER_OK;
}

int ledger_put_notice(struct ledger *ledger, uint64_t request, const struct ledger_notice *notice)
{
    struct job *job = begin_job(ledger, JOB_NOTICE, request);
    if (job == NULL)
        return LEDGER_FULL;
    job->event.notice = *notice;
    submit_job(ledger, job);
    return LEDGER_OK;
}

static int drop(struct ledger *ledger, enum job_kind kind, uint64_t request, uint64_t id)
{
    struct job *job = begin_job(ledger, kind, request);
    if (job == NULL)
        return LEDGER_FULL;
    job->id = id;
    submit_job(ledger, job);
    return LEDGER_OK;
}

int ledger_drop_ticket(struct ledger *ledger, uint64_t request, uint64_t ticket)
{
    return drop(ledger, JOB_DROP_TICKET, request, ticket);
}

int ledger_drop_notices(struct ledger *ledger, uint64_t request, const struct ledger_seen *seen)
{
    struct job *job = begin_job(ledger, JOB_DROP_NOTICES, request);
    if (job == NULL)
        return LEDGER_FULL;
    job->seen = *seen;
    submit_job(ledger, job);
    return LEDGER_OK;
}

int ledger_put_feed(struct ledger *ledger, uint64_t request, const struct ledger_feed *feed)
{
    struct job *job = begin_job(ledger, JOB_FEED, request);
    if (job == NULL)
        return LEDGER_FULL;
    job->event.feed = *feed;
    submit_job(ledger, job);
    return LEDGER_OK;
}

int ledger_drop_feed(struct ledger *ledger, uint64_t request, uint64_t feed)
{
    return drop(ledger, JOB_DROP_FEED, request, feed);
}

int ledger_read_used(struct ledger *ledger, uint64_t request, const struct ledger_used *used)
{
    struct job *job = begin_job(ledger, JOB_READ_USED, request);
    if (job == NULL)
        return LEDGER_FULL;
    job->used = *used;
    submit_job(ledger, job);
    return LEDGER_OK;
}

int ledger_put_no_room(struct ledger *ledger, uint64_t request, const struct ledger_no_room *row)
{
    struct job *job = begin_job(ledger, JOB_NO_ROOM, request);
    if (job == NULL)
        return LEDGER_FULL;
    job->no_room = *row;
    submit_job(ledger, job);
    return LEDGER_OK;
}

int ledger_read_no_room(struct ledger *ledger, uint64_t request, const struct ledger_used *span)
{
    struct job *job = begin_job(ledger, JOB_READ_NO_ROOM, request);
    if (job == NULL)
        return LEDGER_FULL;
    job->used = *span;
    submit_job(ledger, job);
    return LEDGER_OK;
}

int ledger_revoke(struct ledger *ledger, uint64_t request, const struct ledger_revocation *revocation,
                  int64_t now)
{
    struct job *job = begin_job(ledger, JOB_REVOKE, request);
    if (job == NULL)
        return LEDGER_FULL;
    job->revoke.what = *revocation;
    job->revoke.now = now;
    submit_job(ledger, job);
    return LEDGER_OK;
}

int ledger_vouch_clock(struct ledger *ledger, uint64_t request, int64_t wall)
{
    struct job *job = begin_job(ledger, JOB_CLOCK, request);
    if (job == NULL)
        return LEDGER_FULL;
    job->wall = wall;
    submit_job(ledger, job);
    return LEDGER_OK;
}

int ledger_trust(struct ledger *ledger, uint64_t request)
{
    struct job *job = begin_job(ledger, JOB_TRUST, request);
    if (job == NULL)
        return LEDGER_FULL;
    submit_job(ledger, job);
    return LEDGER_OK;
}

int ledger_put_rig(struct ledger *ledger, uint64_t request, const char *rig, const void *bytes, size_t length)
{
    if (length > LEDGER_RIG_STATE_MAX || strlen(rig) >= LEDGER_NAME_MAX)
        return LEDGER_NO_MEMORY;
    struct job *job = begin_job(ledger, JOB_RIG, request);
    if (job == NULL)
        return LEDGER_FULL;
    snprintf(job->rig.name, sizeof job->rig.name, "%s", rig);
    memcpy(job->rig.bytes, bytes, length);
    job->rig.length = length;
    submit_job(ledger, job);
    return LEDGER_OK;
}

size_t ledger_get_rig(struct ledger *ledger, const char *rig, void *bytes, size_t capacity)
{
    for (size_t i = 0; i < ledger->rig_count; i++) {
        const struct store_rig *stored = &ledger->rigs[i];
        if (strcmp(stored->name, rig) != 0)
            continue;
        size_t length = stored->length < capacity ? stored->length : capacity;
        memcpy(bytes, stored->bytes, length);
        return length;
    }
    return 0;
}

bool ledger_works(struct ledger *ledger)
{
    pthread_mutex_lock(&ledger->mutex);
    bool works = ledger->free_count < JOBS;
    pthread_mutex_unlock(&ledger->mutex);
    return works;
}

int ledger_append_audit(struct ledger *ledger, const struct ledger_audit *records, size_t count)
{
    pthread_mutex_lock(&ledger->mutex);
    bool taken = ledger->audit == AUDIT_NONE && count <= LEDGER_BATCH_MAX;
    if (taken) {
        ledger->audit = AUDIT_WAITING;
        ledger->audit_records = records;
        ledger->audit_count = count;
        pthread_cond_signal(&ledger->work);
    }
    pthread_mutex_unlock(&ledger->mutex);
    return taken ? LEDGER_OK : LEDGER_FULL;
}

int ledger_read_audit(struct ledger *ledger, uint64_t request, const struct ledger_audit_query *query,
                      ledger_audit_reader *reader, void *context)
{
    struct job *job = begin_job(ledger, JOB_READ, request);
    if (job == NULL)
        return LEDGER_FULL;
    job->read = (struct store_audit_query){.session = query->session,
                                           .newest_first = query->newest_first,
                                           .beyond = query->beyond,
                                           .reader = reader,
                                           .context = context};
    snprintf(job->read.rig, sizeof job->read.rig, "%s", query->rig != NULL ? query->rig : "");
    submit_job(ledger, job);
    return LEDGER_OK;
}

int ledger_backup(struct ledger *ledger, uint64_t request)
{
    struct job *job = begin_job(ledger, JOB_BACKUP, request);
    if (job == NULL)
        return LEDGER_FULL;
    int result = backup_start(&ledger->backup);
    if (result == LEDGER_OK)
        ledger->backup_job = job;
    else
        free_job(ledger, job);
    pthread_mutex_unlock(&ledger->mutex);
    return result;
}

int ledger_read_backup(struct ledger *ledger, uint64_t request, uint64_t offset, size_t length)
{
    struct job *job = begin_job(ledger, JOB_READ_BACKUP, request);
    if (job == NULL)
        return LEDGER_FULL;
    job->part.offset = offset;
    job->part.length = length;
    submit_job(ledger, job);
    return LEDGER_OK;
}
