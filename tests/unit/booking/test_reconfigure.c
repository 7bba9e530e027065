/* Another configuration while bookings, sessions and the queue go on. */
#include "tests/unit/booking/played_lab.h"

/* The other way round: groups 1 and 2, the capabilities, the schools. What is 0 or UINT16_MAX is no more. */
struct numbers {
    uint16_t groups[3], capabilities[2], schools[2];
};
static const struct numbers same = {
    {1, 2, 3},
    {1, 2 },
    {0, 1}
};
static const struct numbers swapped = {
    {2, 1, 3},
    {2, 1 },
    {1, 0}
};

struct configuration {
    struct timetable_rig rigs[RIGS + 1];
    struct timetable_school schools[2];
    struct timetable_group groups[3];
    struct timetable_setup setup;
};

static void copy(const struct lab *lab, struct configuration *other)
{
    memcpy(other->rigs, lab_rigs, sizeof lab_rigs);
    other->rigs[RIGS] = (struct timetable_rig){.capabilities = 0};
    memcpy(other->schools, lab_schools, sizeof other->schools);
    memcpy(other->groups, lab->groups, sizeof other->groups);
    other->setup = lab->setup;
    other->setup.rigs = other->rigs;
    other->setup.schools = other->schools;
    other->setup.groups = other->groups;
}

static void swap(const struct lab *lab, struct configuration *other)
{
    copy(lab, other);
    other->groups[0] = (struct timetable_group){0, 1, &lab->policies[1]};
    other->groups[1] = (struct timetable_group){1, 1, &lab->policies[0]};
    other->schools[0] = lab_schools[1];
    other->schools[1] = lab_schools[0];
    for (size_t i = 0; i < RIGS; i++)
        other->rigs[i].capabilities = (lab_rigs[i].capabilities >> 1 & 1) | (lab_rigs[i].capabilities & 1)
                                                                                << 1;
}

/* The old one is no more afterwards, as a reload's may be. */
static void take(struct lab *lab, struct configuration *other, const struct numbers *numbers)
{
    const struct timetable_numbers by_number = {numbers->groups, numbers->capabilities, numbers->schools};
    assert_true(timetable_is_settled(lab->timetable));
    assert_true(timetable_reconfigure(lab->timetable, &other->setup, &by_number));
    memset(other, 0xa5, sizeof *other);
}

static uint64_t wait_for(struct lab *lab, uint64_t account, uint16_t group, uint16_t rig, uint16_t capability)
{
    struct booking_event event = {.kind = BOOKING_EVENT_ENQUEUE};
    event.enqueue.account = account;
    event.enqueue.group = group;
    event.enqueue.rig = rig;
    event.enqueue.capability = capability;
    event.enqueue.length = HOUR;
    event.enqueue.until = lab->now.wall + 10 * HOUR;
    assert_int_equal(lab_ask(lab, event), BOOKING_OK);
    return lab->answer.ticket;
}

static enum booking_result cancel(struct lab *lab, uint64_t booking)
{
    struct booking_event event = {.kind = BOOKING_EVENT_CANCEL};
    event.cancel.booking = booking;
    return lab_ask(lab, event);
}

static uint64_t occupy(struct lab *lab, uint16_t rig, int64_t length)
{
    uint64_t id = lab_have(lab, 9, 0, lab_wish(lab, rig, 0, 0, length));
    lab_handle(lab, &(struct booking_event){.kind = BOOKING_EVENT_USED, .used = {id}});
    return id;
}

static void it_waits_for_what_is_under_way(void **state)
{
    struct lab *lab = *state;
    struct booking_event event = {.kind = BOOKING_EVENT_BOOK};
    struct booking_wish wish = lab_wish(lab, RIG_A, 0, HOUR, HOUR);
    event.request = 1;
    event.book.account = 1;
    event.book.wishes = &wish;
    event.book.count = 1;
    event.book.key = "";
    struct booking_action room[64];
    struct booking_actions actions = {.list = room, .capacity = timetable_actions_bound(RIGS)};
    assert_true(timetable_is_settled(lab->timetable));
    timetable_handle(lab->timetable, &event, lab->now, &actions);
    assert_false(timetable_is_settled(lab->timetable));
    lab_store(lab, room[0]);
    assert_true(timetable_is_settled(lab->timetable));
}

