/* rule.h - the rule language: text to a compact program, and its evaluation in three values.
 *
 *   rule       = or
 *   or         = and { "or" and }
 *   and        = not { "and" not }
 *   not        = "not" not | comparison
 *   comparison = sum [ ( "<" | "<=" | ">" | ">=" | "==" | "!=" ) sum [ "hysteresis" number [ unit ] ] ]
 *   sum, product, unary: + - * /            (dimension-checked)
 *   primary    = literal | point | "(" or ")" | "age" "(" point ")" | "quality" "(" point ")"
 *              | "abs" "(" or ")" | "min" "(" or "," or ")" | "max" "(" or "," or ")"
 *   literal    = number [ unit ] | "on" | "off" | "open" | "closed" | "true" | "false"
 *              | a choice of the point compared with
 *
 * A boolean point stands for itself. Units are checked and converted when the rule is compiled. Evaluation is
 * Kleene's strong three-valued logic: an input that is not good makes what depends on it unknown; a
 * comparison with NaN is unknown. The caller decides what unknown means: never for a permissive, always for a
 * trip (promise S6). Compiling allocates once; evaluation allocates nothing and has no loops beyond the
 * program's length.
 *
 * "p > 80 degC hysteresis 5 K" becomes true above 80 degC and false again at 75 degC: the deadband of
 * ANSI/ISA-18.2, the HYSTERESIS block of IEC 61131-3. Where an input is unknown the comparison is, and begins
 * anew at its set point afterwards: a band vouches for nothing that happened unseen. */
#ifndef GATEWAY_RIG_RULE_H
#define GATEWAY_RIG_RULE_H

#include "gateway/rig/unit.h"
#include "gateway/rig/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rig_truth { RIG_FALSE, RIG_TRUE, RIG_UNKNOWN };

struct rig_program; /* immutable after compiling */

struct rig_choice {
    const char *name;
    int number;
};

/* How the compiler sees a point. */
struct rig_rule_point {
    uint16_t index; /* in the rig's points */
    enum rig_type type;
    const struct rig_unit *unit;
    const struct rig_choice *choices; /* RIG_CHOICE: ends with a NULL name */
    const char *on, *off; /* RIG_BOOLEAN: words that its type names, "open" and "closed"; NULL: on, off */
};

/* Looks a name up; false when there is none. */
typedef bool rig_rule_resolve(void *context, const char *name, size_t length, struct rig_rule_point *point);

struct rig_rule_error {
    size_t column; /* bytes into the text, from 0 */
    size_t name;   /* length of what stands there and could only be the name of a point; 0: something else */
    char text[200];
};

/* NULL on a mistake, which *error describes, or when memory is out (error->text says so). */
struct rig_program *rig_rule_compile(const char *text, rig_rule_resolve *resolve, void *context,
                                     struct rig_rule_error *error);
void rig_rule_destroy(struct rig_program *program); /* accepts NULL */

/* Which of a program's comparisons with a hysteresis hold, a bit each; 0 at first. */
typedef uint32_t rig_rule_held;
#define RIG_RULE_HELD_MAX 32

/* values: the rig's points by index. An age is `now` minus the sample's time. held: NULL judges at the set
 * points, without hysteresis. */
enum rig_truth rig_rule_evaluate(const struct rig_program *program, rig_rule_held *held,
                                 const struct rig_value *values, int64_t now);

/* The points a program reads, ascending, without repeats. */
const uint16_t *rig_rule_inputs(const struct rig_program *program, size_t *count);
/* Its result can change with time alone: it reads an age(). */
bool rig_rule_ages(const struct rig_program *program);
/* The earliest instant after `now` at which the result could change without a new sample (an age() that
 * passes its bound); INT64_MAX when there is none. */
int64_t rig_rule_next_change(const struct rig_program *program, const struct rig_value *values, int64_t now);

/* What a value can be; an end that has no bound is infinite. */
struct rig_interval {
    double low, high;
};
struct rig_possible {
    bool becomes_true, becomes_false;
    bool sticks; /* a comparison that has become true is held by its hysteresis whatever the value */
    bool divides_by_zero, may_divide_by_zero; /* for every value, for some: it is unknown there */
};
/* What the rule can come to while all its inputs are good and in their ranges, by the rig's point index. What
 * is not possible is certain; what is possible may be so only because two uses of a point are taken as
 * independent. */
struct rig_possible rig_rule_possible(const struct rig_program *program, const struct rig_interval *ranges);
/* Narrows the ranges to what the inputs can be while the rule is true, with what its hysteresis holds. False:
 * it cannot be true then. Of what is narrowed too little the same holds as above. */
bool rig_rule_narrow(const struct rig_program *program, struct rig_interval *ranges);

#endif
