/* What is stored together is stored whole or not at all; what several rigs share is taken once; and what is
 * stored about people survives. */
#include "tests/unit/ledger/fixture.h"

/* Stores rows, which become what the event has of them. */
static struct ledger_event store(struct fixture *fixture, struct ledger_booking *rows, size_t count)
{
    assert_int_equal(fixture_ask(fixture, ++fixture->request, rows, count), LEDGER_OK);
    struct ledger_event event = fixture_next(fixture);
    if (event.result == LEDGER_OK)
        memcpy(rows, event.rows, count * sizeof *rows);
    free(event.rows);
    event.rows = NULL;
    return event;
}

static void share(struct ledger_booking *booking, const char *resource)
{
    snprintf(booking->shared[0], sizeof booking->shared[0], "%s", resource);
}

static void a_bundle_is_all_or_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_booking taken = fixture_booking("tank-2", 30, 40, "");
    uint64_t in_the_way = fixture_book(fixture, &taken).booking.id;
    struct ledger_booking rows[] = {
        fixture_booking("tank-1", 10, 20, "course"),
        fixture_booking("tank-2", 10, 20, ""),
        fixture_booking("tank-2", 35, 45, ""),
    };
    struct ledger_event event = store(fixture, rows, 3);
    assert_int_equal(event.result, LEDGER_CONFLICT);
    assert_int_equal(event.booking.id, in_the_way);
    assert_int_equal(event.at, 2);
    fixture_reopen(fixture);
    assert_int_equal(fixture->contents.booking_count, 1);
    rows[2] = fixture_booking("tank-2", 40, 45, "");
    assert_int_equal(store(fixture, rows, 3).result, LEDGER_OK);
    fixture_reopen(fixture);
    assert_int_equal(fixture->contents.booking_count, 4);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(rows[i].id, rows[0].id + i);
        assert_int_equal(rows[i].bundle, rows[0].id);
        assert_int_equal(fixture->contents.bookings[1 + i].bundle, rows[0].id);
    }
    /* The rows of one bundle are in each other's way too. */
    struct ledger_booking itself[] = {fixture_booking("tank-3", 10, 20, ""),
                                      fixture_booking("tank-3", 19, 30, "")};
    assert_int_equal(store(fixture, itself, 2).result, LEDGER_CONFLICT);
}

static void a_repeated_key_stands_for_the_whole_bundle(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_booking first[] = {fixture_booking("tank-1", 10, 20, "key"),
                                     fixture_booking("tank-2", 10, 20, "")};
    struct ledger_booking again[] = {first[0], first[1]}, more[] = {first[0], first[1], first[1]};
    assert_int_equal(store(fixture, first, 2).result, LEDGER_OK);
    assert_int_equal(store(fixture, again, 2).result, LEDGER_OK);
    assert_int_equal(again[0].id, first[0].id);
    assert_int_equal(again[1].id, first[1].id);
    assert_int_equal(again[1].bundle, first[0].id);
    assert_int_equal(store(fixture, more, 3).result, LEDGER_REUSED);
    assert_int_equal(store(fixture, more, 1).result, LEDGER_REUSED);
    fixture_reopen(fixture);
    assert_int_equal(fixture->contents.booking_count, 2);
}

static void what_rigs_share_is_taken_once(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_booking first = fixture_booking("tank-1", 10, 20, ""),
                          second = fixture_booking("tank-2", 15, 25, "");
    share(&first, "crane");
    share(&second, "crane");
    second.setup = 1;
    assert_int_equal(store(fixture, &first, 1).result, LEDGER_OK);
    struct ledger_event event = store(fixture, &second, 1);
    assert_int_equal(event.result, LEDGER_CONFLICT);
    assert_int_equal(event.booking.id, first.id);
    second.starts = 20; /* and the set-up before it */
    assert_int_equal(store(fixture, &second, 1).result, LEDGER_CONFLICT);
    second.starts = 21;
    assert_int_equal(store(fixture, &second, 1).result, LEDGER_OK);
    /* What ends lets go, what is longer takes more. */
    first.ends = 21;
    assert_int_equal(store(fixture, &first, 1).result, LEDGER_CONFLICT);
    second.state = LEDGER_CANCELLED;
    assert_int_equal(store(fixture, &second, 1).result, LEDGER_OK);
    assert_int_equal(store(fixture, &first, 1).result, LEDGER_OK);
    fixture_reopen(fixture); /* the file is whole to SQLite's eyes, too */
}

