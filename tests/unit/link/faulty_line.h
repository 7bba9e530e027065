/* faulty_line.h - tanks on an RTU line whose replies go wrong at random, and whether any wrong value is taken
 * for good.
 *
 * Each tank's uptime says when the value was made. A value is right when it was made after its request went
 * out: an answer to an older question is older than that, however it came. */
#ifndef TESTS_UNIT_LINK_FAULTY_LINE_H
#define TESTS_UNIT_LINK_FAULTY_LINE_H

#include "tests/unit/link/lab.h"

#include <pthread.h>

enum { FAULTY_TRACES = 256 };

struct faulty_run {
    size_t tanks;
    int64_t period, lasts;
    const char *fault; /* as for labsim's `fault TANK ...`, without its seed */
    /* results */
    size_t taken, wrong, expected; /* samples of uptime */
    double worst;                  /* s, age of the worst sample at its request */
    size_t losses;
    uint64_t struck;
    struct link_health before, after;
    int64_t back; /* ns from the end of the faults until everything came at its full rate again; -1: never */
};

/* When the latest reads of uptime began and ended: written by the link's thread, read by the test. */
static struct {
    pthread_mutex_t mutex;
    struct {
        int64_t began, ended;
    } reads[LAB_TANKS][FAULTY_TRACES];
    size_t count[LAB_TANKS];
    struct driver_instrument *devices[LAB_TANKS];
    size_t device_count;
    const struct driver *modbus;
} faulty_trace = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static inline int faulty_create(const struct driver_instrument_spec *spec,
                                struct driver_instrument **instrument, struct driver_fault *fault)
{
    int result = faulty_trace.modbus->create(spec, instrument, fault);
    if (!result)
        faulty_trace.devices[faulty_trace.device_count++] = *instrument;
    return result;
}

static inline int faulty_read(struct driver_instrument *instrument, struct driver_line *line,
                              const struct driver_read *read, struct driver_sample *samples, int64_t deadline,
                              struct driver_fault *fault)
{
    int64_t began = lab_now();
    int result = faulty_trace.modbus->read(instrument, line, read, samples, deadline, fault);
    if (result || read->points[0] != LAB_UPTIME)
        return result;
    size_t tank = 0;
    while (faulty_trace.devices[tank] != instrument)
        tank++;
    pthread_mutex_lock(&faulty_trace.mutex);
    size_t slot = faulty_trace.count[tank]++ % FAULTY_TRACES;
    faulty_trace.reads[tank][slot].began = began;
    faulty_trace.reads[tank][slot].ended = lab_now();
    pthread_mutex_unlock(&faulty_trace.mutex);
    return result;
}

/* When the request went out whose answer was complete at that time: the latest that ended before. */
static inline int64_t faulty_began(size_t tank, int64_t at)
{
    int64_t began = 0, ended = 0;
    pthread_mutex_lock(&faulty_trace.mutex);
    for (size_t i = 0; i < FAULTY_TRACES && i < faulty_trace.count[tank]; i++)
        if (faulty_trace.reads[tank][i].ended <= at && faulty_trace.reads[tank][i].ended > ended) {
            began = faulty_trace.reads[tank][i].began;
            ended = faulty_trace.reads[tank][i].ended;
        }
    pthread_mutex_unlock(&faulty_trace.mutex);
    return began;
}

/* Uptime in labsim grows in steps of its physics, of 10 ms at most, and goes over the line in ms. */
#define FAULTY_GRAIN (15 * LAB_MS)

static inline void faulty_judge(struct faulty_run *run, const struct link_report *report, const int64_t *born)
{
    if (report->samples.points[0] != LAB_UPTIME || !report->samples.good[0])
        return;
    int64_t made = born[report->instrument] + (int64_t)(report->samples.numbers[0] * LAB_SECOND);
    int64_t age = faulty_began(report->instrument, report->at) - made;
    run->taken++;
    run->wrong += age > FAULTY_GRAIN || made > report->at + FAULTY_GRAIN;
    if (age > run->worst * LAB_SECOND)
        run->worst = (double)age / LAB_SECOND;
}

