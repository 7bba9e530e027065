/* seeker.c - for whom alternatives are looked for: what would be granted to them, beside what they ask for.
 */
#include "gateway/booking/timetable_private.h"

#include <stdlib.h>

#define PLACING_MAX 65536        /* rigs that are looked at for what is asked for beside */
#define A_MOMENT    CIVIL_MINUTE /* that people take to ask for one */

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
    if (asker->who.planned && rules_holiday(asker->timetable, starts))
        return false;
    enum policy_option option;
    return rules_policy(asker->timetable, &asker->who, &there, NULL, asker->now, &option) == BOOKING_OK &&
           rules_policy(asker->timetable, &asker->who, &there, NULL, asker->now + A_MOMENT, &option) ==
               BOOKING_OK;
}

/* ---- what is asked for beside -------------------------------------------------------------------------- */

static bool is_taken(const struct timetable *timetable, const struct booking_wish *place, int64_t now,
                     const struct booking_wish *others, size_t count)
{
    const struct booking *conflict;
    for (size_t i = 0; i < count; i++)
        if (places_meet(timetable, place, &others[i]))
            return true;
    return timetable_check(timetable, place->rig, place->starts, place->ends, now, &conflict) != BOOKING_OK;
}

/* A rig for what names only a capability: better none that is looked for itself. False: there is none, and
 * what cannot be had anyway keeps nobody away. */
static bool find_place(const struct timetable *timetable, struct booking_wish *place, uint16_t but,
                       int64_t now, const struct booking_wish *others, size_t count, size_t *placing)
{
    uint64_t wanted = rig_bit(place->capability);
    booking_attend(&timetable->setup.attend);
    for (int last = 0; last <= 1; last++)
        for (uint16_t rig = 0; rig<timetable->rig_count && * placing> count; rig++) {
            bool has = (timetable->rigs[rig].policy.capabilities & wanted) != 0;
            place->rig = rig;
            if (!has || (rig == but) != last)
                continue;
            *placing -= 1 + count;
            if (!is_taken(timetable, place, now, others, count))
                return true;
        }
    return false;
}

/* All but the wish itself that could be had, on rigs: those first that name theirs. Returns how many;
 * `places` has room. */
static size_t place_beside(const struct timetable *timetable, const struct booking_wish *wish,
                           const struct timetable_seeker *seeker, int64_t now, struct booking_wish *places)
{
    size_t count = 0, placing = PLACING_MAX;
    for (int any = 0; any <= 1; any++)
        for (size_t i = 0; i < seeker->beside_count; i++) {
            const struct booking_wish *other = &seeker->beside[i];
            if (other == wish || !wish_is_sound(other) || (other->rig == BOOKING_ANY_RIG) != any ||
                (!any && other->rig >= timetable->rig_count))
                continue;
            places[count] = *other;
            if (!any || find_place(timetable, &places[count], wish->rig, now, places, count, &placing))
                count++;
        }
    return count;
}

/* ---- for whom ------------------------------------------------------------------------------------------ */

static size_t find_for_class(const struct timetable *timetable, const struct booking_wish *wish,
                             const struct entry *entry, int64_t now,
                             struct booking_wish alternatives[TIMETABLE_ALTERNATIVES_MAX])
{
    const struct moving_class class = {timetable, entry};
    return alternatives_find(timetable, wish, now,
                             &(struct alternatives_filter){.suits = class_is_free, .context = &class},
                             alternatives);
}

/* Somebody, or staff who plan: then it is a class, and of the policy only what binds classes counts. */
static size_t find_for_asker(const struct timetable *timetable, const struct booking_wish *wish,
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
                .planned = seeker->planned,
                .beside = seeker->beside,
                .beside_count = seeker->beside_count,
                .apart = wish,
                .asker = seeker->account},
        .now = now,
    };
    const struct booking_policy *policy =
        timetable_policy(timetable, &(struct booking){.group = seeker->group});
    struct booking_wish *places = malloc((seeker->beside_count + 1) * sizeof *places);
    if (places == NULL)
        return 0;
    const struct alternatives_filter filter = {
        .suits = policy_allows,
        .context = &asker,
        .asks_for_rig = policy != NULL && policy->gap > 0, /* there is none to another rig */
        .beside = places,
        .beside_count = place_beside(timetable, wish, seeker, now, places),
    };
    size_t count = alternatives_find(timetable, wish, now, &filter, alternatives);
    free(places);
    return count;
}

size_t timetable_alternatives(const struct timetable *timetable, const struct booking_wish *wish,
                              const struct timetable_seeker *seeker, int64_t now,
                              struct booking_wish alternatives[TIMETABLE_ALTERNATIVES_MAX])
{
    const struct entry *moved = seeker->moves != 0 ? timetable_entry(timetable, seeker->moves) : NULL;
    if (moved != NULL && moved->booking.kind == BOOKING_CLASS)
        return find_for_class(timetable, wish, moved, now, alternatives);
    if (moved != NULL)
        return alternatives_find(timetable, wish, now, &(struct alternatives_filter){0}, alternatives);
    return find_for_asker(timetable, wish, seeker, now, alternatives);
}
