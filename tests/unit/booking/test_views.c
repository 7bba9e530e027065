/* Availability against trying every moment, alternatives, the queue's estimate. */
#include "tests/unit/booking/played_lab.h"

#define MOMENTS 900 /* minutes */

static const struct civil_change offsets[] = {
    {INT64_MIN, 0}
};

static struct timetable *make(struct lab *lab, struct term_calendar *calendar)
{
    static const uint16_t crane[] = {0};
    static struct timetable_rig rigs[2];
    rigs[0] = (struct timetable_rig){.setup = 2 * MINUTE, .teardown = 3 * MINUTE, .shared = crane};
    rigs[0].shared_count = 1;
    rigs[1] = (struct timetable_rig){.setup = MINUTE, .shared = crane, .shared_count = 1};
    *calendar = (struct term_calendar){
        .zone = {"UTC", offsets, 1},
          .has_hours = true
    };
    for (int day = 0; day < 7; day++)
        calendar->hours[day] = (struct term_hours){2 * HOUR, 12 * HOUR};
    struct timetable_setup setup = {
        .rigs = rigs, .rig_count = 2, .shared_count = 1, .calendar = calendar, .offer = 2 * MINUTE};
    timetable_destroy(lab->timetable);
    return lab->timetable = timetable_create(&setup, START, 1);
}

/* What is written is free all through, and what is not written is too short or taken. */
static void availability_is_what_can_be_booked(void **state)
{
    struct lab *lab = *state;
    struct term_calendar calendar;
    uint64_t random = 7;
    for (int round = 0; round < 20; round++) {
        struct timetable *timetable = make(lab, &calendar);
        for (int i = 0; i < 60; i++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
            lab_book(lab, 1, 0,
                     lab_wish(lab, (uint16_t)(random >> 62 & 1), 0,
                              (int64_t)(random >> 33) % MOMENTS * MINUTE,
                              (int64_t)(1 + (random >> 20) % 30) * MINUTE));
        }
        for (uint16_t rig = 0; rig < 2; rig++) {
            struct timetable_span spans[200];
            bool open[MOMENTS] = {false};
            int64_t least = (1 + round % 7) * MINUTE;
            size_t count =
                timetable_availability(timetable, rig, START, START + MOMENTS * MINUTE, least, spans, 200);
            assert_true(count <= 200);
            const struct booking *conflict;
            for (size_t i = 0; i < count; i++) {
                assert_true(spans[i].until - spans[i].starts >= least);
                assert_true(i == 0 || spans[i].starts > spans[i - 1].until);
                assert_int_equal(
                    timetable_check(timetable, rig, spans[i].starts, spans[i].until, START, &conflict),
                    BOOKING_OK);
                for (int64_t at = spans[i].starts; at + least <= spans[i].until; at += MINUTE)
                    open[(at - START) / MINUTE] = true;
            }
            for (int64_t at = 0; at * MINUTE + least <= MOMENTS * MINUTE; at++)
                assert_int_equal(timetable_check(timetable, rig, START + at * MINUTE,
                                                 START + at * MINUTE + least, START, &conflict) == BOOKING_OK,
                                 open[at]);
        }
    }
}

static void alternatives_are_near_alike_and_free(void **state)
{
    struct lab *lab = *state;
    struct booking_wish wish = lab_wish(lab, RIG_A, 0, 10 * HOUR, 2 * HOUR);
    struct booking_wish other[TIMETABLE_ALTERNATIVES_MAX];
    const struct timetable_seeker anybody = {0}, first = {.group = FIRST},
                                  staff = {.group = FIRST, .planned = true};
    lab_have(lab, 1, 0, lab_wish(lab, RIG_A, 0, 11 * HOUR, 2 * HOUR));
    lab_have(lab, 1, 0, lab_wish(lab, RIG_A, 0, 7 * DAY + 9 * HOUR, 2 * HOUR));
    assert_int_equal(lab_book(lab, 2, 0, wish), BOOKING_OVERLAPS);
    assert_int_equal(timetable_alternatives(lab->timetable, &wish, &anybody, lab->now.wall, other), 3);
    assert_int_equal(other[0].rig, RIG_A); /* an hour earlier is nearer than three later */
    assert_int_equal(other[0].starts, START + 9 * HOUR);
    assert_int_equal(other[1].rig, RIG_B);
    assert_int_equal(other[1].starts, wish.starts);
    assert_int_equal(other[2].rig, RIG_A);
    assert_int_equal(other[2].starts, wish.starts + 14 * DAY);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(other[i].ends - other[i].starts, 2 * HOUR);
        assert_int_equal(lab_book(lab, 2, 0, other[i]), BOOKING_OK);
    }
    lab->policies[0].horizon = 3 * DAY; /* nothing is proposed that the policy forbids */
    assert_int_equal(timetable_alternatives(lab->timetable, &wish, &first, lab->now.wall, other), 1);
    assert_int_equal(timetable_alternatives(lab->timetable, &wish, &staff, lab->now.wall, other), 2);
    wish = lab_wish(lab, BOOKING_ANY_RIG, TANKS, 10 * HOUR, 2 * HOUR);
    assert_true(timetable_alternatives(lab->timetable, &wish, &anybody, lab->now.wall, other) >= 1);
    wish.ends = wish.starts;
    assert_int_equal(timetable_alternatives(lab->timetable, &wish, &anybody, lab->now.wall, other), 0);
}

