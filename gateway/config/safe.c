/* The safe sequence, and the proof that it leaves nothing out (promises S1 to S3). */
#include "gateway/config/rigs.h"
#include "gateway/config/values.h"

#include <math.h>
#include <string.h>

struct step_form {
    const struct node *set, *verify;
    int64_t within, wait;
};

static const struct part set_parts[] = {
    {.name = "set",
     .kind = PART_ANY,
     .offset = offsetof(struct step_form, set),
     .form = "{plc.heater: off, plc.pump: 0 %}, or all",
     .help = "outputs and their values; all: every output its safe value, in the order of the profiles"},
    {.name = NULL},
};
static const struct option set_options[] = {
    {.name = "within",
     .type = OPTION_DURATION,
     .offset = offsetof(struct step_form, within),
     .minimum = 0.05,
     .maximum = 600,
     .fallback = "1 s",
     .help = "a write whose line is dead is given up after this, and the next step runs"},
    {.name = NULL},
};
static const struct option wait_options[] = {
    {.name = "wait",
     .type = OPTION_DURATION,
     .offset = offsetof(struct step_form, wait),
     .minimum = 0.01,
     .maximum = 3600,
     .fallback = "0 s",
     .help = "lets time pass before the next step"},
    {.name = NULL},
};
static const struct part verify_parts[] = {
    {.name = "verify",
     .kind = PART_ANY,
     .offset = offsetof(struct step_form, verify),
     .form = "{plc.heater_on: off}, or all",
     .help = "points that must read so; all: the read-back of every output shows its safe value"},
    {.name = NULL},
};
static const struct option verify_options[] = {
    {.name = "within",
     .type = OPTION_DURATION,
     .offset = offsetof(struct step_form, within),
     .minimum = 0.05,
     .maximum = 3600,
     .fallback = "2 s",
     .help = "time for all of them to become true; otherwise the sequence has failed"},
    {.name = NULL},
};

#define WHERE "A step of a rig's `safe`, which lists the steps in their order."
const struct section section_set = {"set step", WHERE, set_options, set_parts, NULL};
const struct section section_wait = {"wait step", WHERE, wait_options, NULL, NULL};
const struct section section_verify = {"verify step", WHERE, verify_options, verify_parts, NULL};

/* --- steps --- */

/* Every output's safe value, at the output itself or at its read-back. */
static void take_all(struct rig_build *rig, bool verify, struct rig_step_spec *step)
{
    struct rig_assignment *items = arena_array(rig->loader->memory, rig->point_count, sizeof(*items));
    for (uint16_t i = 0; i < rig->point_count; i++) {
        const struct rig_point_spec *point = &rig->points[i];
        uint16_t target = verify ? point->readback : i;
        if (point->output && !rig->broken[i] && target != RIG_NONE)
            items[step->count++] = (struct rig_assignment){target, point->safe};
    }
    step->items = items;
}

static void read_items(struct rig_build *rig, const struct node *node, struct rig_step_spec *step)
{
    bool verify = step->kind == RIG_STEP_VERIFY;
    if (node->kind == NODE_SCALAR && !strcmp(node->text, "all"))
        take_all(rig, verify, step);
    else if (node_is(rig->loader, node, NODE_MAPPING))
        rig_read_assignments(rig, node, !verify, &step->items, &step->count);
}

static void read_step(struct rig_build *rig, const struct node *node, struct rig_step_spec *step)
{
    static const struct {
        const char *key;
        enum rig_step_kind kind;
        const struct section *section;
    } kinds[] = {
        {"set",    RIG_STEP_SET,    &section_set   },
        {"wait",   RIG_STEP_WAIT,   &section_wait  },
        {"verify", RIG_STEP_VERIFY, &section_verify}
    };
    if (!node_is(rig->loader, node, NODE_MAPPING))
        return;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!node_get(node, kinds[i].key))
            continue;
        struct step_form form = {0};
        section_fill(rig->loader, kinds[i].section, node, &form);
        step->kind = kinds[i].kind;
        step->within = step->kind == RIG_STEP_WAIT ? form.wait : form.within;
        const struct node *items = form.set ? form.set : form.verify;
        if (items)
            read_items(rig, items, step);
        return;
    }
    report(rig->loader, node, "a step begins with set:, wait: or verify:");
}

/* --- completeness --- */

/* The last time a step of this kind names the point; NULL: never. */
static const struct rig_assignment *last_of(const struct rig_spec *spec, enum rig_step_kind kind,
                                            uint16_t point, size_t *step)
{
    for (size_t i = spec->safe_count; i-- > 0;) {
        const struct rig_step_spec *one = &spec->safe[i];
        for (size_t j = 0; one->kind == kind && j < one->count; j++) {
            if (one->items[j].point == point) {
                *step = i;
                return &one->items[j];
            }
        }
    }
    return NULL;
}

