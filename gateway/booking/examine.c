/* examine.c - what would come of a request: every wish is tried, what is refused gets alternatives, and all
 * of it is undone again. */
#include "gateway/booking/timetable_private.h"

struct trial {
    struct attempt attempt;
    struct timetable_examination *found;
    bool no_memory;
};

/* ---- people -------------------------------------------------------------------------------------------- */

static const struct booking *who_is_busy(const struct trial *trial, const struct booking_wish *wish)
{
    const struct booking people = {
        .account = wish->account != 0 ? wish->account : trial->attempt.event->book.account,
        .party = wish->party,
        .party_count = wish->party_count,
    };
    const struct entry *busy =
        trial->found->people_once
            ? timetable_people_busy(trial->attempt.timetable, &people, wish->starts, wish->ends, NULL)
            : NULL;
    return busy != NULL ? &busy->booking : NULL;
}

/* ---- one wish ------------------------------------------------------------------------------------------ */

static bool add(struct trial *trial, const struct booking_wish *wish)
{
    struct attempt *attempt = &trial->attempt;
    booking_attend(&attempt->timetable->setup.attend);
    attempt->option = POLICY_OPTION_COUNT;
    attempt->conflict = who_is_busy(trial, wish);
    if (attempt->conflict != NULL) {
        attempt->result = BOOKING_PERSON_BUSY;
        return false;
    }
    attempt_add(attempt, wish);
    trial->no_memory |= attempt->result == BOOKING_BUSY;
    return attempt->result == BOOKING_OK;
}

static void note(struct trial *trial, size_t wish)
{
    struct timetable_examination *found = trial->found;
    const struct attempt *attempt = &trial->attempt;
    bool in_the_way = attempt->result == BOOKING_OVERLAPS || attempt->result == BOOKING_PERSON_BUSY;
    if (found->finding_count++ >= found->finding_capacity)
        return;
    found->findings[found->finding_count - 1] = (struct timetable_finding){
        .wish = wish,
        .result = attempt->result,
        .option = attempt->option,
        .in_the_way = in_the_way && attempt->conflict != NULL ? attempt->conflict->id : 0,
    };
}

/* ---- instead ------------------------------------------------------------------------------------------- */

/* Of a capability the rig is found when it is booked. */
static struct booking_wish as_asked(const struct booking_wish *wish, const struct booking_wish *instead)
{
    struct booking_wish moved = *instead;
    if (wish->rig == BOOKING_ANY_RIG)
        moved.rig = BOOKING_ANY_RIG;
    return moved;
}

struct free_people {
    const struct trial *trial;
    const struct booking_wish *wish;
};

static bool people_are_free(const void *context, uint16_t rig, int64_t starts, int64_t ends)
{
    const struct free_people *people = context;
    (void)rig;
    struct booking_wish then = *people->wish;
    then.starts = starts;
    then.ends = ends;
    return !rules_holiday(people->trial->attempt.timetable, starts) &&
           who_is_busy(people->trial, &then) == NULL;
}

static void look_for_others(struct trial *trial, struct timetable_finding *finding)
{
    const struct booking_event *event = trial->attempt.event;
    const struct booking_wish *wish = &event->book.wishes[finding->wish];
    const struct free_people people = {trial, wish};
    const struct alternatives_filter filter = {
        .suits = trial->found->people_once ? people_are_free : NULL,
        .context = &people,
    };
    struct booking_wish list[TIMETABLE_ALTERNATIVES_MAX];
    size_t count = alternatives_find(trial->attempt.timetable, wish, trial->attempt.now, &filter, list);
    for (int later = 0; later <= 1; later++)
        for (size_t i = 0; i < count; i++) {
            if ((list[i].starts != wish->starts) != later)
                continue;
            struct booking_wish instead = as_asked(wish, &list[i]);
            if (finding->alternative_count == 0 && !add(trial, &instead))
                continue;
            finding->alternatives[finding->alternative_count++] = list[i];
        }
}

/* ---- maintenance --------------------------------------------------------------------------------------- */

static void note_displaced(struct trial *trial)
{
    struct timetable_examination *found = trial->found;
    for (size_t i = 0; i < trial->attempt.moved.count; i++) {
        const struct entry *entry = trial->attempt.moved.list[i];
        if (found->displaced_count++ >= found->displaced_capacity)
            continue;
        found->displaced[found->displaced_count - 1] = (struct timetable_displaced){
            .booking = entry->booking.id,
            .rig = entry->holds ? entry->booking.rig : BOOKING_ANY_RIG,
        };
    }
}

/* ---- all of it ----------------------------------------------------------------------------------------- */

/* What is refused is looked at when everything else has its place. */
bool timetable_examine(struct timetable *timetable, const struct booking_event *event, int64_t now,
                       struct timetable_examination *examination)
{
    struct trial trial = {.attempt = attempt_begin(timetable, event, now), .found = examination};
    examination->finding_count = examination->displaced_count = 0;
    trial.attempt.repeat = NULL;
    for (size_t i = 0; i < event->book.count; i++)
        if (!add(&trial, &event->book.wishes[i]))
            note(&trial, i);
    note_displaced(&trial);
    for (size_t i = 0; i < examination->finding_count && i < examination->finding_capacity; i++)
        if (booking_result_depends_on_time(examination->findings[i].result))
            look_for_others(&trial, &examination->findings[i]);
    attempt_forget(&trial.attempt);
    attempt_finish(&trial.attempt);
    return !trial.no_memory;
}

const struct booking *timetable_of_key(const struct timetable *timetable, uint64_t account, const char *key,
                                       bool *waits)
{
    *waits = flight_of_key(timetable, account, key) != NULL;
    const struct entry *entry = *waits ? NULL : keys_find(&timetable->keys, account, key);
    return entry != NULL ? &entry->booking : NULL;
}
