/* lab.c - time, and the core's shell as the gateway's control process is one: events in order of their time,
 * the core's deadlines as ticks, its actions carried out in their order. */
#include "tests/simulation/lab.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014: splitmix64. */
uint64_t random_next(struct random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

double random_between(struct random *random, double low, double high)
{
    return low + (high - low) * (double)(random_next(random) >> 11) * 0x1p-53;
}

bool random_chance(struct random *random, double probability)
{
    return random_between(random, 0, 1) < probability;
}

int64_t random_time(struct random *random, int64_t low, int64_t high)
{
    return low + (int64_t)(random_next(random) % (uint64_t)(high - low + 1));
}

size_t random_below(struct random *random, size_t bound)
{
    return random_next(random) % bound;
}

void lab_fail(struct lab *lab, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    printf("FAILED at %.6f s of seed %" PRIu64 " (event %" PRIu64 "): ", (double)lab->now / 1e9, lab->seed,
           lab->events);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\nreproduce: make simulate SEED=%" PRIu64 " HOURS=%" PRId64 "\n", lab->seed, lab->hours);
    exit(1);
}

static void trace_event(const struct lab *lab, const struct rig_event *event)
{
    printf("%.6f event %d seat %u request %" PRIu64 " (condition %s, epoch %" PRIu64 ")\n",
           (double)lab->now / 1e9, (int)event->kind, event->seat, event->request,
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

static void carry_out(struct lab *lab, const struct rig_action *action)
{
    if (lab->trace)
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
    case RIG_ACTION_DURABLE:
        lab->stored = *rig_durable(lab->rig);
        break;
    default:
        break;
    }
}

void lab_handle(struct lab *lab, const struct rig_event *event)
{
    lab->events++;
    lab->busy = lab->busy_at == lab->now ? lab->busy + 1 : 0;
    lab->busy_at = lab->now;
    if (lab->busy > 5000)
        lab_fail(lab, "the core does not let time pass");
    if (lab->trace)
        trace_event(lab, event);
    oracle_before(lab, event);
    lab->actions.count = 0;
    rig_handle(lab->rig, event, lab->now, &lab->actions);
    for (size_t i = 0; i < lab->actions.count; i++)
        carry_out(lab, &lab->actions.list[i]);
    oracle_after(lab, event);
}

static void start(struct lab *lab)
{
    lab->boot++;
    lab->rig = rig_create(&lab->spec.rig, lab->boot << 32, &lab->stored);
    if (!lab->rig)
        lab_fail(lab, "the rig was not created");
    oracle_begin(lab);
    struct rig_event tick = {.kind = RIG_EVENT_TICK};
    lab_handle(lab, &tick);
}

/* The gateway dies, whatever it was doing, and comes back with what was durable. The plant goes on meanwhile.
 */
void lab_restart(struct lab *lab)
{
    lab->restarts++;
    rig_destroy(lab->rig);
    memset(lab->requests, 0, sizeof lab->requests);
    lab->session = 0;
    for (size_t i = 0; i < LINKS; i++) {
        line_forget(&lab->lines[i]);
        lab->lines[i].poll_at = lab->now;
    }
    for (size_t i = 0; i < PEOPLE; i++)
        lab->people[i].seat = 0;
    lab->now += random_time(&lab->random, 10 * MS, 5 * S);
    plant_step(&lab->plant, lab->now);
    start(lab);
}

static void open_lab(struct lab *lab)
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
    spec_init(&lab->spec, &lab->random);
    lab->now = S;
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
    start(lab);
}

static int64_t earliest(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t next_instant(const struct lab *lab)
{
    int64_t next = earliest(rig_next_deadline(lab->rig), earliest(lab->staff_at, lab->trouble_at));
    for (size_t i = 0; i < LINKS; i++)
        next = earliest(next, line_next(&lab->lines[i]));
    for (size_t i = 0; i < PEOPLE; i++)
        next = earliest(next, lab->people[i].next);
    return next;
}

void lab_run(struct lab *lab)
{
    open_lab(lab);
    int64_t end = lab->hours * 3600 * S;
    const struct rig_event tick = {.kind = RIG_EVENT_TICK};
    while (lab->now < end) {
        int64_t next = next_instant(lab);
        lab->now = next > lab->now ? next : lab->now;
        if (rig_next_deadline(lab->rig) <= lab->now) {
            if (random_chance(&lab->random, 0.2))
                lab->now += random_time(&lab->random, 0, MS); /* the loop wakes late */
            lab_handle(lab, &tick);
        }
        for (size_t i = 0; i < LINKS; i++)
            if (line_next(&lab->lines[i]) <= lab->now)
                line_step(lab, &lab->lines[i]);
        for (size_t i = 0; i < PEOPLE; i++)
            if (lab->people[i].next <= lab->now)
                people_step(lab, i);
        if (lab->staff_at <= lab->now)
            staff_step(lab);
        if (lab->trouble_at <= lab->now)
            trouble_step(lab);
    }
    rig_destroy(lab->rig);
    free(lab->actions.list);
    spec_finish(&lab->spec);
}
