/* Edges without end on a line that is slow: they fill it neither for later steps nor for what verifies. */
#include "tests/unit/rig/bench.h"

/* The serial line of PLC and PANEL as a link keeps it: one transaction at a time, a place for each output,
 * safe writes first. */
struct serial {
    struct rig_action place[POINTS];
    bool waits[POINTS];
    unsigned order[POINTS], last_order;
    bool busy, reads;
    uint16_t point; /* being written */
    int64_t took, ends, asked;
    int64_t read_at, longest_without_read;
    size_t writes;
};

static void place(struct bench *b, struct serial *line, const struct rig_action *write)
{
    struct rig_action former = line->place[write->point];
    bool waited = line->waits[write->point];
    line->place[write->point] = *write;
    line->waits[write->point] = true;
    if (!waited || former.number != write->number)
        line->order[write->point] = ++line->last_order;
    if (waited)
        bench_written(b, former.ticket, RIG_WRITE_FAILED); /* a newer one came first */
}

static void take(struct bench *b, struct serial *line)
{
    while (b->done < b->logged) {
        struct rig_action action = b->log[b->done++];
        if (action.kind == RIG_ACTION_WRITE)
            place(b, line, &action);
        if (action.kind == RIG_ACTION_EPOCH) {
            struct rig_event event = {.kind = RIG_EVENT_EPOCH_ACK};
            event.epoch_ack.link = action.link;
            event.epoch_ack.epoch = action.epoch;
            bench_event(b, &event);
        }
    }
}

static void begin(struct bench *b, struct serial *line)
{
    uint16_t next = POINTS;
    for (uint16_t i = 0; i < POINTS; i++)
        if (line->waits[i] && (next == POINTS || line->order[i] < line->order[next]))
            next = i;
    line->busy = true;
    line->reads = next == POINTS;
    line->point = next;
    line->asked = b->now;
    line->ends = b->now + line->took;
    if (!line->reads)
        line->waits[next] = false;
}

static void end(struct bench *b, struct serial *line)
{
    line->busy = false;
    if (line->reads) {
        int64_t without = b->now - line->read_at;
        line->longest_without_read =
            without > line->longest_without_read ? without : line->longest_without_read;
        line->read_at = b->now;
        bench_samples(b, PLC, line->asked);
        return;
    }
    const struct rig_action write = line->place[line->point];
    line->writes++;
    if (b->points[write.point].readback != RIG_NONE)
        b->shown_value[b->points[write.point].readback] = write.number;
    bench_written(b, write.ticket, RIG_WRITE_DONE);
}

/* Millisecond by millisecond. */
static void pass(struct bench *b, struct serial *line, int64_t length)
{
    for (int64_t until = b->now + length; b->now < until; b->now += MS) {
        if (rig_next_deadline(b->rig) <= b->now)
            bench_event(b, &(const struct rig_event){.kind = RIG_EVENT_TICK});
        take(b, line);
        if (line->busy && b->now >= line->ends)
            end(b, line);
        take(b, line);
        if (!line->busy)
            begin(b, line);
    }
}

static int64_t longest_without_read(const struct bench *b, const struct serial *line)
{
    int64_t present = b->now - line->read_at;
    return present > line->longest_without_read ? present : line->longest_without_read;
}

static void press(struct bench *b, uint32_t seat)
{
    const struct rig_event stop = {.kind = RIG_EVENT_STOP, .seat = seat};
    bench_event(b, &stop);
}

/* Three outputs of 50 ms each: what all of them take is longer than the time between two repeats used to be.
 */
static struct bench *start_slow(struct serial *line, uint32_t *seat)
{
    struct bench *b = bench_new();
    for (int i = 0; i < POINTS; i++)
        b->points[i].stale_after = b->points[i].stale_after > 0 ? 2 * S : 0;
    bench_start(b);
    *seat = bench_controlled(b);
    *line = (struct serial){.took = 50 * MS, .read_at = b->now};
    return b;
}

