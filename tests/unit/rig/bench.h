/* bench.h - a small rig on a bench for the unit tests: two instruments on two lines, whose writes are carried
 * out and whose points are polled every 100 ms, unless a test tells them not to. */
#ifndef TESTS_UNIT_RIG_BENCH_H
#define TESTS_UNIT_RIG_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "gateway/rig/rig.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MS 1000000LL
#define S  1000000000LL

enum { LEVEL, HOT, PUMP, PUMP_SHOWN, VALVE, VALVE_SHOWN, BEAT, LOCAL, LAMP, POINTS };
enum { PLC, PANEL, INSTRUMENTS };
enum { LOG = 65536 };
#define BENCH_WHOLE                                                                                          \
    {                                                                                                        \
        {0, 100}, {0, 100},                                                                                  \
        {                                                                                                    \
            0, 100                                                                                           \
        }                                                                                                    \
    } /* of the pump, for every role */

struct bench {
    struct rig_spec spec;
    struct rig_point_spec points[POINTS];
    struct rig_instrument_spec instruments[INSTRUMENTS];
    struct rig_assignment off[3], shown[2], trip_drives[2];
    struct rig_step_spec steps[3];
    struct rig_trip_spec trips[2];
    struct rig_permissive_spec permissives[2];
    struct rig_exclusive_spec exclusives[1];
    uint16_t excluded[2];
    struct rig_limit_spec limits[1];
    struct rig *rig;
    struct rig_actions actions;
    struct rig_action log[LOG];
    size_t logged, done; /* actions seen, and carried out */
    int64_t now, poll_at;
    double shown_value[POINTS];
    bool bad[POINTS];
    bool mute[INSTRUMENTS];  /* neither polled nor written */
    bool stuck;              /* writes are acknowledged and do nothing */
    bool no_acknowledgement; /* of epochs */
    uint64_t request;
    uint64_t sequence;
};

static bool bench_resolve(void *context, const char *name, size_t length, struct rig_rule_point *point)
{
    struct bench *b = context;
    for (uint16_t i = 0; i < POINTS; i++) {
        const struct rig_point_spec *p = &b->points[i];
        if (strlen(p->name) == length && memcmp(p->name, name, length) == 0) {
            *point = (struct rig_rule_point){i, p->type, p->unit, p->choices, p->on, p->off};
            return true;
        }
    }
    return false;
}

static inline struct rig_program *bench_compile(struct bench *b, const char *text)
{
    struct rig_rule_error error;
    struct rig_program *program = rig_rule_compile(text, bench_resolve, b, &error);
    if (!program)
        fail_msg("%s: %s", text, error.text);
    return program;
}

static inline void bench_point(struct bench *b, int point, const char *name, enum rig_type type,
                               const char *unit, uint16_t instrument)
{
    b->points[point] = (struct rig_point_spec){.name = name,
                                               .type = type,
                                               .unit = rig_unit_find(unit, strlen(unit)),
                                               .instrument = instrument,
                                               .readable = true,
                                               .minimum = -1000,
                                               .maximum = 1000,
                                               .readback = RIG_NONE,
                                               .poll = 100 * MS,
                                               .stale_after = 300 * MS};
}

static inline void bench_output(struct bench *b, int point, double maximum, int readback, double tolerance)
{
    struct rig_point_spec *p = &b->points[point];
    p->output = true;
    p->readable = false;
    p->poll = p->stale_after = 0;
    p->minimum = 0;
    p->maximum = maximum;
    p->readback = (uint16_t)readback;
    p->tolerance = tolerance;
    p->within = S;
}

