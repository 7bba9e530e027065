/* The line itself: opening with back-off, the hold after a doubtful reply, deadlines, counting. */
#include "gateway/link/internal.h"

#include <stdio.h>

#define BACKOFF_FIRST (100 * LINK_MILLISECOND)
#define BACKOFF_LAST  (1500 * LINK_MILLISECOND) /* a line that returns is back within two seconds */
#define LATE_MEMORY   (3600 * LINK_SECOND)
#define HOLD_LIMIT                                                                                           \
    (100 * LINK_MILLISECOND) /* beyond some silences: a line that babbles is closed                          \
                              */

static void add(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* xorshift64 (Marsaglia 2003): spreads the attempts of many links, nothing more. */
int64_t link_jitter(struct link *link, int64_t span)
{
    uint64_t *random = &link->port.random;
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return span > 0 ? (int64_t)(*random % (uint64_t)span) : 0;
}

/* The end of a transaction that begins now, however long its own wait: promise S9. */
int64_t link_deadline(const struct link *link, int64_t wait)
{
    int64_t longest = link->spec->longest;
    return link_now(link) + (longest > 0 && wait > longest ? longest : wait);
}

static void all_lost(struct link *link, const char *why)
{
    for (size_t i = 0; i < link->spec->instrument_count; i++)
        link_instrument_lost(link, &link->instruments[i], why);
}

/* Half of the back-off is certain, half is chance. */
static void back_off(struct link *link)
{
    struct link_port *port = &link->port;
    port->backoff = port->backoff ? port->backoff * 2 : BACKOFF_FIRST;
    if (port->backoff > BACKOFF_LAST)
        port->backoff = BACKOFF_LAST;
    port->reopen_at = link_now(link) + port->backoff / 2 + link_jitter(link, port->backoff / 2 + 1);
}

static void line_open(struct link *link)
{
    struct link_port *port = &link->port;
    struct driver_fault fault = {0};
    int64_t timeout = link->spec->line.timeout;
    port->tried_at = link_now(link);
    int result = link->transport->open(&link->line, link_deadline(link, timeout), &port->line, &fault);
    if (result) {
        port->line = NULL;
        add(&link->counters.unopened);
        snprintf(port->why, sizeof(port->why), "%s", fault.text[0] ? fault.text : driver_result_name(result));
        back_off(link);
        all_lost(link, port->why);
        return;
    }
    if (port->opened)
        add(&link->counters.reconnects);
    atomic_store_explicit(&link->counters.open, true, memory_order_relaxed);
    port->opened = true;
    port->replied = port->suspect = port->avoiding = false;
    for (size_t i = 0; i < link->spec->instrument_count; i++) {
        link->instruments[i].greeted = false;
        link->instruments[i].probe_at = link->instruments[i].probe_wait = 0;
    }
    port->probe_at = 0;
}

/* A question may be on its way still, and a gateway to serial lines gives its answer to whoever asks next: so
 * nothing is asked, and no epoch acknowledged, before the silence of a hold. */
void link_line_close(struct link *link, const char *why)
{
    struct link_port *port = &link->port;
    if (!port->line)
        return;
    link->transport->close(port->line);
    port->line = NULL;
    port->suspect = port->avoiding = false;
    port->quiet_until = link_now(link) + port->quiet;
    atomic_store_explicit(&link->counters.open, false, memory_order_relaxed);
    snprintf(port->why, sizeof(port->why), "%s", why);
    if (port->replied) {
        port->backoff = 0;
        port->reopen_at = port->quiet_until;
    } else { /* it opens, but nobody is there: as bad as one that does not open */
        back_off(link);
        all_lost(link, port->why);
    }
}

bool link_hold(struct link *link)
{
    struct link_port *port = &link->port;
    struct driver_fault fault = {0};
    int64_t began = link_now(link);
    int64_t deadline =
        began + (link->spec->line.serial ? 4 * port->quiet + HOLD_LIMIT : link->spec->line.timeout);
    int result = link->transport->recover(port->line, port->quiet, deadline, &fault);
    atomic_fetch_add_explicit(&link->counters.held, link_now(link) - began, memory_order_relaxed);
    add(&link->counters.recoveries);
    if (result < 0) {
        link_line_close(link, fault.text[0] ? fault.text : "the line does not become silent");
        return false;
    }
    port->suspect = false;
    for (size_t i = 0; i < link->spec->instrument_count; i++)
        link->instruments[i].greeted = false;
    link_settle(link);
    return true;
}

bool link_line_ready(struct link *link)
{
    struct link_port *port = &link->port;
    if (port->line && port->suspect)
        link_hold(link);
    if (port->line)
        return true;
    int64_t now = link_now(link);
    if (now < port->quiet_until)
        return false;
    link_settle(link);
    link_lock(link);
    bool urgent = link->inbox.safe_pending > 0;
    link_unlock(link);
    if (now >= port->reopen_at || (urgent && now >= port->tried_at + BACKOFF_FIRST))
        line_open(link);
    return port->line;
}

/* NULL: it went well. */
static _Atomic uint64_t *failures_of(struct link_tally *tally, int result)
{
    switch (result) {
    case DRIVER_OK:
        return NULL;
    case DRIVER_TIMED_OUT:
        return &tally->timeouts;
    case DRIVER_GARBLED:
        return &tally->garbled;
    case DRIVER_REJECTED:
        return &tally->rejected;
    default:
        return &tally->disconnected;
    }
}

static void count(struct link_tally *tally, int result, int64_t now)
{
    _Atomic uint64_t *failures = failures_of(tally, result);
    add(&tally->transactions);
    if (failures)
        add(failures);
    if (result == DRIVER_OK || result == DRIVER_REJECTED)
        atomic_store_explicit(&tally->last_reply, now, memory_order_relaxed);
}

/* Every transaction ends here. */
void link_account(struct link *link, struct link_instrument *instrument, int result, int64_t began,
                  const struct driver_fault *fault)
{
    struct link_port *port = &link->port;
    struct link_counters *counters = &link->counters;
    int64_t now = link_now(link);
    if (result == DRIVER_INVALID || result == DRIVER_UNSUPPORTED)
        return;
    count(&counters->all, result, now);
    count(&instrument->tally, result, now);
    atomic_fetch_add_explicit(&counters->busy, now - began, memory_order_relaxed);
    if (result && fault->stray)
        port->late_until = now + LATE_MEMORY;
    port->avoiding = false;
    switch (result) {
    case DRIVER_OK:
    case DRIVER_REJECTED:
        port->replied = true;
        port->backoff = 0;
        break;
    case DRIVER_TIMED_OUT:
    case DRIVER_GARBLED:
        port->suspect = true;
        break;
    default:
        link_line_close(link, fault->text[0] ? fault->text : driver_result_name(result));
    }
}
