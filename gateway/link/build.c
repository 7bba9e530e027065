/* Everything a link will ever need, allocated once: instruments, plans, places for writes and reports. */
#include "drivers/line_time.h"
#include "gateway/link/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_text(const struct link_instrument *instrument, uint16_t point)
{
    return instrument->spec->instrument.points[point].type == DRIVER_TEXT;
}

/* --- instruments ------------------------------------------------------------------------------ */

static int build_transfer(struct link_instrument *instrument)
{
    if (!instrument->spec->instrument.waveform_count)
        return LINK_OK;
    instrument->transfer = calloc(1, sizeof(*instrument->transfer));
    if (!instrument->transfer)
        return LINK_NO_MEMORY;
    instrument->transfer->node.kind = LINK_REPORT_CAPTURE;
    instrument->transfer->buffer = malloc(LINK_TRANSFER_BUFFER);
    return instrument->transfer->buffer ? LINK_OK : LINK_NO_MEMORY;
}

static int build_instrument(struct link *link, size_t index, struct driver_fault *fault)
{
    struct link_instrument *instrument = &link->instruments[index];
    const struct link_instrument_spec *spec = &link->spec->instruments[index];
    size_t points = spec->instrument.point_count;
    instrument->spec = spec;
    if (spec->driver->transport != link->transport) {
        snprintf(fault->text, sizeof(fault->text),
                 "%s: driver %s speaks %s, but the line %s carries %s already", spec->instrument.name,
                 spec->driver->name, spec->driver->transport->name, link->spec->name, link->transport->name);
        return LINK_BAD_DRIVER;
    }
    for (size_t i = 0; i < 2; i++) {
        instrument->changes[i].node.kind = LINK_REPORT_INSTRUMENT;
        instrument->changes[i].instrument = (uint16_t)index;
    }
    instrument->outputs = malloc((points ? points : 1) * sizeof(*instrument->outputs));
    instrument->covering = malloc((points ? points : 1) * sizeof(*instrument->covering));
    if (!instrument->outputs || !instrument->covering)
        return LINK_NO_MEMORY;
    memset(instrument->outputs, 0xff, points * sizeof(*instrument->outputs));
    memset(instrument->covering, 0xff, points * sizeof(*instrument->covering));
    if (spec->driver->create(&spec->instrument, &instrument->device, fault))
        return LINK_BAD_DRIVER;
    return build_transfer(instrument);
}

/* --- plans ------------------------------------------------------------------------------------ */

/* Splits what is read together into what fits a report: text points alone, others up to LINK_SAMPLES_MAX. */
static size_t batch_length(const struct link_instrument *instrument, const struct driver_read *read,
                           size_t first)
{
    size_t length = 1;
    if (is_text(instrument, read->points[first]))
        return 1;
    while (first + length < read->count && length < LINK_SAMPLES_MAX &&
           !is_text(instrument, read->points[first + length]))
        length++;
    return length;
}

/* Somebody waits for what is read only on request, and what is read fast would replace itself unread. */
static bool is_decisive(const struct link_instrument *instrument, const struct link_batch *batch,
                        int64_t period)
{
    const bool *decisive = instrument->spec->decisive;
    bool waits = decisive && period >= 2 * LINK_LOOK;
    for (size_t i = 0; waits && i < batch->count; i++)
        waits = !decisive[batch->points[i]];
    return !waits;
}

static int build_batch(struct link_batch *batch, const struct link_instrument *instrument,
                       const struct driver_read *read, size_t first, size_t length)
{
    batch->node.kind = LINK_REPORT_SAMPLES;
    batch->count = (uint16_t)length;
    batch->first = first;
    batch->points = read->points + first;
    batch->numbers = calloc(length, sizeof(*batch->numbers));
    batch->good = calloc(length, sizeof(*batch->good));
    if (is_text(instrument, read->points[first]) && !(batch->text = calloc(1, DRIVER_TEXT_MAX)))
        return LINK_NO_MEMORY;
    return batch->numbers && batch->good ? LINK_OK : LINK_NO_MEMORY;
}