/* A spec that a test may still change before bench_start(). */
static inline struct bench *bench_new(void)
{
    struct bench *b = calloc(1, sizeof *b);
    assert_non_null(b);
    bench_point(b, LEVEL, "plc.level", RIG_NUMBER, "m", PLC);
    bench_point(b, HOT, "plc.temperature", RIG_NUMBER, "degC", PLC);
    bench_point(b, PUMP, "plc.pump", RIG_NUMBER, "%", PLC);
    bench_point(b, PUMP_SHOWN, "plc.pump_speed", RIG_NUMBER, "%", PLC);
    bench_point(b, VALVE, "plc.valve", RIG_BOOLEAN, "", PLC);
    bench_point(b, VALVE_SHOWN, "plc.valve_open", RIG_BOOLEAN, "", PLC);
    bench_point(b, BEAT, "plc.heartbeat", RIG_BOOLEAN, "", PLC);
    bench_point(b, LOCAL, "plc.local", RIG_BOOLEAN, "", PLC);
    bench_point(b, LAMP, "panel.lamp", RIG_BOOLEAN, "", PANEL);
    b->points[BEAT].poll = b->points[BEAT].stale_after = 0;
    bench_output(b, PUMP, 100, PUMP_SHOWN, 1);
    bench_output(b, VALVE, 1, VALVE_SHOWN, 0);
    bench_output(b, LAMP, 1, RIG_NONE, 0);
    b->instruments[PLC] = (struct rig_instrument_spec){"plc", 0, true, false};
    b->instruments[PANEL] = (struct rig_instrument_spec){"panel", 1, true, false};
    b->off[0] = (struct rig_assignment){PUMP, 0};
    b->off[1] = (struct rig_assignment){LAMP, 0};
    b->off[2] = (struct rig_assignment){VALVE, 0};
    b->shown[0] = (struct rig_assignment){PUMP_SHOWN, 0};
    b->shown[1] = (struct rig_assignment){VALVE_SHOWN, 0};
    b->steps[0] = (struct rig_step_spec){RIG_STEP_SET, b->off, 2, S};
    b->steps[1] = (struct rig_step_spec){RIG_STEP_SET, b->off + 2, 1, S};
    b->steps[2] = (struct rig_step_spec){RIG_STEP_VERIFY, b->shown, 2, 2 * S};
    b->shown_value[LEVEL] = 0.5;
    b->shown_value[HOT] = 20;
    b->spec = (struct rig_spec){
        .name = "bench",
        .points = b->points,
        .point_count = POINTS,
        .instruments = b->instruments,
        .instrument_count = INSTRUMENTS,
        .link_count = 2,
        .safe = b->steps,
        .safe_count = 3,
        .verify_retries = 3,
        .trips = b->trips,
        .permissives = b->permissives,
        .exclusives = b->exclusives,
        .limits = b->limits,
        .heartbeat = {RIG_NONE, 0, 0},
        .local_mode = RIG_NONE,
        .command_age = 2 * S,
        .presence = 8 * S,
        .resume_window = 20 * S
    };
    b->now = S;
    return b;
}

static inline void bench_free(struct bench *b)
{
    for (size_t i = 0; i < b->spec.trip_count; i++)
        rig_rule_destroy((struct rig_program *)b->trips[i].when);
    for (size_t i = 0; i < b->spec.permissive_count; i++)
        rig_rule_destroy((struct rig_program *)b->permissives[i].when);
    rig_destroy(b->rig);
    free(b->actions.list);
    free(b);
}

/* One event, whose actions go to the log and are not carried out yet. */
static inline void bench_event(struct bench *b, const struct rig_event *event)
{
    b->actions.count = 0;
    rig_handle(b->rig, event, b->now, &b->actions);
    assert_true(b->logged + b->actions.count <= LOG);
    memcpy(b->log + b->logged, b->actions.list, b->actions.count * sizeof *b->log);
    b->logged += b->actions.count;
}