static void bookings_keep_their_group_under_its_new_number(void **state)
{
    struct lab *lab = *state;
    lab->policies[0].cancel_until = 3 * HOUR;
    uint64_t first = lab_have(lab, 1, FIRST, lab_wish(lab, RIG_A, 0, HOUR, HOUR));
    uint64_t second = lab_have(lab, 2, SECOND_GROUP, lab_wish(lab, RIG_B, 0, HOUR, HOUR));
    uint64_t nobodys = lab_have(lab, 3, BOOKING_NO_GROUP, lab_wish(lab, RIG_C, 0, HOUR, HOUR));
    struct configuration other;
    swap(lab, &other);
    take(lab, &other, &swapped);
    assert_int_equal(lab_get(lab, first)->group, 2);
    assert_int_equal(lab_get(lab, second)->group, 1);
    assert_int_equal(lab_get(lab, nobodys)->group, BOOKING_NO_GROUP);
    assert_int_equal(cancel(lab, first), BOOKING_OK);
    assert_int_equal(cancel(lab, second), BOOKING_OK);
    assert_true(lab->rows[first].charged); /* by the policy of its group */
    assert_int_equal(lab->rows[first].group, 2);
    assert_false(lab->rows[second].charged);
}

static void what_is_no_more_leaves_its_bookings(void **state)
{
    struct lab *lab = *state;
    uint64_t id = lab_have(lab, 1, FIRST, lab_wish(lab, BOOKING_ANY_RIG, TANKS, HOUR, HOUR));
    struct configuration other;
    copy(lab, &other);
    other.setup.group_count = 1;
    other.setup.school_count = 1;
    other.groups[0] = (struct timetable_group){0, 1, &lab->policies[1]};
    static const struct numbers fewer = {
        {BOOKING_NO_GROUP, 1,     BOOKING_NO_GROUP},
        {BOOKING_NO_CAPABILITY,                1},
        {UINT16_MAX,                0           }
    };
    take(lab, &other, &fewer);
    assert_int_equal(lab_get(lab, id)->group, BOOKING_NO_GROUP);
    assert_int_equal(lab_get(lab, id)->capability, BOOKING_NO_CAPABILITY);
    lab_pass(lab, HOUR);
    assert_int_equal(lab_get(lab, id)->state, BOOKING_LIVE);
    assert_int_equal(lab_book(lab, 1, SECOND_GROUP, lab_wish(lab, RIG_B, 0, HOUR, HOUR)),
                     BOOKING_UNKNOWN_GROUP);
}

/* Who wants "a tank" is moved to one, whatever tanks are numbered now. */
static void a_capability_is_the_same_under_its_new_number(void **state)
{
    struct lab *lab = *state;
    uint64_t id = lab_have(lab, 1, 0, lab_wish(lab, BOOKING_ANY_RIG, TANKS, HOUR, HOUR));
    assert_int_equal(lab_get(lab, id)->rig, RIG_A);
    struct configuration other;
    swap(lab, &other);
    take(lab, &other, &swapped);
    assert_int_equal(lab_get(lab, id)->capability, MOTORS);
    lab_pass(lab, 40 * MINUTE);
    lab_rig(lab, RIG_A, BOOKING_RIG_QUARANTINED);
    lab_pass(lab, SECOND);
    assert_int_equal(lab_get(lab, id)->rig, RIG_B);
    assert_int_equal(lab_book(lab, 2, 0, lab_wish(lab, BOOKING_ANY_RIG, TANKS, 3 * HOUR, HOUR)), BOOKING_OK);
    assert_int_equal(lab->answer.booking.rig, RIG_C);
}

static void places_in_the_queue_go_on(void **state)
{
    struct lab *lab = *state;
    uint64_t busy[] = {occupy(lab, RIG_A, 4 * HOUR), occupy(lab, RIG_B, 4 * HOUR)};
    uint64_t ticket = wait_for(lab, 1, FIRST, BOOKING_ANY_RIG, TANKS);
    struct configuration other;
    swap(lab, &other);
    take(lab, &other, &swapped);
    assert_int_equal(cancel(lab, busy[1]), BOOKING_OK);
    const struct booking_action *offer = lab_note(lab, BOOKING_NOTE_OFFER);
    assert_non_null(offer);
    assert_int_equal(offer->ticket, ticket);
    assert_int_equal(offer->booking.rig, RIG_B);
    assert_int_equal(offer->booking.group, SECOND_GROUP);
    struct configuration third;
    copy(lab, &third);
    take(lab, &third, &swapped); /* with what was offered */
    struct timetable_ticket place;
    assert_int_equal(timetable_queue(lab->timetable, lab->now.wall, &place, 1), 1);
    assert_int_equal(place.offered->group, FIRST);
    assert_int_equal(place.offered->capability, TANKS);
    struct booking_event event = {.kind = BOOKING_EVENT_TAKE_OFFER};
    event.offer.ticket = ticket;
    event.offer.account = 1;
    event.offer.code = "joined";
    assert_int_equal(lab_ask(lab, event), BOOKING_OK);
    assert_int_equal(lab_get(lab, lab->answer.booking.id)->group, FIRST);
    assert_int_equal(lab_get(lab, lab->answer.booking.id)->capability, TANKS);
}

