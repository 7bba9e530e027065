/* fake.h - a line in memory with a clock of its own, and a driver whose every answer the test decides.
 *
 * Time stands still but for the transactions: each takes `cost`, a reply that does not come takes until its
 * deadline, a hold takes the silence it asks for. So a test can say exactly what happens when, and never
 * sleeps. */
#ifndef TESTS_UNIT_LINK_FAKE_H
#define TESTS_UNIT_LINK_FAKE_H

#include "gateway/link/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define MS LINK_MILLISECOND

enum fake_kind {
    FAKE_OPEN,
    FAKE_CLOSE,
    FAKE_RECOVER,
    FAKE_GREET,
    FAKE_READ,
    FAKE_WRITE,
    FAKE_BEGIN,
    FAKE_CHUNK,
    FAKE_END,
    FAKE_LISTEN
};

struct fake_event {
    enum fake_kind kind;
    unsigned instrument;
    uint16_t point; /* READ: the first; WRITE */
    uint16_t variant;
    double value; /* WRITE */
    int64_t began, quiet, allowed;
};

enum { FAKE_INSTRUMENTS = 8, FAKE_POINTS = 300, FAKE_EVENTS = 50000, FAKE_STEPS = 500000 };

struct driver_instrument {
    unsigned index;
    const struct driver_instrument_spec *spec;
    struct driver_read reads[FAKE_POINTS], others[FAKE_POINTS], thirds[FAKE_POINTS];
    uint16_t order[FAKE_POINTS];
    size_t read_count, planned;
    size_t record_left;
};
struct driver_line {
    int opened;
};

struct fake {
    int64_t now, cost;
    struct fake_event events[FAKE_EVENTS];
    size_t count;
    int (*answer)(const struct fake_event *event); /* NULL: all is well */
    bool greets, one_shape, merges, two_ways, three_ways, beyond;
    bool unmistakable; /* the second way */
    bool stray;        /* what a read fails with is an answer to another question */
    double values[FAKE_INSTRUMENTS][FAKE_POINTS];
    bool unusable[FAKE_INSTRUMENTS][FAKE_POINTS];
    const char *text;
    size_t record_bytes;
    struct driver_line line;
    int open; /* balance of open and close */

    struct driver driver;
    struct driver_point points[FAKE_POINTS];
    int64_t polls[FAKE_INSTRUMENTS][FAKE_POINTS];
    struct link_instrument_spec instruments[FAKE_INSTRUMENTS];
    struct link_spec spec;
    struct link *link;
    int wake;
};
static struct fake fake;

static int64_t fake_now(void *context)
{
    (void)context;
    return fake.now;
}

static int fake_happen(struct fake_event event, int64_t deadline)
{
    event.began = fake.now;
    event.allowed = deadline - fake.now;
    assert_true(fake.count < FAKE_EVENTS);
    fake.events[fake.count++] = event;
    int result = fake.answer ? fake.answer(&event) : DRIVER_OK;
    if (result == DRIVER_TIMED_OUT)
        fake.now = deadline;
    else if (event.kind == FAKE_RECOVER)
        fake.now += event.quiet;
    else if (event.kind != FAKE_OPEN && event.kind != FAKE_CLOSE && event.kind != FAKE_LISTEN)
        fake.now += fake.cost;
    return result;
}

static int fake_open(const struct driver_line_spec *spec, int64_t deadline, struct driver_line **line,
                     struct driver_fault *fault)
{
    (void)spec;
    int result = fake_happen((struct fake_event){.kind = FAKE_OPEN}, deadline);
    *line = result ? NULL : &fake.line;
    fake.open += !result;
    if (result)
        snprintf(fault->text, sizeof(fault->text), "opening the line: no such device");
    return result;
}

static void fake_close(struct driver_line *line)
{
    if (!line)
        return;
    fake_happen((struct fake_event){.kind = FAKE_CLOSE}, fake.now);
    fake.open--;
}

static int fake_recover(struct driver_line *line, int64_t quiet, int64_t deadline, struct driver_fault *fault)
{
    (void)fault;
    assert_ptr_equal(line, &fake.line);
    return fake_happen((struct fake_event){.kind = FAKE_RECOVER, .quiet = quiet}, deadline);
}

static bool fake_listen(struct driver_line *line, int64_t until)
{
    assert_ptr_equal(line, &fake.line);
    bool heard = fake_happen((struct fake_event){.kind = FAKE_LISTEN}, until);
    fake.now = heard || until < fake.now ? fake.now : until;
    return heard;
}

static int fake_create(const struct driver_instrument_spec *spec, struct driver_instrument **instrument,
                       struct driver_fault *fault)
{
    (void)fault;
    *instrument = calloc(1, sizeof(**instrument));
    (*instrument)->spec = spec;
    (*instrument)->index = (unsigned)(spec->name[0] - '0');
    return DRIVER_OK;
}

