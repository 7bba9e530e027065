/* A report as large as one may ask for leaves the loop room for what cannot wait: the calendar is walked
 * once, in weeks, and no row is made, filled or answered without a look at the rigs. What it asks and answers
 * is put aside. */
#include "gateway/control/attend.h"
#include "gateway/control/requests.h"
#include "gateway/control/respond.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define DAY  INT64_C(86400000)
#define HOUR INT64_C(3600000)

enum { RIGS = 3, GROUPS = 50, DAYS = 400, ROWS_MAX = 2000, PER_RIG = 3, PER_WEEK = 4, OF_GROUP = 2 };

static size_t attended;
static int64_t walked, at_once, at_once_most; /* of the calendar: in all, since the last look, and the most */
static struct pending waiting;
static struct answer_report_row answered[ROWS_MAX];
static size_t answered_count;

/* The linker puts these in the place of the real ones (tests/unit/rules.mk). */
void __wrap_attend(struct control *control);
bool __real_term_next_open(const struct term_calendar *calendar, int64_t from, int64_t end, int64_t *opens,
                           int64_t *closes);
bool __wrap_term_next_open(const struct term_calendar *calendar, int64_t from, int64_t end, int64_t *opens,
                           int64_t *closes);
bool __wrap_requests_is_staff(const struct caller *caller);
uint64_t __wrap_requests_wait(struct control *control, const struct caller *caller,
                              const struct request *request);
struct pending *__wrap_pending_find(struct pending_table *table, uint64_t id);
void __wrap_pending_remove(struct pending_table *table, uint64_t id);
int __wrap_ledger_read_used(struct ledger *ledger, uint64_t request, const struct ledger_used *used);
int __wrap_ledger_read_no_room(struct ledger *ledger, uint64_t request, const struct ledger_used *span);
struct answer_buffer __wrap_respond_begin(struct control *control, struct answer_head *head);
void __wrap_respond_send(struct control *control, const struct origin *origin,
                         const struct answer_buffer *buffer);
void __wrap_translate_report(struct answer_buffer *buffer, const struct answer_head *head,
                             const struct answer_report_row *list, size_t count, int64_t from, int64_t until);

void __wrap_attend(struct control *control)
{
    (void)control;
    attended++;
    at_once = 0;
}
bool __wrap_term_next_open(const struct term_calendar *calendar, int64_t from, int64_t end, int64_t *opens,
                           int64_t *closes)
{
    bool found = __real_term_next_open(calendar, from, end, opens, closes);
    int64_t passed = (found ? *closes : end) - from;
    walked += passed;
    at_once += passed;
    at_once_most = at_once > at_once_most ? at_once : at_once_most;
    return found;
}
bool __wrap_requests_is_staff(const struct caller *caller)
{
    (void)caller;
    return true;
}
uint64_t __wrap_requests_wait(struct control *control, const struct caller *caller,
                              const struct request *request)
{
    (void)control, (void)caller, (void)request;
    return 1;
}
struct pending *__wrap_pending_find(struct pending_table *table, uint64_t id)
{
    (void)table, (void)id;
    return &waiting;
}
void __wrap_pending_remove(struct pending_table *table, uint64_t id)
{
    (void)table, (void)id;
}
int __wrap_ledger_read_used(struct ledger *ledger, uint64_t request, const struct ledger_used *used)
{
    (void)ledger, (void)request, (void)used;
    return LEDGER_OK;
}
int __wrap_ledger_read_no_room(struct ledger *ledger, uint64_t request, const struct ledger_used *span)
{
    (void)ledger, (void)request, (void)span;
    return LEDGER_OK;
}
struct answer_buffer __wrap_respond_begin(struct control *control, struct answer_head *head)
{
    (void)control, (void)head;
    return (struct answer_buffer){0};
}
void __wrap_respond_send(struct control *control, const struct origin *origin,
                         const struct answer_buffer *buffer)
{
    (void)control, (void)origin, (void)buffer;
}
void __wrap_translate_report(struct answer_buffer *buffer, const struct answer_head *head,
                             const struct answer_report_row *list, size_t count, int64_t from, int64_t until)
{
    (void)buffer, (void)head, (void)from, (void)until;
    assert_true(count <= ROWS_MAX);
    memcpy(answered, list, count * sizeof *list);
    answered_count = count;
}

/* ---- a laboratory ------------------------------------------------------------------------------------- */

struct laboratory {
    struct config_rig config[RIGS];
    struct control_rig rigs[RIGS];
    struct config_school school;
    struct config_group groups[GROUPS];
    char names[GROUPS][8];
    struct config_lab lab;
    struct control control;
};

