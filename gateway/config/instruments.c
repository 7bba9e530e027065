/* A rig's instruments, and the points that they bring. */
#include "gateway/config/rigs.h"
#include "gateway/config/suggest.h"

#include <string.h>

#define INSTRUMENTS_MAX 64

struct instrument_form {
    char *profile, *link;
    int64_t lost_after;
    int on_loss;
};

static const char *const on_loss_choices[] = {"safe", "continue", NULL};

static const struct option instrument_options[] = {
    {.name = "profile",
     .type = OPTION_TEXT,
     .offset = offsetof(struct instrument_form, profile),
     .minimum = 1,
     .maximum = 80,
     .help = "what it is, like modbus/tank-trainer"},
    {.name = "link",
     .type = OPTION_TEXT,
     .offset = offsetof(struct instrument_form, link),
     .minimum = 1,
     .maximum = 200,
     .help = "the line it is on: tcp://host:port or serial:/dev/...; who writes the same one shares it"},
    {.name = "lost_after",
     .type = OPTION_INTEGER,
     .offset = offsetof(struct instrument_form, lost_after),
     .minimum = 1,
     .maximum = 100,
     .fallback = "3",
     .help = "failures in a row after which it counts as lost"},
    {.name = "on_loss",
     .type = OPTION_CHOICE,
     .offset = offsetof(struct instrument_form, on_loss),
     .choices = on_loss_choices,
     .fallback = "safe",
     .help =
         "what its loss does: make the rig safe, or continue, which only an instrument without outputs may"},
    {.name = NULL                                },
};

const struct section section_instrument = {
    .title = "instrument",
    .where = "One entry of a rig's `instruments`, under its name. The options of the driver's instruments "
             "and of the "
             "line stand beside these and go before those of the profile.",
    .options = instrument_options,
};

/* --- one instrument --- */

static const struct option *driver_options(const struct profile *profile)
{
    static const struct option none[] = {{.name = NULL}};
    const struct option_table *table = profile->driver ? profile->driver->instrument_options : NULL;
    return table ? table->options : none;
}

static void check_keys(struct loader *loader, const struct instrument_build *instrument)
{
    const struct profile *profile = instrument->profile;
    if (!profile || !profile->driver)
        return; /* which keys there are is not known */
    const struct option *const tables[] = {section_line.options, driver_options(profile), NULL};
    section_check_keys(loader, instrument->node, &section_instrument, tables);
    if (profile->options)
        section_check_keys(loader, profile->options, NULL, tables);
}

static void read_driver_options(struct loader *loader, struct instrument_build *instrument)
{
    const struct option_table *table = instrument->profile->driver->instrument_options;
    if (!table)
        return;
    const struct node *const sources[2] = {instrument->node, instrument->profile->options};
    void *options = arena_allocate(loader->memory, table->size);
    section_fill_options(loader, table->options, sources, options);
    instrument->options = options;
}

static void read_instrument(struct rig_build *rig, struct instrument_build *instrument,
                            const struct node *node)
{
    struct loader *loader = rig->loader;
    struct instrument_form form = {0};
    const struct node *const sources[2] = {node, NULL};
    instrument->node = node;
    instrument->rig = rig;
    instrument->name = arena_copy(loader->memory, node->key, strlen(node->key));
    name_check(loader, node, node->key, NAME_WORD);
    rig->incomplete = true;
    if (!node_is(loader, node, NODE_MAPPING))
        return;
    section_fill_options(loader, instrument_options, sources, &form);
    instrument->lost_after = form.lost_after;
    instrument->on_loss_continue = form.on_loss == 1;
    if (form.profile)
        instrument->profile = profile_get(loader, node_get(node, "profile"));
    if (form.link)
        instrument->link = rig->practice_of ? link_practice(loader, rig, instrument->name)
                                            : link_get(loader, node_get(node, "link"), form.link);
    check_keys(loader, instrument);
    if (!instrument->profile || !instrument->profile->driver)
        return;
    read_driver_options(loader, instrument);
    if (!instrument->link)
        return;
    link_add(loader, instrument);
}

