/* oracle_stop.c - presses of the e-stop: the first is an edge at once; those of a stop that is latched
 * already are one a second at most, which comes at the end of that second, or with the reset if that is
 * sooner. */
#include "tests/simulation/oracle.h"

#define SOON (100 * MS) /* what was written so shortly before is not written again */

void oracle_stop_event(struct lab *lab, const struct rig_event *event)
{
    struct oracle *o = &lab->oracle;
    bool due = o->stop.put_off && lab->now >= o->stop.next_edge;
    if (due)
        o->stop.next_edge = lab->now + S;
    o->stop.put_off &= !due;
    bool pressed = event->kind == RIG_EVENT_STOP && accepted(lab, event);
    bool at_once = pressed && (!o->before.durable.stopped || lab->now >= o->stop.next_edge);
    o->stop.put_off |= pressed && !at_once;
    bool reset = o->stop.put_off && !rig_durable(lab->rig)->stopped;
    o->stop.put_off &= !reset;
    o->stop.edge = due || at_once || reset;
    if (o->stop.edge) {
        o->stop.next_edge = lab->now + S;
        o->stop.since = lab->now - SOON;
    }
}

/* Whatever was due in the same event comes before its record. */
void presses_are_few(struct lab *lab, const struct rig_event *event)
{
    bool pressed = false;
    for (size_t i = 0; event->kind == RIG_EVENT_STOP && !lab->oracle.stop.edge && i < lab->actions.count;
         i++) {
        const struct rig_action *action = &lab->actions.list[i];
        pressed |= action->kind == RIG_ACTION_RECORD && action->record == RIG_RECORD_STOP;
        CHECK(lab, !pressed || action->kind != RIG_ACTION_EPOCH,
              "a second press within the second is an edge at once");
    }
}

static bool is_written_since(const struct lab *lab, const struct rig_step_spec *step)
{
    for (size_t i = 0; i < step->count; i++)
        if (lab->oracle.written_at[step->items[i].point] < lab->oracle.stop.since)
            return false;
    return true;
}

/* The first step with the edge, the others in their turn. */
void presses_are_written(struct lab *lab, const struct rig_event *event)
{
    (void)event;
    struct oracle *o = &lab->oracle;
    if (o->stop.since == 0)
        return;
    CHECK(lab, is_written_since(lab, &lab->spec.steps[0]), "a press is an edge, and nothing is written");
    if (is_written_since(lab, &lab->spec.steps[1]))
        o->stop.since = 0;
    else
        CHECK(lab, rig_is_making_safe(lab->rig), "a press was an edge, and not all is written");
}
