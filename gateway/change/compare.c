/* What differs between two configurations. */
#include "gateway/change/change.h"

#include "gateway/matrix/matrix.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *change_how_name(enum change_how how)
{
    static const char *const names[] = {"added", "removed", "changed"};
    return names[how];
}

struct comparing {
    change_taker *take;
    void *context;
    size_t told;
    bool no_memory;
};

static void tell(struct comparing *comparing, const char *kind, const char *name, const char *part,
                 enum change_how how)
{
    comparing->told++;
    comparing->take(comparing->context, &(struct change_row){kind, name, part, how, "", ""});
}

static void tell_values(struct comparing *comparing, const char *kind, const char *name, const char *part,
                        const char *before, const char *after)
{
    if (strcmp(before, after) != 0)
        comparing->take(comparing->context,
                        &(struct change_row){kind, name, part, CHANGE_CHANGED, before, after});
}

static void tell_numbers(struct comparing *comparing, const char *kind, const char *name, const char *part,
                         double before, double after)
{
    char was[40], is[40];
    snprintf(was, sizeof was, "%.10g", before);
    snprintf(is, sizeof is, "%.10g", after);
    tell_values(comparing, kind, name, part, was, is);
}

/* "2 h", "90 s"; ms. */
static const char *length_text(int64_t ms, char text[40])
{
    static const struct {
        int64_t ms;
        const char *unit;
    } units[] = {
        {86400000, "d"  },
        {3600000,  "h"  },
        {60000,    "min"},
        {1000,     "s"  },
        {1,        "ms" },
    };
    size_t unit = 0;
    while (unit < 4 && (ms == 0 ? unit != 3 : ms % units[unit].ms != 0))
        unit++;
    snprintf(text, 40, "%" PRId64 " %s", ms / units[unit].ms, units[unit].unit);
    return text;
}

static void tell_lengths(struct comparing *comparing, const char *kind, const char *name, const char *part,
                         int64_t before, int64_t after)
{
    char was[40], is[40];
    tell_values(comparing, kind, name, part, length_text(before, was), length_text(after, is));
}

/* ---- rigs ---------------------------------------------------------------------------------------------- */

static void describe_lines(const struct config_lab *lab, const struct config_rig *rig, FILE *file)
{
    for (size_t i = 0; i < rig->spec.instrument_count; i++) {
        const struct config_link *link = &lab->links[rig->instruments[i].link];
        const struct driver_line_spec *line = &link->line;
        const struct config_instrument *instrument = &link->instruments[rig->instruments[i].instrument];
        const struct driver_instrument_spec *spec = &instrument->instrument;
        fprintf(file,
                "line %s of %s timeout %" PRId64 " turnaround %" PRId64 " longest %" PRId64 " place %u\n",
                rig->spec.instruments[i].name, link->name, line->timeout, line->turnaround, link->longest,
                (unsigned)rig->instruments[i].instrument);
        for (size_t k = 0; k < spec->waveform_count; k++) {
            fprintf(file, "waveform %s.%s unit %s", rig->spec.instruments[i].name, spec->waveforms[k].name,
                    spec->waveforms[k].unit);
            matrix_print_options(instrument->driver->waveform_options, spec->waveforms[k].options, file);
        }
    }
}

/* Beside what a proof test tests: how a value is read and shown. */
static void describe_points(const struct rig_spec *spec, FILE *file)
{
    for (size_t i = 0; i < spec->point_count; i++) {
        const struct rig_point_spec *point = &spec->points[i];
        fprintf(file, "reading %s unit %s words %s %s", point->name, point->unit ? point->unit->name : "",
                point->on ? point->on : "", point->off ? point->off : "");
        if (point->output)
            fprintf(file, " poll %" PRId64 " stale %" PRId64 "\n", point->poll, point->stale_after);
        else
            fprintf(file, " range %a %a tolerance %a\n", point->minimum, point->maximum, point->tolerance);
    }
}