static void test_leaning_on_the_stop_keeps_nothing_from_the_line(void **state)
{
    (void)state;
    struct serial line;
    uint32_t seat;
    struct bench *b = start_slow(&line, &seat);
    size_t since = b->logged;
    for (int i = 0; i < 200; i++) {
        press(b, seat);
        pass(b, &line, 50 * MS);
    }
    assert_true(bench_records(b, since, RIG_RECORD_SAFE_DONE) >= 5);
    assert_int_equal(bench_records(b, since, RIG_RECORD_SAFE_FAILED), 0);
    assert_true(bench_writes(b, since, VALVE, true) >= 5); /* of the later step */
    assert_true(longest_without_read(b, &line) < S);
    size_t last = b->logged;
    press(b, seat);
    pass(b, &line, 3 * S);
    assert_true(bench_records(b, last, RIG_RECORD_SAFE_DONE) > 0);
    assert_false(rig_is_making_safe(b->rig));
    assert_false(rig_durable(b->rig)->quarantined);
    bench_free(b);
}

static bool written_since(const struct bench *b, size_t since)
{
    return bench_writes(b, since, PUMP, true) > 0 && bench_writes(b, since, LAMP, true) > 0;
}

/* Each edge is followed by the writes of what was written before it: at once where the line has room, later
 * where not, whatever the run waits for. */
static void test_each_edge_has_its_writes(void **state)
{
    (void)state;
    for (int wait = 0; wait < 2; wait++) {
        struct serial line;
        uint32_t seat;
        struct bench *b = bench_new();
        struct rig_step_spec waiting[] = {
            b->steps[0], {RIG_STEP_WAIT, NULL, 0, 5 * S},
             b->steps[1], b->steps[2]
        };
        b->steps[2].within = 20 * S;
        if (wait) {
            b->spec.safe = waiting;
            b->spec.safe_count = 4;
        }
        bench_create(b, 100, NULL);
        bench_instrument(b, PLC, true);
        bench_instrument(b, PANEL, true);
        bench_work(b);
        bench_pass(b, 10 * S);
        seat = bench_controlled(b);
        line = (struct serial){.took = 50 * MS, .read_at = b->now};
        press(b, seat);
        b->bad[VALVE_SHOWN] = true; /* the verification takes its time */
        pass(b, &line, S);
        size_t since = b->logged;
        press(b, seat);
        assert_true(written_since(b, since));
        pass(b, &line, 50 * MS);
        since = b->logged;
        press(b, seat); /* too soon: the repeat is still on its way */
        assert_false(written_since(b, since));
        pass(b, &line, 200 * MS);
        assert_false(written_since(b, since)); /* it has arrived, and the line is left to others */
        pass(b, &line, 400 * MS);
        assert_true(written_since(b, since));
        assert_int_equal(bench_records(b, since, RIG_RECORD_SAFE_BEGIN), 0);
        since = b->logged;
        pass(b, &line, S);
        assert_false(written_since(b, since)); /* and no edge, no repeat */
        bench_free(b);
    }
}

/* What is on its way is not put again: its report would be lost, and with it the step. */
static void test_what_is_on_its_way_is_not_repeated(void **state)
{
    (void)state;
    struct serial line;
    uint32_t seat;
    struct bench *b = start_slow(&line, &seat);
    line.took = 300 * MS;
    press(b, seat);
    size_t since = b->logged;
    for (int i = 0; i < 4; i++) {
        pass(b, &line, 50 * MS);
        press(b, seat);
    }
    assert_int_equal(bench_writes(b, since, PUMP, true), 0);
    assert_int_equal(bench_writes(b, since, LAMP, true), 0);
    pass(b, &line, 150 * MS); /* the first of the two has gone out */
    press(b, seat);
    assert_int_equal(bench_writes(b, since, PUMP, true), 1);
    assert_int_equal(bench_writes(b, since, LAMP, true), 0);
    bench_free(b);
}

/* A trip that comes and goes with its resets writes what it asks for when that is news, and never more often
 * than the line bears. */
