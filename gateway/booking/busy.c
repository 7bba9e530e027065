/* busy.c - whether somebody is in another booking already. */
#include "gateway/booking/timetable_private.h"

static bool is_one_of(uint64_t account, const struct booking *booking)
{
    for (size_t i = 0; i < booking->party_count; i++)
        if (booking->party[i] == account)
            return true;
    return booking->account == account;
}

static bool share_people(const struct booking *people, const struct booking *booking)
{
    for (size_t i = 0; i < people->party_count; i++)
        if (is_one_of(people->party[i], booking))
            return true;
    return is_one_of(people->account, booking);
}

static const struct entry *busy_on(const struct timeline *line, const struct booking *people, int64_t starts,
                                   int64_t ends, const struct entry *but)
{
    struct timeline_cursor cursor = timeline_seek(line, starts);
    const struct timeline_span *span;
    while ((span = timeline_next(&cursor)) != NULL && span->from < ends) {
        const struct entry *entry = span->owner;
        const struct booking *booking = &entry->booking;
        if (entry != but && booking->starts < ends && starts < booking->ends &&
            booking->kind != BOOKING_MAINTENANCE && share_people(people, booking))
            return entry;
    }
    return NULL;
}

const struct entry *timetable_people_busy(const struct timetable *timetable, const struct booking *people,
                                          int64_t starts, int64_t ends, const struct entry *but)
{
    const struct entry *busy = NULL;
    for (size_t rig = 0; busy == NULL && rig < timetable->rig_count; rig++)
        busy = busy_on(&timetable->rigs[rig].coming, people, starts, ends, but);
    return busy;
}
