#include "gateway/control/rigs.h"

#include "gateway/control/captures.h"
#include "gateway/control/health.h"
#include "gateway/control/notes.h"
#include "gateway/control/remember.h"
#include "gateway/control/respond.h"

#include <stdio.h>
#include <string.h>

#define REPORTS_A_TURN   256
#define SIMULATED_A_TURN 4

/* ---- actions out ----------------------------------------------------------------------------- */

/* Where a point lives on its line. */
static struct config_place place_of(const struct control *control, const struct control_rig *rig,
                                    uint16_t point)
{
    struct config_place place = rig->config->instruments[rig->config->spec.points[point].instrument];
    const struct config_link *link = &control->lab->links[place.link];
    place.point = (uint16_t)(point - link->instruments[place.instrument].first_point);
    return place;
}

/* The line reads it back by itself where the same instrument shows it. */
static void name_readback(const struct control *control, const struct control_rig *rig,
                          const struct rig_action *action, struct link_write *write)
{
    const struct rig_point_spec *points = rig->config->spec.points;
    uint16_t readback = points[action->point].readback;
    if (!action->read_back || points[readback].instrument != points[action->point].instrument)
        return;
    write->read_back = true;
    write->shown_by = place_of(control, rig, readback).point;
}

static void do_write(struct control *control, struct control_rig *rig, const struct rig_action *action)
{
    struct config_place place = place_of(control, rig, action->point);
    struct link_write write = {
        .instrument = place.instrument,
        .point = place.point,
        .priority = action->safe        ? LINK_SAFE
                    : action->heartbeat ? LINK_HEARTBEAT
                                        : LINK_COMMAND,
        .epoch = action->epoch,
        .ticket = action->ticket,
        .until = action->until,
        .value = {.number = action->number},
    };
    name_readback(control, rig, action, &write);
    struct link *link = control->links[place.link]->link;
    bool taken = link && link_write(link, &write) == LINK_OK;
    if (!taken && action->ticket && rig->failed_count < FAILED_MAX)
        rig->failed[rig->failed_count++] = action->ticket;
}

static void do_read(struct control *control, struct control_rig *rig, const struct rig_action *action)
{
    struct config_place place = place_of(control, rig, action->point);
    struct link *link = control->links[place.link]->link;
    if (link)
        link_read(link, place.instrument, place.point);
}

/* The link's own number of a rig. */
static uint16_t rig_on_link(const struct control_link *link, uint16_t rig)
{
    uint16_t number = 0;
    while (link->rigs[number] != rig)
        number++;
    return number;
}

static void do_epoch(struct control *control, struct control_rig *rig, const struct rig_action *action)
{
    struct control_link *link = control->links[rig->config->links[action->link]];
    if (!link->link)
        return;
    link_set_epoch(link->link, rig_on_link(link, rig->index), action->epoch);
}

static void carry_out(struct control *control, struct control_rig *rig, const struct rig_action *action)
{
    switch (action->kind) {
    case RIG_ACTION_WRITE:
        do_write(control, rig, action);
        break;
    case RIG_ACTION_READ:
        do_read(control, rig, action);
        break;
    case RIG_ACTION_EPOCH:
        do_epoch(control, rig, action);
        break;
    case RIG_ACTION_CAPTURE:
        captures_start(control, rig, action);
        break;
    case RIG_ACTION_CANCEL_CAPTURES:
        captures_cancel_rig(control, rig);
        break;
    case RIG_ACTION_ANSWER:
        respond_action(control, rig, action);
        break;
    case RIG_ACTION_RECORD:
        if (!rig->plant) /* practice begins and ends in the audit, and no more */
            notes_record(control, rig, action);
        practice_record(rig, action);
        classroom_record(control, rig, action);
        break;
    case RIG_ACTION_NOTICE:
        if (!rig->plant)
            notes_notice(control, rig, action);
        break;
    case RIG_ACTION_DURABLE:
        if (!rig->plant)
            remember(control, rig);
        break;
    }
}

