/* The rule language: what it accepts and refuses, units, three-valued logic, and when an age changes a
 * result. */
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

static bool resolve(void *context, const char *name, size_t length, struct rig_rule_point *point)
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

static void set_values(void)
{
    const double numbers[ALL] = {80, 176, 0.15, 150, 50, 3, 1, 1, 0, 12, 500, 6, 0, 1, 1, 2500, 300};
    for (int i = 0; i < ALL; i++)
        values[i] = (struct rig_value){numbers[i], RIG_GOOD, 10 * S};
}

static enum rig_truth evaluate(const char *text)
{
    struct rig_rule_error error;
    struct rig_program *program = rig_rule_compile(text, resolve, NULL, &error);
    if (!program)
        fail_msg("\"%s\", column %zu: %s", text, error.column, error.text);
    enum rig_truth truth = rig_rule_evaluate(program, NULL, values, 11 * S);
    rig_rule_destroy(program);
    return truth;
}

static void test_true_rules(void **state)
{
    (void)state;
    static const char *const rules[] = {
        "a.t1 >= 80 degC",
        "a.t1 >= 176 degF",
        "a.t1 <= 353.15 K",
        "not a.t1 > 80 degC",
        "80 degC <= a.t1",
        "a.t1 == a.t1",
        "abs(a.t1 - a.t2) < 0.001 K",
        "a.t2 - a.t1 < 1 degF",
        "a.t1 + 5 degC > 84 degC",
        "a.t1 - 20 degC == 60 degC",
        "a.level == 150 mm",
        "a.level >= 15 cm",
        "a.depth == 0.15 m",
        "abs(a.level - a.depth) < 1 um",
        "a.pump == 50 %",
        "a.pump / 2 == 25 %",
        "a.pump * 2 >= 100%",
        "a.count == 3",
        "a.count + 1 > 3 and a.count - 1 < 3",
        "-a.count < 0",
        "- -3 == a.count",
        "a.guard",
        "a.guard == open",
        "a.guard != closed",
        "a.guard == true",
        "not (a.guard == closed)",
        "a.direction == forward",
        "a.direction != 'low-gear'",
        "quality(a.t1) == good",
        "age(a.t1) == 1 s",
        "age(a.t1) < 1001 ms",
        "age(a.name) < 2 s",
        "a.voltage * a.current == a.power",
        "a.voltage * a.current == 6000 mW",
        "a.power / a.voltage == 500 mA",
        "a.voltage / a.current == 24 ohm",
        "min(a.level, a.depth, 2 m) > 149 mm",
        "max(a.level, 20 cm) == 0.2 m",
        "a.count == 4 or a.count == 3",
        "a.count == 3 or a.count == 4 and a.count == 5", /* and binds closer */
        "not a.count == 4 and a.guard",
        "(a.level + a.depth) * 2 < 61 cm",
        "20 m / 4 m == 5",
        "a.count < 1e3",
        "a.count < 1E+3 and a.count > 1e-3",
        ".5 m > a.level and 0.5 m > a.level",
        "+a.count == 3",
        "true",
        "not false and (a.guard or off)",
        "a.guard == true and a.lamp_on == false",
        "a.lamp_on == off and not a.lamp_on",
        "open == a.guard",
        "(a.count > 2) == on",
        "(a.count > 4) == false",
        "forward == a.direction",
        "a.direction == a.wanted",
        "a.gear == high",
        "a.direction == \"forward\"",
        "good == quality(a.t1)",
        "quality(a.t1) == quality(a.t2)",
        "3 > 2 and 1 m < 1001 mm",
        "5 K + a.t1 > 84 degC",
        "5 K + a.t1 < 86 degC",
        "81 degC - a.t1 <= 1 K",
        "a.t1 - 5 K == 75 degC",
        "a.t1 - 9 degF == 75 degC",
        "(a.t1 - a.t2) + 5 K > 4 K",
        "5 K + (a.t1 - a.t2) > 4 K",
        "(a.t1 - a.t2) - (a.t2 - a.t1) < 1 K",
        "a.t1 + (a.t1 - a.t1) == 80 degC",
        "(a.t1 - a.t1) + a.t1 == 80 degC",
        "a.t1 + a.warming > 379 degC",
        "a.warming + a.t1 > 379 degC",
        "a.warming - 300 K == 0 K",
        "1 K > a.t1 - a.t2",
        "max(a.t1 - a.t2, 1 K) == 1 K",
        "max(1 K, a.t1 - a.t2) == 1 K",
        "a.t1 - a.t2 < a.warming",
        "a.warming > a.t1 - a.t2",
        "2 m + a.level > 2 m",
        "a.level + 2 m > 2 m",
        "a.level + a.depth == 30 cm",
        "age(a.t1) * 2 == 2 s",
        "2 * age(a.t1) == 2 s",
        "age(a.t1) / 2 == 500 ms",
        "age(a.t1) < a.patience",
        "a.patience > age(a.t1)",
        "abs(-a.count) == 3",
        "a.pump == 50%",
        "20 %/s * 2 s == 40 %",
        "a.level / 5 s == 3 cm/s",
        "a.level/3 < 51 mm",
        "1 m + 2 m == 3 m",
        "a.warming + (a.t1 - a.t2) > 299 K",
        "a.pump == 40 %or a.guard",
        "30 mm/2 == 15 mm",
        "age(a.t1) < 1 min",
        "a.count > 3 or a.count == 3",
    };
    set_values();
    int wrong = 0;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (evaluate(rules[i]) == RIG_TRUE)
            continue;
        print_error("not true: %s\n", rules[i]);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static void test_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t column;
        const char *says;
    } mistakes[] = {
        {"",                                                                                                 0,  "ends where a value"                                               },
        {"a.t1 > 80 V",                                                                                      5,  "do not go together"                                               },
        {"a.t1 > 80",                                                                                        7,  "unit is missing"                                                  },
        {"a.pump > 50",                                                                                      9,  "unit is missing"                                                  },
        {"50 < a.pump",                                                                                      0,  "unit is missing"                                                  },
        {"a.level > 5 foo",                                                                                  12, "no unit \"foo\""                                                  },
        {"a.leval > 5 m",                                                                                    0,  "no point \"a.leval\""                                             },
        {"age(a.leval) > 5 s",                                                                               4,  "no point"                                                         },
        {"a.level",                                                                                          0,  "must be true or false"                                            },
        {"a.level and a.guard",                                                                              0,  "not true or false"                                                },
        {"a.guard > closed",                                                                                 8,  "== or !="                                                         },
        {"a.guard == on",                                                                                    11, "open or closed"                                                   },
        {"a.direction == backward",                                                                          15, "not a choice"                                                     },
        {"a.direction == 1",                                                                                 12, "a choice does not compare with a number"                          },
        {"a.name == 'x'",                                                                                    0,  "text has no place"                                                },
        {"a.t1 + a.t1 > 3 K",                                                                                5,  "two temperatures"                                                 },
        {"a.t1 * 2 > 3 K",                                                                                   5,  "use K"                                                            },
        {"(a.t1 - a.t2) > a.t1",                                                                             14, "difference of temperatures"                                       },
        {"a.level < 1 m < 2 m",                                                                              14, "chained"                                                          },
        {"a.level = 1 m",                                                                                    8,  "\"==\""                                                           },
        {"(a.guard",                                                                                         8,  "\")\" should"                                                     },
        {"a.guard)",                                                                                         7,  "an operator or the end"                                           },
        {"a.count == 012",                                                                                   11, "octal"                                                            },
        {"a.count == 0x10",                                                                                  12, ""                                                                 },
        {"a.guard and",                                                                                      11, "ends where"                                                       },
        {"a.guard & a.guard",                                                                                8,  "\"&\""                                                            },
        {"age(a.t1) * age(a.t1) > 3 s",                                                                      10, "age"                                                              },
        {"1 / age(a.t1) > 3 Hz",                                                                             2,  "age"                                                              },
        {"quality(a.t1) == fine",                                                                            17, "good, stale or bad"                                               },
        {"open",                                                                                             0,  "no point \"open\""                                                },
        {"a.voltage * a.current > 6 V",                                                                      22, "do not go together"                                               },
        {"a.level > 1 m hysteresis",                                                                         24, "the width of the hyster"                                          },
        {"a.level > 1 m hysteresis -1",                                                                      25, "the width of the hyster"                                          },
        {"a.level > 1 m hysteresis 0 m",                                                                     25, "more than 0"                                                      },
        {"a.level > 1 m hysteresis 1 V",                                                                     25, "do not go together"                                               },
        {"a.level > 1 m hysteresis 1",                                                                       25, "unit is missing"                                                  },
        {"a.level > 1 m hysteresis 1 mm < 2 m",                                                              30, "chained"                                                          },
        {"a.level == 1 m hysteresis 1 mm",                                                                   26, "only <"                                                           },
        {"a.guard == open hysteresis 1",                                                                     27, "only <"                                                           },
        {"a.count > 1 + hysteresis 1",                                                                       14, "a value"                                                          },
        {"a.level > 1 m hysteresis 1e308 km",                                                                25, "more than 0"                                                      },
        {"a.level > 1 m hysteresis 1 foo",                                                                   27, "no unit"                                                          },
        {"a.level > 1e999 m",                                                                                10, "too large"                                                        },
        {"a.level > 1e308 km",                                                                               10, "too large"                                                        },
        {"a.count == 1111111111111111111111111111111111111111111111111111111111111111",                      11,
         "too many digits"                                                                                                                                                          },
        {"a.level > 5 abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",                                 12, "no unit"                                                          },
        {"a.level > 5 1",                                                                                    12, "an operator or the end"                                           },
        {"a.bcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghi > 1 m",   0,
         "there is no point "
         "\"a.bcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyza\""                                                                                     },
        {"age(a.bcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdef) > 1 s",
         4,                                                                                                      "there is no point "
         "\"a.bcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyza\""                                                                          },
        {"a.guard == abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",                                  11,
         "\"abcdefghijklmnopqrstuvwxyzabcdefghijklmn\" is not"                                                                                                                      },
        {"a.guard 'abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz'",                                   8,
         "\"'abcdefghijklmnopqrstuvwxyzabcdefghijklm\" stands"                                                                                                                      },
        {"a.guard 'abc",                                                                                     8,  "\"'\" stands"                                                     },
        {"a.guard ! a.guard",                                                                                8,  "\"!\" stands"                                                     },
        {"a.count == 3e",                                                                                    12, "no unit \"e\""                                                    },
        {"a.count == .",                                                                                     11, "\".\" stands"                                                     },
        {"a.count * _b > 1",                                                                                 8,  "only numbers multiply"                                            },
        {"age a.t1 > 5 s",                                                                                   4,  "\"(\""                                                            },
        {"age(5) > 5 s",                                                                                     4,  "name of a point"                                                  },
        {"age(a.t1 > 5 s",                                                                                   9,  "\")\""                                                            },
        {"abs a.count > 5",                                                                                  4,  "\"(\""                                                            },
        {"abs(a.count > 5",                                                                                  15, "\")\""                                                            },
        {"abs(a.count, 5) > 5",                                                                              11, "\")\""                                                            },
        {"min(a.count, ) > 5",                                                                               13, "a value"                                                          },
        {"min(*) > 5",                                                                                       4,  "a value"                                                          },
        {"- * 3 > 5",                                                                                        2,  "a value"                                                          },
        {"not * 3",                                                                                          4,  "a value"                                                          },
        {"(*)",                                                                                              1,  "a value"                                                          },
        {"a.guard or *",                                                                                     11, "a value"                                                          },
        {"a.count > *",                                                                                      10, "a value"                                                          },
        {"-a.guard > 1",                                                                                     1,  "must be a number"                                                 },
        {"abs(a.guard) > 1",                                                                                 4,  "must be a number"                                                 },
        {"-a.t1 < 3 degC",                                                                                   1,  "take a difference"                                                },
        {"min(a.guard, 3) > 1",                                                                              0,  "both sides must be numbers"                                       },
        {"min(3, a.guard) > 1",                                                                              0,  "both sides must be numbers"                                       },
        {"a.guard + 3 > 1",                                                                                  8,  "both sides must be numbers"                                       },
        {"a.level + 3 V > 1 m",                                                                              8,  "m (length) and V (voltage) do not go"                             },
        {"a.count > 3 V",                                                                                    8,  "1 (ratio) and V (voltage) do not go"                              },
        {"a.count * a.count > 3 V",                                                                          18, "1 and V (voltage) do not go"                                      },
        {"a.voltage * a.voltage > 3 V",                                                                      22, "a product of units and V (voltage)"                               },
        {"a.voltage * a.current > 6 m",                                                                      22, "power and m (length)"                                             },
        {"a.guard * 2 > 1",                                                                                  8,  "only numbers multiply"                                            },
        {"2 * a.guard > 1",                                                                                  2,  "only numbers multiply"                                            },
        {"2 * a.t1 > 1 K",                                                                                   2,  "use K"                                                            },
        {"5 K - a.t1 > 1 K",                                                                                 4,  "cannot be subtracted"                                             },
        {"(a.t1 - a.t2) - a.t1 > 1 K",                                                                       14, "cannot be subtracted"                                             },
        {"a.t1 > a.t1 - a.t2",                                                                               5,  "difference of temperatures"                                       },
        {"5 / age(a.t1) > 1 Hz",                                                                             2,  "age"                                                              },
        {"foo and a.guard",                                                                                  0,  "no point \"foo\""                                                 },
        {"a.guard and foo",                                                                                  12, "no point \"foo\""                                                 },
        {"foo == a.guard",                                                                                   0,  "\"foo\" is not a state of this point"                             },
        {"foo",                                                                                              0,  "no point \"foo\""                                                 },
        {"open == 3",                                                                                        0,  "no point \"open\""                                                },
        {"open == closed",                                                                                   0,  "no point \"open\""                                                },
        {"a.direction == a.gear",                                                                            12, "the same choices"                                                 },
        {"a.direction < forward",                                                                            12, "== or !="                                                         },
        {"a.level*a.level*a.level*a.level*a.level*a.level*a.level*a.level*a.level*a.level*a.level*a.level*a."
         "level > "
         "1 m",                                                                                     95, "no quantity"                                                      },
        {"1/a.level/a.level/a.level/a.level/a.level/a.level/a.level/a.level/a.level/a.level/a.level/a.level/"
         "a.level > 1 m",                                                                           97, "no quantity"                                                      },
        {"not a.guard and (a.count or a.guard)",                                                             17, "not true or false"                                                },
        {"a.count / 0 > 1",                                                                                  8,  "never known"                                                      },
        {"a.t1 > 80 degc",                                                                                   10, "no unit \"degc\"; did you mean degC?"                             },
        {"a.t1 > 80 RP",                                                                                     10, "no unit \"RP\""                                                   },
        {"a.t1 > 80 \u00B0C",                                                                                10, "\"\u00B0\" stands where an operator or the end should; write degC"},
        {"a.level > 1,5 m",                                                                                  11, "decimals have a point"                                            },
        {"a.guard for 2 s",                                                                                  8,  "a key of its own, for:"                                           },
        {"foo(a.t1) > 1 K",                                                                                  0,  "no function \"foo\"; there are abs, min"                          },
        {"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz(1) > 1",                                      0,
         "\"abcdefghijklmnopqrstuvwxyzabcdefghijklmn\""                                                                                                                             },
        {"a.count(1) > 1",                                                                                   7,  "\"(\" stands"                                                     },
        {"'foo' and a.guard",                                                                                1,  "no point \"foo\""                                                 },
        {"a.guard == (a.count + a.guard)",                                                                   20, "both sides must be"                                               },
    };
    int wrong = 0;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct rig_rule_error error = {.text = "accepted"};
        struct rig_program *program = rig_rule_compile(mistakes[i].text, resolve, NULL, &error);
        if (!program && error.column == mistakes[i].column && strstr(error.text, mistakes[i].says))
            continue;
        print_error("\"%s\": column %zu: %s\n", mistakes[i].text, error.column,
                    program ? "accepted" : error.text);
        rig_rule_destroy(program);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static void test_too_long_and_too_deep(void **state)
{
    (void)state;
    struct rig_rule_error error;
    char text[4096] = "a.guard";
    for (int i = 0; i < 300; i++)
        strcat(text, " or a.guard");
    assert_null(rig_rule_compile(text, resolve, NULL, &error));
    assert_non_null(strstr(error.text, "too long"));
    memset(text, '(', 1000);
    strcpy(text + 1000, "a.guard");
    assert_null(rig_rule_compile(text, resolve, NULL, &error));
    assert_non_null(strstr(error.text, "nested"));
    memset(text, '-', 1000);
    strcpy(text + 1000, "a.count > 1");
    assert_null(rig_rule_compile(text, resolve, NULL, &error));
    assert_non_null(strstr(error.text, "nested"));
    text[0] = '\0';
    for (int i = 0; i < 100; i++)
        strcat(text, "not ");
    strcat(text, "a.guard");
    assert_null(rig_rule_compile(text, resolve, NULL, &error));
    assert_non_null(strstr(error.text, "nested"));
    /* Not nested deeper than may be, but what waits for the innermost fills the stack. */
    strcpy(text, "a.count > ");
    for (int i = 0; i < 40; i++)
        strcat(text, "1 + 2 * (");
    strcat(text, "a.count");
    for (int i = 0; i < 40; i++)
        strcat(text, ")");
    assert_null(rig_rule_compile(text, resolve, NULL, &error));
    assert_non_null(strstr(error.text, "nested"));
}