static void check_verified(struct rig_build *rig, const struct node *node, const struct rig_point_spec *point,
                           size_t set_step)
{
    size_t step;
    const struct rig_point_spec *shown = &rig->points[point->readback];
    const struct rig_assignment *verified = last_of(&rig->out->spec, RIG_STEP_VERIFY, point->readback, &step);
    char safe[VALUE_TEXT];
    value_text(shown, point->safe, safe);
    if (!verified || step < set_step)
        report_key(rig->loader, node,
                   "does not verify %s after it has set %s; add verify: {%s: %s}, or what was written is "
                   "only hoped for",
                   shown->name, point->name, shown->name, safe);
    else if (fabs(verified->number - point->safe) > point->tolerance)
        report_key(rig->loader, node, "verifies that %s is not %s, the safe value of %s; make them agree",
                   shown->name, safe, point->name);
}

static void check_output(struct rig_build *rig, const struct node *node, uint16_t index)
{
    const struct rig_point_spec *point = &rig->points[index];
    size_t step;
    const struct rig_assignment *set = last_of(&rig->out->spec, RIG_STEP_SET, index, &step);
    char safe[VALUE_TEXT], last[VALUE_TEXT];
    value_text(point, point->safe, safe);
    if (!set)
        report_key(rig->loader, node, "does not set the output %s; add set: {%s: %s}", point->name,
                   point->name, safe);
    else if (set->number != point->safe)
        report_key(rig->loader, node, "leaves %s at %s, but its safe value is %s; make them agree",
                   point->name, value_text(point, set->number, last), safe);
    else if (point->readback != RIG_NONE)
        check_verified(rig, node, point, step);
}

/* What the steps before this one leave at the output; NULL: they don't write it. */
static const struct rig_assignment *set_before(const struct rig_spec *spec, size_t step, uint16_t output)
{
    const struct rig_assignment *last = NULL;
    for (size_t i = 0; i < step; i++)
        for (size_t k = 0; spec->safe[i].kind == RIG_STEP_SET && k < spec->safe[i].count; k++)
            if (spec->safe[i].items[k].point == output)
                last = &spec->safe[i].items[k];
    return last;
}

static void check_shown(struct rig_build *rig, const struct node *step_node, size_t step,
                        const struct rig_assignment *verified)
{
    const struct rig_point_spec *shown = &rig->points[verified->point];
    for (uint16_t i = 0; i < rig->point_count; i++) {
        const struct rig_assignment *set = rig->points[i].output && rig->points[i].readback == verified->point
                                               ? set_before(&rig->out->spec, step, i)
                                               : NULL;
        char wanted[VALUE_TEXT], written[VALUE_TEXT];
        if (!set || fabs(set->number - verified->number) <= shown->tolerance)
            continue;
        const struct node *item = node_get(node_get(step_node, "verify"), shown->name);
        report_key(rig->loader, item ? item : step_node,
                   "waits for %s to be %s, and the steps before have written %s to %s, so every run would "
                   "fail; make them agree",
                   shown->name, value_text(shown, verified->number, wanted),
                   value_text(&rig->points[i], set->number, written), rig->points[i].name);
    }
}

static void check_steps(struct rig_build *rig, const struct node *node)
{
    const struct node *step_node = node->first;
    for (size_t i = 0; i < rig->out->spec.safe_count; i++, step_node = step_node->next) {
        const struct rig_step_spec *step = &rig->out->spec.safe[i];
        for (size_t k = 0; step->kind == RIG_STEP_VERIFY && k < step->count; k++)
            check_shown(rig, step_node, i, &step->items[k]);
    }
}

void rig_read_safe(struct rig_build *rig, const struct node *node)
{
    struct loader *loader = rig->loader;
    struct rig_spec *spec = &rig->out->spec;
    size_t before = reported(loader), outputs = 0;
    for (size_t i = 0; i < rig->point_count; i++)
        outputs += rig->points[i].output;
    if (!node) {
        if (outputs && !rig->incomplete && !node_get(rig->node, "safe"))
            report_key(loader, rig->node, "safe is missing: a rig with outputs needs a safe sequence");
        return;
    }
    struct rig_step_spec *steps = arena_array(loader->memory, node->count, sizeof(*steps));
    size_t count = 0;
    for (const struct node *entry = node->first; entry; entry = entry->next)
        read_step(rig, entry, &steps[count++]);
    spec->safe = steps;
    spec->safe_count = count;
    if (rig->incomplete || reported(loader) != before)
        return;
    for (uint16_t i = 0; i < rig->point_count; i++)
        if (rig->points[i].output)
            check_output(rig, node, i);
    if (reported(loader) == before)
        check_steps(rig, node);
    bool verifies = false;
    for (size_t i = 0; i < count; i++)
        verifies |= steps[i].kind == RIG_STEP_VERIFY;
    if (outputs && !verifies && reported(loader) == before)
        report_key(loader, node, "has no verify: step, so the rig could never be known to be safe; add one");
}
