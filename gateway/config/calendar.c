/* The university's calendar: periods, terms, holidays, make-up workdays, opening hours. */
#include "gateway/config/scalar.h"
#include "gateway/config/timetable.h"

#include <stdlib.h>
#include <string.h>

#define LIST_MAX 400 /* terms, holidays, make-up workdays */

/* --- dates and hours --- */

static bool read_date(struct loader *loader, const struct node *node, int32_t *day)
{
    if (!node || !node_is(loader, node, NODE_SCALAR))
        return false;
    if (civil_read_date(node->text, node->length, day))
        return true;
    report(loader, node, "there is no date %.40s; write it like 2026-09-07", node->text);
    return false;
}

/* "08:00-08:45" */
static bool read_hours(struct loader *loader, const struct node *node, struct term_hours *hours)
{
    if (!node_is(loader, node, NODE_SCALAR))
        return false;
    const char *dash = memchr(node->text, '-', node->length);
    size_t first = dash ? (size_t)(dash - node->text) : 0;
    if (!dash || !civil_read_time(node->text, first, &hours->from) ||
        !civil_read_time(dash + 1, node->length - first - 1, &hours->until)) {
        report(loader, node, "\"%.40s\" are no hours; write them like 08:00-08:45", node->text);
        return false;
    }
    if (hours->until > hours->from)
        return true;
    report(loader, node, "must end after it begins; what lasts beyond midnight ends at 24:00");
    return false;
}

/* --- class periods --- */

static int read_period_number(struct loader *loader, const struct node *node)
{
    char *end;
    long number = strtol(node->key, &end, 10);
    if (node->key[0] >= '1' && node->key[0] <= '9' && !*end && number <= TERM_PERIODS_MAX)
        return (int)number;
    report_key(loader, node, "a class period is a number from 1 to %d", TERM_PERIODS_MAX);
    return 0;
}

static void read_periods(struct loader *loader, const struct node *node, struct term_calendar *calendar)
{
    const struct node *nodes[TERM_PERIODS_MAX] = {NULL};
    for (const struct node *entry = node ? node->first : NULL; entry; entry = entry->next) {
        int number = read_period_number(loader, entry);
        struct term_hours hours;
        if (!number || !read_hours(loader, entry, &hours))
            continue;
        calendar->periods[number - 1] = hours;
        nodes[number - 1] = entry;
    }
    const struct node *before = NULL;
    int64_t ends = 0;
    for (int i = 0; i < TERM_PERIODS_MAX; i++) {
        if (!nodes[i])
            continue;
        if (before && calendar->periods[i].from < ends)
            report(loader, nodes[i], "begins before period %s ends", before->key);
        before = nodes[i];
        ends = calendar->periods[i].until;
    }
}

/* --- terms --- */

struct term_form {
    int64_t weeks;
    struct config_text title;
    const struct node *start;
};

static const struct option term_options[] = {
    {.name = "weeks",
     .type = OPTION_INTEGER,
     .offset = offsetof(struct term_form, weeks),
     .minimum = 1,
     .maximum = TERM_WEEKS_MAX,
     .help = "how many weeks it has"},
    {.name = NULL},
};
static const struct part term_parts[] = {
    {.name = "start",
     .kind = PART_VALUE,
     .offset = offsetof(struct term_form, start),
     .required = true,
     .form = "2026-09-07",
     .help = "the Monday on which week 1 begins"},
    {.name = "title",
     .kind = PART_TITLE,
     .offset = offsetof(struct term_form, title),
     .form = "Autumn 2026, or {en: ..., zh: ...}",
     .help = "what people read; the name where it is not given"},
    {.name = NULL                   },
};
const struct section section_term = {
    .title = "term",
    .where = "An entry of the timetable's `terms`, under its name.",
    .options = term_options,
    .parts = term_parts,
};

