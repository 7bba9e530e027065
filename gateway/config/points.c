/* Points: what a profile says about one, and what a rig may tune. */
#include "gateway/config/profile.h"
#include "gateway/config/scalar.h"
#include "gateway/config/suggest.h"
#include "gateway/config/values.h"

#include <math.h>
#include <string.h>

#define POLL_LEAST ((int64_t)10000000)

_Static_assert((int)DRIVER_BOOLEAN == (int)RIG_BOOLEAN && (int)DRIVER_TEXT == (int)RIG_TEXT,
               "drivers and rigs number the types alike");

enum access { ACCESS_READ, ACCESS_WRITE, ACCESS_READ_WRITE };

struct point_form {
    struct config_text title;
    int64_t poll, stale_after, within;
    int role, type, access;
    char *unit, *readback;
    const struct node *range, *safe, *tolerance, *words, *choices, *at;
};

static const char *const role_choices[] = {"student", "teacher", "technician", NULL};
static const char *const type_choices[] = {"boolean", "integer", "number", "choice", "text", NULL};
static const char *const access_choices[] = {"read", "write", "read-write", NULL};

static const struct option tuning_options[] = {
    {.name = "poll",
     .type = OPTION_DURATION,
     .offset = offsetof(struct point_form, poll),
     .minimum = 0,
     .maximum = 3600,
     .fallback = "0 s",
     .help = "how often the point is read, 10 ms or more; 0 s: only when somebody asks"},
    {.name = "stale_after",
     .type = OPTION_DURATION,
     .offset = offsetof(struct point_form, stale_after),
     .minimum = 0.01,
     .maximum = 3600,
     .fallback = "0 s",
     .help = "age from which a value counts as stale; three poll periods where it is not given"},
    {.name = "within",
     .type = OPTION_DURATION,
     .offset = offsetof(struct point_form, within),
     .minimum = 0.01,
     .maximum = 600,
     .fallback = "2 s",
     .help = "longest time from a write to the read-back that confirms it"},
    {.name = "role",
     .type = OPTION_CHOICE,
     .offset = offsetof(struct point_form, role),
     .choices = role_choices,
     .fallback = "student",
     .help = "least role that may command an output"},
    {.name = NULL                                   },
};

static const struct part tuning_parts[] = {
    {.name = "title",
     .kind = PART_TITLE,
     .offset = offsetof(struct point_form, title),
     .form = "Level, or {en: Level, zh: 液位}",
     .help = "what people read; the name where it is not given"},
    {.name = "range",
     .kind = PART_VALUE,
     .offset = offsetof(struct point_form, range),
     .form = "0 m .. 0.5 m",
     .help = "values that can be; needed by outputs that are numbers, whose commands must lie in it"},
    {.name = "safe",
     .kind = PART_VALUE,
     .offset = offsetof(struct point_form, safe),
     .form = "value",
     .help = "value that makes the output safe; every output needs one"},
    {.name = "tolerance",
     .kind = PART_VALUE,
     .offset = offsetof(struct point_form, tolerance),
     .form = "1 %",
     .help = "largest difference between what was written, or is to be verified, and what is read that "
             "counts as equal"},
    {.name = NULL                         },
};

const struct section section_tuning = {
    .title = "point of a rig",
    .where = "In a rig, `points: {plc.pump: {...}}` says otherwise than the profile.",
    .options = tuning_options,
    .parts = tuning_parts,
};