/* What makes safe goes to the lines before anything is written down, told or answered (promise S12). */
static bool is_of_lines(const struct rig_action *action)
{
    return action->kind == RIG_ACTION_EPOCH || action->kind == RIG_ACTION_WRITE ||
           action->kind == RIG_ACTION_READ;
}

static void handle_one(struct control *control, struct control_rig *rig, const struct rig_event *event)
{
    struct rig_actions actions = {.list = rig->actions, .capacity = rig->action_capacity};
    uint64_t before = rig_session(rig->core);
    rig_handle(rig->core, event, control->now, &actions);
    rig->session = rig_session(rig->core) ? rig_session(rig->core) : before;
    for (size_t i = 0; i < actions.count; i++)
        if (is_of_lines(&actions.list[i]))
            carry_out(control, rig, &actions.list[i]);
    for (size_t i = 0; i < actions.count; i++)
        if (!is_of_lines(&actions.list[i]))
            carry_out(control, rig, &actions.list[i]);
}

void rigs_handle(struct control *control, struct control_rig *rig, const struct rig_event *event)
{
    uint64_t before = rig_revision(rig->core);
    handle_one(control, rig, event);
    while (rig->failed_count) {
        struct rig_event failed = {
            .kind = RIG_EVENT_WRITTEN,
            .written = {.ticket = rig->failed[--rig->failed_count], .result = RIG_WRITE_FAILED},
        };
        handle_one(control, rig, &failed);
    }
    notes_changes(control, rig, before);
}

/* ---- events in ------------------------------------------------------------------------------- */

static void take_samples(struct control *control, struct control_rig *rig,
                         const struct config_instrument *instrument, const struct link_report *report)
{
    struct rig_sample list[LINK_SAMPLES_MAX];
    for (size_t i = 0; i < report->samples.count; i++)
        list[i] = (struct rig_sample){
            .point = (uint16_t)(instrument->first_point + report->samples.points[i]),
            .good = report->samples.good[i],
            .number = report->samples.numbers[i],
            .text = report->samples.text,
        };
    struct rig_event event = {
        .kind = RIG_EVENT_SAMPLES,
        .samples = {.list = list, .count = report->samples.count, .at = report->at, .asked = report->asked},
    };
    rigs_handle(control, rig, &event);
}

/* What is not polled (a serial number) is read once when its instrument answers. */
static void read_unpolled(struct control *control, size_t link, uint16_t index,
                          const struct config_instrument *instrument)
{
    for (uint16_t i = 0; i < instrument->instrument.point_count; i++)
        if (!instrument->polls[i] && instrument->instrument.points[i].readable)
            link_read(control->links[link]->link, index, i);
}

/* One that is down, and without which the rig is unavailable if there is such a one; the count: none is. */
static uint16_t find_down(const struct control_rig *rig)
{
    uint16_t count = (uint16_t)rig->config->spec.instrument_count, down = count;
    for (uint16_t i = 0; i < count; i++)
        if (!rig->up[i] && (down == count || (rig_needs(rig->core, i) && !rig_needs(rig->core, down))))
            down = i;
    return down;
}

/* What is said is true of an instrument that is down, as long as one is. */
static void renew_why(struct control_rig *rig, uint16_t instrument, const struct link_report *report)
{
    const struct rig_instrument_spec *instruments = rig->config->spec.instruments;
    bool other = rig->why[0] && rig->why_of != instrument;
    if (!report->state.up && other && rig_needs(rig->core, rig->why_of) && !rig_needs(rig->core, instrument))
        return;
    if (report->state.up && other)
        return;
    rig->why_of = report->state.up ? find_down(rig) : instrument;
    if (!report->state.up)
        snprintf(rig->why, sizeof rig->why, "%s: %s", instruments[instrument].name, report->state.why);
    else if (rig->why_of < rig->config->spec.instrument_count)
        snprintf(rig->why, sizeof rig->why, "%s does not answer", instruments[rig->why_of].name);
    else
        rig->why[0] = '\0';
}

