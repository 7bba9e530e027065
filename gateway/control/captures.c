#include "gateway/control/captures.h"

#include "gateway/control/traces.h"

#include <stdio.h>
#include <string.h>

#define MOVE_AT_ONCE 32768

static struct control_capture *place(struct control *control)
{
    struct control_capture *oldest = NULL;
    for (size_t i = 0; i < CAPTURES_MAX; i++) {
        struct control_capture *capture = &control->captures[i];
        if (capture->ending)
            continue;
        if (!capture->id)
            return capture;
        if (capture->closed && (!oldest || capture->id < oldest->id))
            oldest = capture;
    }
    return oldest;
}

bool captures_acquiring(const struct control *control, const struct config_place *at)
{
    for (size_t i = 0; i < CAPTURES_MAX; i++) {
        const struct control_capture *capture = &control->captures[i];
        if (capture->id && !capture->closed && capture->link == at->link &&
            capture->instrument == at->instrument)
            return true;
    }
    return false;
}

bool captures_busy(struct control *control, const struct config_place *at)
{
    return captures_acquiring(control, at) || !place(control);
}

static uint16_t waveform_of(const struct control_rig *rig, const struct rig_action *action)
{
    uint16_t i = 0;
    while (rig->config->waveforms[i].rig_instrument != action->instrument ||
           rig->config->waveforms[i].waveform != action->waveform)
        i++;
    return i;
}

static void fail(struct control_capture *capture, const char *why)
{
    snprintf(capture->failed, sizeof capture->failed, "%s", why);
    capture->done = capture->closed = true;
}

static void begin(struct control *control, struct control_capture *capture)
{
    struct link_capture order = {
        .instrument = capture->instrument,
        .waveform = control->rigs[capture->rig].config->waveforms[capture->waveform].waveform,
        .depth = capture->depth,
        .ticket = capture->ticket,
    };
    if (link_capture(control->links[capture->link]->link, &order) != LINK_OK)
        fail(capture, "another record of this instrument is being acquired: wait for it or cancel it");
}

void captures_start(struct control *control, struct control_rig *rig, const struct rig_action *action)
{
    struct control_capture *capture = place(control);
    if (!capture)
        return; /* captures_busy() was asked first */
    struct config_place at = rig->config->instruments[action->instrument];
    *capture = (struct control_capture){
        .id = ++control->next_capture,
        .rig = rig->index,
        .waveform = waveform_of(rig, action),
        .link = at.link,
        .instrument = at.instrument,
        .ticket = action->ticket,
        .depth = (enum driver_depth)action->depth,
        .waits = traces_reading(control, at.link, at.instrument),
        .session = rig_session(rig->core),
        .wall = control->wall,
    };
    if (!capture->waits)
        begin(control, capture);
}

void captures_resume(struct control *control, uint16_t link, uint16_t instrument)
{
    for (size_t i = 0; i < CAPTURES_MAX; i++) {
        struct control_capture *capture = &control->captures[i];
        if (!capture->id || !capture->waits || capture->link != link || capture->instrument != instrument)
            continue;
        capture->waits = false;
        begin(control, capture);
    }
}

void captures_cancel(struct control *control, struct control_capture *capture)
{
    if (capture->waits) {
        capture->waits = false;
        fail(capture, "cancelled");
    } else if (!capture->done && control->links[capture->link]->link)
        link_cancel_capture(control->links[capture->link]->link, capture->instrument);
}

void captures_cancel_rig(struct control *control, const struct control_rig *rig)
{
    for (size_t i = 0; i < CAPTURES_MAX; i++)
        if (control->captures[i].id && control->captures[i].rig == rig->index)
            captures_cancel(control, &control->captures[i]);
}

/* When the recorder has no room for it now, captures_move() tells it later. */
static void end_file(struct control *control, struct control_capture *capture)
{
    capture->ending = recorder_capture_end(control->recorder, capture->file) != RECORDER_OK;
    if (capture->ending)
        (void)recorder_capture_space(control->recorder); /* so that it says when there is */
}

void captures_drop(struct control *control, const struct control_rig *rig, const char *why)
{
    for (size_t i = 0; i < CAPTURES_MAX; i++) {
        struct control_capture *capture = &control->captures[i];
        if (!capture->id || capture->rig != rig->index || capture->closed)
            continue;
        fail(capture, why);
        if (capture->file)
            end_file(control, capture);
    }
}

void captures_forget(struct control *control, const struct control_rig *rig)
{
    for (size_t i = 0; i < CAPTURES_MAX; i++)
        if (control->captures[i].rig == rig->index)
            control->captures[i].id = 0;
}

void captures_relink(struct control *control, const uint16_t *links)
{
    for (size_t i = 0; i < CAPTURES_MAX; i++)
        if (control->captures[i].id)
            control->captures[i].link = links[control->captures[i].link];
}

