#include "tests/campaign/campaign.h"

#include <stdlib.h>

#define RETURN_WITHIN 2.0 /* s */

struct totals totals;
static struct cell cells[KINDS_MAX][TRANSPORTS];

struct cell *report_cell(const struct kind *kind, enum transport transport)
{
    return &cells[kind_index(kind)][transport];
}

void report_return(struct line *line, double seconds)
{
    struct cell *cell = report_cell(episode_row(line), line->transport);
    if (cell->return_count == cell->return_room) {
        cell->return_room = 2 * cell->return_room + 64;
        cell->returns = realloc(cell->returns, cell->return_room * sizeof *cell->returns);
        if (!cell->returns)
            campaign_die("keeping times");
    }
    cell->returns[cell->return_count++] = seconds;
    if (seconds <= RETURN_WITHIN)
        return;
    int64_t now = campaign_now();
    bool burdened = burden_was(now - (int64_t)((seconds + 1) * SECOND), now);
    totals.late_returns += !burdened;
    totals.burdened_returns += burdened;
    fprintf(stderr, "campaign: %s: line %zu (%s) was back %.2f s after the end of %s\n",
            burdened ? "LATE, BUSY" : "LATE", line->number, transport_names[line->transport], seconds,
            episode_row(line)->name);
    calls_print(line, campaign_now() - SECOND, campaign_now());
}

static int ascending(const void *one, const void *other)
{
    double difference = *(const double *)one - *(const double *)other;
    return (difference > 0) - (difference < 0);
}

static void print_cell(const struct kind *kind, enum transport transport)
{
    struct cell *cell = report_cell(kind, transport);
    if (!cell->injected && !cell->return_count && !cell->wrong)
        return;
    printf("%-18s %-9s %9llu %9llu %6llu %8llu", kind->name, transport_names[transport],
           (unsigned long long)cell->injected, (unsigned long long)cell->detected,
           (unsigned long long)cell->wrong, (unsigned long long)cell->lost);
    if (cell->return_count) {
        qsort(cell->returns, cell->return_count, sizeof *cell->returns, ascending);
        printf(" %9zu %8.2f %8.2f", cell->return_count, cell->returns[cell->return_count / 2],
               cell->returns[cell->return_count - 1]);
    }
    printf("\n");
}

static enum outcome worse(enum outcome one, enum outcome other)
{
    return one == BROKEN || other == BROKEN ? BROKEN : one == NOT_JUDGED ? one : other;
}

/* `excused`: a machine that is busy with others may have done it. */
static enum outcome promise(const char *what, bool kept, bool excused)
{
    enum outcome outcome = kept ? KEPT : excused ? NOT_JUDGED : BROKEN;
    static const char *const words[] = {"kept", "BROKEN", "BUSY"};
    printf("%-7s %s\n", words[outcome], what);
    return outcome;
}

struct rates {
    double lines, right, polls;
};

static struct rates rates_of(const struct line *lines, size_t count, enum role role)
{
    struct rates rates = {0};
    for (size_t i = 0; i < count; i++) {
        struct link_health health;
        if (lines[i].role != role)
            continue;
        link_health(lines[i].link, &health);
        rates.lines++;
        rates.right += (double)lines[i].samples_right;
        rates.polls += (double)health.polls;
    }
    return rates;
}

#define BURDEN_MOST 0.02 /* of a run whose rates are to be judged */

static enum outcome promise_rates(const struct line *lines, size_t count)
{
    char text[160];
    struct rates struck = rates_of(lines, count, EIGHT_PERCENT), whole = rates_of(lines, count, FAULTLESS);
    if (!struck.lines || !whole.lines)
        return KEPT;
    bool excused = burden_share() > BURDEN_MOST;
    double right = struck.right / struck.lines / (whole.right / whole.lines);
    double polls = struck.polls / struck.lines / (whole.polls / whole.lines);
    snprintf(text, sizeof text,
             "with 8 %% of an RTU line's requests faulty: %.1f %% of the samples right (95 %%)", 100 * right);
    enum outcome outcome = promise(text, right >= 0.95, excused);
    snprintf(text, sizeof text, "and %.1f %% of a faultless line's polls made (90 %%)", 100 * polls);
    return worse(outcome, promise(text, polls >= 0.9, excused));
}

static void print_sums(size_t count, double seconds)
{
    printf("\n%llu faults in %.0f s on %zu lines; %llu samples judged, %llu not (the trace did not reach "
           "back)\n",
           (unsigned long long)totals.faults, seconds, count, (unsigned long long)totals.samples,
           (unsigned long long)totals.unjudged);
    printf("%llu writes: %llu acknowledged (%llu of them not done), %llu read back\n",
           (unsigned long long)totals.writes, (unsigned long long)totals.acknowledged,
           (unsigned long long)totals.acknowledged_falsely, (unsigned long long)totals.believed);
    printf("%llu records: %llu failed\n", (unsigned long long)totals.records,
           (unsigned long long)totals.failed_records);
    printf("%llu faults struck an answer that came after its request was given up\n",
           (unsigned long long)totals.stale);
    printf("%llu struck a write that the late echo of an older one acknowledged\n",
           (unsigned long long)totals.exchanged);
    printf("other programs kept this machine busy for %.1f %% of the time\n\n", 100 * burden_share());
}

enum outcome report_print(struct line *lines, size_t count, double seconds)
{
    printf("%-18s %-9s %9s %9s %6s %8s %9s %8s %8s\n", "fault", "line", "injected", "detected", "wrong",
           "lost", "episodes", "median s", "worst s");
    for (const struct kind *kind = kinds; kind->name; kind++)
        for (enum transport transport = RTU; transport < TRANSPORTS; transport++)
            print_cell(kind, transport);
    print_sums(count, seconds);
    bool busy = burden_share() > BURDEN_MOST;
    enum outcome outcome = promise("no wrong value was taken for good", totals.wrong == 0, false);
    outcome = worse(
        outcome, promise("no write that did not happen was believed", totals.believed_falsely == 0, false));
    outcome =
        worse(outcome, promise("no wrong record was called complete", totals.wrong_records == 0, false));
    outcome =
        worse(outcome, promise("every damaged Modbus reply was refused",
                               totals.unnoticed == 0 && totals.exchanged <= 2 + totals.faults / 2000, false));
    outcome = worse(outcome, promise("each line was back at full rate within two seconds",
                                     totals.late_returns + totals.burdened_returns == 0,
                                     busy || totals.late_returns == 0));
    outcome = worse(outcome,
                    promise("every sample could be judged", totals.unjudged * 1000 <= totals.samples, busy));
    outcome = worse(outcome, promise_rates(lines, count));
    if (outcome == NOT_JUDGED)
        printf("\nThis machine was too busy with other things to judge what is marked BUSY: nothing is "
               "proved by "
               "this run. Run it again when the machine is quiet.\n");
    return outcome;
}
