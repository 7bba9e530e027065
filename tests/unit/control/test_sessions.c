/* What the ledger's queue had no place for is asked again, however much of it there is at once: the ledger is
 * the test's. */
#include "gateway/control/sessions.h"

#include "gateway/control/no_room.h"
#include "gateway/control/notices.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#define HOUR   INT64_C(3600000)
#define SECOND INT64_C(1000) /* ms */

enum {
    WAITING = 60,    /* more than one event has room for */
    ASKED_MAX = 200, /* of the ledger, in the whole test */
};

static size_t room; /* in the ledger's queue */
static uint64_t asked[ASKED_MAX];
static size_t asked_count, forgotten;

/* The linker puts these in the place of the real ones (tests/unit/rules.mk). */
int __wrap_ledger_put_ticket(struct ledger *ledger, uint64_t request, const struct ledger_ticket *row);
int __wrap_ledger_drop_ticket(struct ledger *ledger, uint64_t request, uint64_t id);
void __wrap_notices_tell(struct control *control, const struct booking_action *action);
void __wrap_no_room_waited(struct control *control, const struct timetable_ticket *place);
void __wrap_sessions_answer_request(struct control *control, const struct booking_action *action);

static int ask(uint64_t request)
{
    if (room == 0)
        return LEDGER_FULL;
    room--;
    assert_true(asked_count < ASKED_MAX);
    asked[asked_count++] = request;
    return LEDGER_OK;
}
int __wrap_ledger_put_ticket(struct ledger *ledger, uint64_t request, const struct ledger_ticket *row)
{
    (void)ledger, (void)row;
    return ask(request);
}
int __wrap_ledger_drop_ticket(struct ledger *ledger, uint64_t request, uint64_t id)
{
    (void)ledger, (void)id;
    int result = ask(request);
    forgotten += result == LEDGER_OK;
    return result;
}
void __wrap_notices_tell(struct control *control, const struct booking_action *action)
{
    (void)control, (void)action;
}
void __wrap_no_room_waited(struct control *control, const struct timetable_ticket *place)
{
    (void)control, (void)place;
}
void __wrap_sessions_answer_request(struct control *control, const struct booking_action *action)
{
    (void)control;
    assert_int_equal(action->result, BOOKING_OK);
}

static const struct timetable_rig rigs[1] = {
    {.longest = HOUR, .horizon = 40 * 24 * HOUR}
};

struct laboratory {
    struct config_rig config;
    struct control_rig rig;
    struct config_lab lab;
    struct control control;
    struct booking_action actions[64];
    struct booking_event failed[64];
};

static int setup(void **state)
{
    struct laboratory *one = calloc(1, sizeof *one);
    one->config.spec.name = "tank-1";
    one->rig.config = &one->config;
    one->control = (struct control){
        .lab = &one->lab,
        .rigs = &one->rig,
        .rig_count = 1,
        .timetable =
            timetable_create(&(struct timetable_setup){.rigs = rigs,         .rig_count = 1                        },
             1000 * SECOND, 1),
        .booking_actions = {.list = one->actions, .capacity = timetable_actions_bound(1)},
        .booking_failed = one->failed,
        .wall = 1000 * SECOND,
        .now = 1,
    };
    assert_true(timetable_actions_bound(1) < WAITING);
    assert_true(timetable_actions_bound(1) <= sizeof one->actions / sizeof *one->actions);
    room = SIZE_MAX;
    asked_count = forgotten = 0;
    *state = one;
    return one->control.timetable == NULL;
}

static int teardown(void **state)
{
    struct laboratory *one = *state;
    timetable_destroy(one->control.timetable);
    free(one);
    return 0;
}

static void pass(struct laboratory *one, int64_t ms)
{
    one->control.wall += ms;
    one->control.now += ms * 1000000;
    sessions_handle(&one->control, &(struct booking_event){.kind = BOOKING_EVENT_TIME});
}

/* The ledger has done all that it was asked. */
static void answer(struct laboratory *one)
{
    static size_t told;
    for (told = asked_count < told ? 0 : told; told < asked_count; told++)
        sessions_ticket_stored(&one->control,
                               &(struct ledger_event){.request = asked[told], .result = LEDGER_OK});
}

static void places_that_end_together_while_the_disk_stalls_are_all_forgotten(void **state)
{
    struct laboratory *one = *state;
    sessions_handle(&one->control, &(struct booking_event){
                                       .kind = BOOKING_EVENT_RIG_STATE,
                                       .rig_state = {.rig = 0, .state = BOOKING_RIG_UNAVAILABLE}
    });
    for (uint64_t account = 1; account <= WAITING; account++)
        sessions_handle(&one->control, &(struct booking_event){
                                           .kind = BOOKING_EVENT_ENQUEUE,
                                           .enqueue = {.account = account,
                                                       .rig = 0,
                                                       .length = 60 * SECOND,
                                                       .until = one->control.wall + 600 * SECOND}
        });
    answer(one);
    assert_int_equal(asked_count, WAITING);

    room = 0;
    pass(one, 600 * SECOND);
    for (int i = 0; i < 10; i++)
        pass(one, 1);
    room = SIZE_MAX;
    for (int i = 0; i < 10; i++) {
        pass(one, SECOND);
        answer(one);
    }
    assert_int_equal(forgotten, WAITING);
    struct timetable_ticket left[1];
    assert_int_equal(timetable_queue(one->control.timetable, one->control.wall, left, 1), 0);
    assert_int_equal(timetable_next_deadline(one->control.timetable,
                                             (struct booking_time){one->control.wall, one->control.now}),
                     INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(places_that_end_together_while_the_disk_stalls_are_all_forgotten,
                                        setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
