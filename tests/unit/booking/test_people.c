/* Groups and their policies where people meet them, no-shows (promise B6), changes of a booking. */
#include "tests/unit/booking/played_lab.h"

static struct booking_wish at(const struct lab *lab, int64_t starts, int64_t length)
{
    return lab_wish(lab, RIG_A, 0, starts, length);
}

static struct booking_event about(enum booking_event_kind kind, uint64_t booking)
{
    struct booking_event event = {.kind = kind};
    event.change.booking = booking;
    return event;
}

static enum booking_result set_end(struct lab *lab, enum booking_event_kind kind, uint64_t booking,
                                   int64_t ends)
{
    struct booking_event event = about(kind, booking);
    event.change.ends = ends;
    return lab_ask(lab, event);
}

static void a_group_has_a_policy_or_books_nothing(void **state)
{
    struct lab *lab = *state;
    assert_int_equal(lab_book(lab, 1, BARE, at(lab, HOUR, HOUR)), BOOKING_NO_POLICY);
    assert_int_equal(lab_book(lab, 1, BARE + 1, at(lab, HOUR, HOUR)), BOOKING_UNKNOWN_GROUP);
    assert_int_equal(lab_book(lab, 1, FIRST, at(lab, HOUR, HOUR)), BOOKING_OK);
}

/* Each limit is tried where the timetable measures what it is about; test_policy.c has every row. */
static void what_a_person_has_is_measured(void **state)
{
    struct lab *lab = *state;
    struct booking_policy *policy = &lab->policies[0];
    policy->open_bookings = 2;
    lab_have(lab, 1, FIRST, at(lab, HOUR, HOUR));
    uint64_t second = lab_have(lab, 1, FIRST, at(lab, 3 * HOUR, HOUR));
    assert_int_equal(lab_book(lab, 1, FIRST, at(lab, 5 * HOUR, HOUR)), BOOKING_TOO_MANY);
    assert_int_equal(lab->answer.option, POLICY_open_bookings);
    assert_int_equal(lab_book(lab, 2, FIRST, at(lab, 5 * HOUR, HOUR)), BOOKING_OK);
    struct booking_event event = about(BOOKING_EVENT_CANCEL, second);
    assert_int_equal(lab_ask(lab, event), BOOKING_OK);
    policy->hours_per_day = 3 * HOUR;
    assert_int_equal(lab_book(lab, 1, FIRST, at(lab, 8 * HOUR, 2 * HOUR + 1)), BOOKING_QUOTA_HOURS);
    assert_int_equal(lab_book(lab, 1, FIRST, at(lab, 8 * HOUR, 2 * HOUR)), BOOKING_OK);
    policy->open_bookings = 0;
    policy->gap = HOUR;
    assert_int_equal(lab_book(lab, 1, FIRST, at(lab, 30 * HOUR, HOUR)), BOOKING_OK);
    assert_int_equal(lab_book(lab, 1, FIRST, at(lab, 32 * HOUR - 1, HOUR)), BOOKING_GAP);
    assert_int_equal(lab_book(lab, 1, FIRST, lab_wish(lab, RIG_C, 0, 32 * HOUR - 1, HOUR)), BOOKING_OK);
    assert_int_equal(lab_book(lab, 1, FIRST, at(lab, 32 * HOUR, HOUR)), BOOKING_OK);
}

/* The day of the wish is that of the zone, and a bundle counts with itself. */
static void a_bundle_is_measured_with_itself(void **state)
{
    struct lab *lab = *state;
    lab->policies[0].bookings_per_day = 2;
    struct booking_wish wishes[3] = {at(lab, HOUR, HOUR), at(lab, 2 * HOUR, HOUR), at(lab, 3 * HOUR, HOUR)};
    struct booking_event event = {.kind = BOOKING_EVENT_BOOK};
    event.book.account = 1;
    event.book.group = FIRST;
    event.book.wishes = wishes;
    event.book.count = 3;
    event.book.key = "";
    assert_int_equal(lab_ask(lab, event), BOOKING_QUOTA_BOOKINGS);
    assert_int_equal(lab->answer.at, 2);
    event.book.planned = true; /* by a scheduler */
    assert_int_equal(lab_ask(lab, event), BOOKING_OK);
    struct booking_wish again = at(lab, 5 * HOUR, HOUR);
    event.book.wishes = &again;
    event.book.count = 1;
    event.book.planned = false;
    assert_int_equal(lab_ask(lab, event), BOOKING_QUOTA_BOOKINGS);
    event.book.account = 2;
    event.book.kind = BOOKING_CLASS; /* hours of a class are nobody's quota */
    wishes[0] = at(lab, 6 * HOUR, HOUR);
    wishes[1] = at(lab, 7 * HOUR, HOUR);
    event.book.wishes = wishes;
    event.book.count = 2;
    assert_int_equal(lab_ask(lab, event), BOOKING_OK);
    assert_int_equal(lab_book(lab, 2, FIRST, at(lab, 8 * HOUR, HOUR)), BOOKING_OK);
}

