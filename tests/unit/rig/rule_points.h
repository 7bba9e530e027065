/* rule_points.h - points of every kind for rules, with a value each, and a rule's truth with these. */
#ifndef TESTS_UNIT_RIG_RULE_POINTS_H
#define TESTS_UNIT_RIG_RULE_POINTS_H

#include "tests/unit/rig/bench.h"

static const struct rig_choice directions[] = {
    {"stopped",  0},
    {"forward",  1},
    {"low-gear", 2},
    {NULL,       0}
};
static const struct rig_choice gears[] = {
    {"low",  0},
    {"high", 1},
    {NULL,   0}
};
enum {
    T1,
    T2,
    METRES,
    MILLIMETRES,
    PERCENT,
    COUNT,
    GUARD,
    DIRECTION,
    NAME,
    VOLTS,
    AMPERES,
    WATTS,
    LAMP_ON,
    WANTED,
    GEAR,
    PATIENCE,
    KELVIN,
    ALL
};

static const struct {
    const char *name;
    enum rig_type type;
    const char *unit;
} known[ALL] = {
    {"a.t1",        RIG_NUMBER,  "degC"},
    {"a.t2",        RIG_NUMBER,  "degF"},
    {"a.level",     RIG_NUMBER,  "m"   },
    {"a.depth",     RIG_NUMBER,  "mm"  },
    {"a.pump",      RIG_NUMBER,  "%"   },
    {"a.count",     RIG_INTEGER, ""    },
    {"a.guard",     RIG_BOOLEAN, ""    },
    {"a.direction", RIG_CHOICE,  ""    },
    {"a.name",      RIG_TEXT,    ""    },
    {"a.voltage",   RIG_NUMBER,  "V"   },
    {"a.current",   RIG_NUMBER,  "mA"  },
    {"a.power",     RIG_NUMBER,  "W"   },
    {"a.lamp_on",   RIG_BOOLEAN, ""    },
    {"a.wanted",    RIG_CHOICE,  ""    },
    {"a.gear",      RIG_CHOICE,  ""    },
    {"a.patience",  RIG_NUMBER,  "ms"  },
    {"a.warming",   RIG_NUMBER,  "K"   },
};

static inline bool resolve(void *context, const char *name, size_t length, struct rig_rule_point *point)
{
    (void)context;
    for (uint16_t i = 0; i < ALL; i++) {
        if (strlen(known[i].name) != length || memcmp(known[i].name, name, length) != 0)
            continue;
        *point = (struct rig_rule_point){.index = i,
                                         .type = known[i].type,
                                         .unit = rig_unit_find(known[i].unit, strlen(known[i].unit)),
                                         .choices = i == DIRECTION || i == WANTED ? directions
                                                    : i == GEAR                   ? gears
                                                                                  : NULL,
                                         .on = i == GUARD ? "open" : NULL,
                                         .off = i == GUARD ? "closed" : NULL};
        return true;
    }
    return false;
}

static struct rig_value values[ALL];

static inline void set_values(void)
{
    const double numbers[ALL] = {80, 176, 0.15, 150, 50, 3, 1, 1, 0, 12, 500, 6, 0, 1, 1, 2500, 300};
    for (int i = 0; i < ALL; i++)
        values[i] = (struct rig_value){numbers[i], RIG_GOOD, 10 * S};
}

static inline enum rig_truth evaluate(const char *text)
{
    struct rig_rule_error error;
    struct rig_program *program = rig_rule_compile(text, resolve, NULL, &error);
    if (!program)
        fail_msg("\"%s\", column %zu: %s", text, error.column, error.text);
    enum rig_truth truth = rig_rule_evaluate(program, NULL, values, 11 * S);
    rig_rule_destroy(program);
    return truth;
}

#endif
