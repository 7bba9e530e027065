/* Lines: who shares one, and what the instruments on it say about it. */
#include "gateway/config/analysis.h"
#include "gateway/config/scalar.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *const parity_choices[] = {"none", "even", "odd", NULL};

_Static_assert(DRIVER_PARITY_NONE == 0 && DRIVER_PARITY_EVEN == 1 && DRIVER_PARITY_ODD == 2,
               "parity_choices");

static const struct option line_options[] = {
    {.name = "baud",
     .type = OPTION_INTEGER,
     .offset = offsetof(struct line_form, baud),
     .minimum = 300,
     .maximum = 4000000,
     .fallback = "0",
     .help = "bits a second; serial lines need it"},
    {.name = "data_bits",
     .type = OPTION_INTEGER,
     .offset = offsetof(struct line_form, data_bits),
     .minimum = 7,
     .maximum = 8,
     .fallback = "8",
     .help = "bits of a character, serial lines only"},
    {.name = "stop_bits",
     .type = OPTION_INTEGER,
     .offset = offsetof(struct line_form, stop_bits),
     .minimum = 1,
     .maximum = 2,
     .fallback = "1",
     .help = "stop bits, serial lines only"},
    {.name = "parity",
     .type = OPTION_CHOICE,
     .offset = offsetof(struct line_form, parity),
     .choices = parity_choices,
     .fallback = "none",
     .help = "parity, serial lines only"},
    {.name = "timeout",
     .type = OPTION_DURATION,
     .offset = offsetof(struct line_form, timeout),
     .minimum = 0.01,
     .maximum = 60,
     .fallback = "200 ms",
     .help = "longest wait for a reply"},
    {.name = "turnaround",
     .type = OPTION_DURATION,
     .offset = offsetof(struct line_form, turnaround),
     .minimum = 0,
     .maximum = 10,
     .fallback = "10 ms",
     .help = "longest that an instrument on the line takes before it answers"},
    {.name = "longest",
     .type = OPTION_DURATION,
     .offset = offsetof(struct line_form, longest),
     .minimum = 0.02,
     .maximum = 60,
     .fallback = "250 ms",
     .help = "no transaction may take longer where the line has outputs, since a safe write may have to wait "
             "for it"},
    {.name = NULL                       },
};

enum { BAUD }; /* its row */

_Static_assert(sizeof(line_options) / sizeof(line_options[0]) == LINE_OPTIONS + 1,
               "said[] has a place for each");

const struct section section_line = {
    .title = "line",
    .where = "Beside the driver's options, in a profile's `options` or at a rig's instrument, which goes "
             "before the "
             "profile. Instruments that share a line must not contradict each other.",
    .options = line_options,
};

/* --- names --- */

static bool read_tcp(struct loader *loader, const struct node *node, const char *rest,
                     struct link_build *link)
{
    const char *colon = strrchr(rest, ':');
    bool bracketed = rest[0] == '[' && colon && colon > rest && colon[-1] == ']';
    size_t length = colon ? (size_t)(colon - rest) : 0;
    char *end = NULL;
    long port = colon && isdigit((unsigned char)colon[1]) ? strtol(colon + 1, &end, 10) : 0;
    bool plain = length && !memchr(rest, ':', length) && !strpbrk(rest, "/ []@?#");
    if (!colon || !(plain || bracketed) || !end || *end || port < 1 || port > 65535) {
        report(loader, node, "\"%.80s\" must name host and port, like tcp://192.168.1.5:502", node->text);
        return false;
    }
    link->port = (uint16_t)port;
    link->host = bracketed ? arena_copy(loader->memory, rest + 1, length - 2)
                           : arena_copy(loader->memory, rest, length);
    char *identity = arena_copy(&loader->scratch, rest, strlen(rest));
    for (char *letter = identity; *letter; letter++)
        *letter = (char)tolower((unsigned char)*letter);
    link->identity = identity;
    return true;
}

static bool read_serial(struct loader *loader, const struct node *node, const char *rest,
                        struct link_build *link)
{
    if (rest[0] != '/' || !rest[1]) {
        report(loader, node,
               "\"%.80s\" must name a device by its full path, like serial:/dev/serial/by-id/...",
               node->text);
        return false;
    }
    link->serial = true;
    link->device = arena_copy(loader->memory, rest, strlen(rest));
    link->identity = link->device;
    char *real = realpath(rest, NULL); /* a device that is not plugged in now has only its name */
    if (real) {
        size_t size = strlen(real) + 1;
        char *identity = arena_allocate(&loader->scratch, size);
        link->identity = memcpy(identity, real, size);
        free(real);
    }
    return true;
}

static bool read_url(struct loader *loader, const struct node *node, const char *url, struct link_build *link)
{
    static const struct {
        const char *scheme;
        bool (*read)(struct loader *, const struct node *, const char *, struct link_build *);
    } schemes[] = {
        {"tcp://",  read_tcp   },
        {"serial:", read_serial}
    };
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
        if (!strncmp(url, schemes[i].scheme, strlen(schemes[i].scheme)))
            return schemes[i].read(loader, node, url + strlen(schemes[i].scheme), link);
    report(loader, node, "\"%.80s\" is no line; write tcp://host:port or serial:/dev/...", url);
    return false;
}

