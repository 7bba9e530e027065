/* What rigs share, what they can, and what their bookings need before and after. */
#include "gateway/config/scalar.h"
#include "gateway/config/suggest.h"
#include "gateway/config/timetable.h"

#include <string.h>

#define RESOURCES_MAX        200
#define RIG_RESOURCES_MAX    4 /* TIMETABLE_SHARED_MAX */
#define LAB_CAPABILITIES_MAX 64

void resources_read(struct loader *loader, const struct node *list, struct config_timetable *timetable)
{
    size_t count = list ? list->count : 0;
    if (count > RESOURCES_MAX) {
        report_key(loader, list, "at most %d resources", RESOURCES_MAX);
        count = 0;
    }
    const char **names = arena_array(loader->memory, count, sizeof(*names));
    timetable->resources = names;
    for (const struct node *entry = count ? list->first : NULL; entry; entry = entry->next) {
        if (!node_is(loader, entry, NODE_SCALAR) || !name_check(loader, entry, entry->text, NAME_LABEL))
            continue;
        for (size_t i = 0; i < timetable->resource_count; i++)
            if (!strcmp(names[i], entry->text))
                report(loader, entry, "%s is listed already", names[i]);
        names[timetable->resource_count++] = arena_copy(loader->memory, entry->text, entry->length);
    }
}

/* --- a rig's booking --- */

struct booking_form {
    int64_t setup, teardown;
    const struct node *resources;
};

static const struct option booking_options[] = {
    {.name = "setup",
     .type = OPTION_DURATION,
     .offset = offsetof(struct booking_form, setup),
     .minimum = 0,
     .maximum = 86400,
     .fallback = "0 s",
     .help = "time that the rig is taken before a booking starts"},
    {.name = "teardown",
     .type = OPTION_DURATION,
     .offset = offsetof(struct booking_form, teardown),
     .minimum = 0,
     .maximum = 86400,
     .fallback = "1 min",
     .help = "time that the rig is taken after a booking ends; never less than the safe sequence may take, "
             "and when not given so many whole minutes"},
    {.name = NULL                          },
};
static const struct part booking_parts[] = {
    {.name = "resources",
     .kind = PART_LIST,
     .offset = offsetof(struct booking_form, resources),
     .form = "[crane-camera]",
     .help = "what it shares with other rigs, so that only one of them can be booked at a time"},
    {.name = NULL},
};
const struct section section_booking = {
    .title = "booking",
    .where = "A rig's `booking`: what its bookings take.",
    .options = booking_options,
    .parts = booking_parts,
};

#define MINUTE INT64_C(60000000000) /* ns */

/* Each step is given up after its `within`. */
static int64_t safe_time(const struct rig_spec *spec)
{
    int64_t time = 0;
    for (size_t i = 0; i < spec->safe_count; i++)
        time += spec->safe[i].within;
    return time;
}

static void add_resource(struct loader *loader, const struct node *node,
                         const struct config_timetable *timetable, uint16_t *list, size_t *count)
{
    struct suggestion near;
    suggest_begin(&near, node->text);
    for (uint16_t i = 0; i < timetable->resource_count; i++) {
        suggest_offer(&near, timetable->resources[i]);
        if (strcmp(timetable->resources[i], node->text) != 0)
            continue;
        for (size_t k = 0; k < *count; k++)
            if (list[k] == i) {
                report(loader, node, "%s is named already", node->text);
                return;
            }
        list[(*count)++] = i;
        return;
    }
    char hint[80];
    suggest_text(&near, hint, sizeof(hint));
    report(loader, node, "there is no resource %.40s in the lab's `resources`%s", node->text, hint);
}

static void read_rig_resources(const struct rig_build *rig, const struct node *node,
                               const struct config_timetable *timetable)
{
    size_t count = node ? node->count : 0;
    if (count > RIG_RESOURCES_MAX) {
        report_key(rig->loader, node, "at most %d resources", RIG_RESOURCES_MAX);
        return;
    }
    uint16_t *list = arena_array(rig->loader->memory, count, sizeof(*list));
    for (const struct node *entry = count ? node->first : NULL; entry; entry = entry->next)
        if (node_is(rig->loader, entry, NODE_SCALAR))
            add_resource(rig->loader, entry, timetable, list, &rig->out->resource_count);
    rig->out->resources = list;
}

