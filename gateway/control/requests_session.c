/* Seats, control and commands. Every check of a command is the core's (rig_admit()); here a request only
 * becomes an event. */
#include "gateway/control/requests.h"

#include "gateway/config/suggest.h"
#include "gateway/control/captures.h"
#include "gateway/control/lockouts.h"
#include "gateway/control/notes.h"
#include "gateway/control/request_value.h"
#include "gateway/control/respond.h"
#include "gateway/control/rigs.h"
#include "gateway/control/sessions.h"

#include <stdio.h>
#include <string.h>

/* Keeps who asked, then hands the event to the rig's core, which answers now or later. */
static void ask(struct control *control, const struct caller *caller, const struct request *request,
                struct rig_event *event)
{
    event->request = requests_wait(control, caller, request);
    event->seat = caller->seat;
    if (event->request)
        rigs_handle(control, caller->rig, event);
}

void requests_join(struct control *control, const struct caller *caller, const struct request *request)
{
    const struct identity *identity = &caller->identity;
    bool may_control = sessions_may_control(control, caller->rig, identity->account, identity->role);
    if (caller->is_operator) {
        respond_refuse(control, &caller->origin, "not-allowed",
                       "joining: a seat is somebody's; log in with an account");
        return;
    }
    if (caller->rig->plant && identity->role == RIG_STUDENT && !may_control) {
        respond_refuse(
            control, &caller->origin, "not-allowed",
            "joining: somebody else practises there; 'labctl practise' gives you a simulator of your own");
        return;
    }
    struct rig_event event = {
        .kind = RIG_EVENT_JOIN,
        .request = requests_wait(control, caller, request),
        .seat = caller->seat,
        .join = {.session = rig_session(caller->rig->core),
                 .account = identity->account,
                 .role = identity->role,
                 .wanted = identity->role == RIG_TEACHER      ? RIG_SEAT_TEACHER
                           : identity->role == RIG_TECHNICIAN ? RIG_SEAT_TECHNICIAN
                                                              : RIG_SEAT_OBSERVER,
                 .may_control = may_control},
    };
    if (!event.request)
        return;
    pending_find(control->pending, event.request)->join.may_control = may_control;
    rigs_handle(control, caller->rig, &event);
    sessions_heard(control, caller->rig, identity->account);
}

void requests_leave(struct control *control, const struct caller *caller, const struct request *request)
{
    ask(control, caller, request, &(struct rig_event){.kind = RIG_EVENT_LEAVE});
}

void requests_take_control(struct control *control, const struct caller *caller,
                           const struct request *request)
{
    uint32_t to = 0;
    if (request->take.to && rigs_of_seat(control, request->take.to, &to) != caller->rig) {
        respond_refuse(control, &caller->origin, "no-seat",
                       "handing control over: that seat is not of this rig");
        return;
    }
    ask(control, caller, request,
        &(struct rig_event){
            .kind = RIG_EVENT_TAKE, .take = {.force = request->take.force, .to = to}
    });
}

void requests_release(struct control *control, const struct caller *caller, const struct request *request)
{
    ask(control, caller, request, &(struct rig_event){.kind = RIG_EVENT_RELEASE});
}

void requests_presence(struct control *control, const struct caller *caller, const struct request *request)
{
    (void)request; /* being heard is all there is to it */
    respond_done(control, &caller->origin);
}

/* How long ago the client saw what it acted on: the time of an answer of ours, and its own clock since. */
static int64_t age_of(const struct control *control, const struct request *request)
{
    uint64_t now = (uint64_t)control->now;
    if (!request->seen || request->seen > now || request->elapsed > now)
        return INT64_MAX;
    int64_t age = (int64_t)(now - request->seen) - (int64_t)request->elapsed;
    return age > 0 ? age : 0;
}

/* FNV-1a (Fowler, Noll, Vo; 64 bits): tells a repeat from another command under the same number. */
static uint64_t mix(uint64_t hash, const void *bytes, size_t length)
{
    const uint8_t *at = bytes;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    return hash;
}

#define FNV_START UINT64_C(0xcbf29ce484222325)

