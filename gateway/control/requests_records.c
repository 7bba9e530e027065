/* What was recorded: the audit's pages, a session's files, and the audit's proof. */
#include "gateway/control/requests.h"

#include "gateway/control/notes.h"
#include "gateway/control/respond.h"
#include "gateway/control/rigs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- log: read in the ledger's thread into a page of its own, answered here ------------------ */

#define LOG_MOST    200
#define LOG_KINDS   16
#define LOG_PAGES   100 /* of the ledger's that one request looks through, when little of them fits */
#define LOG_GATEWAY "labgate"

struct log_filter {
    bool by_person, refusals;
    uint64_t person;     /* account; 0: the gateway */
    int64_t from, until; /* ms since 1970; 0: open */
    size_t kind_count;
    char kinds[LOG_KINDS][AUDIT_KIND_MAX + 1];
};

struct log_page {
    struct log_filter filter;
    struct ledger_audit_query query;
    char rig[AUDIT_RIG_MAX + 1];
    size_t count, most, pages;
    struct audit_entry entries[];
};

static bool has_kind(const struct log_filter *filter, const char *kind)
{
    for (size_t i = 0; i < filter->kind_count; i++)
        if (!strcmp(filter->kinds[i], kind))
            return true;
    return filter->kind_count == 0;
}

/* Of the end of somebody's control the reason says why. */
static bool is_refusal(const struct audit_record *record)
{
    return record->refusal[0] && strcmp(record->refusal, "accepted") != 0 &&
           strcmp(record->kind, "revoke") != 0;
}

static bool passes(const struct log_filter *filter, const struct audit_record *record)
{
    return (!filter->by_person || record->account == filter->person) &&
           (!filter->refusals || is_refusal(record)) && has_kind(filter, record->kind);
}

static bool read_entry(void *context, const struct ledger_audit *record)
{
    struct log_page *page = context;
    const struct log_filter *filter = &page->filter;
    struct audit_entry *entry = &page->entries[page->count];
    bool in_time = record->wall >= filter->from && (!filter->until || record->wall <= filter->until);
    if (in_time && audit_decode(record, entry) && passes(filter, &entry->record))
        page->count++;
    return page->count < page->most;
}

/* By name, or by what it is shown as. False: there is none. */
static bool find_person(const struct control *control, const char *name, struct log_filter *filter)
{
    const struct account *found = accounts_find(control->accounts, name);
    for (size_t i = 0; !found && i < accounts_count(control->accounts); i++)
        if (!strcmp(accounts_at(control->accounts, i)->title, name))
            found = accounts_at(control->accounts, i);
    filter->by_person = true;
    filter->person = found ? found->id : 0;
    return found || !strcmp(name, LOG_GATEWAY);
}

/* False: refused already. */
static bool make_filter(struct control *control, const struct caller *caller, const struct request *request,
                        struct log_filter *filter)
{
    *filter = (struct log_filter){
        .refusals = request->log.refusals, .from = request->log.from, .until = request->log.until};
    if (request->log.person[0] && !find_person(control, request->log.person, filter)) {
        respond_refuse(control, &caller->origin, "unknown-account",
                       "reading the log: there is no account called '%s'", request->log.person);
        return false;
    }
    if (request->log.kind_count > LOG_KINDS) {
        respond_refuse(control, &caller->origin, "bad-value", "reading the log: at most %d kinds at once",
                       LOG_KINDS);
        return false;
    }
    for (size_t i = 0; i < request->log.kind_count; i++)
        snprintf(filter->kinds[filter->kind_count++], sizeof filter->kinds[0], "%s", request->log.kinds[i]);
    return true;
}

static bool read_page(struct control *control, uint64_t id, struct log_page *page)
{
    page->pages++;
    audit_submit(control->audit, control->now);
    return ledger_read_audit(control->ledger, id, &page->query, read_entry, page) == LEDGER_OK;
}

static struct log_page *make_page(const struct request *request, const struct log_filter *filter)
{
    size_t most = request->log.most && request->log.most < LOG_MOST ? request->log.most : LOG_MOST;
    struct log_page *page = calloc(1, sizeof *page + most * sizeof page->entries[0]);
    if (!page)
        return NULL;
    page->filter = *filter;
    page->most = most;
    snprintf(page->rig, sizeof page->rig, "%s", request->rig);
    page->query = (struct ledger_audit_query){
        .session = request->session,
        .rig = page->rig,
        .newest_first = request->log.newest_first,
        .beyond = request->log.newest_first ? request->log.before : request->log.after,
    };
    return page;
}

