/* Reads by an absolute schedule: the k-th turn of a poll is due at its first plus k periods, whatever the
 * work took. */
#include "gateway/link/internal.h"

#include <stdio.h>

#define LEAST_WAIT     (50 * LINK_MILLISECOND)
#define EXCESS_MARGIN  4
#define EXCESS_DECAY   256
#define LATENESS_SHIFT 16
#define LATEST_REPLY   (2 * LINK_SECOND)
#define LISTEN_MARGIN  (2 * LINK_MILLISECOND)

/* How long to wait for the reply to a poll. On a serial line that others share a lost reply costs them its
 * whole timeout; so the first try waits for what this instrument has needed lately, with a wide margin, and
 * only the second
 * (`patient`) for the whole. An instrument that is slower than before is so learned from its second tries. */
int64_t link_reply_wait(const struct link *link, const struct link_poll *poll, bool patient)
{
    const struct link_instrument *instrument = &link->instruments[poll->instrument];
    int64_t whole = poll->read->typical + link->spec->line.timeout;
    if (!link->spec->line.serial || patient || !instrument->excess)
        return whole;
    int64_t margin = EXCESS_MARGIN * instrument->excess;
    int64_t wait = poll->read->typical + (margin > LEAST_WAIT ? margin : LEAST_WAIT);
    return wait < whole ? wait : whole;
}

static void learn(struct link_instrument *instrument, int64_t excess)
{
    instrument->excess -= instrument->excess / EXCESS_DECAY;
    if (excess > instrument->excess)
        instrument->excess = excess;
    if (instrument->excess < 1)
        instrument->excess = 1;
}

static void store(struct link *link, struct link_poll *poll, const struct driver_sample *samples)
{
    int64_t at = link_now(link);
    link_lock(link);
    for (size_t i = 0; i < poll->batch_count; i++)
        link_report_batch(link, &poll->batches[i], samples, at);
    link_unlock(link);
}

/* --- doubt
 * ---------------------------------------------------------------------------------------------------------
 * After a reply that did not come, an equal request may get it as its answer, long after the hold. Then the
 * right answer follows as a second one. So for LATEST_REPLY the answers to equal requests count only if none
 * follows within the time that the right one needs. */

static void doubt_shape(struct link *link, uint32_t shape)
{
    int64_t until = link_now(link) + LATEST_REPLY;
    for (size_t i = 0; i < link->poll_count; i++)
        if (link->polls[i].read->shape == shape)
            link->polls[i].doubt_until = until;
}

/* What a greeting, write or capture asks on the way is the driver's own: its reply may be equal to any of
 * them. */
void link_doubt(struct link *link, const struct link_instrument *instrument)
{
    for (size_t i = 0; i < instrument->poll_count; i++)
        doubt_shape(link, link->polls[instrument->first_poll + i].read->shape);
}

static int confirm(struct link *link, const struct link_poll *poll, int64_t began, struct driver_fault *fault)
{
    const struct link_instrument *instrument = &link->instruments[poll->instrument];
    bool (*listen)(struct driver_line *, int64_t) = link->transport->listen;
    if (!link->spec->line.serial || !listen || link_now(link) >= poll->doubt_until)
        return DRIVER_OK;
    int64_t until = began + poll->read->typical + 2 * instrument->excess + LISTEN_MARGIN;
    if (!listen(link->port.line, until))
        return DRIVER_OK;
    snprintf(fault->text, sizeof(fault->text),
             "%s: a second answer came, so the first may be that to an older question",
             instrument->spec->instrument.name);
    return DRIVER_GARBLED;
}

int link_read_poll(struct link *link, struct link_poll *poll, int64_t wait, struct driver_fault *fault)
{
    struct link_instrument *instrument = &link->instruments[poll->instrument];
    struct link_port *port = &link->port;
    if (port->avoiding && port->avoid == poll->read->shape && !link_hold(link))
        return DRIVER_DISCONNECTED;
    int64_t began = link_now(link);
    int result = instrument->spec->driver->read(instrument->device, port->line, poll->read, link->samples,
                                                link_deadline(link, wait), fault);
    int64_t took = link_now(link) - began;
    if (!result)
        result = confirm(link, poll, began, fault);
    link_account(link, result, began, fault);
    if (result == DRIVER_TIMED_OUT)
        doubt_shape(link, poll->read->shape);
    port->avoiding = result == DRIVER_TIMED_OUT || result == DRIVER_GARBLED;
    port->avoid = poll->read->shape;
    if (result)
        return result;
    learn(instrument, took - poll->read->typical);
    poll->failures = 0;
    link_instrument_answered(link, instrument);
    store(link, poll, link->samples);
    return DRIVER_OK;
}

/* --- schedule
 * ------------------------------------------------------------------------------------------------------ */

