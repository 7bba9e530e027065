/* One rig, from its table to its specification. */
#include "gateway/config/rigs.h"

#include "gateway/config/scalar.h"

#include <string.h>

#define CAPABILITIES_MAX 32

struct rig_form {
    char *rig;
    struct config_text title;
    int64_t verify_retries;
    const struct node *capabilities, *instruments, *points, *safe, *interlocks, *heartbeat, *session,
        *booking, *local_mode, *proof_test, *practice;
};

static const struct option rig_options[] = {
    {.name = "rig",
     .type = OPTION_TEXT,
     .offset = offsetof(struct rig_form, rig),
     .minimum = 1,
     .maximum = 40,
     .fallback = "",
     .help = "its name, in a file of its own: tank-1 in rigs/tank-1.yaml; in lab.yaml the key is the name"},
    {.name = "verify_retries",
     .type = OPTION_INTEGER,
     .offset = offsetof(struct rig_form, verify_retries),
     .minimum = 1,
     .maximum = 20,
     .fallback = "3",
     .help = "how often the safe sequence is tried before a rig that answers is quarantined"},
    {.name = NULL                      },
};

static const struct part rig_parts[] = {
    {.name = "title",
     .kind = PART_TITLE,
     .offset = offsetof(struct rig_form, title),
     .form = "Water tank 1, or {en: ..., zh: ...}",
     .help = "what people read; the name where it is not given"},
    {.name = "capabilities",
     .kind = PART_LIST,
     .offset = offsetof(struct rig_form, capabilities),
     .form = "[process-control]",
     .help = "tags that rigs share, which can be booked instead of one rig"},
    {.name = "instruments",
     .kind = PART_TABLE,
     .offset = offsetof(struct rig_form, instruments),
     .required = true,
     .form = "plc: {profile: ..., link: ...}",
     .help = "what it is made of"},
    {.name = "points",
     .kind = PART_TABLE,
     .offset = offsetof(struct rig_form, points),
     .form = "{plc.pump: {range: 0 % .. 80 %}}",
     .help = "where this rig says otherwise than the profiles"},
    {.name = "safe",
     .kind = PART_LIST,
     .offset = offsetof(struct rig_form, safe),
     .form = "- set: all",
     .help = "the safe sequence; needed by every rig with outputs"},
    {.name = "interlocks",
     .kind = PART_LIST,
     .offset = offsetof(struct rig_form, interlocks),
     .form = "- trip: overheat",
     .help = "trips, permissives, exclusives and limits"},
    {.name = "heartbeat",
     .kind = PART_TABLE,
     .offset = offsetof(struct rig_form, heartbeat),
     .form = "{point: plc.heartbeat, every: 200 ms, drops_after: 1 s}",
     .help = "how the rig's own controller notices that the gateway is gone"},
    {.name = "session",
     .kind = PART_TABLE,
     .offset = offsetof(struct rig_form, session),
     .form = "{resume_window: 20 s}",
     .help = "how a session on this rig goes"},
    {.name = "booking",
     .kind = PART_TABLE,
     .offset = offsetof(struct rig_form, booking),
     .form = "{setup: 2 min, teardown: 3 min, resources: [crane-camera]}",
     .help = "what its bookings take beside their own time"},
    {.name = "local_mode",
     .kind = PART_VALUE,
     .offset = offsetof(struct rig_form, local_mode),
     .form = "plc.local",
     .help = "boolean point that is true while somebody operates the rig on the spot; before what a profile "
             "names"},
    {.name = "proof_test",
     .kind = PART_TABLE,
     .offset = offsetof(struct rig_form, proof_test),
     .form = "{every: 180 d}",
     .help = "how often its interlocks are to be tried; without, nobody is reminded"},
    {.name = "practice",
     .kind = PART_TABLE,
     .offset = offsetof(struct rig_form, practice),
     .form = "{at_most: 100, instruments: {plc: tank}}",
     .help = "simulators of it, for who has no session on it"},
    {.name = NULL                                    },
};

const struct section section_rig = {
    .title = "rig",
    .where = "One entry of `rigs` in lab.yaml, under its name, or a file of its own, rigs/NAME.yaml.",
    .options = rig_options,
    .parts = rig_parts,
};

static void read_capabilities(struct rig_build *rig, const struct node *node)
{
    struct loader *loader = rig->loader;
    size_t count = node ? node->count : 0;
    if (count > CAPABILITIES_MAX) {
        report_key(loader, node, "at most %d capabilities", CAPABILITIES_MAX);
        count = 0;
    }
    const char **names = arena_array(loader->memory, count + 1, sizeof(*names));
    size_t kept = 0;
    for (const struct node *entry = count ? node->first : NULL; entry; entry = entry->next)
        if (node_is(loader, entry, NODE_SCALAR) && name_check(loader, entry, entry->text, NAME_LABEL))
            names[kept++] = arena_copy(loader->memory, entry->text, entry->length);
    rig->out->capabilities = names;
}

