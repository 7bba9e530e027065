/* alternatives.c - what would have been possible instead of what was asked for. */
#include "gateway/booking/timetable_private.h"

#include <stdlib.h>

#define SPANS_MAX 512
#define STEP      (15 * CIVIL_MINUTE)
#define TRIES_MAX 16384        /* some 20 ms */
#define A_MOMENT  CIVIL_MINUTE /* that people take to ask for one */

struct search {
    const struct timetable *timetable;
    const struct booking_wish *wish;
    int64_t now;
    const struct alternatives_filter *filter;
    size_t tries; /* places that a filter was asked about */
    struct booking_wish *found;
    size_t count;
};

static bool is_possible(struct search *search, uint16_t rig, int64_t starts)
{
    const struct booking *conflict;
    const struct alternatives_filter *filter = search->filter;
    booking_attend(&search->timetable->setup.attend);
    int64_t ends = starts + search->wish->ends - search->wish->starts;
    if (timetable_check(search->timetable, rig, starts, ends, search->now, &conflict) != BOOKING_OK)
        return false;
    return filter->suits == NULL ||
           (search->tries++ < TRIES_MAX && filter->suits(filter->context, rig, starts, ends));
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

size_t alternatives_find(const struct timetable *timetable, const struct booking_wish *wish, int64_t now,
                         const struct alternatives_filter *filter,
                         struct booking_wish alternatives[TIMETABLE_ALTERNATIVES_MAX])
{
    struct search search = {
        .timetable = timetable, .wish = wish, .now = now, .filter = filter, .found = alternatives};
    bool sound = wish->ends > wish->starts && wish->starts > 0 && wish->ends <= BOOKING_TIME_MAX;
    if (!sound || (wish->rig != BOOKING_ANY_RIG && wish->rig >= timetable->rig_count))
        return 0;
    find_nearest(&search);
    if (wish->rig != BOOKING_ANY_RIG)
        find_other_rig(&search);
    find_other_week(&search);
    return search.count;
}

/* ---- who asks ------------------------------------------------------------------------------------------ */

/* A class goes where all of its people are free, and not to a holiday. */
struct moving_class {
    const struct timetable *timetable;
    const struct entry *entry;
};

static bool class_is_free(const void *context, uint16_t rig, int64_t starts, int64_t ends)
{
    const struct moving_class *class = context;
    (void)rig;
    return !rules_holiday(class->timetable, starts) &&
           timetable_people_busy(class->timetable, &class->entry->booking, starts, ends, class->entry) ==
               NULL;
}

/* What the policy forbids at one time it may allow at another. */
struct asker {
    const struct timetable *timetable;
    const struct booking_wish *wish;
    struct rules_person who;
    int64_t now;
};

static bool policy_allows(const void *context, uint16_t rig, int64_t starts, int64_t ends)
{
    const struct asker *asker = context;
    const struct booking there = {
        .account = asker->who.person->account,
        .rig = rig,
        .capability = asker->wish->rig == BOOKING_ANY_RIG ? asker->wish->capability : BOOKING_NO_CAPABILITY,
        .group = asker->who.group,
        .starts = starts,
        .ends = ends,
    };
    for (size_t i = 0; i < asker->who.beside_count; i++) {
        const struct booking_wish *other = &asker->who.beside[i];
        if (other->rig == rig && other->starts < ends && starts < other->ends)
            return false;
    }
    enum policy_option option;
    return rules_policy(asker->timetable, &asker->who, &there, NULL, asker->now, &option) == BOOKING_OK &&
           rules_policy(asker->timetable, &asker->who, &there, NULL, asker->now + A_MOMENT, &option) ==
               BOOKING_OK;
}

static size_t find_for_class(const struct timetable *timetable, const struct booking_wish *wish,
                             const struct entry *entry, int64_t now,
                             struct booking_wish alternatives[TIMETABLE_ALTERNATIVES_MAX])
{
    const struct moving_class class = {timetable, entry};
    return alternatives_find(timetable, wish, now, &(struct alternatives_filter){class_is_free, &class},
                             alternatives);
}

static size_t find_for_person(const struct timetable *timetable, const struct booking_wish *wish,
                              const struct timetable_seeker *seeker, int64_t now,
                              struct booking_wish alternatives[TIMETABLE_ALTERNATIVES_MAX])
{
    const struct person nobody = {.account = wish->account != 0 ? wish->account : seeker->account};
    const struct person *person = people_find(&timetable->people, nobody.account);
    const struct asker asker = {
        .timetable = timetable,
        .wish = wish,
        .who = {.person = person != NULL ? person : &nobody,
                .group = seeker->group,
                .qualified = !wish->unqualified,
                .rehearsed = !wish->unrehearsed,
                .beside = seeker->beside,
                .beside_count = seeker->beside_count,
                .asker = seeker->account},
        .now = now,
    };
    return alternatives_find(timetable, wish, now, &(struct alternatives_filter){policy_allows, &asker},
                             alternatives);
}

size_t timetable_alternatives(const struct timetable *timetable, const struct booking_wish *wish,
                              const struct timetable_seeker *seeker, int64_t now,
                              struct booking_wish alternatives[TIMETABLE_ALTERNATIVES_MAX])
{
    const struct entry *moved = seeker->moves != 0 ? timetable_entry(timetable, seeker->moves) : NULL;
    if (moved != NULL && moved->booking.kind == BOOKING_CLASS)
        return find_for_class(timetable, wish, moved, now, alternatives);
    if (seeker->planned)
        return alternatives_find(timetable, wish, now, &(struct alternatives_filter){NULL, NULL},
                                 alternatives);
    return find_for_person(timetable, wish, seeker, now, alternatives);
}
