/* What would come of a request: everything is tried, and nothing stays. */
#include "tests/unit/booking/played_lab.h"

enum { MOST = 8 };

struct examined {
    struct timetable_examination examination;
    struct timetable_finding findings[MOST];
    struct timetable_displaced displaced[MOST];
};

static void examine(struct lab *lab, enum booking_kind kind, const struct booking_wish *wishes, size_t count,
                    bool people_once, struct examined *examined)
{
    struct booking_event event = {.kind = BOOKING_EVENT_BOOK};
    event.book.account = 100;
    event.book.wishes = wishes;
    event.book.count = count;
    event.book.key = "";
    event.book.kind = kind;
    event.book.planned = true;
    examined->examination = (struct timetable_examination){.findings = examined->findings,
                                                           .finding_capacity = MOST,
                                                           .displaced = examined->displaced,
                                                           .displaced_capacity = MOST,
                                                           .people_once = people_once};
    assert_true(timetable_examine(lab->timetable, &event, lab->now.wall, &examined->examination));
}

static struct booking_wish of(struct booking_wish wish, uint64_t account)
{
    wish.account = account;
    return wish;
}

static void every_conflict_is_found_and_nothing_stays(void **state)
{
    struct lab *lab = *state;
    static struct examined examined;
    uint64_t other = lab_have(lab, 1, 0, lab_wish(lab, RIG_A, 0, 2 * HOUR, HOUR));
    struct booking_wish wishes[] = {
        lab_wish(lab, RIG_A, 0, HOUR, HOUR),
        lab_wish(lab, RIG_A, 0, 2 * HOUR, HOUR),
        lab_wish(lab, RIG_B, 0, 2 * HOUR, HOUR),
        lab_wish(lab, RIG_C, 0, 2 * HOUR, -HOUR),
        lab_wish(lab, RIGS + 1, 0, HOUR, HOUR),
        lab_wish(lab, RIG_A, 0, HOUR - MINUTE, HOUR),
        lab_wish(lab, RIG_A, 0, 2 * HOUR + MINUTE, HOUR),
    };
    examine(lab, BOOKING_CLASS, wishes, 7, false, &examined);
    assert_int_equal(examined.examination.finding_count, 5);
    static const enum booking_result results[] = {BOOKING_OVERLAPS, BOOKING_EMPTY, BOOKING_UNKNOWN_RIG,
                                                  BOOKING_OVERLAPS};
    static const size_t at[] = {1, 3, 4, 5};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(examined.findings[i].result, results[i]);
        assert_int_equal(examined.findings[i].wish, at[i]);
        assert_int_equal(examined.findings[i].alternative_count > 0, results[i] == BOOKING_OVERLAPS);
    }
    assert_int_equal(examined.findings[0].in_the_way, other);
    assert_int_equal(examined.findings[3].in_the_way, 0); /* one of its own */
    /* B is taken by the third wish, so the nearest is another time. */
    assert_int_equal(examined.findings[0].alternatives[0].rig, RIG_A);
    assert_int_equal(examined.findings[0].alternatives[0].starts, lab->now.wall + 3 * HOUR);
    /* First alternatives can be had together. */
    assert_int_equal(examined.findings[4].alternatives[0].starts, lab->now.wall + 4 * HOUR);
    assert_int_equal(lab->last_id, 1);
    assert_int_equal(lab_book(lab, 2, 0, wishes[0]), BOOKING_OK);
    assert_int_equal(lab_book(lab, 2, 0, wishes[2]), BOOKING_OK);
}

static void the_same_time_on_another_rig_comes_first(void **state)
{
    struct lab *lab = *state;
    static struct examined examined;
    lab_have(lab, 1, 0, lab_wish(lab, RIG_A, 0, 2 * HOUR, HOUR));
    struct booking_wish wish = lab_wish(lab, RIG_A, 0, 2 * HOUR, HOUR);
    examine(lab, BOOKING_CLASS, &wish, 1, false, &examined);
    assert_int_equal(examined.findings[0].alternatives[0].rig, RIG_B);
    assert_int_equal(examined.findings[0].alternatives[0].starts, wish.starts);
    assert_int_equal(examined.findings[0].alternative_count, TIMETABLE_ALTERNATIVES_MAX);
}

