/* simulate: laboratory life from seeds. What is printed for a failure reproduces it. */
#include "tests/simulation/world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
    "usage: simulate [--seed N] [--seeds N] [--hours H] [--jobs N] [--calm] [--trace]\n"
    "  --seed N    the first seed, and the only one without --seeds (default 1)\n"
    "  --seeds N   how many seeds (default 1)\n"
    "  --hours H   simulated hours of each (default 1)\n"
    "  --jobs N    processes (default 1)\n"
    "  --calm      no faults, one rig that is polled and heartbeaten once a second\n"
    "  --trace     every event and action\n";

struct options {
    uint64_t seed, seeds;
    double hours;
    int jobs;
    bool calm, trace;
};

static double seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void add(struct tally *sum, const struct tally *one)
{
    uint64_t *to = (uint64_t *)sum;
    const uint64_t *from = (const uint64_t *)one;
    for (size_t i = 0; i < sizeof *sum / sizeof *to; i++)
        to[i] += from[i];
}

static void simulate(const struct options *options, uint64_t seed, struct tally *sum)
{
    struct world *world = calloc(1, sizeof *world);
    if (!world)
        exit(2);
    world->seed = seed;
    world->hours = options->hours;
    world->trace = options->trace;
    world->calm = options->calm;
    world->random.state = seed;
    world_run(world);
    add(sum, &world->tally);
    free(world);
}

static void print_tally(const struct options *options, const struct tally *tally, double took)
{
    double hours = options->hours * (double)options->seeds;
#define ROW(name, text) printf("  %-34s %12" PRIu64 "\n", text, tally->name);
    WEATHER(ROW)
    ROW(sessions, "sessions")
    ROW(bookings, "bookings and cancellations, yes")
    ROW(refused_bookings, "bookings and cancellations, no")
    ROW(no_shows, "sessions that nobody used")
    ROW(vouched, "clocks vouched for")
    ROW(moved, "bookings moved to another rig")
    ROW(rescheduled, "bookings put elsewhere by staff")
    ROW(lab_cancelled, "bookings cancelled by the lab")
    ROW(extended, "bookings extended")
    ROW(shortened, "bookings shortened")
    ROW(transferred, "bookings transferred")
    ROW(approved, "bookings approved")
    ROW(places, "places in the queue")
    ROW(offers, "offers")
    ROW(taken, "offers taken")
    ROW(driven, "outputs driven away from safe by trips")
    ROW(driven_meanwhile, "the same, while being made safe")
    ROW(given_back, "the same, and given back")
    ROW(bypasses, "rules bypassed")
    ROW(resting, "commands refused: resting")
    ROW(spent, "commands refused: spent")
    ROW(held, "events while a hysteresis held")
    ROW(booking_events, "events of the timetable")
    ROW(events, "events of rigs")
#undef ROW
    uint64_t events = tally->events + tally->booking_events;
    printf("simulation: %" PRIu64 " seeds, %.0f hours, %" PRIu64
           " events in %.1f s: %.0f events/s, %.0f simulated hours a minute; no promise broken\n",
           options->seeds, hours, events, took, (double)events / took, hours / took * 60);
}

/* What never happened was never checked. */
static bool is_vacuous(const struct options *options, const struct tally *tally)
{
    const uint64_t *counts = (const uint64_t *)tally;
    bool many = !options->calm && options->hours * (double)options->seeds >= 200 && options->seeds >= 50;
    for (size_t i = 0; many && i < sizeof *tally / sizeof *counts; i++)
        if (counts[i] == 0)
            return true;
    return false;
}

/* Seeds are dealt out; each process adds up its own. False: one of them failed. */
static bool run(const struct options *options, struct tally *sums)
{
    bool held = true;
    for (int job = 0; job < options->jobs; job++) {
        pid_t child = options->jobs == 1 ? 0 : fork();
        if (child < 0)
            exit(2);
        if (child > 0)
            continue;
        for (uint64_t i = (uint64_t)job; i < options->seeds; i += (uint64_t)options->jobs)
            simulate(options, options->seed + i, &sums[job]);
        if (options->jobs > 1)
            _exit(0);
    }
    for (int status; options->jobs > 1 && wait(&status) > 0;)
        held = held && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    return held;
}

static bool parse(int argc, char **argv, struct options *options)
{
    *options = (struct options){.seed = 1, .seeds = 1, .hours = 1, .jobs = 1};
    for (int i = 1; i < argc; i++) {
        bool more = i + 1 < argc;
        if (strcmp(argv[i], "--trace") == 0)
            options->trace = true;
        else if (strcmp(argv[i], "--calm") == 0)
            options->calm = true;
        else if (strcmp(argv[i], "--seed") == 0 && more)
            options->seed = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--seeds") == 0 && more)
            options->seeds = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--hours") == 0 && more)
            options->hours = strtod(argv[++i], NULL);
        else if (strcmp(argv[i], "--jobs") == 0 && more)
            options->jobs = atoi(argv[++i]);
        else
            return false;
    }
    return options->hours > 0 && options->seeds > 0 && options->jobs > 0;
}

int main(int argc, char **argv)
{
    struct options options;
    if (!parse(argc, argv, &options)) {
        fputs(usage, stderr);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    size_t size = (size_t)options.jobs * sizeof(struct tally);
    struct tally *sums = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (sums == MAP_FAILED)
        return 2;
    double began = seconds();
    if (!run(&options, sums))
        return 1;
    double took = seconds() - began;
    for (int job = 1; job < options.jobs; job++)
        add(&sums[0], &sums[job]);
    print_tally(&options, &sums[0], took);
    if (!is_vacuous(&options, &sums[0]))
        return 0;
    printf("FAILED: something of the above never happened, so it was not checked\n");
    return 1;
}