/* Each of them is granted, one at a time. */
static void assert_granted(struct lab *lab, const struct booking_wish *wish, struct timetable_seeker seeker,
                           size_t least)
{
    struct booking_wish other[TIMETABLE_ALTERNATIVES_MAX];
    size_t count = timetable_alternatives(lab->timetable, wish, &seeker, lab->now.wall, other);
    assert_true(count >= least);
    lab->now.wall += 30 * SECOND; /* people read them first */
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(lab_book(lab, seeker.account, seeker.group, other[i]), BOOKING_OK);
        assert_int_equal(lab_ask(lab, (struct booking_event){.kind = BOOKING_EVENT_CANCEL,
                                                             .cancel.booking = lab->last_id}),
                         BOOKING_OK);
    }
}

static void alternatives_are_what_the_policy_grants(void **state)
{
    struct lab *lab = *state;
    struct booking_policy *policy = &lab->policies[0];
    const struct booking_policy before = *policy;
    const struct timetable_seeker five = {.account = 5, .group = FIRST};
    struct booking_wish late = lab_wish(lab, RIG_A, 0, 12 * HOUR, HOUR);
    lab_have(lab, 5, FIRST, lab_wish(lab, RIG_A, 0, 10 * HOUR, HOUR));
    policy->bookings_per_day = 1;
    assert_int_equal(lab_book(lab, 5, FIRST, late), BOOKING_QUOTA_BOOKINGS);
    assert_granted(lab, &late, five, 2);
    *policy = before;
    policy->hours_per_week = 1 * HOUR + MINUTE; /* START is the last day of its week */
    assert_int_equal(lab_book(lab, 5, FIRST, late), BOOKING_QUOTA_HOURS);
    assert_granted(lab, &late, five, 2);
    *policy = before;
    policy->gap = 3 * HOUR;
    assert_int_equal(lab_book(lab, 5, FIRST, late), BOOKING_GAP);
    assert_granted(lab, &late, five, 2);
    *policy = before;
    policy->latest_start = 2 * HOUR;
    late = lab_wish(lab, RIG_A, 0, 0, HOUR);
    assert_int_equal(lab_book(lab, 5, FIRST, late), BOOKING_TOO_LATE);
    assert_granted(lab, &late, five, 2);
    *policy = before;
    policy->one_at_a_time = true;
    late = lab_wish(lab, RIG_B, 0, 10 * HOUR, HOUR);
    assert_int_equal(lab_book(lab, 5, FIRST, late), BOOKING_PERSON_BUSY);
    assert_granted(lab, &late, five, 2);
    /* Who is not known has only what the policy says of everybody. */
    assert_granted(lab, &late, (struct timetable_seeker){.account = 77, .group = FIRST}, 2);
}