static void take_state(struct control *control, struct control_rig *rig,
                       const struct config_instrument *instrument, const struct link_report *report)
{
    const char *name = instrument->instrument.name;
    bool was_up = rig->up[instrument->rig_instrument];
    rig->instruments_up += (size_t)(report->state.up && !was_up) - (size_t)(!report->state.up && was_up);
    rig->up[instrument->rig_instrument] = report->state.up;
    if (rig->plant)
        ;
    else if (report->state.up)
        journal_write(control->journal, JOURNAL_NOTICE, "rig %s: %s answers", rig->config->spec.name, name);
    else
        journal_write(control->journal, JOURNAL_WARNING, "rig %s: %s does not answer as its profile says: %s",
                      rig->config->spec.name, name, report->state.why);
    renew_why(rig, instrument->rig_instrument, report);
    struct rig_event event = {
        .kind = RIG_EVENT_INSTRUMENT,
        .instrument = {.instrument = instrument->rig_instrument, .up = report->state.up},
    };
    rigs_handle(control, rig, &event);
}

static void take_written(struct control *control, struct control_rig *rig, const struct link_report *report)
{
    int result = report->written.result;
    struct rig_event event = {
        .kind = RIG_EVENT_WRITTEN,
        .written = {.ticket = report->written.ticket,
                    .at = report->at,
                    .read_back = report->written.read_back,
                    .result = result == DRIVER_OK                                   ? RIG_WRITE_DONE
                              : result == LINK_OLD_EPOCH || result == LINK_REPLACED ? RIG_WRITE_OLD_EPOCH
                              : result == DRIVER_REJECTED                           ? RIG_WRITE_REJECTED
                                                                                    : RIG_WRITE_FAILED},
    };
    if (!report->written.ticket)
        return;
    if (event.written.result == RIG_WRITE_REJECTED ||
        (event.written.result == RIG_WRITE_FAILED && report->written.priority == LINK_COMMAND))
        journal_write(control->journal, JOURNAL_WARNING, "rig %s: %s", rig->config->spec.name,
                      report->written.why);
    rigs_handle(control, rig, &event);
}

static void take_epoch(struct control *control, const struct control_link *link, size_t index,
                       const struct link_report *report)
{
    struct control_rig *rig = &control->rigs[link->rigs[report->epoch.rig]];
    struct rig_event event = {.kind = RIG_EVENT_EPOCH_ACK, .epoch_ack = {.epoch = report->epoch.epoch}};
    while (rig->config->links[event.epoch_ack.link] != index)
        event.epoch_ack.link++;
    rigs_handle(control, rig, &event);
}

static void take_report(struct control *control, size_t index, const struct link_report *report)
{
    struct control_link *link = control->links[index];
    if (report->kind == LINK_REPORT_EPOCH) {
        take_epoch(control, link, index, report);
        return;
    }
    const struct config_instrument *instrument = &control->lab->links[index].instruments[report->instrument];
    struct control_rig *rig = &control->rigs[instrument->rig];
    if (rig->closed)
        return;
    switch (report->kind) {
    case LINK_REPORT_SAMPLES:
        take_samples(control, rig, instrument, report);
        break;
    case LINK_REPORT_INSTRUMENT:
        health_state(control, index, report);
        take_state(control, rig, instrument, report);
        if (report->state.up)
            read_unpolled(control, index, report->instrument, instrument);
        break;
    case LINK_REPORT_WRITTEN:
        take_written(control, rig, report);
        break;
    case LINK_REPORT_CAPTURE:
        captures_report(control, (uint16_t)index, report);
        break;
    case LINK_REPORT_EPOCH:
        break;
    }
}

/* Simulators have a small part of a turn, one after the other, so that what real lines report meanwhile waits
 * for few of them. */
static bool take_simulated(struct control *control, size_t first)
{
    struct link_report report;
    size_t count = control->link_count - first;
    int taken = 0;
    for (size_t i = 0; i < count && taken < SIMULATED_A_TURN; i++) {
        size_t index = first + (control->practice_turn + i) % count;
        while (control->links[index]->link && taken < SIMULATED_A_TURN &&
               link_next_report(control->links[index]->link, &report)) {
            if (report.at > control->now)
                control->now = report.at;
            take_report(control, index, &report);
            taken++;
        }
    }
    if (taken < SIMULATED_A_TURN)
        return false;
    control->practice_turn++;
    return true;
}

