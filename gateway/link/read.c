/* One read of a poll's points: how long to wait for it, which way to ask, and whether its answer can be
 * believed.
 *
 * A reply that did not come in time, or in whose place another's came, may come later, long after the hold,
 * and be taken for the answer to an equal request. So for DRIVER_LATEST_REPLY after such a failure the points
 * are asked for in another way, where the driver knows one whose reply can be told apart. Where it does not,
 * an answer counts only if it comes, and no second one follows, within the time that the right one needs.
 * That leaves one chance for a wrong value: that an older answer comes while the right one is lost. On a line
 * on which answers to older questions have been seen lately it is not taken: the points are not asked for
 * until the doubt is over. */
#include "gateway/link/internal.h"

#include "drivers/line_time.h"

#include <stdio.h>

#define LEAST_WAIT    (40 * LINK_MILLISECOND)
#define LISTEN_MARGIN (2 * LINK_MILLISECOND)
#define FIRST_LEAVE   (10 * LINK_SECOND)
#define LONGEST_LEAVE 8 /* doublings: 43 minutes */

/* --- time -------------------------------------------------------------------------------------- */

/* Smoothed mean and mean deviation, with the weights of RFC 6298, section 2. */
static void learn(struct link_instrument *instrument, int64_t excess)
{
    int64_t off = excess - instrument->excess;
    if (!instrument->learned) {
        instrument->learned = true;
        instrument->excess = excess;
        instrument->deviation = (excess < 0 ? -excess : excess) / 2;
        return;
    }
    instrument->deviation += ((off < 0 ? -off : off) - instrument->deviation) / 4;
    instrument->excess += off / 8;
}

/* By when nearly every reply of this instrument has come, ns beyond what was planned. */
static int64_t usual_excess(const struct link_instrument *instrument)
{
    return (instrument->excess > 0 ? instrument->excess : 0) + 4 * instrument->deviation;
}

/* On a serial line that others share a lost reply costs them its whole timeout; so the first try waits for
 * what this instrument has needed lately, with a wide margin, and only the second (`patient`) for the whole.
 * An instrument that became slower is so learned from its second tries. */
int64_t link_reply_wait(const struct link *link, const struct link_poll *poll, bool patient)
{
    const struct link_instrument *instrument = &link->instruments[poll->instrument];
    int64_t typical = poll->ways[0].read->typical, whole = typical + link->spec->line.timeout;
    if (!link->spec->line.serial || patient || !instrument->learned)
        return whole;
    int64_t margin = 4 * usual_excess(instrument);
    int64_t wait = typical + (margin > LEAST_WAIT ? margin : LEAST_WAIT);
    return wait < whole ? wait : whole;
}

/* --- ways and doubt ------------------------------------------------------------------------------ */

bool link_is_avoided(const struct link *link, const struct link_way *way)
{
    return link->port.avoiding && link->port.avoid == way->read->shape && !way->read->unmistakable;
}

/* The first that is beyond doubt; else the one whose doubt ends first. */
struct link_way *link_choose_way(const struct link *link, struct link_poll *poll)
{
    struct link_way *best = &poll->ways[0];
    if (!best->doubt_until && !link_is_avoided(link, best))
        return best; /* never in doubt yet: nearly always */
    int64_t now = link_now(link);
    for (size_t i = 0; i < poll->way_count; i++) {
        struct link_way *way = &poll->ways[i];
        if (now < way->refused_until)
            continue;
        if (now >= way->doubt_until && !link_is_avoided(link, way))
            return way;
        if (way->doubt_until < best->doubt_until)
            best = way;
    }
    return best;
}

int64_t link_barred_until(const struct link *link, struct link_poll *poll)
{
    int64_t doubt_until = link_choose_way(link, poll)->doubt_until;
    if (!doubt_until || !link->spec->line.serial)
        return 0;
    int64_t now = link_now(link);
    return now < doubt_until && now < link->port.late_until ? doubt_until : 0;
}

static void doubt_shape(struct link *link, uint32_t shape)
{
    int64_t until = link_now(link) + DRIVER_LATEST_REPLY;
    for (size_t i = 0; i < link->poll_count; i++)
        for (size_t way = 0; way < link->polls[i].way_count; way++)
            if (link->polls[i].ways[way].read->shape == shape && !link->polls[i].ways[way].read->unmistakable)
                link->polls[i].ways[way].doubt_until = until;
}

/* A garbled reply may have been another's, and the right one not have come yet; nor has it when the line
 * broke off. */
static bool leaves_doubt(int result)
{
    return result == DRIVER_TIMED_OUT || result == DRIVER_GARBLED || result == DRIVER_DISCONNECTED;
}