static void what_is_cancelled_late_counts_as_used(void **state)
{
    struct lab *lab = *state;
    lab->policies[0].bookings_per_day = 1;
    lab->policies[0].cancel_until = HOUR;
    uint64_t in_time = lab_have(lab, 1, FIRST, at(lab, HOUR, HOUR));
    assert_int_equal(lab_ask(lab, about(BOOKING_EVENT_CANCEL, in_time)), BOOKING_OK);
    assert_false(lab->rows[in_time].charged);
    uint64_t late = lab_have(lab, 1, FIRST, at(lab, HOUR - 1, HOUR));
    assert_int_equal(lab_ask(lab, about(BOOKING_EVENT_CANCEL, late)), BOOKING_OK);
    assert_true(lab->rows[late].charged);
    assert_int_equal(lab_book(lab, 1, FIRST, at(lab, 2 * HOUR, HOUR)), BOOKING_QUOTA_BOOKINGS);
    struct booking_event by_lab = about(BOOKING_EVENT_CANCEL, lab_have(lab, 2, FIRST, at(lab, MINUTE, HOUR)));
    by_lab.cancel.by_lab = true;
    assert_int_equal(lab_ask(lab, by_lab), BOOKING_OK);
    assert_int_equal(lab_book(lab, 2, FIRST, at(lab, 2 * HOUR, HOUR)), BOOKING_OK);
}

static void an_unused_session_is_freed_after_its_time_of_grace(void **state)
{
    struct lab *lab = *state;
    lab->policies[0].grace = 10 * MINUTE;
    lab->policies[0].no_show_penalty = DAY;
    uint64_t id = lab_have(lab, 1, FIRST, at(lab, MINUTE, HOUR));
    lab_pass(lab, MINUTE);
    lab_pass(lab, 5 * MINUTE - 1);
    assert_null(lab_note(lab, BOOKING_NOTE_UNUSED));
    lab_pass(lab, 1);
    assert_non_null(lab_note(lab, BOOKING_NOTE_UNUSED));
    lab_pass(lab, 5 * MINUTE - 1);
    assert_int_equal(lab_get(lab, id)->state, BOOKING_LIVE);
    assert_int_equal(timetable_next_deadline(lab->timetable, lab->now), lab->now.monotonic + 1000000);
    lab_pass(lab, 1);
    assert_int_equal(lab_get(lab, id)->state, BOOKING_ENDED);
    assert_int_equal(lab->rows[id].why, BOOKING_WHY_NO_SHOW);
    assert_int_equal(lab->rows[id].ends, lab->now.wall);
    assert_non_null(lab_note(lab, BOOKING_NOTE_NO_SHOW));
    assert_int_equal(lab->ends, 1);
    assert_int_equal(lab_book(lab, 2, FIRST, at(lab, 1, HOUR)), BOOKING_OK); /* it is free */
    assert_int_equal(lab_book(lab, 1, FIRST, lab_wish(lab, RIG_B, 0, 2 * HOUR, HOUR)), BOOKING_NO_SHOW);
    assert_int_equal(lab_book(lab, 1, FIRST, lab_wish(lab, RIG_B, 0, 0, HOUR)), BOOKING_OK);
}

