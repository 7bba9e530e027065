/* Looking at rigs: the list, one in detail, values, watching, health. */
#include "gateway/control/requests.h"

#include "gateway/control/health.h"
#include "gateway/control/request_value.h"
#include "gateway/control/respond.h"
#include "gateway/control/rigs.h"
#include "gateway/control/timetable_make.h"
#include "gateway/control/traces.h"

#include <stdlib.h>
#include <string.h>

#define LEAST_FREE (5 * INT64_C(60000)) /* ms: shorter gaps in the timetable are not offered */

static bool has_capability(const struct config_rig *rig, const char *capability)
{
    for (const char *const *at = rig->capabilities; at && *at; at++)
        if (!strcmp(*at, capability))
            return true;
    return false;
}

static void describe(struct control *control, const struct control_rig *rig, struct status_room *room,
                     struct answer_status *status, struct answer_rig *answer)
{
    rigs_status(control, rig, room, status);
    *answer = (struct answer_rig){.config = rig->config, .status = status};
    if (rig->config->practice)
        practice_count(control, rig, &answer->practice_free, &answer->practice_waiting);
    timetable_next_free(control->timetable, rig->index, control->wall, LEAST_FREE, &answer->free_from,
                        &answer->free_until);
    if (answer->free_until == INT64_MAX)
        answer->free_until = 0;
}

void requests_rigs(struct control *control, const struct caller *caller, const struct request *request)
{
    struct entry {
        struct status_room room;
        struct answer_status status;
    } *entries = calloc(control->rig_count, sizeof *entries);
    struct answer_rig *rigs = calloc(control->rig_count, sizeof *rigs);
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    size_t count = 0;
    const char *capability = request->rigs.capability;
    for (size_t i = 0; entries && rigs && i < control->rig_count; i++) {
        const struct control_rig *rig = &control->rigs[i];
        if (rig->config->practice_of)
            continue;
        if (capability[0] && !has_capability(rig->config, capability))
            continue;
        describe(control, rig, &entries[i].room, &entries[i].status, &rigs[count++]);
    }
    if (!entries || !rigs)
        respond_refuse(control, &caller->origin, "busy", "listing the rigs: no memory; try again");
    else if (capability[0] && find_capability(control, capability) == BOOKING_NO_CAPABILITY)
        respond_refuse(control, &caller->origin, "unknown-capability",
                       "listing the rigs: no rig has the capability '%s'; without one all are listed",
                       capability);
    else {
        translate_rigs(&buffer, &head, rigs, count, &control->lab->timetable);
        respond_send(control, &caller->origin, &buffer);
    }
    free(entries);
    free(rigs);
}

void requests_show(struct control *control, const struct caller *caller, const struct request *request)
{
    (void)request;
    struct status_room room;
    struct answer_status status;
    struct answer_rig rig;
    describe(control, caller->rig, &room, &status, &rig);
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    translate_show(&buffer, &head, &rig, caller->rig->core, caller->rig->layout);
    respond_send(control, &caller->origin, &buffer);
}

void requests_get(struct control *control, const struct caller *caller, const struct request *request)
{
    const struct rig_spec *spec = &caller->rig->config->spec;
    bool all = !request->get.count;
    size_t count = all ? spec->point_count : request->get.count;
    uint16_t points[RIG_POINTS_MAX];
    if (count > RIG_POINTS_MAX) {
        respond_refuse(control, &caller->origin, "too-many-at-once",
                       "reading %s: at most %d points are read at once; ask in parts", spec->name,
                       RIG_POINTS_MAX);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        points[i] = all ? (uint16_t)i : request_point(spec, request->get.points[i]);
        if (points[i] == RIG_NONE) {
            respond_refuse(control, &caller->origin, "unknown-point",
                           "reading %s: it has no point called '%s'; see 'labctl show %s'", spec->name,
                           request->get.points[i], spec->name);
            return;
        }
    }
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    translate_values(&buffer, &head, spec, caller->rig->core, points, count, caller->rig->layout);
    respond_send(control, &caller->origin, &buffer);
}

/* ---- watch ----------------------------------------------------------------------------------- */

static void send_frame(struct control *control, const struct caller *caller, const struct frame_head *frame,
                       const uint8_t *values, size_t length)
{
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    translate_frame(&buffer, &head, frame, values, length);
    respond_send(control, &caller->origin, &buffer);
}

static size_t all_values(const struct control *control, const struct control_rig *rig)
{
    size_t length = 0, size = VALUES_MAX;
    for (uint16_t i = 0; i < rig->config->spec.point_count; i++)
        length += translate_frame_value(control->value_bytes + length, size - length, &rig->config->spec,
                                        rig->core, i);
    return length;
}

