/* Interlocks: trips, permissives, exclusives and limits, with their rules compiled. */
#include "gateway/config/interlocks.h"
#include "gateway/config/analysis.h"
#include "gateway/config/values.h"

#include <string.h>

/* --- rules --- */

struct scope {
    struct rig_build *rig;
    bool silent; /* it may be in what could not be read */
};

static bool resolve(void *context, const char *name, size_t length, struct rig_rule_point *found)
{
    struct scope *scope = context;
    uint16_t index = rig_point_index(scope->rig, name, length);
    if (index == RIG_NONE || scope->rig->broken[index]) {
        scope->silent = index != RIG_NONE || rig_may_have(scope->rig, name, length);
        return false;
    }
    const struct rig_point_spec *point = &scope->rig->points[index];
    *found = (struct rig_rule_point){.index = index,
                                     .type = point->type,
                                     .unit = point->unit,
                                     .choices = point->choices,
                                     .on = point->on,
                                     .off = point->off};
    return true;
}

bool interlock_input(struct rig_build *rig, const struct node *node, uint16_t index)
{
    const struct rig_point_spec *point = &rig->points[index];
    if (!point->readable)
        report(rig->loader, node, "%s is only written; a rule needs a point that is read%s%s", point->name,
               point->readback != RIG_NONE ? ", such as " : "",
               point->readback != RIG_NONE ? rig->points[point->readback].name : "");
    else if (!point->poll)
        report(rig->loader, node, "%s is not polled, so the rule would never know it; give it a poll period",
               point->name);
    return point->readable && point->poll;
}

static void check_inputs(struct rig_build *rig, const struct node *node, const struct rig_program *program)
{
    size_t count;
    const uint16_t *inputs = rig_rule_inputs(program, &count);
    for (size_t i = 0; i < count; i++)
        interlock_input(rig, node, inputs[i]);
}

static const struct rig_program *compile(struct rig_build *rig, const struct node *node, const char **text)
{
    struct loader *loader = rig->loader;
    struct program_list *entry = arena_allocate(loader->memory, sizeof(*entry));
    struct scope scope = {.rig = rig};
    struct rig_rule_error error = {0};
    char *rule = arena_copy(loader->memory, node->text, node->length);
    for (size_t end = node->length; end && strchr(" \n", rule[end - 1]); end--)
        rule[end - 1] = 0;
    *text = rule;
    entry->program = rig_rule_compile(rule, resolve, &scope, &error);
    if (!entry->program && !scope.silent) {
        if (error.name)
            rig_report_no_point(rig, node, error.column, rule + error.column, error.name);
        else
            report_in(loader, node, error.column, "%s", error.text);
    }
    if (!entry->program)
        return NULL;
    entry->next = loader->config->programs;
    loader->config->programs = entry;
    check_inputs(rig, node, entry->program);
    return entry->program;
}

/* --- kinds --- */

struct interlocks {
    struct rig_trip_spec *trips;
    int64_t *reactions, *permissive_reactions;
    struct rig_permissive_spec *permissives;
    struct rig_exclusive_spec *exclusives;
    struct rig_limit_spec *limits;
};

/* An output that a rule acts on. */
static bool output_at(struct rig_build *rig, const struct node *node, uint16_t *point)
{
    if (!rig_point_at(rig, node, point) || rig->broken[*point])
        return false;
    if (rig->points[*point].output)
        return true;
    if (rig->out->spec.heartbeat.point == *point)
        report(rig->loader, node, "%s is the heartbeat, which no rule may hold up", rig->points[*point].name);
    else
        report(rig->loader, node, "%s is not an output, so nothing can be kept from it",
               rig->points[*point].name);
    return false;
}

static void read_trip(struct rig_build *rig, const struct interlock_form *form, struct interlocks *all)
{
    struct rig_spec *spec = &rig->out->spec;
    struct rig_trip_spec *trip = &all->trips[spec->trip_count];
    *trip = (struct rig_trip_spec){
        .name = form->name,
        .hold = form->hold,
        .confirm = (unsigned)form->confirm,
        .reset = (enum rig_role)form->reset,
        .fault_needs_reset = form->reset_on_fault == 1,
        .ignore_bad = form->on_bad == 1,
    };
    rig->trip_nodes[spec->trip_count] = form->node;
    all->reactions[spec->trip_count++] = form->reaction;
    if (form->when)
        trip->when = compile(rig, form->when, &trip->text);
    if (trip->when)
        analysis_range(rig, form->when, trip->when, NULL,
                       trip->ignore_bad ? "the trip does not act" : "the rig trips");
    if (form->drives)
        rig_read_assignments(rig, form->drives, true, &trip->drives, &trip->drive_count);
}

static void read_permissive(struct rig_build *rig, const struct interlock_form *form, struct interlocks *all)
{
    size_t index = rig->out->spec.permissive_count++;
    struct rig_permissive_spec *permissive = &all->permissives[index];
    rig->permissive_nodes[index] = form->node;
    all->permissive_reactions[index] = form->reaction;
    *permissive = (struct rig_permissive_spec){
        .name = form->name, .hold = form->hold, .only_to_start = form->only_to_start, .of = RIG_NONE};
    if (form->when)
        permissive->when = compile(rig, form->when, &permissive->text);
    if (form->of && output_at(rig, form->of, &permissive->of) && permissive->when)
        analysis_range(rig, form->when, permissive->when, rig->points[permissive->of].name,
                       "it does not permit");
    if (form->only_to_start && form->reaction)
        report(rig->loader, node_get(form->node, "reaction"),
               "only_to_start drives nothing when the condition is lost, so there is no reaction; remove one "
               "of the two");
}

