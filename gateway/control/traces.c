#include "gateway/control/traces.h"

#include "gateway/control/captures.h"
#include "gateway/control/rigs.h"
#include "gateway/control/trace_pack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUND_EVERY (200 * INT64_C(1000000))
#define IDLE_EVERY  (4 * INT64_C(1000000000)) /* a Watch is answered every 5 s even without news */
#define TRACES_MAX  8                         /* of a rig; more would not fit an answer */

/* Bytes of an answer, with all that is around the codes. 5 answers of the finer ones a second stay below 5
 * kB/s, 2 of the coarser below 1 kB/s, with what TCP, IP and WebSocket add. */
static const size_t budgets[TRACE_DETAILS] = {[TRACES_COARSE] = 350, [TRACES_FINE] = 900};
#define AROUND_ANSWER 64 /* of Answer and Frame, without the rig's name */
#define AROUND_TRACE  48 /* of a Trace, without its codes */

struct screen {
    uint16_t switch_point; /* RIG_NONE: always on */
    bool shown;            /* in this round */
    int64_t acquired;      /* 0: what is here is not whole */
    struct driver_record record;
    size_t count; /* codes so far */
    char why[100];
    uint8_t codes[TRACE_SAMPLES_MAX];
};

struct traces {
    size_t count; /* screens, by the rig's waveforms */
    bool watched[TRACE_DETAILS];
    uint64_t grants[TRACE_DETAILS];
    uint64_t frame;
    bool reading;
    size_t turn; /* the screen that is read */
    int64_t round_began, next_round, published_at;
    struct screen screens[];
};

/* --- what there is --- */

static uint16_t find_switch(const struct config_rig *config, const char *waveform)
{
    char name[128];
    snprintf(name, sizeof name, "%s_on", waveform);
    for (uint16_t i = 0; i < config->spec.point_count; i++)
        if (!strcmp(config->spec.points[i].name, name))
            return i;
    return RIG_NONE;
}

bool traces_create(struct control_rig *rig)
{
    const struct config_rig *config = rig->config;
    size_t count = config->waveform_count < TRACES_MAX ? config->waveform_count : TRACES_MAX;
    if (!count)
        return true;
    rig->traces = calloc(1, sizeof *rig->traces + count * sizeof *rig->traces->screens);
    if (!rig->traces)
        return false;
    rig->traces->count = count;
    for (size_t i = 0; i < count; i++)
        rig->traces->screens[i].switch_point = find_switch(config, config->waveforms[i].name);
    return true;
}

void traces_take_watchers(struct traces *traces, const struct traces *from)
{
    if (!traces || !from)
        return;
    memcpy(traces->watched, from->watched, sizeof traces->watched);
    memcpy(traces->grants, from->grants, sizeof traces->grants);
    traces->frame = from->frame;
}

void traces_destroy(struct traces *traces)
{
    free(traces);
}

static bool is_watched(const struct traces *traces)
{
    return traces && (traces->watched[TRACES_COARSE] || traces->watched[TRACES_FINE]);
}

static bool is_on(const struct control_rig *rig, const struct screen *screen)
{
    if (screen->switch_point == RIG_NONE)
        return true;
    const struct rig_value *value = &rig_values(rig->core)[screen->switch_point];
    return value->quality == RIG_GOOD && value->number != 0;
}

static const struct config_place *place_of(const struct control_rig *rig, size_t screen)
{
    return &rig->config->instruments[rig->config->waveforms[screen].rig_instrument];
}

/* --- answers --- */

#define FRAME_TRACE_TAG_SIZE 2

