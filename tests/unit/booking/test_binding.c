/* Late binding, moves, rigs that are lost, maintenance (promise B3). */
#include "tests/unit/booking/played_lab.h"

static struct booking_wish any(const struct lab *lab, uint16_t capability, int64_t starts)
{
    return lab_wish(lab, BOOKING_ANY_RIG, capability, starts, HOUR);
}

static struct booking_wish named(const struct lab *lab, uint16_t rig, int64_t starts)
{
    return lab_wish(lab, rig, 0, starts, HOUR);
}

static void a_capability_is_bound_to_the_rig_with_fewest_bookings(void **state)
{
    struct lab *lab = *state;
    lab_have(lab, 1, 0, named(lab, RIG_A, 5 * HOUR));
    uint64_t first = lab_have(lab, 2, 0, any(lab, TANKS, HOUR));
    assert_int_equal(lab_get(lab, first)->rig, RIG_B);
    assert_int_equal(lab_get(lab, first)->capability, TANKS);
    uint64_t second = lab_have(lab, 3, 0, any(lab, TANKS, HOUR));
    assert_int_equal(lab_get(lab, second)->rig, RIG_A);
    assert_int_equal(lab_book(lab, 4, 0, any(lab, TANKS, HOUR)), BOOKING_OVERLAPS);
    assert_int_equal(lab_book(lab, 4, 0, any(lab, 3, HOUR)), BOOKING_UNKNOWN_CAPABILITY);
    assert_int_equal(lab_book(lab, 4, 0, any(lab, 0, HOUR)), BOOKING_UNKNOWN_CAPABILITY);
    assert_int_equal(lab_book(lab, 4, 0, any(lab, 1000, HOUR)), BOOKING_UNKNOWN_CAPABILITY);
}

static void a_floating_booking_makes_room_for_who_names_its_rig(void **state)
{
    struct lab *lab = *state;
    uint64_t floating = lab_have(lab, 1, 0, any(lab, TANKS, HOUR));
    uint16_t rig = lab_get(lab, floating)->rig;
    uint64_t fixed = lab_have(lab, 2, 0, named(lab, rig, HOUR + MINUTE));
    assert_int_equal(lab_get(lab, fixed)->rig, rig);
    assert_int_not_equal(lab_get(lab, floating)->rig, rig);
    assert_int_equal(lab->rows[floating].rig, lab_get(lab, floating)->rig); /* the ledger has it */
    assert_int_equal(lab_note(lab, BOOKING_NOTE_MOVED)->booking.id, floating);
    /* One that was booked by name stays. */
    assert_int_equal(lab_book(lab, 3, 0, named(lab, rig, HOUR)), BOOKING_OVERLAPS);
    assert_int_equal(lab->answer.booking.id, fixed);
}

static void a_place_is_made_by_one_move(void **state)
{
    struct lab *lab = *state;
    lab_have(lab, 9, 0, named(lab, RIG_A, 9 * HOUR));
    lab_have(lab, 9, 0, named(lab, RIG_C, 9 * HOUR));
    uint64_t motor = lab_have(lab, 1, 0, any(lab, MOTORS, HOUR)); /* on B, which is a tank, too */
    assert_int_equal(lab_get(lab, motor)->rig, RIG_B);
    lab_have(lab, 2, 0, named(lab, RIG_A, HOUR));
    uint64_t tank = lab_have(lab, 3, 0, any(lab, TANKS, HOUR));
    assert_int_equal(lab_get(lab, tank)->rig, RIG_B);
    assert_int_equal(lab_get(lab, motor)->rig, RIG_C);
}

static void what_could_not_be_stored_moves_nobody(void **state)
{
    struct lab *lab = *state;
    uint64_t floating = lab_have(lab, 1, 0, any(lab, TANKS, HOUR));
    uint16_t rig = lab_get(lab, floating)->rig;
    lab->ledger_fails = true;
    assert_int_equal(lab_book(lab, 2, 0, named(lab, rig, HOUR)), BOOKING_NOT_STORED);
    assert_int_equal(lab_get(lab, floating)->rig, rig);
    assert_null(lab_note(lab, BOOKING_NOTE_MOVED));
    lab->ledger_fails = false;
    assert_int_equal(lab_book(lab, 2, 0, named(lab, 1 - rig, HOUR)), BOOKING_OK); /* the other is free */
    assert_int_equal(lab_book(lab, 3, 0, named(lab, rig, HOUR)), BOOKING_OVERLAPS);
    assert_int_equal(lab_get(lab, floating)->rig, rig);
}