static void two_change_places_in_one_step(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_booking rows[] = {fixture_booking("tank-1", 10, 20, ""),
                                    fixture_booking("tank-2", 12, 22, "")};
    assert_int_equal(store(fixture, &rows[0], 1).result, LEDGER_OK);
    assert_int_equal(store(fixture, &rows[1], 1).result, LEDGER_OK);
    snprintf(rows[0].rig, sizeof rows[0].rig, "tank-2");
    assert_int_equal(store(fixture, &rows[0], 1).result, LEDGER_CONFLICT);
    snprintf(rows[1].rig, sizeof rows[1].rig, "tank-1");
    assert_int_equal(store(fixture, rows, 2).result, LEDGER_OK);
    fixture_reopen(fixture);
    assert_string_equal(fixture->contents.bookings[0].rig, "tank-2");
    assert_string_equal(fixture->contents.bookings[1].rig, "tank-1");
    struct ledger_booking third = fixture_booking("tank-1", 20, 21, "");
    assert_int_equal(store(fixture, &third, 1).result, LEDGER_CONFLICT);
}

static void what_is_pending_or_offered_holds_its_time(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        enum ledger_booking_state from, to;
        int result;
    } cases[] = {
        {LEDGER_PENDING, LEDGER_CONFIRMED, LEDGER_OK      },
        {LEDGER_PENDING, LEDGER_CANCELLED, LEDGER_OK      },
        {LEDGER_PENDING, LEDGER_LIVE,      LEDGER_CONFLICT},
        {LEDGER_OFFERED, LEDGER_CONFIRMED, LEDGER_OK      },
        {LEDGER_OFFERED, LEDGER_CANCELLED, LEDGER_OK      },
        {LEDGER_OFFERED, LEDGER_LIVE,      LEDGER_CONFLICT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t starts = 100 * (int64_t)i;
        struct ledger_booking booking = fixture_booking("tank-1", starts, starts + 50, ""), other = booking;
        booking.state = cases[i].from;
        assert_int_equal(store(fixture, &booking, 1).result, LEDGER_OK);
        assert_int_equal(booking.state, cases[i].from);
        assert_int_equal(store(fixture, &other, 1).result, LEDGER_CONFLICT);
        booking.state = cases[i].to;
        assert_int_equal(store(fixture, &booking, 1).result, cases[i].result);
        if (cases[i].to == LEDGER_CANCELLED)
            assert_int_equal(store(fixture, &other, 1).result, LEDGER_OK);
    }
}

/* It is to be approved again, for whom it is then; for whom it was it stays. */
static void what_is_handed_over_may_be_pending(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_booking booking = fixture_booking("tank-1", 10, 20, "");
    assert_int_equal(store(fixture, &booking, 1).result, LEDGER_OK);
    booking.state = LEDGER_PENDING;
    assert_int_equal(store(fixture, &booking, 1).result, LEDGER_CONFLICT);
    booking.state = LEDGER_PENDING;
    booking.account++;
    assert_int_equal(store(fixture, &booking, 1).result, LEDGER_OK);
    booking.state = LEDGER_CONFIRMED;
    assert_int_equal(store(fixture, &booking, 1).result, LEDGER_OK);
    booking.state = LEDGER_PENDING;
    snprintf(booking.group, sizeof booking.group, "ee-2024-1");
    assert_int_equal(store(fixture, &booking, 1).result, LEDGER_OK);
    booking.state = LEDGER_CANCELLED;
    assert_int_equal(store(fixture, &booking, 1).result, LEDGER_OK);
    booking.state = LEDGER_PENDING;
    booking.account++;
    assert_int_equal(store(fixture, &booking, 1).result, LEDGER_CONFLICT);
}

