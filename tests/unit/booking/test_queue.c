/* The queue: tickets, offers, fair share (promise B7). */
#include "tests/unit/booking/played_lab.h"

static uint64_t wait_for(struct lab *lab, uint64_t account, uint16_t group, uint16_t rig, uint16_t capability,
                         int64_t length)
{
    struct booking_event event = {.kind = BOOKING_EVENT_ENQUEUE};
    event.enqueue.account = account;
    event.enqueue.group = group;
    event.enqueue.rig = rig;
    event.enqueue.capability = capability;
    event.enqueue.length = length;
    event.enqueue.until = lab->now.wall + 10 * HOUR;
    return lab_ask(lab, event) == BOOKING_OK ? lab->answer.ticket : 0;
}

static enum booking_result about(struct lab *lab, enum booking_event_kind kind, uint64_t ticket,
                                 uint64_t account)
{
    struct booking_event event = {.kind = kind};
    event.offer.ticket = ticket;
    event.offer.account = account;
    event.offer.code = "joined";
    return lab_ask(lab, event);
}

static enum booking_result cancel(struct lab *lab, uint64_t booking)
{
    struct booking_event event = {.kind = BOOKING_EVENT_CANCEL};
    event.cancel.booking = booking;
    return lab_ask(lab, event);
}

/* Rig A is in use for so long. */
static uint64_t occupy(struct lab *lab, uint64_t account, uint16_t group, int64_t length)
{
    uint64_t id = lab_have(lab, account, group, lab_wish(lab, RIG_A, 0, 0, length));
    lab_handle(lab, &(struct booking_event){.kind = BOOKING_EVENT_USED, .used = {id}});
    return id;
}

static void freed_time_is_offered_and_taken(void **state)
{
    struct lab *lab = *state;
    uint64_t busy = occupy(lab, 9, 0, 4 * HOUR);
    uint64_t ticket = wait_for(lab, 1, 0, RIG_A, 0, HOUR);
    assert_int_not_equal(ticket, 0);
    assert_int_equal(about(lab, BOOKING_EVENT_TAKE_OFFER, ticket, 1), BOOKING_NO_OFFER);
    assert_int_equal(lab->note_count, 0);
    lab_pass(lab, HOUR);
    assert_int_equal(cancel(lab, busy), BOOKING_OK);
    const struct booking_action *offer = lab_note(lab, BOOKING_NOTE_OFFER);
    assert_int_equal(offer->ticket, ticket);
    assert_int_equal(offer->booking.account, 1);
    assert_int_equal(offer->until, lab->now.wall + 2 * MINUTE);
    /* It is kept: neither a walk-in nor the calendar gets it. */
    assert_int_equal(lab_book(lab, 2, 0, lab_wish(lab, RIG_A, 0, 0, HOUR)), BOOKING_OVERLAPS);
    lab_pass(lab, MINUTE);
    assert_int_equal(about(lab, BOOKING_EVENT_TAKE_OFFER, ticket, 2), BOOKING_UNKNOWN_TICKET);
    assert_int_equal(about(lab, BOOKING_EVENT_TAKE_OFFER, ticket, 1), BOOKING_OK);
    const struct booking *taken = lab_get(lab, lab->answer.booking.id);
    assert_int_equal(taken->state, BOOKING_LIVE);
    assert_int_equal(taken->starts, lab->now.wall);
    assert_int_equal(taken->ends, lab->now.wall + HOUR); /* the minute of thought cost nothing */
    assert_string_equal(taken->code, "joined");
    assert_int_equal(about(lab, BOOKING_EVENT_TAKE_OFFER, ticket, 1), BOOKING_UNKNOWN_TICKET);
}