static const struct option point_options[] = {
    {.name = "type",
     .type = OPTION_CHOICE,
     .offset = offsetof(struct point_form, type),
     .choices = type_choices,
     .help = "kind of value"},
    {.name = "access",
     .type = OPTION_CHOICE,
     .offset = offsetof(struct point_form, access),
     .choices = access_choices,
     .fallback = "read",
     .help = "a point that can be written is an output: it has a safe value and needs control of the rig"},
    {.name = "unit",
     .type = OPTION_TEXT,
     .offset = offsetof(struct point_form, unit),
     .minimum = 0,
     .maximum = 16,
     .fallback = "",
     .help =
         "unit of a number or integer (see Units); every value written for the point must then carry one"},
    {.name = "readback",
     .type = OPTION_TEXT,
     .offset = offsetof(struct point_form, readback),
     .minimum = 1,
     .maximum = 40,
     .fallback = "",
     .help =
         "point of the same instrument that shows what was written; a point that is read-write shows itself"},
    {.name = NULL               },
};

static const struct part point_parts[] = {
    {.name = "words",
     .kind = PART_LIST,
     .offset = offsetof(struct point_form, words),
     .form = "[closed, open]",
     .help = "words for false and true of a boolean; off and on where not given"},
    {.name = "choices",
     .kind = PART_TABLE,
     .offset = offsetof(struct point_form, choices),
     .form = "{stop: 0, forward: 1}",
     .help = "names of a choice and their numbers"},
    {.name = "at",
     .kind = PART_TABLE,
     .offset = offsetof(struct point_form, at),
     .form = "{table: input, address: 2}",
     .help = "where the driver finds the point: see the driver's points"},
    {.name = NULL                                   },
};

const struct section section_point = {
    .title = "point",
    .where = "One entry of a profile's `points`, under its name.",
    .options = point_options,
    .parts = point_parts,
    .base = &section_tuning,
};

/* --- what its type allows --- */

static void read_words(struct loader *loader, const struct node *node, struct rig_point_spec *point)
{
    const struct node *off = node->first, *on = off ? off->next : NULL;
    bool two = on && node->count == 2 && off->kind == NODE_SCALAR && on->kind == NODE_SCALAR;
    if (!two || !off->length || !on->length || !strcmp(off->text, on->text)) {
        report(loader, node,
               "must be two different words, first for false and then for true, like [closed, open]");
        return;
    }
    point->off = arena_copy(loader->memory, off->text, off->length);
    point->on = arena_copy(loader->memory, on->text, on->length);
}

static bool read_choice_number(struct loader *loader, const struct node *entry, int *number)
{
    static const struct option row = {.type = OPTION_INTEGER, .minimum = INT32_MIN, .maximum = INT32_MAX};
    int64_t value;
    if (!section_read_scalar(loader, &row, entry, &value))
        return false;
    *number = (int)value;
    return true;
}

static void read_choices(struct loader *loader, const struct node *node, struct rig_point_spec *point,
                         struct driver_point *driver_point)
{
    struct rig_choice *choices = arena_array(loader->memory, node->count + 1, sizeof(*choices));
    struct driver_choice *same = arena_array(loader->memory, node->count + 1, sizeof(*same));
    size_t count = 0;
    for (const struct node *entry = node->first; entry; entry = entry->next) {
        int number;
        if (!read_choice_number(loader, entry, &number))
            continue;
        for (size_t i = 0; i < count; i++)
            if (choices[i].number == number)
                report(loader, entry, "%s has the number %d already; numbers must differ", choices[i].name,
                       number);
        const char *name = arena_copy(loader->memory, entry->key, strlen(entry->key));
        same[count] = (struct driver_choice){name, number};
        choices[count++] = (struct rig_choice){name, number};
        point->minimum = fmin(point->minimum, number);
        point->maximum = fmax(point->maximum, number);
    }
    if (!node->count)
        report(loader, node, "must name at least one choice");
    point->choices = choices;
    driver_point->choices = same;
}