static void nobody_is_in_two_places(void **state)
{
    struct lab *lab = *state;
    static struct examined examined;
    uint64_t party[] = {5, 6};
    struct booking_wish mine = lab_wish(lab, RIG_A, 0, 2 * HOUR, HOUR);
    mine.party = party;
    mine.party_count = 2;
    uint64_t other = lab_have(lab, 4, 0, mine);
    struct booking_wish wishes[] = {
        of(lab_wish(lab, RIG_B, 0, 2 * HOUR + MINUTE, MINUTE), 6),
        of(lab_wish(lab, RIG_C, 0, 2 * HOUR, HOUR), 7),
        of(lab_wish(lab, RIG_ALONE, 0, 2 * HOUR, HOUR), 7),
        of(lab_wish(lab, RIG_B, 0, 3 * HOUR, HOUR), 4),
    };
    examine(lab, BOOKING_CLASS, wishes, 4, true, &examined);
    assert_int_equal(examined.examination.finding_count, 2);
    assert_int_equal(examined.findings[0].result, BOOKING_PERSON_BUSY);
    assert_int_equal(examined.findings[0].in_the_way, other);
    const struct booking_wish *instead = &examined.findings[0].alternatives[0];
    assert_true(instead->starts >= mine.ends || instead->ends <= mine.starts);
    assert_true(instead->starts - wishes[0].starts < 2 * HOUR);
    assert_int_equal(examined.findings[1].wish, 2); /* in two places of the plan itself */
    wishes[2].party = party;
    wishes[2].party_count = 1;
    wishes[2].account = 9;
    examine(lab, BOOKING_CLASS, wishes, 3, true, &examined);
    assert_int_equal(examined.examination.finding_count, 2);
    examine(lab, BOOKING_CLASS, wishes, 3, false, &examined);
    assert_int_equal(examined.examination.finding_count, 0);
}

/* Where there are no opening hours the laboratory is open on holidays, too; classes are not held then. */
static void a_class_is_not_put_on_a_holiday(void **state)
{
    struct lab *lab = *state;
    static const struct civil_change universal[] = {
        {INT64_MIN, 0}
    };
    static struct examined examined;
    const int32_t today = (int32_t)(START / DAY);
    const struct term_holiday holidays[] = {
        {today + 7, today + 7, "", ""}
    };
    const struct term_calendar calendar = {
        .zone = {"UTC", universal, 1},
          .holidays = holidays, .holiday_count = 1
    };
    lab->setup.calendar = &calendar;
    lab_restart(lab);
    struct booking_wish wish = lab_wish(lab, RIG_ALONE, 0, 10 * HOUR, HOUR),
                        other[TIMETABLE_ALTERNATIVES_MAX];
    lab_have(lab, 1, 0, lab_wish(lab, RIG_ALONE, 0, 10 * HOUR, HOUR));
    examine(lab, BOOKING_CLASS, &wish, 1, true, &examined);
    assert_int_equal(examined.findings[0].alternative_count, 2);
    assert_int_equal(examined.findings[0].alternatives[1].starts, wish.starts + 14 * DAY);
    /* Nor is one that is moved; a person's own booking may be. */
    struct booking_event class = {.kind = BOOKING_EVENT_BOOK};
    struct booking_wish later = lab_wish(lab, RIG_ALONE, 0, 12 * HOUR, HOUR);
    class.book.account = 2;
    class.book.wishes = &later;
    class.book.count = 1;
    class.book.key = "";
    class.book.kind = BOOKING_CLASS;
    class.book.planned = true;
    assert_int_equal(lab_ask(lab, class), BOOKING_OK);
    const struct timetable_seeker moves = {.planned = true, .moves = lab->answer.booking.id},
                                  staff = {.planned = true};
    assert_int_equal(timetable_alternatives(lab->timetable, &wish, &moves, lab->now.wall, other), 2);
    assert_int_equal(other[1].starts, wish.starts + 14 * DAY);
    assert_int_equal(timetable_alternatives(lab->timetable, &wish, &staff, lab->now.wall, other), 2);
    assert_int_equal(other[1].starts, wish.starts + 14 * DAY);
    const struct timetable_seeker moves_own = {
        .planned = true, .moves = lab_have(lab, 3, FIRST, lab_wish(lab, RIG_ALONE, 0, 20 * HOUR, HOUR))};
    assert_int_equal(timetable_alternatives(lab->timetable, &wish, &moves_own, lab->now.wall, other), 2);
    assert_int_equal(other[1].starts, wish.starts + 7 * DAY);
    timetable_destroy(lab->timetable);
    lab->setup.calendar = NULL;
    lab->timetable = timetable_create(&lab->setup, START, 1);
}