static void check_term(struct loader *loader, const struct node *node, const struct term_calendar *calendar,
                       const struct term *term)
{
    if (civil_weekday(term->start) != 1) {
        char monday[CIVIL_TEXT];
        report(loader, node_get(node, "start"),
               "a term begins on a Monday, so that its weeks are weeks; that week's is %s",
               civil_date_text(civil_monday(term->start), monday));
    }
    for (size_t i = 0; i < calendar->term_count; i++) {
        const struct term *other = &calendar->terms[i];
        if (term->start < other->start + 7 * other->weeks && other->start < term->start + 7 * term->weeks)
            report_key(loader, node, "overlaps term %s", other->name);
    }
}

static bool is_too_long(struct loader *loader, const struct node *node)
{
    if (!node || node->count <= LIST_MAX)
        return false;
    report_key(loader, node, "at most %d entries", LIST_MAX);
    return true;
}

static void read_terms(struct loader *loader, const struct node *node, struct term_calendar *calendar)
{
    if (!node || is_too_long(loader, node))
        return;
    struct term *terms = arena_array(loader->memory, node->count, sizeof(*terms));
    calendar->terms = terms;
    for (const struct node *entry = node->first; entry; entry = entry->next) {
        struct term_form form = {0};
        struct term term = {.name = arena_copy(loader->memory, entry->key, strlen(entry->key))};
        bool named = name_check(loader, entry, entry->key, NAME_LABEL);
        if (!section_fill(loader, &section_term, entry, &form) ||
            !read_date(loader, form.start, &term.start) || !named)
            continue;
        term.weeks = (int)form.weeks;
        term.title = form.title.en;
        term.title_zh = form.title.zh;
        check_term(loader, entry, calendar, &term);
        terms[calendar->term_count++] = term;
    }
}

/* --- holidays and make-up workdays --- */

struct days_form {
    struct config_text name;
    const struct node *from, *until, *on, *as;
};

static const struct part holiday_parts[] = {
    {.name = "name",
     .kind = PART_TITLE,
     .offset = offsetof(struct days_form, name),
     .required = true,
     .form = "National Day, or {en: ..., zh: ...}",
     .help = "what people read"},
    {.name = "from",
     .kind = PART_VALUE,
     .offset = offsetof(struct days_form, from),
     .required = true,
     .form = "2026-10-01",
     .help = "its first day"},
    {.name = "until",
     .kind = PART_VALUE,
     .offset = offsetof(struct days_form, until),
     .form = "2026-10-07",
     .help = "its last day; the first where it is not given"},
    {.name = NULL         },
};
const struct section section_holiday = {
    .title = "holiday",
    .where = "An entry of the timetable's `holidays`: days without classes, on which the lab is closed.",
    .parts = holiday_parts,
};
static const struct part makeup_parts[] = {
    {.name = "on",
     .kind = PART_VALUE,
     .offset = offsetof(struct days_form, on),
     .required = true,
     .form = "2026-10-10",
     .help = "the day on which work is made up for"},
    {.name = "as",
     .kind = PART_VALUE,
     .offset = offsetof(struct days_form, as),
     .required = true,
     .form = "2026-10-07",
     .help = "the day whose classes are held then"},
    {.name = NULL                   },
};
const struct section section_makeup = {
    .title = "makeup",
    .where = "An entry of the timetable's `makeup`: its own classes, if that day has any, do not take place.",
    .parts = makeup_parts,
};

static int compare_holidays(const void *left, const void *right)
{
    const struct term_holiday *a = left, *b = right;
    return (a->from > b->from) - (a->from < b->from);
}

static bool read_holiday(struct loader *loader, const struct node *node, struct term_holiday *holiday)
{
    struct days_form form = {0};
    if (!section_fill(loader, &section_holiday, node, &form) || !read_date(loader, form.from, &holiday->from))
        return false;
    holiday->name = form.name.en;
    holiday->name_zh = form.name.zh;
    holiday->last = holiday->from;
    if (form.until && !read_date(loader, form.until, &holiday->last))
        return false;
    if (holiday->last >= holiday->from)
        return true;
    report(loader, form.until, "the holiday ends before it begins");
    return false;
}

