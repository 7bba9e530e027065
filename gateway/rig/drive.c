/* drive.c - one output driven by an interlock: a safe write, confirmed by its read-back. When that fails the
 * whole safe sequence runs. Nothing is driven while the sequence runs or is about to: it writes every output
 * itself, and begins anew with what a trip asks for that came meanwhile (demand.c). Where it has come to an
 * end without a verified safe state, in quarantine or while an instrument is lost, it runs once more. */
#include "gateway/rig/state.h"

/* What is wanted anew takes its place behind what the same trip wanted before it. */
static void forget_wanted(struct rig *rig, uint16_t point)
{
    size_t kept = 0;
    for (size_t i = 0; i < rig->drives_wanted_count; i++)
        if (rig->drives_wanted[i] != point)
            rig->drives_wanted[kept++] = rig->drives_wanted[i];
    rig->drives_wanted_count = kept;
}

void drive_want(struct rig *rig, uint16_t point, double number, const char *rule)
{
    struct drive *drive = &rig->outputs[point].drive;
    if (rig_is_making_safe(rig)) {
        if (rig->demands.changed)
            rig_edge(rig, RIG_EDGE_TRIP, rule);
        return;
    }
    if (rig->lease.needs_safe || !rig->lease.held) {
        rig_edge(rig, RIG_EDGE_TRIP, rule); /* without control the rig is safe as a whole or not at all */
        return;
    }
    if (drive->state == DRIVE_NONE)
        rig->drive_count++;
    if (drive->state == DRIVE_WANTED)
        forget_wanted(rig, point);
    rig->drives_wanted[rig->drives_wanted_count++] = point;
    *drive = (struct drive){.state = DRIVE_WANTED, .number = number, .rule = rule};
    rig->fence_wanted = true;
    rig->verified = false;
    struct rig_action *record = emit_record(rig, RIG_RECORD_DRIVEN);
    record->rule = rule;
    record->point = point;
    record->before = rig->outputs[point].written;
    record->number = number;
}

static void end(struct rig *rig, uint16_t point)
{
    rig->outputs[point].drive.state = DRIVE_NONE;
    rig->outputs[point].drive.ticket = 0;
    rig->drive_count--;
    timer_set(rig, TIMER_DRIVE, point, DEADLINE_NEVER);
}

static void write_now(struct rig *rig, uint16_t point)
{
    struct drive *drive = &rig->outputs[point].drive;
    drive->ticket = ticket_make(rig, TICKET_DRIVE, point);
    emit_safe_write(rig, point, drive->number, drive->ticket);
    output_wrote(rig, point, drive->number);
    int64_t ask = rig->now + ASK_EVERY;
    timer_set(rig, TIMER_DRIVE, point, ask < drive->until ? ask : drive->until);
}

/* After the fence, so that no older write can follow on the line. */
void drive_emit(struct rig *rig)
{
    for (size_t i = 0; i < rig->drives_wanted_count; i++) {
        uint16_t point = rig->drives_wanted[i];
        struct drive *drive = &rig->outputs[point].drive;
        drive->state = DRIVE_WRITTEN;
        drive->until = time_after(rig->now, output_within(rig, point));
        write_now(rig, point);
    }
    rig->drives_wanted_count = 0;
}

void drive_drop_all(struct rig *rig)
{
    rig->drives_wanted_count = 0;
    if (rig->drive_count == 0)
        return;
    for (size_t i = 0; i < rig->spec->point_count; i++)
        if (rig->outputs[i].drive.state != DRIVE_NONE)
            end(rig, (uint16_t)i);
}

static void succeed(struct rig *rig, uint16_t point)
{
    double number = rig->outputs[point].drive.number;
    const char *rule = rig->outputs[point].drive.rule;
    end(rig, point);
    if (number == rig->spec->points[point].safe)
        output_set_on(rig, point, false);
    struct rig_action *record = emit_record(rig, RIG_RECORD_CONFIRMED);
    record->point = point;
    record->number = number;
    record->rule = rule;
    touch_status(rig);
    trip_safe_verified(rig);
}

void drive_written(struct rig *rig, const struct rig_written *written)
{
    size_t point = ticket_slot(written->ticket);
    if (point >= rig->spec->point_count || rig->outputs[point].drive.ticket != written->ticket)
        return;
    struct drive *drive = &rig->outputs[point].drive;
    if (drive->state != DRIVE_WRITTEN)
        return;
    if (written->result != RIG_WRITE_DONE) {
        drive->ticket = 0; /* the timer writes again */
        return;
    }
    if (rig->spec->points[point].readback == RIG_NONE) {
        succeed(rig, (uint16_t)point);
        return;
    }
    drive->state = DRIVE_CONFIRMING;
    drive->since = rig->now;
    emit_read(rig, rig->spec->points[point].readback);
}

void drive_check(struct rig *rig)
{
    if (rig->drive_count == 0)
        return;
    for (size_t i = 0; i < rig->spec->point_count; i++) {
        const struct drive *drive = &rig->outputs[i].drive;
        if (drive->state == DRIVE_CONFIRMING &&
            image_output_shows(rig, (uint16_t)i, drive->number, drive->since))
            succeed(rig, (uint16_t)i);
    }
}

void drive_due(struct rig *rig, size_t index)
{
    uint16_t point = (uint16_t)index;
    struct drive *drive = &rig->outputs[point].drive;
    if (rig->now >= drive->until) {
        rig_edge(rig, RIG_EDGE_NOT_DRIVEN, drive->rule);
        return;
    }
    if (drive->state == DRIVE_WRITTEN && drive->ticket == 0) {
        write_now(rig, point);
        return;
    }
    if (drive->state == DRIVE_CONFIRMING)
        emit_read(rig, rig->spec->points[point].readback);
    int64_t ask = rig->now + ASK_EVERY;
    timer_set(rig, TIMER_DRIVE, point, ask < drive->until ? ask : drive->until);
}
