/* A trip that drives an output away from its safe value goes on asking for that until it is reset, whatever
 * else happens to the rig. */
#include "tests/unit/rig/bench.h"

enum { VENT, PURGE };

static void add_trip(struct bench *b, int trip, const char *name, const char *when, uint16_t point,
                     double number)
{
    b->trip_drives[trip] = (struct rig_assignment){point, number};
    b->trips[trip] = (struct rig_trip_spec){.name = name,
                                            .when = bench_compile(b, when),
                                            .drives = &b->trip_drives[trip],
                                            .drive_count = 1,
                                            .reset = RIG_STUDENT};
    b->spec.trip_count++;
}

/* "vent" opens the valve when the level is high. */
static struct bench *with_vent(void)
{
    struct bench *b = bench_new();
    add_trip(b, VENT, "vent", "plc.level > 0.9 m", VALVE, 1);
    return b;
}

static bool is_open(const struct bench *b)
{
    return b->shown_value[VALVE_SHOWN] == 1;
}

static void fill_up(struct bench *b)
{
    b->shown_value[LEVEL] = 0.95;
}

static void reset_all(struct bench *b)
{
    struct rig_event event = {.kind = RIG_EVENT_RESET, .request = ++b->request};
    event.person.account = 9;
    event.person.role = RIG_TECHNICIAN;
    bench_event(b, &event);
    bench_work(b);
}

static void reset(struct bench *b)
{
    b->shown_value[LEVEL] = 0.5;
    bench_pass(b, 200 * MS);
    reset_all(b);
    assert_int_equal(bench_answer(b, b->request)->refusal, RIG_ACCEPTED);
}

static void lock_out(struct bench *b, bool set)
{
    struct rig_event event = {.kind = RIG_EVENT_LOCKOUT, .request = ++b->request};
    event.lockout.set = set;
    event.lockout.account = event.lockout.whose = 9;
    bench_event(b, &event);
    bench_work(b);
}

static void stays_open(struct bench *b, enum rig_condition condition)
{
    bench_pass(b, 10 * S);
    assert_true(is_open(b));
    assert_int_equal(rig_condition(b->rig), condition);
    assert_false(rig_is_making_safe(b->rig));
}

static void test_it_outlasts_the_session(void **state)
{
    (void)state;
    struct bench *b = with_vent();
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    fill_up(b);
    bench_pass(b, 200 * MS);
    assert_true(is_open(b));
    assert_int_equal(rig_controller(b->rig), seat);
    bench_ask(b, RIG_EVENT_RELEASE, seat);
    size_t since = b->logged;
    stays_open(b, RIG_SAFE);
    assert_true(rig_is_verified_safe(b->rig));
    assert_int_equal(bench_records(b, since, RIG_RECORD_SAFE_BEGIN),
                     0); /* what is asked for is no departure */
    reset(b);
    bench_pass(b, 3 * S);
    assert_false(is_open(b));
    assert_int_equal(rig_condition(b->rig), RIG_SAFE);
    bench_free(b);
}

static void test_it_is_verified(void **state)
{
    (void)state;
    struct bench *b = with_vent();
    bench_start(b);
    b->stuck = true;
    fill_up(b);
    bench_pass(b, 20 * S);
    assert_int_equal(rig_condition(b->rig), RIG_QUARANTINED);
    bench_free(b);
}

/* Before it was reset nobody may close it; afterwards it has been closed. */
static void test_a_reset_in_control_closes_it(void **state)
{
    (void)state;
    struct bench *b = with_vent();
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    fill_up(b);
    bench_pass(b, 200 * MS);
    assert_int_equal(bench_set(b, seat, VALVE, 0)->refusal, RIG_TRIPPED);
    size_t since = b->logged;
    reset(b);
    bench_pass(b, 200 * MS);
    assert_false(is_open(b));
    assert_int_equal(rig_controller(b->rig), seat);
    assert_int_equal(bench_records(b, since, RIG_RECORD_DRIVEN), 1);
    assert_int_equal(bench_records(b, since, RIG_RECORD_SAFE_BEGIN), 0);
    assert_int_equal(bench_set(b, seat, VALVE, 1)->refusal, RIG_ACCEPTED);
    bench_free(b);
}

/* In each step of the sequence: what it wrote and what it verifies is another value from then on. */
static void test_it_latches_while_the_rig_is_made_safe(void **state)
{
    (void)state;
    for (int64_t after = 0; after < 4 * S; after += 50 * MS) {
        struct bench *b = with_vent();
        bench_start(b);
        uint32_t seat = bench_controlled(b);
        bench_set(b, seat, PUMP, 20);
        b->stuck = true;
        bench_ask(b, RIG_EVENT_RELEASE, seat);
        bench_pass(b, after);
        size_t since = b->logged;
        fill_up(b);
        bench_samples(b, PLC, b->now);
        assert_true(bench_writes(b, since, VALVE, true) > 0);
        assert_true(bench_last_write(b, VALVE)->number == 1);
        b->stuck = false;
        bench_work(b);
        stays_open(b, RIG_SAFE);
        bench_free(b);
    }
}