static void read_holidays(struct loader *loader, const struct node *node, struct term_calendar *calendar)
{
    if (!node || is_too_long(loader, node))
        return;
    struct term_holiday *holidays = arena_array(loader->memory, node->count, sizeof(*holidays));
    calendar->holidays = holidays;
    for (const struct node *entry = node->first; entry; entry = entry->next) {
        struct term_holiday holiday;
        if (!read_holiday(loader, entry, &holiday))
            continue;
        for (size_t i = 0; i < calendar->holiday_count; i++)
            if (holiday.from <= holidays[i].last && holidays[i].from <= holiday.last)
                report(loader, entry, "overlaps %s; make one of them", holidays[i].name);
        holidays[calendar->holiday_count++] = holiday;
    }
    qsort(holidays, calendar->holiday_count, sizeof(*holidays), compare_holidays);
}

static void check_makeup(struct loader *loader, const struct node *node, const struct term_calendar *calendar,
                         const struct term_makeup *makeup)
{
    if (makeup->on == makeup->as)
        report(loader, node, "a day cannot stand for itself");
    for (size_t i = 0; i < calendar->makeup_count; i++) {
        const struct term_makeup *other = &calendar->makeups[i];
        char date[CIVIL_TEXT];
        if (other->on == makeup->on)
            report(loader, node_get(node, "on"), "%s stands for another day already",
                   civil_date_text(makeup->on, date));
        if (other->as == makeup->as)
            report(loader, node_get(node, "as"), "the classes of %s are held on another day already",
                   civil_date_text(makeup->as, date));
    }
}

static void read_makeups(struct loader *loader, const struct node *node, struct term_calendar *calendar)
{
    if (!node || is_too_long(loader, node))
        return;
    struct term_makeup *makeups = arena_array(loader->memory, node->count, sizeof(*makeups));
    calendar->makeups = makeups;
    for (const struct node *entry = node->first; entry; entry = entry->next) {
        struct days_form form = {0};
        struct term_makeup makeup;
        if (!section_fill(loader, &section_makeup, entry, &form))
            continue;
        bool on = read_date(loader, form.on, &makeup.on), as = read_date(loader, form.as, &makeup.as);
        if (!on || !as)
            continue;
        check_makeup(loader, entry, calendar, &makeup);
        makeups[calendar->makeup_count++] = makeup;
    }
}

/* --- opening hours --- */

struct opening_form {
    const struct node *days[7], *weekdays, *weekend;
};

#define DAY_ROW(word, number)                                                                                \
    {                                                                                                        \
        .name = (word), .kind = PART_VALUE, .offset = offsetof(struct opening_form, days[number]),           \
        .form = "08:00-22:00", .help = "hours of that day; before what weekdays and weekend say"             \
    }
static const struct part opening_parts[] = {
    {.name = "weekdays",
     .kind = PART_VALUE,
     .offset = offsetof(struct opening_form, weekdays),
     .form = "08:00-22:00",
     .help = "hours from Monday to Friday"},
    {.name = "weekend",
     .kind = PART_VALUE,
     .offset = offsetof(struct opening_form, weekend),
     .form = "09:00-17:00",
     .help = "hours of Saturday and Sunday"},
    DAY_ROW("monday", 0),
    DAY_ROW("tuesday", 1),
    DAY_ROW("wednesday", 2),
    DAY_ROW("thursday", 3),
    DAY_ROW("friday", 4),
    DAY_ROW("saturday", 5),
    DAY_ROW("sunday", 6),
    {.name = NULL                 },
};
const struct section section_opening = {
    .title = "open",
    .where = "The timetable's `open`: when the lab may be used; a day that is not named is closed.",
    .parts = opening_parts,
};

static void read_opening(struct loader *loader, const struct node *node, struct term_calendar *calendar)
{
    struct opening_form form = {0};
    if (!node || !section_fill(loader, &section_opening, node, &form))
        return;
    calendar->has_hours = true;
    for (int day = 0; day < 7; day++) {
        const struct node *given = form.days[day] ? form.days[day] : day < 5 ? form.weekdays : form.weekend;
        if (given)
            read_hours(loader, given, &calendar->hours[day]);
    }
}

/* --- all of it --- */

