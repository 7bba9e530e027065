/* What happened, on its way to the control loop. Every node exists from the start; a list keeps them in
 * order. */
#include "gateway/link/internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define OWNER(pointer, type) ((struct type *)(void *)(pointer)) /* the node is the first member of each */

static void list_append(struct link_node *list, struct link_node *node)
{
    node->previous = list->previous;
    node->next = list;
    list->previous->next = node;
    list->previous = node;
}

static void list_remove(struct link_node *node)
{
    node->previous->next = node->next;
    node->next->previous = node->previous;
    node->previous = node->next = NULL;
}

/* The loop takes it when it looks next. */
static void append(struct link_reports *reports, struct link_node *node)
{
    if (node->next)
        list_remove(node);
    list_append(&reports->list, node);
}

static void append_and_wake(struct link_reports *reports, struct link_node *node)
{
    append(reports, node);
    reports->fresh = true;
}

void link_reports_init(struct link_reports *reports, struct link_outcome *outcomes, size_t count, int wake)
{
    reports->list.next = reports->list.previous = &reports->list;
    reports->free.next = reports->free.previous = &reports->free;
    reports->outcomes = outcomes;
    reports->wake = wake;
    for (size_t i = 0; i < count; i++) {
        outcomes[i].node.kind = LINK_REPORT_WRITTEN;
        list_append(&reports->free, &outcomes[i].node);
    }
}

/* samples == NULL: the points have no usable value. */
void link_report_batch(struct link *link, struct link_batch *batch, const struct driver_sample *samples,
                       int64_t at, int64_t asked)
{
    if (batch->node.next)
        atomic_fetch_add_explicit(&link->counters.dropped_samples, 1, memory_order_relaxed);
    bool turned = false;
    for (size_t i = 0; i < batch->count; i++) {
        const struct driver_sample *sample = samples ? &samples[batch->first + i] : NULL;
        bool good = sample && sample->good && (batch->text || isfinite(sample->value.number));
        turned |= good != batch->good[i];
        batch->good[i] = good;
        batch->numbers[i] = batch->good[i] && !batch->text ? sample->value.number : 0;
    }
    if (batch->text)
        snprintf(batch->text, DRIVER_TEXT_MAX, "%s", batch->good[0] ? samples[batch->first].value.text : "");
    batch->at = at;
    batch->asked = asked;
    if (batch->decisive || turned)
        append_and_wake(&link->reports, &batch->node);
    else
        append(&link->reports, &batch->node);
}

void link_report_change(struct link *link, struct link_instrument *instrument, bool up, const char *why)
{
    struct link_change *older = &instrument->changes[0], *newer = &instrument->changes[1], *change;
    if (older->node.next && newer->node.next && older->order > newer->order) {
        older = newer;
        newer = &instrument->changes[0];
    }
    /* Two that wait are opposites: a third equals the older, and then the newer says nothing new. */
    if (older->node.next && newer->node.next) {
        list_remove(&newer->node);
        change = older;
    } else if (older->node.next) {
        change = older->up == up ? older : newer;
    } else if (newer->node.next) {
        change = newer->up == up ? newer : older;
    } else {
        change = older;
    }
    change->up = up;
    change->order = ++link->inbox.order;
    change->at = link_now(link);
    snprintf(change->why, sizeof(change->why), "%s", why);
    append_and_wake(&link->reports, &change->node);
}

/* A free outcome; or the oldest unread of a safe write or heartbeat, which are not limited in number. */
static struct link_outcome *take_outcome(struct link *link)
{
    struct link_reports *reports = &link->reports;
    struct link_node *node = reports->free.next;
    if (node == &reports->free) {
        for (node = reports->list.next; node != &reports->list; node = node->next)
            if (node->kind == LINK_REPORT_WRITTEN && OWNER(node, link_outcome)->priority != LINK_COMMAND)
                break;
        atomic_fetch_add_explicit(&link->counters.dropped_reports, 1, memory_order_relaxed);
    }
    list_remove(node);
    return OWNER(node, link_outcome);
}

struct link_outcome *link_report_written(struct link *link, const struct link_write *write, int result,
                                         const char *why)
{
    struct link_outcome *outcome = take_outcome(link);
    outcome->instrument = write->instrument;
    outcome->ticket = write->ticket;
    outcome->priority = write->priority;
    outcome->result = result;
    outcome->read_back = false;
    outcome->at = link_now(link);
    snprintf(outcome->why, sizeof(outcome->why), "%s", why);
    append_and_wake(&link->reports, &outcome->node);
    return outcome;
}