/* Whatever stands where the rule has become too long, also a conversion that nobody wrote. */
static void test_too_long_everywhere(void **state)
{
    (void)state;
    static const char *const ends[] = {
        "a.level == a.depth",
        "a.level + a.depth > 1 m",
        "a.depth + a.level > 1 m",
        "age(a.t1) > 1 s",
        "min(a.count, 2, 3, 4) > 1",
        "max(1, a.count) > 0",
        "abs(a.count) > 1",
        "not a.guard",
        "-a.count < 3",
        "5 > a.count",
        "a.guard == open",
        "(a.count) > 1 hysteresis 1",
        "quality(a.t1) == good",
        "max(a.level, a.depth) > 1 m",
    };
    for (size_t end = 0; end < sizeof ends / sizeof *ends; end++) {
        bool long_enough = false;
        for (int before = 110; before < 130; before++) {
            for (int one_more = 0; one_more < 2; one_more++) {
                struct rig_rule_error error = {0};
                char text[4096] = "";
                for (int i = 0; i < before; i++)
                    strcat(text, "a.guard or ");
                strcat(text, one_more ? "not a.guard or " : "");
                strcat(text, ends[end]);
                struct rig_program *program = rig_rule_compile(text, resolve, NULL, &error);
                long_enough |= !program;
                if (!program)
                    assert_string_equal(error.text, "the rule is too long: split it");
                rig_rule_destroy(program);
            }
        }
        assert_true(long_enough);
    }
}

