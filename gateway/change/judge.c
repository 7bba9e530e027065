/* Which bookings a new configuration would refuse: all of them are put, in the order in which they were made,
 * into a timetable of its own. */
#include "gateway/change/change.h"

#include "gateway/booking/timetable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct judging {
    const struct config_lab *after;
    const struct ledger_contents *contents;
    int64_t now;
    change_booking_taker *take;
    void *context;
    struct term_calendar calendar;
    struct timetable *timetable;
    bool *touched; /* by rig of `after` */
};

/* ---- the new timetable --------------------------------------------------------------------------------- */

static bool make_timetable(struct judging *judging)
{
    const struct config_lab *lab = judging->after;
    const struct config_timetable *config = &lab->timetable;
    struct timetable_rig *rigs = calloc(lab->rig_count + 1, sizeof(*rigs));
    struct timetable_school *schools = calloc(config->school_count + 1, sizeof(*schools));
    struct timetable_group *groups = calloc(config->group_count + 1, sizeof(*groups));
    for (size_t i = 0; rigs && i < lab->rig_count; i++)
        rigs[i] = (struct timetable_rig){
            .longest = lab->rigs[i].longest_booking / 1000000,
            .setup = lab->rigs[i].setup,
            .teardown = lab->rigs[i].teardown,
            .shared = lab->rigs[i].resources,
            .shared_count = lab->rigs[i].resource_count,
            .capabilities = lab->rigs[i].capability_bits,
        };
    for (size_t i = 0; schools && i < config->school_count; i++)
        schools[i].weight = config->schools[i].weight;
    for (size_t i = 0; groups && i < config->group_count; i++)
        groups[i] = (struct timetable_group){config->groups[i].school, config->groups[i].weight,
                                             config->groups[i].policy};
    const struct timetable_setup setup = {
        .rigs = rigs,
        .rig_count = lab->rig_count,
        .shared_count = config->resource_count,
        .calendar = &judging->calendar,
        .schools = schools,
        .school_count = config->school_count,
        .groups = groups,
        .group_count = config->group_count,
        .everybody = config->everybody,
    };
    if (rigs && schools && groups)
        judging->timetable = timetable_create(&setup, 0, 1);
    free(rigs);
    free(schools);
    free(groups);
    return judging->timetable;
}

/* ---- one booking --------------------------------------------------------------------------------------- */

static uint16_t find_rig(const struct config_lab *lab, const char *name)
{
    for (uint16_t i = 0; i < lab->rig_count; i++)
        if (!strcmp(lab->rigs[i].spec.name, name))
            return i;
    return BOOKING_ANY_RIG;
}

static uint16_t find_group(const struct config_timetable *config, const char *name)
{
    for (uint16_t i = 0; i < config->group_count; i++)
        if (!strcmp(config->groups[i].name, name))
            return (uint16_t)(i + 1);
    return BOOKING_NO_GROUP;
}

static uint16_t find_capability(const struct config_timetable *config, const char *name)
{
    for (uint16_t i = 0; i < config->capability_count; i++)
        if (!strcmp(config->capabilities[i], name))
            return (uint16_t)(i + 1);
    return BOOKING_NO_CAPABILITY;
}

static bool stands(const struct judging *judging, uint64_t account, int kind, const char *name)
{
    for (size_t i = 0; i < judging->contents->standing_count; i++) {
        const struct ledger_standing *one = &judging->contents->standings[i];
        if (one->account == account && one->kind == kind && !strcmp(one->name, name))
            return true;
    }
    return false;
}

static void judge_people(const struct judging *judging, const struct booking *booking,
                         struct booking_wish *people)
{
    const struct config_timetable *config = &judging->after->timetable;
    const struct booking_policy *policy =
        booking->group == BOOKING_NO_GROUP ? config->everybody : config->groups[booking->group - 1].policy;
    for (size_t i = 0; policy && i <= booking->party_count; i++) {
        uint64_t account = i ? booking->party[i - 1] : booking->account;
        people->unqualified |=
            policy->qualification[0] && !stands(judging, account, STANDING_QUALIFIED, policy->qualification);
        people->unrehearsed |=
            policy->rehearsal[0] && !stands(judging, account, STANDING_REHEARSED, policy->rehearsal);
    }
}

