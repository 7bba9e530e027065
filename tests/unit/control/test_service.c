/* What a rig is to the timetable, which begins sessions, counts the time of grace and makes offers by it. The
 * core is put aside: it says what the test lets it. */
#include "gateway/control/service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static enum rig_condition condition;
static bool local;
static struct rig_durable durable;

/* The linker puts these in the place of the real ones (tests/unit/rules.mk). */
enum rig_condition __wrap_rig_condition(const struct rig *rig);
bool __wrap_rig_is_local(const struct rig *rig);
const struct rig_durable *__wrap_rig_durable(const struct rig *rig);

enum rig_condition __wrap_rig_condition(const struct rig *rig)
{
    (void)rig;
    return condition;
}
bool __wrap_rig_is_local(const struct rig *rig)
{
    (void)rig;
    return local;
}
const struct rig_durable *__wrap_rig_durable(const struct rig *rig)
{
    (void)rig;
    return &durable;
}

static void a_rig_that_nobody_may_command_is_out(void **state)
{
    (void)state;
    static const struct {
        enum rig_condition condition;
        bool closing, locked_out, local, stopped;
        enum booking_rig_state expected;
    } cases[] = {
        {RIG_SAFE,        false, false, false, false, BOOKING_RIG_READY      },
        {RIG_MAKING_SAFE, false, false, false, false, BOOKING_RIG_READY      },
        {RIG_GRANTING,    false, false, false, false, BOOKING_RIG_READY      },
        {RIG_CONTROLLED,  false, false, false, false, BOOKING_RIG_READY      },
        {RIG_UNAVAILABLE, false, false, false, false, BOOKING_RIG_UNAVAILABLE},
        {RIG_QUARANTINED, false, false, false, false, BOOKING_RIG_QUARANTINED},
        {RIG_SAFE,        true,  false, false, false, BOOKING_RIG_UNAVAILABLE},
        {RIG_SAFE,        false, true,  false, false, BOOKING_RIG_UNAVAILABLE},
        {RIG_SAFE,        false, false, true,  false, BOOKING_RIG_UNAVAILABLE},
        {RIG_SAFE,        false, false, false, true,  BOOKING_RIG_STOPPED    },
        {RIG_SAFE,        false, true,  false, true,  BOOKING_RIG_UNAVAILABLE},
        {RIG_UNAVAILABLE, false, false, false, true,  BOOKING_RIG_UNAVAILABLE},
        {RIG_QUARANTINED, true,  true,  true,  true,  BOOKING_RIG_QUARANTINED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        condition = cases[i].condition;
        local = cases[i].local;
        durable = (struct rig_durable){.stopped = cases[i].stopped, .lockout_count = cases[i].locked_out};
        assert_int_equal(service_of(NULL, cases[i].closing), cases[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rig_that_nobody_may_command_is_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
