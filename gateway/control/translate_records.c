#include "gateway/control/translate_private.h"

#include <stdlib.h>

static Labgate__Format format_to(enum driver_format format)
{
    static const Labgate__Format formats[] = {
        [DRIVER_UINT8] = LABGATE__FORMAT__UINT8,
        [DRIVER_INT16_LITTLE] = LABGATE__FORMAT__INT16_LITTLE,
        [DRIVER_FLOAT32_LITTLE] = LABGATE__FORMAT__FLOAT32_LITTLE,
    };
    return formats[format];
}

static void fill_capture(Labgate__CaptureDone *to, const struct answer_capture *from)
{
    labgate__capture_done__init(to);
    to->capture = from->capture;
    to->waveform = translate_text(from->waveform);
    to->unit = translate_text(from->unit);
    to->format = format_to(from->record.format);
    to->samples = from->record.samples;
    to->time_first = from->record.time_first;
    to->time_step = from->record.time_step;
    to->code_zero = from->record.code_zero;
    to->value_step = from->record.value_step;
    to->bytes = from->bytes;
    to->complete = from->complete;
    to->failed = translate_text(from->failed);
    to->session = from->session;
    to->file = translate_text(from->file);
    to->wall = (uint64_t)from->wall;
}

void translate_capture(struct answer_buffer *buffer, const struct answer_head *head,
                       const struct answer_capture *capture)
{
    Labgate__CaptureDone done;
    fill_capture(&done, capture);
    Labgate__Answer answer = translate_begin(head);
    answer.body_case = LABGATE__ANSWER__BODY_CAPTURE;
    answer.capture = &done;
    translate_finish(buffer, &answer);
}

struct file_row {
    Labgate__File message;
    Labgate__CaptureDone capture;
};

void translate_files(struct answer_buffer *buffer, const struct answer_head *head, const char *rig,
                     int64_t starts, int64_t ends, const struct answer_file *files, size_t count)
{
    struct rows rows = translate_rows(count, sizeof(struct file_row));
    if (!rows.pointers) {
        translate_no_memory(buffer, head);
        return;
    }
    struct file_row *list = rows.messages;
    for (size_t i = 0; i < count; i++) {
        labgate__file__init(&list[i].message);
        list[i].message.name = translate_text(files[i].name);
        list[i].message.kind = translate_text(files[i].kind);
        list[i].message.bytes = files[i].bytes;
        if (files[i].capture) {
            fill_capture(&list[i].capture, files[i].capture);
            list[i].message.capture = &list[i].capture;
        }
        rows.pointers[i] = &list[i].message;
    }
    Labgate__FileList message = LABGATE__FILE_LIST__INIT;
    message.files = (Labgate__File **)rows.pointers;
    message.n_files = count;
    message.rig = translate_text(rig);
    message.starts = (uint64_t)starts;
    message.ends = (uint64_t)ends;
    Labgate__Answer answer = translate_begin(head);
    answer.body_case = LABGATE__ANSWER__BODY_FILES;
    answer.files = &message;
    translate_finish(buffer, &answer);
    free(rows.pointers);
}

void translate_file_part(struct answer_buffer *buffer, const struct answer_head *head, uint64_t offset,
                         const void *bytes, size_t length, uint64_t size)
{
    Labgate__FilePart part = LABGATE__FILE_PART__INIT;
    part.offset = offset;
    part.data.data = (uint8_t *)(uintptr_t)bytes;
    part.data.len = length;
    part.size = size;
    Labgate__Answer answer = translate_begin(head);
    answer.body_case = LABGATE__ANSWER__BODY_READ_FILE;
    answer.read_file = &part;
    translate_finish(buffer, &answer);
}

void translate_log(struct answer_buffer *buffer, const struct answer_head *head,
                   const struct answer_record *records, size_t count, uint64_t next, bool more)
{
    struct rows rows = translate_rows(count, sizeof(Labgate__LogRecord));
    if (!rows.pointers) {
        translate_no_memory(buffer, head);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        Labgate__LogRecord *to = rows.pointers[i];
        const struct answer_record *from = &records[i];
        labgate__log_record__init(to);
        to->number = from->number;
        to->wall = (uint64_t)from->wall;
        to->who = translate_text(from->who);
        to->kind = translate_text(from->kind);
        to->rig = translate_text(from->rig);
        to->point = translate_text(from->point);
        to->reason = translate_text(from->reason);
        to->rule = translate_text(from->rule);
        to->text = translate_text(from->text);
        to->before = from->before;
        to->after = from->after;
        to->has_values = from->has_values;
        to->session = from->session;
        to->time = (uint64_t)from->monotonic;
    }
    Labgate__LogPage page = LABGATE__LOG_PAGE__INIT;
    page.records = (Labgate__LogRecord **)rows.pointers;
    page.n_records = count;
    page.next = next;
    page.more = more;
    Labgate__Answer answer = translate_begin(head);
    answer.body_case = LABGATE__ANSWER__BODY_LOG;
    answer.log = &page;
    translate_finish(buffer, &answer);
    free(rows.pointers);
}

