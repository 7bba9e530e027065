/* command.c - a command from its admission to its answer: write, acknowledgement, read-back.
 *
 * One command is in flight for each point; a newer one overtakes an older, whose write was queued before it
 * on the same line. A repeat attaches to what is in flight, or gets the stored answer. */
#include "gateway/rig/state.h"

#include <math.h>

struct outcome {
    enum rig_refusal refusal;
    bool verified;
    double number;
};

static void fill_answer(struct rig_action *action, const struct stored_answer *stored)
{
    action->point = stored->point;
    action->number = stored->number;
    action->before = stored->before;
    action->verified = stored->verified;
    action->ramping = stored->ramping;
    action->ticket = stored->ticket;
    action->allowed_at = stored->allowed_at;
    if (stored->has_nearest)
        action->nearest = (struct rig_value){.number = stored->nearest, .quality = RIG_GOOD};
}

static void send_stored(struct rig *rig, uint64_t request, const struct rig_seat *seat,
                        const struct stored_answer *stored)
{
    if (request == 0)
        return;
    emit_answer(rig, request, seat->id, (enum rig_refusal)stored->refusal, stored->rule);
    fill_answer(&rig->out->list[rig->out->count - 1], stored);
}

static struct stored_answer *new_answer(struct rig *rig, struct rig_seat *seat,
                                        const struct admission *admission)
{
    struct stored_answer *stored = &seat_memory(rig, seat)->window[admission->sequence % WINDOW];
    *stored = (struct stored_answer){
        .sequence = admission->sequence,
        .body = admission->body,
        .point = admission->point,
        .number = admission->number,
        .before = admission->point < rig->spec->point_count ? rig_values(rig)[admission->point].number : 0};
    seat->sequence = admission->sequence;
    return stored;
}

static void record_refusal(struct rig *rig, const struct rig_seat *seat, const struct stored_answer *answer)
{
    struct rig_action *record = emit_record(rig, RIG_RECORD_REFUSAL);
    record->seat = seat ? seat->id : 0;
    record->account = seat ? seat->account : 0;
    record->sequence = answer->sequence;
    record->point = answer->point;
    record->number = answer->number;
    record->before = answer->point < rig->spec->point_count ? rig->outputs[answer->point].written : 0;
    record->refusal = (enum rig_refusal)answer->refusal;
    record->rule = answer->rule;
}

/* Repeats keep what was answered the first time; a number that is used already or too old is not stored. */
static void refuse(struct rig *rig, const struct rig_event *event, struct rig_seat *seat,
                   const struct admission *admission, enum rig_refusal refusal,
                   const struct objection *objection)
{
    struct stored_answer passing = {
        .sequence = admission->sequence, .point = admission->point, .number = admission->number};
    bool keep = seat && refusal != RIG_REUSED_SEQUENCE && refusal != RIG_OLD_SEQUENCE;
    struct stored_answer *stored = keep ? new_answer(rig, seat, admission) : &passing;
    stored->refusal = (uint8_t)refusal;
    stored->rule = objection->rule;
    stored->has_nearest = objection->has_nearest;
    stored->nearest = objection->nearest;
    stored->allowed_at = objection->allowed_at;
    record_refusal(rig, seat, stored);
    if (seat) {
        send_stored(rig, event->request, seat, stored);
        return;
    }
    emit_answer(rig, event->request, event->seat, refusal, objection->rule);
}

/* One repeat too many waits for the same answer already. */
static void refuse_waiter(struct rig *rig, const struct rig_event *event, const struct rig_seat *seat,
                          const struct stored_answer *past)
{
    struct stored_answer busy = *past;
    busy.refusal = RIG_BUSY;
    record_refusal(rig, seat, &busy);
    emit_answer(rig, event->request, seat->id, RIG_BUSY, NULL);
}

/* True when the request is a repeat, which is dealt with. */
static bool repeated(struct rig *rig, const struct rig_event *event, const struct rig_seat *seat,
                     const struct admission *admission)
{
    const struct stored_answer *past = seat ? seat_past(rig, seat, admission->sequence) : NULL;
    if (!past || past->body != admission->body)
        return false;
    if (!past->pending) {
        send_stored(rig, event->request, seat, past);
        return true;
    }
    struct command *command = &rig->commands[ticket_slot(past->ticket)];
    if (event->request == 0)
        return true;
    if (command->waiter_count < WAITERS_MAX)
        command->waiters[command->waiter_count++] = event->request;
    else
        refuse_waiter(rig, event, seat, past);
    return true;
}