static bool holds_time(const struct ledger_booking *row)
{
    return row->state == LEDGER_CONFIRMED || row->state == LEDGER_LIVE || row->state == LEDGER_PENDING;
}

static void tell_part(const struct judging *judging, const struct ledger_booking *row,
                      enum booking_result result, enum policy_option option)
{
    const char *holder = "";
    for (size_t i = 0; i < judging->contents->account_count; i++)
        if (judging->contents->accounts[i].id == row->account)
            holder = judging->contents->accounts[i].name;
    judging->take(judging->context,
                  &(struct change_booking){
                      .booking = row,
                      .holder = holder,
                      .reason = booking_result_name(result),
                      .text = booking_result_text(result),
                      .option = option < POLICY_OPTION_COUNT ? policy_option_name(option) : "",
                      .live = row->state == LEDGER_LIVE,
                  });
}

/* What is over is only counted for quotas. */
static void judge_row(struct judging *judging, const struct ledger_booking *row)
{
    const struct config_timetable *config = &judging->after->timetable;
    bool coming = holds_time(row) && row->ends > judging->now;
    enum policy_option option = POLICY_OPTION_COUNT;
    struct booking_wish people = {0};
    struct booking booking = {
        .id = row->id,
        .bundle = row->bundle,
        .account = row->account,
        .session = row->session,
        .starts = row->starts,
        .ends = row->ends,
        .setup = row->setup,
        .teardown = row->teardown,
        .party = row->party,
        .rig = find_rig(judging->after, row->rig),
        .capability = find_capability(config, row->capability),
        .group = find_group(config, row->group),
        .state = (enum booking_state)row->state,
        .kind = (enum booking_kind)row->kind,
        .charged = row->charged,
    };
    while (booking.party_count < BOOKING_PARTY_MAX && row->party[booking.party_count])
        booking.party_count++;
    enum booking_result result = BOOKING_OK;
    if (booking.rig == BOOKING_ANY_RIG)
        result = BOOKING_UNKNOWN_RIG;
    else if (row->group[0] && booking.group == BOOKING_NO_GROUP)
        result = BOOKING_UNKNOWN_GROUP;
    else if (!timetable_load(judging->timetable, &booking))
        result = BOOKING_OVERLAPS;
    else if (coming) {
        judge_people(judging, &booking, &people);
        result = timetable_judge(judging->timetable, row->id, &people, judging->now, &option);
    }
    bool stopped = row->state == LEDGER_LIVE && result == BOOKING_OK && judging->touched[booking.rig];
    if (coming && (result != BOOKING_OK || stopped))
        tell_part(judging, row, result, option);
}

bool change_judge(const struct config_lab *before, const struct config_lab *after,
                  const struct civil_zone *zone, const struct ledger_contents *contents, int64_t now,
                  change_booking_taker *take, void *context, size_t *looked)
{
    struct judging judging = {.after = after,
                              .contents = contents,
                              .now = now,
                              .take = take,
                              .context = context,
                              .calendar = after->timetable.calendar,
                              .touched = calloc(after->rig_count + 1, sizeof(bool))};
    *looked = 0;
    judging.calendar.zone = *zone;
    bool made = judging.touched && make_timetable(&judging);
    if (made)
        change_touched(before, after, judging.touched);
    for (size_t i = 0; made && i < contents->booking_count; i++) {
        *looked += holds_time(&contents->bookings[i]) && contents->bookings[i].ends > now;
        judge_row(&judging, &contents->bookings[i]);
    }
    timetable_destroy(judging.timetable);
    free(judging.touched);
    return made;
}