static void test_a_flapping_trip_keeps_nothing_from_the_line(void **state)
{
    (void)state;
    struct serial line;
    uint32_t seat;
    struct bench *b = bench_new();
    b->trip_drives[0] = (struct rig_assignment){PUMP, 30};
    b->trips[0] = (struct rig_trip_spec){.name = "hot",
                                         .when = bench_compile(b, "plc.temperature > 80 degC"),
                                         .drives = b->trip_drives,
                                         .drive_count = 1,
                                         .reset = RIG_STUDENT};
    b->spec.trip_count = 1;
    bench_start(b);
    seat = bench_controlled(b);
    line = (struct serial){.took = 50 * MS, .read_at = b->now};
    press(b, seat);
    size_t since = b->logged;
    const struct rig_event reset = {.kind = RIG_EVENT_RESET, .seat = seat};
    for (int i = 0; i < 200; i++) { /* its sensor is on another line, and flaps with every reading */
        b->shown_value[HOT] = i % 2 == 0 ? 90 : 20;
        bench_samples(b, PLC, b->now);
        bench_event(b, &reset);
        pass(b, &line, 20 * MS);
    }
    assert_true(bench_records(b, since, RIG_RECORD_TRIP) > 50);
    assert_true(bench_writes(b, since, PUMP, true) > 3);
    assert_true(bench_writes(b, since, VALVE, true) > 0);
    assert_true(longest_without_read(b, &line) < S);
    b->shown_value[HOT] = 20;
    pass(b, &line, 100 * MS);
    bench_event(b, &reset);
    pass(b, &line, 5 * S);
    assert_true(b->shown_value[PUMP_SHOWN] == 0);
    assert_false(rig_is_making_safe(b->rig));
    assert_false(rig_durable(b->rig)->quarantined);
    bench_free(b);
}

/* Unless it is not what is wanted any more. */
static void test_what_is_on_its_way_and_wrong_is_written(void **state)
{
    (void)state;
    struct serial line;
    struct bench *b = bench_new();
    b->trip_drives[0] = (struct rig_assignment){LAMP, 1};
    b->trips[0] = (struct rig_trip_spec){.name = "hot",
                                         .when = bench_compile(b, "plc.temperature > 80 degC"),
                                         .drives = b->trip_drives,
                                         .drive_count = 1,
                                         .reset = RIG_STUDENT};
    b->spec.trip_count = 1;
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    b->shown_value[HOT] = 90;
    bench_pass(b, S);
    line = (struct serial){.took = 300 * MS, .read_at = b->now};
    press(b, seat);
    pass(b, &line, 150 * MS);
    assert_true(bench_last_write(b, LAMP)->number == 1);
    b->shown_value[HOT] = 20;
    bench_samples(b, PLC, b->now);
    const struct rig_event reset = {.kind = RIG_EVENT_RESET, .seat = seat};
    bench_event(b, &reset);
    assert_true(bench_last_write(b, LAMP)->number == 0);
    bench_free(b);
}

/* A reset whose drive back has not gone out when the run ends: that run has verified nothing. */
static void test_what_is_owed_to_a_reset_is_not_verified(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    b->trip_drives[0] = (struct rig_assignment){LAMP, 1};
    b->trips[0] = (struct rig_trip_spec){.name = "hot",
                                         .when = bench_compile(b, "plc.temperature > 80 degC"),
                                         .drives = b->trip_drives,
                                         .drive_count = 1,
                                         .reset = RIG_STUDENT};
    b->spec.trip_count = 1;
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    b->bad[VALVE_SHOWN] = true; /* the verification waits */
    press(b, seat);
    bench_pass(b, 200 * MS);
    b->mute[PANEL] = true; /* reports nothing of a repeat */
    press(b, seat);
    b->shown_value[HOT] = 90;
    bench_pass(b, 200 * MS);
    b->shown_value[HOT] = 20;
    bench_pass(b, 200 * MS);
    size_t since = b->logged;
    bench_ask(b, RIG_EVENT_RESET, seat); /* of the trip; the stop is a technician's */
    b->bad[VALVE_SHOWN] = false;
    bench_pass(b, 1200 * MS);
    assert_int_equal(bench_records(b, since, RIG_RECORD_SAFE_DONE), 0);
    bench_pass(b, 600 * MS);
    assert_int_equal(bench_records(b, since, RIG_RECORD_SAFE_FAILED), 1);
    assert_true(bench_writes(b, since, LAMP, true) > 0);
    b->mute[PANEL] = false;
    bench_pass(b, 5 * S);
    assert_true(bench_last_write(b, LAMP)->number == 0);
    assert_false(rig_is_making_safe(b->rig));
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_leaning_on_the_stop_keeps_nothing_from_the_line),
        cmocka_unit_test(test_each_edge_has_its_writes),
        cmocka_unit_test(test_what_is_on_its_way_is_not_repeated),
        cmocka_unit_test(test_a_flapping_trip_keeps_nothing_from_the_line),
        cmocka_unit_test(test_what_is_on_its_way_and_wrong_is_written),
        cmocka_unit_test(test_what_is_owed_to_a_reset_is_not_verified),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