static void everything_about_a_booking_survives(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_booking wanted = fixture_booking("tank-1", 10, 20, "");
    snprintf(wanted.group, sizeof wanted.group, "电气 2024-1");
    snprintf(wanted.capability, sizeof wanted.capability, "process-control");
    for (size_t i = 0; i < LEDGER_PARTY_MAX; i++)
        wanted.party[i] = UINT64_C(0x0102030405060708) + i;
    wanted.kind = 3;
    wanted.why = 2;
    wanted.used = 123456789;
    wanted.charged = true;
    wanted.setup = 4;
    wanted.teardown = 5;
    assert_int_equal(store(fixture, &wanted, 1).result, LEDGER_OK);
    fixture_reopen(fixture);
    assert_memory_equal(&fixture->contents.bookings[0], &wanted, sizeof wanted);
    wanted.used = 7;
    wanted.charged = false;
    wanted.account = 8;
    wanted.party[3] = 0;
    memset(wanted.party + 3, 0, sizeof wanted.party - 3 * sizeof *wanted.party);
    wanted.starts = 12;
    assert_int_equal(store(fixture, &wanted, 1).result, LEDGER_OK);
    fixture_reopen(fixture);
    assert_memory_equal(&fixture->contents.bookings[0], &wanted, sizeof wanted);
}

static void a_whole_course_is_one_transaction(void **state)
{
    struct fixture *fixture = *state;
    enum { RIGS = 20, WEEKS = 16, COUNT = RIGS * WEEKS };
    struct ledger_booking *rows = calloc(COUNT, sizeof *rows);
    char name[16];
    for (int64_t i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "rig-%d", (int)(i % RIGS));
        rows[i] = fixture_booking(name, 1000 * (i / RIGS), 1000 * (i / RIGS) + 900, i == 0 ? "course" : "");
    }
    assert_int_equal(store(fixture, rows, COUNT).result, LEDGER_OK);
    fixture_reopen(fixture);
    assert_int_equal(fixture->contents.booking_count, COUNT);
    assert_int_equal(ledger_store(fixture->ledger, 1, rows, LEDGER_BUNDLE_MAX + 1, NULL), LEDGER_FULL);
    free(rows);
}

static struct ledger_standing standing(int kind, const char *name, int64_t until)
{
    struct ledger_standing standing = {.account = 7, .kind = kind, .since = 5, .until = until};
    snprintf(standing.name, sizeof standing.name, "%s", name);
    return standing;
}

static int wait_standings(struct fixture *fixture)
{
    struct ledger_event event = fixture_wait(fixture);
    free(event.standings);
    return event.result;
}

static void standings_come_and_go(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_standing member = standing(1, "ee-2024-1", 0), qualified = standing(2, "tank", 2000),
                           over = standing(2, "motor", 900);
    struct ledger_booking clock = fixture_booking("tank-1", 10, 20, ""); /* made at 1000 */
    struct ledger_standing all[] = {member, qualified, over};
    assert_int_equal(ledger_put_standings(fixture->ledger, 1, all, 3, false), LEDGER_OK);
    assert_int_equal(wait_standings(fixture), LEDGER_OK);
    fixture_book(fixture, &clock);
    fixture_reopen(fixture);
    assert_int_equal(fixture->contents.standing_count, 2);
    assert_string_equal(fixture->contents.standings[0].name, "ee-2024-1");
    assert_int_equal(fixture->contents.standings[1].until, 2000);
    ledger_put_standings(fixture->ledger, 4, &member, 1, true);
    assert_int_equal(wait_standings(fixture), LEDGER_OK);
    struct ledger_standing both[] = {qualified, member}; /* the second is not there: all stay */
    ledger_put_standings(fixture->ledger, 5, both, 2, true);
    assert_int_equal(wait_standings(fixture), LEDGER_NOT_FOUND);
    fixture_reopen(fixture);
    assert_int_equal(fixture->contents.standing_count, 1);
}