/* And is reset there. */
static void test_it_is_reset_while_the_rig_is_made_safe(void **state)
{
    (void)state;
    struct bench *b = with_vent();
    bench_start(b);
    fill_up(b);
    bench_pass(b, S);
    b->stuck = true;
    bench_ask(b, RIG_EVENT_LOCKOUT, 0); /* removes none, and is an edge */
    bench_pass(b, 300 * MS);
    b->stuck = false;
    size_t since = b->logged;
    reset(b);
    assert_true(bench_writes(b, since, VALVE, true) > 0);
    bench_pass(b, 10 * S);
    assert_false(is_open(b));
    assert_int_equal(rig_condition(b->rig), RIG_SAFE);
    bench_free(b);
}

static void test_it_survives_a_restart(void **state)
{
    (void)state;
    struct bench *b = with_vent();
    bench_start(b);
    fill_up(b);
    bench_pass(b, S);
    struct rig_durable durable = *rig_durable(b->rig);
    rig_destroy(b->rig);
    free(b->actions.list);
    b->shown_value[VALVE_SHOWN] = 0; /* the rig's own controller closed it meanwhile */
    b->shown_value[LEVEL] = 0.5;
    size_t since = b->logged;
    bench_create(b, 200, &durable);
    bench_instrument(b, PLC, true);
    bench_instrument(b, PANEL, true);
    bench_work(b);
    stays_open(b, RIG_SAFE);
    for (size_t i = since; i < b->logged; i++)
        assert_false(b->log[i].kind == RIG_ACTION_WRITE && b->log[i].point == VALVE && b->log[i].number == 0);
    bench_free(b);
}

static void test_nothing_moves_under_hands(void **state)
{
    (void)state;
    for (int local = 0; local < 2; local++) {
        struct bench *b = with_vent();
        b->spec.local_mode = local ? LOCAL : RIG_NONE;
        bench_start(b);
        fill_up(b);
        bench_pass(b, S);
        assert_true(is_open(b));
        if (local)
            b->shown_value[LOCAL] = 1;
        else
            lock_out(b, true);
        bench_pass(b, 5 * S);
        assert_false(is_open(b));
        assert_int_equal(rig_durable(b->rig)->trips[0], 1); /* and so the matrix is met again afterwards: */
        if (local)
            b->shown_value[LOCAL] = 0;
        else
            lock_out(b, false);
        stays_open(b, RIG_SAFE);
        bench_free(b);
    }
}

/* One that latches meanwhile moves nothing either. */
static void test_a_trip_under_hands_opens_nothing(void **state)
{
    (void)state;
    struct bench *b = with_vent();
    bench_start(b);
    lock_out(b, true);
    bench_pass(b, S);
    fill_up(b);
    bench_pass(b, 5 * S);
    assert_int_equal(rig_durable(b->rig)->trips[0], 1);
    assert_false(is_open(b));
    bench_free(b);
}

/* The first of the configuration decides, whichever latched first. */
static void test_two_trips_that_disagree(void **state)
{
    (void)state;
    for (int order = 0; order < 2; order++)
        for (int first = 0; first < 2; first++) {
            struct bench *b = bench_new();
            add_trip(b, VENT, "vent", order == 0 ? "plc.level > 0.9 m" : "plc.temperature > 80 degC", VALVE,
                     order == 0);
            add_trip(b, PURGE, "shut", order == 0 ? "plc.temperature > 80 degC" : "plc.level > 0.9 m", VALVE,
                     order == 1);
            bench_start(b);
            b->shown_value[first == 0 ? LEVEL : HOT] = first == 0 ? 0.95 : 90;
            bench_pass(b, 5 * S);
            b->shown_value[first == 0 ? HOT : LEVEL] = first == 0 ? 90 : 0.95;
            bench_pass(b, 5 * S);
            assert_int_equal(rig_durable(b->rig)->trips[0], 3);
            assert_int_equal(is_open(b), order == 0);
            assert_int_equal(rig_condition(b->rig), RIG_SAFE);
            bench_free(b);
        }
}

