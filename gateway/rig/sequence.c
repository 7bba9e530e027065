/* sequence.c - the safe sequence (promises S2 and S3).
 *
 * An edge while it runs joins it: what was written so far is written once more at once, the run goes on to
 * its last step, so that no number of edges can keep a later step from running, and then it runs again from
 * the first step before anything counts as safe. Only the return of the last missing instrument begins it
 * anew, once in a run: that run could not have verified anything. */
#include "gateway/rig/state.h"

void rig_edge(struct rig *rig, enum rig_edge edge, const char *rule)
{
    if (!rig->sequence.wanted) {
        rig->sequence.wanted = true;
        rig->sequence.wanted_edge = edge;
        rig->sequence.wanted_rule = rule;
    }
    rig->verified = false;
    rig->lease.needs_safe = true;
    touch_status(rig);
}

static const struct rig_step_spec *present(const struct rig *rig)
{
    return &rig->spec->safe[rig->sequence.step];
}

static void record_run(struct rig *rig, enum rig_record_kind kind)
{
    struct rig_action *record = emit_record(rig, kind);
    record->edge = rig->sequence.edge;
    record->rule = rig->sequence.wanted_rule;
    record->point = kind == RIG_RECORD_SAFE_FAILED ? rig->sequence.culprit : RIG_NONE;
}

static void write_item(struct rig *rig, size_t item)
{
    struct sequence_item *state = &rig->sequence.items[item];
    const struct rig_assignment *wish = &present(rig)->items[item];
    state->ticket = ticket_make(rig, TICKET_SEQUENCE, item);
    double number = demand_or(rig, wish->point, wish->number);
    emit_safe_write(rig, wish->point, number, state->ticket);
    output_wrote(rig, wish->point, number);
}

static bool item_shows(const struct rig *rig, const struct rig_assignment *wish)
{
    return image_shows_since(rig, wish->point, demand_or(rig, wish->point, wish->number),
                             rig->image.expected[wish->point].tolerance, rig->sequence.written_at);
}

static void ask(struct rig *rig)
{
    for (size_t i = 0; i < present(rig)->count; i++)
        if (!item_shows(rig, &present(rig)->items[i]) && image_point_up(rig, present(rig)->items[i].point))
            emit_read(rig, present(rig)->items[i].point);
}

static void arm(struct rig *rig)
{
    int64_t due = rig->sequence.until, next = rig->now + ASK_EVERY;
    if (present(rig)->kind != RIG_STEP_WAIT && next < due)
        due = next;
    if (due > rig->now) /* or the step is over, and settling sees it */
        timer_set(rig, TIMER_SEQUENCE, 0, due);
}

static void begin_step(struct rig *rig)
{
    struct sequence *sequence = &rig->sequence;
    sequence->until = time_after(rig->now, present(rig)->within);
    if (present(rig)->kind == RIG_STEP_SET) {
        for (size_t i = 0; i < present(rig)->count; i++) {
            sequence->items[i].acknowledged = false;
            write_item(rig, i);
        }
    } else if (present(rig)->kind == RIG_STEP_VERIFY) {
        ask(rig);
    }
    arm(rig);
}

static void begin_run(struct rig *rig)
{
    struct sequence *sequence = &rig->sequence;
    sequence->phase = SEQUENCE_STEP;
    sequence->step = 0;
    sequence->again = sequence->failed = false;
    sequence->incomplete = rig->image.down > 0;
    sequence->culprit = RIG_NONE;
    sequence->written_at = sequence->repeated_at = rig->now;
    record_run(rig, RIG_RECORD_SAFE_BEGIN);
    demand_write(rig);
    if (rig->spec->safe_count > 0)
        begin_step(rig);
    touch_status(rig);
}

/* Writes again what this run has written; nobody waits for these. What a trip asks for meanwhile is written
 * too, and this run is verified by what is read after that. */
