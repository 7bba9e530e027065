/* The rules of a large rig: what a comparison costs, whether evaluating allocates, and what share of a core a
 * rig of 500 points and 200 rules takes that is sampled at 100 Hz. The core alone; fast_rig.py measures the
 * daemon. */
#include "gateway/rig/rig.h"
#include "tests/bench/bench.h"

#include <stdint.h>
#include <string.h>
#include <time.h>

#define MS INT64_C(1000000)
#define S  INT64_C(1000000000)

enum {
    POINTS = 500,
    BATCH = 125, /* of one transaction */
    RULES = 200,
    COMPARISONS = 3, /* of each rule */
    ROUNDS = 20000,
    SECONDS = 60,
    EVERY = 10, /* ms */
};

/* --- every allocation of this program is counted -------------------------------------------------- */

static uint64_t allocations;

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);

void *malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    allocations++;
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    allocations++;
    return __libc_realloc(old, size);
}

/* --- the rig -------------------------------------------------------------------------------------- */

static struct {
    struct rig_point_spec points[POINTS];
    char names[POINTS][16];
    struct rig_instrument_spec instrument;
    struct rig_assignment shown;
    struct rig_step_spec step;
    struct rig_trip_spec trips[RULES];
    struct rig_spec spec;
    struct rig *core;
    struct rig_actions actions;
    struct rig_sample samples[POINTS];
} rig;

static bool resolve(void *context, const char *name, size_t length, struct rig_rule_point *point)
{
    (void)context;
    for (uint16_t i = 0; i < POINTS; i++)
        if (strlen(rig.names[i]) == length && !memcmp(rig.names[i], name, length)) {
            *point = (struct rig_rule_point){.index = i, .type = RIG_NUMBER, .unit = rig.points[i].unit};
            return true;
        }
    return false;
}

static const struct rig_program *compile(const char *text)
{
    struct rig_rule_error error;
    const struct rig_program *program = rig_rule_compile(text, resolve, NULL, &error);
    if (!program) {
        fprintf(stderr, "rules: %s: %s\n", text, error.text);
        exit(99);
    }
    return program;
}

/* Each rule reads three points of its own part of the rig, and has both sorts of connectives. */
static void describe(void)
{
    for (uint16_t i = 0; i < POINTS; i++) {
        snprintf(rig.names[i], sizeof rig.names[i], "plc.p%u", i);
        rig.points[i] = (struct rig_point_spec){.name = rig.names[i],
                                                .type = RIG_NUMBER,
                                                .unit = rig_unit_find("degC", 4),
                                                .readable = true,
                                                .minimum = -1000,
                                                .maximum = 1000,
                                                .readback = RIG_NONE,
                                                .poll = EVERY * MS,
                                                .stale_after = 3 * EVERY * MS};
    }
    for (unsigned i = 0; i < RULES; i++) {
        char text[128];
        snprintf(text, sizeof text, "plc.p%u > 80 degC and plc.p%u < 20 degC or not plc.p%u < 300 degC",
                 i * 2 % POINTS, (i * 2 + 1) % POINTS, (i * 7 + 3) % POINTS);
        rig.trips[i] = (struct rig_trip_spec){.name = "rule", .text = "", .when = compile(text)};
    }
    rig.instrument = (struct rig_instrument_spec){.name = "plc"};
    rig.spec = (struct rig_spec){
        .name = "large",
        .points = rig.points,
        .point_count = POINTS,
        .instruments = &rig.instrument,
        .instrument_count = 1,
        .link_count = 1,
        .trips = rig.trips,
        .trip_count = RULES,
        .heartbeat = {.point = RIG_NONE},
        .local_mode = RIG_NONE,
        .presence = 8 * S,
        .resume_window = 20 * S,
    };
}

static void handle(const struct rig_event *event, int64_t now)
{
    rig.actions.count = 0;
    rig_handle(rig.core, event, now, &rig.actions);
    for (size_t i = 0; i < rig.actions.count; i++)
        if (rig.actions.list[i].kind == RIG_ACTION_EPOCH) {
            struct rig_event ack = {
                .kind = RIG_EVENT_EPOCH_ACK,
                .epoch_ack = {rig.actions.list[i].link, rig.actions.list[i].epoch}
            };
            rig.actions.count = 0;
            rig_handle(rig.core, &ack, now, &rig.actions);
        }
}

/* One poll of everything; `share` of the points shows another value than before. */
static void poll_all(int64_t now, unsigned round, unsigned share)
{
    for (unsigned i = 0; i < POINTS; i++)
        rig.samples[i] = (struct rig_sample){
            .point = (uint16_t)i, .good = true, .number = 40 + (i % 100 < share ? round % 7 : 0)};
    for (unsigned first = 0; first < POINTS; first += BATCH) {
        struct rig_event event = {
            .kind = RIG_EVENT_SAMPLES,
            .samples = {.list = rig.samples + first, .count = BATCH, .at = now, .asked = now - MS}
        };
        handle(&event, now);
    }
}

static int64_t start(void)
{
    int64_t now = S;
    rig.core = rig_create(&rig.spec, 1, NULL);
    rig.actions.capacity = rig_actions_bound(&rig.spec);
    rig.actions.list = calloc(rig.actions.capacity, sizeof *rig.actions.list);
    if (!rig.core || !rig.actions.list)
        exit(99);
    handle(&(struct rig_event){.kind = RIG_EVENT_INSTRUMENT, .instrument = {.up = true}}, now);
    for (unsigned round = 0; round < 20; round++, now += EVERY * MS)
        poll_all(now, round, 100);
    if (rig_condition(rig.core) != RIG_SAFE) {
        fprintf(stderr, "rules: the rig is not safe but in condition %d\n", (int)rig_condition(rig.core));
        exit(99);
    }
    return now;
}

/* --- figures -------------------------------------------------------------------------------------- */

static double spent(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void comparisons(void)
{
    static struct rig_value values[POINTS];
    static rig_rule_held held[RULES];
    unsigned long truths = 0;
    for (unsigned i = 0; i < POINTS; i++)
        values[i] = (struct rig_value){.number = i % 100, .quality = RIG_GOOD, .at = S};
    uint64_t before = allocations;
    double began = spent();
    for (unsigned round = 0; round < ROUNDS; round++) {
        values[round % POINTS].number = round % 100;
        for (unsigned i = 0; i < RULES; i++)
            truths += rig_rule_evaluate(rig.trips[i].when, &held[i], values, 2 * S) == RIG_TRUE;
    }
    double took = spent() - began;
    fprintf(stderr, "rules: %lu of %d evaluations true\n", truths, ROUNDS * RULES);
    bench_at_most("rule evaluation, a comparison", took * 1e9 / ((double)ROUNDS * RULES * COMPARISONS), 50,
                  "ns");
    bench_at_most("rule evaluation, allocations", (double)(allocations - before), 0, "");
}

static int64_t load(int64_t now, unsigned share, const char *name)
{
    uint64_t before = allocations;
    double began = spent();
    for (unsigned round = 0; round < SECONDS * 1000 / EVERY; round++, now += EVERY * MS)
        poll_all(now, round, share);
    double took = spent() - began;
    bench_at_most(name, 100 * took / SECONDS, 5, "%");
    if (allocations != before)
        bench_at_most("  allocations of that", (double)(allocations - before), 0, "");
    return now;
}

int main(void)
{
    describe();
    comparisons();
    int64_t now = start();
    now = load(now, 100, "core of a rig, 500 points, 200 rules, 100 Hz, all changing");
    load(now, 10, "the same, a tenth changing");
    return 0;
}
