/* oracle_bypass.c - bypasses (promise S15), by the oracle's own reckoning of events and records: which rules
 * are out of force, until when, and whether the session is a student's. */
#include "tests/simulation/oracle.h"

#include "tests/simulation/world.h"

#include <string.h>

#define LONGEST (8 * 3600 * S)

bool bypassed(const struct lab *lab, size_t rule)
{
    return lab->oracle.bypassed_until[rule] != 0;
}

static size_t rule_named(const struct lab *lab, const char *name)
{
    for (size_t i = 0; i < PERMISSIVES; i++)
        if (strcmp(lab->spec.permissives[i].name, name) == 0)
            return TRIPS + i;
    return trip_named(lab, name);
}

void oracle_bypass_record(struct lab *lab, const struct rig_event *event, const struct rig_action *record)
{
    int64_t *until = &lab->oracle.bypassed_until[rule_named(lab, record->rule)];
    if (record->record == RIG_RECORD_BYPASS)
        *until = event->bypass.until;
    else
        *until = 0;
}

/* One that a student booked, or has a seat in. */
void oracle_bypass_event(struct lab *lab, const struct rig_event *event)
{
    if (event->kind == RIG_EVENT_SESSION_BEGIN)
        lab->oracle.students = event->session_begin.student;
}

static bool is_students(const struct lab *lab)
{
    size_t count;
    const struct rig_seat *seats = rig_seats(lab->rig, &count);
    bool students = lab->oracle.students;
    for (size_t i = 0; !students && i < count; i++)
        students = seats[i].role == RIG_STUDENT;
    return students && rig_session(lab->rig) != 0;
}

/* ---- invariants
 * ---------------------------------------------------------------------------------------------- */

void bypass_is_technicians(struct lab *lab, const struct rig_event *event, const struct rig_action *record)
{
    if (record->record != RIG_RECORD_BYPASS)
        return;
    lab->world->tally.bypasses++;
    CHECK(lab, event->kind == RIG_EVENT_BYPASS && event->bypass.set && event->bypass.role == RIG_TECHNICIAN,
          "a rule is bypassed by who may not");
    CHECK(lab, record->account == event->bypass.account, "a bypass is recorded as somebody else's");
    CHECK(lab, event->bypass.until > lab->now && event->bypass.until - lab->now <= LONGEST,
          "a bypass of %.0f s", (double)(event->bypass.until - lab->now) / 1e9);
    CHECK(lab, lab->oracle.recording, "a rule is bypassed while nothing is recorded");
}

void bypassed_does_not_act(struct lab *lab, const struct rig_event *event, const struct rig_action *record)
{
    (void)event;
    bool acts = record->record == RIG_RECORD_TRIP || record->record == RIG_RECORD_PERMISSIVE_LOST;
    if (acts && record->rule)
        CHECK(lab, !bypassed(lab, rule_named(lab, record->rule)), "%s acts, and is bypassed", record->rule);
}

void no_bypass_in_students_session(struct lab *lab)
{
    for (size_t rule = 0; is_students(lab) && rule < TRIPS + PERMISSIVES; rule++)
        CHECK(lab, rig_bypassed_until(lab->rig, rule) == 0 && !bypassed(lab, rule),
              "rule %zu is bypassed in a student's session", rule);
}

/* Whoever looks sees it, and each beginning and end is a record. */
void bypasses_show(struct lab *lab)
{
    const struct oracle *o = &lab->oracle;
    bool changed = false;
    for (size_t rule = 0; rule < TRIPS + PERMISSIVES; rule++) {
        int64_t until = rig_bypassed_until(lab->rig, rule);
        CHECK(lab, until == o->bypassed_until[rule],
              "what is shown of the bypass of rule %zu was never recorded", rule);
        CHECK(lab, until == 0 || until > lab->now, "the bypass of rule %zu goes on after its end", rule);
        changed |= until != o->before.bypassed_until[rule];
    }
    CHECK(lab, !changed || rig_status_revision(lab->rig) > o->before.status_revision,
          "a bypass begins or ends and nobody sees it");
}
