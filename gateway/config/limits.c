/* The limit of an output: ranges by role, slew, rate, times and totals. */
#include "gateway/config/interlocks.h"
#include "gateway/config/values.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

static const char *const roles[RIG_LIMITED_ROLES] = {
    [RIG_STUDENT] = "student", [RIG_TEACHER] = "teacher", [RIG_TECHNICIAN] = "technician"};

static bool is_number(const struct rig_point_spec *point)
{
    return point->type == RIG_NUMBER || point->type == RIG_INTEGER;
}

static void read_range(struct rig_build *rig, const struct node *node, const struct rig_point_spec *point,
                       struct rig_range *range)
{
    struct loader *loader = rig->loader;
    struct rig_range given;
    if (!value_read_range(loader, node, point, &given.minimum, &given.maximum))
        return;
    if (given.minimum < point->minimum || given.maximum > point->maximum)
        report(loader, node, "is wider than the range of %s; a limit can only narrow it", point->name);
    else if (point->safe < given.minimum || point->safe > given.maximum)
        report(loader, node, "leaves out the safe value of %s", point->name);
    else if (point->type == RIG_INTEGER &&
             (given.minimum != floor(given.minimum) || given.maximum != floor(given.maximum)))
        report(loader, node, "must begin and end with a whole number");
    else
        *range = given;
}

/* A role that is not named has the point's range. */
static void read_ranges(struct rig_build *rig, const struct node *node, const struct rig_point_spec *point,
                        struct rig_limit_spec *limit)
{
    if (node->kind != NODE_MAPPING) {
        read_range(rig, node, point, &limit->range[RIG_STUDENT]);
        return;
    }
    for (const struct node *entry = node->first; entry; entry = entry->next) {
        size_t role = 0;
        while (role < RIG_LIMITED_ROLES && strcmp(entry->key, roles[role]) != 0)
            role++;
        if (role == RIG_LIMITED_ROLES)
            report_key(rig->loader, entry, "must be student, teacher or technician");
        else
            read_range(rig, entry, point, &limit->range[role]);
    }
    for (size_t role = RIG_TEACHER; role < RIG_LIMITED_ROLES; role++)
        if (limit->range[role].minimum > limit->range[role - 1].minimum ||
            limit->range[role].maximum < limit->range[role - 1].maximum)
            report(rig->loader, node, "allows a %s what it refuses a %s", roles[role - 1], roles[role]);
}

static void read_slew(struct rig_build *rig, const struct interlock_form *form,
                      const struct rig_point_spec *point, struct rig_limit_spec *limit)
{
    if (!is_number(point))
        report_key(rig->loader, form->slew, "only numbers have a slew; remove it");
    else if (value_read_slew(rig->loader, form->slew, point, &limit->slew) && point->type == RIG_INTEGER &&
             limit->slew * (double)limit->ramp_step < 1e9)
        report(rig->loader, form->slew,
               "is less than 1 in a ramp_step, and %s is an integer; lengthen ramp_step", point->name);
}

/* What the total adds up: a point, or a quantity that flows whenever the output is on. */
static const struct rig_unit *read_totalizes(struct rig_build *rig, const struct node *node,
                                             struct rig_limit_spec *limit, const char **name)
{
    const struct rig_unit *unit = NULL;
    if (isdigit((unsigned char)*node->text)) {
        *name = node->text;
        return value_read_flow(rig->loader, node, &unit, &limit->flow) ? unit : NULL;
    }
    uint16_t index;
    if (!rig_point_at(rig, node, &index) || rig->broken[index] || !interlock_input(rig, node, index))
        return NULL;
    const struct rig_point_spec *point = &rig->points[index];
    *name = point->name;
    if (!is_number(point) || point->unit->offset != 0)
        report(rig->loader, node, "%s does not add up to anything; name a number such as a power or a flow",
               point->name);
    else if (!isfinite(point->maximum))
        report(rig->loader, node,
               "%s has no range, and its maximum counts while it cannot be read; give it one", point->name);
    else
        unit = point->unit;
    limit->totalized = index;
    return unit;
}

static void read_total(struct rig_build *rig, const struct interlock_form *form, struct rig_limit_spec *limit)
{
    const char *name;
    if (!form->total || !form->totalizes) {
        report_key(rig->loader, form->total ? form->total : form->totalizes,
                   "total and totalizes go together: how much, and of what");
        return;
    }
    const struct rig_unit *unit = read_totalizes(rig, form->totalizes, limit, &name);
    if (unit)
        value_read_total(rig->loader, form->total, unit, name, &limit->total);
}

/* "student 0 % .. 60 %, teacher 0 % .. 80 %" */
static const char *range_text(struct rig_build *rig, const struct node *range)
{
    struct arena *memory = rig->loader->memory;
    if (range->kind == NODE_SCALAR)
        return arena_format(memory, "%s %s", roles[RIG_STUDENT], range->text);
    const char *text = "";
    for (const struct node *entry = range->first; entry; entry = entry->next)
        if (entry->kind == NODE_SCALAR)
            text = arena_format(memory, "%s%s%s %s", text, *text ? ", " : "", entry->key, entry->text);
    return text;
}

/* "slew 20 %/s, on_for 10 min" */
static const char *text_of(struct rig_build *rig, const struct node *limit)
{
    const char *text = "";
    for (const struct node *entry = limit->first; entry; entry = entry->next) {
        if (!strcmp(entry->key, "limit") || !strcmp(entry->key, "name"))
            continue;
        bool range = !strcmp(entry->key, "range");
        text = arena_format(rig->loader->memory, "%s%s%s %s", text, *text ? ", " : "", entry->key,
                            range                        ? range_text(rig, entry)
                            : entry->kind == NODE_SCALAR ? entry->text
                                                         : "");
    }
    return text;
}

void limit_read(struct rig_build *rig, const struct interlock_form *form, uint16_t index,
                struct rig_limit_spec *limit)
{
    struct loader *loader = rig->loader;
    const struct rig_point_spec *point = &rig->points[index];
    const struct rig_range whole = {point->minimum, point->maximum};
    *limit = (struct rig_limit_spec){
        .name = *form->name ? form->name : arena_format(loader->memory, "limit of %s", point->name),
        .text = text_of(rig, form->of->parent),
        .of = index,
        .range = {whole, whole, whole},
        .ramp_step = form->ramp_step,
        .on_for = form->on_for,
        .off_for = form->off_for,
        .starts = (unsigned)form->starts,
        .totalized = RIG_NONE,
    };
    if (form->slew)
        read_slew(rig, form, point, limit);
    if (form->rate)
        value_read_rate(loader, form->rate, &limit->rate);
    if (form->range)
        read_ranges(rig, form->range, point, limit);
    if (form->total || form->totalizes)
        read_total(rig, form, limit);
    if (!form->slew && !form->rate && !form->range && !form->on_for && !form->off_for && !form->starts &&
        !form->total && !form->totalizes)
        report_key(loader, form->of,
                   "limits nothing; add range, slew, rate, on_for, off_for, starts or total");
}
