/* lab.c - the core's shell as the gateway's control process is one: events in order of their time, the core's
 * deadlines as ticks, its actions carried out in their order. */
#include "tests/simulation/lab.h"

#include "tests/simulation/conform.h"
#include "tests/simulation/oracle.h"
#include "tests/simulation/world.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void lab_fail(struct lab *lab, const char *format, ...)
{
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const struct oracle *o = &lab->oracle;
    world_fail(lab->world, "%s%s%s%srig %d, event %" PRIu64 ": %s", o->promise ? o->promise : "",
               o->promise ? ": " : "", o->text ? o->text : "", o->text ? "; " : "", lab->index, lab->events,
               text);
}

static void trace_event(const struct lab *lab, const struct rig_event *event)
{
    printf("%.6f rig %d event %d seat %u request %" PRIu64 " (condition %s, epoch %" PRIu64 ")\n",
           (double)lab->now / 1e9, lab->index, (int)event->kind, event->seat, event->request,
           rig_condition_name(rig_condition(lab->rig)), rig_epoch(lab->rig));
}

static void trace_action(const struct lab *lab, const struct rig_action *action)
{
    static const char *const kinds[] = {"write",  "read",   "epoch",  "capture", "cancel-captures",
                                        "answer", "record", "notice", "durable"};
    const char *point = action->point < POINTS ? lab->spec.points[action->point].name : "-";
    bool record = action->kind == RIG_ACTION_RECORD || action->kind == RIG_ACTION_NOTICE;
    printf("    %s %s %s %g %s %s %s epoch %" PRIu64 "%s\n", kinds[action->kind],
           record ? rig_record_name(action->record) : "", point, action->number,
           action->rule ? action->rule : "", record ? rig_edge_name(action->edge) : "",
           rig_refusal_name(action->refusal), action->epoch,
           action->safe        ? " safe"
           : action->heartbeat ? " heartbeat"
                               : "");
}

void lab_durable_failed(struct lab *lab)
{
    lab->next = 0;
    lab->durable_at = lab->now + S;
}

static void hand_durable(struct lab *lab)
{
    lab->durable_at = 0;
    lab->handed = *rig_durable(lab->rig);
    struct ledger_request request = {.kind = LEDGER_RIG, .rig = lab->index, .durable = lab->handed};
    if (!ledger_put(lab->world, &request))
        lab_durable_failed(lab);
}

static void carry_out(struct lab *lab, const struct rig_action *action)
{
    if (lab->world->trace)
        trace_action(lab, action);
    switch (action->kind) {
    case RIG_ACTION_WRITE:
    case RIG_ACTION_READ:
    case RIG_ACTION_EPOCH:
        line_take(lab, action);
        break;
    case RIG_ACTION_ANSWER:
        people_answer(lab, action);
        break;
    case RIG_ACTION_RECORD:
        ledger_audit(lab->world);
        break;
    case RIG_ACTION_DURABLE:
        hand_durable(lab);
        break;
    default:
        break;
    }
}

void lab_handle(struct lab *lab, const struct rig_event *event)
{
    lab->events++;
    lab->next = 0;
    lab->world->tally.events++;
    lab->busy = lab->busy_at == lab->now ? lab->busy + 1 : 0;
    lab->busy_at = lab->now;
    if (lab->busy > 5000)
        lab_fail(lab, "the core does not let time pass");
    if (lab->world->trace)
        trace_event(lab, event);
    oracle_before(lab, event);
    lab->actions.count = 0;
    rig_handle(lab->rig, event, lab->now, &lab->actions);
    for (size_t i = 0; i < lab->actions.count; i++)
        carry_out(lab, &lab->actions.list[i]);
    oracle_after(lab, event);
}

static void begin(struct lab *lab, uint64_t epoch, const struct rig_durable *durable)
{
    lab->handed = *durable;
    lab->rig = rig_create(&lab->spec.rig, epoch, durable);
    if (!lab->rig)
        lab_fail(lab, "the rig was not created");
    oracle_begin(lab);
    conform_start(lab);
    lab_handle(lab, &(struct rig_event){.kind = RIG_EVENT_TICK});
}

void lab_start(struct lab *lab)
{
    struct ledger *ledger = &lab->world->ledger;
    lab->durable_at = 0;
    begin(lab, ledger->boot << 32, &ledger->rigs[lab->index]);
}