static size_t put_traces(struct control *control, const struct control_rig *rig, size_t budget)
{
    const struct traces *traces = rig->traces;
    size_t shown = 0, length = 0;
    for (size_t i = 0; i < traces->count; i++)
        shown += traces->screens[i].shown;
    budget -= AROUND_ANSWER + strlen(rig->config->spec.name);
    for (size_t i = 0; i < traces->count; i++) {
        const struct screen *screen = &traces->screens[i];
        if (!screen->shown)
            continue;
        uint8_t packed[1024];
        struct trace_shape shape = {0};
        struct answer_trace trace = {
            .waveform = (uint16_t)i, .time = screen->acquired, .record = screen->record, .why = screen->why};
        size_t around = AROUND_TRACE + strlen(screen->why), part = budget / shown;
        if (screen->acquired && part > around)
            trace.codes_length = trace_pack(screen->codes, screen->count, packed, part - around, &shape);
        trace.codes = packed;
        trace.columns = shape.columns;
        trace.extremes = shape.extremes;
        length += translate_frame_trace(control->value_bytes + length, VALUES_MAX - length, &trace);
    }
    return length;
}

static void publish(struct control *control, struct control_rig *rig)
{
    struct traces *traces = rig->traces;
    struct frame_head frame = {.rig = rig->config->spec.name,
                               .boot = control->boot,
                               .frame = ++traces->frame,
                               .layout = rig->layout,
                               .full = true};
    traces->published_at = control->now;
    for (enum trace_detail detail = TRACES_COARSE; detail < TRACE_DETAILS; detail++) {
        if (!traces->watched[detail])
            continue;
        struct answer_head head;
        rigs_head(control, &head);
        struct answer_buffer buffer = {.bytes = control->answer_bytes, .size = ENVELOPE_ANSWER_MAX};
        translate_frame(&buffer, &head, &frame, control->value_bytes,
                        put_traces(control, rig, budgets[detail]));
        struct envelope envelope = {
            .kind = ENVELOPE_FULL,
            .class = ENVELOPE_WATCHING,
            .stream = traces_stream(rig, detail),
            .frame = traces->frame,
            .length = (uint32_t)buffer.length,
        };
        (void)channel_send(control->channel, &envelope, buffer.bytes); /* the next one makes up for it */
    }
}

/* --- reading --- */

static const char *cannot_read(struct control *control, const struct control_rig *rig, size_t screen)
{
    if (rig_durable(rig->core)->lockout_count > 0)
        return "the rig is locked out";
    if (!rig->up[rig->config->waveforms[screen].rig_instrument])
        return "the instrument does not answer";
    return captures_acquiring(control, place_of(rig, screen)) ? "a record is being acquired" : NULL;
}

static bool read_screen(struct control *control, struct control_rig *rig, size_t turn)
{
    struct screen *screen = &rig->traces->screens[turn];
    const struct config_place *place = place_of(rig, turn);
    const char *why = cannot_read(control, rig, turn);
    struct link_capture order = {
        .instrument = place->instrument,
        .waveform = rig->config->waveforms[turn].waveform,
        .depth = DRIVER_LIVE,
    };
    if (!why && link_capture(control->links[place->link]->link, &order) != LINK_OK)
        why = "a record is being acquired";
    snprintf(screen->why, sizeof screen->why, "%s", why ? why : "");
    if (!why) {
        screen->count = 0;
        screen->acquired = 0;
    }
    return !why;
}

/* The next screen of the round, or its end. */
static void go_on(struct control *control, struct control_rig *rig)
{
    struct traces *traces = rig->traces;
    traces->reading = false;
    while (++traces->turn <= traces->count) {
        size_t turn = traces->turn - 1;
        traces->screens[turn].shown = is_on(rig, &traces->screens[turn]);
        if (traces->screens[turn].shown && read_screen(control, rig, turn)) {
            traces->reading = true;
            return;
        }
    }
    int64_t took = control->now - traces->round_began;
    traces->next_round = traces->round_began + (2 * took > ROUND_EVERY ? 2 * took : ROUND_EVERY);
    bool news = false;
    for (size_t i = 0; i < traces->count; i++)
        news = news || (traces->screens[i].shown && traces->screens[i].acquired >= traces->round_began);
    if (news || control->now - traces->published_at >= IDLE_EVERY)
        publish(control, rig);
}

static int64_t tend(struct control *control, struct control_rig *rig)
{
    struct traces *traces = rig->traces;
    if (!is_watched(traces))
        return INT64_MAX;
    if (!traces->reading && control->now >= traces->next_round) {
        traces->round_began = control->now;
        traces->turn = 0;
        go_on(control, rig);
    }
    if (control->now - traces->published_at >= IDLE_EVERY)
        publish(control, rig);
    int64_t idle = traces->published_at + IDLE_EVERY;
    return traces->reading || idle < traces->next_round ? idle : traces->next_round;
}