static void repeat_writes(struct rig *rig)
{
    struct sequence *sequence = &rig->sequence;
    if (rig->now - sequence->repeated_at < ASK_EVERY && !rig->demands.changed)
        return;
    if (rig->demands.changed)
        sequence->written_at = rig->now;
    sequence->repeated_at = rig->now;
    demand_write(rig);
    for (size_t step = 0; step <= sequence->step; step++) {
        const struct rig_step_spec *spec = &rig->spec->safe[step];
        for (size_t i = 0; spec->kind == RIG_STEP_SET && i < spec->count; i++)
            emit_safe_write(rig, spec->items[i].point,
                            demand_or(rig, spec->items[i].point, spec->items[i].number), 0);
    }
}

static void join(struct rig *rig)
{
    struct sequence *sequence = &rig->sequence;
    bool complete_now = sequence->incomplete && rig->image.down == 0 && !sequence->restarted;
    sequence->incomplete |= rig->image.down > 0;
    if (sequence->phase == SEQUENCE_PAUSE || complete_now) {
        sequence->restarted |= complete_now;
        begin_run(rig);
        return;
    }
    repeat_writes(rig);
    sequence->again = true;
}

void sequence_apply_edge(struct rig *rig)
{
    struct sequence *sequence = &rig->sequence;
    sequence->wanted = false;
    sequence->edge = sequence->wanted_edge;
    demand_refresh(rig);
    lease_fence(rig);
    drive_drop_all(rig);
    if (sequence->phase != SEQUENCE_IDLE) {
        join(rig);
        return;
    }
    sequence->tries = 0;
    sequence->restarted = false;
    begin_run(rig);
}

/* Before the first safe state the rules' inputs are waited for too, as long as the step may last: what was
 * only not read yet would trip at each start. */
static bool rules_have_inputs(const struct rig *rig)
{
    const struct interlocks *interlocks = &rig->interlocks;
    for (uint16_t i = 0; !interlocks->armed && i < rig->spec->point_count; i++)
        if (interlocks->of_point[i] < interlocks->of_point[i + 1] && rig->spec->points[i].poll > 0 &&
            image_point_up(rig, i) && rig->image.reads[i] == 0)
            return false;
    return true;
}

/* True when the step is over; notes what an instrument that answers has left undone. */
static bool step_over(struct rig *rig)
{
    struct sequence *sequence = &rig->sequence;
    const struct rig_step_spec *step = present(rig);
    bool late = rig->now >= sequence->until;
    if (step->kind == RIG_STEP_WAIT)
        return late;
    bool done = step->kind != RIG_STEP_VERIFY || rules_have_inputs(rig);
    for (size_t i = 0; i < step->count; i++) {
        uint16_t point = step->items[i].point;
        bool set = step->kind == RIG_STEP_SET;
        if (set ? sequence->items[i].acknowledged : item_shows(rig, &step->items[i]))
            continue;
        done = false;
        uint16_t readback = rig->spec->points[point].readback;
        bool verified_later = set && (rig->image.expected[point].present ||
                                      (readback != RIG_NONE && rig->image.expected[readback].present));
        if (late && !verified_later && image_point_up(rig, point)) {
            sequence->failed = true;
            sequence->culprit = point;
        }
    }
    return done || late;
}

/* All that must show the safe state does so now. */
static bool all_expected_show(struct rig *rig)
{
    bool all = rig->sequence.covered;
    for (size_t i = 0; i < rig->spec->point_count; i++) {
        const struct expectation *expected = &rig->image.expected[i];
        double number = demand_or(rig, (uint16_t)i, expected->number);
        if (!expected->present || image_matches(rig, (uint16_t)i, number, expected->tolerance))
            continue;
        all = false;
        if (image_point_up(rig, (uint16_t)i)) {
            rig->sequence.failed = true;
            rig->sequence.culprit = (uint16_t)i;
        }
    }
    return all;
}

