/* Whether an instrument answers: greeting, losing it, probing it until it returns. */
#include "gateway/link/internal.h"

#include <stdio.h>

#define PROBE_FIRST (100 * LINK_MILLISECOND)
#define PROBE_LAST  (1600 * LINK_MILLISECOND)
/* While others on the line answer, all probes together get at most a twelfth of it. */
#define PROBE_SHARE   11
#define PATIENT_EVERY 4 /* one probe in so many waits the whole timeout */

/* 0: may be spoken to; LINK_AGAIN: it has just been greeted; negative: it
 * failed. */
int link_approach(struct link *link, struct link_instrument *instrument, struct driver_fault *fault)
{
    const struct driver *driver = instrument->spec->driver;
    if (instrument->greeted)
        return DRIVER_OK;
    if (!driver->greet) {
        instrument->greeted = true;
        return DRIVER_OK;
    }
    int64_t began = link_now(link);
    int result = driver->greet(instrument->device, link->port.line,
                               link_deadline(link, link->spec->line.timeout), fault);
    link_account(link, instrument, result, began, fault);
    link_doubt(link, instrument, result);
    instrument->greeted = result == DRIVER_OK;
    return result == DRIVER_OK ? LINK_AGAIN : result;
}

void link_note_reply(struct link *link, struct link_instrument *instrument, int result)
{
    if (result == DRIVER_TIMED_OUT || result == DRIVER_GARBLED) {
        instrument->silent = true;
        instrument->silent_at = link_now(link);
    } else if (result == DRIVER_OK || result == DRIVER_REJECTED) {
        instrument->silent = instrument->deaf = false;
    }
}

bool link_yields(const struct link *link, const struct link_instrument *instrument)
{
    if (!instrument->silent || !instrument->up)
        return false;
    int64_t now = link_now(link);
    for (size_t i = 0; i < link->poll_count; i++) {
        struct link_poll *poll = &link->polls[i];
        const struct link_instrument *other = &link->instruments[poll->instrument];
        if (other != instrument && other->up && !other->silent && poll->period && poll->due <= now &&
            poll->served < instrument->silent_at && !link_barred_until(link, poll))
            return true;
    }
    return false;
}

static void report_change(struct link *link, struct link_instrument *instrument, bool up, const char *why)
{
    instrument->up = up;
    instrument->known = true;
    link_lock(link);
    link_report_change(link, instrument, up, why);
    link_unlock(link);
}

/* Polls of all TCP lines begin on a coarse grid, a tenth of the shortest period at most, and so stay on it:
 * then many lines are polled, and their samples handled, in one turn. */
static int64_t first_due(const struct link *link)
{
    int64_t now = link_now(link), coarse = 10 * link->grid, beyond = now % coarse;
    return beyond ? now + coarse - beyond : now;
}

void link_instrument_answered(struct link *link, struct link_instrument *instrument)
{
    instrument->failures = 0;
    if (instrument->up)
        return;
    int64_t due = first_due(link);
    for (size_t i = 0; i < instrument->poll_count; i++) {
        struct link_poll *poll = &link->polls[instrument->first_poll + i];
        poll->due = due;
        poll->again = false;
        poll->failures = 0;
    }
    instrument->probes = 0;
    instrument->probe_wait = 0;
    report_change(link, instrument, true, "");
}

void link_instrument_lost(struct link *link, struct link_instrument *instrument, const char *why)
{
    if (!instrument->up && instrument->known)
        return;
    snprintf(instrument->why, sizeof(instrument->why), "%s", why);
    instrument->failures = instrument->unread = 0;
    instrument->probe_wait = PROBE_FIRST;
    instrument->probe_at = link_now(link) + PROBE_FIRST;
    report_change(link, instrument, false, why);
    link_captures_lost(link, instrument, why);
}

unsigned link_lost_after(const struct link_instrument *instrument)
{
    return instrument->spec->lost_after ? instrument->spec->lost_after : LINK_LOST_AFTER;
}

void link_instrument_failed(struct link *link, struct link_instrument *instrument, const char *why)
{
    if (!instrument->up || ++instrument->failures >= link_lost_after(instrument))
        link_instrument_lost(link, instrument, why);
}

/* One that takes writes and shows nothing is as lost as one that is silent. */
void link_instrument_unread(struct link *link, struct link_instrument *instrument, const char *why)
{
    if (++instrument->unread >= link_lost_after(instrument))
        link_instrument_lost(link, instrument, why);
    else
        link_instrument_failed(link, instrument, why);
}

/* --- probing ---------------------------------------------------------------------------------- */

static bool others_answer(const struct link *link, const struct link_instrument *lost)
{
    for (size_t i = 0; i < link->spec->instrument_count; i++)
        if (&link->instruments[i] != lost && link->instruments[i].up)
            return true;
    return false;
}

static void probe_again(struct link *link, struct link_instrument *instrument, int64_t cost)
{
    int64_t now = link_now(link), wait = instrument->probe_wait ? instrument->probe_wait * 2 : PROBE_FIRST;
    instrument->probes++;
    instrument->probe_wait = wait > PROBE_LAST ? PROBE_LAST : wait;
    instrument->probe_at =
        now + instrument->probe_wait * 3 / 4 + link_jitter(link, instrument->probe_wait / 4 + 1);
    if (others_answer(link, instrument))
        link->port.probe_at = now + PROBE_SHARE * cost;
}

/* A successive read each time, so that one block that is refused does not keep the instrument out. */
static struct link_poll *probed_poll(const struct link *link, const struct link_instrument *instrument)
{
    if (!instrument->poll_count)
        return NULL;
    return &link->polls[instrument->first_poll + instrument->probes % instrument->poll_count];
}

static int probe_read(struct link *link, struct link_instrument *instrument, struct driver_fault *fault)
{
    struct link_poll *poll = probed_poll(link, instrument);
    if (!poll)
        return DRIVER_OK;
    bool patient = instrument->probes % PATIENT_EVERY == 0;
    return link_read_poll(link, poll, link_reply_wait(link, poll, patient), fault);
}

static struct link_instrument *next_to_probe(const struct link *link)
{
    struct link_instrument *next = NULL;
    for (size_t i = 0; i < link->spec->instrument_count; i++) {
        struct link_instrument *instrument = &link->instruments[i];
        if (!instrument->up && (!next || instrument->probe_at < next->probe_at))
            next = instrument;
    }
    return next;
}

int64_t link_next_probe(const struct link *link)
{
    const struct link_instrument *next = next_to_probe(link);
    if (!next)
        return INT64_MAX;
    return next->probe_at > link->port.probe_at ? next->probe_at : link->port.probe_at;
}

bool link_serve_probe(struct link *link)
{
    int64_t due = link_next_probe(link), began = due == INT64_MAX ? 0 : link_now(link);
    if (due > began)
        return false;
    struct link_instrument *instrument = next_to_probe(link);
    struct driver_fault fault = {0};
    int64_t barred = instrument->poll_count ? link_barred_until(link, probed_poll(link, instrument)) : 0;
    if (barred) {
        instrument->probe_at = barred;
        return true;
    }
    int result = link_approach(link, instrument, &fault);
    if (result == LINK_AGAIN)
        return true;
    if (!result)
        result = probe_read(link, instrument, &fault);
    if (result == LINK_AGAIN)
        return true;
    if (!result) {
        link_instrument_answered(link, instrument);
        return true;
    }
    link_instrument_lost(link, instrument, fault.text[0] ? fault.text : driver_result_name(result));
    probe_again(link, instrument, link_now(link) - began);
    return true;
}
