/* What was recorded: the audit's pages, a session's files, and the audit's proof. */
#include "gateway/control/requests.h"

#include "gateway/control/notes.h"
#include "gateway/control/respond.h"
#include "gateway/control/rigs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- log: read in the ledger's thread into a page of its own, answered here ------------------ */

#define LOG_MOST 200

struct log_page {
    size_t count, most;
    struct audit_entry entries[];
};

static bool read_entry(void *context, const struct ledger_audit *record)
{
    struct log_page *page = context;
    if (audit_decode(record, &page->entries[page->count]))
        page->count++;
    return page->count < page->most;
}

void requests_log(struct control *control, const struct caller *caller, const struct request *request)
{
    if (!requests_is_staff(caller) &&
        !(request->session && requests_may_see(control, caller, request->session))) {
        respond_refuse(control, &caller->origin, "not-allowed",
                       "reading the log: you may read that of your own sessions; name one with --session");
        return;
    }
    uint64_t id = requests_wait(control, caller, request);
    if (!id)
        return;
    size_t most = request->log.most && request->log.most < LOG_MOST ? request->log.most : LOG_MOST;
    struct log_page *page = calloc(1, sizeof *page + most * sizeof page->entries[0]);
    if (page) {
        page->most = most;
        pending_find(control->pending, id)->log_page = page;
        if (ledger_read_audit(control->ledger, id, request->session, request->rig[0] ? request->rig : NULL,
                              request->log.after, read_entry, page) == LEDGER_OK)
            return;
    }
    respond_refuse(control, &caller->origin, "busy", "reading the log: too much is waiting; try again");
    free(page);
    pending_remove(control->pending, id);
}

static const char *name_of(const struct control *control, uint64_t account)
{
    const struct account *found = accounts_get(control->accounts, account);
    return !account ? "labgate" : !found ? "(erased)" : found->title[0] ? found->title : found->name;
}

void requests_log_read(struct control *control, uint64_t id, const struct ledger_event *event)
{
    struct pending *pending = pending_find(control->pending, id);
    struct log_page *page = pending->log_page;
    struct answer_record *records = calloc(page->count + 1, sizeof *records);
    if (event->result != LEDGER_OK || !records) {
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
                .text = record->text,
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
    return ledger_read_audit(control->ledger, id, 0, NULL, after, audit_verify_step, verifier) == LEDGER_OK;
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
        char text[256], head_text[AUDIT_HEAD_MAX];
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