/* Kleene: unknown (u) is a.level here, whose sample is bad. */
static void test_unknown(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum rig_truth truth;
    } cases[] = {
        {"a.level > 0 m",                     RIG_UNKNOWN},
        {"not a.level > 0 m",                 RIG_UNKNOWN},
        {"a.level > 0 m and a.guard",         RIG_UNKNOWN},
        {"a.level > 0 m and not a.guard",     RIG_FALSE  },
        {"not a.guard and a.level > 0 m",     RIG_FALSE  },
        {"a.level > 0 m or a.guard",          RIG_TRUE   },
        {"a.guard or a.level > 0 m",          RIG_TRUE   },
        {"a.level > 0 m or not a.guard",      RIG_UNKNOWN},
        {"a.level > 0 m or a.level < 0 m",    RIG_UNKNOWN},
        {"a.level == a.level",                RIG_UNKNOWN},
        {"min(a.level, 1 m) > 2 m",           RIG_UNKNOWN},
        {"max(1 m, a.level) > 0 m",           RIG_UNKNOWN},
        {"age(a.level) < 5 s",                RIG_UNKNOWN},
        {"quality(a.level) == bad",           RIG_TRUE   },
        {"a.count / (a.count - a.count) > 1", RIG_UNKNOWN},
        {"0 m < a.level",                     RIG_UNKNOWN},
        {"min(1 m, a.level) > 0 m",           RIG_UNKNOWN},
        {"max(a.level, 1 m) > 0 m",           RIG_UNKNOWN},
    };
    set_values();
    values[METRES].quality = RIG_BAD;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (evaluate(cases[i].text) != cases[i].truth)
            fail_msg("wrong: %s", cases[i].text);
    values[METRES].quality = RIG_STALE;
    assert_int_equal(evaluate("a.level > 0 m"), RIG_UNKNOWN);
    assert_int_equal(evaluate("age(a.level) < 5 s"), RIG_TRUE); /* a stale value's age is known */
    values[METRES] = (struct rig_value){0, RIG_BAD, 0};
    assert_int_equal(evaluate("age(a.level) > 5 s"), RIG_UNKNOWN);
    values[METRES] = (struct rig_value){NAN, RIG_GOOD, 10 * S};
    assert_int_equal(evaluate("a.level > 0 m"), RIG_UNKNOWN);
}