/* What one has no longer is the other's; and nothing moves where that is the same. */
static void test_two_trips_that_ask_for_more_and_less(void **state)
{
    (void)state;
    for (int same = 0; same < 2; same++)
        for (int control = 0; control < 2; control++) {
            struct bench *b = bench_new();
            add_trip(b, VENT, "much", "plc.level > 0.9 m", PUMP, same ? 30 : 60);
            add_trip(b, PURGE, "some", "plc.temperature > 80 degC", PUMP, 30);
            bench_start(b);
            if (control)
                bench_controlled(b);
            b->shown_value[HOT] = 90;
            bench_pass(b, 5 * S);
            assert_true(b->shown_value[PUMP_SHOWN] == 30);
            fill_up(b);
            bench_pass(b, 5 * S);
            assert_true(b->shown_value[PUMP_SHOWN] == (same ? 30 : 60));
            b->shown_value[LEVEL] = 0.5;
            bench_pass(b, S);
            size_t since = b->logged;
            reset_all(b);
            bench_pass(b, 5 * S);
            assert_int_equal(rig_durable(b->rig)->trips[0], 2);
            assert_true(b->shown_value[PUMP_SHOWN] == 30);
            assert_int_equal(bench_writes(b, since, PUMP, true) > 0, !same);
            assert_int_equal(rig_condition(b->rig), control ? RIG_CONTROLLED : RIG_SAFE);
            bench_free(b);
        }
}

/* With the reset of the one that decided for safe, what the other asks for is written at once. */
static void test_what_another_trip_held_at_safe(void **state)
{
    (void)state;
    for (int control = 0; control < 2; control++) {
        struct bench *b = bench_new();
        add_trip(b, VENT, "none", "plc.level > 0.9 m", LAMP, 0);
        add_trip(b, PURGE, "light", "plc.temperature > 80 degC", LAMP, 1); /* no read-back would show it */
        bench_start(b);
        if (control)
            bench_controlled(b);
        fill_up(b);
        bench_pass(b, 5 * S);
        b->shown_value[HOT] = 90;
        bench_pass(b, 5 * S);
        assert_int_equal(rig_durable(b->rig)->trips[0], 3);
        assert_true(bench_last_write(b, LAMP)->number == 0);
        b->shown_value[LEVEL] = 0.5;
        bench_pass(b, S);
        struct rig_event event = {
            .kind = RIG_EVENT_RESET, .person = {.account = 9, .role = RIG_TECHNICIAN}
        };
        size_t since = b->logged;
        bench_event(b, &event);
        assert_int_equal(rig_durable(b->rig)->trips[0], 2);
        assert_int_equal(bench_writes(b, since, LAMP, true),
                         control ? 1 : 2); /* alone, or with the sequence */
        assert_true(bench_last_write(b, LAMP)->number == 1);
        bench_work(b);
        bench_pass(b, 5 * S);
        assert_int_equal(rig_condition(b->rig), control ? RIG_CONTROLLED : RIG_SAFE);
        bench_free(b);
    }
}

/* Of a list in which another trip decides one output, the rest is still asked for. */
static void test_two_trips_that_share_one_output(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    struct rig_assignment drives[] = {
        {PUMP,  30},
        {VALVE, 1 }
    };
    add_trip(b, VENT, "much", "plc.level > 0.9 m", PUMP, 60);
    add_trip(b, PURGE, "some", "plc.temperature > 80 degC", PUMP, 30);
    b->trips[PURGE].drives = drives;
    b->trips[PURGE].drive_count = 2;
    bench_start(b);
    size_t since = b->logged;
    fill_up(b);
    bench_pass(b, 5 * S);
    b->shown_value[HOT] = 90;
    stays_open(b, RIG_SAFE);
    assert_true(b->shown_value[PUMP_SHOWN] == 60);
    for (size_t i = since; i < b->logged; i++)
        assert_false(b->log[i].kind == RIG_ACTION_WRITE && b->log[i].point == PUMP && b->log[i].number == 30);
    bench_free(b);
}

/* Neither a lost permissive nor a time limit takes away what a trip asks for. */
static void test_milder_rules_give_way(void **state)
{
    (void)state;
    struct bench *b = with_vent();
    b->permissives[b->spec.permissive_count++] = (struct rig_permissive_spec){
        .name = "cool", .of = VALVE, .when = bench_compile(b, "plc.temperature < 60 degC")};
    b->limits[0] =
        (struct rig_limit_spec){.name = "brief", .of = VALVE, .range = BENCH_WHOLE, .on_for = 2 * S};
    b->spec.limit_count = 1;
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    fill_up(b);
    bench_pass(b, 200 * MS);
    b->shown_value[HOT] = 70;
    size_t since = b->logged;
    bench_pass(b, 5 * S);
    assert_true(is_open(b));
    assert_int_equal(bench_writes(b, since, VALVE, true), 0);
    assert_int_equal(bench_records(b, since, RIG_RECORD_TIME_LIMIT), 1); /* that they were due is known */
    assert_int_equal(bench_records(b, since, RIG_RECORD_PERMISSIVE_LOST), 1);
    for (size_t i = since; i < b->logged; i++)
        if (b->log[i].kind == RIG_ACTION_RECORD &&
            (b->log[i].record == RIG_RECORD_TIME_LIMIT || b->log[i].record == RIG_RECORD_PERMISSIVE_LOST))
            assert_true(b->log[i].point == VALVE && b->log[i].number == true);
    assert_int_equal(bench_records(b, since, RIG_RECORD_DRIVEN), 0);
    assert_int_equal(rig_controller(b->rig), seat);
    bench_free(b);
}

