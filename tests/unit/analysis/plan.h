/* plan.h - a unit with two polls, an output and a heartbeat, on two kinds of line, that the tests count on.
 */
#ifndef TESTS_UNIT_ANALYSIS_PLAN_H
#define TESTS_UNIT_ANALYSIS_PLAN_H

#include "drivers/line_time.h"
#include "gateway/analysis/reaction.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MS   INT64_C(1000000)
#define LATE (MS - 1) /* the thread of a TCP line wakes on whole milliseconds */

static const struct driver_line_spec tcp = {
    .host = "h", .port = 1, .timeout = 100 * MS, .turnaround = 5 * MS};
static const struct driver_line_spec rtu = {
    .serial = true, .baud = 11000, .timeout = 100 * MS, .turnaround = 5 * MS}; /* 1 ms a character */

static const uint16_t points[] = {0, 1, 2};

/* One unit: 10 ms every 100 ms, and 20 ms every second. */
static const struct analysis_read reads[] = {
    {100 * MS,  10 * MS, &points[0], 1, false},
    {1000 * MS, 20 * MS, &points[1], 1, false},
    {0,         30 * MS, &points[2], 1, false},
};
static const int64_t writes[] = {0, 8 * MS, 0};
static const struct analysis_unit unit = {.rig = 0,
                                          .reads = reads,
                                          .read_count = 3,
                                          .writes = writes,
                                          .point_count = 3,
                                          .outputs = 1,
                                          .beat = 200 * MS,
                                          .beat_time = 6 * MS};

#endif