/* One comparison over a series of values in m: which of them it holds for (u: unknown, whose sample is bad).
 */
static void follow(const char *text, const double *series, const char *expected)
{
    struct rig_rule_error error;
    struct rig_program *program = rig_rule_compile(text, resolve, NULL, &error);
    if (!program)
        fail_msg("\"%s\", column %zu: %s", text, error.column, error.text);
    rig_rule_held held = 0;
    set_values();
    for (size_t i = 0; expected[i]; i++) {
        values[METRES].number = series[i];
        values[METRES].quality = isnan(series[i]) ? RIG_BAD : RIG_GOOD;
        static const char letters[] = {[RIG_FALSE] = '-', [RIG_TRUE] = '+', [RIG_UNKNOWN] = 'u'};
        for (int again = 0; again < 2; again++) /* looking twice changes nothing */
            if (letters[rig_rule_evaluate(program, &held, values, 11 * S)] != expected[i])
                fail_msg("%s: value %zu, %g m, is not %c", text, i, series[i], expected[i]);
    }
    rig_rule_destroy(program);
}

static void test_hysteresis(void **state)
{
    (void)state;
    const double rises[] = {0.44, 0.45, 0.46, 0.45, 0.44, 0.43, 0.44, 0.46, 0.42};
    follow("a.level > 0.45 m hysteresis 0.015 m", rises, "--+++--+-");
    follow("a.level > 45 cm hysteresis 15 mm", rises, "--+++--+-");
    follow("0.45 m < a.level hysteresis 15 mm", rises, "--+++--+-");
    follow("a.level >= 0.45 m hysteresis 15 mm", rises, "-++++--+-");
    follow("not a.level > 0.45 m hysteresis 15 mm", rises, "++---++-+");
    const double falls[] = {0.2, 0.15, 0.14, 0.16, 0.17, 0.18, 0.16, 0.1};
    follow("a.level < 0.15 m hysteresis 0.025 m", falls, "--+++--+");
    follow("0.15 m > a.level hysteresis 0.025 m", falls, "--+++--+");
    follow("a.level <= 0.15 m hysteresis 0.025 m", falls, "-++++--+");
    /* After a gap it begins anew at the set point. */
    const double gap[] = {0.46, 0.44, NAN, 0.44, 0.46, 0.44};
    follow("a.level > 0.45 m hysteresis 15 mm", gap, "++u-++");
    /* Each comparison of a rule has a band of its own. */
    const double both[] = {0.3, 0.5, 0.45, 0.3, 0.1, 0.15, 0.25};
    follow("a.level > 0.48 m hysteresis 0.1 m or a.level < 0.12 m hysteresis 0.1 m", both, "-++-++-");
    /* A difference of temperatures takes no offset. */
    set_values();
    struct rig_rule_error error;
    struct rig_program *program = rig_rule_compile("a.t1 > 79 degC hysteresis 9 degF", resolve, NULL, &error);
    rig_rule_held held = 0;
    assert_int_equal(rig_rule_evaluate(program, &held, values, 11 * S), RIG_TRUE);
    values[T1].number = 74.1;
    assert_int_equal(rig_rule_evaluate(program, &held, values, 11 * S), RIG_TRUE);
    assert_int_equal(rig_rule_evaluate(program, NULL, values, 11 * S), RIG_FALSE);
    values[T1].number = 73.9;
    assert_int_equal(rig_rule_evaluate(program, &held, values, 11 * S), RIG_FALSE);
    rig_rule_destroy(program);
}