static void a_place_is_nobody_elses_until_the_ledger_knows_who_left_it(void **state)
{
    struct lab *lab = *state;
    uint64_t floating = lab_have(lab, 1, 0, any(lab, TANKS, HOUR));
    uint16_t rig = lab_get(lab, floating)->rig;
    struct booking_wish rest = lab_wish(lab, rig, 0, HOUR + 30 * MINUTE, 20 * MINUTE);
    struct booking_event other = {.kind = BOOKING_EVENT_BOOK};
    other.book.account = 3;
    other.book.wishes = &rest;
    other.book.count = 1;
    other.book.key = "";
    lab->meanwhile = &other;
    lab->then_fails = true;
    assert_int_equal(lab_book(lab, 2, 0, lab_wish(lab, rig, 0, HOUR, 20 * MINUTE)), BOOKING_NOT_STORED);
    assert_int_equal(lab_get(lab, floating)->rig, rig);
    assert_null(lab_note(lab, BOOKING_NOTE_MOVED));
    assert_int_equal(lab->last_id, floating); /* nobody got the rest of it */
}

static void what_begins_soon_leaves_a_rig_in_quarantine(void **state)
{
    struct lab *lab = *state;
    uint64_t soon = lab_have(lab, 1, 0, any(lab, TANKS, 20 * MINUTE));
    uint16_t rig = lab_get(lab, soon)->rig;
    uint64_t later = lab_have(lab, 1, 0, named(lab, rig, 5 * HOUR));
    lab_rig(lab, rig, BOOKING_RIG_QUARANTINED);
    assert_int_equal(lab_book(lab, 2, 0, named(lab, rig, 10 * MINUTE)), BOOKING_OUT_OF_SERVICE);
    lab_pass(lab, SECOND);
    assert_int_not_equal(lab_get(lab, soon)->rig, rig);
    assert_int_equal(lab->rows[soon].rig, lab_get(lab, soon)->rig);
    assert_int_equal(lab_note(lab, BOOKING_NOTE_MOVED)->booking.id, soon);
    assert_int_equal(lab_get(lab, later)->rig, rig);
    lab_pass(lab, 5 * HOUR); /* a rig by name and no substitute: it is told, and cancelled when it is time */
    lab_pass(lab, SECOND);
    assert_int_equal(lab_get(lab, later)->state, BOOKING_CANCELLED);
    assert_int_equal(lab_get(lab, later)->why, BOOKING_WHY_QUARANTINE);
    assert_false(lab->rows[later].charged);
    assert_int_equal(lab_note(lab, BOOKING_NOTE_CANCELLED)->booking.id, later);
}

static void a_rig_by_name_has_a_substitute_where_the_policy_says_so(void **state)
{
    struct lab *lab = *state;
    lab->policies[0].substitute = true;
    uint64_t with = lab_have(lab, 1, FIRST, named(lab, RIG_A, 20 * MINUTE));
    lab_rig(lab, RIG_A, BOOKING_RIG_QUARANTINED);
    lab_pass(lab, SECOND);
    assert_int_equal(lab_get(lab, with)->rig, RIG_B);
    lab_rig(lab, RIG_A, BOOKING_RIG_READY);
    uint64_t without = lab_have(lab, 2, SECOND_GROUP, named(lab, RIG_A, 20 * MINUTE));
    lab_rig(lab, RIG_A, BOOKING_RIG_QUARANTINED);
    lab_pass(lab, SECOND);
    assert_int_equal(lab_get(lab, without)->rig, RIG_A);
    assert_int_equal(lab_note(lab, BOOKING_NOTE_RIG_OUT)->booking.id, without);
    lab_pass(lab, 10 * MINUTE);
    lab_rig(lab, RIG_A, BOOKING_RIG_READY); /* it is back in time */
    lab_pass(lab, 59 * SECOND);
    assert_null(lab_note(lab, BOOKING_NOTE_RIG_BACK)); /* it may fail at once again */
    lab_pass(lab, SECOND);
    assert_int_equal(lab_note(lab, BOOKING_NOTE_RIG_BACK)->booking.id, without);
    lab->note_count = 0;
    lab_rig(lab, RIG_A, BOOKING_RIG_QUARANTINED); /* later it is news again */
    lab_pass(lab, SECOND);
    assert_int_equal(lab_note(lab, BOOKING_NOTE_RIG_OUT)->booking.id, without);
    lab_rig(lab, RIG_A, BOOKING_RIG_READY);
    lab_pass(lab, 10 * MINUTE);
    assert_int_equal(lab_get(lab, without)->state, BOOKING_LIVE);
}

