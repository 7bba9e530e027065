/* Watchers on a stream whose frames are real Answers: what each is sent, and what it costs. */
#include "gateway/bus/watchers.h"

#include "gateway/bus/frames.h"
#include "proto/lab.pb-c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define POINTS 20u
#define ID(n)  (0x80000000u | (uint32_t)(n))

/* The stream: at frame n every point whose index is n modulo 5 becomes n. */
static double value_at(uint32_t point, uint64_t frame)
{
    while (frame > 0 && frame % 5 != point % 5)
        frame--;
    return (double)frame;
}

static size_t make_frame(uint8_t *bytes, uint64_t number, bool full)
{
    Labgate__Answer answer = LABGATE__ANSWER__INIT;
    Labgate__Frame frame = LABGATE__FRAME__INIT;
    Labgate__Cursor cursor = LABGATE__CURSOR__INIT;
    Labgate__Value values[POINTS], *list[POINTS];
    frame.values = list;
    for (uint32_t i = 0; i < POINTS; i++) {
        if (!full && number % 5 != i % 5)
            continue;
        labgate__value__init(&values[frame.n_values]);
        values[frame.n_values].index = i;
        values[frame.n_values].number = value_at(i, number);
        list[frame.n_values] = &values[frame.n_values];
        frame.n_values++;
    }
    cursor.boot = 3;
    cursor.frame = number;
    frame.cursor = &cursor;
    frame.rig = (char *)"tank-1";
    frame.full = full;
    frame.layout = 9;
    answer.version = 1;
    answer.ok = 1;
    answer.time = number * 1000;
    answer.body_case = LABGATE__ANSWER__BODY_FRAME;
    answer.frame = &frame;
    return labgate__answer__pack(&answer, bytes);
}

struct sent {
    uint32_t pipe, request;
    uint64_t frame;
    bool full;
    size_t values;
};

static struct peers *peers;
static struct watchers *watchers;
static struct sent sent[4096];
static size_t sent_count;
static int64_t now;
static size_t room; /* frames that the endpoint takes before it blocks */

static int record(void *context, uint32_t pipe, uint32_t request, const uint8_t *bytes, size_t size)
{
    (void)context;
    if (room == 0)
        return -1;
    room--;
    Labgate__Answer *answer = labgate__answer__unpack(NULL, size, bytes);
    assert_non_null(answer);
    const Labgate__Frame *frame = answer->frame;
    assert_int_equal(answer->time, frame->cursor->frame * 1000);
    if (frame->full)
        assert_int_equal(frame->n_values, POINTS);
    for (size_t i = 0; i < frame->n_values; i++)
        assert_true(frame->values[i]->number == value_at(frame->values[i]->index, frame->cursor->frame));
    assert_true(sent_count < sizeof sent / sizeof *sent);
    sent[sent_count++] = (struct sent){pipe, request, frame->cursor->frame, frame->full, frame->n_values};
    labgate__answer__free_unpacked(answer, NULL);
    return 0;
}

static void publish(uint64_t number, bool full)
{
    uint8_t bytes[4096];
    size_t size = make_frame(bytes, number, full);
    assert_int_equal((full ? watchers_full : watchers_delta)(watchers, 0, number, bytes, size), 0);
}

static int set_up(void **state)
{
    (void)state;
    peers = peers_create();
    watchers = watchers_create(record, NULL);
    sent_count = 0;
    now = 0;
    room = SIZE_MAX;
    return peers && watchers ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    for (uint32_t pipe = 1; pipe < 100; pipe++)
        if (peers_find(peers, pipe))
            watchers_drop_peer(watchers, peers_find(peers, pipe));
    assert_int_equal(watchers_count(watchers), 0);
    watchers_destroy(watchers);
    peers_destroy(peers);
    return 0;
}

static struct peer *watch(uint32_t pipe, uint32_t request, uint8_t credit, uint64_t frame)
{
    struct peer *peer = peers_add(peers, pipe);
    struct watch_grant grant = {.request = request, .credit = credit, .frame = frame, .likeness = 77};
    assert_int_equal(watchers_grant(watchers, peer, &grant), 0);
    return peer;
}

