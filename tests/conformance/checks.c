#include "tests/conformance/suite.h"

#include <stdlib.h>
#include <string.h>

#define HITS        2 /* of each fault */
#define RECORD_SIZE 12000
#define SOAK        200 /* transactions */
#define SOAK_RATE   8   /* percent of faulty replies */

static bool arm(struct suite *suite, const struct expectation *expectation, const char *limits)
{
    char problem[256];
    bool armed =
        laboratory_ask(&suite->laboratory, problem, sizeof problem, "fault %s %s%s%s %s seed %u",
                       suite->laboratory.instrument, expectation->kind, *expectation->argument ? " " : "",
                       expectation->argument, limits, ++suite->seed);
    if (!armed)
        suite_complain(suite, "arming %s: %s", expectation->kind, problem);
    return armed;
}

static void disarm(struct suite *suite)
{
    laboratory_ask(&suite->laboratory, NULL, 0, "clear %s", suite->laboratory.instrument);
}

/* Compares good samples with the truth, which does not move meanwhile. */
static void compare(struct suite *suite, const struct driver_read *read, const struct driver_sample *samples)
{
    for (size_t i = 0; i < read->count; i++) {
        if (!samples[i].good)
            continue;
        size_t probe = read->points[i];
        struct driver_value truth = suite_truth(suite, probe);
        if (!suite_is(suite, probe, &samples[i].value, &truth))
            suite_complain(suite, "%s was read as %.10g%s, but is %.10g%s", suite->points[probe].name,
                           samples[i].value.number, samples[i].value.text, truth.number, truth.text);
    }
}

/* Every read succeeds, is good and true: the line has recovered. */
static void check_all_is_well(struct suite *suite)
{
    for (size_t i = 0; i < suite->read_count; i++) {
        struct driver_sample samples[DRIVER_READ_POINTS_MAX] = {{.good = false}};
        int result = DRIVER_TIMED_OUT;
        for (int attempt = 0; result && attempt < 5; attempt++)
            result = suite_read(suite, &suite->reads[i], samples);
        if (result) {
            suite_complain(suite, "after the fault: %s", suite->fault.text);
            continue;
        }
        compare(suite, &suite->reads[i], samples);
        for (size_t k = 0; k < suite->reads[i].count; k++)
            if (!samples[k].good)
                suite_complain(suite, "after the fault %s is not good",
                               suite->points[suite->reads[i].points[k]].name);
    }
}

double suite_struck(struct suite *suite)
{
    char text[32] = "0";
    if (!laboratory_truth(&suite->laboratory, "faults_struck", text, sizeof text))
        suite_complain(suite, "labsim does not count what strikes");
    return strtod(text, NULL);
}

void check_reads(struct suite *suite, const struct expectation *expectation)
{
    bool may_lie = expectation->reads_may_lie & suite->bench->medium;
    for (int hit = 0; hit < HITS && !suite->broken; hit++) {
        suite_stir(suite);
        double struck = suite_struck(suite);
        unsigned failures = 0;
        if (!arm(suite, expectation, "count 1 on read"))
            return;
        for (size_t i = 0; i < suite->read_count; i++) {
            struct driver_sample samples[DRIVER_READ_POINTS_MAX] = {{.good = false}};
            size_t at = (i + (size_t)hit) % suite->read_count; /* so that each of them is hit */
            int result = suite_read(suite, &suite->reads[at], samples);
            if (!result && !may_lie)
                compare(suite, &suite->reads[at], samples);
            failures += result != 0;
        }
        if (suite_struck(suite) > struck && !failures && !may_lie && !(expectation->traits & HARMLESS))
            suite_complain(suite, "a reply that was wrong was accepted");
        disarm(suite);
        if (failures) /* so that a late reply is no longer true */
            suite_stir(suite);
        check_all_is_well(suite);
    }
}

/* --- writes --- */