static void the_queue_and_notices_survive(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_ticket ticket = {.id = 12, .account = 7, .length = 600, .made = 1000, .until = 9000};
    snprintf(ticket.capability, sizeof ticket.capability, "drives");
    struct ledger_notice notice = {.account = 7, .booking = 3, .wall = 1000, .kind = 2};
    snprintf(notice.text, sizeof notice.text, "你的实验台换了: tank-1 -> tank-2");
    assert_int_equal(ledger_put_ticket(fixture->ledger, 1, &ticket), LEDGER_OK);
    assert_int_equal(fixture_wait(fixture).result, LEDGER_OK);
    snprintf(ticket.offer_rig, sizeof ticket.offer_rig, "motor-1"); /* it is offered something */
    ticket.offer_starts = 1200;
    ticket.offer_ends = 1800;
    ticket.take = 1320;
    assert_int_equal(ledger_put_ticket(fixture->ledger, 1, &ticket), LEDGER_OK);
    assert_int_equal(fixture_wait(fixture).result, LEDGER_OK);
    assert_int_equal(ledger_put_notice(fixture->ledger, 2, &notice), LEDGER_OK);
    notice.id = fixture_wait(fixture).notice.id;
    assert_true(notice.id != 0);
    fixture_reopen(fixture);
    assert_int_equal(fixture->contents.ticket_count, 1);
    assert_memory_equal(&fixture->contents.tickets[0], &ticket, sizeof ticket);
    assert_int_equal(fixture->contents.notice_count, 1);
    assert_memory_equal(&fixture->contents.notices[0], &notice, sizeof notice);
    ledger_drop_ticket(fixture->ledger, 3, ticket.id);
    assert_int_equal(fixture_wait(fixture).result, LEDGER_OK);
    /* What was seen goes in one job: one's own, and no later one. */
    const uint64_t first = notice.id;
    struct ledger_notice others = notice, later = notice;
    others.account = notice.account + 1;
    assert_int_equal(ledger_put_notice(fixture->ledger, 4, &others), LEDGER_OK);
    others.id = fixture_wait(fixture).notice.id;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ledger_put_notice(fixture->ledger, 5, &later), LEDGER_OK);
        later.id = fixture_wait(fixture).notice.id;
    }
    const struct ledger_seen seen = {notice.account, first, later.id - 1};
    assert_int_equal(ledger_drop_notices(fixture->ledger, 6, &seen), LEDGER_OK);
    assert_int_equal(fixture_wait(fixture).result, LEDGER_OK);
    assert_int_equal(ledger_drop_notices(fixture->ledger, 7, &seen), LEDGER_OK);
    assert_int_equal(fixture_wait(fixture).result, LEDGER_NOT_FOUND);
    fixture_reopen(fixture);
    assert_int_equal(fixture->contents.ticket_count, 0);
    assert_int_equal(fixture->contents.notice_count, 2);
    assert_int_equal(fixture->contents.notices[0].id, others.id);
    assert_int_equal(fixture->contents.notices[1].id, later.id);
    assert_int_equal(fixture->contents.last_ticket, 12); /* never used twice */
}

/* What is taken and the place that it was offered to: both, or neither. */
static void an_offer_is_taken_in_one_transaction(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_ticket ticket = {.id = 3, .account = 7, .length = 600, .made = 1000, .until = 9000};
    struct ledger_booking taken = fixture_booking("tank-1", 1000, 1600, "");
    snprintf(ticket.rig, sizeof ticket.rig, "tank-1");
    for (int i = 0; i < 2; i++) {
        ledger_put_ticket(fixture->ledger, 1, &ticket);
        assert_int_equal(fixture_wait(fixture).result, LEDGER_OK);
        struct ledger_booking *rows = malloc(sizeof *rows);
        *rows = taken;
        assert_int_equal(
            ledger_store(fixture->ledger, 2, rows, 1, &(struct ledger_with){.ticket = ticket.id}), LEDGER_OK);
        struct ledger_event event = fixture_wait(fixture);
        assert_int_equal(event.result, i == 0 ? LEDGER_OK : LEDGER_CONFLICT);
        free(event.rows);
        fixture_reopen(fixture);
        assert_int_equal(fixture->contents.ticket_count, i);
    }
}

