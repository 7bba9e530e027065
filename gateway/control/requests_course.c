/* A class, or a term's classes, planned at once: all of it is booked, or nothing is. */
#include "gateway/control/course.h"
#include "gateway/control/notes.h"
#include "gateway/control/notices.h"
#include "gateway/control/respond.h"
#include "gateway/control/sessions.h"

#include <stdio.h>
#include <string.h>

static struct booking_event event_of(const struct caller *caller, const struct request *request,
                                     const struct course_plan *plan)
{
    return (struct booking_event){
        .kind = BOOKING_EVENT_BOOK,
        .book = {.account = caller->identity.account,
                 .wishes = plan->wishes,
                 .count = plan->wish_count,
                 .key = request->plan_course.key,
                 .kind = BOOKING_CLASS,
                 .planned = true},
    };
}

/* Of a rig by name another rig, or another time; of a capability another time. */
static void take_alternatives(struct course_plan *plan)
{
    for (size_t i = 0; i < plan->examination.finding_count; i++) {
        const struct timetable_finding *finding = &plan->findings[i];
        struct booking_wish *wish = &plan->wishes[finding->wish];
        wish->starts = finding->alternatives[0].starts;
        wish->ends = finding->alternatives[0].ends;
        if (wish->rig != BOOKING_ANY_RIG)
            wish->rig = finding->alternatives[0].rig;
    }
    plan->taken = true;
}

static bool all_have_alternatives(const struct course_plan *plan)
{
    if (plan->examination.finding_count > COURSE_FINDINGS_MAX)
        return false;
    for (size_t i = 0; i < plan->examination.finding_count; i++)
        if (!plan->findings[i].alternative_count)
            return false;
    return true;
}

/* ---- answers --------------------------------------------------------------------------------- */

static void answer_dry_run(struct control *control, const struct caller *caller,
                           const struct course_plan *plan)
{
    struct answer_head head;
    respond_begin(control, &head);
    course_answer(control, &caller->origin, plan, &head, NULL);
}

static void refuse_conflicts(struct control *control, const struct caller *caller,
                             const struct course_plan *plan)
{
    struct answer_head head;
    char message[200];
    respond_begin(control, &head);
    snprintf(message, sizeof message,
             "planning: %zu of %zu bookings cannot be had as asked for; nothing was booked",
             plan->examination.finding_count, plan->wish_count);
    respond_deny(&head, "conflicts", message);
    notes_event(control, "plan-course", caller->identity.account, NULL, head.reason, "");
    course_answer(control, &caller->origin, plan, &head, NULL);
}

/* The same request again. */
static void answer_repeat(struct control *control, const struct caller *caller, struct course_plan *plan,
                          const struct booking *first)
{
    struct answer_head head;
    respond_begin(control, &head);
    course_answer(control, &caller->origin, plan, &head, first);
}

void requests_course_answered(struct control *control, struct pending *pending,
                              const struct booking_action *action)
{
    struct answer_head head;
    char text[160], message[200];
    const struct booking *stored = NULL;
    respond_begin(control, &head);
    if (action->result == BOOKING_OK) {
        stored = &action->booking;
        snprintf(text, sizeof text, "%zu bookings from %llu on", pending->course_plan->wish_count,
                 (unsigned long long)stored->id);
        notes_event(control, "plan-course", pending->account, NULL, "", text);
    } else {
        respond_deny(&head, booking_result_name(action->result), message);
        snprintf(message, sizeof message, "planning: %s; nothing was booked",
                 booking_result_text(action->result));
        notes_event(control, "plan-course", pending->account, NULL, head.reason, "");
    }
    course_answer(control, &pending->origin, pending->course_plan, &head, stored);
    course_destroy(pending->course_plan);
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* False: refused already. */
static bool may_plan(struct control *control, const struct caller *caller, const struct request *request)
{
    size_t key = strlen(request->plan_course.key);
    if (!requests_is_staff(caller))
        respond_refuse(control, &caller->origin, "not-allowed", "planning a course: this is for staff");
    else if (key && (key < 16 || key >= BOOKING_KEY_MAX))
        respond_refuse(control, &caller->origin, "bad-key", "planning: the key must have 16 to %d characters",
                       BOOKING_KEY_MAX - 1);
    else
        return true;
    return false;
}

/* True: the plan is the pending request's now. */
static bool book(struct control *control, const struct caller *caller, const struct request *request,
                 struct course_plan *plan)
{
    struct booking_event event = event_of(caller, request, plan);
    event.request = requests_wait(control, caller, request);
    if (!event.request)
        return false;
    pending_find(control->pending, event.request)->course_plan = plan;
    sessions_handle(control, &event);
    return true;
}

/* True: the plan is the pending request's now. */
static bool examine(struct control *control, const struct caller *caller, const struct request *request,
                    struct course_plan *plan)
{
    struct booking_event event = event_of(caller, request, plan);
    plan->examination = (struct timetable_examination){
        .findings = plan->findings, .finding_capacity = COURSE_FINDINGS_MAX, .people_once = true};
    if (!timetable_examine(control->timetable, &event, control->wall, &plan->examination)) {
        respond_refuse(control, &caller->origin, "busy", "planning: no memory; try again");
        return false;
    }
    bool conflicts = plan->examination.finding_count > 0;
    if (request->plan_course.take_alternatives && all_have_alternatives(plan)) {
        take_alternatives(plan);
        conflicts = false;
    }
    if (!request->plan_course.dry_run && !conflicts)
        return book(control, caller, request, plan);
    if (request->plan_course.dry_run)
        answer_dry_run(control, caller, plan);
    else
        refuse_conflicts(control, caller, plan);
    return false;
}

void requests_plan_course(struct control *control, const struct caller *caller, const struct request *request)
{
    struct course_plan *plan =
        may_plan(control, caller, request) ? course_make(control, caller, request) : NULL;
    if (!plan)
        return;
    bool waits, kept = false;
    const struct booking *first =
        timetable_of_key(control->timetable, plan->wishes[0].account, request->plan_course.key, &waits);
    if (waits)
        respond_refuse(control, &caller->origin, "busy",
                       "planning: the same request is being stored; ask again in a moment");
    else if (first)
        answer_repeat(control, caller, plan, first);
    else
        kept = examine(control, caller, request, plan);
    if (!kept)
        course_destroy(plan);
}