/* Nobody has to ask again because a rig can do more now. */
static void who_waits_is_looked_at_anew(void **state)
{
    struct lab *lab = *state;
    occupy(lab, RIG_A, 4 * HOUR);
    occupy(lab, RIG_B, 4 * HOUR);
    uint64_t ticket = wait_for(lab, 1, 0, BOOKING_ANY_RIG, TANKS);
    lab_pass(lab, SECOND);
    struct configuration other;
    copy(lab, &other);
    other.rigs[RIG_ALONE].capabilities = 1;
    take(lab, &other, &same);
    lab_pass(lab, SECOND);
    const struct booking_action *offer = lab_note(lab, BOOKING_NOTE_OFFER);
    assert_non_null(offer);
    assert_int_equal(offer->ticket, ticket);
    assert_int_equal(offer->booking.rig, RIG_ALONE);
}

/* What each has used stays theirs; the weights are the new ones. School 1 has weight 1 and has used 8 h,
 * school 2 weight 3 and 9 h, a half-life ago each or twice that: see docs/timetable.md. */
static uint64_t first_served(struct lab *lab, const struct numbers *numbers, double weight)
{
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
    uint64_t busy = occupy(lab, RIG_A, HOUR);
    wait_for(lab, 1, FIRST, RIG_A, 0);
    wait_for(lab, 2, SECOND_GROUP, RIG_A, 0);
    struct configuration other;
    if (numbers == &same)
        copy(lab, &other);
    else
        swap(lab, &other);
    other.schools[numbers == &same ? 1 : 0].weight = weight;
    take(lab, &other, numbers);
    cancel(lab, busy);
    return lab->notes[0].booking.account;
}

static void shares_keep_what_was_used(void **state)
{
    struct lab *lab = *state;
    assert_int_equal(first_served(lab, &same, 3), 2); /* 2 h of share against 1.5 h */
}

static void shares_go_with_their_schools(void **state)
{
    struct lab *lab = *state;
    assert_int_equal(first_served(lab, &swapped, 2),
                     1); /* 2 h against 2.25 h; of the other's 4.5 h against 1 h */
}

/* The group that has used nothing, though it came to the school of the other. */
static void shares_go_with_their_groups(void **state)
{
    struct lab *lab = *state;
    struct booking used = {.id = 90, .account = 50, .group = FIRST, .ends = START - HOUR, .session = 1};
    used.starts = used.ends - HOUR;
    used.state = BOOKING_ENDED;
    used.charged = true;
    assert_true(timetable_load(lab->timetable, &used));
    uint64_t busy = occupy(lab, RIG_A, HOUR);
    wait_for(lab, 1, FIRST, RIG_A, 0);
    wait_for(lab, 2, SECOND_GROUP, RIG_A, 0);
    struct configuration other;
    swap(lab, &other);
    other.groups[0].school = 1;
    take(lab, &other, &swapped);
    cancel(lab, busy);
    assert_int_equal(lab->notes[0].booking.account, 2);
}

static void shares_have_the_new_weights(void **state)
{
    struct lab *lab = *state;
    assert_int_equal(first_served(lab, &same, 2), 1); /* 2 h against 2.25 h */
}

static void a_session_goes_on_to_its_end(void **state)
{
    struct lab *lab = *state;
    uint64_t live = occupy(lab, RIG_A, HOUR), next = lab_have(lab, 1, 0, lab_wish(lab, RIG_A, 0, HOUR, HOUR));
    struct configuration other;
    copy(lab, &other);
    other.rigs[RIG_A].longest = 10 * MINUTE; /* of what is booked from now on */
    take(lab, &other, &same);
    assert_ptr_equal(timetable_live(lab->timetable, RIG_A), lab_get(lab, live));
    assert_int_equal(lab_book(lab, 2, 0, lab_wish(lab, RIG_A, 0, 30 * MINUTE, MINUTE)), BOOKING_OVERLAPS);
    assert_int_equal(lab_book(lab, 2, 0, lab_wish(lab, RIG_A, 0, 3 * HOUR, HOUR)), BOOKING_TOO_LONG);
    lab_pass(lab, HOUR - 1);
    assert_int_equal(lab_get(lab, live)->state, BOOKING_LIVE);
    lab_pass(lab, 1);
    assert_int_equal(lab_get(lab, live)->state, BOOKING_ENDED);
    assert_int_equal(lab_get(lab, next)->state, BOOKING_LIVE);
}