/* A step that may not have reached the plant is none to go on from. */
static void end_ramp_after(struct rig *rig, const struct command *command, enum rig_refusal refusal)
{
    if (!command->acknowledged && limit_of(rig, command->point))
        ramp_end(rig, rig->limit_of[command->point], refusal, NULL);
}

static void finish(struct rig *rig, struct command *command, struct outcome outcome)
{
    static const enum rig_record_kind failures[] = {
        [0] = RIG_RECORD_NOT_CONFIRMED, [1] = RIG_RECORD_SUPERSEDED};
    struct rig_seat *seat = seat_find(rig, command->seat);
    struct stored_answer *stored =
        seat ? (struct stored_answer *)&seat_memory(rig, seat)->window[command->sequence % WINDOW] : NULL;
    struct stored_answer answer = {.sequence = command->sequence,
                                   .point = command->point,
                                   .refusal = (uint8_t)outcome.refusal,
                                   .number = outcome.number,
                                   .before = command->before,
                                   .verified = outcome.verified,
                                   .ramping = command->ramping};
    if (stored && stored->sequence == command->sequence) {
        answer.body = stored->body;
        answer.before = stored->before;
        *stored = answer;
    }
    for (size_t i = 0; i < command->waiter_count; i++) {
        emit_answer(rig, command->waiters[i], command->seat, outcome.refusal, NULL);
        fill_answer(&rig->out->list[rig->out->count - 1], &answer);
    }
    struct rig_action *record =
        emit_record(rig, outcome.refusal == RIG_ACCEPTED ? RIG_RECORD_CONFIRMED
                                                         : failures[outcome.refusal == RIG_SUPERSEDED]);
    record->seat = command->seat;
    record->account = command->account;
    record->sequence = command->sequence;
    record->point = command->point;
    record->before = command->before;
    record->number = outcome.number;
    record->refusal = outcome.refusal;
    record->verified = outcome.verified;
    record->ramping = command->ramping;
    timer_set(rig, TIMER_COMMAND, (size_t)(command - rig->commands), DEADLINE_NEVER);
    command->used = false;
    rig->command_count--;
    end_ramp_after(rig, command, outcome.refusal);
}

static void supersede(struct rig *rig, struct command *command)
{
    finish(rig, command, (struct outcome){.refusal = RIG_SUPERSEDED, .number = command->number});
}

void command_supersede_all(struct rig *rig)
{
    if (rig->command_count == 0)
        return;
    for (size_t i = 0; i < COMMANDS_MAX; i++)
        if (rig->commands[i].used)
            supersede(rig, &rig->commands[i]);
}

bool command_pending_on(const struct rig *rig, uint16_t point)
{
    for (size_t i = 0; i < COMMANDS_MAX; i++)
        if (rig->commands[i].used && rig->commands[i].point == point)
            return true;
    return false;
}

/* On a line that stands still small steps would gather and go out as one: so while one is on its way the next
 * begins as a ramp behind it. Towards safe nothing waits. */
static bool has_to_wait_for(const struct rig *rig, const struct command *command, double number)
{
    const struct rig_limit_spec *limit = limit_of(rig, command->point);
    return limit && limit->slew > 0 && !command->acknowledged &&
           number != rig->spec->points[command->point].safe;
}

/* What an older command or ramp of this point was about to do is off, unless the new value has to wait for
 * it: then true. */
static bool overtake(struct rig *rig, uint16_t point, double number)
{
    bool waits = false;
    if (limit_of(rig, point))
        ramp_end(rig, rig->limit_of[point], RIG_SUPERSEDED, NULL);
    for (size_t i = 0; i < COMMANDS_MAX; i++) {
        struct command *command = &rig->commands[i];
        if (!command->used || command->point != point)
            continue;
        if (has_to_wait_for(rig, command, number))
            waits = true;
        else
            supersede(rig, command);
    }
    return waits;
}

static struct command *new_command(struct rig *rig, const struct rig_event *event,
                                   const struct rig_seat *seat, const struct admission *admission,
                                   struct stored_answer *stored)
{
    size_t slot = 0;
    while (rig->commands[slot].used)
        slot++;
    struct command *command = &rig->commands[slot];
    rig->command_count++;
    *command = (struct command){
        .used = true,
        .seat = seat->id,
        .account = seat->account,
        .sequence = admission->sequence,
        .point = admission->point,
        .number = admission->number,
        .before = rig->outputs[admission->point].written,
        .until = time_after(rig->now, output_within(rig, admission->point)),
        .waiters = {event->request},
        .waiter_count = event->request != 0,
    };
    command->ticket = stored->ticket = ticket_make(rig, TICKET_COMMAND, slot);
    stored->pending = true;
    timer_set(rig, TIMER_COMMAND, slot, command->until);
    return command;
}