static bool renew(struct peer *peer, uint32_t request, uint32_t credit, uint64_t cursor)
{
    struct request_head head = {.class = ENVELOPE_WATCHING, .credit = credit, .likeness = 77};
    head.has_cursor = cursor > 0;
    head.cursor = cursor;
    return watchers_renew(watchers, peer, request, &head, 0);
}

static struct peer *watch_paced(uint32_t pipe, uint8_t credit, uint64_t frame, uint32_t every)
{
    struct peer *peer = peers_add(peers, pipe);
    struct watch_grant grant = {
        .request = ID(1), .credit = credit, .frame = frame, .likeness = 77, .every = every};
    assert_int_equal(watchers_grant(watchers, peer, &grant), 0);
    return peer;
}

static void pump_all(void)
{
    while (watchers_pump(watchers, 7, now) == PUMP_MORE)
        ;
}

static void test_full_then_changes_until_credit_ends(void **state)
{
    (void)state;
    watch(1, ID(1), 3, 0);
    pump_all();
    assert_int_equal(sent_count, 0); /* no frame yet */
    publish(10, true);
    pump_all();
    for (uint64_t frame = 11; frame < 20; frame++) {
        publish(frame, false);
        pump_all();
    }
    assert_int_equal(sent_count, 3);
    assert_true(sent[0].full && sent[0].frame == 10);
    assert_true(!sent[1].full && sent[1].frame == 11);
    assert_true(!sent[2].full && sent[2].frame == 12);
}

static void test_who_fell_behind_gets_the_newest_state(void **state)
{
    (void)state;
    publish(10, true);
    struct peer *peer = watch(1, ID(1), 1, 0);
    pump_all();
    for (uint64_t frame = 11; frame < 20; frame++)
        publish(frame, false);
    assert_true(renew(peer, ID(1), 1, 10));
    pump_all();
    assert_int_equal(sent_count, 2);
    assert_true(sent[1].full && sent[1].frame == 19);
}

static void test_credit_that_suffices_loses_nothing(void **state)
{
    (void)state;
    publish(10, true);
    struct peer *peer = watch(1, ID(1), 1, 0);
    pump_all();
    for (uint64_t frame = 11; frame < 20; frame++)
        publish(frame, false);
    assert_true(renew(peer, ID(1), 9, 10));
    pump_all();
    assert_int_equal(sent_count, 10);
    for (size_t i = 1; i < sent_count; i++)
        assert_true(!sent[i].full && sent[i].frame == 10 + i);
}

static void test_a_pace_makes_one_frame_of_what_changed(void **state)
{
    (void)state;
    publish(10, true);
    watch_paced(1, 30, 11, 200);
    for (uint64_t frame = 11; frame <= 30; frame++, now += 50 * 1000000) {
        publish(frame, false);
        pump_all();
    }
    assert_int_equal(sent_count, 5); /* of 20 changes, 50 ms apart */
    for (size_t i = 0; i < sent_count; i++) {
        assert_int_equal(sent[i].frame, 11 + 4 * i);
        assert_false(sent[i].full);
        assert_int_equal(sent[i].values, i == 0 ? POINTS / 5 : POINTS / 5 * 4);
    }
    assert_int_equal(watchers_next(watchers), INT64_C(1000000000));
}

static void test_a_pace_that_is_slow_gets_everything_at_once(void **state)
{
    (void)state;
    publish(10, true);
    watch_paced(1, 30, 11, 100000); /* as the slowest */
    publish(11, false);
    pump_all();
    for (uint64_t frame = 12; frame <= 12 + FRAMES_SINCE_MAX; frame++)
        publish(frame, false);
    now += (int64_t)WATCH_EVERY_MAX * 1000000 - 1;
    pump_all();
    assert_int_equal(sent_count, 1);
    now++;
    pump_all();
    assert_int_equal(sent_count, 2);
    assert_true(sent[1].full && sent[1].frame == 12 + FRAMES_SINCE_MAX);
}

