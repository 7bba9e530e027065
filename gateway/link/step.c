/* One step of a link: what is most urgent gets the line for one transaction. */
#include "gateway/link/internal.h"

#define SAFE_REFUSAL (500 * LINK_MILLISECOND)

static int write_out(struct link *link, const struct link_write *write, struct driver_fault *fault)
{
    struct link_instrument *instrument = &link->instruments[write->instrument];
    int64_t began = link_now(link);
    int result =
        instrument->spec->driver->write(instrument->device, link->port.line, write->point, &write->value,
                                        link_deadline(link, link->spec->line.timeout), fault);
    link_account(link, instrument, result, began, fault);
    link_doubt(link, instrument, result);
    link_note_reply(link, instrument, result);
    return result;
}

static const char *reason(int result, const struct driver_fault *fault)
{
    if (result == DRIVER_OK)
        return "";
    return fault->text[0] ? fault->text : driver_result_name(result);
}

/* What a write says about its instrument: a refusal is an answer. A lost one is probed at once, and up when a
 * read succeeds. */
static void judge(struct link *link, struct link_instrument *instrument, int result, const char *why)
{
    switch (result) {
    case DRIVER_OK:
    case DRIVER_REJECTED:
        if (instrument->up || !instrument->poll_count)
            link_instrument_answered(link, instrument);
        else
            instrument->probe_at = link->port.probe_at = 0;
        break;
    case DRIVER_TIMED_OUT:
    case DRIVER_GARBLED:
    case DRIVER_DISCONNECTED:
        link_instrument_failed(link, instrument, why);
        break;
    default:
        break; /* nothing was sent */
    }
}

static bool may_be_repeated(int result)
{
    return result == DRIVER_TIMED_OUT || result == DRIVER_GARBLED || result == DRIVER_DISCONNECTED;
}

/* A greeting that a safe write needs does not let anything else go first. To a lost instrument one safe write
 * in SAFE_REFUSAL is tried, so that a dead unit with many outputs does not keep the line from the others'
 * safe writes. */
static bool serve_safe(struct link *link)
{
    struct link_slot slot;
    struct driver_fault fault = {0};
    if (!link_take_slot(link, LINK_SAFE, &slot))
        return false;
    struct link_instrument *instrument = &link->instruments[slot.write.instrument];
    bool up = instrument->up;
    if (!up && link_now(link) < instrument->safe_refused_until) {
        link_written(link, &slot.write, DRIVER_DISCONNECTED, instrument->why);
        return true;
    }
    int result = link_approach(link, instrument, &fault);
    if (result >= 0)
        result = write_out(link, &slot.write, &fault);
    instrument->deaf = instrument->silent;
    if (up && may_be_repeated(result) && ++slot.tries < LINK_SAFE_TRIES) {
        judge(link, instrument, result, reason(result, &fault));
        link_return_slot(link, &slot);
        return true;
    }
    if (!up && may_be_repeated(result))
        instrument->safe_refused_until = link_now(link) + SAFE_REFUSAL;
    link_written(link, &slot.write, result, reason(result, &fault));
    judge(link, instrument, result, reason(result, &fault));
    return true;
}

static bool serve_heartbeat(struct link *link)
{
    struct link_slot slot;
    struct driver_fault fault = {0};
    if (!link_take_slot(link, LINK_HEARTBEAT, &slot))
        return false;
    struct link_instrument *instrument = &link->instruments[slot.write.instrument];
    if (!instrument->up) {
        link_written(link, &slot.write, DRIVER_DISCONNECTED, instrument->why);
        return true;
    }
    int result = link_approach(link, instrument, &fault);
    if (result == LINK_AGAIN) {
        link_return_slot(link, &slot);
        return true;
    }
    if (!result)
        result = write_out(link, &slot.write, &fault);
    link_written(link, &slot.write, result, reason(result, &fault));
    judge(link, instrument, result, reason(result, &fault));
    return true;
}

/* The greeting comes before the command is taken, because taking it checks its epoch. */
static bool serve_command(struct link *link)
{
    struct link_write write;
    struct driver_fault fault = {0};
    uint16_t index;
    if (!link_peek_command(link, &index))
        return false;
    bool up = link->instruments[index].up;
    if (up && link_yields(link, &link->instruments[index])) {
        link->held_back = true;
        return false;
    }
    int result = up ? link_approach(link, &link->instruments[index], &fault) : DRIVER_OK;
    if (result == LINK_AGAIN || (result && !link->port.line))
        return true;
    if (!link_take_command(link, index, &write))
        return true;
    struct link_instrument *instrument = &link->instruments[index];
    if (!instrument->up) {
        link_written(link, &write, DRIVER_DISCONNECTED, instrument->why);
    } else {
        if (!result)
            result = write_out(link, &write, &fault);
        link_written(link, &write, result, reason(result, &fault));
        judge(link, instrument, result, reason(result, &fault));
    }
    if (link->port.line && !link->port.suspect)
        link_settle(link);
    return true;
}

/* The first of these that has something to do has used the line. */
static bool serve_first(struct link *link, bool (*const sources[])(struct link *))
{
    for (size_t i = 0; sources[i]; i++)
        if (sources[i](link))
            return true;
    return false;
}

/* Reads that somebody waits for, and commands: one at most before each poll that is due, so that no flood of
 * them keeps the inputs of interlocks from being read (promise S12). */
static bool serve_asked(struct link *link)
{
    if (link->conceded && link_next_poll(link) <= link_now(link)) {
        link->held_back = true;
        return false;
    }
    bool served = link_serve_wanted(link) || serve_command(link);
    link->conceded |= served;
    return served;
}

static bool serve_poll(struct link *link)
{
    bool served = link_serve_poll(link);
    if (served)
        link->conceded = false;
    return served;
}

/* The flag falls before the inbox is looked at, so that what comes meanwhile raises it again. */
static bool serve_inbox(struct link *link)
{
    static bool (*const sources[])(struct link *) = {
        serve_safe,
        serve_heartbeat,
        serve_asked,
        NULL,
    };
    if (!atomic_load_explicit(&link->asked, memory_order_relaxed) || !atomic_exchange(&link->asked, false))
        return false;
    link->held_back = false;
    link->held_until = INT64_MAX;
    bool served = serve_first(link, sources);
    if (served || link->held_back)
        atomic_store(&link->asked, true);
    return served;
}

static int64_t step(struct link *link)
{
    static bool (*const sources[])(struct link *) = {
        serve_inbox, link_serve_probe, link_serve_starved_capture, serve_poll, link_serve_capture, NULL,
    };
    if (!link_line_ready(link)) {
        if (link_now(link) < link->port.quiet_until)
            return link->port.quiet_until;
        link_refuse_all(link, link->port.why);
        for (size_t i = 0; i < link->spec->instrument_count; i++)
            if (!link->instruments[i].up)
                link_captures_lost(link, &link->instruments[i], link->port.why);
        return link->port.reopen_at;
    }
    if (serve_first(link, sources))
        return link_now(link);
    if (link->conceded && link->held_back) { /* no poll that is due can be made now */
        link->conceded = false;
        return link_now(link);
    }
    int64_t poll = link_next_poll(link), probe = link_next_probe(link);
    return poll < probe ? poll : probe;
}

int64_t link_step(struct link *link)
{
    int64_t next = step(link);
    if (next > link_now(link))
        link_tell(link);
    return next;
}

void link_finish(struct link *link)
{
    if (link->port.line && (!link->port.suspect || link_hold(link)))
        link_captures_end(link);
    link->transport->close(link->port.line);
    link->port.line = NULL;
}