static inline void bench_samples(struct bench *b, int instrument, int64_t asked)
{
    struct rig_sample samples[POINTS];
    struct rig_event event = {.kind = RIG_EVENT_SAMPLES};
    size_t count = 0;
    for (uint16_t i = 0; i < POINTS; i++)
        if (b->points[i].instrument == instrument && b->points[i].poll > 0)
            samples[count++] =
                (struct rig_sample){.point = i, .good = !b->bad[i], .number = b->shown_value[i]};
    event.samples.list = samples;
    event.samples.count = count;
    event.samples.at = b->now;
    event.samples.asked = asked;
    bench_event(b, &event);
}

static inline void bench_written(struct bench *b, uint32_t ticket, int result)
{
    struct rig_event event = {.kind = RIG_EVENT_WRITTEN};
    event.written.ticket = ticket;
    event.written.result = result;
    bench_event(b, &event);
}

static inline void bench_write(struct bench *b, const struct rig_action *write)
{
    uint16_t instrument = b->points[write->point].instrument, readback = b->points[write->point].readback;
    if (b->mute[instrument])
        return;
    if (!b->stuck && readback != RIG_NONE)
        b->shown_value[readback] = write->number;
    bench_written(b, write->ticket, RIG_WRITE_DONE);
}

/* Carries out what the core has asked for, until it asks for nothing more. */
static inline void bench_work(struct bench *b)
{
    while (b->done < b->logged) {
        struct rig_action action = b->log[b->done++];
        b->now += 1000;
        if (action.kind == RIG_ACTION_WRITE) {
            bench_write(b, &action);
        } else if (action.kind == RIG_ACTION_READ && !b->mute[b->points[action.point].instrument]) {
            bench_samples(b, b->points[action.point].instrument, b->now);
        } else if (action.kind == RIG_ACTION_EPOCH && !b->no_acknowledgement) {
            struct rig_event event = {.kind = RIG_EVENT_EPOCH_ACK};
            event.epoch_ack.link = action.link;
            event.epoch_ack.epoch = action.epoch;
            bench_event(b, &event);
        }
    }
}

/* Lets time pass: deadlines, polls every 100 ms. */
static inline void bench_pass(struct bench *b, int64_t length)
{
    const struct rig_event tick = {.kind = RIG_EVENT_TICK};
    int64_t end = b->now + length;
    while (b->now < end) {
        int64_t next = rig_next_deadline(b->rig);
        if (b->poll_at < next)
            next = b->poll_at;
        if (next > end) {
            b->now = end;
            return;
        }
        b->now = next > b->now ? next : b->now;
        if (b->poll_at <= b->now) {
            b->poll_at = b->now + 100 * MS;
            for (int i = 0; i < INSTRUMENTS; i++)
                if (!b->mute[i])
                    bench_samples(b, i, b->now);
        }
        bench_event(b, &tick);
        bench_work(b);
    }
}

static inline void bench_instrument(struct bench *b, uint16_t instrument, bool up)
{
    struct rig_event event = {.kind = RIG_EVENT_INSTRUMENT};
    event.instrument.instrument = instrument;
    event.instrument.up = up;
    bench_event(b, &event);
}

static inline void bench_create(struct bench *b, uint64_t epoch, const struct rig_durable *durable)
{
    b->rig = rig_create(&b->spec, epoch, durable);
    assert_non_null(b->rig);
    b->actions.capacity = rig_actions_bound(&b->spec);
    b->actions.list = calloc(b->actions.capacity, sizeof *b->actions.list);
    b->poll_at = b->now;
}

/* Up, polled and verified safe. */
static inline void bench_start(struct bench *b)
{
    bench_create(b, 100, NULL);
    bench_instrument(b, PLC, true);
    bench_instrument(b, PANEL, true);
    bench_work(b);
    bench_pass(b, S);
    assert_int_equal(rig_condition(b->rig), RIG_SAFE);
}

/* The last write of a point that went out. */
static inline const struct rig_action *bench_last_write(const struct bench *b, uint16_t point)
{
    for (size_t i = b->logged; i > 0; i--)
        if (b->log[i - 1].kind == RIG_ACTION_WRITE && b->log[i - 1].point == point)
            return &b->log[i - 1];
    return NULL;
}

