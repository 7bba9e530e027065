/* alternatives.c - what would have been possible instead of what was asked for. */
#include "gateway/booking/timetable_private.h"

#include <stdlib.h>

#define SPANS_MAX    512
#define VERDICTS_MAX 4096 /* more than there are steps in the weeks that are looked through */
#define STEP         (15 * CIVIL_MINUTE)
#define EFFORT_MAX   16384 /* for each kind of alternative */
#define EFFORT_PART  64    /* wishes beside that are as much to look through as one try */

/* What a filter said of a time. */
struct verdict {
    int64_t starts; /* 0: nothing yet */
    uint16_t rig;
    bool suits;
};

struct workspace {
    struct timetable_span spans[SPANS_MAX];
    struct verdict verdicts[VERDICTS_MAX];
};

struct search {
    const struct timetable *timetable;
    const struct booking_wish *wish;
    int64_t now;
    const struct alternatives_filter *filter;
    struct workspace *workspace;
    size_t effort; /* that is left: a time that a filter is asked about, or a look whether a place is free */
    struct booking_wish *found;
    size_t count;
};

static void spend(struct search *search, size_t effort)
{
    search->effort -= effort < search->effort ? effort : search->effort;
}

/* Asked once for each time, and for each rig only where that makes a difference. */
static bool filter_lets_pass(struct search *search, uint16_t rig, int64_t starts, int64_t ends)
{
    const struct alternatives_filter *filter = search->filter;
    uint16_t about = filter->asks_for_rig ? rig : 0;
    if (filter->suits == NULL)
        return true;
    struct verdict *verdict =
        &search->workspace->verdicts[(size_t)(starts / STEP + about * INT64_C(31)) % VERDICTS_MAX];
    if (verdict->starts != starts || verdict->rig != about) {
        spend(search, 1 + filter->beside_count / EFFORT_PART);
        *verdict = (struct verdict){starts, about, filter->suits(filter->context, rig, starts, ends)};
    }
    return verdict->suits;
}

static bool leaves_room_beside(struct search *search, const struct booking_wish *place)
{
    const struct alternatives_filter *filter = search->filter;
    spend(search, 1 + filter->beside_count / EFFORT_PART);
    for (size_t i = 0; i < filter->beside_count; i++)
        if (places_meet(search->timetable, place, &filter->beside[i]))
            return false;
    return true;
}

static bool is_possible(struct search *search, uint16_t rig, int64_t starts)
{
    const struct booking *conflict;
    int64_t ends = starts + search->wish->ends - search->wish->starts;
    const struct booking_wish place = {.rig = rig, .starts = starts, .ends = ends};
    if (search->effort == 0)
        return false;
    booking_attend(&search->timetable->setup.attend);
    return filter_lets_pass(search, rig, starts, ends) && leaves_room_beside(search, &place) &&
           timetable_check(search->timetable, rig, starts, ends, search->now, &conflict) == BOOKING_OK;
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
static int64_t nearest_start(struct search *search, uint16_t rig, int64_t first, int64_t last,
                             int64_t nearest)
{
    int64_t asked = search->wish->starts;
    int64_t middle = asked < first ? first : asked > last ? last : asked;
    for (int64_t away = 0; search->effort > 0 && llabs(middle - asked) + away < nearest; away += STEP) {
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
    struct timetable_span *spans = search->workspace->spans;
    uint16_t best_rig = BOOKING_ANY_RIG;
    for (uint16_t rig = 0; search->effort > 0 && rig < search->timetable->rig_count; rig++) {
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
    if (best_rig != BOOKING_ANY_RIG)
        add(search, best_rig, best);
}

static void find_other_rig(struct search *search)
{
    if (search->wish->rig == BOOKING_ANY_RIG)
        return;
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

size_t alternatives_find(const struct timetable *timetable, const struct booking_wish *wish, int64_t now,
                         const struct alternatives_filter *filter,
                         struct booking_wish alternatives[TIMETABLE_ALTERNATIVES_MAX])
{
    struct search search = {
        .timetable = timetable, .wish = wish, .now = now, .filter = filter, .found = alternatives};
    void (*const kinds[])(struct search *) = {find_nearest, find_other_rig, find_other_week};
    if (!wish_is_sound(wish) || (wish->rig != BOOKING_ANY_RIG && wish->rig >= timetable->rig_count))
        return 0;
    search.workspace = calloc(1, sizeof *search.workspace);
    for (size_t i = 0; search.workspace != NULL && i < sizeof kinds / sizeof *kinds; i++) {
        search.effort = EFFORT_MAX;
        kinds[i](&search);
    }
    free(search.workspace);
    return search.count;
}