void requests_log(struct control *control, const struct caller *caller, const struct request *request)
{
    struct log_filter filter;
    if (!requests_is_staff(caller) &&
        !(request->session && requests_may_see(control, caller, request->session))) {
        respond_refuse(control, &caller->origin, "not-allowed",
                       "reading the log: you may read that of your own sessions; name one with --session");
        return;
    }
    if (!make_filter(control, caller, request, &filter))
        return;
    uint64_t id = requests_wait(control, caller, request);
    if (!id)
        return;
    struct log_page *page = make_page(request, &filter);
    if (page) {
        pending_find(control->pending, id)->log_page = page;
        if (read_page(control, id, page))
            return;
    }
    respond_refuse(control, &caller->origin, "busy", "reading the log: too much is waiting; try again");
    free(page);
    pending_remove(control->pending, id);
}

static const char *name_of(const struct control *control, uint64_t account)
{
    const struct account *found = accounts_get(control->accounts, account);
    return !account ? LOG_GATEWAY : !found ? "(erased)" : found->title[0] ? found->title : found->name;
}

#define NAMED_MAX 320

/* The audit has numbers, so that names can be erased; of its texts only these have any. */
static const char *text_of(const struct control *control, const struct audit_record *record,
                           char named[NAMED_MAX])
{
    const char *at = strstr(record->text, "account ");
    bool names_one = !strcmp(record->kind, "unlock") || !strcmp(record->kind, "take");
    if (!at || !names_one)
        return record->text;
    uint64_t account = strtoull(at + strlen("account "), NULL, 10);
    snprintf(named, NAMED_MAX, "%.*s%s", (int)(at - record->text), record->text,
             account ? name_of(control, account) : "operator");
    return named;
}

void requests_log_read(struct control *control, uint64_t id, const struct ledger_event *event)
{
    struct pending *pending = pending_find(control->pending, id);
    struct log_page *page = pending->log_page;
    if (event->result == LEDGER_OK && event->more && page->count < page->most && page->pages < LOG_PAGES) {
        page->query.beyond = event->number;
        if (read_page(control, id, page))
            return;
    }
    struct answer_record *records = calloc(page->count + 1, sizeof *records);
    char(*named)[NAMED_MAX] = calloc(page->count + 1, sizeof *named);
    if (event->result != LEDGER_OK || !records || !named) {
        respond_refuse(control, &pending->origin, "not-readable", "reading the log: %s",
                       event->result != LEDGER_OK ? event->why : "no memory");
    } else {
        for (size_t i = 0; i < page->count; i++) {
            const struct audit_record *record = &page->entries[i].record;
            records[i] = (struct answer_record){
                .number = page->entries[i].number,
                .wall = record->wall,
                .who = name_of(control, record->account),
                .kind = record->kind,
                .rig = record->rig,
                .point = record->point,
                .reason = record->refusal,
                .rule = record->rule,
                .text = text_of(control, record, named[i]),
                .before = record->before,
                .after = record->after,
                .has_values = record->has_after,
                .session = record->session,
                .monotonic = record->monotonic,
            };
        }
        struct answer_head head;
        struct answer_buffer buffer = respond_begin(control, &head);
        translate_log(&buffer, &head, records, page->count, event->number, event->more);
        respond_send(control, &pending->origin, &buffer);
    }
    free(records);
    free(named);
    free(page);
    pending_remove(control->pending, id);
}

/* ---- files ----------------------------------------------------------------------------------- */

void requests_files(struct control *control, const struct caller *caller, const struct request *request)
{
    uint64_t id = requests_wait(control, caller, request);
    if (!id)
        return;
    pending_find(control->pending, id)->may_see = requests_may_see(control, caller, request->session);
    if (recorder_list(control->recorder, id, request->session) == RECORDER_OK)
        return;
    respond_refuse(control, &caller->origin, "busy", "listing the recording: too much is waiting; try again");
    pending_remove(control->pending, id);
}

void requests_read_file(struct control *control, const struct caller *caller, const struct request *request)
{
    if (!requests_may_see(control, caller, request->session)) {
        respond_refuse(control, &caller->origin, "not-allowed",
                       "reading the recording: the session is not yours");
        return;
    }
    uint64_t id = requests_wait(control, caller, request);
    if (!id)
        return;
    uint32_t length = request->read_file.length;
    if (!length || length > RECORDER_PART_MAX)
        length = RECORDER_PART_MAX;
    int result = recorder_read(control->recorder, id, request->session, request->read_file.name,
                               request->read_file.offset, length);
    if (result == RECORDER_OK)
        return;
    if (result == RECORDER_BAD_NAME)
        respond_refuse(control, &caller->origin, "unknown-file",
                       "reading '%s': that is no file of a recording", request->read_file.name);
    else
        respond_refuse(control, &caller->origin, "busy",
                       "reading the recording: too much is waiting; try again");
    pending_remove(control->pending, id);
}

