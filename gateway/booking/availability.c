/* availability.c - when there is room: one walk over a rig's timelines, cut with the opening hours; and what
 * else would have been possible. */
#include "gateway/booking/timetable_private.h"

#include <stdlib.h>

/* The rig's own timeline and those of what it shares, merged: the next time that is taken in any of them. */
struct merge {
    struct timeline_cursor cursors[1 + TIMETABLE_SHARED_MAX];
    const struct timeline_span *heads[1 + TIMETABLE_SHARED_MAX];
    size_t count;
};

static struct merge merge_begin(const struct timetable *timetable, uint16_t rig, int64_t from)
{
    const struct rig_table *table = &timetable->rigs[rig];
    struct merge merge = {.count = 1 + table->policy.shared_count};
    for (size_t i = 0; i < merge.count; i++) {
        const struct timeline *line =
            i == 0 ? &table->coming : &timetable->shared[table->policy.shared[i - 1]];
        merge.cursors[i] = timeline_seek(line, from);
        merge.heads[i] = timeline_next(&merge.cursors[i]);
    }
    return merge;
}

/* NULL: nothing more is taken. */
static const struct timeline_span *merge_next(struct merge *merge)
{
    size_t first = 0;
    for (size_t i = 1; i < merge->count; i++)
        if (merge->heads[i] != NULL &&
            (merge->heads[first] == NULL || merge->heads[i]->from < merge->heads[first]->from))
            first = i;
    const struct timeline_span *span = merge->heads[first];
    if (span != NULL)
        merge->heads[first] = timeline_next(&merge->cursors[first]);
    return span;
}

/* What is being written, and the opening hours that it is cut with. */
struct sheet {
    const struct term_calendar *calendar;
    int64_t end, least;
    int64_t opens, closes; /* the last that were looked up */
    struct timetable_span *list;
    size_t count, capacity;
};

static void add_span(struct sheet *sheet, int64_t starts, int64_t until)
{
    if (until - starts < sheet->least)
        return;
    if (sheet->count < sheet->capacity)
        sheet->list[sheet->count] = (struct timetable_span){starts, until};
    sheet->count++;
}

static void add_open_part(struct sheet *sheet, int64_t starts, int64_t until)
{
    if (sheet->calendar == NULL) {
        add_span(sheet, starts, until);
        return;
    }
    while (until - starts >= sheet->least) {
        if (starts >= sheet->closes &&
            !term_next_open(sheet->calendar, starts, sheet->end, &sheet->opens, &sheet->closes)) {
            sheet->opens = sheet->closes = INT64_MAX;
            return;
        }
        add_span(sheet, starts > sheet->opens ? starts : sheet->opens,
                 until < sheet->closes ? until : sheet->closes);
        starts = sheet->closes;
    }
}

size_t timetable_availability(const struct timetable *timetable, uint16_t rig, int64_t from, int64_t until,
                              int64_t least, struct timetable_span *list, size_t capacity)
{
    if (rig >= timetable->rig_count || until <= from)
        return 0;
    const struct timetable_rig *policy = &timetable->rigs[rig].policy;
    struct sheet sheet = {.calendar = timetable->setup.calendar,
                          .end = until,
                          .least = least < 1 ? 1 : least,
                          .opens = INT64_MIN,
                          .closes = INT64_MIN,
                          .list = list,
                          .capacity = capacity};
    struct merge merge = merge_begin(timetable, rig, from - policy->setup);
    int64_t starts = from;
    for (const struct timeline_span *span; starts < until && (span = merge_next(&merge)) != NULL;) {
        int64_t ends = span->from - policy->teardown;
        add_open_part(&sheet, starts, ends < until ? ends : until);
        if (span->until + policy->setup > starts)
            starts = span->until + policy->setup;
    }
    add_open_part(&sheet, starts, until);
    return sheet.count;
}

/* ---- alternatives -------------------------------------------------------------------------------------- */

#define SPANS_MAX 512
#define STEP      (15 * CIVIL_MINUTE)

struct search {
    const struct timetable *timetable;
    const struct booking_wish *wish;
    int64_t horizon; /* 0: none */
    int64_t now;
    const struct alternatives_filter *filter;
    struct booking_wish *found;
    size_t count;
};

static bool is_possible(const struct search *search, uint16_t rig, int64_t starts)
{
    const struct booking *conflict;
    booking_attend(&search->timetable->setup.attend);
    int64_t ends = starts + search->wish->ends - search->wish->starts;
    if (search->horizon > 0 && starts - search->now > search->horizon)
        return false;
    return timetable_check(search->timetable, rig, starts, ends, search->now, &conflict) == BOOKING_OK &&
           (search->filter->suits == NULL || search->filter->suits(search->filter->context, starts, ends));
}

static bool suits(const struct search *search, uint16_t rig)
{
    uint64_t has = search->timetable->rigs[rig].policy.capabilities;
    if (search->wish->rig == BOOKING_ANY_RIG)
        return (has & rig_bit(search->wish->capability)) != 0;
    return rig == search->wish->rig;
}

static void add(struct search *search, uint16_t rig, int64_t starts)
{
    for (size_t i = 0; i < search->count; i++)
        if (search->found[i].rig == rig && search->found[i].starts == starts)
            return;
    struct booking_wish *found = &search->found[search->count++];
    *found = *search->wish;
    found->rig = rig;
    found->starts = starts;
    found->ends = starts + search->wish->ends - search->wish->starts;
}

