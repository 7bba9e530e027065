/* What the timetable costs in memory: a booking among 10^3 to 10^6, availability over a term, a class. What
 * the ledger adds is measured with the ledger. */
#include "tests/bench/bench.h"
#include "tests/bench/many_bookings.h"
#include "tests/bench/plot.h"

#include <math.h>
#include <string.h>

#define SAMPLES 4000
#define RUNS    7
#define TURNS   40

static uint64_t ids, chance = 1;

static uint64_t pick(uint64_t below)
{
    chance = chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (chance >> 33) % below;
}

/* Asked for, stored by a ledger that takes no time, and confirmed. */
static void book(struct timetable *timetable, const struct booking_wish *wishes, size_t count,
                 uint64_t account, enum booking_kind kind)
{
    static struct booking_action room[1024];
    static struct booking rows[BOOKING_BUNDLE_MAX];
    struct booking_actions actions = {.list = room, .capacity = 1024};
    struct booking_time now = {START, 1};
    struct booking_event event = event_of(wishes, count, account, kind);
    timetable_handle(timetable, &event, now, &actions);
    if (actions.count != 1 || room[0].kind != BOOKING_ACTION_STORE) {
        fprintf(stderr, "a booking was refused: %s\n", booking_result_name(room[0].result));
        exit(1);
    }
    struct booking_event stored = {.kind = BOOKING_EVENT_STORED};
    memcpy(rows, room[0].rows, count * sizeof *rows);
    for (size_t i = 0; i < count; i++) {
        rows[i].id = ++ids;
        rows[i].bundle = count > 1 ? rows[0].id : 0;
    }
    stored.stored.ticket = room[0].ticket;
    stored.stored.result = BOOKING_STORED;
    stored.stored.rows = rows;
    stored.stored.count = count;
    actions.count = 0;
    timetable_handle(timetable, &stored, now, &actions);
}

static void book_slot(struct timetable *timetable, uint64_t slot, uint64_t accounts)
{
    struct booking_wish wish = wish_of(slot);
    book(timetable, &wish, 1, 1 + pick(accounts), BOOKING_PERSONAL);
}

/* A timetable with so many bookings, made in no order, and those that are timed. */
struct population {
    size_t among, count;
    struct timetable *timetable;
    uint32_t *order; /* slots */
    double samples[SAMPLES];
};

static void fill(struct population *population, size_t among)
{
    size_t slots = among + SAMPLES;
    uint32_t *order = malloc(slots * sizeof *order);
    if (order == NULL)
        exit(1);
    for (size_t i = 0; i < slots; i++)
        order[i] = (uint32_t)i;
    for (size_t i = slots; i-- > 1;) {
        size_t other = pick(i + 1);
        uint32_t kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
    *population = (struct population){.among = among, .order = order, .timetable = make_timetable(RIGS)};
    for (size_t i = 0; i < among; i++)
        book_slot(population->timetable, order[i], among / EACH);
}

static void time_some(struct population *population, size_t count)
{
    for (size_t i = 0; i < count; i++, population->count++) {
        double begun = now_us();
        book_slot(population->timetable, population->order[population->among + population->count],
                  population->among / EACH);
        population->samples[population->count] = now_us() - begun;
    }
}

static void empty(struct population *population)
{
    timetable_destroy(population->timetable);
    free(population->order);
}

static double time_availability(const struct timetable *timetable)
{
    static struct timetable_span spans[40000];
    double runs[RUNS];
    for (int run = 0; run < RUNS; run++) {
        double begun = now_us();
        size_t count = 0;
        for (uint16_t rig = 0; rig < RIGS; rig++)
            count += timetable_availability(timetable, rig, START, START + 18 * 7 * CIVIL_DAY, CIVIL_MINUTE,
                                            spans, 40000);
        runs[run] = (now_us() - begun) / 1000;
        if (count == 0)
            exit(1);
    }
    return bench_median(runs, RUNS);
}

static double time_class(void)
{
    static struct class class;
    double runs[RUNS];
    make_class(&class);
    for (int run = 0; run < RUNS; run++) {
        struct timetable *timetable = make_timetable(PLACES);
        double begun = now_us();
        book(timetable, class.wishes, plan_class(&class), 1, BOOKING_CLASS);
        runs[run] = (now_us() - begun) / 1000;
        timetable_destroy(timetable);
    }
    return bench_median(runs, RUNS);
}

/* Whole powers of ten are rows, the halves between them points of the plot. All are timed in turns: a machine
 * is not equally fast all the while. */
static void measure_growth(void)
{
    enum { FEWEST = 6, MOST = 12, SIZES = MOST - FEWEST + 1 };
    static struct population populations[SIZES];
    struct plot plot = {.title = "A booking in memory among so many, against one among 1000",
                        .log_bound = true};
    double first = 0;
    for (int i = 0; i < SIZES; i++)
        fill(&populations[i], (size_t)lround(pow(10, (FEWEST + i) / 2.0)));
    for (size_t turn = 0; turn < TURNS; turn++)
        for (int i = 0; i < SIZES; i++)
            time_some(&populations[i], SAMPLES / TURNS);
    for (int i = 0; i < SIZES; i++) {
        struct population *population = &populations[i];
        double time = bench_median(population->samples, SAMPLES);
        first = i == 0 ? time : first;
        fprintf(stderr, "%zu: %.2f us\n", population->among, time);
        plot_add(&plot, (double)population->among, time / first);
        char name[80];
        snprintf(name, sizeof name, "timetable: a booking among %zu, against one among 1000",
                 population->among);
        if (i % 2 == 0)
            bench_at_most(name, time / first, (FEWEST + i) / 6.0, "times");
    }
    bench_at_most("timetable: availability of 100 rigs over a term, 10^6 bookings",
                  time_availability(populations[SIZES - 1].timetable), 20, "ms");
    for (int i = 0; i < SIZES; i++)
        empty(&populations[i]);
    plot_write(&plot, "booking.svg");
}

int main(void)
{
    measure_growth();
    bench_at_most("timetable: a class of 200 on 20 rigs for 16 weeks, without the ledger", time_class(), 300,
                  "ms");
    return 0;
}