static int build_poll(struct link *link, struct link_poll *poll, uint16_t index,
                      const struct driver_read *read, int64_t period)
{
    struct link_instrument *instrument = &link->instruments[index];
    size_t batches = 0, made = 0;
    for (size_t first = 0; first < read->count; first += batch_length(instrument, read, first))
        batches++;
    *poll = (struct link_poll){.points = read->count, .instrument = index, .period = period};
    for (const struct driver_read *way = read; way && poll->way_count < LINK_WAYS_MAX; way = way->other)
        poll->ways[poll->way_count++].read = way;
    poll->batches = calloc(batches ? batches : 1, sizeof(*poll->batches));
    if (!poll->batches)
        return LINK_NO_MEMORY;
    poll->batch_count = batches;
    for (size_t first = 0; first < read->count; made++) {
        size_t length = batch_length(instrument, read, first);
        poll->batches[made].instrument = index;
        int result = build_batch(&poll->batches[made], instrument, read, first, length);
        poll->batches[made].decisive = is_decisive(instrument, &poll->batches[made], period);
        link->leaves |= !poll->batches[made].decisive;
        if (result)
            return result;
        first += length;
    }
    for (size_t i = 0; i < read->count; i++)
        instrument->covering[read->points[i]] = (uint16_t)(poll - link->polls);
    return LINK_OK;
}

static int add_polls(struct link *link, uint16_t index, const struct driver_read *reads, size_t count,
                     int64_t period)
{
    size_t total = link->poll_count + count;
    if (total >= LINK_NOWHERE)
        return LINK_NO_MEMORY;
    struct link_poll *polls = realloc(link->polls, (total ? total : 1) * sizeof(*polls));
    if (!polls)
        return LINK_NO_MEMORY;
    link->polls = polls;
    for (size_t i = 0; i < count; i++) {
        int result = build_poll(link, &link->polls[link->poll_count++], index, &reads[i], period);
        if (result)
            return result;
    }
    link->instruments[index].poll_count += count;
    return LINK_OK;
}

struct planning {
    struct link *link;
    uint16_t instrument;
};

static int add_planned(void *context, int64_t period, const struct driver_read *reads, size_t count)
{
    const struct planning *planning = context;
    return add_polls(planning->link, planning->instrument, reads, count, period);
}

static int plan_instrument(struct link *link, uint16_t index, struct driver_fault *fault)
{
    struct link_instrument *instrument = &link->instruments[index];
    const struct link_instrument_spec *spec = instrument->spec;
    struct planning planning = {link, index};
    size_t total = spec->instrument.point_count;
    uint16_t *points = malloc((total ? total : 1) * sizeof(*points));
    if (!points)
        return LINK_NO_MEMORY;
    instrument->first_poll = link->poll_count;
    int result = driver_plan_polls(spec->driver, instrument->device, &spec->instrument, &link->spec->line,
                                   spec->polls, points, add_planned, &planning);
    free(points);
    if (!result)
        return LINK_OK;
    if (result == DRIVER_NO_MEMORY || result == LINK_NO_MEMORY) {
        snprintf(fault->text, sizeof(fault->text),
                 "%s: no memory for its polls, or too many polls on this line", spec->instrument.name);
        return LINK_NO_MEMORY;
    }
    snprintf(fault->text, sizeof(fault->text), "%s: planning its reads failed", spec->instrument.name);
    return LINK_BAD_DRIVER;
}

static int build_samples(struct link *link)
{
    size_t most = 1;
    for (size_t i = 0; i < link->poll_count; i++)
        most = link->polls[i].points > most ? link->polls[i].points : most;
    link->samples = calloc(most, sizeof(*link->samples));
    return link->samples ? LINK_OK : LINK_NO_MEMORY;
}

/* --- writes and reports ----------------------------------------------------------------------- */