static double different_from(struct suite *suite, size_t probe, double number)
{
    const struct probe *described = &suite->bench->probes[probe];
    size_t count = described->point.type == DRIVER_BOOLEAN ? 2 : PROBE_VALUES;
    size_t at = suite->seed % count;
    struct driver_value value = {.number = described->values[at]}, old = {.number = number};
    return suite_is(suite, probe, &value, &old) ? described->values[(at + 1) % count] : value.number;
}

static void check_neighbours(struct suite *suite, size_t written, const struct driver_value *before)
{
    for (size_t i = 0; i < suite->bench->probe_count; i++) {
        struct driver_value truth = suite_truth(suite, i);
        if (i != written && !suite_is(suite, i, &truth, &before[i]))
            suite_complain(suite, "writing %s changed %s from %.10g to %.10g", suite->points[written].name,
                           suite->points[i].name, before[i].number, truth.number);
    }
}

/* A write that is still to take effect must not do so in the next check. */
static void wait_until_true(struct suite *suite, size_t probe, const struct driver_value *wanted)
{
    int64_t until = laboratory_now() + 10 * LABORATORY_SECOND;
    struct driver_value truth;
    do
        truth = suite_truth(suite, probe);
    while (!suite_is(suite, probe, &truth, wanted) && laboratory_now() < until);
    if (!suite_is(suite, probe, &truth, wanted))
        suite_complain(suite, "%s never became %g", suite->points[probe].name, wanted->number);
}

static void write_under_fault(struct suite *suite, const struct expectation *expectation, size_t probe)
{
    struct driver_value before[PROBES_MAX], truth;
    for (size_t i = 0; i < suite->bench->probe_count; i++)
        before[i] = suite_truth(suite, i);
    struct driver_value wanted = {.number = different_from(suite, probe, before[probe].number)};
    if (!arm(suite, expectation, "count 1 on write"))
        return;
    int result = suite_write(suite, probe, wanted.number);
    truth = suite_truth(suite, probe);
    bool may_lie = expectation->writes_may_lie & suite->bench->medium;
    if (!result && !may_lie && !suite_is(suite, probe, &truth, &wanted))
        suite_complain(suite, "writing %s = %g was acknowledged, but it is %g", suite->points[probe].name,
                       wanted.number, truth.number);
    struct driver_sample back = suite_read_back(suite, probe);
    truth = suite_truth(suite, probe);
    if (back.good && suite_is(suite, probe, &back.value, &wanted) && !suite_is(suite, probe, &truth, &wanted))
        suite_complain(suite, "%s = %g was read back, but it is %g", suite->points[probe].name, wanted.number,
                       truth.number);
    check_neighbours(suite, probe, before);
    if (!result && (expectation->traits & ACTS_LATER))
        wait_until_true(suite, probe, &wanted);
    disarm(suite);
}

static void settle(struct suite *suite, size_t probe)
{
    int64_t until = laboratory_now() + 10 * LABORATORY_SECOND;
    struct driver_value wanted = {.number = different_from(suite, probe, suite_truth(suite, probe).number)},
                        truth;
    do {
        suite_write(suite, probe, wanted.number);
        struct driver_sample back = suite_read_back(suite, probe);
        truth = suite_truth(suite, probe);
        if (back.good && suite_is(suite, probe, &back.value, &wanted) &&
            suite_is(suite, probe, &truth, &wanted))
            return;
    } while (laboratory_now() < until);
    suite_complain(suite, "after the fault %s cannot be written: %s", suite->points[probe].name,
                   suite->fault.text);
}

void check_writes(struct suite *suite, const struct expectation *expectation)
{
    int hits = 0;
    for (size_t i = 0; i < suite->bench->probe_count && !suite->broken; i++) {
        size_t probe = (i + suite->seed) % suite->bench->probe_count; /* not always the first ones */
        if (!suite->points[probe].writable || hits++ == HITS)
            continue;
        write_under_fault(suite, expectation, probe);
        settle(suite, probe);
    }
}

/* --- records --- */