void requests_set(struct control *control, const struct caller *caller, const struct request *request)
{
    const struct rig_spec *spec = &caller->rig->config->spec;
    uint16_t point = request_point(spec, request->set.point);
    struct rig_event event = {
        .kind = RIG_EVENT_COMMAND,
        .seat = caller->seat,
        .command = {.epoch = request->epoch,
                    .sequence = request->sequence,
                    .age = age_of(control, request),
                    .point = point},
    };
    if (point != RIG_NONE && !request_number(&spec->points[point], request, &event.command.number)) {
        respond_refuse(control, &caller->origin, "wrong-type",
                       "setting %s: '%s' is not a value of it; see 'labctl show %s'",
                       spec->points[point].name,
                       request->set.scalar == REQUEST_TEXT ? request->set.text : "that", spec->name);
        return;
    }
    event.command.body = mix(mix(FNV_START, request->set.point, strlen(request->set.point)),
                             &event.command.number, sizeof event.command.number);
    event.request = requests_wait(control, caller, request);
    if (!event.request)
        return;
    struct pending *pending = pending_find(control->pending, event.request);
    pending->set.point = point;
    rigs_handle(control, caller->rig, &event);
}

/* ---- e-stop and what ends it ----------------------------------------------------------------- */

/* Those who hold no seat are vouched for by the shell, where their role allows it. */
static bool vouch(struct control *control, const struct caller *caller, struct rig_event *event)
{
    if (caller->seat)
        return true;
    event->person.account = caller->identity.account;
    event->person.role = caller->identity.role;
    if (requests_is_technician(caller))
        return true;
    respond_refuse(control, &caller->origin, "no-seat", "%s", rig_refusal_text(RIG_NO_SEAT));
    return false;
}

/* Acts also when there is no place to keep who waits for the ledger. */
void requests_stop(struct control *control, const struct caller *caller, const struct request *request)
{
    struct rig_event event = {.kind = RIG_EVENT_STOP, .seat = caller->seat};
    if (!vouch(control, caller, &event))
        return;
    event.request = requests_keep(control, caller, request);
    rigs_handle(control, caller->rig, &event);
    if (!event.request)
        respond_control(control, &caller->origin, caller->rig, false);
}

void requests_reset(struct control *control, const struct caller *caller, const struct request *request)
{
    struct rig_event event = {.kind = RIG_EVENT_RESET};
    bool practises = practice_holds(caller->rig, caller->identity.account, rig_session(caller->rig->core));
    if (practises) { /* everybody is the technician of their own plant */
        struct caller unseated = *caller;
        unseated.seat = 0;
        event.person.account = caller->identity.account;
        event.person.role = RIG_TECHNICIAN;
        ask(control, &unseated, request, &event);
        return;
    }
    if (vouch(control, caller, &event))
        ask(control, caller, request, &event);
}

void requests_clear(struct control *control, const struct caller *caller, const struct request *request)
{
    struct rig_event event = {.kind = RIG_EVENT_CLEAR};
    if (!vouch(control, caller, &event))
        return;
    if (requests_is_technician(caller) && !rig_durable(caller->rig->core)->quarantined)
        respond_nothing(control, &caller->origin, caller->rig);
    else
        ask(control, caller, request, &event);
}

static void set_lockout(struct control *control, const struct caller *caller, const struct request *request)
{
    struct rig_event event = {
        .kind = RIG_EVENT_LOCKOUT,
        .request = requests_wait(control, caller, request),
        .lockout = {.set = true, .account = caller->identity.account},
    };
    if (!event.request)
        return;
    lockouts_keep_reason(caller->rig, caller->identity.account, request->lockout.reason);
    rigs_handle(control, caller->rig, &event);
}

