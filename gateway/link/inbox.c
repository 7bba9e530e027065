/* What the control loop asks for: writes with their priorities and epochs, reads. */
#include "gateway/link/internal.h"

#include <string.h>

static struct link_slot *slots(struct link_inbox *inbox, enum link_priority priority)
{
    return priority == LINK_SAFE ? inbox->safe : inbox->heartbeat;
}

static size_t *pending_count(struct link_inbox *inbox, enum link_priority priority)
{
    return priority == LINK_SAFE ? &inbox->safe_pending : &inbox->heartbeat_pending;
}

/* Takes the commands for which `dead` says so out of the queue and reports each. */
static void drop_commands(struct link *link,
                          bool (*dead)(const struct link *, const struct link_write *, const void *),
                          const void *context, int result, const char *why)
{
    struct link_inbox *inbox = &link->inbox;
    size_t kept = 0;
    for (size_t i = 0; i < inbox->waiting; i++) {
        const struct link_write *command = &inbox->commands[(inbox->first + i) % LINK_COMMANDS_MAX];
        if (dead(link, command, context))
            link_report_written(link, command, result, why);
        else
            inbox->commands[(inbox->first + kept++) % LINK_COMMANDS_MAX] = *command;
    }
    inbox->waiting = kept;
}

static bool same_output(const struct link *link, const struct link_write *command, const void *context)
{
    const struct link_write *safe = context;
    (void)link;
    return command->instrument == safe->instrument && command->point == safe->point;
}

static bool old_epoch(const struct link *link, const struct link_write *command, const void *context)
{
    const struct link_epoch *epoch = context;
    return link->instruments[command->instrument].spec->rig == epoch->rig && command->epoch != epoch->current;
}

static bool any_command(const struct link *link, const struct link_write *command, const void *context)
{
    (void)link, (void)command, (void)context;
    return true;
}

static bool same_value(const struct driver_value *value, const struct driver_value *other)
{
    return value->number == other->number && strcmp(value->text, other->text) == 0;
}

/* What is put again with the same value keeps its turn: however often an edge asks for the same outputs, each
 * of them goes out. */
static void put_slot(struct link *link, const struct link_write *write, size_t output)
{
    struct link_slot *slot = &slots(&link->inbox, write->priority)[output];
    bool again = slot->pending && same_value(&slot->write.value, &write->value);
    uint64_t order = again ? slot->order : ++link->inbox.order;
    if (slot->pending)
        link_report_written(link, &slot->write, LINK_REPLACED,
                            "a newer value for the same output came first");
    else
        ++*pending_count(&link->inbox, write->priority);
    *slot = (struct link_slot){.write = *write, .order = order, .pending = true};
    if (write->priority == LINK_SAFE)
        drop_commands(link, same_output, write, LINK_REPLACED, "a safe write to the same output overtook it");
}

static int put_command(struct link *link, const struct link_write *write)
{
    struct link_inbox *inbox = &link->inbox;
    if (inbox->unread >= LINK_COMMANDS_MAX)
        return LINK_FULL;
    inbox->commands[(inbox->first + inbox->waiting++) % LINK_COMMANDS_MAX] = *write;
    inbox->unread++;
    return LINK_OK;
}

int link_write(struct link *link, const struct link_write *write)
{
    int result = LINK_OK;
    if (write->instrument >= link->spec->instrument_count)
        return LINK_NO_SUCH;
    const struct link_instrument *instrument = &link->instruments[write->instrument];
    if (write->point >= instrument->spec->instrument.point_count ||
        instrument->outputs[write->point] == LINK_NOWHERE)
        return LINK_NO_SUCH;
    link_lock(link);
    if (write->priority == LINK_COMMAND)
        result = put_command(link, write);
    else
        put_slot(link, write, instrument->outputs[write->point]);
    link_nudge(link);
    link_unlock(link);
    return result;
}

static bool is_read(const struct link *link, uint16_t instrument, uint16_t point)
{
    return instrument < link->spec->instrument_count &&
           point < link->instruments[instrument].spec->instrument.point_count &&
           link->instruments[instrument].covering[point] != LINK_NOWHERE;
}

static void want_point(struct link *link, uint16_t instrument, uint16_t point)
{
    struct link_poll *poll = &link->polls[link->instruments[instrument].covering[point]];
    if (poll->wanted)
        return;
    poll->wanted = true;
    poll->wanted_order = ++link->inbox.order;
    link->inbox.wanted++;
    link_nudge(link);
}

void link_read(struct link *link, uint16_t instrument, uint16_t point)
{
    if (!is_read(link, instrument, point))
        return;
    link_lock(link);
    want_point(link, instrument, point);
    link_unlock(link);
}

void link_set_epoch(struct link *link, uint16_t rig, uint64_t epoch)
{
    if (rig >= link->spec->rig_count)
        return;
    struct link_epoch *entry = &link->inbox.epochs[rig];
    const struct link_flight *flight = &link->inbox.flight;
    link_lock(link);
    entry->current = epoch;
    drop_commands(link, old_epoch, entry, LINK_OLD_EPOCH,
                  "the right to control has changed since it was queued");
    if (flight->active && flight->rig == rig && flight->epoch != epoch)
        entry->owed = true;
    else
        link_report_epoch(link, entry);
    link_unlock(link);
}

/* --- the thread's side ------------------------------------------------------------------------ */

static bool answers(const struct link *link, const struct link_slot *slot)
{
    const struct link_instrument *instrument = &link->instruments[slot->write.instrument];
    return instrument->up && !instrument->silent;
}

static unsigned failures_of(const struct link *link, const struct link_slot *slot)
{
    return link->instruments[slot->write.instrument].failures;
}