struct link_build *link_get(struct loader *loader, const struct node *node, const char *url)
{
    struct link_build read = {0};
    if (!read_url(loader, node, url, &read))
        return NULL;
    struct link_build **end = &loader->links;
    uint16_t index = 0;
    for (; *end; end = &(*end)->next, index++)
        if ((*end)->serial == read.serial && !strcmp((*end)->identity, read.identity))
            return *end;
    struct link_build *link = arena_allocate(&loader->scratch, sizeof(*link));
    *link = read;
    link->name = arena_copy(loader->memory, url, strlen(url));
    link->index = index;
    link->instruments_end = &link->instruments;
    *end = link;
    return link;
}

struct link_build *link_practice(struct loader *loader, const struct rig_build *rig, const char *instrument)
{
    struct link_build **end = &loader->links;
    uint16_t index = 0;
    for (; *end; end = &(*end)->next)
        index++;
    struct link_build *link = arena_allocate(&loader->scratch, sizeof(*link));
    const char *name = arena_format(loader->memory, "simulator of %s.%s", rig->name, instrument);
    *link = (struct link_build){
        .name = name, .identity = name, .practice = true, .host = "127.0.0.1", .index = index};
    link->instruments_end = &link->instruments;
    *end = link;
    return link;
}

/* --- who is on it --- */

/* Where the instrument answers on its line: the option `unit`; NULL: it has the line for itself. */
static const int64_t *unit_of(const struct instrument_build *instrument)
{
    const struct option_table *table = instrument->profile->driver->instrument_options;
    for (const struct option *row = table ? table->options : NULL; row && row->name; row++)
        if (!strcmp(row->name, "unit") && row->type == OPTION_INTEGER)
            return (const int64_t *)((const char *)instrument->options + row->offset);
    return NULL;
}

static bool fits(struct loader *loader, const struct instrument_build *instrument,
                 const struct instrument_build *other)
{
    const struct driver *driver = instrument->profile->driver, *others = other->profile->driver;
    const int64_t *unit = unit_of(instrument), *others_unit = unit_of(other);
    const struct node *place = node_get(instrument->node, "link");
    if (driver->transport != others->transport)
        report(loader, place, "driver %s cannot share a line with driver %s of %s.%s", driver->name,
               others->name, other->rig->name, other->name);
    else if (!unit || !others_unit)
        report(loader, place, "this line has room for one instrument, and that is %s.%s", other->rig->name,
               other->name);
    else if (*unit == *others_unit)
        report(loader, place, "unit %lld on this line is %s.%s already; an instrument is in one rig, once",
               (long long)*unit, other->rig->name, other->name);
    else
        return true;
    return false;
}

static size_t field_size(const struct option *row)
{
    return row->type == OPTION_CHOICE ? sizeof(int) : sizeof(int64_t);
}

static void take_line_option(struct loader *loader, const struct instrument_build *instrument, size_t which,
                             const struct line_form *form)
{
    const struct option *row = &line_options[which];
    struct link_build *link = instrument->link;
    const struct node *by_rig = node_get(instrument->node, row->name);
    const struct node *node = by_rig ? by_rig : node_get(instrument->profile->options, row->name);
    void *value = (char *)&link->form + row->offset;
    const void *given = (const char *)form + row->offset;
    if (!node || node->kind != NODE_SCALAR)
        return;
    bool serial_only = row->offset != offsetof(struct line_form, timeout) &&
                       row->offset != offsetof(struct line_form, turnaround) &&
                       row->offset != offsetof(struct line_form, longest);
    if (serial_only && !link->serial && by_rig && !link->practice)
        report_key(loader, node, "only serial lines have this; remove it");
    const struct node *said = link->said[which].node;
    if (!said || (by_rig && !link->said[which].by_rig)) {
        memcpy(value, given, field_size(row));
        link->said[which].node = node;
        link->said[which].by_rig = by_rig != NULL;
    } else if (link->said[which].by_rig == (by_rig != NULL) && memcmp(value, given, field_size(row)) != 0) {
        report(loader, by_rig ? node : instrument->node,
               "%s is %s here and %s for another instrument on the same line (%s:%zu); say it once, at the "
               "rig's "
               "instrument",
               row->name, node->text, said->text, said->file, said->at.line);
    }
}

void link_add(struct loader *loader, struct instrument_build *instrument)
{
    struct link_build *link = instrument->link;
    const struct node *const sources[2] = {instrument->node, instrument->profile->options};
    const struct node *const nobody[2] = {NULL, NULL};
    struct line_form form;
    if (!link->instruments)
        section_fill_options(loader, line_options, nobody, &link->form);
    section_fill_options(loader, line_options, sources, &form);
    for (size_t i = 0; i < LINE_OPTIONS; i++)
        take_line_option(loader, instrument, i, &form);
    for (const struct instrument_build *other = link->instruments; other; other = other->next)
        if (!fits(loader, instrument, other))
            break;
    instrument->place = (uint16_t)link->instrument_count++;
    *link->instruments_end = instrument;
    link->instruments_end = &instrument->next;
}