static void an_offer_that_is_not_taken_goes_to_the_next(void **state)
{
    struct lab *lab = *state;
    uint64_t busy = occupy(lab, 9, 0, HOUR);
    uint64_t first = wait_for(lab, 1, 0, RIG_A, 0, HOUR), second = wait_for(lab, 2, 0, RIG_A, 0, HOUR);
    assert_int_equal(wait_for(lab, 2, 0, RIG_A, 0, MINUTE), 0);
    assert_int_equal(lab->answer.result, BOOKING_ALREADY_WAITING);
    cancel(lab, busy);
    assert_int_equal(lab->notes[0].ticket, first);
    assert_int_equal(lab->note_count, 1);
    lab_pass(lab, 2 * MINUTE - 1);
    assert_int_equal(lab->note_count, 1);
    lab_pass(lab, 1);
    assert_int_equal(lab->notes[1].note, BOOKING_NOTE_OFFER_OVER);
    assert_int_equal(lab->notes[1].ticket, first);
    assert_int_equal(lab->notes[2].note, BOOKING_NOTE_OFFER);
    assert_int_equal(lab->notes[2].ticket, second);
    assert_int_equal(about(lab, BOOKING_EVENT_LEAVE, second, 2), BOOKING_OK);
    assert_int_equal(lab_book(lab, 3, 0, lab_wish(lab, RIG_A, 0, 0, HOUR)), BOOKING_OK); /* walk-in */
}

static void who_is_not_heard_is_passed_over_and_keeps_the_place(void **state)
{
    struct lab *lab = *state;
    uint64_t busy = occupy(lab, 9, 0, HOUR);
    uint64_t first = wait_for(lab, 1, 0, RIG_A, 0, HOUR), second = wait_for(lab, 2, 0, RIG_A, 0, HOUR);
    struct booking_event absent = {.kind = BOOKING_EVENT_PRESENT, .present = {.account = 1}};
    lab_handle(lab, &absent);
    cancel(lab, busy);
    assert_int_equal(lab->notes[0].ticket, second);
    absent.present.present = true;
    lab_handle(lab, &absent);
    assert_int_equal(about(lab, BOOKING_EVENT_LEAVE, second, 2), BOOKING_OK);
    assert_int_equal(lab->notes[1].ticket, first);
}

static void who_had_least_of_their_share_is_first(void **state)
{
    struct lab *lab = *state;
    /* The example of docs/timetable.md: school 1 has weight 1 and used 8 h, school 2 weight 3 and 9 h. */
    struct booking used[2] = {
        {.id = 90, .account = 50, .group = FIRST,        .ends = START - 14 * DAY, .session = 1},
        {.id = 91, .account = 51, .group = SECOND_GROUP, .ends = START - 7 * DAY,  .session = 2},
    };
    used[0].starts = used[0].ends - 8 * HOUR;
    used[1].starts = used[1].ends - 9 * HOUR;
    for (int i = 0; i < 2; i++) {
        used[i].state = BOOKING_ENDED;
        used[i].charged = true;
        assert_true(timetable_load(lab->timetable, &used[i]));
    }
    uint64_t busy = occupy(lab, 9, 0, HOUR);
    uint64_t first = wait_for(lab, 1, FIRST, RIG_A, 0, 2 * HOUR);
    uint64_t second = wait_for(lab, 2, SECOND_GROUP, RIG_A, 0, 2 * HOUR);
    uint64_t third = wait_for(lab, 3, SECOND_GROUP, RIG_A, 0, 2 * HOUR);
    cancel(lab, busy);
    assert_int_equal(lab->notes[0].ticket, second); /* 2 h of share against 1.5 h */
    assert_int_equal(about(lab, BOOKING_EVENT_TAKE_OFFER, second, 2), BOOKING_OK);
    cancel(lab, lab->answer.booking.id); /* used for no time: nothing is charged */
    assert_int_equal(lab->notes[1].ticket, third);
    assert_int_equal(about(lab, BOOKING_EVENT_TAKE_OFFER, third, 3), BOOKING_OK);
    uint64_t live = lab->answer.booking.id;
    uint64_t fourth = wait_for(lab, 4, SECOND_GROUP, RIG_A, 0, HOUR);
    lab_handle(lab, &(struct booking_event){.kind = BOOKING_EVENT_USED, .used = {live}});
    lab_pass(lab, 2 * HOUR - MINUTE);
    cancel(lab, live); /* now it is 2 h against 2.17 h, but for a minute */
    assert_int_equal(lab->notes[2].ticket, first);
    assert_int_equal(about(lab, BOOKING_EVENT_LEAVE, first, 1), BOOKING_OK);
    assert_int_equal(lab->notes[3].ticket, fourth);
}

