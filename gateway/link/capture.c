/* Captures: a record in chunks between the other transactions, into a bounded ring that the control loop
 * empties. */
#include "gateway/link/internal.h"

#include <stdio.h>
#include <string.h>

#define PROGRESS_EVERY (100 * LINK_MILLISECOND)
#define STARVED_AFTER  (500 * LINK_MILLISECOND) /* then one chunk goes before the polls that are due */
#define CHUNK_LEAST    1280                     /* a scope's screen in one piece, where the line allows it */
#define CHUNK_FIRST    (16 * 1024)
#define CHUNK_MOST     (LINK_TRANSFER_BUFFER / 2)
#define CHUNK_TRIES    4
#define CHUNK_SHRINK   4
#define END_TRIES      3

static void conclude(struct link_transfer *transfer, int result, const char *why)
{
    transfer->result = result;
    snprintf(transfer->why, sizeof(transfer->why), "%s", why);
}

static void report_done(struct link *link, struct link_transfer *transfer)
{
    transfer->done = transfer->told = true;
    link_report_transfer(link, transfer);
}

static void finish(struct link *link, struct link_transfer *transfer, int result, const char *why)
{
    conclude(transfer, result, why);
    report_done(link, transfer);
}

/* --- the control loop's side ------------------------------------------------------------------ */

static struct link_transfer *transfer_of(struct link *link, uint16_t instrument)
{
    return instrument < link->spec->instrument_count ? link->instruments[instrument].transfer : NULL;
}

int link_capture(struct link *link, const struct link_capture *capture)
{
    struct link_transfer *transfer = transfer_of(link, capture->instrument);
    if (!transfer ||
        capture->waveform >= link->spec->instruments[capture->instrument].instrument.waveform_count)
        return LINK_NO_SUCH;
    link_lock(link);
    bool idle = transfer->phase == LINK_IDLE && !transfer->done;
    if (idle) {
        transfer->request = *capture;
        transfer->phase = LINK_ASKED;
        transfer->cancel = transfer->began = transfer->moved = transfer->told = false;
        transfer->bytes = 0;
        transfer->start = transfer->filled = 0;
        transfer->why[0] = '\0';
        transfer->moved_at = link_now(link);
        link_nudge(link);
    }
    link_unlock(link);
    return idle ? LINK_OK : LINK_FULL;
}

void link_cancel_capture(struct link *link, uint16_t instrument)
{
    struct link_transfer *transfer = transfer_of(link, instrument);
    if (!transfer)
        return;
    link_lock(link);
    transfer->cancel = true;
    link_nudge(link);
    link_unlock(link);
}

size_t link_capture_take(struct link *link, uint16_t instrument, void *bytes, size_t capacity)
{
    struct link_transfer *transfer = transfer_of(link, instrument);
    size_t taken = 0;
    if (!transfer)
        return 0;
    while (taken < capacity) { /* at most twice: the ring's end and its beginning */
        link_lock(link);
        size_t start = transfer->start, count = LINK_TRANSFER_BUFFER - start;
        count = count < transfer->filled ? count : transfer->filled;
        link_unlock(link);
        count = count < capacity - taken ? count : capacity - taken;
        if (!count)
            break;
        memcpy((unsigned char *)bytes + taken, transfer->buffer + start, count);
        taken += count;
        link_lock(link);
        transfer->start = (start + count) % LINK_TRANSFER_BUFFER;
        transfer->filled -= count;
        link_nudge(link);
        link_unlock(link);
    }
    return taken;
}

/* --- the thread's side ------------------------------------------------------------------------ */

/* Contiguous free bytes, and whether the capture is to be ended. */
static size_t room(struct link *link, struct link_transfer *transfer, size_t *where, bool *cancel)
{
    link_lock(link);
    if (!transfer->filled)
        transfer->start = 0;
    size_t end = transfer->start + transfer->filled;
    *where = end % LINK_TRANSFER_BUFFER;
    size_t free = end < LINK_TRANSFER_BUFFER ? LINK_TRANSFER_BUFFER - end : transfer->start - *where;
    *cancel = transfer->cancel;
    link_unlock(link);
    return free;
}

