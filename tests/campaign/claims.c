/* Writes: issued, acknowledged, believed, and whether that was so. */
#include "tests/campaign/campaign.h"

#include <math.h>

#define BELIEF (800 * MS) /* within which the value must be read back */

static bool shows(const struct probe *probe, double one, double other)
{
    return one == other || fabs(one - other) <= probe->tolerance * fmax(fabs(one), fabs(other));
}

static void end(struct line *line, struct claim *claim, int64_t now)
{
    const struct episode *episode = &line->episode;
    bool wanted = episode->phase == STRIKING && episode->count && episode->armed[0]->on_writes;
    claim->active = false;
    claim->next = now + (wanted ? 0 : (500 + random_below(&line->choices, 1000)) * MS);
}

static void issue(struct unit *unit, size_t index, int64_t now)
{
    struct line *line = unit->line;
    const struct probe *probe = &unit->probes[index];
    struct claim *claim = &unit->claims[index];
    double old = claim->value;
    if (probe->form == AS_BIT)
        claim->value = !old;
    else
        while (claim->value == old)
            claim->value = probe->lowest + probe->step * random_below(&line->choices, 60000);
    *claim = (struct claim){.active = true, .ticket = ++line->ticket, .value = claim->value, .issued = now};
    const struct link_write write = {
        .instrument = (uint16_t)(unit - line->units),
        .point = (uint16_t)index,
        .priority = random_below(&line->choices, 4) ? LINK_COMMAND : LINK_SAFE,
        .ticket = claim->ticket,
        .until = INT64_MAX,
        .value = {.number = claim->value},
    };
    if (link_write(line->link, &write))
        end(line, claim, now);
    else
        totals.writes++;
}

void claims_written(struct line *line, const struct link_report *report)
{
    struct unit *unit = &line->units[report->instrument];
    for (size_t i = 0; i < unit->probe_count; i++) {
        struct claim *claim = &unit->claims[i];
        if (!claim->active || claim->ticket != report->written.ticket)
            continue;
        claim->acknowledged = report->written.result == 0;
        claim->acknowledged_at = report->at;
        totals.acknowledged += claim->acknowledged;
        if (!claim->acknowledged)
            end(line, claim, report->at);
    }
}

void claims_sampled(struct unit *unit, const struct sample *sample)
{
    struct claim *claim = &unit->claims[sample->probe];
    if (!claim->active || !claim->acknowledged || claim->seen || sample->asked < claim->acknowledged_at ||
        !shows(&unit->probes[sample->probe], sample->value, claim->value))
        return;
    claim->seen = true;
    claim->shown = *sample;
}

static void judge(struct unit *unit, size_t index, int64_t now)
{
    struct claim *claim = &unit->claims[index];
    totals.acknowledged_falsely +=
        truth_shows(unit, index, claim->value, claim->issued, claim->acknowledged_at) == FALSE_VALUE;
    totals.believed += claim->seen;
    if (claim->seen &&
        truth_shows(unit, index, claim->value, claim->issued, claim->shown.at) == FALSE_VALUE) {
        totals.believed_falsely++;
        report_cell(episode_row(unit->line), unit->line->transport)->wrong++;
        fprintf(stderr, "campaign: FALSELY BELIEVED: line %zu (%s), %s.%s = %.10g, while %s\n",
                unit->line->number, transport_names[unit->line->transport], unit->name,
                unit->probes[index].name, claim->value, episode_row(unit->line)->name);
        truth_print(unit, index, claim->issued, claim->shown.at);
        calls_print(unit->line, claim->issued, claim->shown.at);
    }
    end(unit->line, claim, now);
}

void claims_step(struct line *line, int64_t now)
{
    for (size_t i = 0; i < line->unit_count && line->role == STRUCK; i++) {
        struct unit *unit = &line->units[i];
        for (size_t k = 0; k < unit->probe_count; k++) {
            struct claim *claim = &unit->claims[k];
            if (!unit->points[k].writable)
                continue;
            if (!claim->active && now >= claim->next)
                issue(unit, k, now);
            else if (claim->active && claim->acknowledged &&
                     (claim->seen ? unit->truth.seen > claim->shown.at
                                  : unit->truth.seen > claim->acknowledged_at + BELIEF))
                judge(unit, k, now);
        }
    }
}
