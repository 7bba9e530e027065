/* Reads by an absolute schedule: the k-th turn of a poll is due at its first plus k periods, whatever the
 * work took. */
#include "gateway/link/internal.h"

#define LATENESS_SHIFT 16

static void note_lateness(struct link_counters *counters, int64_t late)
{
    int64_t mean = atomic_load_explicit(&counters->lateness, memory_order_relaxed);
    atomic_store_explicit(&counters->lateness, mean + (late - mean) / LATENESS_SHIFT, memory_order_relaxed);
    if (late > atomic_load_explicit(&counters->worst_lateness, memory_order_relaxed))
        atomic_store_explicit(&counters->worst_lateness, late, memory_order_relaxed);
}

/* The turn that was due is done. A poll may be behind by less than a turn and makes up for it when the line
 * has time; turns beyond that are missed. */
static void advance(struct link *link, struct link_poll *poll, int64_t began)
{
    poll->again = false;
    if (!poll->period || began < poll->due)
        return;
    note_lateness(&link->counters, began - poll->due);
    atomic_fetch_add_explicit(&link->counters.polls, 1, memory_order_relaxed);
    poll->due += poll->period;
    int64_t behind = link_now(link) - poll->due;
    if (behind < poll->period)
        return;
    int64_t missed = behind / poll->period;
    poll->due += missed * poll->period;
    atomic_fetch_add_explicit(&link->counters.missed_polls, (uint64_t)missed, memory_order_relaxed);
}

static bool worth_another_try(const struct link_poll *poll, int result)
{
    return !poll->again &&
           (result == DRIVER_TIMED_OUT || result == DRIVER_GARBLED || result == DRIVER_DISCONNECTED);
}

static void poll_failed(struct link *link, struct link_poll *poll, int result,
                        const struct driver_fault *fault)
{
    struct link_instrument *instrument = &link->instruments[poll->instrument];
    if (++poll->failures >= link_lost_after(instrument))
        link_store(link, poll, NULL);
    link_instrument_unread(link, instrument, fault->text[0] ? fault->text : driver_result_name(result));
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
    if (result == LINK_AGAIN)
        return;
    if (wanted)
        want(link, poll, false);
    if (!result)
        result = link_read_poll(link, poll, link_reply_wait(link, poll, poll->again), &fault);
    bool again = result < 0 && worth_another_try(poll, result);
    if (again || result == LINK_AGAIN) {
        poll->again |= again;
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
        if (!poll->period || poll->due > now || !link->instruments[poll->instrument].up ||
            link_yields(link, &link->instruments[poll->instrument]) || link_barred_until(link, poll))
            continue;
        bool avoid = link_is_avoided(link, link_choose_way(link, poll));
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
    int64_t barred;
    link_lock(link);
    for (size_t i = 0; link->inbox.wanted && i < link->poll_count; i++) {
        struct link_poll *poll = &link->polls[i];
        if (poll->wanted && !link->instruments[poll->instrument].up) {
            poll->wanted = false;
            link->inbox.wanted--;
        } else if (poll->wanted && link_yields(link, &link->instruments[poll->instrument])) {
            link->held_back = true;
        } else if (poll->wanted && (barred = link_barred_until(link, poll))) {
            link->held_back = true;
            link->held_until = barred < link->held_until ? barred : link->held_until;
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
    int64_t next = link->held_until;
    for (size_t i = 0; i < link->poll_count; i++) {
        struct link_poll *poll = &link->polls[i];
        if (!poll->period || poll->due >= next || !link->instruments[poll->instrument].up)
            continue;
        int64_t barred = link_barred_until(link, poll);
        int64_t at = barred > poll->due ? barred : poll->due;
        next = at < next ? at : next;
    }
    return next;
}