static void fake_destroy(struct driver_instrument *instrument)
{
    free(instrument);
}

static int fake_plan(struct driver_instrument *instrument, const struct driver_line_spec *line,
                     const uint16_t *points, size_t count, const struct driver_read **reads,
                     size_t *read_count)
{
    (void)line;
    uint16_t *order = &instrument->order[instrument->planned];
    size_t first = instrument->read_count, step = fake.merges ? count : 1;
    memcpy(order, points, count * sizeof(*points));
    instrument->planned += count;
    for (size_t i = 0; i < count; i += step) {
        size_t slot = instrument->read_count++;
        struct driver_read *read = &instrument->reads[slot], *other = &instrument->others[slot];
        *read = (struct driver_read){
            .points = order + i,
            .count = step,
            .shape = fake.one_shape ? 1 : 1000 * (instrument->index + 1) + order[i],
            .typical = fake.cost,
        };
        *other = *read;
        other->shape += 100000;
        other->variant = 1;
        other->unmistakable = fake.unmistakable;
        read->other = fake.two_ways || fake.three_ways ? other : NULL;
        struct driver_read *third = &instrument->thirds[slot];
        *third = *other;
        third->shape += 100000;
        third->variant = 2;
        other->other = fake.three_ways ? third : NULL;
    }
    *reads = &instrument->reads[first];
    *read_count = instrument->read_count - first;
    return DRIVER_OK;
}

static int fake_greet(struct driver_instrument *instrument, struct driver_line *line, int64_t deadline,
                      struct driver_fault *fault)
{
    (void)fault;
    assert_ptr_equal(line, &fake.line);
    return fake_happen((struct fake_event){.kind = FAKE_GREET, .instrument = instrument->index}, deadline);
}

static int fake_read(struct driver_instrument *instrument, struct driver_line *line,
                     const struct driver_read *read, struct driver_sample *samples, int64_t deadline,
                     struct driver_fault *fault)
{
    unsigned index = instrument->index;
    assert_ptr_equal(line, &fake.line);
    int result = fake_happen(
        (struct fake_event){
            .kind = FAKE_READ, .instrument = index, .point = read->points[0], .variant = read->variant},
        deadline);
    if (result) {
        snprintf(fault->text, sizeof(fault->text), "reading point %u of %u", read->points[0], index);
        fault->beyond = fake.beyond;
        fault->stray = fake.stray;
        return result;
    }
    for (size_t i = 0; i < read->count; i++) {
        uint16_t point = read->points[i];
        samples[i].good = !fake.unusable[index][point];
        samples[i].value.number = fake.values[index][point];
        snprintf(samples[i].value.text, DRIVER_TEXT_MAX, "%s", fake.text ? fake.text : "");
    }
    return DRIVER_OK;
}

static int64_t fake_write_time(const struct driver_instrument *instrument,
                               const struct driver_line_spec *line, uint16_t point)
{
    (void)instrument, (void)line, (void)point;
    return fake.cost;
}

static int fake_write(struct driver_instrument *instrument, struct driver_line *line, uint16_t point,
                      const struct driver_value *value, int64_t deadline, struct driver_fault *fault)
{
    (void)fault;
    assert_ptr_equal(line, &fake.line);
    int result = fake_happen(
        (struct fake_event){
            .kind = FAKE_WRITE, .instrument = instrument->index, .point = point, .value = value->number},
        deadline);
    if (!result)
        fake.values[instrument->index][point] = value->number;
    return result;
}

static int fake_begin(struct driver_instrument *instrument, struct driver_line *line, size_t waveform,
                      enum driver_depth depth, struct driver_record *record, int64_t deadline,
                      struct driver_fault *fault)
{
    (void)waveform, (void)depth, (void)fault;
    assert_ptr_equal(line, &fake.line);
    instrument->record_left = fake.record_bytes;
    *record = (struct driver_record){.samples = fake.record_bytes, .value_step = 1};
    return fake_happen((struct fake_event){.kind = FAKE_BEGIN, .instrument = instrument->index}, deadline);
}

static int fake_chunk(struct driver_instrument *instrument, struct driver_line *line, void *codes,
                      size_t capacity, size_t *got, int64_t deadline, struct driver_fault *fault)
{
    unsigned char *bytes = codes;
    (void)fault;
    assert_ptr_equal(line, &fake.line);
    int result =
        fake_happen((struct fake_event){.kind = FAKE_CHUNK, .instrument = instrument->index}, deadline);
    if (result)
        return result;
    *got = instrument->record_left < capacity ? instrument->record_left : capacity;
    for (size_t i = 0; i < *got; i++)
        bytes[i] = (unsigned char)((fake.record_bytes - instrument->record_left + i) % 251);
    instrument->record_left -= *got;
    return DRIVER_OK;
}

