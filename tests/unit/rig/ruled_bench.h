/* ruled_bench.h - a bench whose rig has one trip, or one permissive of its pump. */
#ifndef TESTS_UNIT_RIG_RULED_BENCH_H
#define TESTS_UNIT_RIG_RULED_BENCH_H

#include "tests/unit/rig/bench.h"

static inline struct bench *with_trip(const char *when)
{
    struct bench *b = bench_new();
    b->trips[0] = (struct rig_trip_spec){.name = "hot", .when = bench_compile(b, when), .reset = RIG_TEACHER};
    b->spec.trip_count = 1;
    return b;
}

static inline bool latched(const struct bench *b)
{
    return rig_durable(b->rig)->trips[0] & 1;
}

static inline void show(struct bench *b, int point, double number)
{
    b->shown_value[point] = number;
    bench_pass(b, 100 * MS);
}

static inline struct bench *with_permissive(bool only_to_start)
{
    struct bench *b = bench_new();
    b->permissives[0] = (struct rig_permissive_spec){.name = "water",
                                                     .when = bench_compile(b, "plc.level > 0.15 m"),
                                                     .hold = 300 * MS,
                                                     .of = PUMP,
                                                     .only_to_start = only_to_start};
    b->spec.permissive_count = 1;
    bench_start(b);
    return b;
}

#endif