static void note_lateness(struct link_counters *counters, int64_t late)
{
    int64_t mean = atomic_load_explicit(&counters->lateness, memory_order_relaxed);
    atomic_store_explicit(&counters->lateness, mean + (late - mean) / LATENESS_SHIFT, memory_order_relaxed);
    if (late > atomic_load_explicit(&counters->worst_lateness, memory_order_relaxed))
        atomic_store_explicit(&counters->worst_lateness, late, memory_order_relaxed);
}

/* The turn that was due is done; turns that passed meanwhile are missed, never made up for in a burst. */
static void advance(struct link *link, struct link_poll *poll, int64_t began)
{
    poll->again = false;
    if (!poll->period || began < poll->due)
        return;
    note_lateness(&link->counters, began - poll->due);
    atomic_fetch_add_explicit(&link->counters.polls, 1, memory_order_relaxed);
    poll->due += poll->period;
    int64_t behind = link_now(link) - poll->due;
    if (behind <= 0)
        return;
    int64_t missed = (behind + poll->period - 1) / poll->period;
    poll->due += missed * poll->period;
    atomic_fetch_add_explicit(&link->counters.missed_polls, (uint64_t)missed, memory_order_relaxed);
}

static bool worth_another_try(const struct link *link, const struct link_poll *poll, int result)
{
    if (poll->again || result == DRIVER_REJECTED || result == DRIVER_INVALID || result == DRIVER_UNSUPPORTED)
        return false;
    return !poll->period || link_now(link) + poll->read->typical < poll->due + poll->period;
}

static void poll_failed(struct link *link, struct link_poll *poll, int result,
                        const struct driver_fault *fault)
{
    struct link_instrument *instrument = &link->instruments[poll->instrument];
    unsigned limit = instrument->spec->lost_after ? instrument->spec->lost_after : LINK_LOST_AFTER;
    if (++poll->failures >= limit)
        store(link, poll, NULL);
    link_instrument_failed(link, instrument, fault->text[0] ? fault->text : driver_result_name(result));
}

static void want(struct link *link, struct link_poll *poll, bool wanted)
{
    link_lock(link);
    if (poll->wanted && !wanted)
        link->inbox.wanted--;
    if (!poll->wanted && wanted)
        link->inbox.wanted++;
    poll->wanted = wanted;
    link_unlock(link);
}

/* One try of one poll, wanted or due. */
static void make_poll(struct link *link, struct link_poll *poll, bool wanted)
{
    struct driver_fault fault = {0};
    int64_t began = link_now(link);
    poll->served = began;
    int result = link_approach(link, &link->instruments[poll->instrument], &fault);
    if (result == LINK_GREETED)
        return;
    if (wanted)
        want(link, poll, false);
    if (!result)
        result = link_read_poll(link, poll, link_reply_wait(link, poll, poll->again), &fault);
    if (result && worth_another_try(link, poll, result)) {
        poll->again = true;
        if (wanted)
            want(link, poll, true);
        return;
    }
    advance(link, poll, began);
    if (result)
        poll_failed(link, poll, result, &fault);
}

/* Of those that are due the one that was served least recently: when there is too much to do each gets an
 * equal share, and none more than its period asks for. One whose reply could be taken for an answer that is
 * missing comes last. */
bool link_serve_poll(struct link *link)
{
    int64_t now = link_now(link);
    struct link_poll *next = NULL, *avoided = NULL;
    for (size_t i = 0; i < link->poll_count; i++) {
        struct link_poll *poll = &link->polls[i];
        if (!poll->period || poll->due > now || !link->instruments[poll->instrument].up)
            continue;
        bool avoid = link->port.avoiding && link->port.avoid == poll->read->shape;
        struct link_poll **best = avoid ? &avoided : &next;
        if (!*best || poll->served < (*best)->served)
            *best = poll;
    }
    next = next ? next : avoided;
    if (next)
        make_poll(link, next, false);
    return next;
}

bool link_serve_wanted(struct link *link)
{
    struct link_poll *next = NULL;
    link_lock(link);
    for (size_t i = 0; link->inbox.wanted && i < link->poll_count; i++) {
        struct link_poll *poll = &link->polls[i];
        if (poll->wanted && !link->instruments[poll->instrument].up) {
            poll->wanted = false;
            link->inbox.wanted--;
        } else if (poll->wanted && (!next || poll->wanted_order < next->wanted_order)) {
            next = poll;
        }
    }
    link_unlock(link);
    if (next)
        make_poll(link, next, true);
    return next;
}

int64_t link_next_poll(const struct link *link)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < link->poll_count; i++) {
        const struct link_poll *poll = &link->polls[i];
        if (poll->period && poll->due < next && link->instruments[poll->instrument].up)
            next = poll->due;
    }
    return next;
}