static struct laboratory *laboratory_create(void)
{
    static const struct civil_change always[] = {{.at = INT64_MIN}};
    static const char *const rigs[RIGS] = {"tank-1", "tank-2", "bench-1"};
    struct laboratory *one = calloc(1, sizeof *one);
    one->school = (struct config_school){.name = "school", .weight = 1};
    for (size_t i = 0; i < RIGS; i++) {
        one->config[i].spec.name = rigs[i];
        one->rigs[i].config = &one->config[i];
    }
    for (size_t i = 0; i < GROUPS; i++) {
        snprintf(one->names[i], sizeof one->names[i], "g%zu", i);
        one->groups[i] = (struct config_group){.name = one->names[i], .weight = 1};
    }
    one->lab.timetable.schools = &one->school;
    one->lab.timetable.school_count = 1;
    one->lab.timetable.groups = one->groups;
    one->lab.timetable.group_count = GROUPS;
    one->control.lab = &one->lab;
    one->control.rigs = one->rigs;
    one->control.rig_count = RIGS;
    one->control.calendar.zone = (struct civil_zone){.changes = always, .count = 1};
    one->control.calendar.has_hours = true;
    for (size_t i = 0; i < 5; i++) /* not at the week's end */
        one->control.calendar.hours[i] = (struct term_hours){.from = 8 * HOUR, .until = 18 * HOUR};
    attended = answered_count = 0;
    walked = at_once = at_once_most = 0;
    memset(&waiting, 0, sizeof waiting);
    return one;
}

static void ask(struct laboratory *one, int per)
{
    struct request request = {
        .report = {.from = 0, .until = DAYS * DAY, .per = per, .of = OF_GROUP}
    };
    struct caller caller = {0};
    requests_report(&one->control, &caller, &request);
    assert_non_null(waiting.report);
}

/* A part of what was booked, and all who found no room. */
static void answer(struct laboratory *one, struct ledger_booking *bookings, size_t count)
{
    struct ledger_event event = {.rows = bookings, .row_count = count, .more = true};
    requests_report_read(&one->control, 1, &event);
    requests_report_read(&one->control, 1, &(struct ledger_event){.result = LEDGER_OK});
    requests_report_read(&one->control, 1, &(struct ledger_event){.result = LEDGER_OK});
}

static size_t look(void)
{
    size_t before = attended;
    attended = 0;
    return before;
}

/* ---- tests -------------------------------------------------------------------------------------------- */

static void the_calendar_is_walked_once_however_many_share(void **state)
{
    (void)state;
    static const int pers[] = {PER_RIG, PER_WEEK};
    for (size_t i = 0; i < 2; i++) {
        struct laboratory *one = laboratory_create();
        struct ledger_booking booking = {
            .starts = 4 * DAY, .ends = 4 * DAY + HOUR, .rig = "tank-2", .group = "g7"};
        ask(one, pers[i]);
        assert_in_range((uint64_t)walked, (DAYS - 2) * DAY, DAYS * DAY); /* it may end at a closing time */
        assert_in_range((uint64_t)at_once_most, 1, 7 * DAY);
        answer(one, &booking, 1);
        assert_int_equal(answered_count, 1);
        assert_string_equal(answered[0].of, "g7");
        /* 1970 began with a Thursday: two days of that week, 56 whole ones, and four days. */
        assert_int_equal(answered[0].open,
                         pers[i] == PER_RIG ? (2 + 56 * 5 + 4) * 10 * HOUR : RIGS * 5 * 10 * HOUR);
        free(one);
    }
}

/* Neither one that is always shut nor one that is always open ends the walk early. */
static void no_calendar_is_walked_for_long_at_once(void **state)
{
    (void)state;
    for (int always = 0; always < 2; always++) {
        struct laboratory *one = laboratory_create();
        for (size_t i = 0; i < 7; i++)
            one->control.calendar.hours[i] = (struct term_hours){.until = always ? DAY : 0};
        ask(one, PER_RIG);
        assert_in_range((uint64_t)at_once_most, 1, 7 * DAY);
        assert_int_equal(walked, DAYS * DAY);
        answer(one, &(struct ledger_booking){.ends = HOUR, .rig = "tank-2"}, 1);
        assert_int_equal(answered[0].open, always ? DAYS * DAY : 0);
        free(one);
    }
}

static void every_row_is_a_chance_to_look_at_the_rigs(void **state)
{
    (void)state;
    enum { BOOKINGS = 1000, ROWS = RIGS * (GROUPS + 1) };
    struct laboratory *one = laboratory_create();
    one->control.calendar.has_hours = false; /* so that the walk adds few looks */
    struct ledger_booking *bookings = calloc(BOOKINGS, sizeof *bookings);
    struct ledger_no_room *found = calloc(BOOKINGS, sizeof *found);
    ask(one, PER_RIG);
    assert_true(look() >= ROWS);
    struct ledger_event event = {.rows = bookings, .row_count = BOOKINGS, .more = true};
    requests_report_read(&one->control, 1, &event);
    assert_true(look() >= BOOKINGS);
    requests_report_read(&one->control, 1, &(struct ledger_event){.result = LEDGER_OK});
    event = (struct ledger_event){.no_room = found, .no_room_count = BOOKINGS, .more = true};
    requests_report_read(&one->control, 1, &event);
    assert_true(look() >= BOOKINGS);
    requests_report_read(&one->control, 1, &(struct ledger_event){.result = LEDGER_OK});
    assert_true(look() >= 3 * ROWS); /* shares are added up and divided, and what is wanted is picked out */
    free(bookings);
    free(found);
    free(one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_calendar_is_walked_once_however_many_share),
        cmocka_unit_test(no_calendar_is_walked_for_long_at_once),
        cmocka_unit_test(every_row_is_a_chance_to_look_at_the_rigs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