static void test_a_renewal_changes_the_pace_from_the_next_frame_on(void **state)
{
    (void)state;
    publish(10, true);
    struct peer *peer = watch_paced(1, 8, 11, 1000);
    publish(11, false);
    pump_all();
    struct request_head head = {.class = ENVELOPE_WATCHING,
                                .credit = 8,
                                .likeness = 77,
                                .has_cursor = true,
                                .cursor = 11,
                                .every = 0};
    assert_true(watchers_renew(watchers, peer, ID(1), &head, 0));
    publish(12, false);
    pump_all();
    assert_int_equal(sent_count, 1); /* its time has not come */
    now = watchers_next(watchers);
    for (uint64_t frame = 13; frame <= 15; frame++) {
        pump_all();
        publish(frame, false);
    }
    pump_all();
    assert_int_equal(sent_count, 5);
    assert_int_equal(watchers_next(watchers), INT64_MAX);
}

static void test_who_waits_for_its_time_may_go(void **state)
{
    (void)state;
    publish(10, true);
    for (uint32_t pipe = 1; pipe < 50; pipe++)
        watch_paced(pipe, 8, 11, 200);
    publish(11, false);
    pump_all();
    for (uint32_t pipe = 1; pipe < 50; pipe += 2)
        watchers_drop_peer(watchers, peers_find(peers, pipe));
    publish(12, false);
    now += 200 * 1000000;
    pump_all();
    assert_int_equal(sent_count, 49 + 24);
}

static void test_credit_counts_what_is_not_acknowledged(void **state)
{
    (void)state;
    publish(1, true);
    struct peer *peer = watch(1, ID(1), 8, 0);
    for (uint64_t frame = 2; frame <= 6; frame++) {
        pump_all();
        publish(frame, false);
    }
    pump_all();
    assert_int_equal(sent_count, 6);
    /* Six are sent, two of them acknowledged: of eight, four are left. */
    assert_true(renew(peer, ID(1), 8, 2));
    for (uint64_t frame = 7; frame <= 20; frame++) {
        publish(frame, false);
        pump_all();
    }
    assert_int_equal(sent_count, 10);
    assert_int_equal(peer->outstanding, 8);
}

static void test_a_connection_is_bounded_over_all_its_watches(void **state)
{
    (void)state;
    publish(1, true);
    struct peer *peer = NULL;
    for (uint32_t i = 1; i <= 4; i++)
        peer = watch(1, ID(i), 32, 0);
    for (uint64_t frame = 2; frame <= 40; frame++) {
        pump_all();
        publish(frame, false);
    }
    pump_all();
    assert_int_equal(sent_count, ENVELOPE_CREDIT_MAX);
    /* One acknowledges: all may go on, and nobody else's frames are late for it. */
    assert_true(renew(peer, ID(2), 32, 8));
    pump_all();
    assert_true(sent_count > ENVELOPE_CREDIT_MAX);
    assert_int_equal(peer->outstanding, ENVELOPE_CREDIT_MAX);
}

static void test_another_watch_under_one_id_replaces_the_first(void **state)
{
    (void)state;
    publish(1, true);
    watch(1, ID(1), 5, 0);
    watch(1, ID(1), 1, 0);
    pump_all();
    publish(2, false);
    pump_all();
    assert_int_equal(watchers_count(watchers), 1);
    assert_int_equal(sent_count, 1);
}

static void test_what_control_must_see(void **state)
{
    (void)state;
    publish(5, true);
    struct peer *peer = watch(1, ID(1), 4, 0);
    pump_all();
    assert_false(renew(peer, ID(2), 4, 5)); /* another id */
    assert_false(renew(peer, ID(1), 4, 6)); /* a cursor that was never sent */
    struct request_head other = {.class = ENVELOPE_WATCHING, .credit = 4, .likeness = 78};
    assert_false(watchers_renew(watchers, peer, ID(1), &other, 0)); /* another token, seat or rig */
    assert_true(renew(peer, ID(1), 4, 5));
    struct request_head late = {.class = ENVELOPE_WATCHING, .credit = 4, .likeness = 77};
    assert_true(watchers_renew(watchers, peer, ID(1), &late, WATCH_GRANT_LIFE));
    assert_false(watchers_renew(watchers, peer, ID(1), &late, WATCH_GRANT_LIFE + 1)); /* it is asked anew */
    assert_int_equal(watchers_count(watchers), 0);
    watch(1, ID(1), 4, 0);
    assert_true(renew(peer, ID(1), 0, 0)); /* ends it */
    assert_int_equal(watchers_count(watchers), 0);
}