static void a_higher_priority_goes_before(void **state)
{
    struct lab *lab = *state;
    lab->policies[1].priority = 1;
    uint64_t busy = occupy(lab, 9, 0, HOUR);
    wait_for(lab, 1, FIRST, RIG_A, 0, HOUR);
    uint64_t second = wait_for(lab, 2, SECOND_GROUP, RIG_A, 0, HOUR);
    cancel(lab, busy);
    assert_int_equal(lab->notes[0].ticket, second);
}

static void while_somebody_waits_nothing_is_extended(void **state)
{
    struct lab *lab = *state;
    uint64_t busy = occupy(lab, 9, FIRST, HOUR);
    struct booking_event extend = {.kind = BOOKING_EVENT_EXTEND};
    extend.change.booking = busy;
    extend.change.ends = lab->now.wall + 2 * HOUR;
    uint64_t ticket = wait_for(lab, 1, 0, RIG_A, 0, 4 * HOUR);
    assert_int_equal(lab_ask(lab, extend), BOOKING_OTHERS_WAIT);
    assert_int_equal(about(lab, BOOKING_EVENT_LEAVE, ticket, 1), BOOKING_OK);
    assert_int_equal(lab_ask(lab, extend), BOOKING_OK);
}

static void one_waits_no_longer_than_one_wanted(void **state)
{
    struct lab *lab = *state;
    occupy(lab, 9, 0, 20 * HOUR);
    uint64_t ticket = wait_for(lab, 1, 0, RIG_A, 0, HOUR);
    lab_pass(lab, 10 * HOUR - 1);
    assert_int_equal(lab->note_count, 0);
    lab_pass(lab, 1);
    assert_int_equal(lab->notes[0].note, BOOKING_NOTE_GAVE_UP);
    assert_int_equal(lab->notes[0].ticket, ticket);
}

static void a_capability_is_offered_by_whichever_rig_is_free(void **state)
{
    struct lab *lab = *state;
    occupy(lab, 9, 0, 4 * HOUR);
    uint64_t on_b = lab_have(lab, 8, 0, lab_wish(lab, RIG_B, 0, 0, 4 * HOUR));
    uint64_t ticket = wait_for(lab, 1, 0, BOOKING_ANY_RIG, TANKS, HOUR);
    assert_int_equal(lab->note_count, 0);
    lab_rig(lab, RIG_B, BOOKING_RIG_UNAVAILABLE);
    cancel(lab, on_b);
    assert_null(lab_note(lab, BOOKING_NOTE_OFFER)); /* a rig that is out is offered to nobody */
    lab_rig(lab, RIG_B, BOOKING_RIG_READY);
    assert_int_equal(lab_note(lab, BOOKING_NOTE_OFFER)->booking.rig, RIG_B);
    lab->ledger_fails = true;
    assert_int_equal(about(lab, BOOKING_EVENT_TAKE_OFFER, ticket, 1), BOOKING_NOT_STORED);
    lab->ledger_fails = false;
    assert_int_equal(lab->notes[lab->note_count - 1].note, BOOKING_NOTE_OFFER); /* again */
    assert_int_equal(about(lab, BOOKING_EVENT_TAKE_OFFER, ticket, 1), BOOKING_OK);
}

static void a_ticket_is_refused_as_a_booking_would_be(void **state)
{
    struct lab *lab = *state;
    lab->policies[0].longest = HOUR;
    assert_int_equal(wait_for(lab, 1, FIRST, RIG_A, 0, HOUR + 1), 0);
    assert_int_equal(lab->answer.result, BOOKING_TOO_LONG);
    assert_int_equal(wait_for(lab, 1, BARE, RIG_A, 0, HOUR), 0);
    assert_int_equal(lab->answer.result, BOOKING_NO_POLICY);
    assert_int_equal(wait_for(lab, 1, FIRST, 99, 0, HOUR), 0);
    assert_int_equal(lab->answer.result, BOOKING_UNKNOWN_RIG);
    assert_int_equal(wait_for(lab, 1, FIRST, BOOKING_ANY_RIG, 9, HOUR), 0);
    assert_int_equal(lab->answer.result, BOOKING_UNKNOWN_CAPABILITY);
    assert_int_equal(wait_for(lab, 1, FIRST, RIG_A, 0, 0), 0);
    assert_int_equal(lab->answer.result, BOOKING_EMPTY);
}

