/* emit.c - actions, tickets, timers and revisions: what every part of the core uses. */
#include "gateway/rig/state.h"

#include <assert.h>

struct rig_action *emit(struct rig *rig, enum rig_action_kind kind)
{
    /* rig_actions_bound() promises the room; the simulation checks that it is never reached. */
    assert(rig->out->count < rig->out->capacity);
    struct rig_action *action = &rig->out->list[rig->out->count++];
    *action = (struct rig_action){
        .kind = kind,
        .point = RIG_NONE,
        .link = RIG_NONE,
        .instrument = RIG_NONE,
        .waveform = RIG_NONE,
        .epoch = rig->lease.epoch,
        .until = INT64_MAX,
    };
    return action;
}

struct rig_action *emit_record(struct rig *rig, enum rig_record_kind kind)
{
    struct rig_action *action = emit(rig, RIG_ACTION_RECORD);
    action->record = kind;
    return action;
}

struct rig_action *emit_notice(struct rig *rig, enum rig_record_kind kind)
{
    struct rig_action *action = emit(rig, RIG_ACTION_NOTICE);
    action->record = kind;
    return action;
}

void emit_answer(struct rig *rig, uint64_t request, uint32_t seat, enum rig_refusal refusal, const char *rule)
{
    if (request == 0)
        return;
    struct rig_action *action = emit(rig, RIG_ACTION_ANSWER);
    action->request = request;
    action->seat = seat;
    action->refusal = refusal;
    action->rule = rule;
    const struct rig_seat *sitting = seat_find(rig, seat);
    action->sequence = sitting ? sitting->sequence : 0;
}

struct rig_action *emit_safe_write(struct rig *rig, uint16_t point, double number, uint32_t ticket)
{
    struct rig_action *action = emit(rig, RIG_ACTION_WRITE);
    action->point = point;
    action->number = number;
    action->ticket = ticket;
    action->safe = true;
    return action;
}

void emit_read(struct rig *rig, uint16_t point)
{
    emit(rig, RIG_ACTION_READ)->point = point;
}

void emit_durable(struct rig *rig)
{
    emit(rig, RIG_ACTION_DURABLE);
    touch_status(rig);
}

uint32_t ticket_make(struct rig *rig, enum ticket_kind kind, size_t slot)
{
    rig->generation++;
    return (uint32_t)kind << 29 | (uint32_t)slot << 16 | rig->generation;
}

enum ticket_kind ticket_kind(uint32_t ticket)
{
    return (enum ticket_kind)(ticket >> 29);
}

size_t ticket_slot(uint32_t ticket)
{
    return ticket >> 16 & (RIG_POINTS_MAX - 1);
}

void timer_set(struct rig *rig, enum timer_family family, size_t index, int64_t due)
{
    deadlines_set(&rig->deadlines, rig->timer_first[family] + index, due);
}

int64_t time_after(int64_t now, int64_t length)
{
    return length >= INT64_MAX - now ? INT64_MAX - 1 : now + length;
}

static void touch(struct rig *rig)
{
    if (!rig->changed)
        rig->revision++;
    rig->changed = true;
}

void touch_point(struct rig *rig, uint16_t point)
{
    touch(rig);
    rig->image.revisions[point] = rig->revision;
}

void touch_status(struct rig *rig)
{
    touch(rig);
    rig->status_revision = rig->revision;
}