/* So many bytes as take about a third of the longest transaction at the rate seen so far. */
static size_t chunk_size(const struct link *link, const struct link_transfer *transfer)
{
    const struct driver_line_spec *line = &link->spec->line;
    double rate = transfer->rate;
    if (rate <= 0 && line->serial)
        rate = line->baud / 11.0 / LINK_SECOND;
    double size = rate > 0 ? rate * (double)link->spec->longest / 3 : CHUNK_FIRST;
    size = size < CHUNK_LEAST ? CHUNK_LEAST : size;
    size_t most = CHUNK_MOST;
    return size > (double)most ? most : (size_t)size;
}

static int64_t capture_deadline(const struct link *link)
{
    int64_t wait = link->spec->longest > 0 ? link->spec->longest : link->spec->line.timeout;
    return link_deadline(link, wait);
}

static void begin(struct link *link, struct link_instrument *instrument)
{
    struct link_transfer *transfer = instrument->transfer;
    struct driver_fault fault = {0};
    struct driver_record record = {0};
    int64_t began = link_now(link);
    int result = DRIVER_UNSUPPORTED;
    if (instrument->spec->driver->capture_begin) {
        result = instrument->spec->driver->capture_begin(instrument->device, link->port.line,
                                                         transfer->request.waveform, transfer->request.depth,
                                                         &record, capture_deadline(link), &fault);
        link_account(link, instrument, result, began, &fault);
        link_doubt(link, instrument, result);
    }
    link_lock(link);
    transfer->end_tries = transfer->chunk_tries = 0;
    if (result) {
        transfer->phase = LINK_IDLE;
        finish(link, transfer, result, fault.text[0] ? fault.text : driver_result_name(result));
    } else {
        transfer->phase = LINK_RUNNING;
        transfer->record = record;
        transfer->began = true;
        link_report_transfer(link, transfer);
    }
    link_unlock(link);
}

static void end_with(struct link *link, struct link_transfer *transfer, int result, const char *why)
{
    link_lock(link);
    transfer->phase = LINK_ENDING;
    conclude(transfer, result, why);
    link_unlock(link);
}

static void commit(struct link *link, struct link_transfer *transfer, size_t got, int64_t took)
{
    transfer->chunk_tries = 0;
    int64_t now = link_now(link);
    if (took > 0)
        transfer->rate = transfer->rate > 0 ? (transfer->rate + (double)got / (double)took) / 2
                                            : (double)got / (double)took;
    link_lock(link);
    transfer->filled += got;
    transfer->bytes += got;
    transfer->moved_at = now;
    bool full = transfer->filled >= LINK_TRANSFER_BUFFER / 2;
    if (!transfer->moved && (full || now - transfer->reported_at >= PROGRESS_EVERY)) {
        transfer->moved = true;
        link_report_transfer(link, transfer);
    }
    link_unlock(link);
}

/* A chunk that went wrong is asked for again, smaller, after the hold. */
static void judge_chunk(struct link *link, struct link_transfer *transfer, int result,
                        const struct driver_fault *fault)
{
    bool doubtful = result == DRIVER_TIMED_OUT || result == DRIVER_GARBLED;
    if (doubtful && ++transfer->chunk_tries < CHUNK_TRIES)
        transfer->rate /= CHUNK_SHRINK;
    else
        end_with(link, transfer, result, fault->text[0] ? fault->text : driver_result_name(result));
}

static void move_on(struct link *link, struct link_instrument *instrument)
{
    struct link_transfer *transfer = instrument->transfer;
    struct driver_fault fault = {0};
    size_t where, got = 0;
    bool cancel;
    size_t free = room(link, transfer, &where, &cancel), size = chunk_size(link, transfer);
    if (cancel) {
        end_with(link, transfer, LINK_CANCELLED, "cancelled");
        return;
    }
    int64_t began = link_now(link);
    int result = instrument->spec->driver->capture_chunk(instrument->device, link->port.line,
                                                         transfer->buffer + where, free < size ? free : size,
                                                         &got, capture_deadline(link), &fault);
    link_account(link, instrument, result, began, &fault);
    link_doubt(link, instrument, result);
    if (result)
        judge_chunk(link, transfer, result, &fault);
    else if (!got)
        end_with(link, transfer, DRIVER_OK, "");
    else
        commit(link, transfer, got, link_now(link) - began);
}