int64_t traces_tick(struct control *control)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < control->rig_count; i++) {
        int64_t due = tend(control, &control->rigs[i]);
        next = due < next ? due : next;
    }
    return next;
}

static struct control_rig *reader(const struct control *control, uint16_t link, uint16_t instrument)
{
    for (size_t i = 0; i < control->rig_count; i++) {
        struct control_rig *rig = &control->rigs[i];
        if (!rig->traces || !rig->traces->reading)
            continue;
        const struct config_place *place = place_of(rig, rig->traces->turn - 1);
        if (place->link == link && place->instrument == instrument)
            return rig;
    }
    return NULL;
}

void traces_abandon(struct control_rig *rig)
{
    if (rig->traces)
        rig->traces->reading = false;
}

bool traces_reading(const struct control *control, uint16_t link, uint16_t instrument)
{
    return reader(control, link, instrument) != NULL;
}

static void take_codes(struct control *control, struct screen *screen, uint16_t link, uint16_t instrument)
{
    uint8_t beyond[256];
    size_t got = link_capture_take(control->links[link]->link, instrument, screen->codes + screen->count,
                                   sizeof screen->codes - screen->count);
    screen->count += got;
    while (screen->count == sizeof screen->codes &&
           link_capture_take(control->links[link]->link, instrument, beyond, sizeof beyond) > 0)
        ;
}

void traces_report(struct control *control, uint16_t link, const struct link_report *report)
{
    struct control_rig *rig = reader(control, link, report->instrument);
    if (!rig)
        return;
    struct screen *screen = &rig->traces->screens[rig->traces->turn - 1];
    if (report->capture.began)
        screen->record = report->capture.record;
    take_codes(control, screen, link, report->instrument);
    if (!report->capture.done)
        return;
    bool whole = report->capture.result == DRIVER_OK && screen->record.format == DRIVER_UINT8 &&
                 screen->count == screen->record.samples;
    screen->acquired = whole ? report->at : 0;
    if (!whole)
        snprintf(screen->why, sizeof screen->why, "%.99s",
                 report->capture.result ? report->capture.why : "its screen is no record that can be shown");
    rig->traces->reading = false;
    captures_resume(control, link, report->instrument);
    go_on(control, rig);
}

/* --- who watches --- */

uint32_t traces_stream(const struct control_rig *rig, enum trace_detail detail)
{
    return (uint32_t)(detail * CONFIG_RIGS_MAX + rig->index);
}

/* Then what there is is not old. */
static bool is_watched_elsewhere(const struct traces *traces, enum trace_detail detail)
{
    return traces->watched[detail == TRACES_COARSE ? TRACES_FINE : TRACES_COARSE];
}

void traces_watch(struct control *control, struct control_rig *rig, enum trace_detail detail)
{
    struct traces *traces = rig->traces;
    if (traces->watched[detail])
        return;
    traces->watched[detail] = true;
    traces->published_at = control->now;
    if (is_watched_elsewhere(traces, detail))
        publish(control, rig);
}

void traces_granted(struct control_rig *rig, enum trace_detail detail)
{
    rig->traces->grants[detail]++;
}

void traces_unwatched(struct control *control, uint32_t stream, uint64_t grants)
{
    size_t detail = stream / CONFIG_RIGS_MAX, index = stream % CONFIG_RIGS_MAX;
    if (detail == TRACES_NONE || detail >= TRACE_DETAILS || index >= control->rig_count)
        return;
    struct traces *traces = control->rigs[index].traces;
    if (traces)
        traces->watched[detail] = traces->grants[detail] != grants;
}

void traces_forget_watchers(struct control *control)
{
    for (size_t i = 0; i < control->rig_count; i++) {
        struct traces *traces = control->rigs[i].traces;
        if (!traces)
            continue;
        memset(traces->watched, 0, sizeof traces->watched);
        memset(traces->grants, 0, sizeof traces->grants);
    }
}
