#include "gateway/control/explain.h"

#include "gateway/control/lockouts.h"
#include "gateway/control/rigs.h"
#include "gateway/control/sessions.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct explanation {
    const struct control *control;
    const struct control_rig *rig;
    const struct rig_spec *spec;
    const struct pending *pending;
    const struct rig_action *action;
    const struct rig_seat *asker; /* NULL: has no seat */
    char *text;
    size_t size, length;
};

static void add(struct explanation *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct explanation *to, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(to->text + to->length, to->size - to->length, format, arguments);
    va_end(arguments);
    if (length > 0)
        to->length += (size_t)length < to->size - to->length ? (size_t)length : to->size - to->length - 1;
}

static const char *const asked_for[REQUEST_KINDS] = {
    [REQUEST_JOIN] = "joining",
    [REQUEST_LEAVE] = "leaving",
    [REQUEST_TAKE] = "taking control of",
    [REQUEST_RELEASE] = "releasing",
    [REQUEST_SET] = "setting",
    [REQUEST_CAPTURE] = "acquiring a record on",
    [REQUEST_STOP] = "stopping",
    [REQUEST_RESET] = "resetting",
    [REQUEST_CLEAR] = "clearing",
    [REQUEST_LOCKOUT] = "locking out",
    [REQUEST_BYPASS] = "bypassing a rule of",
    [REQUEST_HOLD_HEARTBEAT] = "holding the heartbeat of",
};

static void add_attempt(struct explanation *to)
{
    const struct pending *pending = to->pending;
    const char *verb = asked_for[pending->kind] ? asked_for[pending->kind] : "asking";
    if (pending->kind == REQUEST_SET && pending->set.point < to->spec->point_count)
        add(to, "%s %s on %s: ", verb, to->spec->points[pending->set.point].name, to->spec->name);
    else
        add(to, "%s %s: ", verb, to->spec->name);
}

/* ---- what stands in anybody's way ------------------------------------------------------------- */

static void add_who_resets(struct explanation *to, const char *rule)
{
    for (size_t i = 0; rule && i < to->spec->trip_count; i++)
        if (strcmp(to->spec->trips[i].name, rule) == 0) {
            static const char *const who[] = {[RIG_TEACHER] = "a teacher",
                                              [RIG_TECHNICIAN] = "a technician",
                                              [RIG_STUDENT] = "anybody with a seat"};
            add(to, "; %s resets it ('labctl reset %s')", who[to->spec->trips[i].reset], to->spec->name);
            return;
        }
    add(to, "; a technician%s resets it ('labctl reset %s')",
        to->spec->teacher_reset ? ", or the teacher whose session it is," : "", to->spec->name);
}

static bool is_locked_out(const struct explanation *to)
{
    return rig_durable(to->rig->core)->lockout_count > 0;
}

/* What is known of it beyond its name: why that instrument is silent, what those who lock the rig out say. */
static void add_detail(struct explanation *to, enum rig_refusal refusal)
{
    const struct control_rig *rig = to->rig;
    char text[LOCKOUTS_TEXT_MAX > LOCAL_TEXT_MAX ? LOCKOUTS_TEXT_MAX : LOCAL_TEXT_MAX] = "";
    bool answers = rig_condition(rig->core) != RIG_UNAVAILABLE;
    if (refusal == RIG_LOCKED_OUT && is_locked_out(to))
        lockouts_list(to->control, rig, false, text, sizeof text);
    else if (refusal == RIG_LOCKED_OUT ||
             (refusal == RIG_NOT_AVAILABLE && answers && rig_is_local(rig->core)))
        rigs_local_text(rig, text, sizeof text);
    else if (refusal == RIG_NOT_AVAILABLE)
        snprintf(text, sizeof text, "%s", rig->why);
    else if (refusal == RIG_IS_QUARANTINED)
        snprintf(text, sizeof text, "%s", rig->why_quarantined);
    if (text[0])
        add(to, ": %s", text);
}

/* Who ends what keeps everybody from control, and how. */
static const struct remedy {
    const char *who;
    const char *command, *words; /* of labctl, around the rig's name; NULL: nobody types anything */
} remedies[] = {
    [RIG_NO_RECORD] = {"it goes on by itself once the audit takes records again",          NULL,      NULL},
    [RIG_CLOSING] = {"it comes back by itself with the gateway",                         NULL,      NULL},
    [RIG_LOCKED_OUT] = {"whoever locked it out removes that, on the gateway's own machine", "lockout",
                       " --remove REASON"                                                                 },
    [RIG_IS_QUARANTINED] = {"a technician who has seen to it ends that",                        "clear",   ""  },
    [RIG_NOT_AVAILABLE] = {"it comes back by itself",                                          NULL,      NULL},
};

