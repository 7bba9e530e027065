#include "gateway/cli/timeline.h"

#include "gateway/cli/download.h"
#include "gateway/cli/import.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_MOST 200
#define FIELDS    6

/* ---- the recording ----------------------------------------------------------------------------- */

static bool write_bytes(void *context, const uint8_t *bytes, size_t length)
{
    return fwrite(bytes, 1, length, context) == length;
}

static int fetch_changes(struct cli *cli, struct timeline *timeline, const char *name)
{
    struct progress progress;
    timeline->changes = tmpfile();
    if (!timeline->changes)
        return fail(cli, CLI_LOCAL, "cannot make a temporary file: %s", strerror(errno));
    struct download order = {.session = timeline->session,
                             .name = name,
                             .take = write_bytes,
                             .context = timeline->changes,
                             .progress = &progress};
    progress_begin(cli, &progress, "reading", 0);
    int result = download(cli, &order);
    progress_end(&progress);
    if (result == CLI_OK && (fflush(timeline->changes) != 0 || fseek(timeline->changes, 0, SEEK_SET) != 0))
        return fail(cli, CLI_LOCAL, "cannot write a temporary file: %s", strerror(errno));
    return result;
}

static void drop_change(struct timeline *timeline)
{
    struct timeline_change *change = &timeline->change;
    while (change->count > 0)
        free(change->fields[--change->count]);
}

/* The next line that is whole; its end may be cut off while the session runs. */
static void read_change(struct timeline *timeline)
{
    size_t first;
    int count = FIELDS;
    drop_change(timeline);
    if (timeline->changes)
        count = csv_read_record(timeline->changes, timeline->change.fields, FIELDS, &timeline->line, &first);
    timeline->change.count = timeline->changes && count > 0 ? count : 0;
    if (timeline->change.count == FIELDS)
        return;
    drop_change(timeline);
    if (timeline->changes)
        fclose(timeline->changes);
    timeline->changes = NULL;
}

static int open_recording(struct cli *cli, struct timeline *timeline)
{
    Labgate__Files files = LABGATE__FILES__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    files.session = timeline->session;
    request.body_case = LABGATE__REQUEST__BODY_FILES;
    request.files = &files;
    int result = cli_ask(cli, &request, "read the recording", &answer);
    if (result != CLI_OK)
        return result;
    bool there = answer->ok && answer->body_case == LABGATE__ANSWER__BODY_FILES;
    if (!there)
        warn(cli, "there is no recording of session %" PRIu64 " to show values from: %s", timeline->session,
             answer->message);
    if (there) {
        timeline->rig = require_copy(answer->files->rig);
        timeline->starts = (int64_t)answer->files->starts;
    }
    for (size_t i = 0; there && result == CLI_OK && i < answer->files->n_files; i++)
        if (strcmp(answer->files->files[i]->kind, "changes") == 0 && !timeline->changes)
            result = fetch_changes(cli, timeline, answer->files->files[i]->name);
    client_free(answer);
    if (result == CLI_OK && timeline->changes) {
        read_change(timeline); /* the heading */
        read_change(timeline);
    }
    return result;
}

/* ---- the audit --------------------------------------------------------------------------------- */

static int read_page(struct cli *cli, struct timeline *timeline)
{
    Labgate__Request request = LABGATE__REQUEST__INIT;
    client_free(timeline->page);
    timeline->page = NULL;
    timeline->at = 0;
    request.body_case = LABGATE__REQUEST__BODY_LOG;
    request.log = &timeline->request;
    int result = cli_call(cli, &request, "read the log", LABGATE__ANSWER__BODY_LOG, &timeline->page);
    if (result != CLI_OK)
        return result;
    const Labgate__LogPage *page = timeline->page->log;
    timeline->more = page->more && page->next > timeline->request.after;
    timeline->request.after = page->next;
    return CLI_OK;
}

/* *record: NULL at the end. */
static int next_record(struct cli *cli, struct timeline *timeline, const Labgate__LogRecord **record)
{
    *record = NULL;
    while (timeline->at == timeline->page->log->n_records) {
        if (!timeline->more)
            return CLI_OK;
        int result = read_page(cli, timeline);
        if (result != CLI_OK)
            return result;
    }
    *record = timeline->page->log->records[timeline->at];
    return CLI_OK;
}

/* A session's begin, at its start or after a restart, ties the gateway's clock to the wall's. */
static double seconds_of(struct timeline *timeline, const Labgate__LogRecord *record)
{
    double clock = (double)record->time / 1e9;
    if (strcmp(record->kind, "session-begin") == 0) {
        if (timeline->starts == 0)
            timeline->starts = (int64_t)record->wall;
        timeline->offset = (double)((int64_t)record->wall - timeline->starts) / 1e3 - clock;
    }
    return clock + timeline->offset;
}

/* ---- both -------------------------------------------------------------------------------------- */

int timeline_open(struct cli *cli, struct timeline *timeline, uint64_t session)
{
    *timeline = (struct timeline){.session = session, .request = LABGATE__LOG__INIT};
    timeline->request.session = session;
    timeline->request.most = PAGE_MOST;
    int result = read_page(cli, timeline);
    if (result == CLI_OK && timeline->page->log->n_records == 0)
        result =
            fail(cli, CLI_REFUSED, "there was no session %" PRIu64 "; labctl bookings shows them", session);
    if (result == CLI_OK)
        result = open_recording(cli, timeline);
    if (result == CLI_OK && !timeline->rig)
        timeline->rig = require_copy(timeline->page->log->records[0]->rig);
    return result;
}

int timeline_next(struct cli *cli, struct timeline *timeline, struct timeline_item *item)
{
    if (item->record)
        timeline->at++;
    if (item->change)
        read_change(timeline);
    *item = (struct timeline_item){0};
    const Labgate__LogRecord *record;
    int result = next_record(cli, timeline, &record);
    if (result != CLI_OK)
        return result;
    double recorded = timeline->change.count ? strtod(timeline->change.fields[1], NULL) : INFINITY;
    double happened = record ? seconds_of(timeline, record) : INFINITY;
    item->seconds = happened <= recorded ? happened : recorded;
    if (happened <= recorded)
        item->record = record;
    else
        item->change = &timeline->change;
    return CLI_OK;
}

void timeline_close(struct timeline *timeline)
{
    drop_change(timeline);
    if (timeline->changes)
        fclose(timeline->changes);
    client_free(timeline->page);
    free(timeline->rig);
}
