/* What is answered of a plan: its meetings, its conflicts and their alternatives, totals. */
#include "gateway/control/course.h"

#include "gateway/control/attend.h"
#include "gateway/control/respond.h"
#include "gateway/control/sessions.h"

#include <stdio.h>
#include <stdlib.h>

static const struct course_part *part_of(const struct course_plan *plan, size_t wish)
{
    size_t part = 0;
    while (part + 1 < plan->part_count && plan->parts[part + 1].first_wish <= wish)
        part++;
    return &plan->parts[part];
}

/* ---- meetings -------------------------------------------------------------------------------- */

struct listing {
    struct control *control;
    const struct course_plan *plan;
    size_t wish; /* that is counted next */
    struct answer_course_plan answer;
    struct answer_meeting *meetings;
    char (*dates)[CIVIL_TEXT];
    struct answer_conflict *conflicts;
};

static void list_meeting(struct listing *listing, size_t course, size_t index)
{
    const struct course_part *part = &listing->plan->parts[course];
    const struct plan_meeting *meeting = &part->meetings.list[index];
    struct answer_course_plan *answer = &listing->answer;
    bool held = meeting->ends != 0;
    answer->meeting_count += held;
    answer->fallen_count += !held;
    if (answer->meetings_listed == COURSE_MEETINGS_MAX) {
        answer->more = true;
        return;
    }
    size_t at = answer->meetings_listed++;
    listing->meetings[at] = (struct answer_meeting){
        .course = course,
        .section = index % part->meetings.slot_count,
        .held = meetings_fallen(listing->control, part->meetings.term->name, meeting, listing->dates[at]),
        .starts = meeting->starts,
        .ends = meeting->ends,
    };
    const struct course_origin *origins = listing->plan->origins;
    for (; listing->wish < part->first_wish + part->wish_count && origins[listing->wish].meeting == index;
         listing->wish++)
        listing->meetings[at].bookings++;
}

static void list_meetings(struct listing *listing)
{
    for (size_t course = 0; course < listing->plan->part_count; course++) {
        const struct course_part *part = &listing->plan->parts[course];
        listing->wish = part->first_wish; /* they are in the order of the meetings */
        for (size_t i = 0; i < part->meetings.count * part->meetings.slot_count; i++) {
            attend(listing->control);
            list_meeting(listing, course, i);
        }
    }
    listing->answer.meetings = listing->meetings;
}

/* ---- conflicts ------------------------------------------------------------------------------- */

static const char *name_of(const struct control *control, uint64_t account)
{
    const struct account *found = accounts_get(control->accounts, account);
    return found ? found->name : "";
}

static const char *rig_name(const struct control *control, uint16_t rig)
{
    return rig < control->rig_count ? control->rigs[rig].config->spec.name : "";
}

/* Whom a policy refused is who lacks what it asks for, otherwise everybody. */
static void list_people(const struct listing *listing, const struct course_part *part,
                        const struct timetable_finding *finding, struct answer_conflict *conflict)
{
    const struct booking_wish *wish = &listing->plan->wishes[finding->wish];
    for (size_t i = 0; i < part->roster.students && conflict->people_count < ANSWER_PEOPLE_MAX; i++) {
        bool takes_part = part->students[i] == wish->account;
        for (size_t k = 0; k < wish->party_count && !takes_part; k++)
            takes_part = wish->party[k] == part->students[i];
        bool fits = (finding->result == BOOKING_NOT_QUALIFIED && part->fit[i].qualified) ||
                    (finding->result == BOOKING_NOT_REHEARSED && part->fit[i].rehearsed);
        if (takes_part && !fits)
            conflict->people[conflict->people_count++] = name_of(listing->control, part->students[i]);
    }
}

static void list_conflict(struct listing *listing, const struct timetable_finding *finding)
{
    const struct control *control = listing->control;
    const struct course_plan *plan = listing->plan;
    const struct course_part *part = part_of(plan, finding->wish);
    const struct booking *other = timetable_find(control->timetable, finding->in_the_way);
    const struct course_origin *origin = &plan->origins[finding->wish];
    const struct plan_meeting *meeting = &part->meetings.list[origin->meeting];
    struct answer_conflict *conflict = &listing->conflicts[listing->answer.conflicts_listed++];
    *conflict = (struct answer_conflict){
        .meeting = part->first_meeting + origin->meeting,
        .course = (size_t)(part - plan->parts),
        .week = meeting->week,
        .starts = meeting->starts,
        .ends = meeting->ends,
        .rig = part->rigs ? rig_name(control, origin->rig) : "",
        .reason = booking_result_name(finding->result),
        .text = booking_result_text(finding->result),
        .booking = finding->in_the_way,
        .holder = other ? name_of(control, other->account) : "",
        .alternative_count = finding->alternative_count,
        .taken = plan->taken && finding->alternative_count,
    };
    list_people(listing, part, finding, conflict);
    for (size_t i = 0; i < finding->alternative_count; i++)
        conflict->alternatives[i] =
            (struct answer_alternative){.rig = rig_name(control, finding->alternatives[i].rig),
                                        .starts = finding->alternatives[i].starts,
                                        .ends = finding->alternatives[i].ends};
}

static void list_conflicts(struct listing *listing)
{
    const struct timetable_examination *examination = &listing->plan->examination;
    size_t listed =
        examination->finding_count < COURSE_FINDINGS_MAX ? examination->finding_count : COURSE_FINDINGS_MAX;
    for (size_t i = 0; i < listed; i++)
        list_conflict(listing, &listing->plan->findings[i]);
    listing->answer.conflicts = listing->conflicts;
    listing->answer.conflict_count = examination->finding_count;
    listing->answer.more |= listed < examination->finding_count;
}

/* ---- all ------------------------------------------------------------------------------------- */

static void fill(struct listing *listing, const struct booking *stored)
{
    const struct course_plan *plan = listing->plan;
    struct answer_course_plan *answer = &listing->answer;
    answer->stored = stored;
    answer->bundle = !stored ? 0 : stored->bundle ? stored->bundle : stored->id;
    answer->booking_count = plan->wish_count;
    for (size_t i = 0; i < plan->wish_count; i++)
        answer->rig_time += plan->wishes[i].ends - plan->wishes[i].starts;
    answer->unknown = plan->unknown;
    answer->unknown_count = plan->unknown_count;
    if (plan->unknown_count)
        return;
    list_meetings(listing);
    list_conflicts(listing);
}

void course_answer(struct control *control, const struct origin *origin, const struct course_plan *plan,
                   const struct answer_head *head, const struct booking *stored)
{
    struct listing listing = {.control = control, .plan = plan};
    struct answer_head unused;
    struct answer_buffer buffer = respond_begin(control, &unused);
    listing.meetings = calloc(COURSE_MEETINGS_MAX, sizeof *listing.meetings);
    listing.dates = calloc(COURSE_MEETINGS_MAX, sizeof *listing.dates);
    listing.conflicts = calloc(COURSE_FINDINGS_MAX, sizeof *listing.conflicts);
    if (listing.meetings && listing.dates && listing.conflicts) {
        fill(&listing, stored);
        translate_course_plan(&buffer, head, &listing.answer);
    } else {
        respond_refuse(control, origin, "busy", "planning: no memory; try again");
        buffer.length = 0;
    }
    free(listing.meetings);
    free(listing.dates);
    free(listing.conflicts);
    if (buffer.length)
        respond_send(control, origin, &buffer);
}
