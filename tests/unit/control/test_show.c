/* What is shown of a rig: its rules with all that they concern. Its values are the test's. */
#include "gateway/bus/envelope.h"
#include "gateway/control/translate.h"

#include "proto/lab.pb-c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUTPUTS = 40 };

static struct rig_value values[OUTPUTS];

/* The linker puts it in the place of the real one (tests/unit/rules.mk). */
const struct rig_value *__wrap_rig_values(const struct rig *core);
const struct rig_value *__wrap_rig_values(const struct rig *core)
{
    (void)core;
    return values;
}

static void a_rule_is_shown_with_every_output_that_it_concerns(void **state)
{
    (void)state;
    static const struct rig_unit none = {.name = ""};
    struct rig_point_spec points[OUTPUTS] = {0};
    struct config_text titles[OUTPUTS] = {0};
    struct rig_assignment drives[OUTPUTS];
    uint16_t exclusive[OUTPUTS];
    char names[OUTPUTS][16];
    for (uint16_t i = 0; i < OUTPUTS; i++) {
        snprintf(names[i], sizeof names[i], "plc.o%d", i);
        points[i] = (struct rig_point_spec){
            .name = names[i], .type = RIG_NUMBER, .unit = &none, .output = true, .readback = RIG_NONE};
        drives[i] = (struct rig_assignment){.point = i, .number = i};
        exclusive[i] = i;
    }
    const struct rig_trip_spec trips[] = {
        {.name = "hot",  .text = "", .drives = drives,     .drive_count = OUTPUTS    },
        {.name = "cold", .text = "", .drives = drives + 1, .drive_count = OUTPUTS - 1}
    };
    const struct rig_exclusive_spec exclusives[] = {
        {.name = "one", .points = exclusive, .count = OUTPUTS}
    };
    const struct config_rig config = {
        .spec = {.name = "tank-1",
                 .points = points,
                 .point_count = OUTPUTS,
                 .trips = trips,
                 .trip_count = 2,
                 .exclusives = exclusives,
                 .exclusive_count = 1},
        .point_titles = titles,
    };
    struct answer_status status = {0};
    struct answer_buffer buffer = {.bytes = malloc(ENVELOPE_ANSWER_MAX), .size = ENVELOPE_ANSWER_MAX};
    translate_show(&buffer, &(struct answer_head){.ok = true},
                   &(struct answer_rig){.config = &config, .status = &status}, NULL, 1);
    Labgate__Answer *answer = labgate__answer__unpack(NULL, buffer.length, buffer.bytes);
    assert_int_equal(answer->body_case, LABGATE__ANSWER__BODY_SHOW);
    assert_int_equal(answer->show->n_interlocks, 3);
    for (size_t i = 0; i < 3; i++) {
        const Labgate__Interlock *rule = answer->show->interlocks[i];
        size_t first = i == 1;
        assert_int_equal(rule->n_points, OUTPUTS - first);
        assert_int_equal(rule->n_values, i == 2 ? 0 : OUTPUTS - first);
        for (size_t k = 0; k < rule->n_points; k++) {
            assert_string_equal(rule->points[k], names[k + first]);
            assert_true(i == 2 || rule->values[k] == (double)(k + first));
        }
    }
    labgate__answer__free_unpacked(answer, NULL);
    free(buffer.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_is_shown_with_every_output_that_it_concerns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
