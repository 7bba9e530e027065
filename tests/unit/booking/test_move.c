/* Bookings that a scheduler puts at another time or on another rig. */
#include "tests/unit/booking/played_lab.h"

static struct booking_event move(const struct lab *lab, uint64_t id, uint16_t rig, int64_t after)
{
    const struct booking *row = &lab->rows[id];
    struct booking_event event = {.kind = BOOKING_EVENT_MOVE};
    event.move.booking = id;
    event.move.rig = rig;
    event.move.starts = row->starts + after;
    event.move.ends = row->ends + after;
    return event;
}

static uint64_t have(struct lab *lab, uint16_t rig, int64_t starts)
{
    return lab_have(lab, 1, FIRST, lab_wish(lab, rig, 0, starts, HOUR));
}

static void assert_free(struct lab *lab, uint16_t rig, int64_t starts)
{
    const struct booking *conflict;
    assert_int_equal(timetable_check(lab->timetable, rig, starts, starts + HOUR, lab->now.wall, &conflict),
                     BOOKING_OK);
}

static void it_goes_to_another_rig_and_time(void **state)
{
    struct lab *lab = *state;
    uint64_t id = have(lab, RIG_A, HOUR);
    int64_t starts = lab->rows[id].starts;
    assert_int_equal(lab_ask(lab, move(lab, id, RIG_C, 3 * HOUR)), BOOKING_OK);
    assert_int_equal(lab->rows[id].rig, RIG_C);
    assert_int_equal(lab->rows[id].starts, starts + 3 * HOUR);
    assert_int_equal(lab->notes[lab->note_count - 1].note, BOOKING_NOTE_RESCHEDULED);
    assert_free(lab, RIG_A, starts);
    assert_int_equal(lab_book(lab, 2, FIRST, lab_wish(lab, RIG_C, 0, 4 * HOUR, HOUR)), BOOKING_OVERLAPS);
    /* The lists of people are by start: the one that was moved is found where it is now. */
    const struct booking *list[4];
    have(lab, RIG_B, 2 * HOUR);
    assert_int_equal(timetable_of_person(lab->timetable, 1, starts, starts + 5 * HOUR, list, 4), 2);
    assert_int_equal(list[1]->id, id);
}

/* Its own place is not in its way, and what does not fit is refused with what is there. */
static void it_overlaps_others_but_not_itself(void **state)
{
    struct lab *lab = *state;
    uint64_t id = have(lab, RIG_A, HOUR), other = have(lab, RIG_A, 3 * HOUR);
    assert_int_equal(lab_ask(lab, move(lab, id, RIG_A, HOUR / 2)), BOOKING_OK);
    int64_t starts = lab->rows[id].starts;
    assert_int_equal(lab_ask(lab, move(lab, id, RIG_A, HOUR)), BOOKING_OVERLAPS);
    assert_int_equal(lab->answer.booking.id, other);
    assert_int_equal(timetable_find(lab->timetable, id)->starts, starts);
    assert_int_equal(lab_ask(lab, move(lab, id, RIGS, 0)), BOOKING_UNKNOWN_RIG);
    assert_int_equal(lab_ask(lab, move(lab, id, RIG_A, -5 * HOUR)), BOOKING_PAST);
}

static const struct booking_event *meanwhile_book(struct lab *lab, uint16_t rig, int64_t starts)
{
    static struct booking_event event;
    static struct booking_wish wish;
    wish = lab_wish(lab, rig, 0, starts, HOUR);
    wish.code = "meanwhile";
    event = (struct booking_event){.kind = BOOKING_EVENT_BOOK, .request = 99};
    event.book.account = 3;
    event.book.wishes = &wish;
    event.book.count = 1;
    event.book.key = "";
    return &event;
}

