/* meetings.h - term, weeks, weekday and periods of a request, by the lab's calendar. */
#ifndef GATEWAY_CONTROL_MEETINGS_H
#define GATEWAY_CONTROL_MEETINGS_H

#include "gateway/booking/plan.h"
#include "gateway/control/requests.h"

#define MEETINGS_SLOTS_MAX 64

/* Meeting m of slot s is list[m * slot_count + s] (plan.h). */
struct meetings {
    const struct term *term;
    struct plan_meeting *list; /* meetings_finish() */
    size_t count, slot_count;
};

/* `attempt` ("booking") and `on` (a course's name, or "") begin a refusal. False: refused already. */
bool meetings_find(struct control *control, const struct caller *caller, const char *attempt, const char *on,
                   const struct request_meetings *request, struct meetings *meetings);
void meetings_finish(struct meetings *meetings);

/* A meeting as people see it. */
struct answer_fallen meetings_fallen(const struct control *control, const char *term,
                                     const struct plan_meeting *meeting, char date[CIVIL_TEXT]);

#endif