static void test_too_many_hystereses(void **state)
{
    (void)state;
    struct rig_rule_error error;
    char text[4096] = "a.count > 3 hysteresis 1";
    for (int i = 1; i < RIG_RULE_HELD_MAX; i++)
        strcat(text, " or a.count > 3 hysteresis 1");
    struct rig_program *program = rig_rule_compile(text, resolve, NULL, &error);
    assert_non_null(program);
    rig_rule_destroy(program);
    strcat(text, " or a.count > 3 hysteresis 1");
    assert_null(rig_rule_compile(text, resolve, NULL, &error));
    assert_non_null(strstr(error.text, "hystereses"));
}

/* At the instant that is foretold the result differs, and not before. */
static void test_next_change(void **state)
{
    (void)state;
    static const char *const rules[] = {
        "age(a.t1) < 3 s",
        "age(a.t1) <= 3 s",
        "age(a.t1) > 2500 ms",
        "5 s - age(a.t1) >= 2 s",
        "age(a.t1) * 2 > 7 s",
        "abs(age(a.t1) - 4 s) < 1 s",
        "max(age(a.t1), 3 s) > 3 s",
        "a.guard and age(a.t1) < 1700 ms",
        "5 s - age(a.t1) > 3 s hysteresis 2 s",
        "age(a.t1) + 1 s > 4 s",
        "age(a.t1) / 2 > 2 s",
        "min(age(a.t1), 5 s) > 3 s",
        "min(5 s, age(a.t1)) > 3 s",
        "not age(a.t1) > 3 s",
        "-age(a.t1) < -3 s",
        "a.patience < age(a.t1)",
        "abs(age(a.t1)) > 3 s",
        "2 * age(a.t1) > 7 s",
        "max(3 s, age(a.t1)) > 3 s",
        "age(a.t1) > 3 s and age(a.t1) < 2000000000 s",
    };
    set_values();
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct rig_rule_error error;
        struct rig_program *program = rig_rule_compile(rules[i], resolve, NULL, &error);
        assert_non_null(program);
        int64_t now = 11 * S, changed = INT64_MAX;
        rig_rule_held held = 0;
        enum rig_truth before = rig_rule_evaluate(program, &held, values, now);
        for (int step = 0; step < 8 && changed == INT64_MAX; step++) {
            int64_t next = rig_rule_next_change(program, values, now);
            assert_true(next > now && next < 20 * S);
            assert_int_equal(rig_rule_evaluate(program, &held, values, next - 2), before);
            if (rig_rule_evaluate(program, &held, values, next) != before)
                changed = next;
            now = next;
        }
        if (changed == INT64_MAX)
            fail_msg("never changes: %s", rules[i]);
        rig_rule_destroy(program);
    }
}