/* Closer than `nearest` to what was asked for, and between these; 0: there is none. What a filter forbids may
 * be allowed somewhat earlier or later in the same span. */
static int64_t nearest_start(const struct search *search, uint16_t rig, int64_t first, int64_t last,
                             int64_t nearest)
{
    int64_t asked = search->wish->starts;
    int64_t middle = asked < first ? first : asked > last ? last : asked;
    for (int64_t away = 0; llabs(middle - asked) + away < nearest; away += STEP) {
        if (middle + away > last && middle - away < first)
            break;
        if (middle + away <= last && is_possible(search, rig, middle + away))
            return middle + away;
        if (away > 0 && middle - away >= first && llabs(middle - away - asked) < nearest &&
            is_possible(search, rig, middle - away))
            return middle - away;
        if (search->filter->suits == NULL)
            break;
    }
    return 0;
}

/* The same length at the nearest time. */
static void find_nearest(struct search *search)
{
    const struct booking_wish *wish = search->wish;
    int64_t length = wish->ends - wish->starts, best = 0, nearest = INT64_MAX / 2;
    int64_t from = wish->starts - 7 * CIVIL_DAY > search->now ? wish->starts - 7 * CIVIL_DAY : search->now;
    struct timetable_span *spans = malloc(SPANS_MAX * sizeof *spans);
    uint16_t best_rig = BOOKING_ANY_RIG;
    for (uint16_t rig = 0; spans != NULL && rig < search->timetable->rig_count; rig++) {
        size_t count = suits(search, rig)
                           ? timetable_availability(search->timetable, rig, from,
                                                    wish->starts + 14 * CIVIL_DAY, length, spans, SPANS_MAX)
                           : 0;
        for (size_t i = 0; i < count && i < SPANS_MAX; i++) {
            int64_t starts = nearest_start(search, rig, spans[i].starts, spans[i].until - length, nearest);
            if (starts == 0 || llabs(starts - wish->starts) >= nearest)
                continue;
            nearest = llabs(starts - wish->starts);
            best = starts;
            best_rig = rig;
        }
    }
    free(spans);
    if (best_rig != BOOKING_ANY_RIG)
        add(search, best_rig, best);
}

static void find_other_rig(struct search *search)
{
    uint64_t wanted = search->timetable->rigs[search->wish->rig].policy.capabilities;
    for (uint16_t rig = 0; rig < search->timetable->rig_count; rig++) {
        bool alike = (search->timetable->rigs[rig].policy.capabilities & wanted) != 0;
        if (rig == search->wish->rig || !alike || !is_possible(search, rig, search->wish->starts))
            continue;
        add(search, rig, search->wish->starts);
        return;
    }
}

/* Whole weeks later, so that it is the same period of the same weekday. */
static void find_other_week(struct search *search)
{
    for (int week = 1; week <= 8; week++)
        for (uint16_t rig = 0; rig < search->timetable->rig_count; rig++) {
            int64_t starts = search->wish->starts + week * 7 * CIVIL_DAY;
            if (!suits(search, rig) || !is_possible(search, rig, starts))
                continue;
            add(search, rig, starts);
            return;
        }
}

size_t alternatives_find(const struct timetable *timetable, const struct booking_wish *wish, int64_t horizon,
                         int64_t now, const struct alternatives_filter *filter,
                         struct booking_wish alternatives[TIMETABLE_ALTERNATIVES_MAX])
{
    struct search search = {.timetable = timetable,
                            .wish = wish,
                            .horizon = horizon,
                            .now = now,
                            .filter = filter,
                            .found = alternatives};
    bool sound = wish->ends > wish->starts && wish->starts > 0 && wish->ends <= BOOKING_TIME_MAX;
    if (!sound || (wish->rig != BOOKING_ANY_RIG && wish->rig >= timetable->rig_count))
        return 0;
    find_nearest(&search);
    if (wish->rig != BOOKING_ANY_RIG)
        find_other_rig(&search);
    find_other_week(&search);
    return search.count;
}

/* A class goes where all of its people are free. */
struct moving_class {
    const struct timetable *timetable;
    const struct entry *entry;
};

static bool class_is_free(const void *context, int64_t starts, int64_t ends)
{
    const struct moving_class *class = context;
    return timetable_people_busy(class->timetable, &class->entry->booking, starts, ends, class->entry) ==
           NULL;
}

size_t timetable_alternatives(const struct timetable *timetable, const struct booking_wish *wish,
                              const struct timetable_seeker *seeker, int64_t now,
                              struct booking_wish alternatives[TIMETABLE_ALTERNATIVES_MAX])
{
    bool known;
    const struct booking_policy *policy = policy_of(timetable, seeker->group, &known);
    const struct moving_class class = {timetable,
                                       seeker->moves != 0 ? timetable_entry(timetable, seeker->moves) : NULL};
    const bool filters = class.entry != NULL && class.entry->booking.kind == BOOKING_CLASS;
    const struct alternatives_filter filter = {filters ? class_is_free : NULL, &class};
    return alternatives_find(timetable, wish, policy != NULL && !seeker->planned ? policy->horizon : 0, now,
                             &filter, alternatives);
}