static void what_is_used_stays(void **state)
{
    struct lab *lab = *state;
    lab->policies[0].grace = 10 * MINUTE;
    uint64_t id = lab_have(lab, 1, FIRST, at(lab, MINUTE, HOUR));
    lab_handle(lab, &(struct booking_event){.kind = BOOKING_EVENT_USED, .used = {id}}); /* not live yet */
    assert_false(lab_get(lab, id)->used);
    lab_pass(lab, MINUTE);
    lab_handle(lab, &(struct booking_event){.kind = BOOKING_EVENT_USED, .used = {id}});
    assert_true(lab->rows[id].used);
    lab_pass(lab, 30 * MINUTE);
    assert_int_equal(lab_get(lab, id)->state, BOOKING_LIVE);
    lab_pass(lab, 30 * MINUTE);
    assert_int_equal(lab->rows[id].why, BOOKING_WHY_NONE);
}

static void nobody_is_missing_while_the_rig_is_out(void **state)
{
    struct lab *lab = *state;
    lab->policies[0].grace = 10 * MINUTE;
    uint64_t id = lab_have(lab, 1, FIRST, at(lab, MINUTE, HOUR));
    lab_pass(lab, MINUTE);
    lab_rig(lab, RIG_A, BOOKING_RIG_UNAVAILABLE);
    lab_pass(lab, MINUTE - 1); /* a line may hiccup */
    assert_true(lab_get(lab, id)->charged);
    lab_pass(lab, 20 * MINUTE);
    assert_int_equal(lab_get(lab, id)->state, BOOKING_LIVE);
    assert_false(lab->rows[id].charged);
    assert_non_null(lab_note(lab, BOOKING_NOTE_REFUNDED));
    lab_rig(lab, RIG_A, BOOKING_RIG_READY);
    lab_pass(lab, 10 * MINUTE - 1);
    assert_int_equal(lab_get(lab, id)->state, BOOKING_LIVE);
    lab_pass(lab, 1);
    assert_int_equal(lab->rows[id].why, BOOKING_WHY_NO_SHOW);
}

static void a_session_is_extended_while_nobody_waits(void **state)
{
    struct lab *lab = *state;
    lab->policies[0].longest = 3 * HOUR;
    uint64_t id = lab_have(lab, 1, FIRST, at(lab, MINUTE, HOUR));
    int64_t ends = lab_get(lab, id)->ends;
    uint64_t other = lab_have(lab, 2, FIRST, at(lab, 3 * HOUR, HOUR));
    lab_pass(lab, MINUTE);
    lab->ledger_fails = true;
    assert_int_equal(set_end(lab, BOOKING_EVENT_EXTEND, id, ends + HOUR), BOOKING_NOT_STORED);
    lab->ledger_fails = false;
    assert_int_equal(lab_get(lab, id)->ends, ends);
    uint64_t between = lab_have(lab, 3, FIRST, lab_wish(lab, RIG_A, 0, HOUR, HOUR)); /* it holds no more */
    assert_int_equal(set_end(lab, BOOKING_EVENT_EXTEND, id, ends + MINUTE), BOOKING_OVERLAPS);
    assert_int_equal(lab->answer.booking.id, between);
    assert_int_equal(lab_ask(lab, about(BOOKING_EVENT_CANCEL, between)), BOOKING_OK);
    assert_int_equal(set_end(lab, BOOKING_EVENT_EXTEND, id, ends), BOOKING_EMPTY);
    assert_int_equal(set_end(lab, BOOKING_EVENT_EXTEND, id, ends + 2 * HOUR + 1), BOOKING_TOO_LONG);
    assert_int_equal(set_end(lab, BOOKING_EVENT_EXTEND, id, ends + 2 * HOUR), BOOKING_OVERLAPS);
    assert_int_equal(lab->answer.booking.id, other);
    assert_int_equal(set_end(lab, BOOKING_EVENT_EXTEND, id, ends + HOUR), BOOKING_OK);
    assert_int_equal(lab->room[0].until, lab->now.monotonic + 2 * HOUR * 1000000);
    assert_int_equal(lab->rows[id].ends, ends + HOUR);
    assert_int_equal(lab_book(lab, 3, FIRST, lab_wish(lab, RIG_A, 0, HOUR, HOUR)), BOOKING_OVERLAPS);
    lab->policies[0].extend = false;
    assert_int_equal(set_end(lab, BOOKING_EVENT_EXTEND, id, ends + HOUR + 1), BOOKING_NO_EXTENSION);
    lab_pass(lab, HOUR);
    assert_int_equal(lab_get(lab, id)->state, BOOKING_LIVE);
    lab_pass(lab, HOUR);
    assert_int_equal(lab_get(lab, id)->state, BOOKING_ENDED);
}

