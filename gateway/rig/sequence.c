/* sequence.c - the safe sequence (promises S2 and S3).
 *
 * An edge while it runs joins it: what was written so far is written once more, the run goes on to its last
 * step, and then it runs again from the first step before anything counts as safe. No number of edges can
 * keep a later step or the verification from the line: what is on its way is not repeated, repeats take at
 * most a third of the time, and so do the writes of runs that follow each other; an edge that comes too soon
 * has its repeat or its run when that time has passed. Only the
 * return of the last missing instrument begins it anew, once in a run: that run could not have verified
 * anything. */
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
    if (next < due)
        due = next;
    if (due > rig->now) /* or the step is over, and settling sees it */
        timer_set(rig, TIMER_SEQUENCE, 0, due);
}

static void begin_step(struct rig *rig)
{
    struct sequence *sequence = &rig->sequence;
    sequence->step_began = rig->now;
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
    sequence->written_at = sequence->began = rig->now;
    sequence->writing = 0;
    sequence->repeat.owed = sequence->repeat.changed = false;
    sequence->repeat.ticket = 0;
    sequence->repeat.next = rig->now + ASK_EVERY;
    record_run(rig, RIG_RECORD_SAFE_BEGIN);
    demand_write(rig, 0);
    if (rig->spec->safe_count > 0)
        begin_step(rig);
    touch_status(rig);
}

/* A write of the present step to it has not been reported, and is still what is wanted. */
static bool is_on_its_way(const struct rig *rig, uint16_t point)
{
    const struct rig_step_spec *spec = present(rig);
    for (size_t i = 0; spec->kind == RIG_STEP_SET && i < spec->count; i++)
        if (spec->items[i].point == point && rig->sequence.items[i].ticket != 0)
            return rig->outputs[point].written == demand_or(rig, point, spec->items[i].number);
    return false;
}

static size_t repeat_step(struct rig *rig, const struct rig_step_spec *step, uint32_t ticket)
{
    size_t count = 0;
    for (size_t i = 0; step->kind == RIG_STEP_SET && i < step->count; i++) {
        uint16_t point = step->items[i].point;
        if (is_on_its_way(rig, point))
            continue;
        double number = demand_or(rig, point, step->items[i].number);
        emit_safe_write(rig, point, number, ticket);
        output_wrote(rig, point, number);
        count++;
    }
    return count;
}

/* Writes again what this run has written, for edges that came since, once there is room for it. */
static void repeat_owed(struct rig *rig)
{
    struct sequence *sequence = &rig->sequence;
    if (!sequence->repeat.owed || sequence->repeat.ticket != 0 || rig->now < sequence->repeat.next)
        return;
    uint32_t ticket = ticket_make(rig, TICKET_REPEAT, 0);
    size_t count = demand_write(rig, ticket);
    for (size_t step = 0; step <= sequence->step; step++)
        count += repeat_step(rig, &rig->spec->safe[step], ticket);
    if (sequence->repeat.changed)
        sequence->written_at = rig->now;
    sequence->repeat.owed = sequence->repeat.changed = false;
    sequence->repeat.ticket = count > 0 ? ticket : 0;
    sequence->repeat.unreported = count;
    sequence->repeat.began = rig->now;
}

/* What became of it is the run's own to find out; here only how long the lines took. */
void sequence_repeated(struct rig *rig, const struct rig_written *written)
{
    struct sequence *sequence = &rig->sequence;
    if (written->ticket != sequence->repeat.ticket || --sequence->repeat.unreported > 0)
        return;
    int64_t took = rig->now - sequence->repeat.began;
    int64_t rest = took * REPEAT_SHARE > ASK_EVERY ? took * REPEAT_SHARE : ASK_EVERY;
    sequence->repeat.ticket = 0;
    sequence->repeat.next = sequence->repeat.began + rest;
}

static void pause_until(struct rig *rig, int64_t until)
{
    rig->sequence.phase = SEQUENCE_PAUSE;
    timer_set(rig, TIMER_SEQUENCE, 0, until);
}

/* What a trip asks for is written at once; what it asks for no more goes back with the repeat, and this run
 * is verified by what is read after that. */
static void join(struct rig *rig)
{
    struct sequence *sequence = &rig->sequence;
    bool complete_now = sequence->incomplete && rig->image.down == 0 && !sequence->restarted;
    sequence->incomplete |= rig->image.down > 0;
    if (complete_now || (sequence->phase == SEQUENCE_PAUSE && rig->now >= sequence->room_at)) {
        sequence->restarted |= complete_now;
        begin_run(rig);
        return;
    }
    sequence->repeat.changed |= rig->demands.changed;
    demand_write_changed(rig);
    if (sequence->phase == SEQUENCE_PAUSE) {
        pause_until(rig, sequence->room_at);
        return;
    }
    sequence->again = sequence->repeat.owed = true;
    repeat_owed(rig);
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
    bool done = step->kind != RIG_STEP_VERIFY || (rules_have_inputs(rig) && !sequence->repeat.changed);
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
    bool all = rig->sequence.covered && !rig->sequence.repeat.changed;
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

/* What a run spent on its writes is one part of the time until the next. */
static int64_t room_at(const struct rig *rig)
{
    const struct sequence *sequence = &rig->sequence;
    int64_t rest = (REPEAT_SHARE - 1) * sequence->writing - (rig->now - sequence->began - sequence->writing);
    return rig->now + (rest < RETRY_PAUSE ? rest : RETRY_PAUSE);
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
    sequence->room_at = room_at(rig);
    if (!failed || (sequence->again && sequence->incomplete))
        sequence->tries = 0;
    else
        note_failure(rig);
    if (sequence->again && rig->now >= sequence->room_at) {
        begin_run(rig);
    } else if (sequence->again) {
        pause_until(rig, sequence->room_at); /* the lines are others' meanwhile */
    } else if (failed && !rig->durable.quarantined) {
        pause_until(rig, rig->now + RETRY_PAUSE);
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
        if (present(rig)->kind == RIG_STEP_SET)
            sequence->writing += rig->now - sequence->step_began;
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
    repeat_owed(rig);
    arm(rig);
}