static void write_command(struct rig *rig, struct command *command)
{
    rig->verified = false;
    output_wrote(rig, command->point, command->number);
    struct rig_action *write = emit(rig, RIG_ACTION_WRITE);
    write->point = command->point;
    write->number = command->number;
    write->ticket = command->ticket;
    write->until = command->until;
    write->seat = command->seat;
    write->read_back = rig->spec->points[command->point].readback != RIG_NONE;
}

static void record_command(struct rig *rig, const struct rig_seat *seat, const struct admission *admission,
                           enum rig_record_kind kind)
{
    struct rig_action *record = emit_record(rig, kind);
    record->seat = seat->id;
    record->account = seat->account;
    record->sequence = admission->sequence;
    record->point = admission->point;
    record->before = admission->capture ? 0 : rig->outputs[admission->point].written;
    record->number = admission->number;
    record->instrument = admission->instrument;
}

/* How the slew limit lets a set begin. `behind`: a command of this point is on its way. */
static void begin_ramp(struct rig *rig, const struct rig_event *event, const struct rig_seat *seat,
                       const struct admission *admission, struct stored_answer *stored, bool behind)
{
    uint16_t index = rig->limit_of[admission->point];
    const struct rig_limit_spec *limit = &rig->spec->limits[index];
    const struct output *output = &rig->outputs[admission->point];
    double first = ramp_next(rig, limit, admission->number);
    int64_t earliest = time_after(output->written_at, limit->ramp_step);
    stored->ramping = true;
    stored->number = first;
    if (behind || earliest > rig->now) {
        ramp_begin(rig, index, seat, admission->number, earliest > rig->now ? earliest : rig->now);
        send_stored(rig, event->request, seat, stored);
        return;
    }
    struct command *command = new_command(rig, event, seat, admission, stored);
    command->ramping = true;
    command->number = first;
    ramp_begin(rig, index, seat, admission->number, time_after(rig->now, limit->ramp_step));
    write_command(rig, command);
}

/* True when the value may be written as it is. */
static bool within_slew(const struct rig *rig, uint16_t point, double number)
{
    const struct rig_limit_spec *limit = limit_of(rig, point);
    const struct output *output = &rig->outputs[point];
    if (!limit || limit->slew <= 0)
        return true;
    double span = fmin((double)(rig->now - output->written_at), (double)limit->ramp_step) / (double)SECOND;
    return fabs(number - output->written) <= limit->slew * span;
}

/* False: it has been answered. */
static bool is_new_and_admitted(struct rig *rig, const struct rig_event *event, struct rig_seat *seat,
                                const struct admission *admission)
{
    if (repeated(rig, event, seat, admission))
        return false;
    struct objection objection;
    enum rig_refusal refusal = rig_admit(rig, admission, &objection);
    if (refusal != RIG_ACCEPTED)
        refuse(rig, event, seat, admission, refusal, &objection);
    return refusal == RIG_ACCEPTED;
}

void command_set(struct rig *rig, const struct rig_event *event)
{
    struct rig_seat *seat = seat_heard(rig, event->seat);
    const struct admission admission = {
        .seat = seat,
        .epoch = event->command.epoch,
        .sequence = event->command.sequence,
        .body = event->command.body,
        .age = event->command.age,
        .point = event->command.point,
        .instrument = RIG_NONE,
        .number = event->command.number,
    };
    if (!is_new_and_admitted(rig, event, seat, &admission))
        return;
    limit_commanded(rig, admission.point, admission.number);
    bool behind = overtake(rig, admission.point, admission.number);
    record_command(rig, seat, &admission, RIG_RECORD_COMMAND);
    struct stored_answer *stored = new_answer(rig, seat, &admission);
    if (behind || !within_slew(rig, admission.point, admission.number)) {
        begin_ramp(rig, event, seat, &admission, stored, behind);
        return;
    }
    write_command(rig, new_command(rig, event, seat, &admission, stored));
}

