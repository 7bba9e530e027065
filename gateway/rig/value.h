/* value.h - a point's value with its quality and time, and the names of both.
 *
 * Quality follows OPC UA Part 8: good, uncertain (here `stale`: older than the point allows) and bad. */
#ifndef GATEWAY_RIG_VALUE_H
#define GATEWAY_RIG_VALUE_H

#include <stdint.h>

#define RIG_TEXT_MAX 64 /* bytes of a text value with its NUL */

enum rig_quality { RIG_BAD, RIG_STALE, RIG_GOOD };

enum rig_type { RIG_BOOLEAN, RIG_INTEGER, RIG_NUMBER, RIG_CHOICE, RIG_TEXT };

/* Every type but text is carried as a number: booleans 0 or 1, choices by their number. int32, uint32 and
 * float32 are exact in a double. */
struct rig_value {
    double number; /* in the point's unit; meaningless while quality is bad and `at` is 0 */
    enum rig_quality quality;
    int64_t at; /* monotonic ns of the sample; 0: never sampled */
};

const char *rig_quality_name(enum rig_quality quality); /* "good" */

#endif