bool rigs_take_reports(struct control *control)
{
    struct link_report report;
    bool more = false;
    for (size_t i = 0; i < control->link_count; i++) {
        int taken = 0;
        if (control->lab->links[i].practice) /* those stand last */
            return take_simulated(control, i) || more;
        while (control->links[i]->link && taken < REPORTS_A_TURN &&
               link_next_report(control->links[i]->link, &report)) {
            if (report.at > control->now)
                control->now = report.at;
            take_report(control, i, &report);
            taken++;
        }
        more = more || taken == REPORTS_A_TURN;
    }
    return more;
}

int64_t rigs_look(const struct control *control)
{
    for (size_t i = 0; i < control->link_count; i++)
        if (control->links[i]->link && link_leaves(control->links[i]->link))
            return control->now + LINK_LOOK;
    return INT64_MAX;
}

int64_t rigs_tick(struct control *control)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < control->rig_count; i++) {
        struct control_rig *rig = &control->rigs[i];
        if (practice_is_parked(rig) || rig->closed)
            continue;
        if (rig_next_deadline(rig->core) <= control->now)
            rigs_handle(control, rig, &(struct rig_event){.kind = RIG_EVENT_TICK});
        int64_t remembering = remember_tick(control, rig), deadline = rig_next_deadline(rig->core);
        int64_t lesson = classroom_tick(control, rig);
        if (remembering < deadline)
            deadline = remembering;
        if (lesson < deadline)
            deadline = lesson;
        if (deadline < next)
            next = deadline;
    }
    return next;
}

/* ---- lookups --------------------------------------------------------------------------------- */

struct control_rig *rigs_find(struct control *control, const char *name)
{
    for (size_t i = 0; i < control->rig_count; i++)
        if (!strcmp(control->rigs[i].config->spec.name, name))
            return &control->rigs[i];
    return NULL;
}

size_t rigs_real(const struct control *control)
{
    size_t count = 0;
    while (count < control->rig_count && !control->rigs[count].plant)
        count++;
    return count;
}

#define SEAT_BITS 24

const char *rigs_local_text(const struct control_rig *rig, char *text, size_t size)
{
    uint16_t point = rig->config->spec.local_mode;
    const char *name = point == RIG_NONE ? "" : rig->config->spec.points[point].name;
    enum rig_quality quality = point == RIG_NONE ? RIG_GOOD : rig_values(rig->core)[point].quality;
    if (quality == RIG_GOOD)
        snprintf(text, size, "the rig's own switch says local operation (%s)", name);
    else
        snprintf(text, size, "whether somebody operates it by hand cannot be told: %s is %s", name,
                 rig_quality_name(quality));
    return text;
}

uint32_t rigs_wire_seat(const struct control_rig *rig, uint32_t seat)
{
    return seat ? (uint32_t)(rig->index + 1) << SEAT_BITS | seat : 0;
}

struct control_rig *rigs_of_seat(struct control *control, uint32_t wire, uint32_t *seat)
{
    size_t number = wire >> SEAT_BITS;
    *seat = wire & ((1u << SEAT_BITS) - 1);
    return number && number <= control->rig_count ? &control->rigs[number - 1] : NULL;
}

bool rigs_all_settled(const struct control *control)
{
    for (size_t i = 0; i < control->rig_count; i++)
        if (rig_is_making_safe(control->rigs[i].core) && control->rigs[i].instruments_up)
            return false;
    return true;
}

const struct control_rig *rigs_next_unsafe(const struct control *control, const struct control_rig *rig)
{
    for (size_t i = rig ? rig->index + 1u : 0; i < control->rig_count; i++) {
        const struct control_rig *next = &control->rigs[i];
        if (!next->plant && next->instruments_up && rig_condition(next->core) != RIG_UNAVAILABLE &&
            !rig_is_verified_safe(next->core))
            return next;
    }
    return NULL;
}