static void test_inputs(void **state)
{
    (void)state;
    struct rig_rule_error error;
    struct rig_program *program = rig_rule_compile(
        "a.voltage > 1 V and a.t1 > 3 degC or a.voltage < 0 V and age(a.guard) < 1 s", resolve, NULL, &error);
    size_t count;
    const uint16_t *inputs = rig_rule_inputs(program, &count);
    assert_int_equal(count, 3);
    assert_int_equal(inputs[0], T1);
    assert_int_equal(inputs[1], GUARD);
    assert_int_equal(inputs[2], VOLTS);
    assert_int_equal(rig_rule_next_change(program, values, 11 * S) > 11 * S, 1);
    rig_rule_destroy(program);
}

static void test_units(void **state)
{
    (void)state;
    double result;
    const struct rig_unit *celsius = rig_unit_find("degC", 4), *fahrenheit = rig_unit_find("degF", 4);
    assert_true(rig_unit_convert(fahrenheit, celsius, false, 212, &result));
    assert_true(fabs(result - 100) < 1e-9);
    assert_true(rig_unit_convert(fahrenheit, celsius, true, 9, &result));
    assert_true(fabs(result - 5) < 1e-9);
    assert_false(rig_unit_convert(celsius, rig_unit_find("V", 1), false, 1, &result));
    assert_false(rig_unit_convert(rig_unit_find("rpm", 3), rig_unit_find("Hz", 2), false, 1, &result));
    assert_null(rig_unit_find("mmm", 3));
    for (const struct rig_unit *unit = rig_unit_table(); unit->name; unit++) {
        assert_ptr_equal(rig_unit_find(unit->name, strlen(unit->name)), unit); /* no name twice */
        assert_true(rig_unit_convert(unit, unit, false, 12.5, &result) && result == 12.5);
        for (const struct rig_unit *other = rig_unit_table(); other->name; other++)
            if (strcmp(unit->dimension, other->dimension) == 0)
                assert_memory_equal(&unit->of, &other->of, sizeof unit->of);
    }
}