/* The rig is as out of service as it was. */
static void what_begins_while_its_rig_closes_begins_on_what_comes(void **state)
{
    struct lab *lab = *state;
    uint64_t soon = lab_have(lab, 1, 0, lab_wish(lab, RIG_ALONE, 0, MINUTE, HOUR));
    struct booking_event closes = {.kind = BOOKING_EVENT_RIG_STATE};
    closes.rig_state.rig = RIG_ALONE;
    closes.rig_state.state = BOOKING_RIG_UNAVAILABLE;
    closes.rig_state.closing = true;
    lab_pass(lab, MINUTE - SECOND);
    lab_handle(lab, &closes);
    lab_pass(lab, 3 * SECOND);
    assert_int_equal(lab->begins, 0);
    assert_true(timetable_is_settled(lab->timetable)); /* nobody waits for it */
    assert_true(timetable_next_deadline(lab->timetable, lab->now) > lab->now.monotonic);
    lab_rig(lab, RIG_ALONE, BOOKING_RIG_READY);
    lab_pass(lab, SECOND);
    assert_int_equal(lab->begins, 1);
    assert_int_equal(lab_get(lab, soon)->state, BOOKING_LIVE);
}

static void what_is_quarantined_stays_so(void **state)
{
    struct lab *lab = *state;
    lab_rig(lab, RIG_ALONE, BOOKING_RIG_QUARANTINED);
    uint64_t id = lab_have(lab, 1, 0, lab_wish(lab, RIG_ALONE, 0, HOUR, HOUR));
    struct configuration other;
    copy(lab, &other);
    take(lab, &other, &same);
    lab_pass(lab, HOUR);
    assert_int_not_equal(lab_get(lab, id)->state, BOOKING_LIVE);
}

static void a_rig_more_is_there_to_be_booked(void **state)
{
    struct lab *lab = *state;
    struct configuration other;
    copy(lab, &other);
    other.setup.rig_count = RIGS + 1;
    assert_int_equal(lab_book(lab, 1, 0, lab_wish(lab, RIGS, 0, HOUR, HOUR)), BOOKING_UNKNOWN_RIG);
    take(lab, &other, &same);
    assert_int_equal(lab_book(lab, 1, 0, lab_wish(lab, RIGS, 0, HOUR, HOUR)), BOOKING_OK);
}

static void what_does_not_fit_changes_nothing(void **state)
{
    struct lab *lab = *state;
    uint16_t shared[TIMETABLE_SHARED_MAX + 1] = {0};
    uint64_t id = lab_have(lab, 1, FIRST, lab_wish(lab, RIG_A, 0, HOUR, HOUR));
    struct configuration other;
    swap(lab, &other);
    other.setup.rig_count = RIGS + 1;
    other.rigs[RIGS].shared = shared;
    other.rigs[RIGS].shared_count = TIMETABLE_SHARED_MAX + 1;
    const struct timetable_numbers numbers = {swapped.groups, swapped.capabilities, swapped.schools};
    assert_false(timetable_reconfigure(lab->timetable, &other.setup, &numbers));
    assert_int_equal(lab_get(lab, id)->group, FIRST);
    assert_int_equal(lab_book(lab, 1, 0, lab_wish(lab, RIGS, 0, HOUR, HOUR)), BOOKING_UNKNOWN_RIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_LAB(it_waits_for_what_is_under_way),
        IN_LAB(bookings_keep_their_group_under_its_new_number),
        IN_LAB(what_is_no_more_leaves_its_bookings),
        IN_LAB(a_capability_is_the_same_under_its_new_number),
        IN_LAB(places_in_the_queue_go_on),
        IN_LAB(who_waits_is_looked_at_anew),
        IN_LAB(shares_keep_what_was_used),
        IN_LAB(shares_go_with_their_schools),
        IN_LAB(shares_go_with_their_groups),
        IN_LAB(shares_have_the_new_weights),
        IN_LAB(what_begins_while_its_rig_closes_begins_on_what_comes),
        IN_LAB(a_session_goes_on_to_its_end),
        IN_LAB(what_is_quarantined_stays_so),
        IN_LAB(a_rig_more_is_there_to_be_booked),
        IN_LAB(what_does_not_fit_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
