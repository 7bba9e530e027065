#include "gateway/control/timetable_make.h"
#include "gateway/control/attend.h"

#include "gateway/calendar/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(BOOKING_PARTY_MAX <= LEDGER_PARTY_MAX, "a row has room for every party");
_Static_assert(TIMETABLE_SHARED_MAX <= LEDGER_SHARED_MAX, "and for every shared resource");

/* --- from the configuration --- */

static struct timetable_rig *make_rigs(const struct config_lab *lab)
{
    struct timetable_rig *rigs = calloc(lab->rig_count + 1, sizeof(*rigs));
    for (size_t i = 0; rigs && i < lab->rig_count; i++) {
        const struct config_rig *config = &lab->rigs[i];
        rigs[i] = (struct timetable_rig){
            .longest = config->longest_booking / 1000000,
            .setup = config->setup,
            .teardown = config->teardown,
            .shared = config->resources,
            .shared_count = config->resource_count,
            .capabilities = config->capability_bits,
        };
    }
    return rigs;
}

static struct timetable_school *make_schools(const struct config_timetable *config)
{
    struct timetable_school *schools = calloc(config->school_count + 1, sizeof(*schools));
    for (size_t i = 0; schools && i < config->school_count; i++)
        schools[i].weight = config->schools[i].weight;
    return schools;
}

static struct timetable_group *make_groups(const struct config_timetable *config)
{
    struct timetable_group *groups = calloc(config->group_count + 1, sizeof(*groups));
    for (size_t i = 0; groups && i < config->group_count; i++)
        groups[i] = (struct timetable_group){config->groups[i].school, config->groups[i].weight,
                                             config->groups[i].policy};
    return groups;
}

/* False: no memory; setup_finish() releases what is there. */
static bool setup_make(struct control *control, const struct config_lab *lab, struct timetable_setup *setup)
{
    const struct config_timetable *config = &lab->timetable;
    *setup = (struct timetable_setup){
        .rigs = make_rigs(lab),
        .rig_count = lab->rig_count,
        .shared_count = config->resource_count,
        .calendar = &control->calendar,
        .schools = make_schools(config),
        .school_count = config->school_count,
        .groups = make_groups(config),
        .group_count = config->group_count,
        .everybody = config->everybody,
        .grace = config->grace,
        .half_life = config->half_life,
        .offer = config->offer,
        .rehome_ahead = config->rehome_ahead,
        .attend = attend_for(control),
    };
    return setup->rigs && setup->schools && setup->groups;
}

static void setup_finish(struct timetable_setup *setup)
{
    free((void *)setup->rigs);
    free((void *)setup->schools);
    free((void *)setup->groups);
}

bool timetable_make(struct control *control, const struct ledger_contents *contents, char *why,
                    size_t why_size)
{
    const struct config_timetable *config = &control->lab->timetable;
    struct timetable_setup setup;
    control->calendar = config->calendar;
    if (!zone_read(config->calendar.zone.name, &control->calendar.zone)) {
        snprintf(why, why_size, "the time zone %s cannot be read; is the package tzdata installed?",
                 config->calendar.zone.name);
        return false;
    }
    if (setup_make(control, control->lab, &setup))
        control->timetable = timetable_create(&setup, contents->last_wall, contents->next_session);
    setup_finish(&setup);
    if (!control->timetable)
        snprintf(why, why_size, "no memory for the timetable");
    return control->timetable;
}

/* --- from another configuration --- */

static uint16_t *number_groups(const struct config_timetable *before, const struct config_timetable *after)
{
    uint16_t *numbers = calloc(before->group_count + 1, sizeof(*numbers));
    for (size_t i = 0; numbers && i < before->group_count; i++)
        for (uint16_t k = 0; k < after->group_count && !numbers[i]; k++)
            if (!strcmp(before->groups[i].name, after->groups[k].name))
                numbers[i] = (uint16_t)(k + 1);
    return numbers;
}