/* --- what a rule can come to ---------------------------------------------------------------------- */

static void check_possible(const char *text, bool becomes_true, bool becomes_false)
{
    static const struct rig_interval ranges[ALL] = {
        [T1] = {0,         100     },
        [T2] = {32,        212     },
        [METRES] = {0,         0.5     },
        [MILLIMETRES] = {0,         500     },
        [PERCENT] = {0,         80      },
        [COUNT] = {1,         4       },
        [GUARD] = {0,         1       },
        [DIRECTION] = {0,         2       },
        [VOLTS] = {-24,       24      },
        [AMPERES] = {-30000,    30000   },
        [WATTS] = {-INFINITY, INFINITY},
    };
    struct rig_rule_error error;
    struct rig_program *program = rig_rule_compile(text, resolve, NULL, &error);
    if (!program)
        fail_msg("%s: %s", text, error.text);
    struct rig_possible possible = rig_rule_possible(program, ranges);
    if (possible.becomes_true != becomes_true || possible.becomes_false != becomes_false)
        fail_msg("%s: %d %d", text, possible.becomes_true, possible.becomes_false);
    rig_rule_destroy(program);
}

static void test_possible(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool becomes_true, becomes_false;
    } rules[] = {
        {"a.t1 > 80 degC",                    true,  true },
        {"a.t1 > 100 degC",                   false, true },
        {"a.t1 >= 100 degC",                  true,  true },
        {"a.t1 >= 0 degC",                    true,  false},
        {"a.t1 < 0 degC",                     false, true },
        {"a.t1 <= 100 degC",                  true,  false},
        {"a.t1 > 213 degF",                   false, true },
        {"a.t2 > 101 degC",                   false, true },
        {"a.level > 60 cm",                   false, true },
        {"a.level + a.depth > 1 m",           false, true },
        {"a.level + a.depth > 0.9 m",         true,  true },
        {"a.level - a.depth > 0.5 m",         false, true },
        {"-a.level > 0 m",                    false, true },
        {"abs(a.voltage) > 24 V",             false, true },
        {"abs(a.voltage) >= 0 V",             true,  false},
        {"a.voltage * a.current > 720 W",     false, true },
        {"a.voltage * a.current > 719 W",     true,  true },
        {"a.level / a.count > 0.5 m",         false, true },
        {"a.level / a.count > 0.4 m",         true,  true },
        {"a.power / a.current > 1 V",         true,  true },
        {"min(a.level, a.depth) > 0.5 m",     false, true },
        {"max(a.level, 0.6 m) > 0.5 m",       true,  false},
        {"a.power > 1 W",                     true,  true },
        {"a.count == 5",                      false, true },
        {"a.count != 5",                      true,  false},
        {"a.count == 2",                      true,  true },
        {"a.guard",                           true,  true },
        {"a.guard == open",                   true,  true },
        {"a.guard and a.level > 1 m",         false, true },
        {"a.guard or a.level <= 1 m",         true,  false},
        {"not (a.guard and a.level > 1 m)",   true,  false},
        {"age(a.level) < 1 s",                true,  true },
        {"age(a.level) >= 0 s",               true,  false},
        {"quality(a.level) == good",          true,  true },
        {"a.direction == 'low-gear'",         true,  true },
        {"a.t1 > 100 degC hysteresis 5 K",    false, true },
        {"abs(a.count) > 0",                  true,  false},
        {"abs(-a.count) >= 1",                true,  false},
        {"1e200 * 1e200 - 1e200 * 1e200 > 0", true,  true },
        {"a.pump * a.power > 1 W",            true,  true },
        {"a.pump * age(a.t1) > 1 s",          true,  true },
        {"-a.pump * -age(a.t1) > 1 s",        true,  true },
        {"-a.pump * age(a.t1) > 1 s",         true,  true },
        {"a.level / -a.count > -2 m",         true,  false},
        {"3 == 3",                            true,  false},
        {"3 == 4",                            false, true },
        {"3 == a.count",                      true,  true },
        {"5 == a.count",                      false, true },
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        check_possible(rules[i].text, rules[i].becomes_true, rules[i].becomes_false);
}