struct timetable_form {
    int64_t half_life, offer, rehome_ahead, presence, grace;
    const struct node *periods, *terms, *holidays, *makeup, *open;
};

static const struct option timetable_options[] = {
    {.name = "half_life",
     .type = OPTION_DURATION,
     .offset = offsetof(struct timetable_form, half_life),
     .minimum = 3600,
     .maximum = 400.0 * 86400,
     .fallback = "14 d",
     .help = "time after which what was used counts half in the queue's order"},
    {.name = "offer",
     .type = OPTION_DURATION,
     .offset = offsetof(struct timetable_form, offer),
     .minimum = 1,
     .maximum = 3600,
     .fallback = "2 min",
     .help = "how long freed time is kept for whom it was offered to"},
    {.name = "rehome_ahead",
     .type = OPTION_DURATION,
     .offset = offsetof(struct timetable_form, rehome_ahead),
     .minimum = 0,
     .maximum = 7 * 86400,
     .fallback = "1 h",
     .help = "how long before their start bookings leave a rig that is in quarantine"},
    {.name = "presence",
     .type = OPTION_DURATION,
     .offset = offsetof(struct timetable_form, presence),
     .minimum = 5,
     .maximum = 3600,
     .fallback = "1 min",
     .help =
         "who waits in the queue and was not heard for so long is passed over, and keeps their place; a page "
         "that is in the background says something every half minute, a program that watches every 20 s"},
    {.name = "grace",
     .type = OPTION_DURATION,
     .offset = offsetof(struct timetable_form, grace),
     .minimum = 0,
     .maximum = 86400,
     .fallback = "10 min",
     .help = "an unused session of somebody without a policy frees its rig so long after its start; 0 s: "
             "never"},
    {.name = NULL                 },
};
static const struct part timetable_parts[] = {
    {.name = "periods",
     .kind = PART_TABLE,
     .offset = offsetof(struct timetable_form, periods),
     .form = "{1: 08:00-08:45, 2: 08:55-09:40}",
     .help = "numbered class periods"},
    {.name = "terms",
     .kind = PART_TABLE,
     .offset = offsetof(struct timetable_form, terms),
     .form = "autumn-2026: {start: 2026-09-07, weeks: 18}",
     .help = "terms by name"},
    {.name = "holidays",
     .kind = PART_LIST,
     .offset = offsetof(struct timetable_form, holidays),
     .form = "- {name: National Day, from: 2026-10-01, until: 2026-10-07}",
     .help = "days without classes"},
    {.name = "makeup",
     .kind = PART_LIST,
     .offset = offsetof(struct timetable_form, makeup),
     .form = "- {on: 2026-10-10, as: 2026-10-07}",
     .help = "make-up workdays"},
    {.name = "open",
     .kind = PART_TABLE,
     .offset = offsetof(struct timetable_form, open),
     .form = "{weekdays: 08:00-22:00}",
     .help = "opening hours; not given: always, holidays too"},
    {.name = NULL                                   },
};
const struct section section_timetable = {
    .title = "timetable",
    .where = "The `timetable` of lab.yaml; its times are those of the lab's `time_zone`.",
    .options = timetable_options,
    .parts = timetable_parts,
};

void calendar_read(struct loader *loader, const struct node *node, struct config_timetable *timetable)
{
    struct timetable_form form = {0};
    if (node)
        section_fill(loader, &section_timetable, node, &form);
    else
        section_fill_options(loader, timetable_options, (const struct node *const[2]){NULL, NULL}, &form);
    timetable->half_life = form.half_life / 1000000;
    timetable->offer = form.offer / 1000000;
    timetable->rehome_ahead = form.rehome_ahead / 1000000;
    timetable->presence = form.presence;
    timetable->grace = form.grace / 1000000;
    read_periods(loader, form.periods, &timetable->calendar);
    read_terms(loader, form.terms, &timetable->calendar);
    read_holidays(loader, form.holidays, &timetable->calendar);
    read_makeups(loader, form.makeup, &timetable->calendar);
    read_opening(loader, form.open, &timetable->calendar);
}