/* The instrument goes back to work, also after a failure; what the capture came to is reported after that. */
static void end(struct link *link, struct link_instrument *instrument)
{
    struct link_transfer *transfer = instrument->transfer;
    struct driver_fault fault = {0};
    int64_t began = link_now(link);
    int result = instrument->spec->driver->capture_end(instrument->device, link->port.line,
                                                       capture_deadline(link), &fault);
    link_account(link, instrument, result, began, &fault);
    link_doubt(link, instrument, result);
    bool again =
        (result == DRIVER_TIMED_OUT || result == DRIVER_GARBLED) && ++transfer->end_tries < END_TRIES;
    if (again || result == DRIVER_DISCONNECTED)
        return;
    link_lock(link);
    transfer->phase = LINK_IDLE;
    if (!transfer->told)
        report_done(link, transfer);
    link_unlock(link);
}

static bool ready(struct link *link, const struct link_instrument *instrument)
{
    const struct link_transfer *transfer = instrument->transfer;
    if (!transfer || !instrument->up)
        return false;
    link_lock(link);
    bool full = transfer->filled == LINK_TRANSFER_BUFFER && !transfer->cancel;
    bool is = transfer->phase != LINK_IDLE && (transfer->phase != LINK_RUNNING || !full);
    link_unlock(link);
    return is;
}

static void serve(struct link *link, struct link_instrument *instrument)
{
    struct link_transfer *transfer = instrument->transfer;
    struct driver_fault fault = {0};
    link_lock(link);
    enum link_phase phase = transfer->phase;
    bool never = phase == LINK_ASKED && transfer->cancel;
    if (never) {
        transfer->phase = LINK_IDLE;
        finish(link, transfer, LINK_CANCELLED, "cancelled before it began");
    }
    link_unlock(link);
    if (never)
        return;
    int result = link_approach(link, instrument, &fault);
    if (result == LINK_AGAIN)
        return;
    if (result) {
        link_instrument_failed(link, instrument, fault.text[0] ? fault.text : driver_result_name(result));
        return;
    }
    if (phase == LINK_ASKED)
        begin(link, instrument);
    else if (phase == LINK_RUNNING)
        move_on(link, instrument);
    else
        end(link, instrument);
}

/* Instruments take turns. */
bool link_serve_capture(struct link *link)
{
    size_t count = link->spec->instrument_count;
    for (size_t i = 0; i < count; i++) {
        struct link_instrument *instrument = &link->instruments[(link->capture_turn + i) % count];
        if (!instrument->up)
            link_captures_lost(link, instrument, instrument->why);
        if (!ready(link, instrument))
            continue;
        link->capture_turn = (link->capture_turn + i + 1) % count;
        serve(link, instrument);
        return true;
    }
    return false;
}

/* Polls that are always due must not stop a capture for ever. */
bool link_serve_starved_capture(struct link *link)
{
    for (size_t i = 0; i < link->spec->instrument_count; i++) {
        struct link_instrument *instrument = &link->instruments[i];
        if (!ready(link, instrument) || link_now(link) - instrument->transfer->moved_at < STARVED_AFTER)
            continue;
        instrument->transfer->moved_at = link_now(link);
        serve(link, instrument);
        return true;
    }
    return false;
}

/* Whoever waits is told at once; the instrument is put back to work when it answers again. */
void link_captures_lost(struct link *link, struct link_instrument *instrument, const char *why)
{
    struct link_transfer *transfer = instrument->transfer;
    if (!transfer)
        return;
    link_lock(link);
    if (transfer->phase == LINK_ASKED)
        transfer->phase = LINK_IDLE;
    else if (transfer->phase == LINK_RUNNING)
        transfer->phase = LINK_ENDING;
    else
        transfer = NULL;
    if (transfer)
        finish(link, transfer, DRIVER_DISCONNECTED, why);
    link_unlock(link);
}

void link_captures_end(struct link *link)
{
    for (size_t i = 0; i < link->spec->instrument_count; i++) {
        struct link_instrument *instrument = &link->instruments[i];
        struct link_transfer *transfer = instrument->transfer;
        struct driver_fault fault = {0};
        if (!transfer || !link->port.line ||
            (transfer->phase != LINK_RUNNING && transfer->phase != LINK_ENDING))
            continue;
        instrument->spec->driver->capture_end(instrument->device, link->port.line, capture_deadline(link),
                                              &fault);
        transfer->phase = LINK_IDLE;
    }
}