static void read_booking(const struct rig_build *rig, const struct config_timetable *timetable)
{
    const struct node *node = node_get(rig->node, "booking");
    struct booking_form form = {0};
    if (node)
        section_fill(rig->loader, &section_booking, node, &form);
    const struct node *teardown = node_get(node, "teardown");
    int64_t least = safe_time(&rig->out->spec);
    char text[40];
    if (teardown && form.teardown < least)
        report(rig->loader, teardown, "the safe sequence may take %s, and the next booking begins after it",
               duration_text(least, text, sizeof(text)));
    if (!teardown)
        form.teardown = (least + MINUTE - 1) / MINUTE * MINUTE;
    rig->out->setup = form.setup / 1000000;
    rig->out->teardown = (form.teardown + 999999) / 1000000;
    read_rig_resources(rig, form.resources, timetable);
}

/* --- capabilities: a bit each --- */

static void number_capabilities(const struct rig_build *rig, struct config_timetable *timetable,
                                const char **names)
{
    for (const char *const *name = rig->out->capabilities; name && *name; name++) {
        size_t bit = 0;
        while (bit < timetable->capability_count && strcmp(names[bit], *name) != 0)
            bit++;
        if (bit == LAB_CAPABILITIES_MAX) {
            report_key(rig->loader, node_get(rig->node, "capabilities"),
                       "a laboratory has at most %d different capabilities", LAB_CAPABILITIES_MAX);
            return;
        }
        if (bit == timetable->capability_count)
            names[timetable->capability_count++] = *name;
        rig->out->capability_bits |= UINT64_C(1) << bit;
    }
}

struct capability_form {
    struct config_text title;
};

static const struct part capability_parts[] = {
    {.name = "title",
     .kind = PART_TITLE,
     .offset = offsetof(struct capability_form, title),
     .required = true,
     .form = "Process control, or {en: ..., zh: ...}",
     .help = "what people read"},
    {.name = NULL},
};
const struct section section_capability = {
    .title = "capability",
    .where = "An entry of `capabilities` in lab.yaml, under its name.",
    .parts = capability_parts,
};

static void read_titles(struct loader *loader, const struct node *node, struct config_timetable *timetable)
{
    size_t count = node ? node->count : 0; /* each is a rig's, so they are no more than those */
    struct config_capability *titled = arena_array(loader->memory, count, sizeof(*titled));
    timetable->titled = titled;
    for (const struct node *entry = count ? node->first : NULL; entry; entry = entry->next) {
        struct capability_form form = {0};
        struct suggestion near;
        size_t at = 0;
        suggest_begin(&near, entry->key);
        while (at < timetable->capability_count && strcmp(timetable->capabilities[at], entry->key) != 0)
            suggest_offer(&near, timetable->capabilities[at++]);
        if (at == timetable->capability_count) {
            char hint[80];
            suggest_text(&near, hint, sizeof(hint));
            if (hint[0])
                report_key(loader, entry, "no rig has the capability %s%s", entry->key, hint);
            else
                remark(loader, entry, "no rig has the capability %s now", entry->key);
            continue;
        }
        section_fill(loader, &section_capability, entry, &form);
        titled[timetable->titled_count++] =
            (struct config_capability){timetable->capabilities[at], form.title};
    }
}

void resources_finish(struct loader *loader, const struct rig_build *rigs, const struct node *titles,
                      struct config_lab *lab)
{
    const char **names = arena_array(loader->memory, LAB_CAPABILITIES_MAX, sizeof(*names));
    lab->timetable.capabilities = names;
    for (const struct rig_build *rig = rigs; rig; rig = rig->next) {
        if (rig->practice_of) /* not in the timetable */
            continue;
        number_capabilities(rig, &lab->timetable, names);
        read_booking(rig, &lab->timetable);
    }
    read_titles(loader, titles, &lab->timetable);
}
