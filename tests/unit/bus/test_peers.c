#include "gateway/bus/peers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#define ID(n) (0x80000000u | (uint32_t)(n))

static struct peers *peers;

static int set_up(void **state)
{
    (void)state;
    peers = peers_create();
    return peers ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    peers_destroy(peers);
    return 0;
}

static void wait_with(struct peer *peer, enum peer_lane lane, uint32_t request)
{
    struct envelope envelope = {.pipe = peer->pipe, .request = request, .length = 3};
    assert_int_equal(peers_wait(peers, peer, lane, &envelope, "abc"), 0);
}

static uint32_t take_next(enum peer_lane lane)
{
    const struct peer_waiting *waiting = peers_next(peers, lane);
    assert_non_null(waiting);
    assert_memory_equal(waiting->payload, "abc", 3);
    uint32_t request = waiting->envelope.request;
    peers_taken(peers, lane);
    return request;
}

static void test_bounds_of_a_connection(void **state)
{
    (void)state;
    struct peer *peer = peers_add(peers, 7);
    for (uint32_t i = 1; i <= ENVELOPE_OTHERS_IN_FLIGHT; i++)
        assert_int_equal(peer_admit(peer, ID(i), i % 2 ? ENVELOPE_COMMAND : ENVELOPE_WATCHING, 0),
                         PEER_ADMITTED);
    assert_int_equal(peer_admit(peer, ID(50), ENVELOPE_COMMAND, 0), PEER_BUSY);
    assert_int_equal(peer_admit(peer, ID(51), ENVELOPE_WATCHING, 0), PEER_BUSY);
    assert_int_equal(peer_admit(peer, ID(3), ENVELOPE_COMMAND, 0), PEER_REPEATED);
    struct peer *other = peers_add(peers, 8);
    assert_int_equal(peer_admit(other, ID(1), ENVELOPE_URGENT, 0), PEER_ADMITTED);
    assert_int_equal(peer_admit(other, ID(2), ENVELOPE_URGENT, 0), PEER_BUSY);
    /* Commands never keep an urgent one out, and a second urgent one waits for the first. */
    assert_int_equal(peer_admit(peer, ID(60), ENVELOPE_URGENT, 0), PEER_ADMITTED);
    assert_int_equal(peer_admit(peer, ID(61), ENVELOPE_URGENT, 0), PEER_BUSY);
    assert_true(peer_answered(peer, ID(60)));
    assert_false(peer_answered(peer, ID(60)));
    assert_int_equal(peer_admit(peer, ID(61), ENVELOPE_URGENT, 0), PEER_ADMITTED);
    assert_int_equal(peer_admit(peer, ID(50), ENVELOPE_COMMAND, 0), PEER_BUSY);
    assert_true(peer_answered(peer, ID(9)));
    assert_int_equal(peer_admit(peer, ID(50), ENVELOPE_COMMAND, 0), PEER_ADMITTED);
}

static void test_nothing_keeps_an_e_stop_out(void **state)
{
    (void)state;
    struct peer *peer = peers_add(peers, 7);
    for (uint32_t i = 1; i <= ENVELOPE_OTHERS_IN_FLIGHT; i++)
        assert_int_equal(peer_admit(peer, ID(i), ENVELOPE_COMMAND, 0), PEER_ADMITTED);
    assert_int_equal(peer_admit(peer, ID(60), ENVELOPE_URGENT, 0), PEER_ADMITTED);
    for (uint32_t i = 0; i < ENVELOPE_STOPS_IN_FLIGHT; i++)
        assert_int_equal(peer_admit_stop(peer, 0), PEER_ADMITTED);
    assert_int_equal(peer_admit_stop(peer, 0), PEER_BUSY);
    /* Their answers free their own places only. */
    assert_true(peer_answered(peer, ID(100)));
    assert_int_equal(peer_admit_stop(peer, 0), PEER_ADMITTED);
    assert_int_equal(peer_admit(peer, ID(61), ENVELOPE_URGENT, 0), PEER_BUSY);
    assert_true(peer_answered(peer, ID(60)));
    assert_int_equal(peer_admit_stop(peer, 0), PEER_BUSY);
    assert_int_equal(peer_admit_stop(peer, PEER_REQUEST_EXPIRES + 1), PEER_ADMITTED);
}

static void test_a_forgotten_request_expires(void **state)
{
    (void)state;
    struct peer *peer = peers_add(peers, 7);
    for (uint32_t i = 1; i <= ENVELOPE_OTHERS_IN_FLIGHT; i++)
        (void)peer_admit(peer, ID(i), ENVELOPE_COMMAND, 0);
    assert_int_equal(peer_admit(peer, ID(50), ENVELOPE_COMMAND, PEER_REQUEST_EXPIRES), PEER_BUSY);
    assert_int_equal(peer_admit(peer, ID(50), ENVELOPE_COMMAND, PEER_REQUEST_EXPIRES + 1), PEER_ADMITTED);
}

static void test_turns_go_round(void **state)
{
    (void)state;
    struct peer *greedy = peers_add(peers, 1), *second = peers_add(peers, 2), *third = peers_add(peers, 3);
    for (uint32_t i = 1; i <= 4; i++)
        wait_with(greedy, PEER_ORDINARY, ID(10 + i));
    wait_with(second, PEER_ORDINARY, ID(21));
    wait_with(third, PEER_ORDINARY, ID(31));
    wait_with(second, PEER_ORDINARY, ID(22));
    static const uint32_t expected[] = {ID(11), ID(21), ID(31), ID(12), ID(22), ID(13), ID(14)};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        assert_int_equal(take_next(PEER_ORDINARY), expected[i]);
    assert_null(peers_next(peers, PEER_ORDINARY));
}

static void test_a_closed_connection_leaves_its_urgent_requests(void **state)
{
    (void)state;
    struct peer *first = peers_add(peers, 1), *second = peers_add(peers, 2);
    wait_with(first, PEER_ORDINARY, ID(1));
    wait_with(first, PEER_URGENT, ID(2));
    wait_with(second, PEER_ORDINARY, ID(3));
    wait_with(second, PEER_URGENT, ID(4));
    struct peer_waiting *urgent = peers_take_urgent(peers, first);
    assert_non_null(urgent);
    assert_int_equal(urgent->envelope.request, ID(2));
    assert_null(urgent->next);
    free(urgent);
    peers_remove(peers, first);
    assert_null(peers_find(peers, 1));
    assert_int_equal(take_next(PEER_ORDINARY), ID(3));
    assert_null(peers_next(peers, PEER_ORDINARY));
    assert_int_equal(take_next(PEER_URGENT), ID(4));
}

static void test_many_connections(void **state)
{
    (void)state;
    enum { MANY = 5000 };
    for (uint32_t i = 0; i < MANY; i++)
        assert_non_null(peers_add(peers, i * 64)); /* badly spread ids */
    assert_int_equal(peers_count(peers), MANY);
    assert_ptr_equal(peers_add(peers, 64), peers_find(peers, 64));
    for (uint32_t i = 0; i < MANY; i += 2)
        peers_remove(peers, peers_find(peers, i * 64));
    for (uint32_t i = 0; i < MANY; i++)
        assert_int_equal(peers_find(peers, i * 64) != NULL, i % 2);
    assert_int_equal(peers_count(peers), MANY / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_bounds_of_a_connection, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_keeps_an_e_stop_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_forgotten_request_expires, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_turns_go_round, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_closed_connection_leaves_its_urgent_requests, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_many_connections, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