/* One's own, or that of whoever is named: nobody takes away by mistake what protects another's hands. */
static void remove_lockout(struct control *control, const struct caller *caller,
                           const struct request *request)
{
    struct control_rig *rig = caller->rig;
    size_t before = rig_durable(rig->core)->lockout_count;
    const char *whose = request->lockout.whose;
    char who[LOCKOUTS_TEXT_MAX];
    struct rig_event event = {
        .kind = RIG_EVENT_LOCKOUT,
        .lockout = {.account = caller->identity.account, .whose = caller->identity.account},
    };
    bool found = whose[0] ? lockouts_find(control, rig, whose, &event.lockout.whose)
                          : lockouts_has(rig, event.lockout.whose);
    if (!before) {
        respond_nothing(control, &caller->origin, rig);
        return;
    }
    if (!found) {
        lockouts_list(control, rig, true, who, sizeof who);
        respond_refuse(
            control, &caller->origin, "not-allowed",
            "removing the lock-out of %s: %s set none of those in force (%s): name with --of who did",
            rig->config->spec.name, whose[0] ? whose : "you", who);
        return;
    }
    ask(control, caller, request, &event);
    if (rig_durable(rig->core)->lockout_count < before)
        notes_event(control, "unlock-reason", caller->identity.account, rig, "", request->lockout.reason);
}

/* Setting a lock-out only makes safer; removing one is for whoever stands at the gateway's own machine. */
void requests_lockout(struct control *control, const struct caller *caller, const struct request *request)
{
    bool set = !request->lockout.remove;
    if (!set && !caller->origin.local) {
        respond_refuse(
            control, &caller->origin, "not-allowed",
            "removing a lock-out: this is done on the gateway's own machine, with 'labctl --socket'");
        return;
    }
    if (!request->lockout.reason[0]) {
        respond_refuse(control, &caller->origin, "no-reason", "%s a lock-out: say why",
                       set ? "setting" : "removing");
        return;
    }
    if (set)
        set_lockout(control, caller, request);
    else
        remove_lockout(control, caller, request);
}

/* ---- bypass ---------------------------------------------------------------------------------- */

static uint16_t rule_of(const struct rig_spec *spec, const char *name)
{
    for (size_t i = 0; i < spec->trip_count; i++)
        if (!strcmp(spec->trips[i].name, name))
            return (uint16_t)i;
    for (size_t i = 0; i < spec->permissive_count; i++)
        if (!strcmp(spec->permissives[i].name, name))
            return (uint16_t)(spec->trip_count + i);
    return RIG_NONE;
}

static void refuse_no_rule(struct control *control, const struct caller *caller,
                           const struct request *request)
{
    const struct rig_spec *spec = &caller->rig->config->spec;
    struct suggestion near;
    char hint[SUGGESTION_MAX + 32];
    suggest_begin(&near, request->bypass.rule);
    for (size_t i = 0; i < spec->trip_count; i++)
        suggest_offer(&near, spec->trips[i].name);
    for (size_t i = 0; i < spec->permissive_count; i++)
        suggest_offer(&near, spec->permissives[i].name);
    respond_refuse(control, &caller->origin, "unknown-rule",
                   "bypassing a rule of %s: it has no trip and no permissive called '%s'%s", spec->name,
                   request->bypass.rule, suggest_text(&near, hint, sizeof hint));
}

#define SECONDS_MAX (1000 * 3600) /* far beyond what the core allows */

void requests_bypass(struct control *control, const struct caller *caller, const struct request *request)
{
    struct control_rig *rig = caller->rig;
    uint16_t rule = rule_of(&rig->config->spec, request->bypass.rule);
    uint64_t seconds = request->bypass.seconds < SECONDS_MAX ? request->bypass.seconds : SECONDS_MAX;
    if (rule == RIG_NONE) {
        refuse_no_rule(control, caller, request);
        return;
    }
    if (!request->bypass.reason[0] && !request->bypass.remove) {
        respond_refuse(control, &caller->origin, "no-reason", "bypassing %s of %s: say why",
                       request->bypass.rule, rig->config->spec.name);
        return;
    }
    struct rig_event event = {
        .kind = RIG_EVENT_BYPASS,
        .bypass = {.set = !request->bypass.remove,
                   .rule = rule,
                   .until = control->now + (int64_t)seconds * 1000000000,
                   .account = caller->identity.account,
                   .role = caller->identity.role},
    };
    int64_t before = rig_bypassed_until(rig->core, rule);
    if (request->bypass.remove && !before) {
        respond_nothing(control, &caller->origin, rig);
        return;
    }
    ask(control, caller, request, &event);
    if (request->bypass.remove || rig_bypassed_until(rig->core, rule) == before)
        return;
    request_copy_text(rig->bypass_reasons[rule], sizeof rig->bypass_reasons[rule], request->bypass.reason);
    char text[400];
    snprintf(text, sizeof text, "%.60s for %llu s: %.250s", request->bypass.rule, (unsigned long long)seconds,
             request->bypass.reason);
    notes_event(control, "bypass-reason", caller->identity.account, rig, "", text);
}