static void describe_limits(const struct rig_spec *spec, FILE *file)
{
    for (size_t i = 0; i < spec->limit_count; i++) {
        const struct rig_limit_spec *limit = &spec->limits[i];
        const struct rig_point_spec *point = &spec->points[limit->of];
        fprintf(file,
                "limit %s slew %a step %" PRId64 " rate %a on %" PRId64 " off %" PRId64
                " starts %u total %a flow %a of %u",
                limit->name, limit->slew, limit->ramp_step, limit->rate, limit->on_for, limit->off_for,
                limit->starts, limit->total, limit->flow, (unsigned)limit->totalized);
        for (size_t role = 0; role < RIG_LIMITED_ROLES; role++) {
            if (limit->range[role].minimum > point->minimum)
                fprintf(file, " from %zu %a", role, limit->range[role].minimum);
            if (limit->range[role].maximum < point->maximum)
                fprintf(file, " to %zu %a", role, limit->range[role].maximum);
        }
        fputc('\n', file);
    }
}

/* What makes a rig what it is, a line each: its first two words say of what. All that the core and the lines
 * are made of is in it. */
static char *describe(const struct config_lab *lab, const struct config_rig *rig)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    if (!file)
        return NULL;
    matrix_fingerprint(lab, rig, file);
    describe_lines(lab, rig, file);
    describe_points(&rig->spec, file);
    describe_limits(&rig->spec, file);
    const struct rig_spec *spec = &rig->spec;
    fprintf(file, "session resume_window %" PRId64 " on_handover %d command_age %" PRId64 " retries %u\n",
            spec->resume_window, (int)spec->handover_keep, spec->command_age, spec->verify_retries);
    bool good = fclose(file) == 0;
    if (good)
        return text;
    free(text);
    return NULL;
}

/* Two words of a line; returns the length of the line. */
static size_t head_of(const char *line, char head[120])
{
    size_t length = strcspn(line, "\n"), first = strcspn(line, " \n");
    size_t second = first < length ? first + 1 + strcspn(line + first + 1, " \n") : first;
    bool alone = !strncmp(line, "set ", 4) || !strncmp(line, "verify ", 7) || !strncmp(line, "wait ", 5);
    if (alone)
        snprintf(head, 120, "safe sequence");
    else
        snprintf(head, 120, "%.*s", (int)(second < 119 ? second : 119), line);
    return length;
}

static bool has_line(const char *text, const char *line, size_t length)
{
    for (; *text; text += strcspn(text, "\n") + 1)
        if (strcspn(text, "\n") == length && !strncmp(text, line, length))
            return true;
    return false;
}

static bool has_head(const char *text, const char *wanted)
{
    char head[120];
    for (size_t length; *text; text += length + 1) {
        length = head_of(text, head);
        if (!strcmp(head, wanted))
            return true;
    }
    return false;
}

/* Lines of `text` that `other` does not have, by what they are of; each once. */
static void tell_lines(struct comparing *comparing, const char *rig, const char *text, const char *other,
                       enum change_how missing)
{
    char head[120], last[120] = "";
    for (size_t length; *text; text += length + 1) {
        length = head_of(text, head);
        if (has_line(other, text, length) || !strcmp(head, last))
            continue;
        snprintf(last, sizeof last, "%s", head);
        bool there = has_head(other, head);
        if (there && missing == CHANGE_ADDED)
            continue; /* told when the lines before were looked at */
        tell(comparing, "rig", rig, head, there ? CHANGE_CHANGED : missing);
    }
}

static const struct config_rig *find_rig(const struct config_lab *lab, const char *name)
{
    for (size_t i = 0; i < lab->rig_count; i++)
        if (!strcmp(lab->rigs[i].spec.name, name))
            return &lab->rigs[i];
    return NULL;
}

static void join_names(const char *const *names, char text[400])
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; names[i] && length < 300; i++)
        length += (size_t)snprintf(text + length, 400 - length, "%s%.80s", i ? ", " : "", names[i]);
}