/* What a greeting, write or capture asks on the way is the driver's own: its reply may be equal to any. */
void link_doubt(struct link *link, const struct link_instrument *instrument, int result)
{
    if (!leaves_doubt(result))
        return;
    for (size_t i = 0; i < instrument->poll_count; i++)
        doubt_shape(link, link->polls[instrument->first_poll + i].ways[0].read->shape);
}

static int refuse(const struct link_instrument *instrument, const char *why, struct driver_fault *fault)
{
    snprintf(fault->text, sizeof(fault->text), "%s: %s", instrument->spec->instrument.name, why);
    fault->stray = true;
    return DRIVER_GARBLED;
}

/* `usual`: by when the right answer to this question would be there. */
static int confirm(struct link *link, const struct link_way *way, const struct link_instrument *instrument,
                   int64_t usual, struct driver_fault *fault)
{
    bool (*listen)(struct driver_line *, int64_t) = link->transport->listen;
    if (!link->spec->line.serial || !listen || !way->doubt_until || link_now(link) >= way->doubt_until)
        return DRIVER_OK;
    if (link_now(link) > usual)
        return refuse(instrument, "an answer came so late that it may be that to an older question", fault);
    if (listen(link->port.line, usual))
        return refuse(instrument, "a second answer came, so the first may be that to an older question",
                      fault);
    return DRIVER_OK;
}

/* --- reading ------------------------------------------------------------------------------------- */

/* samples == NULL: there are none that can be used. */
void link_store(struct link *link, struct link_poll *poll, const struct driver_sample *samples)
{
    int64_t at = link_now(link);
    link_lock(link);
    for (size_t i = 0; i < poll->batch_count; i++)
        link_report_batch(link, &poll->batches[i], samples, at, poll->asked);
    link_unlock(link);
}

/* The instrument knows no such read: an answer, and no fault. */
static bool refuses_way(const struct link_poll *poll, const struct link_way *way, int result)
{
    return result == DRIVER_REJECTED && way != &poll->ways[0];
}

static void leave_way(const struct link *link, struct link_way *way)
{
    unsigned doublings = way->refusals < LONGEST_LEAVE ? way->refusals : LONGEST_LEAVE;
    int64_t until = link_now(link) + (FIRST_LEAVE << doublings);
    way->refusals++;
    way->refused_until = until > way->refused_until ? until : way->refused_until;
}

/* Whoever never answers that way is seldom asked so; whoever was busy, or a line that made a refusal of
 * another answer, must not cost the way for good. */
static void leave_ways(const struct link *link, struct link_poll *poll, struct link_way *refused,
                       const struct driver_fault *fault)
{
    leave_way(link, refused);
    for (struct link_way *way = refused + 1; fault->beyond && way < poll->ways + poll->way_count; way++)
        leave_way(link, way);
}

static int read_by(struct link *link, const struct link_poll *poll, const struct link_way *way, int64_t wait,
                   struct driver_fault *fault)
{
    struct link_port *port = &link->port;
    struct link_instrument *instrument = &link->instruments[poll->instrument];
    int64_t began = link_now(link);
    int result = instrument->spec->driver->read(instrument->device, port->line, way->read, link->samples,
                                                link_deadline(link, wait), fault);
    if (!result) {
        int64_t usual = began + way->read->typical + usual_excess(instrument) + LISTEN_MARGIN;
        learn(instrument, link_now(link) - began - way->read->typical);
        result = confirm(link, way, instrument, usual, fault);
    }
    link_account(link, instrument, refuses_way(poll, way, result) ? DRIVER_OK : result, began, fault);
    link_note_reply(link, instrument, result);
    port->avoiding = leaves_doubt(result);
    if (port->avoiding)
        doubt_shape(link, way->read->shape);
    port->avoid = way->read->shape;
    return result;
}

int link_read_poll(struct link *link, struct link_poll *poll, int64_t wait, struct driver_fault *fault)
{
    struct link_instrument *instrument = &link->instruments[poll->instrument];
    struct link_way *way = link_choose_way(link, poll);
    if (link_is_avoided(link, way) && !link_hold(link))
        return DRIVER_DISCONNECTED;
    poll->asked = link_now(link);
    int result = read_by(link, poll, way, wait, fault);
    if (refuses_way(poll, way, result)) {
        leave_ways(link, poll, way, fault);
        return LINK_AGAIN;
    }
    if (result) {
        link_tell(link);
        return result;
    }
    way->refusals = 0;
    poll->failures = instrument->unread = 0;
    link_instrument_answered(link, instrument);
    link_store(link, poll, link->samples);
    return DRIVER_OK;
}
