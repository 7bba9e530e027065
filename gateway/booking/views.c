/* views.c - questions to the timetable; nothing here changes it. */
#include "gateway/booking/timetable_private.h"

#include <string.h>

#define LOOKED_AT 256 /* bookings, before what cannot wait is done */

bool timetable_clock_plausible(const struct timetable *timetable, int64_t wall)
{
    return wall >= timetable->newest;
}

int64_t timetable_newest(const struct timetable *timetable)
{
    return timetable->newest;
}

enum booking_result timetable_check(const struct timetable *timetable, uint16_t rig, int64_t starts,
                                    int64_t ends, int64_t now_wall, const struct booking **conflict)
{
    *conflict = NULL;
    if (rig >= timetable->rig_count)
        return BOOKING_UNKNOWN_RIG;
    const struct timetable_rig *policy = &timetable->rigs[rig].policy;
    enum booking_result result = rules_interval(timetable, policy, starts, ends, now_wall);
    if (result != BOOKING_OK)
        return result;
    if (rig_is_out(timetable, rig, starts, now_wall))
        return BOOKING_OUT_OF_SERVICE;
    const struct entry *other =
        timetable_in_the_way(timetable, rig, starts - policy->setup, ends + policy->teardown, NULL);
    if (other == NULL)
        return BOOKING_OK;
    *conflict = &other->booking;
    return BOOKING_OVERLAPS;
}

/* The first gap in one timeline, or at or after the latest of several: each may push it further. */
void timetable_next_free(const struct timetable *timetable, uint16_t rig, int64_t from, int64_t least,
                         int64_t *starts, int64_t *until)
{
    const struct rig_table *table = &timetable->rigs[rig];
    int64_t setup = table->policy.setup, teardown = table->policy.teardown;
    int64_t needed = setup + (least < 1 ? 1 : least) + teardown, at = from - setup;
    bool agreed;
    do {
        agreed = true;
        int64_t begins = at, ends = INT64_MAX, end;
        timeline_gap(&table->coming, at, INT64_MAX, needed, &begins, &ends);
        at = begins;
        for (size_t i = 0; i < table->policy.shared_count; i++) {
            timeline_gap(&timetable->shared[table->policy.shared[i]], at, INT64_MAX, needed, &begins, &end);
            agreed &= begins == at;
            at = begins;
            ends = end < ends ? end : ends;
        }
        *until = ends == INT64_MAX ? INT64_MAX : ends - teardown;
    } while (!agreed);
    *starts = at + setup;
}

const struct booking *timetable_find(const struct timetable *timetable, uint64_t id)
{
    const struct entry *entry = timetable_entry(timetable, id);
    return entry != NULL ? &entry->booking : NULL;
}

size_t timetable_bundle(const struct timetable *timetable, const struct booking *booking,
                        const struct booking **list, size_t capacity)
{
    const struct entry_list *by_id = &timetable->by_id;
    uint64_t bundle = booking->bundle != 0 ? booking->bundle : booking->id;
    size_t count = 0;
    /* One transaction made them, so their ids follow on each other. */
    for (size_t i = entries_find_id(by_id, bundle); i < by_id->count; i++, count++) {
        const struct booking *next = &by_id->list[i]->booking;
        if (next->id != bundle && next->bundle != bundle)
            break;
        if (count < capacity)
            list[count] = next;
    }
    return count;
}

const struct booking *timetable_live(const struct timetable *timetable, uint16_t rig)
{
    if (rig >= timetable->rig_count)
        return NULL;
    struct timeline_cursor cursor = timeline_seek(&timetable->rigs[rig].coming, INT64_MIN);
    for (const struct timeline_span *span; (span = timeline_next(&cursor)) != NULL;) {
        const struct entry *entry = span->owner;
        if (entry->booking.starts > timetable->rigs[rig].latest_live)
            break;
        if (entry->booking.state == BOOKING_LIVE)
            return &entry->booking;
    }
    return NULL;
}

const struct booking *timetable_of_session(const struct timetable *timetable, uint64_t session)
{
    const struct entry_list *list = &timetable->by_session;
    size_t at = entries_find_session(list, session);
    bool found = session != 0 && at < list->count && list->list[at]->booking.session == session;
    return found ? &list->list[at]->booking : NULL;
}

/* How many of the code's places differ, looked at one and all. */
static unsigned difference(const char *a, const char *b)
{
    unsigned char different = 0;
    for (size_t i = 0; i < BOOKING_CODE_MAX; i++)
        different |= (unsigned char)(a[i] ^ b[i]);
    return different;
}

const struct booking *timetable_by_code(const struct timetable *timetable, const char *code)
{
    char wanted[BOOKING_CODE_MAX] = "";
    size_t length = strnlen(code, BOOKING_CODE_MAX);
    if (length == 0 || length == BOOKING_CODE_MAX)
        return NULL;
    memcpy(wanted, code, length);
    const struct booking *found = NULL;
    for (uint16_t rig = 0; rig < timetable->rig_count; rig++) {
        const struct booking *live = timetable_live(timetable, rig);
        if (live != NULL && difference(live->code, wanted) == 0)
            found = live;
    }
    return found;
}

size_t timetable_list(const struct timetable *timetable, uint16_t rig, int64_t from, int64_t until,
                      uint64_t after, const struct booking **list, size_t capacity)
{
    size_t count = 0;
    const struct entry_list *by_id = &timetable->by_id;
    for (size_t i = entries_find_id(by_id, after + 1); i < by_id->count && count < capacity; i++) {
        const struct booking *booking = &by_id->list[i]->booking;
        if (i % LOOKED_AT == 0)
            booking_attend(&timetable->setup.attend);
        bool wanted = rig == TIMETABLE_ANY_RIG || booking->rig == rig;
        if (wanted && booking->starts < until && booking->ends > from)
            list[count++] = booking;
    }
    return count;
}

size_t timetable_coming(const struct timetable *timetable, uint16_t rig, const struct booking **list,
                        size_t capacity)
{
    size_t count = 0;
    struct timeline_cursor cursor = timeline_seek(&timetable->rigs[rig].coming, INT64_MIN);
    for (const struct timeline_span *span; count < capacity && (span = timeline_next(&cursor)) != NULL;) {
        const struct entry *entry = span->owner;
        if (entry->booking.id != 0 && !entry_is_settled(entry))
            list[count++] = &entry->booking;
    }
    return count;
}