static int build_inbox(struct link *link)
{
    struct link_inbox *inbox = &link->inbox;
    for (size_t i = 0; i < link->spec->instrument_count; i++) {
        const struct driver_instrument_spec *spec = &link->instruments[i].spec->instrument;
        for (size_t point = 0; point < spec->point_count; point++)
            if (spec->points[point].writable)
                link->instruments[i].outputs[point] = (uint16_t)inbox->outputs++;
    }
    inbox->safe = calloc(inbox->outputs + 1, sizeof(*inbox->safe));
    inbox->heartbeat = calloc(inbox->outputs + 1, sizeof(*inbox->heartbeat));
    inbox->epochs = calloc(link->spec->rig_count + 1, sizeof(*inbox->epochs));
    if (!inbox->safe || !inbox->heartbeat || !inbox->epochs)
        return LINK_NO_MEMORY;
    for (size_t i = 0; i < link->spec->rig_count; i++) {
        inbox->epochs[i].node.kind = LINK_REPORT_EPOCH;
        inbox->epochs[i].rig = (uint16_t)i;
    }
    return LINK_OK;
}

static int build_reports(struct link *link)
{
    size_t count = LINK_COMMANDS_MAX + LINK_OUTCOMES_PER_OUTPUT * (link->inbox.outputs + 1);
    struct link_outcome *outcomes = calloc(count, sizeof(*outcomes));
    if (!outcomes)
        return LINK_NO_MEMORY;
    link_reports_init(&link->reports, outcomes, count, link->reports.wake);
    return LINK_OK;
}

static int64_t shortest_period(const struct link *link)
{
    int64_t shortest = INT64_MAX;
    for (size_t i = 0; i < link->poll_count; i++)
        if (link->polls[i].period && link->polls[i].period < shortest)
            shortest = link->polls[i].period;
    return shortest;
}

int link_build(struct link *link, struct driver_fault *fault)
{
    const struct link_spec *spec = link->spec;
    int result = LINK_OK;
    if (!spec->instrument_count) {
        snprintf(fault->text, sizeof(fault->text), "%s: no instrument is on this line", spec->name);
        return LINK_BAD_DRIVER;
    }
    link->line = spec->line;
    if (spec->line.host) {
        driver_find_host(spec->line.host, link->address);
        link->line.host = link->address;
    }
    link->transport = spec->instruments[0].driver->transport;
    link->port.quiet = driver_quiet_time(&spec->line);
    link->port.reopen_at = INT64_MIN;
    link->held_until = INT64_MAX;
    link->port.random = (uint64_t)link_now(link) ^ (uintptr_t)link ^ 0x9e3779b97f4a7c15u;
    link->instruments = calloc(spec->instrument_count, sizeof(*link->instruments));
    if (!link->instruments)
        return LINK_NO_MEMORY;
    for (size_t i = 0; !result && i < spec->instrument_count; i++)
        result = build_instrument(link, i, fault);
    for (size_t i = 0; !result && i < spec->instrument_count; i++)
        result = plan_instrument(link, (uint16_t)i, fault);
    link->grid = driver_wake_grid(&spec->line, shortest_period(link));
    if (!result)
        result = build_samples(link);
    if (!result)
        result = build_inbox(link);
    return result ? result : build_reports(link);
}

static void dismantle_instrument(struct link_instrument *instrument)
{
    if (!instrument->spec)
        return;
    instrument->spec->driver->destroy(instrument->device);
    free(instrument->outputs);
    free(instrument->covering);
    if (instrument->transfer)
        free(instrument->transfer->buffer);
    free(instrument->transfer);
}

void link_dismantle(struct link *link)
{
    for (size_t i = 0; i < link->poll_count; i++) {
        for (size_t k = 0; k < link->polls[i].batch_count; k++) {
            free(link->polls[i].batches[k].numbers);
            free(link->polls[i].batches[k].good);
            free(link->polls[i].batches[k].text);
        }
        free(link->polls[i].batches);
    }
    for (size_t i = 0; link->instruments && i < link->spec->instrument_count; i++)
        dismantle_instrument(&link->instruments[i]);
    free(link->polls);
    free(link->instruments);
    free(link->samples);
    free(link->inbox.safe);
    free(link->inbox.heartbeat);
    free(link->inbox.epochs);
    free(link->reports.outcomes);
}
