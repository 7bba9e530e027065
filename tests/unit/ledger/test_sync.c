/* A yes comes after the disk has synced, and not when it could not. The library's fdatasync() is this
 * program's. */
#include "tests/unit/ledger/fixture.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>

static atomic_int syncs, passes, failures;               /* so many pass before those that fail */
static atomic_size_t scarce;                             /* memory of this size cannot be had; 0: all can */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER; /* who holds it keeps every sync waiting */

__attribute__((visibility("default"))) int fdatasync(int fd)
{
    if (atomic_load(&passes) > 0) {
        atomic_fetch_sub(&passes, 1);
    } else if (atomic_load(&failures) > 0) {
        atomic_fetch_sub(&failures, 1);
        errno = EIO;
        return -1;
    }
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    int result = (int)syscall(SYS_fdatasync, fd);
    atomic_fetch_add(&syncs, 1);
    return result;
}

__attribute__((visibility("default"))) int fsync(int fd)
{
    return fdatasync(fd);
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
    return size == atomic_load(&scarce) ? NULL : __real_malloc(size);
}

static void each_yes_follows_a_sync(void **state)
{
    struct fixture *fixture = *state;
    for (int64_t i = 0; i < 50; i++) {
        int before = atomic_load(&syncs);
        struct ledger_booking booking = fixture_booking("tank-1", 10 * i, 10 * i + 10, "");
        assert_int_equal(fixture_book(fixture, &booking).result, LEDGER_OK);
        assert_true(atomic_load(&syncs) > before);
    }
}

static void many_share_one(void **state)
{
    struct fixture *fixture = *state;
    int before = atomic_load(&syncs), taken = 0;
    struct ledger_account first = {.name = "li"};
    pthread_mutex_lock(&gate); /* while this one is stored the others gather */
    ledger_put_account(fixture->ledger, 1, &first);
    for (int64_t i = 0; i < 60; i++) {
        struct ledger_booking booking = fixture_booking("tank-1", 10 * i, 10 * i + 10, "");
        taken += fixture_ask(fixture, 1, &booking, 1) == LEDGER_OK;
    }
    pthread_mutex_unlock(&gate);
    assert_int_equal(taken, 60);
    for (int i = 0; i < taken + 1; i++)
        assert_int_equal(fixture_wait(fixture).result, LEDGER_OK);
    assert_int_equal(atomic_load(&syncs) - before, 2);
}

/* Others are in the same transaction: what is refused takes all of its own back, and nothing of theirs. */
static void a_refused_bundle_leaves_nothing_in_the_group(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_account first = {.name = "li"};
    struct ledger_booking before = fixture_booking("tank-1", 10, 20, ""),
                          after = fixture_booking("tank-1", 50, 60, "");
    struct ledger_booking bundle[] = {fixture_booking("tank-1", 30, 40, ""),
                                      fixture_booking("tank-1", 15, 25, "")};
    pthread_mutex_lock(&gate);
    ledger_put_account(fixture->ledger, 1, &first);
    assert_int_equal(fixture_ask(fixture, 2, &before, 1), LEDGER_OK);
    assert_int_equal(fixture_ask(fixture, 3, bundle, 2), LEDGER_OK);
    assert_int_equal(fixture_ask(fixture, 4, &after, 1), LEDGER_OK);
    pthread_mutex_unlock(&gate);
    static const int results[] = {LEDGER_OK, LEDGER_OK, LEDGER_CONFLICT, LEDGER_OK};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(fixture_wait(fixture).result, results[i]);
    fixture_reopen(fixture);
    assert_int_equal(fixture->contents.booking_count, 2);
    assert_int_equal(fixture->contents.bookings[0].starts, 10);
    assert_int_equal(fixture->contents.bookings[1].starts, 50);
}

