/* simulate [--seed N] [--hours N] [--trace]: one seed, or without --seed a set of them. */
#include "tests/simulation/lab.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SEEDS = 12, HOURS = 12 };

static double seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static uint64_t simulate(uint64_t seed, int64_t hours, bool trace)
{
    struct lab *lab = calloc(1, sizeof *lab);
    if (!lab)
        exit(2);
    lab->seed = seed;
    lab->hours = hours;
    lab->trace = trace;
    lab->random.state = seed;
    double began = seconds();
    lab_run(lab);
    double took = seconds() - began;
    const struct oracle *o = &lab->oracle;
    printf("seed %" PRIu64 ": %" PRId64 " h, %" PRIu64 " events (%.0f/s), %" PRIu64 " restarts, %" PRIu64
           " grants, %" PRIu64 " commands (%" PRIu64 " verified), %" PRIu64 " trips, %" PRIu64
           " safe sequences, %" PRIu64 " quarantines\n",
           seed, hours, lab->events, (double)lab->events / took, lab->restarts, o->grants, o->commands,
           o->verified, o->trips, o->safe_done, o->quarantines);
    if (trace) {
        for (int i = 0; i < 64; i++)
            if (o->refusals[i])
                printf("  %s: %" PRIu64 "\n", rig_refusal_name((enum rig_refusal)i), o->refusals[i]);
        for (int i = 0; i < 16; i++)
            if (o->edges[i])
                printf("  edge %s: %" PRIu64 "\n", rig_edge_name((enum rig_edge)i), o->edges[i]);
    }
    uint64_t events = lab->events;
    free(lab);
    return events;
}

int main(int argc, char **argv)
{
    uint64_t seed = 0;
    int64_t hours = HOURS;
    bool one = false, trace = false;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--trace") == 0) {
            trace = true;
        } else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
            seed = strtoull(argv[++i], NULL, 10);
            one = true;
        } else if (strcmp(argv[i], "--hours") == 0 && i + 1 < argc) {
            hours = strtoll(argv[++i], NULL, 10);
        } else {
            fprintf(stderr, "usage: simulate [--seed N] [--hours N] [--trace]\n");
            return 2;
        }
    }
    uint64_t events = 0;
    double began = seconds();
    for (uint64_t i = 0; i < (one ? 1 : SEEDS); i++)
        events += simulate(one ? seed : i + 1, hours, trace);
    printf("simulation: %" PRIu64 " events, %.0f events/s, no promise broken\n", events,
           (double)events / (seconds() - began));
    return 0;
}
