/* What differs between two configurations: its parts in their order, and what belongs to none of them. */
#include "gateway/change/compare.h"

#include <string.h>

static bool listens(const struct config_lab *lab, const char *url)
{
    for (size_t i = 0; i < lab->listener_count; i++)
        if (!strcmp(lab->listeners[i].url, url))
            return true;
    return false;
}

static void compare_rest(struct comparing *comparing, const struct config_lab *before,
                         const struct config_lab *after)
{
    tell_values(comparing, "lab", "", "name", before->name, after->name);
    tell_values(comparing, "lab", "", "time_zone", before->time_zone, after->time_zone);
    tell_lengths(comparing, "lab", "", "token_life", before->token_life / 1000000,
                 after->token_life / 1000000);
    tell_lengths(comparing, "lab", "", "history", before->history / 1000000, after->history / 1000000);
    tell_lengths(comparing, "timetable", "", "half_life", before->timetable.half_life,
                 after->timetable.half_life);
    tell_lengths(comparing, "timetable", "", "offer", before->timetable.offer, after->timetable.offer);
    tell_lengths(comparing, "timetable", "", "rehome_ahead", before->timetable.rehome_ahead,
                 after->timetable.rehome_ahead);
    tell_lengths(comparing, "timetable", "", "presence", before->timetable.presence / 1000000,
                 after->timetable.presence / 1000000);
    tell_lengths(comparing, "timetable", "", "grace", before->timetable.grace, after->timetable.grace);
    for (size_t i = 0; i < before->listener_count; i++)
        if (!listens(after, before->listeners[i].url))
            tell_part(comparing, "listener", before->listeners[i].url, "", CHANGE_REMOVED);
    for (size_t i = 0; i < after->listener_count; i++)
        if (!listens(before, after->listeners[i].url))
            tell_part(comparing, "listener", after->listeners[i].url, "", CHANGE_ADDED);
}

bool change_compare(const struct config_lab *before, const struct config_lab *after, change_taker *take,
                    void *context)
{
    struct comparing comparing = {.take = take, .context = context};
    compare_rigs(&comparing, before, after);
    compare_calendar(&comparing, &before->timetable.calendar, &after->timetable.calendar);
    compare_people(&comparing, &before->timetable, &after->timetable);
    compare_rest(&comparing, before, after);
    return !comparing.no_memory;
}