static void a_failed_sync_is_no_yes(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_booking booking = fixture_booking("tank-1", 10, 20, "key");
    atomic_store(&failures, 2); /* of the group, and of the second try alone */
    struct ledger_event event = fixture_book(fixture, &booking);
    assert_int_equal(event.result, LEDGER_STORAGE);
    assert_non_null(strstr(event.why, "check the disk"));
    event = fixture_book(fixture, &booking);
    assert_int_equal(event.result, LEDGER_OK);
    fixture_reopen(fixture);
    assert_int_equal(fixture->contents.booking_count, 1);
    assert_int_equal(fixture->contents.bookings[0].id, event.booking.id);
}

static void ask_and_tell(struct fixture *fixture, uint64_t request, const struct ledger_booking *booking)
{
    struct ledger_booking *rows = calloc(1, sizeof *rows);
    struct ledger_notice *notices = calloc(1, sizeof *notices);
    rows[0] = *booking;
    notices[0] = (struct ledger_notice){.account = 9, .wall = 1000, .kind = 5, .text = "tank-1: hello"};
    struct ledger_with with = {.notices = notices, .notice_count = 1};
    assert_int_equal(ledger_store(fixture->ledger, request, rows, 1, &with), LEDGER_OK);
}

/* In the group it was the repeat of one that then could not be stored. */
static void a_repeat_that_becomes_the_first_tells_whom_it_concerns(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_account first = {.name = "li"};
    struct ledger_booking booking = fixture_booking("tank-1", 10, 20, "a key that is repeated");
    static const int results[] = {LEDGER_OK, LEDGER_STORAGE, LEDGER_OK};
    pthread_mutex_lock(&gate);
    atomic_store(&passes, 1);   /* of the account */
    atomic_store(&failures, 2); /* of the group, and of the booking alone */
    ledger_put_account(fixture->ledger, 1, &first);
    ask_and_tell(fixture, 2, &booking);
    ask_and_tell(fixture, 3, &booking);
    pthread_mutex_unlock(&gate);
    for (size_t i = 0; i < 3; i++) {
        struct ledger_event event = fixture_wait(fixture);
        assert_int_equal(event.result, results[i]);
        if (i == 2) {
            assert_int_equal(event.notice_count, 1);
            assert_int_equal(event.notices[0].booking, event.booking.id);
        }
        free(event.notices);
    }
    fixture_reopen(fixture);
    assert_int_equal(fixture->contents.booking_count, 1);
    assert_int_equal(fixture->contents.notice_count, 1);
    assert_int_equal(fixture->contents.notices[0].booking, fixture->contents.bookings[0].id);
}

static void what_cannot_be_tried_again_is_no_yes(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_account first = {.name = "li"};
    struct ledger_booking booking = fixture_booking("tank-1", 10, 20, "");
    pthread_mutex_lock(&gate);
    atomic_store(&passes, 1);
    atomic_store(&failures, 1);
    ledger_put_account(fixture->ledger, 1, &first);
    assert_int_equal(fixture_ask(fixture, 2, &booking, 1), LEDGER_OK);
    atomic_store(&scarce, sizeof booking); /* of the copy */
    pthread_mutex_unlock(&gate);
    assert_int_equal(fixture_wait(fixture).result, LEDGER_OK);
    struct ledger_event event = fixture_wait(fixture);
    atomic_store(&scarce, 0);
    assert_int_equal(event.result, LEDGER_NO_MEMORY);
    assert_non_null(strstr(event.why, "ask again"));
    fixture_reopen(fixture);
    assert_int_equal(fixture->contents.booking_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define IN_LEDGER(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
        IN_LEDGER(each_yes_follows_a_sync),
        IN_LEDGER(many_share_one),
        IN_LEDGER(a_refused_bundle_leaves_nothing_in_the_group),
        IN_LEDGER(a_failed_sync_is_no_yes),
        IN_LEDGER(a_repeat_that_becomes_the_first_tells_whom_it_concerns),
        IN_LEDGER(what_cannot_be_tried_again_is_no_yes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
