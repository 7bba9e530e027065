/* What people read when a rig says no: what is true of it, who ends it, and what to do then. The core is put
 * aside: it says what the test lets it. */
#include "gateway/control/explain.h"
#include "gateway/control/lockouts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static struct {
    enum rig_refusal unfit;
    enum rig_condition condition;
    bool local;
    struct rig_durable durable;
    struct rig_value value; /* of the local_mode point */
} core;

/* The linker puts these in the place of the real ones (tests/unit/rules.mk). */
enum rig_refusal __wrap_rig_unfit(const struct rig *rig);
enum rig_condition __wrap_rig_condition(const struct rig *rig);
bool __wrap_rig_is_local(const struct rig *rig);
const struct rig_durable *__wrap_rig_durable(const struct rig *rig);
const struct rig_value *__wrap_rig_values(const struct rig *rig);
uint32_t __wrap_rig_controller(const struct rig *rig);
const struct rig_seat *__wrap_rig_seats(const struct rig *rig, size_t *count);
void __wrap_lockouts_list(const struct control *control, const struct control_rig *rig, bool names,
                          char *text, size_t size);

enum rig_refusal __wrap_rig_unfit(const struct rig *rig)
{
    (void)rig;
    return core.unfit;
}
enum rig_condition __wrap_rig_condition(const struct rig *rig)
{
    (void)rig;
    return core.condition;
}
bool __wrap_rig_is_local(const struct rig *rig)
{
    (void)rig;
    return core.local;
}
const struct rig_durable *__wrap_rig_durable(const struct rig *rig)
{
    (void)rig;
    return &core.durable;
}
const struct rig_value *__wrap_rig_values(const struct rig *rig)
{
    (void)rig;
    return &core.value;
}
uint32_t __wrap_rig_controller(const struct rig *rig)
{
    (void)rig;
    return 0;
}
const struct rig_seat *__wrap_rig_seats(const struct rig *rig, size_t *count)
{
    (void)rig;
    *count = 0;
    return NULL;
}
void __wrap_lockouts_list(const struct control *control, const struct control_rig *rig, bool names,
                          char *text, size_t size)
{
    (void)control, (void)rig, (void)names;
    snprintf(text, size, "changing a hose");
}

static struct config_rig config;
static struct control_rig rig = {.config = &config};

static const char *said(enum rig_refusal refusal)
{
    static struct control control;
    static char text[512];
    struct pending pending = {.kind = REQUEST_TAKE};
    struct rig_action action = {.refusal = refusal};
    explain(&control, &rig, &pending, &action, text, sizeof text);
    return text;
}

static int set_up(void **state)
{
    (void)state;
    static const struct rig_point_spec point = {.name = "plc.local"};
    memset(&core, 0, sizeof core);
    rig.why[0] = rig.why_quarantined[0] = '\0';
    config.spec = (struct rig_spec){.name = "tank-1", .points = &point, .point_count = 1};
    return 0;
}

#define UNAVAILABLE                                                                                          \
    "taking control of tank-1: an instrument of the rig does not answer, or not in time%s; it comes back "   \
    "by "                                                                                                    \
    "itself"

static void assert_unavailable(const char *detail)
{
    char expected[512];
    snprintf(expected, sizeof expected, UNAVAILABLE, detail);
    assert_string_equal(said(RIG_NOT_AVAILABLE), expected);
}

static void test_that_somebody_operates_it_by_hand_is_said_only_when_it_is_so(void **state)
{
    (void)state;
    core.condition = RIG_UNAVAILABLE;
    core.value.quality = RIG_GOOD;
    assert_unavailable(""); /* no line has reported yet, and the switch was never read as local */
    config.spec.local_mode = RIG_NONE;
    assert_unavailable("");
    config.spec.local_mode = 0;
    core.local = true;
    snprintf(rig.why, sizeof rig.why, "scope: no route to host");
    assert_unavailable(": scope: no route to host");
    core.condition = RIG_SAFE; /* what keeps from control is the switch that cannot be read */
    core.value.quality = RIG_STALE;
    assert_unavailable(": whether somebody operates it by hand cannot be told: plc.local is stale");
}

static void test_who_ends_what_keeps_from_control_is_said(void **state)
{
    (void)state;
    static const struct {
        enum rig_refusal unfit;
        bool locked;
        const char *ends;
    } rows[] = {
        {RIG_NO_RECORD,      false,
         "the audit cannot take records now, and nothing moves unrecorded; it goes on by itself once the "
         "audit "
         "takes records again"                                                                             },
        {RIG_CLOSING,        false,
         "the gateway is closing or takes the rig out of service; it comes back by itself with the gateway"},
        {RIG_STOPPED,        false,
         "the emergency stop is pressed and not reset; a technician resets it ('labctl reset tank-1')"     },
        {RIG_LOCKED_OUT,     true,
         "locked out or switched to local operation: somebody may have hands in it: changing a hose; whoever "
         "locked it out removes that, on the gateway's own machine ('labctl lockout tank-1 --remove "
         "REASON')"                                                                                        },
        {RIG_LOCKED_OUT,     false,
         "locked out or switched to local operation: somebody may have hands in it: the rig's own switch "
         "says "
         "local operation (plc.local); whoever switched it there switches it back"                         },
        {RIG_IS_QUARANTINED, false,
         "the rig could not be verified safe and waits for a technician: plc.drain is open; a technician who "
         "has seen to it ends that ('labctl clear tank-1')"                                                },
    };
    core.value.quality = RIG_GOOD;
    core.local = true;
    snprintf(rig.why_quarantined, sizeof rig.why_quarantined, "plc.drain is open");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char expected[512];
        core.unfit = rows[i].unfit;
        core.durable.lockout_count = rows[i].locked;
        snprintf(expected, sizeof expected,
                 "taking control of tank-1: nobody is in control: %s; after that 'labctl take'",
                 rows[i].ends);
        assert_string_equal(said(RIG_NOT_CONTROLLER), expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_that_somebody_operates_it_by_hand_is_said_only_when_it_is_so, set_up),
        cmocka_unit_test_setup(test_who_ends_what_keeps_from_control_is_said, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
