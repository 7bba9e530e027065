/* line_time.h - the arithmetic of a line that the link keeps and that the analysis counts on: said once, so
 * that what is computed is what the line does. Pure; times in ns. */
#ifndef DRIVERS_LINE_TIME_H
#define DRIVERS_LINE_TIME_H

#include "drivers/driver.h"

/* Silence that shows that nobody is about to answer: two characters and two gaps of 3.5 (Modbus over serial
 * line 1.02, 2.5.1.1) more than the slowest instrument takes, and on a serial line not less than a driver's
 * and a USB adapter's own delays. */
int64_t driver_quiet_time(const struct driver_line_spec *line);

/* What a hold takes: on a serial line the silence, begun anew by one late reply, which takes `reply`; over
 * TCP the silence and a new connection, which a laboratory's network makes within 20 ms. */
int64_t driver_hold_time(const struct driver_line_spec *line, int64_t reply);

/* No answer comes later than this after its question (docs/line-discipline.md): for so long after a failure a
 * read on a serial line that has shown late answers is not made, unless there is another way to ask. */
#define DRIVER_LATEST_REPLY INT64_C(1500000000)

/* A line's thread sleeps until whole multiples of this, ns, so that many lines are woken at once: a poll may
 * begin so much late. At most 1 ms and a hundredth of `shortest`, the line's shortest poll period (INT64_MAX:
 * it has none); 1 on a serial line, whose silences are slept through exactly. */
int64_t driver_wake_grid(const struct driver_line_spec *line, int64_t shortest);

/* Calls `visit` with the plan for the readable points of each poll period (0: read on request only), in the
 * order in which the periods first appear in `polls`. `points` has room for all of the instrument's. Returns
 * the first result of plan() or visit() that is not 0. The reads stay the instrument's. */
typedef int driver_visit_reads(void *context, int64_t period, const struct driver_read *reads, size_t count);
int driver_plan_polls(const struct driver *driver, struct driver_instrument *instrument,
                      const struct driver_instrument_spec *spec, const struct driver_line_spec *line,
                      const int64_t *polls, uint16_t *points, driver_visit_reads *visit, void *context);

#endif
