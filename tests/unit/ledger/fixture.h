/* fixture.h - a ledger in a folder of its own, and waiting for its events. */
#ifndef TESTS_UNIT_LEDGER_FIXTURE_H
#define TESTS_UNIT_LEDGER_FIXTURE_H

#include "gateway/ledger/ledger.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct fixture {
    char directory[64];
    int wake;
    struct ledger *ledger;
    struct ledger_contents contents;
    char why[256];
    uint64_t request;
};

static inline int fixture_open(struct fixture *fixture)
{
    return ledger_open(fixture->directory, fixture->wake, &fixture->ledger, &fixture->contents, fixture->why,
                       sizeof fixture->why);
}

static inline void fixture_close(struct fixture *fixture)
{
    ledger_close(fixture->ledger);
    fixture->ledger = NULL;
    ledger_free_contents(&fixture->contents);
}

static inline void fixture_reopen(struct fixture *fixture)
{
    fixture_close(fixture);
    assert_int_equal(fixture_open(fixture), LEDGER_OK);
}

static inline void fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){.directory = "/tmp/labgate-ledger-XXXXXX"};
    assert_non_null(mkdtemp(fixture->directory));
    fixture->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    assert_true(fixture->wake >= 0);
}

static inline int fixture_setup(void **state)
{
    struct fixture *fixture = malloc(sizeof *fixture);
    fixture_init(fixture);
    assert_int_equal(fixture_open(fixture), LEDGER_OK);
    *state = fixture;
    return 0;
}

static inline int fixture_remove(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status, (void)type, (void)where;
    return remove(path);
}

static inline void fixture_finish(struct fixture *fixture)
{
    fixture_close(fixture);
    close(fixture->wake);
    nftw(fixture->directory, fixture_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static inline int fixture_teardown(void **state)
{
    fixture_finish(*state);
    free(*state);
    return 0;
}

/* The next event; there must be one within a minute. Its rows are the caller's. */
static inline struct ledger_event fixture_next(struct fixture *fixture)
{
    struct ledger_event event;
    while (!ledger_next_event(fixture->ledger, &event)) {
        struct pollfd poll_for = {.fd = fixture->wake, .events = POLLIN};
        assert_int_equal(poll(&poll_for, 1, 60000), 1);
        uint64_t count;
        assert_int_equal(read(fixture->wake, &count, sizeof count), sizeof count);
    }
    return event;
}

/* The same with its first row, or what is in the way, in `booking`. */
static inline struct ledger_event fixture_wait(struct fixture *fixture)
{
    struct ledger_event event = fixture_next(fixture);
    if (event.result == LEDGER_OK && event.rows != NULL)
        event.booking = event.rows[0];
    free(event.rows);
    event.rows = NULL;
    return event;
}

static inline struct ledger_booking fixture_booking(const char *rig, int64_t starts, int64_t ends,
                                                    const char *key)
{
    struct ledger_booking booking = {.account = 7, .starts = starts, .ends = ends, .made = 1000};
    snprintf(booking.rig, sizeof booking.rig, "%s", rig);
    snprintf(booking.key, sizeof booking.key, "%s", key);
    snprintf(booking.code, sizeof booking.code, "code");
    return booking;
}

/* Asks; the event comes later. */
static inline int fixture_ask(struct fixture *fixture, uint64_t request,
                              const struct ledger_booking *bookings, size_t count)
{
    struct ledger_booking *rows = malloc(count * sizeof *rows);
    memcpy(rows, bookings, count * sizeof *rows);
    int result = ledger_store(fixture->ledger, request, rows, count, NULL);
    if (result != LEDGER_OK)
        free(rows);
    return result;
}

static inline struct ledger_event fixture_book(struct fixture *fixture, const struct ledger_booking *booking)
{
    assert_int_equal(fixture_ask(fixture, ++fixture->request, booking, 1), LEDGER_OK);
    struct ledger_event event = fixture_wait(fixture);
    assert_int_equal(event.request, fixture->request);
    return event;
}

/* A change is asked for in the same way. */
static inline struct ledger_event fixture_update(struct fixture *fixture,
                                                 const struct ledger_booking *booking)
{
    return fixture_book(fixture, booking);
}

#endif