/* A trip of nothing but a bad input gives back what it drove, with the safe state that resets it. */
static void test_a_fault_gives_back(void **state)
{
    (void)state;
    for (int control = 0; control < 2; control++) {
        struct bench *b = with_vent();
        bench_start(b);
        if (control)
            bench_controlled(b);
        b->bad[LEVEL] = true;
        bench_pass(b, S);
        assert_true(is_open(b));
        b->bad[LEVEL] = false;
        bench_pass(b, 5 * S);
        assert_int_equal(rig_durable(b->rig)->trips[0], 0);
        assert_false(is_open(b));
        assert_int_equal(rig_condition(b->rig), control ? RIG_CONTROLLED : RIG_SAFE);
        bench_free(b);
    }
}

/* On the line in the order of the list, so that what excludes another is off before that is on. */
static void test_what_is_driven_goes_in_its_order(void **state)
{
    (void)state;
    for (int control = 0; control < 2; control++) {
        struct bench *b = bench_new();
        struct rig_assignment drives[] = {
            {LAMP,  0},
            {VALVE, 1},
            {PUMP,  0}
        };
        add_trip(b, VENT, "vent", "plc.level > 0.9 m", VALVE, 1);
        b->trips[VENT].drives = drives;
        b->trips[VENT].drive_count = 3;
        bench_start(b);
        if (control)
            bench_controlled(b);
        size_t since = b->logged, next = 0;
        fill_up(b);
        bench_samples(b, PLC, b->now);
        for (size_t i = since; i < b->logged && next < 3; i++)
            if (b->log[i].kind == RIG_ACTION_WRITE)
                assert_int_equal(b->log[i].point, drives[next++].point);
        assert_int_equal(next, 3);
        bench_free(b);
    }
}

/* Also when a milder rule has asked for the last of them just before, in the same event. */
static void test_its_order_is_not_another_rule_s(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    struct rig_assignment drives[] = {
        {LAMP,  0},
        {VALVE, 1}
    };
    add_trip(b, VENT, "vent", "plc.temperature > 80 degC", VALVE, 1);
    b->trips[VENT].drives = drives;
    b->trips[VENT].drive_count = 2;
    b->permissives[b->spec.permissive_count++] = (struct rig_permissive_spec){
        .name = "cool", .of = VALVE, .when = bench_compile(b, "plc.level < 0.9 m")};
    bench_start(b);
    uint32_t seat = bench_controlled(b);
    assert_int_equal(bench_set(b, seat, VALVE, 1)->refusal, RIG_ACCEPTED);
    size_t since = b->logged, next = 0;
    b->shown_value[HOT] = 90;
    fill_up(b);
    bench_samples(b, PLC, b->now);
    for (size_t i = since; i < b->logged && next < 2; i++)
        if (b->log[i].kind == RIG_ACTION_WRITE)
            assert_int_equal(b->log[i].point, drives[next++].point);
    assert_int_equal(next, 2);
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_outlasts_the_session),
        cmocka_unit_test(test_it_is_verified),
        cmocka_unit_test(test_a_reset_in_control_closes_it),
        cmocka_unit_test(test_it_latches_while_the_rig_is_made_safe),
        cmocka_unit_test(test_it_is_reset_while_the_rig_is_made_safe),
        cmocka_unit_test(test_it_survives_a_restart),
        cmocka_unit_test(test_nothing_moves_under_hands),
        cmocka_unit_test(test_a_trip_under_hands_opens_nothing),
        cmocka_unit_test(test_two_trips_that_disagree),
        cmocka_unit_test(test_two_trips_that_ask_for_more_and_less),
        cmocka_unit_test(test_what_another_trip_held_at_safe),
        cmocka_unit_test(test_two_trips_that_share_one_output),
        cmocka_unit_test(test_milder_rules_give_way),
        cmocka_unit_test(test_a_fault_gives_back),
        cmocka_unit_test(test_what_is_driven_goes_in_its_order),
        cmocka_unit_test(test_its_order_is_not_another_rule_s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