void rig_read_instruments(struct rig_build *rig, const struct node *node)
{
    struct loader *loader = rig->loader;
    bool incomplete = false;
    size_t count = node ? node->count : 0;
    if (node && !count)
        report(loader, node, "a rig needs an instrument");
    if (count > INSTRUMENTS_MAX) {
        report_key(loader, node, "%zu instruments; a rig can have at most %d", count, INSTRUMENTS_MAX);
        count = 0;
    }
    rig->instruments = arena_array(&loader->scratch, count, sizeof(*rig->instruments));
    rig->instrument_count = count;
    const struct node *entry = count ? node->first : NULL;
    for (uint16_t i = 0; i < count; i++, entry = entry->next) {
        rig->instruments[i].index = i;
        read_instrument(rig, &rig->instruments[i], entry);
        const struct profile *profile = rig->instruments[i].profile;
        incomplete |= !profile || profile->broken || !rig->instruments[i].link;
    }
    rig->incomplete = incomplete || !count;
}

/* --- points --- */

static void copy_points(struct rig_build *rig, struct instrument_build *instrument, uint16_t first)
{
    const struct profile *profile = instrument->profile;
    instrument->first_point = first;
    for (size_t i = 0; i < profile->point_count; i++) {
        struct rig_point_spec *point = &rig->points[first + i];
        *point = profile->points[i].spec;
        point->name = arena_format(rig->loader->memory, "%s.%s", instrument->name, point->name);
        point->instrument = instrument->index;
        if (point->readback != RIG_NONE)
            point->readback = (uint16_t)(point->readback + first);
        rig->titles[first + i] = profile->points[i].title;
        rig->broken[first + i] = profile->points[i].broken;
    }
}

static void copy_polls(struct rig_build *rig, struct instrument_build *instrument)
{
    size_t count = instrument->profile ? instrument->profile->point_count : 0;
    instrument->polls = arena_array(rig->loader->memory, count, sizeof(*instrument->polls));
    for (size_t i = 0; i < count && rig->point_count; i++)
        instrument->polls[i] = rig->points[instrument->first_point + i].poll;
}

static void tune_points(struct rig_build *rig, const struct node *tuning)
{
    for (const struct node *entry = tuning ? tuning->first : NULL; entry; entry = entry->next) {
        uint16_t point;
        if (rig_point_at_key(rig, entry, &point) && !rig->broken[point])
            rig->broken[point] = !point_tune(rig->loader, entry, &rig->points[point], &rig->titles[point]);
    }
}

static void copy_waveforms(struct rig_build *rig)
{
    struct arena *memory = rig->loader->memory;
    size_t count = 0;
    for (size_t i = 0; i < rig->instrument_count; i++)
        count += rig->instruments[i].profile ? rig->instruments[i].profile->waveform_count : 0;
    struct config_waveform *waveforms = arena_array(memory, count, sizeof(*waveforms)), *next = waveforms;
    for (uint16_t i = 0; i < rig->instrument_count; i++) {
        const struct profile *profile = rig->instruments[i].profile;
        for (uint16_t j = 0; profile && j < profile->waveform_count; j++)
            *next++ = (struct config_waveform){
                .name = arena_format(memory, "%s.%s", rig->instruments[i].name, profile->waveforms[j].name),
                .title = profile->waveform_titles[j],
                .unit = profile->waveforms[j].unit,
                .rig_instrument = i,
                .waveform = j,
            };
    }
    rig->out->waveforms = waveforms;
    rig->out->waveform_count = count;
}

void rig_read_points(struct rig_build *rig, const struct node *tuning)
{
    struct loader *loader = rig->loader;
    size_t count = 0;
    for (size_t i = 0; i < rig->instrument_count; i++)
        count += rig->instruments[i].profile ? rig->instruments[i].profile->point_count : 0;
    if (count > CONFIG_RIG_POINTS_MAX) {
        report_key(loader, rig->node, "%zu points; a rig can have at most %d", count, CONFIG_RIG_POINTS_MAX);
        rig->incomplete = true;
        count = 0;
    }
    rig->points = arena_array(loader->memory, count, sizeof(*rig->points));
    rig->titles = arena_array(loader->memory, count, sizeof(*rig->titles));
    rig->broken = arena_array(&loader->scratch, count, sizeof(*rig->broken));
    for (size_t i = 0; i < rig->instrument_count; i++) {
        struct instrument_build *instrument = &rig->instruments[i];
        if (!instrument->profile || !count)
            continue;
        copy_points(rig, instrument, (uint16_t)rig->point_count);
        rig->point_count += instrument->profile->point_count;
    }
    tune_points(rig, tuning);
    for (size_t i = 0; i < rig->instrument_count; i++)
        copy_polls(rig, &rig->instruments[i]);
    for (size_t i = 0; i < rig->point_count; i++)
        rig->incomplete |= rig->broken[i];
    copy_waveforms(rig);
}