static inline void faulty_follow(struct faulty_run *run, struct lab_link *link, int64_t until,
                                 const int64_t *born)
{
    struct link_report report;
    while (lab_now() < until) {
        lab_await(link, until);
        while (link_next_report(link->link, &report)) {
            if (report.kind == LINK_REPORT_SAMPLES)
                faulty_judge(run, &report, born);
            run->losses += report.kind == LINK_REPORT_INSTRUMENT && !report.state.up;
        }
    }
}

/* From the end of the faults: the first time from which each tank's uptime came in each period for half a
 * second. */
static inline int64_t faulty_return(struct faulty_run *run, struct lab_link *link, const int64_t *born)
{
    int64_t began = lab_now();
    while (lab_now() < began + 10 * LAB_SECOND) {
        size_t before = run->taken;
        int64_t from = lab_now();
        faulty_follow(run, link, from + LAB_SECOND / 2, born);
        if (run->taken - before + run->tanks >= run->tanks * (size_t)(LAB_SECOND / 2 / run->period))
            return from - began;
    }
    return -1;
}

static inline void faulty_go(struct faulty_run *run)
{
    static struct driver traced;
    struct lab lab;
    struct lab_link link;
    int64_t born[LAB_TANKS];
    char words[512] = "", verb[128];
    for (size_t i = 1; i <= run->tanks; i++)
        snprintf(words + strlen(words), sizeof(words) - strlen(words), "%st%zu=tank:%zu", i > 1 ? "," : "", i,
                 i);
    snprintf(words + strlen(words), sizeof(words) - strlen(words), "@rtu:%%line,baud=115200,turnaround=5ms");
    lab_start(&lab, words);
    faulty_trace.modbus = driver_find("modbus");
    faulty_trace.device_count = 0;
    memset(faulty_trace.count, 0, sizeof(faulty_trace.count));
    traced = *faulty_trace.modbus;
    traced.create = faulty_create;
    traced.read = faulty_read;
    lab_describe(&link, &traced, run->tanks, 2, run->period);
    lab_on_line(&link, &lab, 115200, 5 * LAB_MS);
    for (size_t i = 0; i < run->tanks; i++) {
        const char *name = link.instruments[i].instrument.name;
        snprintf(words, sizeof(words), "state %s", name);
        char state[16384];
        if (!lab_control(&lab, words, state, sizeof(state)))
            lab_die("asking for a tank's state");
        const char *uptime = strstr(state, "\nuptime=");
        born[i] =
            strtoll(strstr(state, "time=") + 5, NULL, 10) - (int64_t)(strtod(uptime + 8, NULL) * LAB_SECOND);
    }
    lab_connect(&link);
    faulty_follow(run, &link, lab_now() + LAB_SECOND, born);
    for (size_t i = 1; i <= run->tanks; i++) {
        snprintf(verb, sizeof(verb), "fault t%zu %s seed %zu", i, run->fault, 1000 + i);
        if (!lab_control(&lab, verb, NULL, 0))
            lab_die("arming a fault");
    }
    run->taken = run->losses = 0;
    link_health(link.link, &run->before);
    faulty_follow(run, &link, lab_now() + run->lasts, born);
    link_health(link.link, &run->after);
    run->expected = run->tanks * (size_t)(run->lasts / run->period);
    size_t taken = run->taken;
    for (size_t i = 0; i < run->tanks; i++)
        run->struck += (uint64_t)lab_state(&lab, link.instruments[i].instrument.name, "faults_struck");
    lab_control(&lab, "clear", NULL, 0);
    run->back = faulty_return(run, &link, born);
    run->taken = taken;
    lab_disconnect(&link);
    lab_stop(&lab);
}

#endif
