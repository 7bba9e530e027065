#include "gateway/change/compare.h"

#include <stdio.h>

static void compare_terms(struct comparing *comparing, const struct term_calendar *before,
                          const struct term_calendar *after)
{
    char was[60], is[60], day[CIVIL_TEXT];
    for (size_t i = 0; i < before->term_count; i++) {
        const struct term *term = &before->terms[i], *other = term_find(after, term->name);
        if (!other) {
            tell_part(comparing, "term", term->name, "", CHANGE_REMOVED);
            continue;
        }
        snprintf(was, sizeof was, "%s, %d weeks", civil_date_text(term->start, day), term->weeks);
        snprintf(is, sizeof is, "%s, %d weeks", civil_date_text(other->start, day), other->weeks);
        tell_values(comparing, "term", term->name, "", was, is);
    }
    for (size_t i = 0; i < after->term_count; i++)
        if (!term_find(before, after->terms[i].name))
            tell_part(comparing, "term", after->terms[i].name, "", CHANGE_ADDED);
}

static bool has_holiday(const struct term_calendar *calendar, const struct term_holiday *holiday)
{
    for (size_t i = 0; i < calendar->holiday_count; i++)
        if (calendar->holidays[i].from == holiday->from && calendar->holidays[i].last == holiday->last)
            return true;
    return false;
}

static bool has_makeup(const struct term_calendar *calendar, const struct term_makeup *makeup)
{
    for (size_t i = 0; i < calendar->makeup_count; i++)
        if (calendar->makeups[i].on == makeup->on && calendar->makeups[i].as == makeup->as)
            return true;
    return false;
}

static void tell_days(struct comparing *comparing, const struct term_calendar *of,
                      const struct term_calendar *other, enum change_how how)
{
    char first[CIVIL_TEXT], second[CIVIL_TEXT], days[60];
    for (size_t i = 0; i < of->holiday_count; i++) {
        const struct term_holiday *holiday = &of->holidays[i];
        snprintf(days, sizeof days, "%s to %s", civil_date_text(holiday->from, first),
                 civil_date_text(holiday->last, second));
        if (!has_holiday(other, holiday))
            tell_part(comparing, "holiday", holiday->name, days, how);
    }
    for (size_t i = 0; i < of->makeup_count; i++) {
        const struct term_makeup *makeup = &of->makeups[i];
        snprintf(days, sizeof days, "%s as %s", civil_date_text(makeup->on, first),
                 civil_date_text(makeup->as, second));
        if (!has_makeup(other, makeup))
            tell_part(comparing, "makeup", "", days, how);
    }
}

static const char *hours_text(const struct term_hours *hours, char text[40])
{
    char from[CIVIL_TEXT], until[CIVIL_TEXT];
    snprintf(text, 40, "%s-%s", civil_time_text(hours->from, from), civil_time_text(hours->until, until));
    return hours->until ? text : "none";
}

static void compare_hours(struct comparing *comparing, const struct term_calendar *before,
                          const struct term_calendar *after)
{
    static const char *const days[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                       "Friday", "Saturday", "Sunday"};
    char was[40], is[40], name[12];
    for (size_t i = 0; i < TERM_PERIODS_MAX; i++) {
        snprintf(name, sizeof name, "%zu", i + 1);
        tell_values(comparing, "period", name, "", hours_text(&before->periods[i], was),
                    hours_text(&after->periods[i], is));
    }
    for (size_t i = 0; i < 7; i++)
        tell_values(comparing, "open", days[i], "",
                    before->has_hours ? hours_text(&before->hours[i], was) : "always",
                    after->has_hours ? hours_text(&after->hours[i], is) : "always");
}

void compare_calendar(struct comparing *comparing, const struct term_calendar *before,
                      const struct term_calendar *after)
{
    compare_terms(comparing, before, after);
    tell_days(comparing, before, after, CHANGE_REMOVED);
    tell_days(comparing, after, before, CHANGE_ADDED);
    compare_hours(comparing, before, after);
}