static void read_local_mode(struct rig_build *rig, const struct node *node)
{
    struct rig_spec *spec = &rig->out->spec;
    spec->local_mode = RIG_NONE;
    for (size_t i = 0; i < rig->instrument_count && !node; i++) {
        const struct instrument_build *instrument = &rig->instruments[i];
        if (!instrument->profile || instrument->profile->local_mode == RIG_NONE)
            continue;
        if (spec->local_mode != RIG_NONE)
            report_key(rig->loader, instrument->node,
                       "two instruments of this rig know local operation; name the point that counts with "
                       "local_mode:");
        spec->local_mode = (uint16_t)(instrument->first_point + instrument->profile->local_mode);
    }
    uint16_t point;
    if (!node || !rig_point_at(rig, node, &point) || rig->broken[point])
        return;
    const struct rig_point_spec *named = &rig->points[point];
    if (named->type != RIG_BOOLEAN || !named->readable || !named->poll)
        report(rig->loader, node, "%s must be a boolean point that is polled", named->name);
    spec->local_mode = point;
}

/* Without what shows the safe state nobody knows whether the rig is in it. */
static void refuse_verified_losses(struct rig_build *rig, const struct rig_instrument_spec *instruments)
{
    const struct rig_spec *spec = &rig->out->spec;
    for (size_t i = 0; i < spec->safe_count; i++) {
        const struct rig_step_spec *step = &spec->safe[i];
        for (size_t j = 0; step->kind == RIG_STEP_VERIFY && j < step->count; j++) {
            const struct rig_point_spec *point = &rig->points[step->items[j].point];
            if (instruments[point->instrument].on_loss_continue && !instruments[point->instrument].outputs)
                report(rig->loader, node_get(rig->instruments[point->instrument].node, "on_loss"),
                       "the safe sequence verifies %s: without this instrument nobody knows that the rig is "
                       "safe; "
                       "remove it, or verify another point",
                       point->name);
        }
    }
}

/* The rig numbers its own links, in the order of its instruments. */
static void number_links(struct rig_build *rig)
{
    struct arena *memory = rig->loader->memory;
    struct rig_spec *spec = &rig->out->spec;
    struct rig_instrument_spec *instruments =
        arena_array(memory, rig->instrument_count, sizeof(*instruments));
    struct config_place *places = arena_array(memory, rig->instrument_count, sizeof(*places));
    uint16_t *links = arena_array(memory, rig->instrument_count, sizeof(*links));
    for (size_t i = 0; i < rig->instrument_count; i++) {
        const struct instrument_build *instrument = &rig->instruments[i];
        instruments[i].name = instrument->name;
        instruments[i].on_loss_continue = instrument->on_loss_continue;
        if (!instrument->link)
            continue;
        uint16_t number = 0;
        while (number < spec->link_count && links[number] != instrument->link->index)
            number++;
        if (number == spec->link_count)
            links[spec->link_count++] = instrument->link->index;
        instruments[i].link = number;
        places[i] = (struct config_place){instrument->link->index, instrument->place, 0};
    }
    for (size_t i = 0; i < rig->point_count; i++)
        instruments[rig->points[i].instrument].outputs |= rig->points[i].output;
    refuse_verified_losses(rig, instruments);
    for (size_t i = 0; i < rig->instrument_count; i++)
        if (instruments[i].outputs && instruments[i].on_loss_continue)
            report(rig->loader, node_get(rig->instruments[i].node, "on_loss"),
                   "an instrument with outputs cannot be lost and the rig go on; remove it");
    spec->instruments = instruments;
    spec->instrument_count = rig->instrument_count;
    rig->out->instruments = places;
    rig->out->links = links;
}

void rig_read(struct rig_build *rig)
{
    struct loader *loader = rig->loader;
    struct config_rig *out = rig->out;
    struct rig_form form = {0};
    section_fill(loader, &section_rig, rig->node, &form);
    if (form.rig && *form.rig && strcmp(form.rig, rig->name) != 0)
        report(loader, node_get(rig->node, "rig"), "this is rig %s by its key or file; make both alike",
               rig->name);
    out->title = form.title.en ? form.title : (struct config_text){rig->name, rig->name};
    out->spec.name = rig->name;
    out->spec.title = out->title.en;
    out->spec.verify_retries = (unsigned)form.verify_retries;
    read_capabilities(rig, rig->practice_of ? NULL : form.capabilities);
    rig_read_instruments(rig, form.instruments);
    rig_read_points(rig, form.points);
    rig_read_session(rig, form.session);
    rig_read_proof_test(rig, rig->practice_of ? NULL : form.proof_test);
    rig_read_heartbeat(rig, form.heartbeat);
    rig_read_safe(rig, form.safe);
    rig_read_interlocks(rig, form.interlocks);
    read_local_mode(rig, form.local_mode);
    number_links(rig);
    out->spec.points = rig->points;
    out->spec.point_count = rig->point_count;
    out->point_titles = rig->titles;
}