static void a_booking_is_shortened(void **state)
{
    struct lab *lab = *state;
    uint64_t id = lab_have(lab, 1, 0, at(lab, HOUR, 2 * HOUR));
    int64_t starts = lab_get(lab, id)->starts;
    assert_int_equal(set_end(lab, BOOKING_EVENT_SHORTEN, id, starts), BOOKING_EMPTY);
    assert_int_equal(set_end(lab, BOOKING_EVENT_SHORTEN, id, starts + 2 * HOUR), BOOKING_EMPTY);
    assert_int_equal(set_end(lab, BOOKING_EVENT_SHORTEN, id, starts + HOUR), BOOKING_OK);
    assert_int_equal(lab->rows[id].ends, starts + HOUR);
    assert_int_equal(lab_book(lab, 2, 0, at(lab, 2 * HOUR, HOUR)), BOOKING_OK);
    assert_int_equal(set_end(lab, BOOKING_EVENT_SHORTEN, 99, starts), BOOKING_UNKNOWN);
}

static void a_booking_is_handed_to_somebody_who_may_have_it(void **state)
{
    struct lab *lab = *state;
    lab->policies[1].bookings_per_day = 1;
    uint64_t id = lab_have(lab, 1, FIRST, at(lab, HOUR, HOUR));
    lab_have(lab, 2, SECOND_GROUP, at(lab, 5 * HOUR, HOUR));
    struct booking_event event = {.kind = BOOKING_EVENT_TRANSFER};
    event.transfer.booking = id;
    event.transfer.account = 2;
    event.transfer.group = SECOND_GROUP;
    assert_int_equal(lab_ask(lab, event), BOOKING_QUOTA_BOOKINGS);
    assert_int_equal(lab->answer.option, POLICY_bookings_per_day);
    assert_int_equal(lab->answer.booking.group, SECOND_GROUP); /* whose policy forbids it */
    event.transfer.account = 3;
    assert_int_equal(lab_ask(lab, event), BOOKING_OK);
    assert_int_equal(lab->rows[id].account, 3);
    assert_int_equal(lab->rows[id].group, SECOND_GROUP);
    assert_int_equal(lab_book(lab, 3, SECOND_GROUP, at(lab, 8 * HOUR, HOUR)), BOOKING_QUOTA_BOOKINGS);
}

static enum booking_state transferred(struct lab *lab, uint64_t id, uint64_t account, uint16_t group,
                                      bool planned)
{
    struct booking_event event = {.kind = BOOKING_EVENT_TRANSFER};
    event.transfer.booking = id;
    event.transfer.account = account;
    event.transfer.group = group;
    event.transfer.planned = planned;
    assert_int_equal(lab_ask(lab, event), BOOKING_OK);
    assert_int_equal(lab->rows[id].account, account);
    assert_int_equal(lab_get(lab, id)->state, lab->rows[id].state);
    return lab->rows[id].state;
}

/* By whose group it is in then, and not by whose it was. */
static void a_transfer_is_no_way_round_an_approval(void **state)
{
    struct lab *lab = *state;
    lab->policies[1].approval = POLICY_APPROVAL_TEACHER;
    uint64_t id = lab_have(lab, 1, FIRST, at(lab, HOUR, HOUR));
    assert_int_equal(lab->rows[id].state, BOOKING_CONFIRMED);
    assert_int_equal(transferred(lab, id, 2, SECOND_GROUP, false), BOOKING_PENDING);
    struct booking_event approve = {.kind = BOOKING_EVENT_APPROVE};
    approve.approve.booking = id;
    approve.approve.granted = true;
    assert_int_equal(lab_ask(lab, approve), BOOKING_OK);
    assert_int_equal(transferred(lab, id, 2, SECOND_GROUP, false), BOOKING_CONFIRMED); /* nothing changed */
    assert_int_equal(transferred(lab, id, 3, SECOND_GROUP, false),
                     BOOKING_PENDING); /* they were not asked for */
    assert_int_equal(transferred(lab, id, 1, FIRST, false), BOOKING_CONFIRMED);
    assert_int_equal(transferred(lab, id, 2, SECOND_GROUP, true), BOOKING_CONFIRMED); /* a scheduler's word */
    /* Nobody approves it: it never begins. */
    assert_int_equal(transferred(lab, id, 3, SECOND_GROUP, false), BOOKING_PENDING);
    lab_pass(lab, HOUR);
    assert_int_equal(lab->rows[id].state, BOOKING_CANCELLED);
}