static void join_resources(const struct config_lab *lab, const struct config_rig *rig, char text[400])
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < rig->resource_count && length < 300; i++)
        length += (size_t)snprintf(text + length, 400 - length, "%s%.80s", i ? ", " : "",
                                   lab->timetable.resources[rig->resources[i]]);
}

/* What only the timetable reads. */
static void compare_bookable(struct comparing *comparing, const struct config_lab *before,
                             const struct config_rig *was, const struct config_lab *after,
                             const struct config_rig *is)
{
    const char *name = was->spec.name;
    char first[400], second[400];
    join_names(was->capabilities, first);
    join_names(is->capabilities, second);
    tell_values(comparing, "rig", name, "capabilities", first, second);
    tell_lengths(comparing, "rig", name, "longest_booking", was->longest_booking / 1000000,
                 is->longest_booking / 1000000);
    tell_lengths(comparing, "rig", name, "setup", was->setup, is->setup);
    tell_lengths(comparing, "rig", name, "teardown", was->teardown, is->teardown);
    join_resources(before, was, first);
    join_resources(after, is, second);
    tell_values(comparing, "rig", name, "resources", first, second);
}

static void compare_rig(struct comparing *comparing, const struct config_lab *before,
                        const struct config_rig *was, const struct config_lab *after,
                        const struct config_rig *is)
{
    char *first = describe(before, was), *second = describe(after, is);
    if (first && second) {
        size_t told = comparing->told;
        tell_lines(comparing, was->spec.name, first, second, CHANGE_REMOVED);
        tell_lines(comparing, was->spec.name, second, first, CHANGE_ADDED);
        if (comparing->told == told && strcmp(first, second) != 0)
            tell(comparing, "rig", was->spec.name, "order of its parts", CHANGE_CHANGED);
        compare_bookable(comparing, before, was, after, is);
    }
    comparing->no_memory |= !first || !second;
    free(first);
    free(second);
}

static void compare_rigs(struct comparing *comparing, const struct config_lab *before,
                         const struct config_lab *after)
{
    for (size_t i = 0; i < before->rig_count; i++) {
        const struct config_rig *is = find_rig(after, before->rigs[i].spec.name);
        if (is)
            compare_rig(comparing, before, &before->rigs[i], after, is);
        else
            tell(comparing, "rig", before->rigs[i].spec.name, "", CHANGE_REMOVED);
    }
    for (size_t i = 0; i < after->rig_count; i++)
        if (!find_rig(before, after->rigs[i].spec.name))
            tell(comparing, "rig", after->rigs[i].spec.name, "", CHANGE_ADDED);
}

static bool differs(const struct config_lab *before, const struct config_rig *was,
                    const struct config_lab *after, const struct config_rig *is)
{
    char *first = describe(before, was), *second = describe(after, is);
    bool same = first && second && !strcmp(first, second);
    free(first);
    free(second);
    return !same;
}

static bool *place_of(const struct config_lab *lab, const struct config_rig *rig, bool *touched)
{
    const struct config_rig *found = find_rig(lab, rig->spec.name);
    return found ? &touched[found - lab->rigs] : NULL;
}

/* Whoever shares a line with a rig that is touched is touched, too: the line ends. True: there was one more.
 */
static bool spread(const struct config_lab *lab, const struct config_lab *after, bool *touched)
{
    bool more = false;
    for (size_t i = 0; i < lab->link_count; i++) {
        const struct config_link *link = &lab->links[i];
        bool ends = false;
        for (size_t k = 0; k < link->instrument_count; k++) {
            const bool *place = place_of(after, &lab->rigs[link->instruments[k].rig], touched);
            ends |= !place || *place;
        }
        for (size_t k = 0; ends && k < link->instrument_count; k++) {
            bool *place = place_of(after, &lab->rigs[link->instruments[k].rig], touched);
            more |= place && !*place;
            if (place)
                *place = true;
        }
    }
    return more;
}