/* Nobody waits for an answer of the old core: it was shut down. */
void lab_exchange(struct lab *lab)
{
    const struct rig_durable durable = *rig_durable(lab->rig);
    uint64_t epoch = rig_epoch(lab->rig) + 1;
    for (size_t i = 0; i < REQUESTS; i++)
        if (lab->requests[i].open)
            lab_fail(lab, "a request of kind %d is lost with its rig's configuration",
                     (int)lab->requests[i].kind);
    lab_die(lab);
    spec_finish(&lab->spec);
    spec_init(&lab->spec, &lab->random, lab->world->calm);
    begin(lab, epoch, &durable);
    if (memcmp(&durable, rig_durable(lab->rig), sizeof durable) != 0)
        lab_fail(lab, "with another configuration the rig has forgotten a stop, a trip or a lock-out");
    hand_durable(lab);
}

/* Whatever it was doing. The plant goes on meanwhile. */
void lab_die(struct lab *lab)
{
    rig_destroy(lab->rig);
    memset(lab->requests, 0, sizeof lab->requests);
    lab->session = 0;
    for (size_t i = 0; i < LINKS; i++)
        line_forget(&lab->lines[i]);
    for (size_t i = 0; i < PEOPLE; i++)
        lab->people[i].sitting = 0;
}

void lab_open(struct lab *lab)
{
    static const struct {
        enum rig_role role;
        enum rig_seat_kind wanted;
        bool may_control;
    } people[PEOPLE] = {
        {RIG_STUDENT,    RIG_SEAT_OBSERVER,   true },
        {RIG_STUDENT,    RIG_SEAT_OBSERVER,   true },
        {RIG_STUDENT,    RIG_SEAT_OBSERVER,   false},
        {RIG_TEACHER,    RIG_SEAT_TEACHER,    true },
        {RIG_TECHNICIAN, RIG_SEAT_TECHNICIAN, true },
        {RIG_SCHEDULER,  RIG_SEAT_OBSERVER,   true },
    };
    lab->staff_is_far = lab->world->lab_count > 1 && random_chance(&lab->random, 0.5);
    spec_init(&lab->spec, &lab->random, lab->world->calm);
    lab->plant = (struct plant){.at = lab->now, .level = 0.3, .temperature = 20};
    lab->plant.set[DRAIN] = lab->plant.position[DRAIN] = random_chance(&lab->random, 0.5);
    lab->plant.set[PUMP] = random_chance(&lab->random, 0.5) ? 40 : 0;
    for (size_t i = 0; i < PEOPLE; i++)
        lab->people[i] = (struct person){.account = i + 1,
                                         .role = people[i].role,
                                         .wanted = people[i].wanted,
                                         .may_control = people[i].may_control};
    for (uint16_t i = 0; i < LINKS; i++)
        lab->lines[i].index = i;
    lab->actions.capacity = rig_actions_bound(&lab->spec.rig);
    lab->actions.list = calloc(lab->actions.capacity, sizeof *lab->actions.list);
    if (!lab->actions.list)
        exit(2);
    lab->staff_at = lab->trouble_at = lab->now;
}

void lab_close(struct lab *lab)
{
    rig_destroy(lab->rig);
    free(lab->actions.list);
    spec_finish(&lab->spec);
    free(lab);
}

static int64_t earliest(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t look_up_next(const struct lab *lab)
{
    int64_t next = earliest(lab->staff_at, lab->trouble_at);
    if (!lab->closed)
        next = earliest(next, rig_next_deadline(lab->rig));
    if (lab->durable_at > 0)
        next = earliest(next, lab->durable_at);
    for (size_t i = 0; i < LINKS; i++)
        next = earliest(next, line_next(lab, &lab->lines[i]));
    for (size_t i = 0; i < PEOPLE; i++)
        next = earliest(next, lab->people[i].next);
    return next;
}

int64_t lab_next(struct lab *lab)
{
    if (lab->next == 0)
        lab->next = look_up_next(lab);
    return lab->next;
}

void lab_step(struct lab *lab)
{
    lab->next = 0;
    if (!lab->closed && rig_next_deadline(lab->rig) <= lab->now)
        lab_handle(lab, &(struct rig_event){.kind = RIG_EVENT_TICK});
    for (size_t i = 0; i < LINKS; i++)
        if (line_next(lab, &lab->lines[i]) <= lab->now)
            line_step(lab, &lab->lines[i]);
    for (size_t i = 0; i < PEOPLE; i++)
        if (lab->people[i].next <= lab->now)
            people_step(lab, i);
    if (lab->durable_at > 0 && lab->durable_at <= lab->now)
        hand_durable(lab);
    if (lab->staff_at <= lab->now)
        staff_step(lab);
    if (lab->trouble_at <= lab->now)
        trouble_step(lab);
}
