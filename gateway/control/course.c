#include "gateway/control/course.h"

#include "gateway/control/attend.h"
#include "gateway/control/notes.h"
#include "gateway/control/respond.h"
#include "gateway/control/rigs.h"
#include "gateway/control/standings.h"
#include "gateway/control/timetable_make.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- memory ---------------------------------------------------------------------------------- */

static struct course_plan *create(void)
{
    struct course_plan *plan = calloc(1, sizeof *plan);
    if (!plan)
        return NULL;
    plan->wishes = calloc(BOOKING_BUNDLE_MAX, sizeof *plan->wishes);
    plan->origins = calloc(BOOKING_BUNDLE_MAX, sizeof *plan->origins);
    plan->codes = calloc(BOOKING_BUNDLE_MAX, sizeof *plan->codes);
    if (plan->wishes && plan->origins && plan->codes)
        return plan;
    course_destroy(plan);
    return NULL;
}

void course_destroy(struct course_plan *plan)
{
    if (!plan)
        return;
    for (size_t i = 0; i < COURSE_PARTS_MAX; i++) {
        free(plan->parts[i].students);
        free(plan->parts[i].fit);
        free(plan->parts[i].rigs);
        meetings_finish(&plan->parts[i].meetings);
    }
    free(plan->wishes);
    free(plan->origins);
    free(plan->codes);
    free(plan->parties);
    free(plan->unknown);
    free(plan);
}

/* ---- one course ------------------------------------------------------------------------------ */

struct making {
    struct control *control;
    const struct caller *caller;
    const struct request *request;
    struct course_plan *plan;
};

static const struct origin *origin_of(const struct making *making)
{
    return &making->caller->origin;
}

/* False: refused already. Accounts that are not there are gathered over all courses. */
static bool find_students(const struct making *making, const struct request_course *from,
                          struct course_part *part)
{
    struct course_plan *plan = making->plan;
    const char **grown =
        realloc(plan->unknown, (plan->unknown_count + from->student_count + 1) * sizeof *grown);
    plan->unknown = grown ? grown : plan->unknown;
    part->students = calloc(from->student_count, sizeof *part->students);
    part->fit = calloc(from->student_count, sizeof *part->fit);
    if (!grown || !part->students || !part->fit) {
        respond_refuse(making->control, origin_of(making), "busy", "planning: no memory; try again");
        return false;
    }
    for (size_t i = 0; i < from->student_count; i++) {
        attend(making->control);
        const struct account *account = accounts_find(making->control->accounts, from->students[i]);
        part->students[i] = account ? account->id : 0;
        if (account)
            part->fit[i] = standings_fit(making->control, account->id, part->group);
        else
            plan->unknown[plan->unknown_count++] = from->students[i];
    }
    const struct booking_attend attending = attend_for(making->control);
    size_t first, second;
    if (plan->unknown_count ||
        !plan_find_duplicate(part->students, from->student_count, &attending, &first, &second))
        return true;
    respond_refuse(making->control, origin_of(making), "duplicate-account",
                   "planning '%s': '%.60s' is in the roster twice, as number %zu and %zu", part->name,
                   from->students[second], first + 1, second + 1);
    return false;
}

static bool find_rigs(const struct making *making, const struct request_course *from,
                      struct course_part *part)
{
    uint16_t unused;
    part->roster.rigs = from->rig_count ? from->rig_count : from->rigs_wanted ? from->rigs_wanted : 1;
    if (!from->rig_count)
        return requests_thing(making->control, making->caller, "", from->capability, &unused,
                              &part->capability);
    part->rigs = calloc(from->rig_count, sizeof *part->rigs);
    if (!part->rigs) {
        respond_refuse(making->control, origin_of(making), "busy", "planning: no memory; try again");
        return false;
    }
    for (size_t i = 0; i < from->rig_count; i++) {
        if (!requests_thing(making->control, making->caller, from->rigs[i], "", &part->rigs[i], &unused))
            return false;
        for (size_t k = 0; k < i; k++)
            if (part->rigs[k] == part->rigs[i]) {
                respond_refuse(making->control, origin_of(making), "bad-value",
                               "planning '%s': the rig %s is named twice", part->name, from->rigs[i]);
                return false;
            }
    }
    return true;
}

