#include "gateway/control/alerts.h"

#include "gateway/control/requests.h"
#include "gateway/control/respond.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ALERTS_WAIT (5 * INT64_C(1000000000)) /* a request without news is answered then, like a Watch */

static void answer(struct control *control, const struct origin *origin, uint64_t after)
{
    const struct alerts *alerts = &control->alerts;
    struct answer_alert list[ALERTS_KEPT];
    uint64_t oldest = alerts->last > ALERTS_KEPT ? alerts->last - ALERTS_KEPT : 0;
    size_t count = 0;
    for (uint64_t number = (after > oldest ? after : oldest) + 1; number <= alerts->last; number++) {
        const struct alert *alert = &alerts->ring[number % ALERTS_KEPT];
        list[count++] = (struct answer_alert){
            .number = number,
            .wall = alert->wall,
            .rig = alert->rig == ALERT_NO_RIG ? "" : control->rigs[alert->rig].config->spec.name,
            .text = alert->text,
        };
    }
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    translate_alerts(&buffer, &head, list, count, alerts->last);
    respond_send(control, origin, &buffer);
}

static void answer_first(struct control *control)
{
    struct alerts *alerts = &control->alerts;
    const struct alerts_waiting *first = &alerts->waiting[0];
    const struct pending *pending = pending_find(control->pending, first->request);
    if (pending) {
        answer(control, &pending->origin, first->after);
        pending_remove(control->pending, first->request);
    }
    memmove(alerts->waiting, alerts->waiting + 1, --alerts->waiting_count * sizeof *alerts->waiting);
}

void alerts_raise(struct control *control, const struct control_rig *rig, const char *format, ...)
{
    struct alerts *alerts = &control->alerts;
    struct alert *alert = &alerts->ring[++alerts->last % ALERTS_KEPT];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(alert->text, sizeof alert->text, format, arguments);
    va_end(arguments);
    alert->wall = control->wall;
    alert->rig = rig ? rig->index : ALERT_NO_RIG;
    if (rig)
        journal_write(control->journal, JOURNAL_ALERT, "rig %s: %s", rig->config->spec.name, alert->text);
    else
        journal_write(control->journal, JOURNAL_ALERT, "%s", alert->text);
    while (alerts->waiting_count)
        answer_first(control);
}

int64_t alerts_tick(struct control *control)
{
    struct alerts *alerts = &control->alerts;
    while (alerts->waiting_count && alerts->waiting[0].until <= control->now)
        answer_first(control);
    return alerts->waiting_count ? alerts->waiting[0].until : INT64_MAX;
}

/* Waits only where others' answers are not behind it, and while there is room to. */
void requests_alerts(struct control *control, const struct caller *caller, const struct request *request)
{
    struct alerts *alerts = &control->alerts;
    if (!requests_is_staff(caller)) {
        respond_refuse(control, &caller->origin, "not-allowed", "reading the alerts: these are for staff");
        return;
    }
    bool waits = request->alerts.wait && request->alerts.after >= alerts->last && !caller->origin.local &&
                 alerts->waiting_count < ALERTS_WAITING;
    uint64_t id = waits ? requests_keep(control, caller, request) : 0;
    if (id)
        alerts->waiting[alerts->waiting_count++] = (struct alerts_waiting){
            .request = id, .after = request->alerts.after, .until = control->now + ALERTS_WAIT};
    else
        answer(control, &caller->origin, request->alerts.after);
}