static void answer_files(struct control *control, const struct pending *pending,
                         const struct recorder_event *event)
{
    struct answer_file *files = calloc(event->count + 1, sizeof *files);
    struct answer_capture *captures = calloc(event->count + 1, sizeof *captures);
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    for (size_t i = 0; files && captures && i < event->count; i++) {
        const struct recorder_file *file = &event->files[i];
        files[i] = (struct answer_file){.name = file->name, .kind = "changes", .bytes = file->bytes};
        if (file->kind != RECORDER_CAPTURE)
            continue;
        captures[i] = (struct answer_capture){
            .session = event->session,
            .waveform = file->waveform,
            .unit = file->unit,
            .failed = file->complete ? "" : "it was cut off",
            .file = file->name,
            .record = file->record,
            .bytes = file->data,
            .complete = file->complete,
            .wall = file->wall,
        };
        files[i].kind = "capture";
        files[i].capture = &captures[i];
    }
    translate_files(&buffer, &head, event->rig, event->starts, event->ends, files,
                    files && captures ? event->count : 0);
    respond_send(control, &pending->origin, &buffer);
    free(files);
    free(captures);
}

void requests_recorded(struct control *control, struct recorder_event *event)
{
    struct pending *pending = pending_find(control->pending, event->request);
    if (!pending)
        return;
    /* A recording may outlive its booking in the timetable: then its own header says whose it is. */
    bool allowed = pending->kind == REQUEST_READ_FILE || pending->may_see ||
                   (event->account && event->account == pending->account);
    if (event->result != RECORDER_OK || !allowed) {
        respond_refuse(control, &pending->origin, event->result ? "unknown-file" : "not-allowed",
                       "reading the recording of session %llu: %s", (unsigned long long)event->session,
                       event->result ? event->why : "the session is not yours");
    } else if (event->kind == RECORDER_EVENT_LIST) {
        answer_files(control, pending, event);
    } else {
        struct answer_head head;
        struct answer_buffer buffer = respond_begin(control, &head);
        translate_file_part(&buffer, &head, event->offset, event->bytes, event->length, event->size);
        respond_send(control, &pending->origin, &buffer);
    }
    pending_remove(control->pending, event->request);
}

/* ---- the audit's proof: page by page, so that the ledger's other work comes in between ------- */

static bool verify_more(struct control *control, uint64_t id, uint64_t after)
{
    struct audit_verifier *verifier = pending_find(control->pending, id)->audit_verifier;
    const struct ledger_audit_query query = {.beyond = after};
    audit_submit(control->audit, control->now);
    return ledger_read_audit(control->ledger, id, &query, audit_verify_step, verifier) == LEDGER_OK;
}

void requests_audit_verify(struct control *control, const struct caller *caller,
                           const struct request *request)
{
    uint64_t id = requests_wait(control, caller, request);
    if (!id)
        return;
    struct audit_verifier *verifier = calloc(1, sizeof *verifier);
    pending_find(control->pending, id)->audit_verifier = verifier;
    if (verifier) {
        audit_verify_begin(verifier, control->crypto, request->audit_verify.head);
        if (verify_more(control, id, 0))
            return;
    }
    respond_refuse(control, &caller->origin, "busy", "verifying the audit: too much is waiting; try again");
    free(verifier);
    pending_remove(control->pending, id);
}

void requests_audit_read(struct control *control, uint64_t id, const struct ledger_event *event)
{
    struct pending *pending = pending_find(control->pending, id);
    struct audit_verifier *verifier = pending->audit_verifier;
    if (event->result == LEDGER_OK && event->more && verifier->fault == AUDIT_INTACT &&
        verify_more(control, id, event->number))
        return;
    if (event->result != LEDGER_OK) {
        respond_refuse(control, &pending->origin, "not-readable", "verifying the audit: %s", event->why);
    } else {
        char text[320], head_text[AUDIT_HEAD_MAX];
        enum audit_fault fault = audit_verify_end(verifier, text, sizeof text);
        audit_head(control->audit, control->wall, head_text);
        struct answer_head head;
        struct answer_buffer buffer = respond_begin(control, &head);
        translate_audit(&buffer, &head, fault == AUDIT_INTACT, verifier->number, head_text,
                        fault == AUDIT_INTACT ? "" : text);
        respond_send(control, &pending->origin, &buffer);
    }
    free(verifier);
    pending_remove(control->pending, id);
}