static bool open_file(struct control *control, struct control_capture *capture)
{
    const struct config_waveform *waveform =
        &control->rigs[capture->rig].config->waveforms[capture->waveform];
    struct recorder_capture header = {
        .session = capture->session,
        .waveform = waveform->name,
        .unit = waveform->unit,
        .record = capture->record,
        .wall = capture->wall,
    };
    return recorder_capture_begin(control->recorder, &header, &capture->file) == RECORDER_OK;
}

/* Moves what the line has read to the recorder, as far as that has room. */
static void move(struct control *control, struct control_capture *capture)
{
    uint8_t bytes[MOVE_AT_ONCE];
    struct link *link = control->links[capture->link]->link;
    if (!capture->began || capture->closed || (!capture->file && !open_file(control, capture)))
        return;
    for (;;) {
        size_t room = recorder_capture_space(control->recorder);
        size_t length =
            link_capture_take(link, capture->instrument, bytes, room < sizeof bytes ? room : sizeof bytes);
        if (!length) {
            if (!room || !capture->done)
                return;
            break;
        }
        recorder_capture_data(control->recorder, capture->file, bytes, length);
        capture->bytes += length;
    }
    if (recorder_capture_end(control->recorder, capture->file) == RECORDER_OK)
        capture->closed = true;
}

void captures_move(struct control *control)
{
    for (size_t i = 0; i < CAPTURES_MAX; i++) {
        struct control_capture *capture = &control->captures[i];
        if (capture->ending)
            end_file(control, capture);
        else if (capture->id && !capture->closed)
            move(control, capture);
    }
}

void captures_report(struct control *control, uint16_t link, const struct link_report *report)
{
    struct control_capture *capture = NULL;
    for (size_t i = 0; i < CAPTURES_MAX && !capture; i++)
        if (control->captures[i].id && !control->captures[i].done && !control->captures[i].waits &&
            control->captures[i].link == link && control->captures[i].instrument == report->instrument)
            capture = &control->captures[i];
    if (!capture) {
        traces_report(control, link, report);
        return;
    }
    if (report->capture.began && !capture->began) {
        capture->began = true;
        capture->record = report->capture.record;
    }
    if (report->capture.done) {
        capture->done = true;
        capture->result = report->capture.result;
        if (capture->result != DRIVER_OK && !capture->failed[0])
            snprintf(capture->failed, sizeof capture->failed, "%s",
                     capture->result == LINK_CANCELLED ? "cancelled" : report->capture.why);
        if (!capture->began)
            capture->closed = true;
    }
    move(control, capture);
}

void captures_named(struct control *control, const struct recorder_event *event)
{
    for (size_t i = 0; i < CAPTURES_MAX; i++)
        if (control->captures[i].id && control->captures[i].file == event->file)
            snprintf(control->captures[i].name, sizeof control->captures[i].name, "%s", event->name);
}

/* What the line still reads of it goes nowhere, and the line says when it has ended. */
static void give_up(struct control *control, struct control_capture *capture, const char *why)
{
    captures_cancel(control, capture);
    snprintf(capture->failed, sizeof capture->failed, "%s", why);
    if (capture->closed)
        return;
    capture->closed = true;
    end_file(control, capture);
}

void captures_stored(struct control *control, const struct recorder_event *event)
{
    for (size_t i = 0; i < CAPTURES_MAX; i++) {
        struct control_capture *capture = &control->captures[i];
        if (!capture->id || capture->file != event->file)
            continue;
        capture->stored = event->result == RECORDER_OK;
        if (!capture->stored)
            give_up(control, capture, event->why);
    }
}

struct control_capture *captures_find(struct control *control, uint64_t id)
{
    for (size_t i = 0; id && i < CAPTURES_MAX; i++)
        if (control->captures[i].id == id)
            return &control->captures[i];
    return NULL;
}

struct control_capture *captures_of_ticket(struct control *control, const struct control_rig *rig,
                                           uint32_t ticket)
{
    struct control_capture *newest = NULL;
    for (size_t i = 0; i < CAPTURES_MAX; i++) {
        struct control_capture *capture = &control->captures[i];
        if (capture->id && capture->rig == rig->index && capture->ticket == ticket &&
            (!newest || capture->id > newest->id))
            newest = capture;
    }
    return newest;
}

void captures_describe(const struct control *control, const struct control_capture *capture,
                       struct answer_capture *answer)
{
    const struct config_waveform *waveform =
        &control->rigs[capture->rig].config->waveforms[capture->waveform];
    *answer = (struct answer_capture){
        .capture = capture->id,
        .session = capture->session,
        .waveform = waveform->name,
        .unit = waveform->unit,
        .failed = capture->failed,
        .file = capture->name,
        .record = capture->record,
        .bytes = capture->bytes,
        .complete = capture->closed && !capture->failed[0] && capture->stored,
        .wall = capture->wall,
    };
}
