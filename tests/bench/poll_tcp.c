/* One TCP line polled as fast as it goes, against a bare libmodbus loop on the same simulator: transactions a
 * second of ten registers, in turns, so that what else the machine does meets both. */
#include "tests/bench/bench.h"
#include "tests/unit/link/lab.h"

#include <modbus/modbus.h>

enum { ROUNDS = 15 };
#define ROUND (250 * LAB_MS)

static double bare_rate(const struct lab *lab)
{
    uint16_t registers[10];
    size_t count = 0;
    modbus_t *bare = modbus_new_tcp("127.0.0.1", lab->port);
    if (!bare || modbus_set_slave(bare, 1) || modbus_connect(bare))
        lab_die("connecting the bare library");
    int64_t began = lab_now();
    while (lab_now() - began < ROUND) {
        if (modbus_read_input_registers(bare, 2, 10, registers) != 10)
            lab_die("a bare read");
        count++;
    }
    double rate = (double)count * LAB_SECOND / (double)(lab_now() - began);
    modbus_close(bare);
    modbus_free(bare);
    return rate;
}

/* Takes reports as they come, or at most once in `pace`: waking somebody for each reply costs two processors
 * more than the transaction itself. */
static void follow(const struct lab_link *link, int64_t until, int64_t pace)
{
    struct link_report report;
    while (lab_now() < until) {
        lab_await(link, until);
        while (link_next_report(link->link, &report))
            ;
        if (pace)
            lab_sleep(pace);
    }
}

static double link_rate(const struct lab *lab, int64_t pace)
{
    struct lab_link link;
    struct link_health before, after;
    lab_describe(&link, driver_find("modbus"), 1, LAB_TANK_POINTS, 1);
    link.point_options[LAB_UPTIME].address = 10; /* with the level at 2: registers 2 to 11 */
    link.points[LAB_HEARTBEAT].readable = false;
    lab_on_tcp(&link, lab);
    lab_connect(&link);
    follow(&link, lab_now() + 50 * LAB_MS, pace);
    int64_t began = lab_now();
    link_health(link.link, &before);
    follow(&link, began + ROUND, pace);
    link_health(link.link, &after);
    double rate =
        (double)(after.all.transactions - before.all.transactions) * LAB_SECOND / (double)(lab_now() - began);
    if (after.all.timeouts || after.all.garbled || after.all.rejected)
        lab_die("the link met errors");
    lab_disconnect(&link);
    return rate;
}

int main(void)
{
    struct lab lab;
    double bare[ROUNDS], paced[ROUNDS], woken[ROUNDS], paced_ratio[ROUNDS], woken_ratio[ROUNDS];
    lab_start(&lab, "tank:1@tcp:127.0.0.1:0");
    bare_rate(&lab);
    for (size_t i = 0; i < ROUNDS; i++) {
        bare[i] = bare_rate(&lab);
        paced[i] = link_rate(&lab, LAB_MS);
        woken[i] = link_rate(&lab, 0);
        paced_ratio[i] = paced[i] / bare[i];
        woken_ratio[i] = woken[i] / bare[i];
    }
    lab_stop(&lab);
    fprintf(stderr,
            "poll_tcp: bare library %.0f/s, link %.0f/s, %.0f/s when it wakes the loop for each reply\n",
            bench_median(bare, ROUNDS), bench_median(paced, ROUNDS), bench_median(woken, ROUNDS));
    bench_at_least("polls of a TCP line, of the bare library's; taken each ms",
                   bench_median(paced_ratio, ROUNDS), 0.9, "x");
    bench_at_least("the same, each reply taken at once", bench_median(woken_ratio, ROUNDS), 0.9, "x");
    return 0;
}