static void read_exclusive(struct rig_build *rig, const struct interlock_form *form, struct interlocks *all)
{
    struct loader *loader = rig->loader;
    struct rig_exclusive_spec *exclusive = &all->exclusives[rig->out->spec.exclusive_count++];
    if (!form->exclusive)
        return;
    uint16_t *points = arena_array(loader->memory, form->exclusive->count, sizeof(*points));
    const char *name = "";
    for (const struct node *entry = form->exclusive->first; entry; entry = entry->next) {
        uint16_t point;
        if (!output_at(rig, entry, &point))
            continue;
        for (size_t i = 0; i < exclusive->count; i++)
            if (points[i] == point)
                report(loader, entry, "%s is named twice", rig->points[point].name);
        points[exclusive->count++] = point;
        name = arena_format(loader->memory, "%s%s%s", name, *name ? " or " : "", rig->points[point].name);
    }
    if (form->exclusive->count < 2)
        report(loader, form->exclusive, "must name two outputs or more, of which at most one may be on");
    exclusive->points = points;
    exclusive->name = *form->name ? form->name : name;
}

/* --- the list --- */

typedef void read_interlock(struct rig_build *rig, const struct interlock_form *form, struct interlocks *all);

static void read_limit(struct rig_build *rig, const struct interlock_form *form, struct interlocks *all)
{
    struct rig_limit_spec *limit = &all->limits[rig->out->spec.limit_count++];
    uint16_t index;
    limit->of = RIG_NONE;
    if (!form->of || !output_at(rig, form->of, &index))
        return;
    for (const struct rig_limit_spec *other = all->limits; other < limit; other++)
        if (other->of == index)
            report(rig->loader, form->of, "%s has a limit already; join the two", rig->points[index].name);
    limit_read(rig, form, index, limit);
}

static const struct kind {
    const char *key;
    const struct section *section;
    read_interlock *read;
    bool named; /* the key holds its name */
} kinds[] = {
    {"trip",       &section_trip,       read_trip,       true },
    {"permissive", &section_permissive, read_permissive, true },
    {"exclusive",  &section_exclusive,  read_exclusive,  false},
    {"limit",      &section_limit,      read_limit,      false},
};

static void check_name(struct rig_build *rig, const struct node *list, const struct node *node,
                       const char *key)
{
    const struct node *name = node_get(node, key);
    if (!name || name->kind != NODE_SCALAR)
        return;
    for (const struct node *other = list->first; other != node; other = other->next)
        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
            const struct node *its = node_get(other, kinds[i].named ? kinds[i].key : "name");
            if (its && its->kind == NODE_SCALAR && !strcmp(its->text, name->text)) {
                report(rig->loader, name, "another interlock of this rig has this name (line %zu)",
                       its->at.line);
                return;
            }
        }
}

static void read_one(struct rig_build *rig, const struct node *list, const struct node *node,
                     struct interlocks *all)
{
    if (!node_is(rig->loader, node, NODE_MAPPING))
        return;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const struct node *key = node_get(node, kinds[i].key);
        if (!key)
            continue;
        struct interlock_form form = {.node = node};
        bool filled = section_fill(rig->loader, kinds[i].section, node, &form);
        if (filled && kinds[i].named)
            name_check(rig->loader, key, form.name, NAME_LABEL);
        check_name(rig, list, node, kinds[i].named ? kinds[i].key : "name");
        if (filled)
            kinds[i].read(rig, &form, all);
        return;
    }
    report(rig->loader, node, "an interlock begins with trip:, permissive:, exclusive: or limit:");
}

void rig_read_interlocks(struct rig_build *rig, const struct node *node)
{
    struct arena *memory = rig->loader->memory;
    struct rig_spec *spec = &rig->out->spec;
    size_t count = node ? node->count : 0;
    if (count > RIG_TRIPS_MAX) {
        report_key(rig->loader, node, "%zu interlocks; a rig can have at most %d", count, RIG_TRIPS_MAX);
        return;
    }
    struct interlocks all = {
        .trips = arena_array(memory, count, sizeof(*all.trips)),
        .reactions = arena_array(memory, count, sizeof(*all.reactions)),
        .permissive_reactions = arena_array(memory, count, sizeof(*all.permissive_reactions)),
        .permissives = arena_array(memory, count, sizeof(*all.permissives)),
        .exclusives = arena_array(memory, count, sizeof(*all.exclusives)),
        .limits = arena_array(memory, count, sizeof(*all.limits)),
    };
    rig->trip_nodes = arena_array(&rig->loader->scratch, count, sizeof(struct node *));
    rig->permissive_nodes = arena_array(&rig->loader->scratch, count, sizeof(struct node *));
    for (const struct node *entry = count ? node->first : NULL; entry; entry = entry->next)
        read_one(rig, node, entry, &all);
    spec->trips = all.trips;
    spec->permissives = all.permissives;
    spec->exclusives = all.exclusives;
    spec->limits = all.limits;
    rig->out->reactions = all.reactions;
    rig->out->permissive_reactions = all.permissive_reactions;
    analysis_conflicts(rig);
}