static int fake_end(struct driver_instrument *instrument, struct driver_line *line, int64_t deadline,
                    struct driver_fault *fault)
{
    (void)fault;
    assert_ptr_equal(line, &fake.line);
    return fake_happen((struct fake_event){.kind = FAKE_END, .instrument = instrument->index}, deadline);
}

static const struct driver_transport fake_transport = {"fake", fake_open, fake_close, fake_recover,
                                                       fake_listen};
static const struct driver_waveform fake_waveform = {.name = "ch1"};

/* A serial line with `count` instruments of `points` readable and writable numbers, read every 100 ms. */
static void fake_reset(size_t count, size_t points)
{
    static const char *const names[FAKE_INSTRUMENTS] = {"0", "1", "2", "3", "4", "5", "6", "7"};
    int wake = fake.wake > 0 ? fake.wake : eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    memset(&fake, 0, sizeof(fake));
    fake.wake = wake;
    fake.now = 1000 * LINK_SECOND;
    fake.cost = 5 * MS;
    fake.driver = (struct driver){
        .name = "fake",
        .transport = &fake_transport,
        .create = fake_create,
        .destroy = fake_destroy,
        .plan = fake_plan,
        .read = fake_read,
        .write = fake_write,
        .write_time = fake_write_time,
        .capture_begin = fake_begin,
        .capture_chunk = fake_chunk,
        .capture_end = fake_end,
    };
    for (size_t i = 0; i < FAKE_POINTS; i++)
        fake.points[i] =
            (struct driver_point){.name = "p", .type = DRIVER_NUMBER, .readable = true, .writable = true};
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < points; k++)
            fake.polls[i][k] = 100 * MS;
        fake.instruments[i] = (struct link_instrument_spec){
            .driver = &fake.driver,
            .instrument = {.name = names[i], .points = fake.points, .point_count = points},
            .polls = fake.polls[i],
            .lost_after = 3,
        };
    }
    fake.spec = (struct link_spec){
        .name = "fake",
        .line = {.serial = true, .device = "fake", .baud = 115200, .timeout = 100 * MS, .turnaround = 5 * MS},
        .instruments = fake.instruments,
        .instrument_count = count,
        .rig_count = 2,
        .longest = 250 * MS,
    };
}

static void fake_assemble(void)
{
    const struct link_clock clock = {.now = fake_now};
    struct driver_fault fault;
    if (fake.greets)
        fake.driver.greet = fake_greet;
    assert_int_equal(link_assemble(&fake.spec, fake.wake, &clock, &fake.link, &fault), LINK_OK);
}

static int fake_teardown(void **state)
{
    (void)state;
    if (fake.answer)
        fake.answer = NULL;
    link_destroy(fake.link);
    fake.link = NULL;
    assert_int_equal(fake.open, 0);
    return 0;
}

/* Steps, with time moving on while there is nothing to do, until it is `until`. */
static inline void fake_run(int64_t until)
{
    for (size_t steps = 0; fake.now < until; steps++) {
        assert_true(steps < FAKE_STEPS);
        int64_t next = link_step(fake.link);
        if (next > fake.now)
            fake.now = next < until ? next : until;
    }
}

static inline void fake_run_for(int64_t span)
{
    fake_run(fake.now + span);
}

/* Takes reports until one of this kind comes. */
static inline bool fake_report(enum link_report_kind kind, struct link_report *report)
{
    while (link_next_report(fake.link, report))
        if (report->kind == kind)
            return true;
    return false;
}

static inline void fake_forget(void)
{
    struct link_report report;
    while (link_next_report(fake.link, &report))
        ;
    fake.count = 0;
}

static inline size_t fake_count(enum fake_kind kind, unsigned instrument)
{
    size_t count = 0;
    for (size_t i = 0; i < fake.count; i++)
        count += fake.events[i].kind == kind && fake.events[i].instrument == instrument;
    return count;
}

/* Everything is up and its first values are taken. */
static inline void fake_start(void)
{
    fake_assemble();
    fake_run_for(500 * MS);
    for (size_t i = 0; i < fake.spec.instrument_count; i++)
        assert_true(fake.link->instruments[i].up);
    fake_forget();
}

static inline int fake_put(enum link_priority priority, uint16_t instrument, uint16_t point, double value,
                           uint32_t ticket, uint64_t epoch)
{
    return link_write(fake.link, &(struct link_write){.instrument = instrument,
                                                      .point = point,
                                                      .priority = priority,
                                                      .epoch = epoch,
                                                      .ticket = ticket,
                                                      .until = INT64_MAX,
                                                      .value = {.number = value}});
}

#define fake_test(function) cmocka_unit_test_teardown(function, fake_teardown)

#endif