static void what_begins_on_a_rig_whose_equipment_is_lost_is_cancelled(void **state)
{
    struct lab *lab = *state;
    uint64_t id = lab_have(lab, 1, FIRST, named(lab, RIG_A, 20 * MINUTE));
    lab_pass(lab, 10 * MINUTE);
    lab_rig(lab, RIG_A, BOOKING_RIG_UNAVAILABLE);
    lab_pass(lab, MINUTE - 1);
    assert_null(lab_note(lab, BOOKING_NOTE_RIG_OUT));
    lab_pass(lab, 1);
    assert_int_equal(lab_note(lab, BOOKING_NOTE_RIG_OUT)->booking.id, id);
    lab_pass(lab, 9 * MINUTE);
    assert_int_equal(lab->rows[id].state, BOOKING_CANCELLED);
    assert_int_equal(lab->rows[id].why, BOOKING_WHY_QUARANTINE);
    assert_false(lab->rows[id].charged);
    assert_int_equal(lab_note(lab, BOOKING_NOTE_CANCELLED)->booking.id, id);
    assert_int_equal(lab->begins, 0);
}

static void from_one_rig_that_is_out_nothing_goes_to_another(void **state)
{
    struct lab *lab = *state;
    uint64_t floating = lab_have(lab, 1, 0, any(lab, TANKS, 20 * MINUTE));
    uint16_t rig = lab_get(lab, floating)->rig;
    lab_rig(lab, rig == RIG_A ? RIG_B : RIG_A, BOOKING_RIG_UNAVAILABLE);
    lab_pass(lab, 2 * MINUTE);
    lab_rig(lab, rig, BOOKING_RIG_QUARANTINED);
    lab_pass(lab, SECOND);
    assert_int_equal(lab_get(lab, floating)->rig, rig);
    assert_null(lab_note(lab, BOOKING_NOTE_MOVED));
    assert_int_equal(lab_note(lab, BOOKING_NOTE_RIG_OUT)->booking.id, floating);
}

/* A teacher resets it: what is booked keeps its time, and nobody is missing meanwhile. */
static void an_emergency_stop_takes_nobodys_time(void **state)
{
    struct lab *lab = *state;
    lab->policies[0].grace = 10 * MINUTE;
    uint64_t floating = lab_have(lab, 2, 0, any(lab, TANKS, 20 * MINUTE));
    uint16_t rig = lab_get(lab, floating)->rig;
    uint64_t id = lab_have(lab, 1, FIRST, named(lab, rig, 2 * HOUR));
    lab_rig(lab, rig, BOOKING_RIG_STOPPED);
    lab_pass(lab, 2 * MINUTE);
    lab_pass(lab, 2 * HOUR);
    assert_int_not_equal(lab_get(lab, floating)->rig, rig);
    assert_int_equal(lab_get(lab, id)->state, BOOKING_LIVE);
    lab_pass(lab, 30 * MINUTE);
    assert_int_equal(lab_get(lab, id)->state, BOOKING_LIVE);
    assert_true(lab_get(lab, id)->charged);
    lab_rig(lab, rig, BOOKING_RIG_READY);
    lab_pass(lab, 10 * MINUTE);
    assert_int_equal(lab->rows[id].why, BOOKING_WHY_NO_SHOW);
}

static void a_session_on_a_rig_that_is_lost_is_not_charged(void **state)
{
    struct lab *lab = *state;
    lab->policies[0].hours_per_day = 2 * HOUR;
    uint64_t id = lab_have(lab, 1, FIRST, lab_wish(lab, RIG_A, 0, MINUTE, 2 * HOUR));
    lab_pass(lab, MINUTE);
    assert_int_equal(lab_get(lab, id)->state, BOOKING_LIVE);
    assert_int_equal(lab_book(lab, 1, FIRST, named(lab, RIG_B, 10 * HOUR)), BOOKING_QUOTA_HOURS);
    lab_rig(lab, RIG_A, BOOKING_RIG_QUARANTINED);
    assert_non_null(lab_note(lab, BOOKING_NOTE_REFUNDED));
    assert_false(lab->rows[id].charged);
    assert_int_equal(lab_book(lab, 1, FIRST, named(lab, RIG_B, 10 * HOUR)), BOOKING_OK);
}

static void a_session_whose_rig_is_lost_while_it_is_stored_never_begins(void **state)
{
    struct lab *lab = *state;
    uint64_t id = lab_have(lab, 1, 0, named(lab, RIG_A, MINUTE));
    struct booking_event lost = {.kind = BOOKING_EVENT_RIG_STATE};
    lost.rig_state.rig = RIG_A;
    lost.rig_state.state = BOOKING_RIG_QUARANTINED;
    lab->meanwhile = &lost;
    lab_pass(lab, MINUTE);
    assert_null(lab->meanwhile);
    assert_int_equal(lab->begins, 0);
    assert_int_equal(lab->ends, 0);
    assert_int_equal(lab->rows[id].state, BOOKING_ENDED);
    assert_int_equal(lab->rows[id].why, BOOKING_WHY_QUARANTINE);
    assert_false(lab->rows[id].charged);
    assert_int_equal(lab_note(lab, BOOKING_NOTE_CANCELLED)->booking.id, id);
    lab_rig(lab, RIG_A, BOOKING_RIG_READY);
    assert_int_equal(lab_book(lab, 2, 0, named(lab, RIG_A, MINUTE)), BOOKING_OK); /* its time is free */
}