void requests_hold_heartbeat(struct control *control, const struct caller *caller,
                             const struct request *request)
{
    struct rig_event event = {
        .kind = RIG_EVENT_HOLD_HEARTBEAT,
        .hold_heartbeat = {.until = control->now + (int64_t)request->hold_heartbeat.seconds * 1000000000,
                           .account = caller->identity.account,
                           .role = caller->identity.role},
    };
    ask(control, caller, request, &event);
}

/* ---- records --------------------------------------------------------------------------------- */

/* A repeat of an earlier number is the core's to answer. */
static bool is_new(const struct caller *caller, uint64_t sequence)
{
    size_t count;
    const struct rig_seat *seats = rig_seats(caller->rig->core, &count);
    for (size_t i = 0; i < count; i++)
        if (seats[i].id == caller->seat)
            return sequence > seats[i].sequence;
    return true;
}

void requests_capture(struct control *control, const struct caller *caller, const struct request *request)
{
    const struct config_rig *config = caller->rig->config;
    size_t i = 0;
    while (i < config->waveform_count && strcmp(config->waveforms[i].name, request->capture.waveform) != 0)
        i++;
    if (i == config->waveform_count) {
        respond_refuse(control, &caller->origin, "unknown-waveform",
                       "acquiring a record: %s has no waveform called '%s'; see 'labctl show %s'",
                       config->spec.name, request->capture.waveform, config->spec.name);
        return;
    }
    const struct config_place *place = &config->instruments[config->waveforms[i].rig_instrument];
    if (is_new(caller, request->sequence) && captures_busy(control, place)) {
        respond_refuse(
            control, &caller->origin, "busy",
            "acquiring %s: another record of this instrument is on its way; wait for it or cancel it",
            request->capture.waveform);
        return;
    }
    struct rig_event event = {
        .kind = RIG_EVENT_CAPTURE,
        .capture = {.epoch = request->epoch,
                    .sequence = request->sequence,
                    .body = mix(FNV_START + request->capture.deep, request->capture.waveform,
                    strlen(request->capture.waveform)),
                    .age = age_of(control, request),
                    .instrument = config->waveforms[i].rig_instrument,
                    .waveform = config->waveforms[i].waveform,
                    .depth = request->capture.deep ? DRIVER_DEEP : DRIVER_SCREEN},
    };
    ask(control, caller, request, &event);
}

/* NULL: answered already. */
static struct control_capture *seen_capture(struct control *control, const struct caller *caller,
                                            const struct request *request)
{
    struct control_capture *capture = captures_find(control, request->capture_state.capture);
    if (capture && requests_may_see(control, caller, capture->session))
        return capture;
    respond_refuse(control, &caller->origin, "unknown-capture",
                   "there is no such record, or it is not yours; those of a session are in 'labctl export'");
    return NULL;
}

void requests_capture_state(struct control *control, const struct caller *caller,
                            const struct request *request)
{
    const struct control_capture *capture = seen_capture(control, caller, request);
    if (!capture)
        return;
    struct answer_capture answer;
    captures_describe(control, capture, &answer);
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    translate_capture(&buffer, &head, &answer);
    respond_send(control, &caller->origin, &buffer);
}

void requests_capture_cancel(struct control *control, const struct caller *caller,
                             const struct request *request)
{
    struct control_capture *capture = seen_capture(control, caller, request);
    if (!capture)
        return;
    captures_cancel(control, capture);
    respond_done(control, &caller->origin);
}
