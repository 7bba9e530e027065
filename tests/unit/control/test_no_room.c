/* Whoever asks again and again for what is taken says it to the ledger once, and never fills its queue, which
 * others need. The ledger and the journal are the test's. */
#include "gateway/control/no_room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define HOUR   INT64_C(3600000)
#define SECOND INT64_C(1000000000)

enum { PLACES = 96, PUT_MAX = 4096 }; /* what requests may have of the ledger's queue */

static size_t room; /* in the ledger's queue */
static struct ledger_no_room put[PUT_MAX];
static size_t put_count, warnings;

/* The linker puts these in the place of the real ones (tests/unit/rules.mk). */
int __wrap_ledger_put_no_room(struct ledger *ledger, uint64_t request, const struct ledger_no_room *row);
void __wrap_journal_write(struct journal *journal, enum journal_level level, const char *format, ...);

int __wrap_ledger_put_no_room(struct ledger *ledger, uint64_t request, const struct ledger_no_room *row)
{
    (void)ledger;
    assert_int_equal(request, LEDGER_FOR_NO_ROOM);
    if (room == 0)
        return LEDGER_FULL;
    room--;
    assert_true(put_count < PUT_MAX);
    put[put_count++] = *row;
    return LEDGER_OK;
}
void __wrap_journal_write(struct journal *journal, enum journal_level level, const char *format, ...)
{
    (void)journal, (void)format;
    assert_int_equal(level, JOURNAL_WARNING);
    warnings++;
}

struct laboratory {
    struct config_rig config[2];
    struct control_rig rigs[2];
    struct config_lab lab;
    struct control control;
};