/* Fetches a record into `codes`; a chunk that failed is asked for again, as often as the fault may strike. */
static int fetch(struct suite *suite, size_t waveform, enum driver_depth depth, uint8_t *codes,
                 struct driver_record *record)
{
    const struct driver *driver = suite->driver;
    int64_t deadline = laboratory_now() + 20 * LABORATORY_SECOND;
    int result = driver->capture_begin(suite->instrument, suite->line, waveform, depth, record, deadline,
                                       &suite->fault);
    suite_recover(suite, result);
    if (result)
        return result;
    size_t taken = 0, got = 1;
    for (int failures = 0; got > 0 && failures < 5;) {
        result = driver->capture_chunk(suite->instrument, suite->line, codes + taken, RECORD_SIZE - taken,
                                       &got, deadline, &suite->fault);
        suite_recover(suite, result);
        failures += result != 0;
        taken += result ? 0 : got;
        got = result ? 1 : got;
    }
    int ended = driver->capture_end(suite->instrument, suite->line, deadline, &suite->fault);
    suite_recover(suite, ended);
    if (!result && taken != record->samples)
        suite_complain(suite, "a record of %llu samples is complete with %zu",
                       (unsigned long long)record->samples, taken);
    return result;
}

/* Which of a record's messages the fault strikes. A record of another channel comes before each, so that
 * an instrument that misses a message is not right by accident. */
void check_records(struct suite *suite, const struct expectation *expectation)
{
    static const char *const limits[] = {"count 1", "count 1 on :WAV:DATA?", "count 1 on :WAV:SOUR",
                                         "count 1 on :WAV:STAR", "count 2 on :WAV:ST"};
    static uint8_t reference[RECORD_SIZE], codes[RECORD_SIZE];
    struct driver_record record = {0};
    if (fetch(suite, 0, DRIVER_DEEP, reference, &record) || record.samples != RECORD_SIZE) {
        suite_complain(suite, "without a fault: %llu samples, %s", (unsigned long long)record.samples,
                       suite->fault.text);
        return;
    }
    for (size_t hit = 0; hit < sizeof limits / sizeof *limits && !suite->broken; hit++) {
        if (fetch(suite, 1, DRIVER_SCREEN, codes, &record) || !arm(suite, expectation, limits[hit])) {
            suite_complain(suite, "between two records: %s", suite->fault.text);
            return;
        }
        memset(codes, 0, sizeof codes);
        int result = fetch(suite, 0, DRIVER_DEEP, codes, &record);
        disarm(suite);
        if (!result && memcmp(codes, reference, sizeof codes) != 0)
            suite_complain(suite, "a complete record is not the instrument's (%s)", limits[hit]);
        if (strstr(limits[hit], "DATA?") && result)
            suite_complain(suite, "the record did not come: %s", suite->fault.text);
    }
}

/* --- the line itself --- */

void check_hang_up(struct suite *suite)
{
    suite_stir(suite);
    laboratory_ask(&suite->laboratory, NULL, 0, "hangup %s", suite->laboratory.instrument);
    struct driver_sample samples[DRIVER_READ_POINTS_MAX];
    int64_t deadline = laboratory_now() + 10 * LABORATORY_SECOND;
    int result = suite->driver->read(suite->instrument, suite->line, &suite->reads[0], samples, deadline,
                                     &suite->fault);
    if (!result)
        suite_complain(suite, "a line that hung up was read");
    laboratory_ask(&suite->laboratory, NULL, 0, "restore %s", suite->laboratory.instrument);
    suite_recover(suite, DRIVER_DISCONNECTED);
    check_all_is_well(suite);
}

void check_soak(struct suite *suite)
{
    static const struct expectation any = {.kind = "any", .argument = "300ms"};
    char rate[32];
    snprintf(rate, sizeof rate, "rate %d", SOAK_RATE);
    for (size_t i = 0; i < SOAK && !suite->broken; i++) {
        if (i % 10 == 0) {
            disarm(suite);
            suite_stir(suite);
            if (!arm(suite, &any, rate))
                return;
        }
        const struct driver_read *read = &suite->reads[i % suite->read_count];
        struct driver_sample samples[DRIVER_READ_POINTS_MAX];
        if (!suite_read(suite, read, samples))
            compare(suite, read, samples);
    }
    disarm(suite);
    check_all_is_well(suite);
}
