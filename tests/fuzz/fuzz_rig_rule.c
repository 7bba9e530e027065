/* Any text as a rule: it is refused with a place in the text, or compiled; and what is compiled can be
 * evaluated on any values, at any time, keeps to its three values, and foretells its changes. */
#include "gateway/rig/rule.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct rig_choice directions[] = {
    {"stopped",  0},
    {"forward",  1},
    {"low-gear", 2},
    {NULL,       0}
};

static const struct {
    const char *name;
    enum rig_type type;
    const char *unit;
} known[] = {
    {"a.t", RIG_NUMBER,  "degC"},
    {"a.f", RIG_NUMBER,  "degF"},
    {"a.l", RIG_NUMBER,  "m"   },
    {"a.p", RIG_NUMBER,  "%"   },
    {"a.i", RIG_INTEGER, ""    },
    {"a.b", RIG_BOOLEAN, ""    },
    {"a.d", RIG_CHOICE,  ""    },
    {"a.s", RIG_TEXT,    ""    },
    {"a.m", RIG_NUMBER,  "ms"  },
    {"a.v", RIG_NUMBER,  "V"   },
    {"a.w", RIG_NUMBER,  "mA"  },
};
enum { POINTS = sizeof known / sizeof *known };

static void require(bool holds)
{
    if (!holds)
        abort();
}

static bool resolve(void *context, const char *name, size_t length, struct rig_rule_point *point)
{
    (void)context;
    for (uint16_t i = 0; i < POINTS; i++) {
        if (strlen(known[i].name) != length || memcmp(known[i].name, name, length) != 0)
            continue;
        *point = (struct rig_rule_point){.index = i,
                                         .type = known[i].type,
                                         .unit = rig_unit_find(known[i].unit, strlen(known[i].unit)),
                                         .choices = known[i].type == RIG_CHOICE ? directions : NULL};
        return true;
    }
    return false;
}

/* Values made from the text itself, so that an input is all that there is to a failure. */
static void make_values(struct rig_value values[POINTS], const uint8_t *data, size_t size, size_t round)
{
    static const double numbers[] = {0, 1, -1, 2, 80, 1e300, -1e300, 0.15, NAN, INFINITY};
    for (size_t i = 0; i < POINTS; i++) {
        uint8_t byte = size > 0 ? data[(i + 7 * round) % size] : 0;
        values[i] = (struct rig_value){.number = numbers[(byte + round) % 10],
                                       .quality = (enum rig_quality)((byte / 16 + round) % 3),
                                       .at = byte % 5 == 0 ? 0 : 1 + byte * 1000000LL};
    }
}

static void run(const struct rig_program *program, const uint8_t *data, size_t size)
{
    size_t count;
    const uint16_t *inputs = rig_rule_inputs(program, &count);
    for (size_t i = 0; i < count; i++)
        require(inputs[i] < POINTS && (i == 0 || inputs[i] > inputs[i - 1]));
    rig_rule_held held = 0;
    int64_t now = 300000000;
    for (size_t round = 0; round < 6; round++) {
        struct rig_value values[POINTS];
        make_values(values, data, size, round);
        enum rig_truth truth = rig_rule_evaluate(program, &held, values, now);
        require(truth == RIG_FALSE || truth == RIG_TRUE || truth == RIG_UNKNOWN);
        rig_rule_held before = held;
        require(rig_rule_evaluate(program, &held, values, now) == truth && held == before);
        int64_t next = rig_rule_next_change(program, values, now);
        require(next > now && (rig_rule_ages(program) || next == INT64_MAX));
        now = next < now + 5000000000LL ? next : now + 5000000000LL;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    struct rig_rule_error error;
    struct rig_program *program = rig_rule_compile(text, resolve, NULL, &error);
    if (program)
        run(program, data, size);
    else
        require(error.text[0] != '\0' && error.column <= strlen(text));
    rig_rule_destroy(program);
    free(text);
    return 0;
}