static void add_remedy(struct explanation *to, enum rig_refusal refusal, const char *rule)
{
    if (refusal == RIG_STOPPED || refusal == RIG_TRIPPED) {
        add_who_resets(to, rule);
        return;
    }
    if (refusal == RIG_LOCKED_OUT && !is_locked_out(to)) {
        add(to, "; whoever switched it there switches it back");
        return;
    }
    if ((size_t)refusal >= sizeof remedies / sizeof *remedies || !remedies[refusal].who)
        return;
    const struct remedy *remedy = &remedies[refusal];
    add(to, "; %s", remedy->who);
    if (remedy->command)
        add(to, " ('labctl %s %s%s')", remedy->command, to->spec->name, remedy->words);
}

static void add_refusal(struct explanation *to, enum rig_refusal refusal, const char *rule)
{
    add(to, "%s", rig_refusal_text(refusal));
    if (rule)
        add(to, " (%s)", rule);
    add_detail(to, refusal);
    add_remedy(to, refusal, rule);
}

/* ---- control ---------------------------------------------------------------------------------- */

static bool may_control(const struct explanation *to)
{
    return to->asker && sessions_may_control(to->control, to->rig, to->asker->account, to->asker->role);
}

static bool is_staff(const struct explanation *to)
{
    return to->asker && (to->asker->role == RIG_TEACHER || to->asker->role == RIG_TECHNICIAN);
}

/* Who has control decides what may be done, or what took it from everybody. */
static void add_controller(struct explanation *to)
{
    bool taken = rig_controller(to->rig->core) != 0;
    enum rig_refusal unfit = rig_unfit(to->rig->core);
    if (to->pending->kind == REQUEST_RELEASE) {
        add(to, "you are not in control; 'labctl leave' gives your seat back");
    } else if (taken && !may_control(to)) {
        add(to, "somebody else is in control; it is for whoever booked the session to give");
    } else if (taken && is_staff(to)) {
        add(to, "somebody else is in control; 'labctl take --force' takes it from them");
    } else if (taken) {
        add(to,
            "somebody else is in control; ask them to give it back ('labctl take --to %u') or to release it",
            (unsigned)rigs_wire_seat(to->rig, to->asker->id));
    } else if (unfit != RIG_ACCEPTED) {
        add(to, "nobody is in control: ");
        add_refusal(to, unfit, NULL);
        add(to, "; after that 'labctl take'");
    } else {
        add(to, "nobody is in control; 'labctl take' asks for it");
    }
}

static void add_not_allowed(struct explanation *to)
{
    switch (to->pending->kind) {
    case REQUEST_TAKE:
        add(to,
            "control is for whoever booked the session, and for technicians; a teacher gives it to others in "
            "their own session");
        break;
    case REQUEST_RESET:
        add(to, "%s%s%s", rig_refusal_text(RIG_NOT_ALLOWED), to->action->rule ? ": " : "",
            to->action->rule ? to->action->rule : "");
        add_who_resets(to, to->action->rule);
        break;
    default:
        add_refusal(to, RIG_NOT_ALLOWED, to->action->rule);
    }
}

/* ---- values ----------------------------------------------------------------------------------- */

/* "; ask again in 12.0 s" */
static void add_rest(struct explanation *to)
{
    const struct rig_action *action = to->action;
    if (action->allowed_at > to->control->now)
        add(to, "; ask again in %.1f s", (double)(action->allowed_at - to->control->now) / 1e9);
    for (size_t i = 0; action->refusal == RIG_RESTING && action->allowed_at == 0 && i < to->spec->limit_count;
         i++)
        if (to->spec->limits[i].of == to->pending->set.point)
            add(to, "; ask again %.10g s after it is confirmed to be off",
                (double)to->spec->limits[i].off_for / 1e9);
}

static void add_nearest(struct explanation *to)
{
    if (to->action->nearest.quality != RIG_GOOD)
        return;
    const struct rig_unit *unit = to->spec->points[to->pending->set.point].unit;
    add(to, "; the nearest that is legal is %.10g%s%s", to->action->nearest.number,
        unit && unit->name[0] ? " " : "", unit ? unit->name : "");
}

static const struct rig_seat *find_seat(const struct rig *core, uint32_t id)
{
    size_t count;
    const struct rig_seat *seats = rig_seats(core, &count);
    for (size_t i = 0; id && i < count; i++)
        if (seats[i].id == id)
            return &seats[i];
    return NULL;
}

void explain(const struct control *control, const struct control_rig *rig, const struct pending *pending,
             const struct rig_action *action, char *text, size_t size)
{
    struct explanation to = {
        .control = control,
        .rig = rig,
        .spec = &rig->config->spec,
        .pending = pending,
        .action = action,
        .asker = find_seat(rig->core, action->seat),
        .text = text,
        .size = size,
    };
    add_attempt(&to);
    if (action->refusal == RIG_NOT_CONTROLLER)
        add_controller(&to);
    else if (action->refusal == RIG_NOT_ALLOWED)
        add_not_allowed(&to);
    else
        add_refusal(&to, action->refusal, action->rule);
    if (pending->kind == REQUEST_SET) {
        add_nearest(&to);
        add_rest(&to);
    }
}