/* A ticket that is not there is forgotten; a booking that is not there is not changed. */
static void what_is_not_found_with_a_ticket_is_said(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_ticket ticket = {.id = 3, .account = 7, .length = 600, .made = 1000, .until = 9000};
    snprintf(ticket.rig, sizeof ticket.rig, "tank-1");
    ledger_put_ticket(fixture->ledger, 1, &ticket);
    assert_int_equal(fixture_wait(fixture).result, LEDGER_OK);
    const struct {
        uint64_t booking, ticket;
        int result;
        size_t left;
    } cases[] = {
        {77, 3, LEDGER_NOT_FOUND, 1},
        {0,  4, LEDGER_OK,        1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ledger_booking *rows = malloc(sizeof *rows);
        *rows = fixture_booking("tank-1", 1000, 1600, "");
        rows->id = cases[i].booking;
        assert_int_equal(
            ledger_store(fixture->ledger, 2, rows, 1, &(struct ledger_with){.ticket = cases[i].ticket}),
            LEDGER_OK);
        struct ledger_event event = fixture_wait(fixture);
        assert_int_equal(event.result, cases[i].result);
        free(event.rows);
        fixture_reopen(fixture);
        assert_int_equal(fixture->contents.ticket_count, cases[i].left);
    }
}

static struct ledger_event store_and_tell(struct fixture *fixture, const struct ledger_booking *booking,
                                          uint64_t account)
{
    struct ledger_booking *rows = calloc(2, sizeof *rows);
    struct ledger_notice *notices = calloc(1, sizeof *notices);
    rows[0] = *booking;
    rows[1] = fixture_booking("tank-2", booking->starts, booking->ends, "");
    notices[0] = (struct ledger_notice){
        .account = account, .wall = 1000, .kind = 5, .row = 1, .text = "tank-2: hello"};
    struct ledger_with with = {.notices = notices, .notice_count = 1};
    assert_int_equal(ledger_store(fixture->ledger, 1, rows, 2, &with), LEDGER_OK);
    return fixture_next(fixture);
}

/* What is told about a booking stands with it, or neither; a repeat tells nobody again. */
static void a_booking_and_its_notices_are_one_transaction(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_booking booking = fixture_booking("tank-1", 1000, 1600, "a key that is repeated");
    for (int i = 0; i < 3; i++) {
        if (i == 2) {
            booking.starts += 100; /* in the way of what is there */
            booking.key[0] = '\0';
        }
        struct ledger_event event = store_and_tell(fixture, &booking, 9);
        assert_int_equal(event.result, i < 2 ? LEDGER_OK : LEDGER_CONFLICT);
        assert_int_equal(event.notice_count, i == 1 ? 0 : 1);
        if (i == 0) {
            assert_int_equal(event.notices[0].booking, event.rows[1].id);
            assert_int_equal(event.notices[0].id, 1);
        }
        free(event.rows);
        free(event.notices);
        fixture_reopen(fixture);
        assert_int_equal(fixture->contents.notice_count, 1);
        assert_int_equal(fixture->contents.notices[0].account, 9);
        assert_int_equal(fixture->contents.notices[0].booking, 2);
        assert_string_equal(fixture->contents.notices[0].text, "tank-2: hello");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define IN_LEDGER(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
        IN_LEDGER(a_bundle_is_all_or_nothing),
        IN_LEDGER(a_repeated_key_stands_for_the_whole_bundle),
        IN_LEDGER(what_rigs_share_is_taken_once),
        IN_LEDGER(two_change_places_in_one_step),
        IN_LEDGER(what_is_pending_or_offered_holds_its_time),
        IN_LEDGER(what_is_handed_over_may_be_pending),
        IN_LEDGER(everything_about_a_booking_survives),
        IN_LEDGER(a_whole_course_is_one_transaction),
        IN_LEDGER(standings_come_and_go),
        IN_LEDGER(the_queue_and_notices_survive),
        IN_LEDGER(an_offer_is_taken_in_one_transaction),
        IN_LEDGER(what_is_not_found_with_a_ticket_is_said),
        IN_LEDGER(a_booking_and_its_notices_are_one_transaction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