/* ---- what survives ------------------------------------------------------------------------------------- */

static void hear(struct lab *lab, uint64_t account)
{
    struct booking_event event = {.kind = BOOKING_EVENT_PRESENT};
    event.present.account = account;
    event.present.present = true;
    lab_handle(lab, &event);
}

static void a_place_that_was_not_stored_was_not_given(void **state)
{
    struct lab *lab = *state;
    occupy(lab, 9, 0, HOUR);
    lab->ledger_fails = true;
    assert_int_equal(wait_for(lab, 1, FIRST, RIG_A, 0, HOUR), 0);
    assert_int_equal(lab->answer.result, BOOKING_NOT_STORED);
    lab->ledger_fails = false;
    uint64_t ticket = wait_for(lab, 1, FIRST, RIG_A, 0, HOUR);
    assert_int_equal(ticket, 2);
    /* Likewise to give it back: it stays until the ledger has forgotten it. */
    lab->ledger_fails = true;
    assert_int_equal(about(lab, BOOKING_EVENT_LEAVE, ticket, 1), BOOKING_NOT_STORED);
    lab->ledger_fails = false;
    struct timetable_ticket list[2];
    assert_int_equal(timetable_queue(lab->timetable, lab->now.wall, list, 2), 1);
    assert_int_equal(about(lab, BOOKING_EVENT_LEAVE, ticket, 1), BOOKING_OK);
    assert_int_equal(lab->places[ticket].place.id, 0);
    assert_int_equal(timetable_queue(lab->timetable, lab->now.wall, list, 2), 0);
}

static void places_and_offers_survive_a_restart(void **state)
{
    struct lab *lab = *state;
    occupy(lab, 9, 0, HOUR);
    uint64_t first = wait_for(lab, 1, FIRST, RIG_A, 0, HOUR);
    uint64_t second = wait_for(lab, 2, FIRST, RIG_A, 0, HOUR);
    lab_restart(lab);
    struct timetable_ticket list[2];
    assert_int_equal(timetable_queue(lab->timetable, lab->now.wall, list, 2), 2);
    assert_true(list[0].id == first && list[1].id == second && list[0].length == HOUR);
    /* Nobody has been heard yet: they are passed over and keep their places. */
    lab_pass(lab, HOUR);
    assert_null(lab_note(lab, BOOKING_NOTE_OFFER));
    hear(lab, 2);
    assert_int_equal(lab_note(lab, BOOKING_NOTE_OFFER)->ticket, second);
    lab_pass(lab, MINUTE);
    lab_restart(lab);
    /* What was offered is still kept, for as long as was said. */
    hear(lab, 1);
    hear(lab, 2);
    assert_null(lab_note(lab, BOOKING_NOTE_OFFER));
    assert_int_equal(lab_book(lab, 3, FIRST, lab_wish(lab, RIG_A, 0, 0, HOUR)), BOOKING_OVERLAPS);
    lab_pass(lab, MINUTE - 1);
    assert_null(lab_note(lab, BOOKING_NOTE_OFFER_OVER));
    lab_pass(lab, 1);
    assert_int_equal(lab_note(lab, BOOKING_NOTE_OFFER_OVER)->ticket, second);
    assert_int_equal(lab_note(lab, BOOKING_NOTE_OFFER)->ticket, first);
    assert_int_equal(lab->places[second].place.id, 0);
    lab_restart(lab);
    hear(lab, 1);
    assert_int_equal(about(lab, BOOKING_EVENT_TAKE_OFFER, first, 1), BOOKING_OK);
    assert_int_equal(lab->places[first].place.id, 0); /* with the booking */
    lab_restart(lab);
    assert_int_equal(timetable_queue(lab->timetable, lab->now.wall, list, 2), 0);
    assert_int_equal(wait_for(lab, 1, FIRST, RIG_B, 0, HOUR), 1); /* numbers go on where the shell says */
}