static void alternatives_leave_room_for_what_is_asked_for_beside(void **state)
{
    struct lab *lab = *state;
    struct booking_policy *policy = &lab->policies[0];
    const struct booking_wish both[] = {lab_wish(lab, RIG_A, 0, 10 * HOUR, HOUR),
                                        lab_wish(lab, RIG_A, 0, 12 * HOUR, HOUR)};
    const struct timetable_seeker five = {.account = 5, .group = FIRST, .beside = both, .beside_count = 1};
    struct booking_wish other[TIMETABLE_ALTERNATIVES_MAX];
    policy->bookings_per_day = 1;
    size_t count = timetable_alternatives(lab->timetable, &both[1], &five, lab->now.wall, other);
    assert_int_equal(count, 2);
    for (size_t i = 0; i < count; i++)
        assert_true(other[i].starts >= START + DAY);
    policy->bookings_per_day = 0;
    policy->gap = 5 * HOUR; /* on another rig of none of its capabilities there is none */
    count = timetable_alternatives(lab->timetable, &both[1], &five, lab->now.wall, other);
    assert_int_equal(count, 3);
    assert_true(other[0].starts >= START + 16 * HOUR || other[0].ends <= START + 5 * HOUR);
    assert_int_equal(other[1].rig, RIG_B);
    policy->gap = 0;
    policy->one_at_a_time = true;
    const struct booking_wish twice = lab_wish(lab, RIG_B, 0, 10 * HOUR + 30 * MINUTE, HOUR);
    count = timetable_alternatives(lab->timetable, &twice, &five, lab->now.wall, other);
    assert_true(count >= 1 && (other[0].starts >= START + 11 * HOUR || other[0].ends <= START + 10 * HOUR));
    policy->one_at_a_time = false; /* what is beside it keeps its rig */
    const struct booking_wish same = lab_wish(lab, RIG_A, 0, 10 * HOUR + 30 * MINUTE, HOUR);
    count = timetable_alternatives(lab->timetable, &same, &five, lab->now.wall, other);
    assert_int_equal(count, 3);
    assert_int_equal(other[0].starts, START + 11 * HOUR);
    /* Somebody else's part of the request is not theirs. */
    policy->bookings_per_day = 1;
    const struct timetable_seeker six = {.account = 6, .group = FIRST, .beside = both, .beside_count = 1};
    struct booking_wish for_five = both[0];
    for_five.account = 5;
    struct timetable_seeker apart = six;
    apart.beside = &for_five;
    count = timetable_alternatives(lab->timetable, &both[1], &apart, lab->now.wall, other);
    assert_true(count >= 1 && other[0].starts == both[1].starts);
}

/* Each alternative to one of a request's wishes is granted with all the others. Returns how many there were.
 */
static size_t assert_granted_with(struct lab *lab, const struct booking_wish *wishes, size_t count, size_t at)
{
    const struct timetable_seeker nine = {.account = 9, .beside = wishes, .beside_count = count};
    struct booking_wish other[TIMETABLE_ALTERNATIVES_MAX], asked[4];
    size_t found = timetable_alternatives(lab->timetable, &wishes[at], &nine, lab->now.wall, other);
    struct booking_event event = {.kind = BOOKING_EVENT_BOOK};
    event.book.account = 9;
    event.book.wishes = asked;
    event.book.count = count;
    event.book.key = "";
    memcpy(asked, wishes, count * sizeof *asked);
    for (size_t i = 0; i < found; i++) {
        asked[at] = other[i];
        assert_int_equal(lab_ask(lab, event), BOOKING_OK);
        for (size_t k = 0; k < count; k++)
            assert_int_equal(lab_ask(lab, (struct booking_event){.kind = BOOKING_EVENT_CANCEL,
                                                                 .cancel.booking = lab->last_id - k}),
                             BOOKING_OK);
    }
    return found;
}

static void what_is_beside_needs_its_room_whole(void **state)
{
    struct lab *lab = *state;
    struct term_calendar calendar;
    /* What comes after the refused one is asked for as well. */
    lab_have(lab, 1, 0, lab_wish(lab, RIG_A, 0, 9 * HOUR, 2 * HOUR));
    const struct booking_wish later[] = {lab_wish(lab, RIG_A, 0, 10 * HOUR, HOUR),
                                         lab_wish(lab, RIG_A, 0, 11 * HOUR, HOUR)};
    assert_int_equal(assert_granted_with(lab, later, 2, 0), 3);
    /* What may be on any tank takes B, as A is taken. */
    const struct booking_wish tank[] = {lab_wish(lab, BOOKING_ANY_RIG, TANKS, 10 * HOUR, HOUR),
                                        lab_wish(lab, RIG_B, 0, 10 * HOUR, HOUR)};
    assert_int_equal(assert_granted_with(lab, tank, 2, 1), 3);
    /* It makes room where there is another one. */
    const struct booking_wish tanks[] = {lab_wish(lab, BOOKING_ANY_RIG, TANKS, 13 * HOUR, HOUR),
                                         lab_wish(lab, RIG_A, 0, 13 * HOUR, HOUR)};
    struct booking_wish other[TIMETABLE_ALTERNATIVES_MAX];
    const struct timetable_seeker nine = {.account = 9, .beside = tanks, .beside_count = 2};
    assert_int_equal(assert_granted_with(lab, tanks, 2, 1), 2);
    assert_int_equal(timetable_alternatives(lab->timetable, &tanks[1], &nine, lab->now.wall, other), 2);
    assert_int_equal(other[0].starts, tanks[1].starts);
    /* The wish itself is not beside it. */
    lab->policies[0].bookings_per_day = 1;
    const struct timetable_seeker once = {.account = 9, .group = FIRST, .beside = tanks, .beside_count = 1};
    assert_int_equal(timetable_alternatives(lab->timetable, &tanks[0], &once, lab->now.wall, other), 2);
    assert_int_equal(other[0].starts, tanks[0].starts);
    /* Two rigs that share a crane, set up and torn down. */
    make(lab, &calendar);
    const struct booking_wish crane[] = {lab_wish(lab, 0, 0, 5 * HOUR, HOUR),
                                         lab_wish(lab, 1, 0, 6 * HOUR, HOUR)};
    assert_int_equal(assert_granted_with(lab, crane, 2, 1), 2);
    assert_int_equal(timetable_alternatives(lab->timetable, &crane[1],
                                            &(struct timetable_seeker){.beside = crane, .beside_count = 2},
                                            lab->now.wall, other),
                     2);
    assert_int_equal(other[0].starts, crane[1].starts + HOUR / 4);
    assert_int_equal(other[1].starts, crane[1].starts + 7 * DAY);
}