#define HISTORY_AT_ONCE 32768 /* bytes of values in one answer: a slow line should show progress */

/* What happened after the cursor, in as many answers as there is credit for; returns the credit that is left.
 */
static uint32_t send_history(struct control *control, const struct caller *caller, struct frame_head *frame,
                             uint32_t credit)
{
    const struct control_rig *rig = caller->rig;
    uint64_t from = frame->frame;
    size_t length;
    while (credit && from < stream_newest(rig->stream)) {
        stream_since(rig->stream, from, control->value_bytes, HISTORY_AT_ONCE, &length, &frame->frame);
        if (frame->frame == from) /* the next frame alone is larger */
            stream_since(rig->stream, from, control->value_bytes, VALUES_MAX, &length, &frame->frame);
        if (frame->frame == from)
            break;
        send_frame(control, caller, frame, control->value_bytes, length);
        from = frame->frame;
        credit--;
    }
    return from < stream_newest(rig->stream) ? 0 : credit;
}

static bool grant(struct control *control, const struct caller *caller, uint32_t credit, uint32_t stream,
                  uint64_t frame)
{
    struct envelope envelope = {
        .kind = ENVELOPE_GRANT_WATCH,
        .class = ENVELOPE_WATCHING,
        .credit = (uint8_t)credit,
        .generation = caller->origin.generation,
        .pipe = caller->origin.pipe,
        .request = caller->origin.request,
        .stream = stream,
        .tag = caller->origin.tag,
        .every = caller->origin.every,
        .frame = frame,
        .seat = caller->seat,
    };
    return channel_send(control->channel, &envelope, NULL) == CHANNEL_OK;
}

/* They have no history: each frame has all of them, and the bus has the newest. */
static void watch_traces(struct control *control, const struct caller *caller, const struct request *request)
{
    struct control_rig *rig = caller->rig;
    enum trace_detail detail = request->watch.traces == TRACES_COARSE ? TRACES_COARSE : TRACES_FINE;
    if (!rig->traces || caller->origin.local) {
        respond_refuse(control, &caller->origin, "unknown-waveform", "watching traces of %s: %s",
                       rig->config->spec.name, rig->traces ? "only over the bus" : "it has no waveforms");
        return;
    }
    traces_watch(control, rig, detail);
    if (grant(control, caller, request->watch.credit, traces_stream(rig, detail), 0))
        traces_granted(rig, detail);
}

void requests_watch(struct control *control, const struct caller *caller, const struct request *request)
{
    struct control_rig *rig = caller->rig;
    uint32_t credit = request->watch.credit;
    if (!credit || credit > ENVELOPE_CREDIT_MAX) {
        respond_refuse(control, &caller->origin, "bad-credit", "watching %s: credit is from 1 to %d, not %u",
                       rig->config->spec.name, ENVELOPE_CREDIT_MAX, credit);
        return;
    }
    if (request->watch.traces) {
        watch_traces(control, caller, request);
        return;
    }
    struct status_room room;
    struct answer_status status;
    rigs_status(control, rig, &room, &status);
    struct frame_head frame = {
        .rig = rig->config->spec.name,
        .boot = control->boot,
        .frame = request->watch.frame,
        .layout = rig->layout,
        .press = rig->classroom.newest,
        .status = &status,
    };
    size_t length;
    uint64_t last;
    bool known = request->watch.resumes && request->watch.boot == control->boot &&
                 stream_since(rig->stream, request->watch.frame, control->value_bytes, 0, &length, &last);
    if (known) {
        credit = send_history(control, caller, &frame, credit);
    } else {
        frame.frame = stream_newest(rig->stream);
        frame.full = true;
        frame.gap = request->watch.resumes;
        send_frame(control, caller, &frame, control->value_bytes, all_values(control, rig));
        credit--;
    }
    if (!credit || caller->origin.local)
        return;
    rigs_watch(control, rig);
    if (grant(control, caller, credit, rig->index, stream_newest(rig->stream) + 1))
        rig->grants++;
}

/* ---- health ---------------------------------------------------------------------------------- */

void requests_health(struct control *control, const struct caller *caller, const struct request *request)
{
    const struct control_rig *rig = request->rig[0] ? caller->rig : NULL;
    if (request->rig[0] && !rig)
        requests_no_rig(control, caller, "reading the health of a rig: ", request->rig);
    else
        health_answer(control, &caller->origin, rig);
}