static bool check_size(const struct making *making, const struct request_course *from,
                       const struct course_part *part)
{
    if (!from->student_count)
        respond_refuse(making->control, origin_of(making), "bad-value", "planning '%s': the roster is empty",
                       part->name);
    else if (part->roster.group_size > BOOKING_PARTY_MAX + 1)
        respond_refuse(making->control, origin_of(making), "bad-value",
                       "planning '%s': at most %d students share a rig", part->name, BOOKING_PARTY_MAX + 1);
    else if (part->roster.rigs > rigs_real(making->control))
        respond_refuse(making->control, origin_of(making), "bad-value",
                       "planning '%s': the laboratory has %zu rigs", part->name, rigs_real(making->control));
    else
        return true;
    return false;
}

static bool check_sections(const struct making *making, const struct request_course *from,
                           const struct course_part *part)
{
    size_t sections = roster_sections(&part->roster);
    if (sections == from->slot_count)
        return true;
    if (sections > from->slot_count)
        respond_refuse(
            making->control, origin_of(making), "too-many-students",
            "planning '%s': %zu students in groups of %zu on %zu rigs meet in %zu sections, which need so "
            "many times of the week; %zu given: add times or rigs, or make the groups larger",
            part->name, from->student_count, part->roster.group_size, part->roster.rigs, sections,
            from->slot_count);
    else
        respond_refuse(
            making->control, origin_of(making), "bad-value",
            "planning '%s': there are %zu times of the week for %zu sections: plan what meets twice a "
            "week as two courses",
            part->name, from->slot_count, sections);
    return false;
}

static bool find_times(const struct making *making, const struct request_course *from,
                       struct course_part *part)
{
    const struct request_meetings meetings = {.term = making->request->plan_course.term,
                                              .weeks = from->weeks,
                                              .slots = from->slots,
                                              .slot_count = from->slot_count};
    if (!meetings_find(making->control, making->caller, "planning", part->name, &meetings, &part->meetings))
        return false;
    part->roster.meetings = part->meetings.count;
    return true;
}

static bool read_part(const struct making *making, const struct request_course *from,
                      struct course_part *part)
{
    if (strlen(from->name) >= sizeof part->name) {
        respond_refuse(making->control, origin_of(making), "bad-value",
                       "planning: a course's name has at most %zu bytes", sizeof part->name - 1);
        return false;
    }
    memcpy(part->name, from->name, strlen(from->name) + 1);
    part->roster = (struct roster){.students = from->student_count,
                                   .group_size = from->group_size ? from->group_size : 1,
                                   .rotate_partners = from->rotate_partners};
    if (from->group[0] && !requests_group(making->control, making->caller, making->caller->identity.account,
                                          from->group, &part->group))
        return false;
    return find_rigs(making, from, part) && check_size(making, from, part) &&
           find_times(making, from, part) && check_sections(making, from, part) &&
           find_students(making, from, part);
}

/* ---- wishes ---------------------------------------------------------------------------------- */

static void judge(const struct course_part *part, struct booking_wish *wish)
{
    for (size_t i = 0; i < part->roster.students; i++) {
        if (part->fit[i].qualified && part->fit[i].rehearsed)
            continue;
        bool takes_part = part->students[i] == wish->account;
        for (size_t k = 0; k < wish->party_count && !takes_part; k++)
            takes_part = wish->party[k] == part->students[i];
        wish->unqualified |= takes_part && !part->fit[i].qualified;
        wish->unrehearsed |= takes_part && !part->fit[i].rehearsed;
    }
}

/* Wishes are in the order of the meetings: those of each begin when it does. */
static void note_origins(struct course_plan *plan, const struct course_part *part)
{
    uint32_t meeting = 0;
    for (size_t i = part->first_wish; i < plan->wish_count; i++) {
        while (part->meetings.list[meeting].starts != plan->wishes[i].starts)
            meeting++;
        plan->origins[i] = (struct course_origin){meeting, plan->wishes[i].rig};
    }
}

