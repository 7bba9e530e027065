#include "gateway/control/notes.h"

#include "gateway/control/alerts.h"
#include "gateway/control/rigs.h"

#include <stdio.h>

static bool has_values(enum rig_record_kind kind)
{
    switch (kind) {
    case RIG_RECORD_COMMAND:
    case RIG_RECORD_REFUSAL:
    case RIG_RECORD_CONFIRMED:
    case RIG_RECORD_NOT_CONFIRMED:
    case RIG_RECORD_RAMP_STEP:
    case RIG_RECORD_RAMP_ENDED:
    case RIG_RECORD_DRIVEN:
    case RIG_RECORD_PERMISSIVE_LOST:
    case RIG_RECORD_TIME_LIMIT:
    case RIG_RECORD_TOTAL_LIMIT:
    case RIG_RECORD_SUPERSEDED:
        return true;
    default:
        return false;
    }
}

/* Of the core's records only these carry the edge. */
static bool names_edge(enum rig_record_kind kind)
{
    return kind == RIG_RECORD_SAFE_BEGIN || kind == RIG_RECORD_SAFE_DONE || kind == RIG_RECORD_SAFE_FAILED;
}

/* Control that was released, handed over or lost ends for no other reason than that; its commands are
 * answered with this. */
static const char *refusal_of(const struct rig_action *action)
{
    bool plain = action->record == RIG_RECORD_REVOKE && action->refusal == RIG_NOT_CONTROLLER;
    return plain || action->refusal == RIG_ACCEPTED ? "" : rig_refusal_name(action->refusal);
}

#define TEXT_OF_MAX 40

/* Of a point that a record or a notice is about because it could not be read: "stale", "bad". */
static const char *quality_of(const struct control_rig *rig, const struct rig_action *action)
{
    bool reads = action->record == RIG_RECORD_TRIP || action->record == RIG_RECORD_LOCKOUT;
    if (!reads || action->point >= rig->config->spec.point_count)
        return "";
    enum rig_quality quality = rig_values(rig->core)[action->point].quality;
    return quality == RIG_GOOD ? "" : rig_quality_name(quality);
}

/* The audit's text of a record: the edge, the instrument that it concerns, why it is locked out or who did.
 */
static const char *text_of(const struct control_rig *rig, const struct rig_action *action,
                           char text[TEXT_OF_MAX])
{
    if (names_edge(action->record))
        return rig_edge_name(action->edge);
    if (action->record == RIG_RECORD_INSTRUMENT_LOST || action->record == RIG_RECORD_INSTRUMENT_BACK ||
        action->record == RIG_RECORD_CAPTURE)
        return action->instrument < rig->config->spec.instrument_count
                   ? rig->config->spec.instruments[action->instrument].name
                   : "";
    if (action->point != RIG_NONE) /* local mode, or what made a trip */
        return quality_of(rig, action);
    if (action->record == RIG_RECORD_LOCKOUT)
        return durable_reason(rig->lockout_reasons, action->account);
    bool is_anothers = action->record == RIG_RECORD_UNLOCK || action->record == RIG_RECORD_TAKE;
    if (!is_anothers || action->whose == action->account)
        return "";
    snprintf(text, TEXT_OF_MAX, "%s account %llu", action->record == RIG_RECORD_TAKE ? "for" : "of",
             (unsigned long long)action->whose);
    return text;
}

void notes_record(struct control *control, const struct control_rig *rig, const struct rig_action *action)
{
    const struct rig_spec *spec = &rig->config->spec;
    bool values = has_values(action->record) && action->point != RIG_NONE;
    char text[TEXT_OF_MAX];
    struct audit_record record = {
        .wall = control->wall,
        .monotonic = control->now,
        .session = rig->session,
        .account = action->account,
        .rig = spec->name,
        .kind = rig_record_name(action->record),
        .point = action->point < spec->point_count ? spec->points[action->point].name : "",
        .refusal = refusal_of(action),
        .rule = action->rule,
        .text = action->refusal == RIG_UNKNOWN_POINT && control->about ? control->about
                                                                       : text_of(rig, action, text),
        .before = action->before,
        .after = action->number,
        .has_before = values,
        .has_after = values,
    };
    audit_append(control->audit, &record);
}

void notes_notice(struct control *control, struct control_rig *rig, const struct rig_action *action)
{
    const struct rig_spec *spec = &rig->config->spec;
    bool edge = names_edge(action->record), point = action->point < spec->point_count;
    const char *quality = quality_of(rig, action);
    const char *why =
        action->record == RIG_RECORD_LOCKOUT ? durable_reason(rig->lockout_reasons, action->account) : "";
    alerts_raise(control, rig, "%s%s%s%s%s%s%s%s%s%s%s", rig_record_name(action->record), *why ? ": " : "",
                 why, action->rule ? ", rule " : "", action->rule ? action->rule : "",
                 !point     ? ""
                 : *quality ? ", because "
                            : ", at ",
                 point ? spec->points[action->point].name : "", *quality ? " is " : "", quality,
                 edge ? ", after " : "", edge ? rig_edge_name(action->edge) : "");
    if (action->record == RIG_RECORD_QUARANTINE || action->record == RIG_RECORD_SAFE_FAILED)
        snprintf(rig->why_quarantined, sizeof rig->why_quarantined,
                 "the safe sequence could not be verified%s%s: look at the rig, then 'labctl clear %s'",
                 action->point < spec->point_count ? " at " : "",
                 action->point < spec->point_count ? spec->points[action->point].name : "", spec->name);
}

void notes_changes(struct control *control, const struct control_rig *rig, uint64_t before)
{
    uint64_t session = rig_session(rig->core);
    if (!session || rig_revision(rig->core) == before)
        return;
    for (uint16_t point = 0; point < rig->config->spec.point_count; point++)
        if (rig_point_revision(rig->core, point) > before)
            recorder_change(control->recorder, session, point, &rig_values(rig->core)[point],
                            rig->config->spec.points[point].type == RIG_TEXT ? rig_text(rig->core, point)
                                                                             : NULL,
                            control->now);
}

static void append(struct control *control, const struct control_rig *rig, struct audit_record *record)
{
    record->wall = control->wall;
    record->monotonic = control->now;
    record->session = rig ? rig_session(rig->core) : 0;
    record->rig = rig ? rig->config->spec.name : "";
    audit_append(control->audit, record);
}

void notes_refusal(struct control *control, uint64_t account, const struct control_rig *rig, const char *what,
                   const char *reason, const char *rule)
{
    append(control, rig,
           &(struct audit_record){
               .account = account, .kind = "refusal", .refusal = reason, .rule = rule, .text = what});
}

void notes_event(struct control *control, const char *kind, uint64_t account, const struct control_rig *rig,
                 const char *refusal, const char *text)
{
    append(control, rig,
           &(struct audit_record){.account = account, .kind = kind, .refusal = refusal, .text = text});
}

void notes_tend(struct control *control)
{
    bool takes = audit_takes(control->audit);
    if (takes == control->recording)
        return;
    control->recording = takes;
    if (takes)
        journal_write(control->journal, JOURNAL_NOTICE, "the audit takes records again");
    else
        alerts_raise(control, NULL,
                     "the audit's buffer is nearly full: commands are refused until the disk has taken it");
    struct rig_event event = {.kind = RIG_EVENT_RECORDING, .recording = {.takes = takes}};
    for (size_t i = 0; i < control->rig_count; i++)
        rigs_handle(control, &control->rigs[i], &event);
}