static void test_many_polls_on_one_connection_cost_a_bounded_number(void **state)
{
    (void)state;
    publish(1, true);
    for (uint32_t i = 1; i <= 100; i++) {
        watch(1, ID(i), 1, i);
        publish(i + 1, false);
        pump_all();
    }
    assert_int_equal(sent_count, 100);
    assert_true(watchers_count(watchers) <= WATCHES_PER_PEER);
    assert_true(peers_find(peers, 1)->outstanding <= 2);
}

static void test_a_hole_silences_the_stream_until_a_full_frame(void **state)
{
    (void)state;
    publish(1, true);
    watch(1, ID(1), 30, 0);
    pump_all();
    publish(2, false);
    pump_all();
    publish(4, false);
    publish(5, false);
    pump_all();
    assert_int_equal(sent_count, 2);
    publish(6, true);
    pump_all();
    publish(7, false);
    pump_all();
    assert_int_equal(sent_count, 4);
    assert_true(sent[2].full && sent[2].frame == 6);
    assert_true(!sent[3].full && sent[3].frame == 7);
}

static void test_blocked_sends_are_taken_up_again(void **state)
{
    (void)state;
    publish(1, true);
    for (uint32_t pipe = 1; pipe < 100; pipe++)
        watch(pipe, ID(1), 4, 0);
    room = 10;
    assert_int_equal(watchers_pump(watchers, 64, now), PUMP_BLOCKED);
    assert_int_equal(sent_count, 10);
    room = SIZE_MAX;
    assert_int_equal(watchers_pump(watchers, 64, now), PUMP_MORE);
    pump_all();
    assert_int_equal(sent_count, 99);
    for (uint32_t pipe = 1; pipe < 100; pipe++) {
        size_t times = 0;
        for (size_t i = 0; i < sent_count; i++)
            times += sent[i].pipe == pipe;
        assert_int_equal(times, 1);
    }
}

static void test_changes_are_kept_within_bounds(void **state)
{
    (void)state;
    publish(1, true);
    struct peer *peer = watch(1, ID(1), 1, 0);
    pump_all();
    for (uint64_t frame = 2; frame <= 3 * STREAM_FRAMES; frame++)
        publish(frame, false);
    assert_true(renew(peer, ID(1), 32, 1));
    pump_all();
    assert_int_equal(sent_count, 2);
    assert_true(sent[1].full && sent[1].frame == 3 * STREAM_FRAMES);
}

static void test_numbers_that_begin_anew(void **state)
{
    (void)state;
    publish(1000, true);
    watch(1, ID(1), 30, 0);
    watch(2, ID(1), 30, 5000); /* granted ahead of what is here */
    pump_all();
    publish(1, true);
    publish(2, false);
    pump_all();
    assert_int_equal(sent_count, 3);
    publish(3, false);
    pump_all();
    assert_int_equal(sent_count, 5);
    for (size_t i = 1; i < 5; i++)
        assert_true(sent[i].frame == (i < 3 ? 2 : 3) && sent[i].full == (i < 3));
}

/* Is the stream found unwatched at this time, and after how many grants? */
static bool unwatched_at(int64_t at, uint64_t *grants)
{
    uint32_t stream = 99;
    bool found = watchers_find_unwatched(watchers, at, &stream, grants);
    assert_true(!found || stream == 0);
    return found;
}