/* How far a value must come back, against how far it can. */
static void test_hysteresis_that_sticks(void **state)
{
    (void)state;
    static const struct rig_interval ranges[ALL] = {
        [T1] = {0, 100},
          [METRES] = {0, 0.5},
          [MILLIMETRES] = {0, 500},
          [COUNT] = {1, 4  }
    };
    static const struct {
        const char *text;
        bool sticks;
    } rules[] = {
        {"a.t1 > 80 degC hysteresis 5 K",                      false},
        {"a.t1 > 80 degC hysteresis 80 K",                     false},
        {"a.t1 > 80 degC hysteresis 81 K",                     true },
        {"a.t1 >= 80 degC hysteresis 80 K",                    true },
        {"a.t1 < 20 degC hysteresis 80 K",                     false},
        {"a.t1 < 20 degC hysteresis 81 K",                     true },
        {"a.t1 <= 20 degC hysteresis 80 K",                    true },
        {"20 degC > a.t1 hysteresis 81 K",                     true },
        {"not a.t1 > 80 degC hysteresis 81 K",                 true },
        {"a.level > 45 cm hysteresis 46 cm and a.t1 > 1 degC", true },
        {"a.level - a.depth > 0.4 m hysteresis 0.8 m",         false},
        {"a.level - a.depth > 0.4 m hysteresis 1 m",           true },
        {"a.count > 3 hysteresis 1",                           false},
        {"a.t1 > -1 degC hysteresis 5 K",                      false}, /* it is always true */
        {"a.t1 > 80 degC",                                     false},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct rig_rule_error error;
        struct rig_program *program = rig_rule_compile(rules[i].text, resolve, NULL, &error);
        if (!program)
            fail_msg("%s: %s", rules[i].text, error.text);
        if (rig_rule_possible(program, ranges).sticks != rules[i].sticks)
            fail_msg("%s", rules[i].text);
        rig_rule_destroy(program);
    }
}

/* mHz or MHz: whoever follows a guess may be wrong by nine orders. */
static void of_two_units_none_is_guessed(void **state)
{
    (void)state;
    struct rig_rule_error error = {0};
    struct rig_program *program = rig_rule_compile("a.t1 > 5 MHZ", resolve, NULL, &error);
    assert_null(program);
    assert_non_null(strstr(error.text, "there is no unit \"MHZ\""));
    assert_null(strstr(error.text, "did you mean"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_true_rules),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_too_long_and_too_deep),
        cmocka_unit_test(test_too_long_everywhere),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_hysteresis),
        cmocka_unit_test(test_too_many_hystereses),
        cmocka_unit_test(test_next_change),
        cmocka_unit_test(test_inputs),
        cmocka_unit_test(test_units),
        cmocka_unit_test(test_possible),
        cmocka_unit_test(test_hysteresis_that_sticks),
        cmocka_unit_test(of_two_units_none_is_guessed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