static void what_happens_while_a_note_is_stored_is_told_too(void **state)
{
    struct lab *lab = *state;
    uint64_t id = lab_have(lab, 1, FIRST, lab_wish(lab, RIG_A, 0, MINUTE, 2 * HOUR));
    lab_pass(lab, MINUTE);
    struct booking_event cancel = {.kind = BOOKING_EVENT_CANCEL};
    cancel.cancel.booking = id;
    cancel.cancel.by_lab = true;
    lab->meanwhile = &cancel;
    lab_rig(lab, RIG_A, BOOKING_RIG_QUARANTINED);
    assert_null(lab->meanwhile);
    assert_int_equal(lab->rows[id].state, BOOKING_ENDED);
    assert_int_equal(lab->note_count, 2);
    assert_true(lab_note(lab, BOOKING_NOTE_REFUNDED)->is_stored);
    assert_true(lab_note(lab, BOOKING_NOTE_CANCELLED)->is_stored);
}

static enum booking_result maintain(struct lab *lab, uint16_t rig, int64_t starts, int64_t length)
{
    struct booking_wish wish = lab_wish(lab, rig, 0, starts, length);
    struct booking_event event = {.kind = BOOKING_EVENT_BOOK};
    event.book.account = 77;
    event.book.wishes = &wish;
    event.book.count = 1;
    event.book.key = "";
    event.book.kind = BOOKING_MAINTENANCE;
    return lab_ask(lab, event);
}

static void maintenance_takes_the_place_of_others_in_one_transaction(void **state)
{
    struct lab *lab = *state;
    uint64_t floating = lab_have(lab, 1, 0, any(lab, TANKS, HOUR));
    uint16_t rig = lab_get(lab, floating)->rig;
    uint64_t fixed = lab_have(lab, 2, 0, named(lab, rig, 3 * HOUR));
    size_t stores = lab->stores;
    lab->ledger_fails = true;
    assert_int_equal(maintain(lab, rig, 0, 6 * HOUR), BOOKING_NOT_STORED);
    assert_int_equal(lab_get(lab, fixed)->state, BOOKING_CONFIRMED);
    assert_int_equal(lab_get(lab, floating)->rig, rig);
    assert_int_equal(lab_book(lab, 3, 0, named(lab, rig, 3 * HOUR)), BOOKING_OVERLAPS); /* it has its place */
    lab->ledger_fails = false;
    assert_int_equal(maintain(lab, rig, 0, 6 * HOUR), BOOKING_OK);
    assert_int_equal(lab->stores, stores + 3); /* and that it is live */
    assert_int_equal(lab_get(lab, fixed)->state, BOOKING_CANCELLED);
    assert_int_equal(lab->rows[fixed].why, BOOKING_WHY_MAINTENANCE);
    assert_false(lab->rows[fixed].charged);
    assert_int_not_equal(lab_get(lab, floating)->rig, rig);
    assert_int_equal(lab_note(lab, BOOKING_NOTE_CANCELLED)->booking.account, 2);
    assert_int_equal(lab_note(lab, BOOKING_NOTE_MOVED)->booking.account, 1);
    assert_int_equal(maintain(lab, rig, HOUR, HOUR), BOOKING_OVERLAPS); /* but not of maintenance */
    lab_pass(lab, HOUR);
    assert_int_equal(maintain(lab, lab_get(lab, floating)->rig, HOUR / 2, HOUR), BOOKING_OVERLAPS); /* live */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_LAB(a_capability_is_bound_to_the_rig_with_fewest_bookings),
        IN_LAB(a_floating_booking_makes_room_for_who_names_its_rig),
        IN_LAB(a_place_is_made_by_one_move),
        IN_LAB(what_could_not_be_stored_moves_nobody),
        IN_LAB(a_place_is_nobody_elses_until_the_ledger_knows_who_left_it),
        IN_LAB(what_begins_soon_leaves_a_rig_in_quarantine),
        IN_LAB(a_rig_by_name_has_a_substitute_where_the_policy_says_so),
        IN_LAB(what_begins_on_a_rig_whose_equipment_is_lost_is_cancelled),
        IN_LAB(from_one_rig_that_is_out_nothing_goes_to_another),
        IN_LAB(an_emergency_stop_takes_nobodys_time),
        IN_LAB(a_session_on_a_rig_that_is_lost_is_not_charged),
        IN_LAB(a_session_whose_rig_is_lost_while_it_is_stored_never_begins),
        IN_LAB(what_happens_while_a_note_is_stored_is_told_too),
        IN_LAB(maintenance_takes_the_place_of_others_in_one_transaction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