/* Until the ledger has answered both places are its own, and without the ledger it is where it was. */
static void it_returns_when_it_is_not_stored(void **state)
{
    struct lab *lab = *state;
    uint64_t id = have(lab, RIG_A, HOUR);
    int64_t starts = lab->rows[id].starts;
    for (int which = 0; which < 2; which++) {
        lab->meanwhile = which == 0 ? meanwhile_book(lab, RIG_A, HOUR) : meanwhile_book(lab, RIG_B, 3 * HOUR);
        lab->then_fails = true;
        assert_int_equal(lab_ask(lab, move(lab, id, RIG_B, 2 * HOUR)), BOOKING_NOT_STORED);
        const struct booking *booking = timetable_find(lab->timetable, id);
        assert_int_equal(booking->rig, RIG_A);
        assert_int_equal(booking->starts, starts);
        assert_int_equal(lab->last_id, id); /* nobody else came */
    }
    assert_free(lab, RIG_B, starts + 2 * HOUR);
    assert_int_equal(lab_book(lab, 2, FIRST, lab_wish(lab, RIG_A, 0, HOUR, HOUR)), BOOKING_OVERLAPS);
}

static void a_live_session_stays(void **state)
{
    struct lab *lab = *state;
    uint64_t id = have(lab, RIG_A, HOUR);
    lab_pass(lab, HOUR + SECOND);
    assert_int_equal(timetable_find(lab->timetable, id)->state, BOOKING_LIVE);
    assert_int_equal(lab_ask(lab, move(lab, id, RIG_A, 2 * HOUR)), BOOKING_BEGUN);
}

static void what_was_left_is_not_offered_while_the_ledger_has_not_answered(void **state)
{
    struct lab *lab = *state;
    uint64_t id = have(lab, RIG_A, HOUR);
    struct booking_event enqueue = {.kind = BOOKING_EVENT_ENQUEUE};
    enqueue.enqueue.account = 2;
    enqueue.enqueue.rig = RIG_A;
    enqueue.enqueue.length = HOUR - MINUTE; /* with the time for thinking it is longer than what is free */
    enqueue.enqueue.until = lab->now.wall + HOUR;
    lab->meanwhile = &enqueue;
    lab->then_fails = true;
    assert_int_equal(lab_ask(lab, move(lab, id, RIG_B, 0)), BOOKING_NOT_STORED);
    const struct booking_action *offered = lab_note(lab, BOOKING_NOTE_OFFER);
    assert_non_null(offered);
    assert_int_equal(offered->booking.ends, lab->now.wall + HOUR - MINUTE);
    assert_int_equal(lab_get(lab, id)->rig, RIG_A);
    assert_int_equal(lab_book(lab, 3, 0, lab_wish(lab, RIG_A, 0, HOUR + 5 * MINUTE, HOUR / 2)),
                     BOOKING_OVERLAPS);
    assert_int_equal(lab->answer.booking.id, id); /* it holds its old place */
}

static void a_class_is_not_moved_to_where_its_people_are_elsewhere(void **state)
{
    struct lab *lab = *state;
    const uint64_t party[] = {7};
    struct booking_wish wish = lab_wish(lab, RIG_A, 0, HOUR, HOUR);
    wish.code = "class";
    wish.party = party;
    wish.party_count = 1;
    struct booking_event event = {.kind = BOOKING_EVENT_BOOK};
    event.book.account = 1;
    event.book.wishes = &wish;
    event.book.count = 1;
    event.book.key = "";
    event.book.kind = BOOKING_CLASS;
    event.book.planned = true;
    assert_int_equal(lab_ask(lab, event), BOOKING_OK);
    uint64_t id = lab->last_id;
    uint64_t other = lab_have(lab, 7, FIRST, lab_wish(lab, RIG_C, 0, 3 * HOUR, HOUR));
    assert_int_equal(lab_ask(lab, move(lab, id, RIG_B, 2 * HOUR)), BOOKING_PERSON_BUSY);
    assert_int_equal(lab->answer.booking.id, other);
    assert_int_equal(lab_ask(lab, move(lab, id, RIG_B, 3 * HOUR)), BOOKING_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_goes_to_another_rig_and_time, lab_setup, lab_teardown),
        cmocka_unit_test_setup_teardown(it_overlaps_others_but_not_itself, lab_setup, lab_teardown),
        cmocka_unit_test_setup_teardown(it_returns_when_it_is_not_stored, lab_setup, lab_teardown),
        cmocka_unit_test_setup_teardown(a_live_session_stays, lab_setup, lab_teardown),
        cmocka_unit_test_setup_teardown(what_was_left_is_not_offered_while_the_ledger_has_not_answered,
                                        lab_setup, lab_teardown),
        cmocka_unit_test_setup_teardown(a_class_is_not_moved_to_where_its_people_are_elsewhere, lab_setup,
                                        lab_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