/* In the order in which they came, but those to instruments that do not answer after the others, and of these
 * the one that has failed least: a single lost reply must not wait until a dead neighbour is given up. */
static bool goes_before(const struct link *link, const struct link_slot *slot, const struct link_slot *other)
{
    bool good = answers(link, slot), other_good = answers(link, other);
    if (good != other_good)
        return good;
    unsigned failures = good ? 0 : failures_of(link, slot),
             other_failures = good ? 0 : failures_of(link, other);
    return failures != other_failures ? failures < other_failures : slot->order < other->order;
}

/* The first safe write to an instrument waits for no poll, nor do those after it while they succeed. */
static bool may_wait(const struct link *link, const struct link_slot *slot)
{
    return slot->write.priority == LINK_HEARTBEAT || slot->tries > 0 ||
           link->instruments[slot->write.instrument].deaf;
}

bool link_take_slot(struct link *link, enum link_priority priority, struct link_slot *taken)
{
    struct link_inbox *inbox = &link->inbox;
    struct link_slot *first = NULL;
    link_lock(link);
    for (size_t i = 0; *pending_count(inbox, priority) && i < inbox->outputs; i++) {
        struct link_slot *slot = &slots(inbox, priority)[i];
        if (!slot->pending)
            continue;
        if (may_wait(link, slot) && link_yields(link, &link->instruments[slot->write.instrument]))
            link->held_back = true;
        else if (!first || goes_before(link, slot, first))
            first = slot;
    }
    if (first) {
        *taken = *first;
        first->pending = false;
        --*pending_count(inbox, priority);
    }
    link_unlock(link);
    return first;
}

void link_return_slot(struct link *link, const struct link_slot *slot)
{
    const struct link_write *write = &slot->write;
    size_t output = link->instruments[write->instrument].outputs[write->point];
    link_lock(link);
    struct link_slot *place = &slots(&link->inbox, write->priority)[output];
    if (place->pending) {
        link_report_written(link, write, LINK_REPLACED, "a newer value for the same output came first");
    } else {
        *place = *slot;
        ++*pending_count(&link->inbox, write->priority);
    }
    link_unlock(link);
}

bool link_peek_command(struct link *link, uint16_t *instrument)
{
    struct link_inbox *inbox = &link->inbox;
    link_lock(link);
    bool any = inbox->waiting > 0;
    if (any)
        *instrument = inbox->commands[inbox->first].instrument;
    link_unlock(link);
    return any;
}

/* NULL: it may go out. */
static const char *too_late_or_old(const struct link *link, const struct link_write *write, int *result)
{
    uint16_t rig = link->instruments[write->instrument].spec->rig;
    *result = write->epoch != link->inbox.epochs[rig].current ? LINK_OLD_EPOCH : LINK_TOO_LATE;
    if (*result == LINK_OLD_EPOCH)
        return "the command is of another epoch than the one in force";
    return link_now(link) > write->until ? "the line was busy until its time had passed" : NULL;
}

/* The last check of a command before its bytes go out: under the same lock it is marked as in flight, so that
 * a change of epoch comes either before (it is dropped here) or after (the acknowledgement waits). */
bool link_take_command(struct link *link, uint16_t instrument, struct link_write *write)
{
    struct link_inbox *inbox = &link->inbox;
    bool taken = false;
    link_lock(link);
    if (inbox->waiting && inbox->commands[inbox->first].instrument == instrument) {
        *write = inbox->commands[inbox->first];
        inbox->first = (inbox->first + 1) % LINK_COMMANDS_MAX;
        inbox->waiting--;
        uint16_t rig = link->instruments[instrument].spec->rig;
        int result;
        const char *why = too_late_or_old(link, write, &result);
        taken = !why;
        if (taken)
            inbox->flight = (struct link_flight){.active = true, .rig = rig, .epoch = write->epoch};
        else
            link_report_written(link, write, result, why);
    }
    link_unlock(link);
    return taken;
}

void link_settle(struct link *link)
{
    link_lock(link);
    link->inbox.flight.active = false;
    for (size_t i = 0; i < link->spec->rig_count; i++)
        if (link->inbox.epochs[i].owed)
            link_report_epoch(link, &link->inbox.epochs[i]);
    link_unlock(link);
}

void link_written(struct link *link, const struct link_write *write, int result, const char *why)
{
    bool read_back = result == DRIVER_OK && write->priority == LINK_COMMAND && write->read_back &&
                     is_read(link, write->instrument, write->shown_by);
    link_lock(link);
    struct link_outcome *outcome = link_report_written(link, write, result, why);
    outcome->read_back = read_back;
    if (read_back) {
        want_point(link, write->instrument, write->shown_by);
        /* The read tells both: the loop would take the processor that it needs. It must know in time, though,
         * that the command was acknowledged. */
        const struct link_poll *poll =
            &link->polls[link->instruments[write->instrument].covering[write->shown_by]];
        link->reports.untold = write->until - link_now(link) > link_reply_wait(link, poll, true);
        link->reports.fresh = !link->reports.untold;
    }
    link_unlock(link);
}

void link_refuse_all(struct link *link, const char *why)
{
    static const enum link_priority priorities[] = {LINK_SAFE, LINK_HEARTBEAT};
    for (size_t i = 0; i < sizeof(priorities) / sizeof(*priorities); i++)
        for (struct link_slot slot; link_take_slot(link, priorities[i], &slot);)
            link_written(link, &slot.write, DRIVER_DISCONNECTED, why);
    link_lock(link);
    drop_commands(link, any_command, NULL, DRIVER_DISCONNECTED, why);
    for (size_t i = 0; link->inbox.wanted && i < link->poll_count; i++)
        link->polls[i].wanted = false;
    link->inbox.wanted = 0;
    link_unlock(link);
}