static void become_verified(struct rig *rig)
{
    rig->verified = true;
    rig->lease.needs_safe = false;
    for (size_t i = 0; i < rig->spec->point_count; i++)
        if (rig->spec->points[i].output)
            output_set_on(rig, (uint16_t)i, demand_is_away(rig, (uint16_t)i));
    if (!rig->interlocks.armed)
        interlock_dirty_all(rig);
    rig->interlocks.armed = true;
    trip_safe_verified(rig);
}

static void quarantine(struct rig *rig)
{
    if (rig->lease.holder != 0) {
        lease_end(rig, RIG_IS_QUARANTINED);
        lease_fence(rig);
    }
    if (rig->durable.quarantined)
        return;
    rig->durable.quarantined = true;
    emit_durable(rig);
    emit_record(rig, RIG_RECORD_QUARANTINE)->point = rig->sequence.culprit;
    emit_notice(rig, RIG_RECORD_QUARANTINE)->point = rig->sequence.culprit;
}

static void note_failure(struct rig *rig)
{
    unsigned most = rig->spec->verify_retries > 0 ? rig->spec->verify_retries : RETRIES_DEFAULT;
    rig->sequence.tries++;
    rig->sequence.edge = RIG_EDGE_RETRY;
    if (rig->sequence.tries >= most)
        quarantine(rig);
}

static void end_run(struct rig *rig)
{
    struct sequence *sequence = &rig->sequence;
    bool shown = all_expected_show(rig);
    bool failed = sequence->failed || !sequence->covered;
    timer_set(rig, TIMER_SEQUENCE, 0, DEADLINE_NEVER);
    touch_status(rig);
    record_run(rig, shown && !failed ? RIG_RECORD_SAFE_DONE : RIG_RECORD_SAFE_FAILED);
    sequence->restarted = false;
    if (!failed || (sequence->again && sequence->incomplete))
        sequence->tries = 0;
    else
        note_failure(rig);
    if (sequence->again) {
        begin_run(rig);
    } else if (failed && !rig->durable.quarantined) {
        sequence->phase = SEQUENCE_PAUSE;
        timer_set(rig, TIMER_SEQUENCE, 0, rig->now + RETRY_PAUSE);
    } else {
        sequence->phase = SEQUENCE_IDLE;
        if (shown && !failed && rig->image.down == 0)
            become_verified(rig);
    }
}

void sequence_advance(struct rig *rig)
{
    struct sequence *sequence = &rig->sequence;
    /* A run that begins at the end of another is looked at with the next event: one event walks the steps
     * once. */
    while (sequence->phase == SEQUENCE_STEP) {
        if (sequence->step == rig->spec->safe_count) {
            end_run(rig);
            return;
        }
        if (!step_over(rig))
            return;
        sequence->step++;
        touch_status(rig);
        if (sequence->step < rig->spec->safe_count)
            begin_step(rig);
    }
}

void sequence_written(struct rig *rig, const struct rig_written *written)
{
    struct sequence *sequence = &rig->sequence;
    size_t item = ticket_slot(written->ticket);
    if (sequence->phase != SEQUENCE_STEP || present(rig)->kind != RIG_STEP_SET ||
        item >= present(rig)->count || sequence->items[item].ticket != written->ticket)
        return;
    sequence->items[item].ticket = 0; /* when it failed, the timer writes again */
    if (written->result != RIG_WRITE_DONE)
        return;
    sequence->items[item].acknowledged = true;
    sequence->written_at = rig->now;
}

void sequence_due(struct rig *rig, size_t unused)
{
    (void)unused;
    struct sequence *sequence = &rig->sequence;
    if (sequence->phase == SEQUENCE_PAUSE) {
        begin_run(rig);
        return;
    }
    if (present(rig)->kind == RIG_STEP_VERIFY && rig->now < sequence->until)
        ask(rig);
    for (size_t i = 0; present(rig)->kind == RIG_STEP_SET && i < present(rig)->count; i++)
        if (!sequence->items[i].acknowledged && sequence->items[i].ticket == 0 && rig->now < sequence->until)
            write_item(rig, i);
    arm(rig);
}