void translate_audit(struct answer_buffer *buffer, const struct answer_head *head, bool intact,
                     uint64_t records, const char *head_text, const char *fault)
{
    Labgate__AuditReport report = LABGATE__AUDIT_REPORT__INIT;
    report.intact = intact;
    report.records = records;
    report.head = translate_text(head_text);
    report.fault = translate_text(fault);
    Labgate__Answer answer = translate_begin(head);
    answer.body_case = LABGATE__ANSWER__BODY_AUDIT_VERIFY;
    answer.audit_verify = &report;
    translate_finish(buffer, &answer);
}

void translate_clock(struct answer_buffer *buffer, const struct answer_head *head, bool plausible,
                     int64_t newest)
{
    Labgate__ClockReport report = LABGATE__CLOCK_REPORT__INIT;
    report.plausible = plausible;
    report.newest = (uint64_t)newest;
    Labgate__Answer answer = translate_begin(head);
    answer.body_case = LABGATE__ANSWER__BODY_CLOCK;
    answer.clock = &report;
    translate_finish(buffer, &answer);
}

void translate_backup(struct answer_buffer *buffer, const struct answer_head *head, uint64_t bytes)
{
    Labgate__BackupMade made = LABGATE__BACKUP_MADE__INIT;
    made.bytes = bytes;
    Labgate__Answer answer = translate_begin(head);
    answer.body_case = LABGATE__ANSWER__BODY_BACKUP;
    answer.backup = &made;
    translate_finish(buffer, &answer);
}

void translate_reloaded(struct answer_buffer *buffer, const struct answer_head *head,
                        const struct answer_reloaded *reloaded)
{
    struct rows rows = translate_rows(reloaded->rig_count, sizeof(Labgate__ReloadedRig));
    if (!rows.pointers) {
        translate_no_memory(buffer, head);
        return;
    }
    for (size_t i = 0; i < reloaded->rig_count; i++) {
        Labgate__ReloadedRig *to = rows.pointers[i];
        labgate__reloaded_rig__init(to);
        to->rig = translate_text(reloaded->rigs[i].rig);
        to->state = translate_text(reloaded->rigs[i].state);
    }
    Labgate__Reloaded done = LABGATE__RELOADED__INIT;
    done.digest = translate_text(reloaded->digest);
    done.errors = translate_text(reloaded->errors);
    done.plan = translate_text(reloaded->plan);
    done.restart = translate_text(reloaded->restart);
    done.taken = reloaded->taken;
    done.same = reloaded->same;
    done.rigs = (Labgate__ReloadedRig **)rows.pointers;
    done.n_rigs = reloaded->rig_count;
    Labgate__Answer answer = translate_begin(head);
    answer.body_case = LABGATE__ANSWER__BODY_RELOAD;
    answer.reload = &done;
    translate_finish(buffer, &answer);
    free(rows.pointers);
}

void translate_alerts(struct answer_buffer *buffer, const struct answer_head *head,
                      const struct answer_alert *alerts, size_t count, uint64_t next)
{
    struct rows rows = translate_rows(count, sizeof(Labgate__Alert));
    if (!rows.pointers) {
        translate_no_memory(buffer, head);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        Labgate__Alert *to = rows.pointers[i];
        labgate__alert__init(to);
        to->number = alerts[i].number;
        to->wall = (uint64_t)alerts[i].wall;
        to->rig = translate_text(alerts[i].rig);
        to->text = translate_text(alerts[i].text);
    }
    Labgate__AlertList list = LABGATE__ALERT_LIST__INIT;
    list.alerts = (Labgate__Alert **)rows.pointers;
    list.n_alerts = count;
    list.next = next;
    Labgate__Answer answer = translate_begin(head);
    answer.body_case = LABGATE__ANSWER__BODY_ALERTS;
    answer.alerts = &list;
    translate_finish(buffer, &answer);
    free(rows.pointers);
}