void command_capture(struct rig *rig, const struct rig_event *event)
{
    struct rig_seat *seat = seat_heard(rig, event->seat);
    const struct admission admission = {
        .seat = seat,
        .capture = true,
        .epoch = event->capture.epoch,
        .sequence = event->capture.sequence,
        .body = event->capture.body,
        .age = event->capture.age,
        .point = RIG_NONE,
        .instrument = event->capture.instrument,
    };
    if (!is_new_and_admitted(rig, event, seat, &admission))
        return;
    record_command(rig, seat, &admission, RIG_RECORD_CAPTURE);
    struct stored_answer *stored = new_answer(rig, seat, &admission);
    stored->ticket = ticket_make(rig, TICKET_CAPTURE, 0);
    struct rig_action *capture = emit(rig, RIG_ACTION_CAPTURE);
    capture->request = event->request;
    capture->ticket = stored->ticket;
    capture->instrument = event->capture.instrument;
    capture->waveform = event->capture.waveform;
    capture->depth = event->capture.depth;
    capture->seat = seat->id;
    send_stored(rig, event->request, seat, stored);
}

static void confirm(struct rig *rig, struct command *command, bool verified, double shown)
{
    if (command->number == rig->spec->points[command->point].safe)
        output_set_on(rig, command->point, false);
    finish(rig, command, (struct outcome){.refusal = RIG_ACCEPTED, .verified = verified, .number = shown});
}

/* Most plants show a value within a few milliseconds or after a long time: so soon at first, then seldom. */
static void look_again(struct rig *rig, size_t slot)
{
    static const int64_t waits[] = {2 * MILLISECOND, 5 * MILLISECOND, 10 * MILLISECOND, 20 * MILLISECOND};
    enum { LAST = sizeof waits / sizeof *waits - 1 };
    struct command *command = &rig->commands[slot];
    int64_t next = rig->now + waits[command->looks < LAST ? command->looks : LAST];
    command->looks++;
    timer_set(rig, TIMER_COMMAND, slot, next < command->until ? next : command->until);
}

void command_written(struct rig *rig, const struct rig_written *written)
{
    static const enum rig_refusal refusals[] = {
        [-RIG_WRITE_FAILED] = RIG_WRITE_FAILED_ON_LINE,
        [-RIG_WRITE_OLD_EPOCH] = RIG_SUPERSEDED,
        [-RIG_WRITE_REJECTED] = RIG_WRITE_FAILED_ON_LINE,
    };
    size_t slot = ticket_slot(written->ticket);
    if (slot >= COMMANDS_MAX || !rig->commands[slot].used || rig->commands[slot].ticket != written->ticket ||
        rig->commands[slot].acknowledged)
        return;
    struct command *command = &rig->commands[slot];
    if (written->result != RIG_WRITE_DONE) {
        bool known = written->result < 0 && written->result >= RIG_WRITE_REJECTED;
        finish(rig, command,
               (struct outcome){.refusal = known ? refusals[-written->result] : RIG_WRITE_FAILED_ON_LINE,
                                .number = command->number});
        return;
    }
    command->acknowledged = true;
    command->since = command->asked = written->at ? written->at : rig->now;
    uint16_t readback = rig->spec->points[command->point].readback;
    if (readback == RIG_NONE) {
        confirm(rig, command, false, command->number);
        return;
    }
    command->until = time_after(command->since, output_within(rig, command->point));
    if (!written->read_back)
        emit_read(rig, readback);
    look_again(rig, slot);
}

void command_check(struct rig *rig)
{
    for (size_t i = 0; rig->command_count > 0 && i < COMMANDS_MAX; i++) {
        struct command *command = &rig->commands[i];
        if (command->used && command->acknowledged &&
            image_output_shows(rig, command->point, command->number, command->since))
            confirm(rig, command, true, rig->image.values[rig->spec->points[command->point].readback].number);
    }
}

/* Not acknowledged or not shown yet. A read-back is asked for again only when the last one has come and did
 * not show it: a slow line is not made slower. */
void command_due(struct rig *rig, size_t slot)
{
    struct command *command = &rig->commands[slot];
    uint16_t readback = rig->spec->points[command->point].readback;
    if (rig->now >= command->until) {
        double shown = readback == RIG_NONE ? command->number : rig->image.values[readback].number;
        finish(rig, command, (struct outcome){.refusal = RIG_NOT_CONFIRMED, .number = shown});
        return;
    }
    if (rig->image.asked[readback] >= command->asked) {
        emit_read(rig, readback);
        command->asked = rig->now;
    }
    look_again(rig, slot);
}
