#include "gateway/booking/plan.h"

enum term_result plan_schedule(const struct term_calendar *calendar, size_t term, term_weeks weeks,
                               const struct plan_slot *slots, size_t sections, struct plan_meeting *meetings,
                               size_t *meeting_count, size_t *section)
{
    *meeting_count = 0;
    for (int week = 1; week <= TERM_WEEKS_MAX; week++) {
        if ((weeks >> (week - 1) & 1) == 0)
            continue;
        for (*section = 0; *section < sections; ++*section) {
            const struct plan_slot *slot = &slots[*section];
            struct plan_meeting *meeting = &meetings[*meeting_count * sections + *section];
            *meeting = (struct plan_meeting){.week = week};
            const struct term_meeting asked = {.term = term,
                                               .week = week,
                                               .weekday = slot->weekday,
                                               .first_period = slot->first_period,
                                               .last_period = slot->last_period,
                                               .times = slot->times};
            meeting->result =
                term_find_meeting(calendar, &asked, &meeting->day, &meeting->starts, &meeting->ends);
            bool held = meeting->result == TERM_OK || meeting->result == TERM_MOVED;
            if (!held && meeting->result != TERM_HOLIDAY && meeting->result != TERM_DISPLACED)
                return meeting->result;
            if (!held)
                meeting->starts = meeting->ends = 0;
        }
        ++*meeting_count;
    }
    return TERM_OK;
}

bool plan_find_duplicate(const uint64_t *students, size_t count, const struct booking_attend *attend,
                         size_t *first, size_t *second)
{
    for (*second = 1; *second < count; ++*second) {
        booking_attend(attend);
        for (*first = 0; *first < *second; ++*first)
            if (students[*first] == students[*second])
                return true;
    }
    return false;
}

/* How many meetings of a section were held before this one. */
static size_t held_before(const struct plan *plan, size_t sections, size_t section, size_t meeting)
{
    size_t held = 0;
    for (size_t i = 0; i < meeting; i++)
        held += plan->meetings[i * sections + section].ends != 0;
    return held;
}

static size_t add_meeting(const struct plan *plan, size_t meeting, size_t section, size_t count,
                          struct booking_wish *wishes, size_t capacity, uint64_t **party)
{
    const struct roster *roster = plan->roster;
    size_t sections = roster_sections(roster);
    const struct plan_meeting *when = &plan->meetings[meeting * sections + section];
    if (when->ends == 0)
        return count;
    size_t round = held_before(plan, sections, section, meeting), first, size;
    roster_section(roster, section, &first, &size);
    for (size_t rig = 0; rig < roster->rigs; rig++) {
        booking_attend(&plan->attend);
        struct booking_wish wish = {.rig = plan->rigs != NULL ? plan->rigs[rig] : BOOKING_ANY_RIG,
                                    .starts = when->starts,
                                    .ends = when->ends,
                                    .code = "",
                                    .capability = plan->capability};
        for (size_t student = first; student < first + size; student++) {
            if (roster_find(roster, student, round).rig != rig)
                continue;
            if (wish.account == 0)
                wish.account = plan->students[student];
            else
                (*party)[wish.party_count++] = plan->students[student];
        }
        if (wish.account == 0)
            continue;
        wish.party = wish.party_count > 0 ? *party : NULL;
        *party += wish.party_count;
        if (count < capacity)
            wishes[count] = wish;
        count++;
    }
    return count;
}

size_t plan_wishes(const struct plan *plan, struct booking_wish *wishes, size_t capacity, uint64_t *parties)
{
    size_t count = 0, sections = roster_sections(plan->roster);
    for (size_t meeting = 0; meeting < plan->roster->meetings; meeting++)
        for (size_t section = 0; section < sections; section++)
            count = add_meeting(plan, meeting, section, count, wishes, capacity, &parties);
    return count;
}
