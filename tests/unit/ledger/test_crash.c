/* Promise B1: a process that books in a loop is killed with -9 again and again. What was answered with yes is
 * there, once; what is repeated with its key is not doubled. */
#include "tests/unit/ledger/fixture.h"

#include <signal.h>
#include <sys/wait.h>

#define KILLS 20
#define AHEAD 8 /* requests on their way */

static struct ledger_booking nth(uint64_t n)
{
    char key[32];
    snprintf(key, sizeof key, "booking-%llu", (unsigned long long)n);
    return fixture_booking("tank-1", 10 * (int64_t)n, 10 * (int64_t)n + 10, key);
}

/* Books from `next` on and says each number that was answered with yes. */
static void book_until_killed(struct fixture *fixture, uint64_t next, int acknowledged)
{
    if (fixture_open(fixture) != LEDGER_OK)
        _exit(1);
    for (uint64_t asked = next;;) {
        while (asked < next + AHEAD) {
            struct ledger_booking booking = nth(asked);
            if (fixture_ask(fixture, asked, &booking, 1) != LEDGER_OK)
                _exit(2);
            asked++;
        }
        struct ledger_event event = fixture_wait(fixture);
        if (event.result != LEDGER_OK || write(acknowledged, &event.request, sizeof event.request) < 0)
            _exit(3);
        next = event.request + 1;
    }
}

/* Kills a process after it was heard `answers` times; returns the first number that was not answered. */
static uint64_t run_and_kill(struct fixture *fixture, uint64_t next, unsigned answers, unsigned microseconds)
{
    int channel[2];
    assert_int_equal(pipe(channel), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(channel[0]);
        book_until_killed(fixture, next, channel[1]);
    }
    close(channel[1]);
    uint64_t number;
    for (unsigned i = 0; i < answers; i++) {
        assert_int_equal(read(channel[0], &number, sizeof number), sizeof number);
        next = number + 1;
    }
    /* Somewhere in the middle of what it does now; nothing depends on where. */
    usleep(microseconds);
    kill(child, SIGKILL);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    while (read(channel[0], &number, sizeof number) == (ssize_t)sizeof number)
        next = number + 1;
    close(channel[0]);
    return next;
}

static void check_contents(struct fixture *fixture, uint64_t next)
{
    assert_int_equal(fixture_open(fixture), LEDGER_OK);
    size_t count = fixture->contents.booking_count;
    assert_true(count >= next && count <= next + AHEAD);
    for (size_t i = 0; i < count; i++) {
        struct ledger_booking expected = nth(i);
        assert_string_equal(fixture->contents.bookings[i].key, expected.key);
        assert_int_equal(fixture->contents.bookings[i].starts, expected.starts);
    }
    fixture_close(fixture);
}

static void what_was_acknowledged_survives_being_killed(void **state)
{
    struct fixture *fixture = *state;
    fixture_close(fixture);
    uint32_t random = (uint32_t)getpid();
    uint64_t next = 0, boot = 0;
    for (int i = 0; i < KILLS; i++) {
        random = random * 1664525u + 1013904223u;
        next = run_and_kill(fixture, next, (random >> 8) % 200, (random >> 16) % 3000);
        check_contents(fixture, next);
        assert_int_equal(fixture_open(fixture), LEDGER_OK);
        assert_true(fixture->contents.boot > boot);
        boot = fixture->contents.boot;
        fixture_close(fixture);
    }
    print_message("%llu bookings in %d lives\n", (unsigned long long)next, KILLS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_acknowledged_survives_being_killed, fixture_setup,
                                        fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