static uint16_t *number_capabilities(const struct config_timetable *before,
                                     const struct config_timetable *after)
{
    uint16_t *numbers = calloc(before->capability_count + 1, sizeof(*numbers));
    for (size_t i = 0; numbers && i < before->capability_count; i++)
        for (uint16_t k = 0; k < after->capability_count && !numbers[i]; k++)
            if (!strcmp(before->capabilities[i], after->capabilities[k]))
                numbers[i] = (uint16_t)(k + 1);
    return numbers;
}

static uint16_t *number_schools(const struct config_timetable *before, const struct config_timetable *after)
{
    uint16_t *numbers = calloc(before->school_count + 1, sizeof(*numbers));
    for (size_t i = 0; numbers && i < before->school_count; i++) {
        numbers[i] = UINT16_MAX;
        for (uint16_t k = 0; k < after->school_count; k++)
            if (!strcmp(before->schools[i].name, after->schools[k].name))
                numbers[i] = k;
    }
    return numbers;
}

/* Schools that members of sessions are counted to. */
static void renumber_rooms(struct control *control, const uint16_t *schools)
{
    for (size_t i = 0; i < control->rig_count; i++) {
        struct classroom *room = &control->rigs[i].classroom;
        for (size_t k = 0; k < room->member_count; k++)
            if (room->members[k].school != ROOM_NONE)
                room->members[k].school = schools[room->members[k].school];
    }
}

bool timetable_remake(struct control *control, const struct config_lab *after)
{
    const struct config_timetable *was = &control->lab->timetable, *is = &after->timetable;
    struct timetable_setup setup;
    uint16_t *groups = number_groups(was, is), *capabilities = number_capabilities(was, is);
    uint16_t *schools = number_schools(was, is);
    const struct timetable_numbers numbers = {groups, capabilities, schools};
    bool made = setup_make(control, after, &setup) && groups && capabilities && schools &&
                timetable_reconfigure(control->timetable, &setup, &numbers);
    if (made) {
        struct civil_zone zone = control->calendar.zone; /* another one needs a restart */
        zone.name = is->calendar.zone.name;
        control->calendar = is->calendar;
        control->calendar.zone = zone;
        renumber_rooms(control, schools);
    }
    setup_finish(&setup);
    free(groups);
    free(capabilities);
    free(schools);
    return made;
}

void timetable_unmake(struct control *control)
{
    timetable_destroy(control->timetable);
    zone_finish(&control->calendar.zone);
}

/* --- to the ledger and back --- */

void booking_to_row(const struct control *control, const struct booking *booking, struct ledger_booking *row)
{
    const struct config_timetable *names = &control->lab->timetable;
    const struct config_rig *rig = control->rigs[booking->rig].config;
    *row = (struct ledger_booking){
        .id = booking->id,
        .account = booking->account,
        .starts = booking->starts,
        .ends = booking->ends,
        .setup = booking->setup,
        .teardown = booking->teardown,
        .bundle = booking->bundle,
        .made = control->wall,
        .state = (enum ledger_booking_state)booking->state,
        .session = booking->session,
        .kind = (int)booking->kind,
        .why = (int)booking->why,
        .used = booking->used ? booking->ends - booking->starts : 0,
        .charged = booking->charged,
    };
    snprintf(row->rig, sizeof(row->rig), "%s", rig->spec.name);
    if (booking->group != BOOKING_NO_GROUP)
        snprintf(row->group, sizeof(row->group), "%s", names->groups[booking->group - 1].name);
    if (booking->capability != BOOKING_NO_CAPABILITY)
        snprintf(row->capability, sizeof(row->capability), "%s",
                 names->capabilities[booking->capability - 1]);
    for (size_t i = 0; i < rig->resource_count; i++)
        snprintf(row->shared[i], sizeof(row->shared[i]), "%s", names->resources[rig->resources[i]]);
    if (booking->party_count)
        memcpy(row->party, booking->party, booking->party_count * sizeof(*row->party));
    memcpy(row->key, booking->key, sizeof(row->key));
    memcpy(row->code, booking->code, sizeof(row->code));
}