/* What is forbidden at a time is so on every rig: the search for the nearest one ends, and leaves the other
 * kinds their share. */
static void many_rigs_leave_every_kind_its_share(void **state)
{
    struct lab *lab = *state;
    static struct timetable_rig rigs[250];
    for (size_t i = 0; i < 250; i++)
        rigs[i] = (struct timetable_rig){.capabilities = 1};
    lab->setup.rigs = rigs;
    lab->setup.rig_count = 250;
    lab_restart(lab);
    struct booking_wish wish = lab_wish(lab, BOOKING_ANY_RIG, TANKS, 12 * HOUR, HOUR);
    struct booking_wish other[TIMETABLE_ALTERNATIVES_MAX];
    const struct timetable_seeker first = {.account = 1, .group = FIRST};
    lab->policies[0].latest_start = 15 * DAY;
    for (int gap = 0; gap <= 1; gap++) { /* where it matters which rig it is, all that may be tried is */
        lab->policies[0].gap = gap * MINUTE;
        assert_int_equal(timetable_alternatives(lab->timetable, &wish, &first, lab->now.wall, other), 1);
        assert_int_equal(other[0].starts, wish.starts + 21 * DAY);
    }
}

static void enqueue(struct lab *lab, uint64_t account, uint16_t rig, uint16_t capability, int64_t length)
{
    struct booking_event event = {.kind = BOOKING_EVENT_ENQUEUE};
    event.enqueue.account = account;
    event.enqueue.rig = rig;
    event.enqueue.capability = capability;
    event.enqueue.length = length;
    event.enqueue.until = lab->now.wall + DAY;
    assert_int_equal(lab_ask(lab, event), BOOKING_OK);
}

static void the_estimate_is_what_happens_if_nobody_leaves_early(void **state)
{
    struct lab *lab = *state;
    lab_have(lab, 9, 0, lab_wish(lab, RIG_A, 0, 0, HOUR));
    lab_have(lab, 9, 0, lab_wish(lab, RIG_B, 0, 0, 2 * HOUR));
    lab_have(lab, 8, 0, lab_wish(lab, RIG_A, 0, 90 * MINUTE, HOUR));
    enqueue(lab, 1, RIG_A, 0, HOUR);                   /* 1 h: half an hour is free, so after 2.5 h */
    enqueue(lab, 2, BOOKING_ANY_RIG, TANKS, HOUR / 2); /* that half hour */
    enqueue(lab, 3, BOOKING_ANY_RIG, TANKS, HOUR);     /* on B */
    enqueue(lab, 4, RIG_A, 0, HOUR);                   /* behind the first */
    struct timetable_ticket list[8];
    assert_int_equal(timetable_queue(lab->timetable, lab->now.wall, list, 8), 4);
    static const int64_t expected[] = {150, 60, 120, 210};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(list[i].account, i + 1);
        assert_int_equal(list[i].estimate, START + expected[i] * MINUTE);
    }
    /* And it does. */
    for (int minute = 1; minute <= 60; minute++)
        lab_pass(lab, MINUTE);
    assert_int_equal(lab->note_count, 1);
    assert_int_equal(lab->notes[0].booking.account, 2);
    assert_int_equal(timetable_queue(lab->timetable, lab->now.wall, list, 8), 4);
    assert_non_null(list[1].offered);
    assert_int_equal(list[1].offer_ends, lab->now.wall + 2 * MINUTE);
}