static void test_a_stream_that_nobody_watches(void **state)
{
    (void)state;
    uint64_t grants = 99;
    publish(10, true);
    struct peer *peer = watch(1, ID(1), 3, 0);
    pump_all();
    assert_false(unwatched_at(1, &grants) || unwatched_at(2 * UNWATCHED_AFTER, &grants));
    watchers_drop_peer(watchers, peer);
    const int64_t gone = 3 * UNWATCHED_AFTER;
    assert_false(unwatched_at(gone, &grants) || unwatched_at(gone + UNWATCHED_AFTER - 1, &grants));
    assert_true(unwatched_at(gone + UNWATCHED_AFTER, &grants));
    assert_int_equal(grants, 1);
    watchers_told_unwatched(watchers, 0);
    assert_false(unwatched_at(2 * gone, &grants)); /* once is enough */
    publish(11, false);                            /* was under way */
    watch(2, ID(2), 3, 11);
    pump_all();
    assert_int_equal(sent_count, 1); /* what was kept is forgotten */
    publish(11, true);
    pump_all();
    assert_int_equal(sent_count, 2);
    watchers_drop_peer(watchers, peers_find(peers, 2));
    assert_false(unwatched_at(2 * gone, &grants));
    assert_int_equal(watchers_grant_missed(watchers, 0), 0); /* somebody came, and left at once */
    assert_false(unwatched_at(3 * gone, &grants));
    assert_true(unwatched_at(4 * gone, &grants));
    assert_int_equal(grants, 3);
}

static uint64_t spectators(void)
{
    uint32_t stream = 99;
    uint64_t count = 99;
    if (!watchers_find_spectators(watchers, &stream, &count))
        return 99;
    assert_int_equal(stream, 0);
    watchers_told_spectators(watchers, stream, count);
    return count;
}

static struct peer *spectate(uint32_t pipe, uint32_t request, bool without_seat)
{
    struct peer *peer = peers_find(peers, pipe) ? peers_find(peers, pipe) : peers_add(peers, pipe);
    struct watch_grant grant = {.request = request, .credit = 1, .likeness = 77, .spectates = without_seat};
    assert_int_equal(watchers_grant(watchers, peer, &grant), 0);
    return peer;
}

static void test_spectators_are_connections_without_a_seat(void **state)
{
    (void)state;
    spectate(1, ID(1), false);
    assert_int_equal(spectators(), 99); /* none is as it was */
    struct peer *poller = spectate(2, ID(1), true);
    assert_int_equal(spectators(), 1);
    for (uint32_t id = 2; id < 2 + 2 * WATCHES_PER_PEER; id++)
        spectate(2, ID(id), true); /* each poll has a new id, and the oldest goes */
    assert_int_equal(spectators(), 99);
    struct peer *other = spectate(3, ID(1), true);
    assert_int_equal(spectators(), 2);
    spectate(3, ID(1), false); /* has taken a seat */
    assert_int_equal(spectators(), 1);
    spectate(2, ID(90), false); /* and so has this one, with another watch */
    assert_int_equal(spectators(), 0);
    watchers_end(watchers, poller, ID(90)); /* given back */
    assert_int_equal(spectators(), 1);
    watchers_drop_peer(watchers, other);
    assert_int_equal(spectators(), 99);
    watchers_drop_peer(watchers, poller);
    assert_int_equal(spectators(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_full_then_changes_until_credit_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_who_fell_behind_gets_the_newest_state, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_credit_that_suffices_loses_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_pace_makes_one_frame_of_what_changed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_pace_that_is_slow_gets_everything_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_renewal_changes_the_pace_from_the_next_frame_on, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_who_waits_for_its_time_may_go, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_credit_counts_what_is_not_acknowledged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_connection_is_bounded_over_all_its_watches, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_another_watch_under_one_id_replaces_the_first, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_what_control_must_see, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many_polls_on_one_connection_cost_a_bounded_number, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_hole_silences_the_stream_until_a_full_frame, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_blocked_sends_are_taken_up_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_changes_are_kept_within_bounds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_numbers_that_begin_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_stream_that_nobody_watches, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_spectators_are_connections_without_a_seat, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