uint16_t find_group(const struct control *control, const char *name)
{
    const struct config_timetable *config = &control->lab->timetable;
    for (uint16_t i = 0; i < config->group_count; i++)
        if (!strcmp(config->groups[i].name, name))
            return (uint16_t)(i + 1);
    return BOOKING_NO_GROUP;
}

uint16_t find_capability(const struct control *control, const char *name)
{
    const struct config_timetable *config = &control->lab->timetable;
    for (uint16_t i = 0; i < config->capability_count; i++)
        if (!strcmp(config->capabilities[i], name))
            return (uint16_t)(i + 1);
    return BOOKING_NO_CAPABILITY;
}

uint16_t find_rig(const struct control *control, const char *name)
{
    for (uint16_t i = 0; i < control->rig_count; i++)
        if (!strcmp(control->rigs[i].config->spec.name, name))
            return i;
    return BOOKING_ANY_RIG;
}

void booking_from_row(const struct control *control, const struct ledger_booking *row,
                      struct booking *booking)
{
    *booking = (struct booking){
        .id = row->id,
        .bundle = row->bundle,
        .account = row->account,
        .session = row->session,
        .starts = row->starts,
        .ends = row->ends,
        .setup = row->setup,
        .teardown = row->teardown,
        .party = row->party,
        .rig = find_rig(control, row->rig),
        .capability = find_capability(control, row->capability),
        .group = find_group(control, row->group),
        .state = (enum booking_state)row->state,
        .kind = (enum booking_kind)row->kind,
        .why = (enum booking_why)row->why,
        .used = row->used > 0,
        .charged = row->charged,
        .revision = (uint32_t)row->revision,
        .revised = row->revised,
    };
    while (booking->party_count < BOOKING_PARTY_MAX && row->party[booking->party_count])
        booking->party_count++;
    memcpy(booking->key, row->key, sizeof(booking->key));
    memcpy(booking->code, row->code, sizeof(booking->code));
}

void ticket_to_row(const struct control *control, const struct timetable_ticket *place,
                   struct ledger_ticket *row)
{
    const struct config_timetable *names = &control->lab->timetable;
    *row = (struct ledger_ticket){
        .id = place->id,
        .account = place->account,
        .length = place->length,
        .made = place->asked,
        .until = place->until,
    };
    if (place->group != BOOKING_NO_GROUP)
        snprintf(row->group, sizeof(row->group), "%s", names->groups[place->group - 1].name);
    if (place->rig != BOOKING_ANY_RIG)
        snprintf(row->rig, sizeof(row->rig), "%s", control->rigs[place->rig].config->spec.name);
    else
        snprintf(row->capability, sizeof(row->capability), "%s", names->capabilities[place->capability - 1]);
    if (!place->offered)
        return;
    snprintf(row->offer_rig, sizeof(row->offer_rig), "%s",
             control->rigs[place->offered->rig].config->spec.name);
    row->offer_starts = place->offered->starts;
    row->offer_ends = place->offered->ends;
    row->take = place->offer_ends;
}

void ticket_from_row(const struct control *control, const struct ledger_ticket *row,
                     struct timetable_ticket *place, struct booking *offered)
{
    *offered = (struct booking){
        .rig = find_rig(control, row->offer_rig), .starts = row->offer_starts, .ends = row->offer_ends};
    *place = (struct timetable_ticket){
        .id = row->id,
        .account = row->account,
        .group = find_group(control, row->group),
        .rig = find_rig(control, row->rig),
        .capability = find_capability(control, row->capability),
        .length = row->length,
        .asked = row->made,
        .until = row->until,
        .offered = row->offer_rig[0] ? offered : NULL,
        .offer_ends = row->take,
    };
}
