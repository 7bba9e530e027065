/* Samples against the truth, and which strikes were noticed. */
#include "drivers/line_time.h"
#include "tests/campaign/campaign.h"

#include <stdlib.h>
#include <string.h>

#define STRIKE_SETTLES (1 * SECOND) /* by then the call that it fell into has ended */

static void queue_sample(struct unit *unit, const struct sample *sample)
{
    if (unit->sample_count == SAMPLES_MAX) {
        totals.unjudged++;
        return;
    }
    unit->samples[(unit->first_sample + unit->sample_count++) % SAMPLES_MAX] = *sample;
}

static void note_steady(struct unit *unit, size_t probe, int64_t at)
{
    int64_t most = unit->line->period * 3 / 2 + 20 * MS;
    if (at - unit->steady[probe].last > most)
        unit->steady[probe].since = at;
    unit->steady[probe].last = at;
}

static void take_samples(struct line *line, const struct link_report *report)
{
    struct unit *unit = &line->units[report->instrument];
    for (size_t i = 0; i < report->samples.count; i++) {
        if (!report->samples.good[i])
            continue;
        struct sample sample = {report->samples.points[i], report->asked, report->at,
                                report->samples.numbers[i]};
        line->episode.taken++;
        note_steady(unit, sample.probe, report->at);
        queue_sample(unit, &sample);
        claims_sampled(unit, &sample);
    }
}

void judge_reports(struct line *line)
{
    struct link_report report;
    while (link_next_report(line->link, &report)) {
        if (report.kind == LINK_REPORT_SAMPLES)
            take_samples(line, &report);
        else if (report.kind == LINK_REPORT_WRITTEN)
            claims_written(line, &report);
        else if (report.kind == LINK_REPORT_CAPTURE)
            records_reported(line, &report);
    }
}

static void complain(struct unit *unit, const struct sample *sample)
{
    fprintf(
        stderr,
        "campaign: WRONG: line %zu (%s), %s.%s = %.10g was taken for good, while %s; asked %.3f ms before\n",
        unit->line->number, transport_names[unit->line->transport], unit->name,
        unit->probes[sample->probe].name, sample->value, episode_row(unit->line)->name,
        (double)(sample->at - sample->asked) / MS);
    truth_print(unit, sample->probe, sample->asked - 30 * MS, sample->at);
    calls_print(unit->line, sample->at - 1500 * MS, sample->at);
    for (size_t i = 0; i < unit->strike_count; i++) {
        const struct strike *strike = &unit->strikes[(unit->first_strike + i) % STRIKES_MAX];
        fprintf(stderr, "    %+10.3f ms: struck by %s\n", (double)(strike->at - sample->at) / MS,
                strike->kind->name);
    }
}

static void judge_sample(struct unit *unit, const struct sample *sample)
{
    totals.samples++;
    switch (truth_shows(unit, sample->probe, sample->value, sample->asked, sample->at)) {
    case TRUE_VALUE:
        unit->line->samples_right++;
        break;
    case FALSE_VALUE:
        totals.wrong++;
        report_cell(episode_row(unit->line), unit->line->transport)->wrong++;
        complain(unit, sample);
        break;
    case UNKNOWN_VALUE:
        totals.unjudged++;
        break;
    }
}

/* A simulator that did not run for longer than a timeout answers, when it goes on, first what was given up
 * meanwhile: what struck that answer struck nothing of the call during which it happened. */
static bool is_stale(const struct strike *strike, const struct call *call, const struct call *before)
{
    return before->unit && before->result && strike->followed && strike->followed <= call->ended;
}

/* Functions 05, 0F, 10 and 16h: the echo of a write does not say which values it was about, or only one bit.
 */
static bool echo_says_little(unsigned function)
{
    return function == 0x05 || function == 0x0F || function == 0x10 || function == 0x16;
}

/* The late echo of an older write stands for one that never came: no protocol reveals that, so a write is
 * believed when it is read back (docs/line-discipline.md). */
static bool is_exchanged(const struct unit *unit, const struct strike *strike)
{
    bool never_came = !strcmp(strike->kind->name, "lost") || !strcmp(strike->kind->name, "unheard");
    return never_came && echo_says_little(strike->function) && unit->late_echo &&
           strike->at - unit->late_echo < DRIVER_LATEST_REPLY;
}

static void judge_strike(struct unit *unit, const struct strike *strike)
{
    struct line *line = unit->line;
    struct cell *cell = report_cell(strike->kind, line->transport);
    struct call call, before;
    totals.faults++;
    cell->injected++;
    if (!calls_find(line, unit, strike->at, &call, &before))
        return;
    if (call.result) {
        cell->detected++;
        if (!strcmp(strike->kind->name, "late") && echo_says_little(strike->function))
            unit->late_echo = strike->at;
    } else if (strike->kind->revealed && line->transport <= TCP) {
        if (is_stale(strike, &call, &before)) {
            totals.stale++;
            return;
        }
        if (is_exchanged(unit, strike)) {
            totals.exchanged++;
            return;
        }
        totals.unnoticed++;
        fprintf(stderr, "campaign: NOT NOTICED: line %zu (%s), %s: function %02X, struck by %s, succeeded\n",
                line->number, transport_names[line->transport], unit->name, strike->function,
                strike->kind->name);
        calls_print(line, strike->at - 2000 * MS, strike->at);
    }
}

void judge_pending(struct line *line, int64_t now)
{
    for (size_t i = 0; i < line->unit_count; i++) {
        struct unit *unit = &line->units[i];
        while (unit->sample_count && unit->samples[unit->first_sample].at < unit->truth.seen) {
            judge_sample(unit, &unit->samples[unit->first_sample]);
            unit->first_sample = (unit->first_sample + 1) % SAMPLES_MAX;
            unit->sample_count--;
        }
        while (unit->strike_count && unit->strikes[unit->first_strike].at < now - STRIKE_SETTLES) {
            judge_strike(unit, &unit->strikes[unit->first_strike]);
            unit->first_strike = (unit->first_strike + 1) % STRIKES_MAX;
            unit->strike_count--;
        }
    }
}
