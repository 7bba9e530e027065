/* views.c - questions to the timetable; nothing here changes it. */
#include "gateway/booking/timetable_private.h"

#include <string.h>

#define LATE                                                                                                 \
    60000 /* ms that a booking may have begun already when it is asked for: it was "now" when it was sent */

bool timetable_clock_plausible(const struct timetable *timetable, int64_t wall)
{
    return wall >= timetable->newest;
}

/* Entries of a rig never overlap, so the last one that begins before `until` also ends last. */
static const struct entry *in_the_way(const struct entry_list *coming, int64_t from, int64_t until)
{
    size_t before = entries_before(coming, until);
    if (before == 0 || entry_busy_until(coming->list[before - 1]) <= from)
        return NULL;
    return coming->list[before - 1];
}

enum booking_result timetable_check(const struct timetable *timetable, uint16_t rig, int64_t starts,
                                    int64_t ends, int64_t now_wall, const struct booking **conflict)
{
    *conflict = NULL;
    if (rig >= timetable->rig_count)
        return BOOKING_UNKNOWN_RIG;
    const struct rig_table *table = &timetable->rigs[rig];
    const struct timetable_rig *policy = &table->policy;
    if (!timetable_clock_plausible(timetable, now_wall))
        return BOOKING_CLOCK;
    if (starts >= ends)
        return BOOKING_EMPTY;
    if (starts < now_wall - LATE || ends <= now_wall)
        return BOOKING_PAST;
    if (policy->longest > 0 && ends - starts > policy->longest)
        return BOOKING_TOO_LONG;
    if (policy->horizon > 0 && starts - now_wall > policy->horizon)
        return BOOKING_TOO_FAR;
    const struct entry *other = in_the_way(&table->coming, starts - policy->setup, ends + policy->teardown);
    if (other == NULL)
        return BOOKING_OK;
    *conflict = &other->booking;
    return BOOKING_OVERLAPS;
}

void timetable_next_free(const struct timetable *timetable, uint16_t rig, int64_t from, int64_t least,
                         int64_t *starts, int64_t *until)
{
    const struct rig_table *table = &timetable->rigs[rig];
    const struct entry_list *coming = &table->coming;
    if (least < 1)
        least = 1;
    *starts = from;
    size_t next = entries_before(coming, from - table->policy.setup);
    if (next > 0 && entry_busy_until(coming->list[next - 1]) + table->policy.setup > from)
        *starts = entry_busy_until(coming->list[next - 1]) + table->policy.setup;
    for (; next < coming->count; next++) {
        *until = entry_busy_from(coming->list[next]) - table->policy.teardown;
        if (*until - *starts >= least)
            return;
        int64_t after = entry_busy_until(coming->list[next]) + table->policy.setup;
        if (after > *starts)
            *starts = after;
    }
    *until = INT64_MAX;
}

const struct booking *timetable_find(const struct timetable *timetable, uint64_t id)
{
    const struct entry *entry = timetable_entry(timetable, id);
    return entry != NULL ? &entry->booking : NULL;
}

const struct booking *timetable_live(const struct timetable *timetable, uint16_t rig)
{
    if (rig >= timetable->rig_count)
        return NULL;
    const struct entry_list *coming = &timetable->rigs[rig].coming;
    for (size_t i = 0; i < coming->count; i++)
        if (coming->list[i]->booking.state == BOOKING_LIVE)
            return &coming->list[i]->booking;
    return NULL;
}

const struct booking *timetable_of_session(const struct timetable *timetable, uint64_t session)
{
    for (size_t i = timetable->by_id.count; session != 0 && i-- > 0;)
        if (timetable->by_id.list[i]->booking.session == session)
            return &timetable->by_id.list[i]->booking;
    return NULL;
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
        bool wanted = rig == TIMETABLE_ANY_RIG || booking->rig == rig;
        if (wanted && booking->starts < until && booking->ends > from)
            list[count++] = booking;
    }
    return count;
}
