/* clock.h - times are int64_t nanoseconds of CLOCK_MONOTONIC; durations are written "20ms", "1.5s", "300us".
 */
#ifndef DRIVERS_SIM_CLOCK_H
#define DRIVERS_SIM_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_SECOND      INT64_C(1000000000)
#define CLOCK_MILLISECOND INT64_C(1000000)
#define CLOCK_MICROSECOND INT64_C(1000)
#define CLOCK_NEVER       INT64_MAX

int64_t clock_now(void);
bool clock_parse_duration(const char *text, int64_t *duration);

#endif