static void read_unit(struct loader *loader, const struct node *node, const char *name,
                      struct rig_point_spec *point)
{
    const struct node *unit = node_get(node, "unit");
    if (unit && point->type != RIG_NUMBER && point->type != RIG_INTEGER) {
        report_key(loader, unit, "only numbers and integers have a unit; remove it");
        return;
    }
    const struct rig_unit *found = rig_unit_find(name, strlen(name));
    if (found) {
        point->unit = found;
        return;
    }
    struct suggestion near;
    suggest_begin(&near, name);
    for (const struct rig_unit *row = rig_unit_table(); row->name; row++)
        suggest_offer(&near, row->name);
    char hint[80];
    suggest_text(&near, hint, sizeof(hint));
    report(loader, unit, "\"%s\" is no known unit%s", name,
           *hint ? hint : "; `labgate reference` lists them");
}

static void read_kind(struct loader *loader, const struct node *node, const struct point_form *form,
                      struct rig_point_spec *point, struct driver_point *driver_point)
{
    point->minimum = -INFINITY;
    point->maximum = INFINITY;
    read_unit(loader, node, form->unit, point);
    if (point->type == RIG_BOOLEAN) {
        point->minimum = 0;
        point->maximum = 1;
    }
    if (form->words && point->type != RIG_BOOLEAN)
        report_key(loader, form->words, "only booleans have words; remove it");
    else if (form->words)
        read_words(loader, form->words, point);
    if (point->type == RIG_CHOICE) {
        point->minimum = INFINITY;
        point->maximum = -INFINITY;
    }
    if (form->choices && point->type != RIG_CHOICE)
        report_key(loader, form->choices, "only points of type choice have choices; remove it");
    else if (form->choices)
        read_choices(loader, form->choices, point, driver_point);
    else if (point->type == RIG_CHOICE)
        report_key(loader, node, "choices is missing: names of a choice and their numbers");
}

/* --- tuning --- */

static void check_timing(struct loader *loader, const struct node *node, const struct rig_point_spec *point)
{
    const struct node *poll = node_get(node, "poll"), *stale = node_get(node, "stale_after");
    if (poll && point->poll && !point->readable)
        report_key(loader, poll,
                   "a point that is only written cannot be polled; remove it or make access read-write");
    else if (poll && point->poll && point->poll < POLL_LEAST)
        report(loader, poll, "must be 10 ms or more, or 0 s for never");
    if (stale && !point->poll)
        report_key(loader, stale, "the point is not polled, so it has no age; give it a poll period");
    else if (stale && point->stale_after < point->poll)
        report(loader, stale, "is shorter than the poll period; the point would be stale most of the time");
}

static void apply_values(struct loader *loader, const struct point_form *form, struct rig_point_spec *point)
{
    if (form->range)
        value_read_range(loader, form->range, point, &point->minimum, &point->maximum);
    if (form->tolerance)
        value_read_difference(loader, form->tolerance, point, &point->tolerance);
    if (form->safe && !point->output)
        report_key(loader, form->safe, "only outputs have a safe value; remove it or make access write");
    else if (form->safe)
        value_read_legal(loader, form->safe, point, &point->safe);
}

static void apply_tuning(struct loader *loader, const struct node *node, const struct point_form *form,
                         bool all, struct rig_point_spec *point)
{
    if (all || node_get(node, "poll")) {
        if (point->stale_after == 3 * point->poll)
            point->stale_after = 0;
        point->poll = form->poll;
    }
    if (all || node_get(node, "stale_after"))
        point->stale_after = form->stale_after;
    if (!point->stale_after)
        point->stale_after = 3 * point->poll;
    if (all || node_get(node, "within"))
        point->within = form->within;
    if (all || node_get(node, "role"))
        point->role = (enum rig_role)form->role;
    check_timing(loader, node, point);
    apply_values(loader, form, point);
}

void point_check_tolerance(struct loader *loader, const struct node *node,
                           const struct rig_point_spec *output)
{
    double low = output->safe - output->minimum, high = output->maximum - output->safe;
    if (output->type == RIG_NUMBER && output->tolerance == 0)
        report(loader, node, "a number that is read back needs a tolerance; add tolerance: to %s",
               output->name);
    else if (output->tolerance > 0 && output->tolerance >= (low > high ? low : high))
        report(loader, node,
               "the tolerance of %s is as wide as its range: whatever is read back would count as its safe "
               "value; narrow it",
               output->name);
}