/* --- the lab's links --- */

static bool has_outputs(const struct instrument_build *instrument)
{
    return instrument->rig->out->spec.instruments[instrument->index].outputs;
}

/* False: a read is too long for the line. */
static bool check_reads(struct loader *loader, const struct config_link *link,
                        const struct config_instrument *place, const struct analysis_unit *unit,
                        const struct node *node)
{
    const struct analysis_read *worst = NULL;
    for (size_t i = 0; i < unit->read_count; i++)
        if (unit->reads[i].period && (!worst || unit->reads[i].time > worst->time))
            worst = &unit->reads[i];
    if (!worst || worst->time <= link->longest)
        return true;
    report_key(loader, node,
               "reading %s takes %lld ms on this line, and longest is %lld ms; a faster line, or a larger "
               "longest, would do",
               place->instrument.points[worst->points[0]].name, (long long)(worst->time / 1000000),
               (long long)(link->longest / 1000000));
    return false;
}

/* What only the driver knows: whether the options make an instrument, and how its points are read. */
/* False: it is not known what the instrument puts on the line. */
static bool check_driver(struct loader *loader, const struct config_link *link,
                         const struct config_instrument *place, const struct instrument_build *build)
{
    struct driver_fault fault = {0};
    struct driver_instrument *made = NULL;
    for (size_t i = 0; i < build->profile->point_count; i++)
        if (build->profile->points[i].broken)
            return false;
    int result = place->driver->create(&place->instrument, &made, &fault);
    if (result == DRIVER_NO_MEMORY)
        arena_exhausted(loader->memory);
    if (result != DRIVER_OK) {
        report_key(loader, build->node, "%s", fault.text);
        return false;
    }
    loader->instrument = made;
    loader->instrument_driver = place->driver;
    struct analysis_unit *unit = &build->link->units[build->place];
    analysis_gather(loader, build, link, place, made, unit);
    bool short_enough = check_reads(loader, link, place, unit, build->node);
    loader_drop_instrument(loader);
    return short_enough;
}

static void finish_instrument(struct loader *loader, const struct config_link *link,
                              struct config_instrument *place, const struct instrument_build *build)
{
    const struct profile *profile = build->profile;
    *place = (struct config_instrument){
        .driver = profile->driver,
        .instrument = {.name = arena_format(loader->memory, "%s.%s", build->rig->name, build->name),
                       .options = build->options,
                       .points = profile->driver_points,
                       .point_count = profile->point_count,
                       .waveforms = profile->waveforms,
                       .waveform_count = profile->waveform_count},
        .polls = build->polls,
        .lost_after = (unsigned)build->lost_after,
        .rig = build->rig->index,
        .rig_instrument = build->index,
        .first_point = build->first_point,
        .profile = profile->name,
    };
    if (has_outputs(build) && link->line.timeout > link->longest)
        report_key(loader, build->node,
                   "the line's timeout is longer than longest, and it has outputs; shorten it");
    build->link->planned &= build->rig->sound && (!link->line.serial || link->line.baud) &&
                            check_driver(loader, link, place, build);
}

static void finish_link(struct loader *loader, struct config_link *out, struct link_build *link)
{
    const struct line_form *form = &link->form;
    *out = (struct config_link){
        .name = link->name,
        .practice = link->practice,
        .line = {.serial = link->serial,
                 .host = link->host,
                 .port = link->port,
                 .device = link->device,
                 .baud = (int)form->baud,
                 .data_bits = (int)form->data_bits,
                 .stop_bits = (int)form->stop_bits,
                 .parity = (enum driver_parity)form->parity,
                 .timeout = form->timeout,
                 .turnaround = form->turnaround,
                 .longest = form->longest},
        .instruments = arena_array(loader->memory, link->instrument_count, sizeof(*out->instruments)),
        .instrument_count = link->instrument_count,
        .longest = form->longest,
    };
    if (link->serial && !link->said[BAUD].node && link->instruments)
        report_key(loader, link->instruments->node,
                   "a serial line needs baud; add baud: 9600 or what is set there");
    link->units = arena_array(loader->memory, link->instrument_count, sizeof(*link->units));
    link->planned = true;
    out->plan = (struct analysis_line){&out->line, out->longest, link->units, link->instrument_count};
    for (const struct instrument_build *build = link->instruments; build; build = build->next)
        finish_instrument(loader, out, &out->instruments[build->place], build);
}

void links_finish(struct loader *loader, struct config_lab *lab)
{
    for (const struct link_build *link = loader->links; link; link = link->next)
        lab->link_count++;
    lab->links = arena_array(loader->memory, lab->link_count, sizeof(*lab->links));
    for (struct link_build *link = loader->links; link; link = link->next)
        finish_link(loader, &lab->links[link->index], link);
}