static int setup(void **state)
{
    static const struct civil_change always[] = {{.at = INT64_MIN}};
    static const char *const capabilities[] = {"process-control"};
    struct laboratory *one = calloc(1, sizeof *one);
    one->config[0].spec.name = "tank-1";
    one->config[1].spec.name = "tank-2";
    for (size_t i = 0; i < 2; i++)
        one->rigs[i].config = &one->config[i];
    one->lab.timetable.capabilities = capabilities;
    one->lab.timetable.capability_count = 1;
    one->control.lab = &one->lab;
    one->control.rigs = one->rigs;
    one->control.rig_count = 2;
    one->control.calendar.zone = (struct civil_zone){.changes = always, .count = 1};
    one->control.now = SECOND;
    room = PLACES;
    put_count = warnings = 0;
    *state = one;
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

static void refuse(struct laboratory *one, uint64_t account, uint16_t rig, int64_t starts, int64_t length)
{
    struct booking_action refusal = {.result = BOOKING_OVERLAPS};
    struct booking_wish wish = {.rig = rig,
                                .capability = rig == BOOKING_ANY_RIG ? 1 : BOOKING_NO_CAPABILITY,
                                .group = BOOKING_NO_GROUP,
                                .starts = starts,
                                .ends = starts + length};
    no_room_refused(&one->control, &refusal, &wish, account, false);
}

/* The ledger answers so many. */
static void store(struct laboratory *one, size_t count, int result)
{
    for (size_t i = 0; i < count; i++) {
        room++;
        no_room_stored(&one->control, &(struct ledger_event){
                                          .request = LEDGER_FOR_NO_ROOM, .result = result, .why = "no disk"});
    }
    no_room_send(&one->control);
}

static void what_says_nothing_new_is_stored_once(void **state)
{
    struct laboratory *one = *state;
    for (int i = 0; i < 1000; i++)
        refuse(one, 7, 0, HOUR, HOUR);
    refuse(one, 7, 0, 2 * HOUR, HOUR / 2); /* on the same day */
    assert_int_equal(put_count, 1);
    refuse(one, 7, 0, HOUR, 2 * HOUR);
    refuse(one, 7, 0, HOUR, HOUR);
    assert_int_equal(put_count, 2);
    assert_int_equal(put[1].ends - put[1].starts, 2 * HOUR);
    refuse(one, 7, 1, HOUR, HOUR);
    refuse(one, 7, BOOKING_ANY_RIG, HOUR, HOUR);
    refuse(one, 7, 0, 25 * HOUR, HOUR);
    refuse(one, 8, 0, HOUR, HOUR);
    assert_int_equal(put_count, 6);
    assert_string_equal(put[2].rig, "tank-2");
    assert_string_equal(put[3].capability, "process-control");
    assert_int_equal(put[4].day, 1);
    assert_int_equal(put[5].account, 8);
    assert_int_equal(warnings, 0);
}

static void a_slow_ledger_keeps_its_places_for_others_and_gets_all_in_the_end(void **state)
{
    struct laboratory *one = *state;
    for (uint64_t account = 1; account <= 100; account++)
        refuse(one, account, 0, HOUR, HOUR);
    refuse(one, 100, 0, HOUR, 2 * HOUR); /* waits already, and grows */
    assert_true(room >= PLACES - 8);
    assert_int_equal(no_room_unstored(&one->control), 100);
    while (no_room_unstored(&one->control) > 0)
        store(one, 1, LEDGER_OK);
    assert_int_equal(put_count, 100);
    for (uint64_t i = 0; i < 100; i++)
        assert_int_equal(put[i].account, i + 1);
    assert_int_equal(put[99].ends - put[99].starts, 2 * HOUR);
    assert_int_equal(warnings, 0);
}

/* Others have filled it. */
static void a_full_ledger_is_tried_again(void **state)
{
    struct laboratory *one = *state;
    room = 0;
    refuse(one, 7, 0, HOUR, HOUR);
    int64_t due = no_room_send(&one->control);
    assert_true(due > one->control.now && due <= one->control.now + SECOND);
    room = 1;
    assert_true(no_room_send(&one->control) == INT64_MAX);
    assert_int_equal(put_count, 1);
}

static void what_is_lost_is_said_once_a_minute(void **state)
{
    struct laboratory *one = *state;
    for (uint64_t account = 1; account <= 1000; account++)
        refuse(one, account, 0, HOUR, HOUR);
    assert_int_equal(warnings, 1);
    assert_true(no_room_unstored(&one->control) <= NO_ROOM_KNOWN + 8);
    one->control.now += 61 * SECOND;
    refuse(one, 2000, 0, HOUR, HOUR);
    refuse(one, 2001, 0, HOUR, HOUR);
    assert_int_equal(warnings, 2);
}

static void what_was_not_stored_is_new_when_it_is_asked_again(void **state)
{
    struct laboratory *one = *state;
    refuse(one, 7, 0, HOUR, HOUR);
    store(one, 1, LEDGER_STORAGE);
    assert_int_equal(warnings, 1);
    refuse(one, 7, 0, HOUR, HOUR);
    assert_int_equal(put_count, 2);
    store(one, 1, LEDGER_OK);
    assert_int_equal(no_room_unstored(&one->control), 0);
}

/* Many others came between. */
static void only_the_newest_are_known(void **state)
{
    struct laboratory *one = *state;
    for (uint64_t account = 1; account <= NO_ROOM_KNOWN + 1; account++) {
        refuse(one, account, 0, HOUR, HOUR);
        store(one, 1, LEDGER_OK);
    }
    refuse(one, 2, 0, HOUR, HOUR);
    assert_int_equal(put_count, NO_ROOM_KNOWN + 1);
    refuse(one, 1, 0, HOUR, HOUR);
    assert_int_equal(put_count, NO_ROOM_KNOWN + 2);
    assert_int_equal(one->control.no_room.end - one->control.no_room.first, NO_ROOM_KNOWN);
}

int main(void)
{
#define IN_LABORATORY(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        IN_LABORATORY(what_says_nothing_new_is_stored_once),
        IN_LABORATORY(a_slow_ledger_keeps_its_places_for_others_and_gets_all_in_the_end),
        IN_LABORATORY(a_full_ledger_is_tried_again),
        IN_LABORATORY(what_is_lost_is_said_once_a_minute),
        IN_LABORATORY(what_was_not_stored_is_new_when_it_is_asked_again),
        IN_LABORATORY(only_the_newest_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