static void an_end_that_was_not_stored_is_stored_later(void **state)
{
    struct lab *lab = *state;
    occupy(lab, 9, 0, 20 * HOUR);
    uint64_t ticket = wait_for(lab, 1, FIRST, RIG_A, 0, HOUR);
    lab->ledger_fails = true;
    lab_pass(lab, 10 * HOUR);
    assert_int_equal(lab_note(lab, BOOKING_NOTE_GAVE_UP)->ticket, ticket);
    assert_int_equal(lab->places[ticket].place.id, ticket);
    assert_int_equal(about(lab, BOOKING_EVENT_LEAVE, ticket, 1), BOOKING_UNKNOWN_TICKET);
    lab->ledger_fails = false;
    lab_pass(lab, SECOND);
    assert_int_equal(lab->places[ticket].place.id, 0);
    assert_int_equal(lab->note_count, 1); /* told once */
}

static void what_was_offered_is_withdrawn_with_its_rig(void **state)
{
    struct lab *lab = *state;
    uint64_t live = occupy(lab, 9, 0, HOUR);
    uint64_t ticket = wait_for(lab, 1, FIRST, RIG_A, 0, HOUR);
    cancel(lab, live);
    assert_int_equal(lab_note(lab, BOOKING_NOTE_OFFER)->ticket, ticket);
    lab_rig(lab, RIG_A, BOOKING_RIG_QUARANTINED);
    assert_int_equal(lab_note(lab, BOOKING_NOTE_WITHDRAWN)->ticket, ticket);
    assert_int_equal(about(lab, BOOKING_EVENT_TAKE_OFFER, ticket, 1), BOOKING_NO_OFFER);
    assert_null(lab->places[ticket].place.offered);
    lab->note_count = 0;
    lab_rig(lab, RIG_A, BOOKING_RIG_READY);
    assert_int_equal(lab_note(lab, BOOKING_NOTE_OFFER)->ticket, ticket); /* it kept its place */
}

static void a_place_for_what_is_no_longer_there_is_refused(void **state)
{
    struct lab *lab = *state;
    struct timetable_ticket place = {.id = 5, .account = 1, .rig = RIGS, .length = HOUR, .until = INT64_MAX};
    assert_false(timetable_load_ticket(lab->timetable, &place));
    place.rig = BOOKING_ANY_RIG;
    place.capability = 9;
    assert_false(timetable_load_ticket(lab->timetable, &place));
    place.rig = RIG_A;
    assert_true(timetable_load_ticket(lab->timetable, &place));
    assert_false(timetable_load_ticket(lab->timetable, &place)); /* twice */
    timetable_believe_ticket(lab->timetable, 41);
    occupy(lab, 9, 0, HOUR);
    assert_int_equal(wait_for(lab, 2, FIRST, RIG_A, 0, HOUR), 42);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_LAB(freed_time_is_offered_and_taken),
        IN_LAB(an_offer_that_is_not_taken_goes_to_the_next),
        IN_LAB(who_is_not_heard_is_passed_over_and_keeps_the_place),
        IN_LAB(who_had_least_of_their_share_is_first),
        IN_LAB(a_higher_priority_goes_before),
        IN_LAB(while_somebody_waits_nothing_is_extended),
        IN_LAB(one_waits_no_longer_than_one_wanted),
        IN_LAB(a_capability_is_offered_by_whichever_rig_is_free),
        IN_LAB(a_ticket_is_refused_as_a_booking_would_be),
        IN_LAB(a_place_that_was_not_stored_was_not_given),
        IN_LAB(places_and_offers_survive_a_restart),
        IN_LAB(an_end_that_was_not_stored_is_stored_later),
        IN_LAB(what_was_offered_is_withdrawn_with_its_rig),
        IN_LAB(a_place_for_what_is_no_longer_there_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
