#include "gateway/control/translate_private.h"

#include <stdlib.h>

char *translate_text(const char *value)
{
    return (char *)(uintptr_t)(value ? value : "");
}

Labgate__Answer translate_begin(const struct answer_head *head)
{
    Labgate__Answer answer = LABGATE__ANSWER__INIT;
    answer.version = 1;
    answer.ok = head->ok;
    answer.reason = translate_text(head->reason);
    answer.message = translate_text(head->message);
    answer.rule = translate_text(head->rule);
    answer.time = head->time;
    answer.boot = head->boot;
    answer.wall = head->wall;
    return answer;
}

void translate_finish(struct answer_buffer *buffer, const Labgate__Answer *answer)
{
    if (labgate__answer__get_packed_size(answer) <= buffer->size) {
        buffer->length = labgate__answer__pack(answer, buffer->bytes);
        return;
    }
    Labgate__Answer instead = LABGATE__ANSWER__INIT;
    instead.version = answer->version;
    instead.reason = translate_text("too-large");
    instead.message = translate_text("the answer is larger than one message: ask for less at once");
    instead.time = answer->time;
    instead.boot = answer->boot;
    instead.wall = answer->wall;
    buffer->length = labgate__answer__pack(&instead, buffer->bytes);
}

struct rows translate_rows(size_t count, size_t size)
{
    size_t pointers = (count * sizeof(void *) + 15) & ~(size_t)15;
    uint8_t *memory = calloc(1, pointers + count * size + 1);
    struct rows rows = {.pointers = (void **)memory, .messages = memory ? memory + pointers : NULL};
    for (size_t i = 0; memory && i < count; i++)
        rows.pointers[i] = (uint8_t *)rows.messages + i * size;
    return rows;
}

void translate_no_memory(struct answer_buffer *buffer, const struct answer_head *head)
{
    struct answer_head instead = *head;
    instead.ok = false;
    instead.reason = "busy";
    instead.message = "the gateway is out of memory for this answer: try again";
    translate_plain(buffer, &instead);
}

Labgate__Role translate_role(int role)
{
    static const Labgate__Role roles[] = {
        [RIG_STUDENT] = LABGATE__ROLE__STUDENT,
        [RIG_TEACHER] = LABGATE__ROLE__TEACHER,
        [RIG_TECHNICIAN] = LABGATE__ROLE__TECHNICIAN,
        [RIG_SCHEDULER] = LABGATE__ROLE__SCHEDULER,
    };
    return role < 0 ? LABGATE__ROLE__SPECTATOR : roles[role];
}

Labgate__Condition translate_condition(enum rig_condition condition)
{
    static const Labgate__Condition conditions[] = {
        [RIG_UNAVAILABLE] = LABGATE__CONDITION__UNAVAILABLE,
        [RIG_MAKING_SAFE] = LABGATE__CONDITION__MAKING_SAFE,
        [RIG_SAFE] = LABGATE__CONDITION__SAFE,
        [RIG_GRANTING] = LABGATE__CONDITION__GRANTING,
        [RIG_CONTROLLED] = LABGATE__CONDITION__CONTROLLED,
        [RIG_QUARANTINED] = LABGATE__CONDITION__QUARANTINED,
    };
    return conditions[condition];
}

void translate_plain(struct answer_buffer *buffer, const struct answer_head *head)
{
    Labgate__Answer answer = translate_begin(head);
    translate_finish(buffer, &answer);
}

static void fill_bypasses(struct status_rows *rows, const struct answer_status *from)
{
    rows->status.bypasses = rows->bypass_pointers;
    rows->status.n_bypasses = from->bypass_count < BYPASSES_MOST ? from->bypass_count : BYPASSES_MOST;
    for (size_t i = 0; i < rows->status.n_bypasses; i++) {
        Labgate__BypassInForce *bypass = rows->bypass_pointers[i] = &rows->bypasses[i];
        labgate__bypass_in_force__init(bypass);
        bypass->rule = translate_text(from->bypasses[i].rule);
        bypass->until = (uint64_t)from->bypasses[i].until;
        bypass->reason = translate_text(from->bypasses[i].reason);
    }
}

static void fill_proof(struct status_rows *rows, const struct answer_proof *from)
{
    Labgate__ProofState *proof = rows->status.proof = &rows->proof;
    labgate__proof_state__init(proof);
    proof->overdue = from->overdue;
    proof->why = translate_text(from->why);
    proof->tested = (uint64_t)from->tested;
    proof->by = translate_text(from->by);
    proof->passed = from->passed;
    proof->due = (uint64_t)from->due;
    proof->fingerprint = translate_text(from->fingerprint);
}

void translate_seat(Labgate__Seat *to, const struct answer_seat *from)
{
    labgate__seat__init(to);
    to->id = from->id;
    to->name = translate_text(from->name);
    to->role = translate_role(from->role);
    to->kind = translate_text(from->kind);
    to->present = from->present;
    to->room = translate_text(from->room);
}

void translate_status(struct status_rows *rows, const struct answer_status *from)
{
    labgate__rig_status__init(&rows->status);
    Labgate__RigStatus *status = &rows->status;
    status->condition = translate_condition(from->condition);
    status->stopped = from->stopped;
    status->locked_out = from->locked_out;
    status->trips = (char **)(uintptr_t)from->trips;
    status->n_trips = from->trip_count;
    status->session = from->session;
    status->ends = (uint64_t)from->ends;
    status->epoch = from->epoch;
    status->controller = from->controller;
    status->controller_name = translate_text(from->controller_name);
    status->why = translate_text(from->why);
    status->seats = rows->seat_pointers;
    status->n_seats = from->seat_count < RIG_SEATS_MAX ? from->seat_count : RIG_SEATS_MAX;
    for (size_t i = 0; i < status->n_seats; i++) {
        rows->seat_pointers[i] = &rows->seats[i];
        translate_seat(&rows->seats[i], &from->seats[i]);
    }
    status->hands = (uint32_t *)(uintptr_t)from->hands;
    status->n_hands = from->hand_count;
    status->spectators = from->spectators;
    status->blocked = rows->blocked_pointers;
    status->n_blocked = from->blocked_count;
    for (size_t i = 0; i < status->n_blocked; i++) {
        Labgate__Blocked *blocked = rows->blocked_pointers[i] = &rows->blocked[i];
        labgate__blocked__init(blocked);
        blocked->point = from->blocked[i].point;
        blocked->rule = translate_text(from->blocked[i].rule);
    }
    fill_bypasses(rows, from);
    if (from->proof)
        fill_proof(rows, from->proof);
}

static Labgate__Quality quality_to(enum rig_quality quality)
{
    static const Labgate__Quality qualities[] = {
        [RIG_BAD] = LABGATE__QUALITY__BAD,
        [RIG_STALE] = LABGATE__QUALITY__STALE,
        [RIG_GOOD] = LABGATE__QUALITY__GOOD,
    };
    return qualities[quality];
}

void translate_value(Labgate__Value *to, const struct rig_spec *spec, const struct rig *core, uint16_t point)
{
    const struct rig_value *value = &rig_values(core)[point];
    labgate__value__init(to);
    to->index = point;
    if (spec->points[point].type == RIG_TEXT)
        to->text = translate_text(rig_text(core, point));
    else
        to->number = value->number;
    to->quality = quality_to(value->quality);
    to->time = (uint64_t)value->at;
}
