/* Rules that can come to one thing only, whatever the plant does: then the rule or a range is wrong. */
#include "gateway/config/analysis.h"
#include "gateway/config/values.h"

#include <math.h>
#include <string.h>

#define INPUTS_TEXT 300

/* "plc.level 0 m .. 0.5 m, plc.guard" */
static void inputs_text(const struct rig_build *rig, const struct rig_program *program,
                        char text[INPUTS_TEXT])
{
    size_t count, length = 0;
    const uint16_t *inputs = rig_rule_inputs(program, &count);
    snprintf(text, INPUTS_TEXT, "%s", count ? "" : "it has none");
    for (size_t i = 0; i < count && length < INPUTS_TEXT - 1; i++) {
        const struct rig_point_spec *point = &rig->points[inputs[i]];
        char low[VALUE_TEXT], high[VALUE_TEXT];
        bool bounded = isfinite(point->minimum) && isfinite(point->maximum) && point->type != RIG_BOOLEAN &&
                       point->type != RIG_CHOICE;
        int more = snprintf(text + length, INPUTS_TEXT - length, bounded ? "%s%s %s .. %s" : "%s%s",
                            i ? ", " : "", point->name, value_text(point, point->minimum, low),
                            value_text(point, point->maximum, high));
        length += more > 0 ? (size_t)more : 0;
    }
}

static struct rig_interval *whole_ranges(const struct rig_build *rig)
{
    struct rig_interval *ranges = arena_array(&rig->loader->scratch, rig->point_count, sizeof(*ranges));
    for (size_t i = 0; i < rig->point_count; i++)
        ranges[i] = (struct rig_interval){rig->points[i].minimum, rig->points[i].maximum};
    return ranges;
}

static void say_divisor(struct rig_build *rig, const struct node *when, bool always, const char *inputs,
                        const char *unknown)
{
    if (always)
        report(rig->loader, when,
               "divides by what is always 0 while its inputs are in their ranges (%s), so it is never known; "
               "correct the rule or the range",
               inputs);
    else
        remark(rig->loader, when,
               "divides by what may be 0 (%s); there it is unknown, and %s; multiply both sides instead, or "
               "narrow the range",
               inputs, unknown);
}

void analysis_range(struct rig_build *rig, const struct node *when, const struct rig_program *program,
                    const char *output, const char *unknown)
{
    struct rig_possible possible = rig_rule_possible(program, whole_ranges(rig));
    char inputs[INPUTS_TEXT];
    inputs_text(rig, program, inputs);
    if (possible.may_divide_by_zero)
        say_divisor(rig, when, possible.divides_by_zero, inputs, unknown);
    if (possible.divides_by_zero)
        return;
    if (!possible.becomes_true && output)
        report(rig->loader, when,
               "never holds while its inputs are in their ranges (%s), so %s could never be moved from its "
               "safe value; correct the rule or the range",
               inputs, output);
    else if (!possible.becomes_true)
        report(rig->loader, when,
               "can never trip while its inputs are in their ranges (%s); correct the rule or the range",
               inputs);
    else if (!possible.becomes_false && output)
        remark(rig->loader, when,
               "always holds while its inputs are in their ranges (%s): it guards against nothing but "
               "inputs that are bad",
               inputs);
    else if (!possible.becomes_false)
        report(rig->loader, when,
               "is always true while its inputs are in their ranges (%s), so the rig would be tripped for "
               "ever; correct the rule or the range",
               inputs);
    if (possible.sticks && possible.becomes_true)
        report(rig->loader, when,
               "has a hysteresis that is wider than what its inputs can fall back by (%s): once it has come "
               "true it %s whatever they are; make the hysteresis narrower",
               inputs, output ? "permits" : "stays so, and the trip cannot be reset,");
}