/* False: too many. */
static bool add_wishes(const struct making *making, struct course_part *part, uint64_t *parties)
{
    struct course_plan *plan = making->plan;
    const struct plan asked = {.roster = &part->roster,
                               .students = part->students,
                               .rigs = part->rigs,
                               .capability = part->capability,
                               .meetings = part->meetings.list,
                               .attend = attend_for(making->control)};
    size_t room = BOOKING_BUNDLE_MAX - plan->wish_count;
    part->first_wish = plan->wish_count;
    part->wish_count = plan_wishes(&asked, &plan->wishes[plan->wish_count], room, parties);
    if (part->wish_count > room)
        return false;
    plan->wish_count += part->wish_count;
    for (size_t i = part->first_wish; i < plan->wish_count; i++) {
        attend(making->control);
        if (!making->request->plan_course.dry_run)
            crypto_make_code(plan->codes[i]);
        plan->wishes[i].code = plan->codes[i];
        plan->wishes[i].group = part->group;
        judge(part, &plan->wishes[i]);
    }
    note_origins(plan, part);
    return true;
}

static bool make_wishes(const struct making *making)
{
    struct course_plan *plan = making->plan;
    size_t places = 0, used = 0, meetings = 0;
    for (size_t i = 0; i < plan->part_count; i++)
        places += plan->parts[i].roster.students * plan->parts[i].roster.meetings;
    if (places <= (size_t)BOOKING_BUNDLE_MAX * (BOOKING_PARTY_MAX + 1))
        plan->parties = calloc(places + 1, sizeof *plan->parties);
    for (size_t i = 0; plan->parties && i < plan->part_count; i++) {
        struct course_part *part = &plan->parts[i];
        part->first_meeting = meetings;
        meetings += part->meetings.count * part->meetings.slot_count;
        if (!add_wishes(making, part, plan->parties + used))
            break;
        used += part->roster.students * part->roster.meetings;
        if (i + 1 == plan->part_count)
            return true;
    }
    respond_refuse(making->control, origin_of(making), booking_result_name(BOOKING_BUNDLE_TOO_LARGE),
                   "planning: %s (at most %d bookings)", booking_result_text(BOOKING_BUNDLE_TOO_LARGE),
                   BOOKING_BUNDLE_MAX);
    return false;
}

static void refuse_unknown(const struct making *making)
{
    struct answer_head head;
    respond_begin(making->control, &head);
    char message[160];
    snprintf(message, sizeof message,
             "planning: %zu accounts of the rosters are not there; the first is '%.60s'",
             making->plan->unknown_count, making->plan->unknown[0]);
    respond_deny(&head, "unknown-account", message);
    notes_event(making->control, "plan-course", making->caller->identity.account, NULL, head.reason, "");
    course_answer(making->control, &making->caller->origin, making->plan, &head, NULL);
}

static bool make(const struct making *making)
{
    struct course_plan *plan = making->plan;
    size_t count = making->request->plan_course.count;
    if (!count || count > COURSE_PARTS_MAX) {
        respond_refuse(making->control, origin_of(making), "bad-value", "planning: name 1 to %d courses",
                       COURSE_PARTS_MAX);
        return false;
    }
    for (; plan->part_count < count; plan->part_count++)
        if (!read_part(making, &making->request->plan_course.courses[plan->part_count],
                       &plan->parts[plan->part_count]))
            return false;
    if (plan->unknown_count) {
        refuse_unknown(making);
        return false;
    }
    if (!make_wishes(making))
        return false;
    if (plan->wish_count)
        return true;
    respond_refuse(making->control, origin_of(making), term_result_name(TERM_HOLIDAY),
                   "planning: every meeting falls on a holiday");
    return false;
}

struct course_plan *course_make(struct control *control, const struct caller *caller,
                                const struct request *request)
{
    struct making making = {control, caller, request, create()};
    if (!making.plan)
        respond_refuse(control, origin_of(&making), "busy", "planning: no memory; try again");
    else if (make(&making))
        return making.plan;
    course_destroy(making.plan);
    return NULL;
}
