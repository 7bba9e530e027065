/* An RTU line at 115200 baud polled as fast as it goes, with simulated character times, against what the
 * line's arithmetic allows: characters of 11 bits and two silences of 1.75 ms (Modbus over Serial
 * Line 1.02, 2.5.1.1). */
#include "tests/bench/bench.h"
#include "tests/unit/link/lab.h"

#define BAUD   115200
#define WARMUP (500 * LAB_MS)

enum { ROUNDS = 9 };

static void follow(const struct lab_link *link, int64_t until)
{
    struct link_report report;
    while (lab_now() < until) {
        lab_await(link, until);
        while (link_next_report(link->link, &report))
            ;
    }
}

/* A read of ten registers: 8 characters out, 5 + 20 back. */
static double computed_limit(void)
{
    double characters = (8 + 25) * 11.0 / BAUD;
    return 1 / (characters + 2 * 0.00175);
}

int main(void)
{
    struct lab lab;
    struct lab_link link;
    struct link_health before, after;
    double rates[ROUNDS];
    lab_start(&lab, "tank:1@rtu:%line,baud=115200");
    lab_describe(&link, driver_find("modbus"), 1, LAB_TANK_POINTS, 1);
    link.point_options[LAB_UPTIME].address = 10; /* with the level at 2: registers 2 to 11 */
    link.points[LAB_HEARTBEAT].readable = false;
    lab_on_line(&link, &lab, BAUD, 0);
    lab_connect(&link);
    follow(&link, lab_now() + WARMUP);
    for (size_t i = 0; i < ROUNDS; i++) {
        int64_t began = lab_now();
        link_health(link.link, &before);
        follow(&link, began + LAB_SECOND);
        link_health(link.link, &after);
        rates[i] = (double)(after.all.transactions - before.all.transactions) * LAB_SECOND /
                   (double)(lab_now() - began);
    }
    double rate = bench_median(rates, ROUNDS);
    lab_disconnect(&link);
    lab_stop(&lab);
    fprintf(stderr, "poll_rtu: limit %.1f/s, link %.1f/s, timeouts %llu, garbled %llu\n", computed_limit(),
            rate, (unsigned long long)after.all.timeouts, (unsigned long long)after.all.garbled);
    bench_at_least("polls of an RTU line at 115200 baud, of the computed limit", rate / computed_limit(),
                   0.95, "x");
    return 0;
}
