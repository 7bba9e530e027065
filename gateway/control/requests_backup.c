/* A copy of the ledger, made beside it and handed out in parts. */
#include "gateway/control/requests.h"

#include "gateway/control/notes.h"
#include "gateway/control/respond.h"

#include <inttypes.h>

#define PART_MAX 60000

static void take_result(struct control *control, const struct caller *caller, uint64_t id, int result)
{
    if (result == LEDGER_OK)
        return;
    respond_refuse(control, &caller->origin, "busy",
                   "copying the ledger: a copy is being made, or too much is waiting; try again");
    pending_remove(control->pending, id);
}

void requests_backup(struct control *control, const struct caller *caller, const struct request *request)
{
    uint64_t id = requests_wait(control, caller, request);
    if (id)
        take_result(control, caller, id, ledger_backup(control->ledger, id));
}

void requests_read_backup(struct control *control, const struct caller *caller, const struct request *request)
{
    uint64_t id = requests_wait(control, caller, request);
    if (!id)
        return;
    pending_find(control->pending, id)->offset = request->read_backup.offset;
    uint32_t length = request->read_backup.length;
    if (!length || length > PART_MAX)
        length = PART_MAX;
    take_result(control, caller, id,
                ledger_read_backup(control->ledger, id, request->read_backup.offset, length));
}

void requests_backup_made(struct control *control, uint64_t id, const struct ledger_event *event)
{
    struct pending *pending = pending_find(control->pending, id);
    if (event->result != LEDGER_OK) {
        notes_event(control, "backup", pending->account, NULL, "not-stored", event->why);
        respond_refuse(control, &pending->origin, "not-stored", "copying the ledger: %s", event->why);
    } else {
        struct answer_head head;
        struct answer_buffer buffer = respond_begin(control, &head);
        notes_event(control, "backup", pending->account, NULL, "", "");
        translate_backup(&buffer, &head, event->number);
        respond_send(control, &pending->origin, &buffer);
    }
    pending_remove(control->pending, id);
}

void requests_backup_read(struct control *control, uint64_t id, const struct ledger_event *event)
{
    struct pending *pending = pending_find(control->pending, id);
    if (event->result != LEDGER_OK) {
        respond_refuse(control, &pending->origin, "unknown-file", "reading the copy: %s", event->why);
    } else {
        struct answer_head head;
        struct answer_buffer buffer = respond_begin(control, &head);
        translate_file_part(&buffer, &head, pending->offset, event->bytes, event->byte_count, event->number);
        respond_send(control, &pending->origin, &buffer);
    }
    pending_remove(control->pending, id);
}
