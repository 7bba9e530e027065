#include "gateway/control/respond.h"

#include "gateway/control/captures.h"
#include "gateway/control/explain.h"
#include "gateway/control/refusals.h"
#include "gateway/control/remember.h"
#include "gateway/control/requests.h"
#include "gateway/control/rigs.h"

#include <stdarg.h>
#include <stdio.h>

struct answer_buffer respond_begin(struct control *control, struct answer_head *head)
{
    rigs_head(control, head);
    return (struct answer_buffer){.bytes = control->answer_bytes, .size = ENVELOPE_ANSWER_MAX};
}

void respond_send(struct control *control, const struct origin *origin, const struct answer_buffer *buffer)
{
    if (origin->local) {
        local_send(control->local, origin, buffer->bytes, buffer->length);
        return;
    }
    struct envelope envelope = {
        .kind = ENVELOPE_ANSWER,
        .class = origin->class,
        .generation = origin->generation,
        .pipe = origin->pipe,
        .request = origin->request,
        .length = (uint32_t)buffer->length,
    };
    channel_send(control->channel, &envelope, buffer->bytes);
}

void respond_done(struct control *control, const struct origin *origin)
{
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    translate_plain(&buffer, &head);
    respond_send(control, origin, &buffer);
}

/* Whoever's text was cut, or was none, is still UTF-8 for those who read the answer. */
static void repair(char *text)
{
    for (unsigned char *at = (unsigned char *)text; *at;) {
        size_t length = *at < 0x80                  ? 1
                        : *at >= 0xc2 && *at < 0xe0 ? 2
                        : *at >= 0xe0 && *at < 0xf0 ? 3
                        : *at >= 0xf0 && *at < 0xf5 ? 4
                                                    : 0;
        size_t there = length ? 1 : 0;
        while (there && there < length && (at[there] & 0xc0) == 0x80)
            there++;
        if (length && there == length) {
            at += length;
            continue;
        }
        *at++ = '?';
    }
}

void respond_deny(struct answer_head *head, const char *reason, const char *message)
{
    head->ok = false;
    head->reason = reason;
    head->message = message;
}

void respond_refuse(struct control *control, const struct origin *origin, const char *reason,
                    const char *format, ...)
{
    char message[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    repair(message);
    refusals_note(control, &origin->asker, reason, NULL);
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    respond_deny(&head, reason, message);
    translate_plain(&buffer, &head);
    respond_send(control, origin, &buffer);
}

/* ---- the core's answers ---------------------------------------------------------------------- */

static void answer_set(struct answer_buffer *buffer, const struct answer_head *head, const struct rig *core,
                       const struct rig_action *action)
{
    struct answer_set set = {
        .verified = action->verified,
        .ramping = action->ramping,
        .value = action->number,
        .before = action->before,
        .has_nearest = action->nearest.quality == RIG_GOOD,
        .nearest = action->nearest.number,
        .sequence = action->sequence,
        .epoch = rig_epoch(core),
    };
    translate_set(buffer, head, &set);
}

static void answer_join(struct answer_buffer *buffer, const struct answer_head *head,
                        const struct control_rig *rig, const struct pending *pending,
                        const struct rig_action *action)
{
    const struct rig_spec *spec = &rig->config->spec;
    struct answer_joined joined = {
        .seat = rigs_wire_seat(rig, action->seat),
        .session = rig_session(rig->core),
        .epoch = rig_epoch(rig->core),
        .sequence = action->sequence,
        .ends = rig->ends_wall,
        .may_control = pending->join.may_control,
        .command_age = spec->command_age,
        .presence = spec->presence,
        .resume_window = spec->resume_window,
        .stays_on = config_stays_on(spec).longest,
    };
    translate_joined(buffer, head, &joined);
}

static struct answer_control control_of(const struct control_rig *rig, bool durable)
{
    return (struct answer_control){
        .epoch = rig_epoch(rig->core),
        .controller = rigs_wire_seat(rig, rig_controller(rig->core)),
        .condition = rig_condition(rig->core),
        .durable = durable,
    };
}

static void answer_control(struct answer_buffer *buffer, const struct answer_head *head,
                           const struct control_rig *rig, bool durable)
{
    struct answer_control answer = control_of(rig, durable);
    translate_control(buffer, head, &answer);
}

void respond_nothing(struct control *control, const struct origin *origin, const struct control_rig *rig)
{
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    struct answer_control answer = control_of(rig, remember_is_durable(rig));
    answer.nothing = true;
    translate_control(&buffer, &head, &answer);
    respond_send(control, origin, &buffer);
}

void respond_control(struct control *control, const struct origin *origin, const struct control_rig *rig,
                     bool durable)
{
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    answer_control(&buffer, &head, rig, durable);
    respond_send(control, origin, &buffer);
}

void respond_durable(struct control *control, const struct control_rig *rig, uint64_t request, bool durable)
{
    const struct pending *pending = pending_find(control->pending, request);
    if (!pending)
        return;
    respond_control(control, &pending->origin, rig, durable);
    pending_remove(control->pending, request);
}

/* What sets or clears something that must survive a restart. */
static bool asks_to_remember(enum request_kind kind)
{
    return kind == REQUEST_STOP || kind == REQUEST_RESET || kind == REQUEST_LOCKOUT || kind == REQUEST_CLEAR;
}

void respond_action(struct control *control, struct control_rig *rig, const struct rig_action *action)
{
    struct pending *pending = pending_find(control->pending, action->request);
    if (!pending || (action->refusal == RIG_ACCEPTED && asks_to_remember(pending->kind) &&
                     remember_waits(control, rig, action->request)))
        return;
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    char message[512];
    if (action->refusal != RIG_ACCEPTED) {
        if (pending->kind != REQUEST_SET && pending->kind != REQUEST_CAPTURE)
            refusals_note(control, &pending->origin.asker, rig_refusal_name(action->refusal), action->rule);
        respond_deny(&head, rig_refusal_name(action->refusal), message);
        head.rule = action->rule;
        explain(control, rig, pending, action, message, sizeof message);
    }
    const struct control_capture *capture =
        pending->kind == REQUEST_CAPTURE && head.ok ? captures_of_ticket(control, rig, action->ticket) : NULL;
    if (capture) {
        struct answer_capture answer;
        captures_describe(control, capture, &answer);
        translate_capture(&buffer, &head, &answer);
    } else if (pending->kind == REQUEST_SET) {
        rig->commanded |= head.ok;
        answer_set(&buffer, &head, rig->core, action);
    } else if (pending->kind == REQUEST_JOIN && head.ok) {
        answer_join(&buffer, &head, rig, pending, action);
    } else {
        answer_control(&buffer, &head, rig, asks_to_remember(pending->kind) && remember_is_durable(rig));
    }
    respond_send(control, &pending->origin, &buffer);
    pending_remove(control->pending, action->request);
}