void link_report_epoch(struct link *link, struct link_epoch *epoch)
{
    epoch->owed = false;
    epoch->at = link_now(link);
    append_and_wake(&link->reports, &epoch->node);
}

void link_report_transfer(struct link *link, struct link_transfer *transfer)
{
    transfer->reported_at = link_now(link);
    append_and_wake(&link->reports, &transfer->node);
}

/* --- taking ----------------------------------------------------------------------------------- */

static void take_samples(struct link *link, struct link_node *node, struct link_report *report)
{
    const struct link_batch *batch = OWNER(node, link_batch);
    (void)link;
    report->instrument = batch->instrument;
    report->at = batch->at;
    report->asked = batch->asked;
    report->samples.count = batch->count;
    memcpy(report->samples.points, batch->points, batch->count * sizeof(*batch->points));
    memcpy(report->samples.good, batch->good, batch->count * sizeof(*batch->good));
    memcpy(report->samples.numbers, batch->numbers, batch->count * sizeof(*batch->numbers));
    report->samples.text[0] = '\0';
    if (batch->text)
        snprintf(report->samples.text, sizeof(report->samples.text), "%s", batch->text);
}

static void take_change(struct link *link, struct link_node *node, struct link_report *report)
{
    const struct link_change *change = OWNER(node, link_change);
    (void)link;
    report->instrument = change->instrument;
    report->at = change->at;
    report->state.up = change->up;
    memcpy(report->state.why, change->why, sizeof(change->why));
}

static void take_written(struct link *link, struct link_node *node, struct link_report *report)
{
    const struct link_outcome *outcome = OWNER(node, link_outcome);
    report->instrument = outcome->instrument;
    report->at = outcome->at;
    report->written.ticket = outcome->ticket;
    report->written.priority = outcome->priority;
    report->written.result = outcome->result;
    report->written.read_back = outcome->read_back;
    memcpy(report->written.why, outcome->why, sizeof(outcome->why));
    if (outcome->priority == LINK_COMMAND)
        link->inbox.unread--;
    list_append(&link->reports.free, node);
}

static void take_epoch(struct link *link, struct link_node *node, struct link_report *report)
{
    const struct link_epoch *epoch = OWNER(node, link_epoch);
    (void)link;
    report->instrument = 0;
    report->at = epoch->at;
    report->epoch.rig = epoch->rig;
    report->epoch.epoch = epoch->current;
}

static void take_capture(struct link *link, struct link_node *node, struct link_report *report)
{
    struct link_transfer *transfer = OWNER(node, link_transfer);
    report->instrument = transfer->request.instrument;
    report->at = transfer->reported_at;
    report->capture.ticket = transfer->request.ticket;
    report->capture.began = transfer->began;
    report->capture.done = !transfer->began && transfer->done;
    report->capture.result = report->capture.done ? transfer->result : 0;
    report->capture.bytes = transfer->bytes;
    report->capture.record = transfer->record;
    memcpy(report->capture.why, transfer->why, sizeof(transfer->why));
    if (report->capture.done)
        transfer->done = false;
    if (!transfer->began)
        transfer->moved = false;
    transfer->began = false;
    if (transfer->done)
        list_append(&link->reports.list, node);
}

bool link_leaves(const struct link *link)
{
    return link->leaves;
}

bool link_next_report(struct link *link, struct link_report *report)
{
    static void (*const takers[])(struct link *, struct link_node *, struct link_report *) = {
        [LINK_REPORT_SAMPLES] = take_samples, [LINK_REPORT_INSTRUMENT] = take_change,
        [LINK_REPORT_WRITTEN] = take_written, [LINK_REPORT_EPOCH] = take_epoch,
        [LINK_REPORT_CAPTURE] = take_capture,
    };
    link_lock(link);
    link->reports.signalled = false;
    struct link_node *node = link->reports.list.next;
    bool any = node != &link->reports.list;
    if (any) {
        list_remove(node);
        report->kind = node->kind;
        takers[node->kind](link, node, report);
    }
    link_unlock(link);
    return any;
}
