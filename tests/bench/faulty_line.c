/* An RTU line on which 8 % of the replies go wrong: three units, two reads each at 10 Hz, which is 63 % of
 * what the line carries. */
#include "tests/unit/link/faulty_line.h"
#include "tests/bench/bench.h"

int main(void)
{
    struct faulty_run run = {
        .tanks = 3, .period = 100 * LAB_MS, .lasts = 30 * LAB_SECOND, .fault = "any 400ms rate 8"};
    faulty_go(&run);
    fprintf(stderr, "faulty_line: %llu faults, %llu timeouts, %llu garbled, %zu losses\n",
            (unsigned long long)run.struck,
            (unsigned long long)(run.after.all.timeouts - run.before.all.timeouts),
            (unsigned long long)(run.after.all.garbled - run.before.all.garbled), run.losses);
    uint64_t polls = run.after.polls - run.before.polls;
    bench_at_most("faulty RTU line: wrong values taken for good", (double)run.wrong, 0, "");
    bench_at_least("faulty RTU line: polls made", (double)polls / (double)(2 * run.expected), 0.9, "x");
    bench_at_least("faulty RTU line: right samples", (double)run.taken / (double)run.expected, 0.95, "x");
    bench_at_most("faulty RTU line: full rate after the faults' end",
                  run.back < 0 ? 1e9 : (double)run.back / LAB_SECOND, 2, "s");
    return 0;
}