static void what_needs_approval_is_pending_until_then(void **state)
{
    struct lab *lab = *state;
    lab->policies[0].approval = POLICY_APPROVAL_TEACHER;
    uint64_t id = lab_have(lab, 1, FIRST, at(lab, HOUR, HOUR));
    assert_int_equal(lab->rows[id].state, BOOKING_PENDING);
    assert_int_equal(lab_book(lab, 2, 0, at(lab, HOUR, HOUR)), BOOKING_OVERLAPS);
    struct booking_event event = {.kind = BOOKING_EVENT_APPROVE};
    event.approve.booking = id;
    event.approve.granted = true;
    assert_int_equal(lab_ask(lab, event), BOOKING_OK);
    assert_int_equal(lab->rows[id].state, BOOKING_CONFIRMED);
    assert_int_equal(lab_ask(lab, event), BOOKING_NOT_PENDING);
    event.approve.booking = lab_have(lab, 1, FIRST, at(lab, 3 * HOUR, HOUR));
    event.approve.granted = false;
    assert_int_equal(lab_ask(lab, event), BOOKING_OK);
    assert_int_equal(lab->rows[event.approve.booking].state, BOOKING_CANCELLED);
    uint64_t forgotten = lab_have(lab, 1, FIRST, at(lab, 3 * HOUR, HOUR));
    lab_pass(lab, 3 * HOUR);
    assert_int_equal(lab->rows[forgotten].state, BOOKING_CANCELLED);
    assert_int_equal(lab->rows[forgotten].why, BOOKING_WHY_EXPIRED);
    assert_int_equal(lab_note(lab, BOOKING_NOTE_EXPIRED)->booking.id, forgotten);
}

/* What the ledger says at the start counts as it did before. */
static void a_restart_forgets_no_quota_and_no_no_show(void **state)
{
    struct lab *lab = *state;
    lab->policies[0].bookings_per_day = 1;
    lab->policies[0].no_show_penalty = DAY;
    struct booking ended = {.id = 5,
                            .account = 1,
                            .group = FIRST,
                            .starts = START + HOUR,
                            .ends = START + 2 * HOUR,
                            .state = BOOKING_ENDED,
                            .session = 3,
                            .charged = true};
    struct booking missed = ended;
    missed.id = 6;
    missed.account = 2;
    missed.session = 4;
    missed.why = BOOKING_WHY_NO_SHOW;
    assert_true(timetable_load(lab->timetable, &ended));
    assert_true(timetable_load(lab->timetable, &missed));
    assert_int_equal(lab_book(lab, 1, FIRST, at(lab, 5 * HOUR, HOUR)), BOOKING_QUOTA_BOOKINGS);
    assert_int_equal(lab_book(lab, 1, FIRST, at(lab, 29 * HOUR, HOUR)), BOOKING_OK);
    assert_int_equal(lab_book(lab, 2, FIRST, at(lab, 29 * HOUR, HOUR)), BOOKING_NO_SHOW);
    assert_int_equal(timetable_of_session(lab->timetable, 4)->id, 6);
    assert_null(timetable_of_session(lab->timetable, 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_LAB(a_group_has_a_policy_or_books_nothing),
        IN_LAB(what_a_person_has_is_measured),
        IN_LAB(a_bundle_is_measured_with_itself),
        IN_LAB(what_is_cancelled_late_counts_as_used),
        IN_LAB(an_unused_session_is_freed_after_its_time_of_grace),
        IN_LAB(what_is_used_stays),
        IN_LAB(nobody_is_missing_while_the_rig_is_out),
        IN_LAB(a_session_is_extended_while_nobody_waits),
        IN_LAB(a_booking_is_shortened),
        IN_LAB(a_booking_is_handed_to_somebody_who_may_have_it),
        IN_LAB(a_transfer_is_no_way_round_an_approval),
        IN_LAB(what_needs_approval_is_pending_until_then),
        IN_LAB(a_restart_forgets_no_quota_and_no_no_show),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