/* Of the policy that binds a class which is planned, no other. */
static void a_class_is_offered_what_its_policy_grants(void **state)
{
    struct lab *lab = *state;
    struct booking_policy *policy = &lab->policies[0];
    struct booking_wish wish = lab_wish(lab, RIG_A, 0, 10 * HOUR, HOUR), other[TIMETABLE_ALTERNATIVES_MAX];
    const struct timetable_seeker staff = {.account = 100, .group = FIRST, .planned = true};
    lab_have(lab, 1, 0, wish);
    policy->horizon = HOUR;
    policy->bookings_per_day = 1;
    policy->longest = HOUR;
    lab_have(lab, 100, FIRST, lab_wish(lab, RIG_A, 0, 30 * MINUTE, HOUR));
    assert_int_equal(timetable_alternatives(lab->timetable, &wish, &staff, lab->now.wall, other), 3);
    policy->longest = HOUR - 1;
    assert_int_equal(timetable_alternatives(lab->timetable, &wish, &staff, lab->now.wall, other), 0);
    policy->longest = 0;
    policy->qualification = "licence";
    assert_int_equal(timetable_alternatives(lab->timetable, &wish, &staff, lab->now.wall, other), 3);
    wish.unqualified = true;
    assert_int_equal(timetable_alternatives(lab->timetable, &wish, &staff, lab->now.wall, other), 0);
}

static void a_capability_keeps_its_alternatives_open(void **state)
{
    struct lab *lab = *state;
    static struct examined examined;
    lab_have(lab, 1, 0, lab_wish(lab, RIG_A, 0, 2 * HOUR, HOUR));
    lab_have(lab, 1, 0, lab_wish(lab, RIG_B, 0, 2 * HOUR, HOUR));
    struct booking_wish wish = lab_wish(lab, BOOKING_ANY_RIG, TANKS, 2 * HOUR, HOUR);
    examine(lab, BOOKING_CLASS, &wish, 1, false, &examined);
    assert_int_equal(examined.findings[0].result, BOOKING_OVERLAPS);
    assert_int_equal(examined.findings[0].alternatives[0].starts, lab->now.wall + HOUR);
}