/* Nobody has looked at those after the refused one yet: what cannot be had keeps nobody away, and its times
 * go into no sum. */
static void what_cannot_be_had_beside_keeps_nobody_away(void **state)
{
    struct lab *lab = *state;
    struct timetable_rig slow[RIGS];
    memcpy(slow, lab_rigs, sizeof slow);
    slow[RIG_A].setup = slow[RIG_A].teardown = MINUTE;
    lab->setup.rigs = slow;
    lab->policies[0].one_at_a_time = true;
    lab->policies[0].gap = MINUTE;
    lab_restart(lab);
    lab_have(lab, 1, 0, lab_wish(lab, RIG_A, 0, 10 * HOUR, HOUR));
    const int64_t times[][2] = {
        {1,               2 * BOOKING_TIME_MAX},
        {1,               INT64_MAX           },
        {INT64_MIN,       1                   },
        {INT64_MIN,       INT64_MAX           },
        {START + 2 * DAY, START               }
    };
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        struct booking_wish wishes[] = {lab_wish(lab, RIG_A, 0, 10 * HOUR, HOUR),
                                        lab_wish(lab, RIG_A, 0, 0, 0)};
        wishes[1].starts = times[i][0];
        wishes[1].ends = times[i][1];
        const struct timetable_seeker nine = {
            .account = 9, .group = FIRST, .beside = wishes, .beside_count = 2};
        struct booking_wish other[TIMETABLE_ALTERNATIVES_MAX];
        assert_int_equal(timetable_alternatives(lab->timetable, &wishes[0], &nine, lab->now.wall, other), 3);
    }
}

static void take(struct lab *lab, uint64_t account, uint64_t ticket)
{
    struct booking_event event = {.kind = BOOKING_EVENT_TAKE_OFFER};
    event.offer.account = account;
    event.offer.ticket = ticket;
    event.offer.code = "joined";
    assert_int_equal(lab_ask(lab, event), BOOKING_OK);
}

/* On a rig with set-up and tear-down, too: nobody who is offered what has ended waits for them. */
static void an_estimate_waits_for_no_tear_down(void **state)
{
    struct lab *lab = *state;
    static struct timetable_rig rigs[1] = {
        {.capabilities = 1, .setup = 2 * MINUTE, .teardown = 3 * MINUTE}
    };
    lab->setup.rigs = rigs;
    lab->setup.rig_count = 1;
    lab_restart(lab);
    lab_have(lab, 9, 0, lab_wish(lab, RIG_A, 0, 0, 20 * MINUTE));
    lab_have(lab, 8, 0, lab_wish(lab, RIG_A, 0, 64 * MINUTE, 10 * MINUTE));
    enqueue(lab, 1, RIG_A, 0, 20 * MINUTE);
    enqueue(lab, 2, BOOKING_ANY_RIG, TANKS, 20 * MINUTE); /* after it two minutes are too few to 62 */
    enqueue(lab, 3, RIG_A, 0, 17 * MINUTE);               /* as many as there are before the booking */
    static const int64_t expected[] = {20, 74, 40};
    struct timetable_ticket list[3];
    assert_int_equal(timetable_queue(lab->timetable, lab->now.wall, list, 3), 3);
    int64_t start = lab->now.wall;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(list[i].estimate, start + expected[i] * MINUTE);
    for (int second = 0; second <= 75 * 60; second++) {
        lab_pass(lab, SECOND);
        size_t count = timetable_queue(lab->timetable, lab->now.wall, list, 3);
        for (size_t i = 0; i < count; i++) {
            if (list[i].offered == NULL)
                continue;
            int64_t late = lab->now.wall - start - expected[list[i].account - 1] * MINUTE;
            assert_in_range(late, 0, 2 * SECOND);
            take(lab, list[i].account, list[i].id);
        }
    }
    assert_int_equal(timetable_queue(lab->timetable, lab->now.wall, list, 3), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_LAB(availability_is_what_can_be_booked),
        IN_LAB(alternatives_are_near_alike_and_free),
        IN_LAB(alternatives_are_what_the_policy_grants),
        IN_LAB(alternatives_leave_room_for_what_is_asked_for_beside),
        IN_LAB(what_is_beside_needs_its_room_whole),
        IN_LAB(what_cannot_be_had_beside_keeps_nobody_away),
        IN_LAB(many_rigs_leave_every_kind_its_share),
        IN_LAB(the_estimate_is_what_happens_if_nobody_leaves_early),
        IN_LAB(an_estimate_waits_for_no_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
