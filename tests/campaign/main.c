/* campaign LABSIM [seed=N] [faults=N] [line=N] [hasty]: `line` tries one of the lines alone, `hasty` ends
 * with the first wrong value. Ends with 0 when every promise was kept, 1 when one was broken, 3 when a
 * machine that was busy with other things may be to blame. */
#include "tests/campaign/campaign.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TICK            (4 * MS)
#define TRACE_TICKS     3 /* the traces are read every so many */
#define LINES_OF_LABSIM 5
#define STIR_EVERY      (20 * MS) /* somebody turns a knob of each scope */
#define LONGEST_RUN     (30 * 60 * SECOND)

static struct line lines[LINES_MAX];
static struct laboratory laboratories[LINES_MAX];
static size_t line_count, laboratory_count;

int64_t campaign_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND + now.tv_nsec;
}

void campaign_die(const char *what)
{
    fprintf(stderr, "campaign: %s: %s\n", what, strerror(errno));
    exit(99);
}

uint64_t random_next(uint64_t *state)
{
    uint64_t mixed = *state += 0x9E3779B97F4A7C15u;
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBu;
    return mixed ^ mixed >> 31;
}

unsigned random_below(uint64_t *state, unsigned limit)
{
    return (unsigned)((random_next(state) >> 32) * limit >> 32);
}

double random_fraction(uint64_t *state)
{
    return (double)(random_next(state) >> 11) * 0x1p-53;
}

/* --- beginning and end -----------------------------------------------------------------------------------
 */

static void describe(uint64_t seed, long only)
{
    size_t number = 0;
    for (const struct fleet *fleet = fleets; fleet->lines; fleet++)
        for (size_t i = 0; i < fleet->lines; i++, number++)
            if (only < 0 || (size_t)only == number)
                line_describe(&lines[line_count++], number, fleet, seed);
}

static void start(const char *labsim)
{
    static char arguments[LINES_OF_LABSIM][512];
    for (size_t first = 0; first < line_count; first += LINES_OF_LABSIM) {
        struct laboratory *laboratory = &laboratories[laboratory_count++];
        char *words[LINES_OF_LABSIM];
        size_t count = 0;
        for (; count < LINES_OF_LABSIM && first + count < line_count; count++) {
            line_print_argument(&lines[first + count], arguments[count], sizeof arguments[count]);
            words[count] = arguments[count];
        }
        laboratory_start(laboratory, labsim, words, count);
        for (size_t i = 0; i < count; i++)
            line_connect(&lines[first + i], laboratory);
    }
}

static void strike_eight_percent(struct line *line)
{
    for (size_t i = 0; i < line->unit_count && line->role == EIGHT_PERCENT; i++)
        laboratory_say(line->laboratory, "fault %s any 400ms rate 8 seed %u", line->units[i].name,
                       random_below(&line->random, 1u << 30));
}

static void finish(void)
{
    for (size_t i = 0; i < line_count; i++)
        line_disconnect(&lines[i]);
    for (size_t i = 0; i < laboratory_count; i++)
        laboratory_stop(&laboratories[i]);
}

/* --- the loop
 * ----------------------------------------------------------------------------------------------- */

static void stir(struct line *line, int64_t now)
{
    if (line->transport < SCPI_TCP || now < line->stir_at)
        return;
    line->stir_at = now + STIR_EVERY;
    laboratory_say(line->laboratory, "force %s trigger_level %.6f", line->units[0].name,
                   0.5 + 2 * random_fraction(&line->choices));
    laboratory_say(line->laboratory, "force %s time_offset %.9f", line->units[0].name,
                   1e-3 + 1e-3 * random_fraction(&line->choices));
}

static void tend(struct line *line, bool traces, bool may_begin)
{
    int64_t now = campaign_now();
    judge_reports(line);
    for (size_t i = 0; traces && i < line->unit_count; i++)
        truth_read(&line->units[i]);
    judge_pending(line, now);
    claims_step(line, now);
    records_step(line, now);
    stir(line, now);
    episode_step(line, now, may_begin);
}

static bool all_quiet(void)
{
    for (size_t i = 0; i < line_count; i++)
        if (lines[i].episode.phase != QUIET)
            return false;
    return true;
}

static void sleep_until(int64_t moment)
{
    struct timespec until = {.tv_sec = moment / SECOND, .tv_nsec = moment % SECOND};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        ;
    burden_woke(campaign_now() - moment);
}

static bool has_failed(void)
{
    return totals.wrong || totals.believed_falsely || totals.wrong_records || totals.unnoticed;
}

/* Until so many faults have struck and every line is back, and then as long as judging them takes. */
static void run(uint64_t faults)
{
    int64_t began = campaign_now(), quiet_since = 0;
    for (uint64_t tick = 0; !quiet_since || campaign_now() - quiet_since < 2 * SECOND; tick++) {
        for (size_t i = 0; i < line_count; i++)
            tend(&lines[i], tick % TRACE_TICKS == 0, totals.faults < faults);
        for (size_t i = 0; i < laboratory_count; i++)
            laboratory_listen(&laboratories[i]);
        if (!quiet_since && totals.faults >= faults && all_quiet())
            quiet_since = campaign_now();
        if (campaign_now() - began > LONGEST_RUN || (totals.hasty && has_failed()))
            return;
        sleep_until(campaign_now() + TICK);
    }
}

struct wish {
    uint64_t faults;
    long only; /* -1: all lines */
};

static bool understand(const char *word, struct wish *wish)
{
    unsigned long long number = 0;
    if (sscanf(word, "seed=%llu", &number) == 1)
        totals.seed = number;
    else if (sscanf(word, "faults=%llu", &number) == 1)
        wish->faults = number;
    else if (sscanf(word, "line=%llu", &number) == 1)
        wish->only = (long)number;
    else if (!strcmp(word, "hasty"))
        totals.hasty = true;
    else
        return false;
    return true;
}

int main(int argc, char **argv)
{
    struct wish wish = {.faults = 5000, .only = -1};
    bool understood = argc > 1;
    totals.seed = (uint64_t)campaign_now() % 1000000;
    for (int i = 2; i < argc; i++)
        understood &= understand(argv[i], &wish);
    if (!understood) {
        fprintf(stderr, "usage: campaign LABSIM [seed=N] [faults=N] [line=N] [hasty]\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("again with: %s %s seed=%llu faults=%llu\n", argv[0], argv[1], (unsigned long long)totals.seed,
           (unsigned long long)wish.faults);
    int64_t began = campaign_now();
    describe(totals.seed, wish.only);
    start(argv[1]);
    for (size_t i = 0; i < line_count; i++)
        strike_eight_percent(&lines[i]);
    run(wish.faults);
    enum outcome outcome = report_print(lines, line_count, (double)(campaign_now() - began) / SECOND);
    finish();
    return outcome == KEPT ? EXIT_SUCCESS : outcome == BROKEN ? EXIT_FAILURE : 3;
}