bool point_tune(struct loader *loader, const struct node *node, struct rig_point_spec *point,
                struct config_text *title)
{
    struct point_form form = {0};
    if (!section_fill(loader, &section_tuning, node, &form))
        return false;
    size_t before = reported(loader);
    if (form.title.en)
        *title = form.title;
    point->title = title->en;
    apply_tuning(loader, node, &form, false, point);
    bool legal = !point->output || (point->safe >= point->minimum && point->safe <= point->maximum);
    if (!legal && reported(loader) == before)
        report(loader, form.range ? form.range : node,
               "the safe value of %s is outside this range; give another safe value too", point->name);
    if (point->readback != RIG_NONE && reported(loader) == before)
        point_check_tolerance(loader, form.tolerance ? form.tolerance : node, point);
    return reported(loader) == before;
}

/* --- a profile's point --- */

static void check_output(struct loader *loader, const struct node *node, const struct point_form *form,
                         const struct rig_point_spec *point)
{
    bool number = point->type == RIG_NUMBER || point->type == RIG_INTEGER;
    const struct node *readback = node_get(node, "readback"), *access = node_get(node, "access");
    if (!point->output) {
        if (readback)
            report_key(loader, readback, "only outputs have a read-back; remove it or make access write");
        return;
    }
    if (point->type == RIG_TEXT)
        report(loader, access, "texts can only be read");
    else if (!form->safe)
        report_key(loader, node,
                   "an output must have a safe value; add safe: with the value that makes it safe");
    if (number && !form->range)
        report_key(loader, node,
                   "an output that is a number must have a range; add range: like 0%s%s .. 10%s%s",
                   *point->unit->name ? " " : "", point->unit->name, *point->unit->name ? " " : "",
                   point->unit->name);
}

static void read_place(struct loader *loader, const struct profile *profile, const struct node *node,
                       const struct node *at, struct driver_point *point)
{
    if (!profile->driver || !profile->driver->point_options)
        return;
    const struct option_table *table = profile->driver->point_options;
    const struct node *const sources[2] = {at, NULL};
    const struct option *const tables[] = {table->options, NULL};
    void *options = arena_allocate(loader->memory, table->size);
    if (!at) {
        if (!node_get(node, "at"))
            report_key(loader, node, "at is missing: where the driver finds the point");
        return;
    }
    section_check_keys(loader, at, NULL, tables);
    section_fill_options(loader, table->options, sources, options);
    point->options = options;
}

void point_read(struct loader *loader, struct profile *profile, uint16_t index, const struct node *node)
{
    struct profile_point *entry = &profile->points[index];
    struct rig_point_spec *point = &entry->spec;
    struct driver_point *driver_point = &profile->driver_points[index];
    struct point_form form = {0};
    size_t before = reported(loader);
    entry->node = node;
    point->name = arena_copy(loader->memory, node->key, strlen(node->key));
    point->readback = RIG_NONE;
    point->unit = rig_unit_find("", 0);
    name_check(loader, node, node->key, NAME_WORD);
    if (section_fill(loader, &section_point, node, &form)) {
        point->type = (enum rig_type)form.type;
        point->readable = form.access != ACCESS_WRITE;
        point->output = form.access != ACCESS_READ;
        read_kind(loader, node, &form, point, driver_point);
        if (reported(loader) == before)
            apply_tuning(loader, node, &form, true, point);
        check_output(loader, node, &form, point);
    }
    entry->title = form.title.en ? form.title : (struct config_text){point->name, point->name};
    point->title = entry->title.en;
    driver_point->name = point->name;
    driver_point->type = (enum driver_type)point->type;
    driver_point->readable = point->readable;
    driver_point->writable = point->output;
    read_place(loader, profile, node, form.at, driver_point);
    entry->broken = reported(loader) != before;
}