void change_touched(const struct config_lab *before, const struct config_lab *after, bool *touched)
{
    for (size_t i = 0; i < after->rig_count; i++) {
        const struct config_rig *was = find_rig(before, after->rigs[i].spec.name);
        touched[i] = !was || differs(before, was, after, &after->rigs[i]);
    }
    while (spread(before, after, touched) || spread(after, after, touched))
        ;
}

/* Rigs that are as they were on a line that does not stay. */
static void compare_neighbours(struct comparing *comparing, const struct config_lab *before,
                               const struct config_lab *after)
{
    bool *touched = calloc(after->rig_count + 1, sizeof(*touched));
    comparing->no_memory |= !touched;
    if (touched)
        change_touched(before, after, touched);
    for (size_t i = 0; touched && i < after->rig_count; i++) {
        const struct config_rig *was = find_rig(before, after->rigs[i].spec.name);
        if (touched[i] && was && !differs(before, was, after, &after->rigs[i]))
            tell(comparing, "rig", was->spec.name, "line shared with a rig that changes", CHANGE_CHANGED);
    }
    free(touched);
}

/* ---- the calendar -------------------------------------------------------------------------------------- */

static void compare_terms(struct comparing *comparing, const struct term_calendar *before,
                          const struct term_calendar *after)
{
    char was[60], is[60], day[CIVIL_TEXT];
    for (size_t i = 0; i < before->term_count; i++) {
        const struct term *term = &before->terms[i], *other = term_find(after, term->name);
        if (!other) {
            tell(comparing, "term", term->name, "", CHANGE_REMOVED);
            continue;
        }
        snprintf(was, sizeof was, "%s, %d weeks", civil_date_text(term->start, day), term->weeks);
        snprintf(is, sizeof is, "%s, %d weeks", civil_date_text(other->start, day), other->weeks);
        tell_values(comparing, "term", term->name, "", was, is);
    }
    for (size_t i = 0; i < after->term_count; i++)
        if (!term_find(before, after->terms[i].name))
            tell(comparing, "term", after->terms[i].name, "", CHANGE_ADDED);
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
            tell(comparing, "holiday", holiday->name, days, how);
    }
    for (size_t i = 0; i < of->makeup_count; i++) {
        const struct term_makeup *makeup = &of->makeups[i];
        snprintf(days, sizeof days, "%s as %s", civil_date_text(makeup->on, first),
                 civil_date_text(makeup->as, second));
        if (!has_makeup(other, makeup))
            tell(comparing, "makeup", "", days, how);
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

/* ---- people -------------------------------------------------------------------------------------------- */

#define TEXT_DURATION(field)                                                                                 \
    tell_lengths(comparing, "policy", before->name, #field, before->field, after->field)
#define TEXT_COUNT(field)                                                                                    \
    tell_numbers(comparing, "policy", before->name, #field, (double)before->field, (double)after->field)
#define TEXT_FLAG(field)                                                                                     \
    tell_values(comparing, "policy", before->name, #field, before->field ? "true" : "false",                 \
                after->field ? "true" : "false")
#define TEXT_NAME(field) tell_values(comparing, "policy", before->name, #field, before->field, after->field)
#define TEXT_APPROVAL(field)                                                                                 \
    tell_values(comparing, "policy", before->name, #field, approvals[before->field], approvals[after->field])

static void compare_policy(struct comparing *comparing, const struct booking_policy *before,
                           const struct booking_policy *after)
{
    static const char *const approvals[] = {"none", "teacher", "scheduler"};
#define COMPARE_OPTION(field, kind, least, most, fallback, refusal, help) TEXT_##kind(field);
    POLICY_OPTIONS(COMPARE_OPTION)
#undef COMPARE_OPTION
}

static const struct booking_policy *find_policy(const struct config_timetable *timetable, const char *name)
{
    for (size_t i = 0; i < timetable->policy_count; i++)
        if (!strcmp(timetable->policies[i].name, name))
            return &timetable->policies[i];
    return NULL;
}

static void compare_policies(struct comparing *comparing, const struct config_timetable *before,
                             const struct config_timetable *after)
{
    for (size_t i = 0; i < before->policy_count; i++) {
        const struct booking_policy *other = find_policy(after, before->policies[i].name);
        if (other)
            compare_policy(comparing, &before->policies[i], other);
        else
            tell(comparing, "policy", before->policies[i].name, "", CHANGE_REMOVED);
    }
    for (size_t i = 0; i < after->policy_count; i++)
        if (!find_policy(before, after->policies[i].name))
            tell(comparing, "policy", after->policies[i].name, "", CHANGE_ADDED);
}

static const struct config_group *find_group(const struct config_timetable *timetable, const char *name)
{
    for (size_t i = 0; i < timetable->group_count; i++)
        if (!strcmp(timetable->groups[i].name, name))
            return &timetable->groups[i];
    return NULL;
}

static const struct config_school *find_school(const struct config_timetable *timetable, const char *name)
{
    for (size_t i = 0; i < timetable->school_count; i++)
        if (!strcmp(timetable->schools[i].name, name))
            return &timetable->schools[i];
    return NULL;
}

static void compare_groups(struct comparing *comparing, const struct config_timetable *before,
                           const struct config_timetable *after)
{
    for (size_t i = 0; i < before->group_count; i++) {
        const struct config_group *was = &before->groups[i], *is = find_group(after, was->name);
        if (!is) {
            tell(comparing, "group", was->name, "", CHANGE_REMOVED);
            continue;
        }
        tell_values(comparing, "group", was->name, "policy", was->policy ? was->policy->name : "",
                    is->policy ? is->policy->name : "");
        tell_values(comparing, "group", was->name, "school", before->schools[was->school].name,
                    after->schools[is->school].name);
        tell_numbers(comparing, "group", was->name, "weight", was->weight, is->weight);
    }
    for (size_t i = 0; i < after->group_count; i++)
        if (!find_group(before, after->groups[i].name))
            tell(comparing, "group", after->groups[i].name, "", CHANGE_ADDED);
}

static void compare_schools(struct comparing *comparing, const struct config_timetable *before,
                            const struct config_timetable *after)
{
    for (size_t i = 0; i < before->school_count; i++) {
        const struct config_school *is = find_school(after, before->schools[i].name);
        if (is)
            tell_numbers(comparing, "school", is->name, "weight", before->schools[i].weight, is->weight);
        else
            tell(comparing, "school", before->schools[i].name, "", CHANGE_REMOVED);
    }
    for (size_t i = 0; i < after->school_count; i++)
        if (!find_school(before, after->schools[i].name))
            tell(comparing, "school", after->schools[i].name, "", CHANGE_ADDED);
}

/* ---- the rest ------------------------------------------------------------------------------------------ */

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
    for (size_t i = 0; i < before->listener_count; i++)
        if (!listens(after, before->listeners[i].url))
            tell(comparing, "listener", before->listeners[i].url, "", CHANGE_REMOVED);
    for (size_t i = 0; i < after->listener_count; i++)
        if (!listens(before, after->listeners[i].url))
            tell(comparing, "listener", after->listeners[i].url, "", CHANGE_ADDED);
}

bool change_compare(const struct config_lab *before, const struct config_lab *after, change_taker *take,
                    void *context)
{
    struct comparing comparing = {.take = take, .context = context};
    compare_rigs(&comparing, before, after);
    compare_neighbours(&comparing, before, after);
    compare_terms(&comparing, &before->timetable.calendar, &after->timetable.calendar);
    tell_days(&comparing, &before->timetable.calendar, &after->timetable.calendar, CHANGE_REMOVED);
    tell_days(&comparing, &after->timetable.calendar, &before->timetable.calendar, CHANGE_ADDED);
    compare_hours(&comparing, &before->timetable.calendar, &after->timetable.calendar);
    compare_policies(&comparing, &before->timetable, &after->timetable);
    compare_schools(&comparing, &before->timetable, &after->timetable);
    compare_groups(&comparing, &before->timetable, &after->timetable);
    compare_rest(&comparing, before, after);
    return !comparing.no_memory;
}