static void maintenance_says_whom_it_moves(void **state)
{
    struct lab *lab = *state;
    static struct examined examined;
    uint64_t floating = lab_have(lab, 1, 0, lab_wish(lab, BOOKING_ANY_RIG, TANKS, 2 * HOUR, HOUR));
    uint64_t fixed = lab_have(lab, 2, 0, lab_wish(lab, RIG_ALONE, 0, 2 * HOUR, HOUR));
    uint16_t rig = lab_get(lab, floating)->rig;
    struct booking_wish wishes[] = {lab_wish(lab, rig, 0, HOUR, 400 * HOUR),
                                    lab_wish(lab, RIG_ALONE, 0, HOUR, 400 * HOUR)};
    examine(lab, BOOKING_MAINTENANCE, wishes, 2, false, &examined);
    assert_int_equal(examined.examination.finding_count, 0);
    assert_int_equal(examined.examination.displaced_count, 2);
    assert_int_equal(examined.displaced[0].booking, floating);
    assert_int_equal(examined.displaced[0].rig, rig == RIG_A ? RIG_B : RIG_A);
    assert_int_equal(examined.displaced[1].booking, fixed);
    assert_int_equal(examined.displaced[1].rig, BOOKING_ANY_RIG);
    assert_int_equal(lab_get(lab, floating)->rig, rig);
    assert_int_equal(lab_get(lab, fixed)->state, BOOKING_CONFIRMED);
    assert_int_equal(lab_book(lab, 3, 0, lab_wish(lab, RIG_ALONE, 0, 2 * HOUR, HOUR)), BOOKING_OVERLAPS);
}

static void what_has_no_room_is_counted(void **state)
{
    struct lab *lab = *state;
    static struct examined examined;
    struct booking_wish wishes[MOST + 3];
    for (size_t i = 0; i < MOST + 3; i++)
        wishes[i] = lab_wish(lab, RIGS, 0, HOUR, HOUR);
    examine(lab, BOOKING_CLASS, wishes, MOST + 3, true, &examined);
    assert_int_equal(examined.examination.finding_count, MOST + 3);
    assert_int_equal(examined.findings[MOST - 1].wish, MOST - 1);
    for (size_t i = 0; i < MOST + 3; i++)
        lab_have(lab, 1, 0, lab_wish(lab, RIG_ALONE, 0, (int64_t)(i + 1) * HOUR, HOUR));
    struct booking_wish all = lab_wish(lab, RIG_ALONE, 0, MINUTE, 40 * HOUR);
    examine(lab, BOOKING_MAINTENANCE, &all, 1, false, &examined);
    assert_int_equal(examined.examination.displaced_count, MOST + 3);
}

static void a_key_is_known_by_its_holder(void **state)
{
    struct lab *lab = *state;
    struct booking_wish wish = of(lab_wish(lab, RIG_A, 0, HOUR, HOUR), 7);
    struct booking_event event = {.kind = BOOKING_EVENT_BOOK};
    event.book.account = 1;
    event.book.wishes = &wish;
    event.book.count = 1;
    event.book.key = "a key of some length";
    bool waits;
    assert_null(timetable_of_key(lab->timetable, 7, event.book.key, &waits));
    assert_int_equal(lab_ask(lab, event), BOOKING_OK);
    const struct booking *found = timetable_of_key(lab->timetable, 7, event.book.key, &waits);
    assert_non_null(found);
    assert_false(waits);
    assert_int_equal(found->account, 7);
    assert_null(timetable_of_key(lab->timetable, 1, event.book.key, &waits));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_conflict_is_found_and_nothing_stays, lab_setup, lab_teardown),
        cmocka_unit_test_setup_teardown(the_same_time_on_another_rig_comes_first, lab_setup, lab_teardown),
        cmocka_unit_test_setup_teardown(nobody_is_in_two_places, lab_setup, lab_teardown),
        cmocka_unit_test_setup_teardown(a_class_is_not_put_on_a_holiday, lab_setup, lab_teardown),
        cmocka_unit_test_setup_teardown(a_class_is_offered_what_its_policy_grants, lab_setup, lab_teardown),
        cmocka_unit_test_setup_teardown(a_capability_keeps_its_alternatives_open, lab_setup, lab_teardown),
        cmocka_unit_test_setup_teardown(maintenance_says_whom_it_moves, lab_setup, lab_teardown),
        cmocka_unit_test_setup_teardown(what_has_no_room_is_counted, lab_setup, lab_teardown),
        cmocka_unit_test_setup_teardown(a_key_is_known_by_its_holder, lab_setup, lab_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
