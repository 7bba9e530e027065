#include "gateway/control/attend.h"

#include "gateway/control/realtime.h"
#include "gateway/control/requests.h"
#include "gateway/control/rigs.h"

#include <time.h>

#define SECOND INT64_C(1000000000)
#define EVERY  (SECOND / 10000)

void attend_tell_time(struct control *control)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    control->now = time.tv_sec * SECOND + time.tv_nsec;
    clock_gettime(CLOCK_REALTIME, &time);
    control->wall = time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* In an arena of their own: the request that the long work is for lies in the other. */
static void take_urgent(struct control *control)
{
    struct arena *arena = control->arena;
    struct envelope envelope;
    const uint8_t *payload;
    control->arena = control->urgent_arena;
    int64_t until = control->now + ATTEND_REQUESTS_TIME;
    for (int i = 0; i < ATTEND_REQUESTS && control->now < until; i++) {
        if (!channel_receive_urgent(control->channel, control->now, &envelope, &payload))
            break;
        if (envelope.kind == ENVELOPE_REQUEST)
            requests_take_envelope(control, &envelope, payload);
        attend_tell_time(control);
    }
    control->arena = arena;
}

void attend(struct control *control)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    if (control->attending || time.tv_sec * SECOND + time.tv_nsec < control->attended + EVERY)
        return;
    control->attending = true;
    attend_tell_time(control);
    turn_look(&control->turn, control->now);
    rigs_take_reports(control);
    rigs_tick(control);
    take_urgent(control);
    attend_tell_time(control);
    if (control->realtime)
        realtime_rest(&control->rested, control->now);
    control->attended = control->now;
    control->attending = false;
}

static void attend_context(void *context)
{
    attend(context);
}

struct booking_attend attend_for(struct control *control)
{
    return (struct booking_attend){attend_context, control};
}