static inline const struct rig_action *bench_last(const struct bench *b, enum rig_action_kind kind)
{
    for (size_t i = b->logged; i > 0; i--)
        if (b->log[i - 1].kind == kind)
            return &b->log[i - 1];
    return NULL;
}

static inline const struct rig_action *bench_answer(const struct bench *b, uint64_t request)
{
    for (size_t i = b->logged; i > 0; i--)
        if (b->log[i - 1].kind == RIG_ACTION_ANSWER && b->log[i - 1].request == request)
            return &b->log[i - 1];
    return NULL;
}

static inline size_t bench_records(const struct bench *b, size_t since, enum rig_record_kind kind)
{
    size_t count = 0;
    for (size_t i = since; i < b->logged; i++)
        count += b->log[i].kind == RIG_ACTION_RECORD && b->log[i].record == kind;
    return count;
}

static inline size_t bench_writes(const struct bench *b, size_t since, uint16_t point, bool safe)
{
    size_t count = 0;
    for (size_t i = since; i < b->logged; i++)
        count += b->log[i].kind == RIG_ACTION_WRITE && b->log[i].point == point && b->log[i].safe == safe;
    return count;
}

static inline void bench_session(struct bench *b)
{
    struct rig_event event = {.kind = RIG_EVENT_SESSION_BEGIN};
    event.session_begin.session = 7;
    event.session_begin.ends = b->now + 3600 * S;
    bench_event(b, &event);
}

static inline uint32_t bench_join(struct bench *b, uint64_t account, enum rig_role role)
{
    static const enum rig_seat_kind kinds[] = {RIG_SEAT_OBSERVER, RIG_SEAT_TEACHER, RIG_SEAT_TECHNICIAN,
                                               RIG_SEAT_OBSERVER};
    struct rig_event event = {.kind = RIG_EVENT_JOIN, .request = ++b->request};
    event.join.session = 7;
    event.join.account = account;
    event.join.role = role;
    event.join.wanted = kinds[role];
    event.join.may_control = true;
    bench_event(b, &event);
    const struct rig_action *answer = bench_answer(b, b->request);
    return answer->refusal == RIG_ACCEPTED ? answer->seat : 0;
}

static inline enum rig_refusal bench_ask(struct bench *b, enum rig_event_kind kind, uint32_t seat)
{
    struct rig_event event = {.kind = kind, .request = ++b->request, .seat = seat};
    bench_event(b, &event);
    bench_work(b);
    const struct rig_action *answer = bench_answer(b, event.request);
    return answer ? answer->refusal : RIG_BUSY;
}

/* A student in control, whose seat is returned. */
static inline uint32_t bench_controlled(struct bench *b)
{
    bench_session(b);
    uint32_t seat = bench_join(b, 1, RIG_STUDENT);
    assert_int_equal(bench_ask(b, RIG_EVENT_TAKE, seat), RIG_ACCEPTED);
    assert_int_equal(rig_condition(b->rig), RIG_CONTROLLED);
    assert_int_equal(rig_controller(b->rig), seat);
    return seat;
}

static inline struct rig_event bench_command(struct bench *b, uint32_t seat, uint16_t point, double number)
{
    struct rig_event event = {.kind = RIG_EVENT_COMMAND, .request = ++b->request, .seat = seat};
    event.command.epoch = rig_epoch(b->rig);
    event.command.sequence = ++b->sequence;
    event.command.body = 1000 + b->sequence;
    event.command.point = point;
    event.command.number = number;
    return event;
}

/* NULL when it is not answered yet. */
static inline const struct rig_action *bench_set(struct bench *b, uint32_t seat, uint16_t point,
                                                 double number)
{
    struct rig_event event = bench_command(b, seat, point, number);
    bench_event(b, &event);
    bench_work(b);
    return bench_answer(b, event.request);
}

#endif
