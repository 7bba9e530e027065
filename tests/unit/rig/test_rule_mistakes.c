/* What a rule may not say, where that is shown, and in which words. */
#include "tests/unit/rig/rule_points.h"

struct mistake {
    const char *text;
    size_t column;
    const char *says;
};

static void check_mistakes(const struct mistake *mistakes, size_t count)
{
    int wrong = 0;
    for (size_t i = 0; i < count; i++) {
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

static void test_mistakes(void **state)
{
    (void)state;
    static const struct mistake mistakes[] = {
        {"",                                                                                                 0,  "ends where a value"                                                     },
        {"a.t1 > 80 V",                                                                                      5,  "do not go together"                                                     },
        {"a.t1 > 80",                                                                                        7,  "unit is missing"                                                        },
        {"a.pump > 50",                                                                                      9,  "unit is missing"                                                        },
        {"50 < a.pump",                                                                                      0,  "unit is missing"                                                        },
        {"a.level > 5 foo",                                                                                  12, "no unit \"foo\""                                                        },
        {"a.leval > 5 m",                                                                                    0,  "no point \"a.leval\""                                                   },
        {"age(a.leval) > 5 s",                                                                               4,  "no point"                                                               },
        {"a.level",                                                                                          0,  "a number is not true or false: compare it with something, as in p > 3 m"},
        {"a.level and a.guard",                                                                              0,  "not true or false"                                                      },
        {"a.guard > closed",                                                                                 8,  "== or !="                                                               },
        {"a.guard == on",                                                                                    11, "open or closed"                                                         },
        {"a.direction == backward",                                                                          15, "not a choice"                                                           },
        {"a.direction == 1",                                                                                 12, "a choice does not compare with a number"                                },
        {"a.name == 'x'",                                                                                    0,  "text has no place"                                                      },
        {"a.t1 + a.t1 > 3 K",                                                                                5,  "two temperatures"                                                       },
        {"a.t1 * 2 > 3 K",                                                                                   5,  "use K"                                                                  },
        {"(a.t1 - a.t2) > a.t1",                                                                             14, "difference of temperatures"                                             },
        {"a.level < 1 m < 2 m",                                                                              14, "chained"                                                                },
        {"a.level = 1 m",                                                                                    8,  "\"==\""                                                                 },
        {"(a.guard",                                                                                         8,  "\")\" should"                                                           },
        {"a.guard)",                                                                                         7,  "an operator or the end"                                                 },
        {"a.count == 012",                                                                                   11, "octal"                                                                  },
        {"a.count == 0x10",                                                                                  11, "a number is decimal"                                                    },
        {"a.guard and",                                                                                      11, "ends where"                                                             },
        {"a.guard & a.guard",                                                                                8,  "\"&\""                                                                  },
        {"age(a.t1) * age(a.t1) > 3 s",                                                                      10, "age"                                                                    },
        {"1 / age(a.t1) > 3 Hz",                                                                             2,  "age"                                                                    },
        {"quality(a.t1) == fine",                                                                            17, "good, stale or bad"                                                     },
        {"open",                                                                                             0,  "\"open\" is a state and needs a point that has one, as in p == open"    },
        {"a.voltage * a.current > 6 V",                                                                      22, "do not go together"                                                     },
        {"a.level > 1 m hysteresis",                                                                         24, "the width of the hyster"                                                },
        {"a.level > 1 m hysteresis -1",                                                                      25, "the width of the hyster"                                                },
        {"a.level > 1 m hysteresis 0 m",                                                                     25, "more than 0"                                                            },
        {"a.level > 1 m hysteresis 1 V",                                                                     25, "do not go together"                                                     },
        {"a.level > 1 m hysteresis 1",                                                                       25, "unit is missing"                                                        },
        {"a.level > 1 m hysteresis 1 mm < 2 m",                                                              30, "chained"                                                                },
        {"a.level == 1 m hysteresis 1 mm",                                                                   26, "only <"                                                                 },
        {"a.guard == open hysteresis 1",                                                                     27, "only <"                                                                 },
        {"a.count > 1 + hysteresis 1",                                                                       14, "a value"                                                                },
        {"a.level > 1 m hysteresis 1e308 km",                                                                25, "more than 0"                                                            },
        {"a.level > 1 m hysteresis 1 foo",                                                                   27, "no unit"                                                                },
        {"a.level > 1e999 m",                                                                                10, "too large"                                                              },
        {"a.level > 1e308 km",                                                                               10, "too large"                                                              },
        {"a.count == 1111111111111111111111111111111111111111111111111111111111111111",                      11,
         "too many digits"                                                                                                                                                                },
        {"a.level > 5 abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",                                 12, "no unit"                                                                },
        {"a.level > 5 1",                                                                                    12, "an operator or the end"                                                 },
        {"a.bcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghi > 1 m",   0,
         "there is no point "
         "\"a.bcdefghijklmnopqrstuvwxyzabcdefghijklm\""                                                                                                                                   },
        {"age(a.bcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdef) > 1 s",
         4,                                                                                                      "there is no point "
         "\"a.bcdefghijklmnopqrstuvwxyzabcdefghijklm\""                                                                                                                        },
        {"a.guard == abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",                                  11,
         "\"abcdefghijklmnopqrstuvwxyzabcdefghijklmn\" is not"                                                                                                                            },
        {"a.guard 'abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz'",                                   8,
         "\"'abcdefghijklmnopqrstuvwxyzabcdefghijklm\" stands"                                                                                                                            },
        {"a.guard 'abc",                                                                                     8,  "\"'\" stands"                                                           },
        {"a.guard ! a.guard",                                                                                8,  "\"!\" stands"                                                           },
        {"a.count == 3e",                                                                                    12, "no unit \"e\""                                                          },
        {"a.count == .",                                                                                     11, "\".\" stands"                                                           },
        {"a.count * _b > 1",                                                                                 8,  "only numbers multiply"                                                  },
        {"age a.t1 > 5 s",                                                                                   4,  "\"(\""                                                                  },
        {"age(5) > 5 s",                                                                                     4,  "name of a point"                                                        },
        {"age(a.t1 > 5 s",                                                                                   9,  "\")\""                                                                  },
        {"abs a.count > 5",                                                                                  4,  "\"(\""                                                                  },
        {"abs(a.count > 5",                                                                                  15, "\")\""                                                                  },
        {"abs(a.count, 5) > 5",                                                                              11, "\")\""                                                                  },
        {"min(a.count, ) > 5",                                                                               13, "a value"                                                                },
        {"min(*) > 5",                                                                                       4,  "a value"                                                                },
        {"- * 3 > 5",                                                                                        2,  "a value"                                                                },
        {"not * 3",                                                                                          4,  "a value"                                                                },
        {"(*)",                                                                                              1,  "a value"                                                                },
        {"a.guard or *",                                                                                     11, "a value"                                                                },
        {"a.count > *",                                                                                      10, "a value"                                                                },
        {"-a.guard > 1",                                                                                     1,  "must be a number"                                                       },
        {"abs(a.guard) > 1",                                                                                 4,  "must be a number"                                                       },
        {"-a.t1 < 3 degC",                                                                                   1,  "take a difference"                                                      },
        {"min(a.guard, 3) > 1",                                                                              0,  "both sides must be numbers"                                             },
        {"min(3, a.guard) > 1",                                                                              0,  "both sides must be numbers"                                             },
        {"a.guard + 3 > 1",                                                                                  8,  "both sides must be numbers"                                             },
        {"a.level + 3 V > 1 m",                                                                              8,  "m (length) and V (voltage) do not go"                                   },
        {"a.count > 3 V",                                                                                    8,  "1 (ratio) and V (voltage) do not go"                                    },
        {"a.count * a.count > 3 V",                                                                          18, "1 and V (voltage) do not go"                                            },
        {"a.voltage * a.voltage > 3 V",                                                                      22, "a product of units and V (voltage)"                                     },
        {"a.voltage * a.current > 6 m",                                                                      22, "power and m (length)"                                                   },
        {"a.guard * 2 > 1",                                                                                  8,  "only numbers multiply"                                                  },
        {"2 * a.guard > 1",                                                                                  2,  "only numbers multiply"                                                  },
        {"2 * a.t1 > 1 K",                                                                                   2,  "use K"                                                                  },
        {"5 K - a.t1 > 1 K",                                                                                 4,  "cannot be subtracted"                                                   },
        {"(a.t1 - a.t2) - a.t1 > 1 K",                                                                       14, "cannot be subtracted"                                                   },
        {"a.t1 > a.t1 - a.t2",                                                                               5,  "difference of temperatures"                                             },
        {"5 / age(a.t1) > 1 Hz",                                                                             2,  "age"                                                                    },
        {"foo and a.guard",                                                                                  0,  "no point \"foo\""                                                       },
        {"a.guard and foo",                                                                                  12, "no point \"foo\""                                                       },
        {"foo == a.guard",                                                                                   0,  "\"foo\" is not a state of this point"                                   },
        {"foo",                                                                                              0,  "no point \"foo\""                                                       },
        {"open == 3",                                                                                        0,  "\"open\" is a state and needs a point that has one, as in p == open"    },
        {"open == closed",                                                                                   0,  "\"open\" is a state and needs a point that has one, as in p == open"    },
        {"a.direction == a.gear",                                                                            12, "the same choices"                                                       },
        {"a.direction < forward",                                                                            12, "== or !="                                                               },
        {"a.level*a.level*a.level*a.level*a.level*a.level*a.level*a.level*a.level*a.level*a.level*a.level*a."
         "level > "
         "1 m",                                                                                     95, "no quantity"                                                            },
        {"1/a.level/a.level/a.level/a.level/a.level/a.level/a.level/a.level/a.level/a.level/a.level/a.level/"
         "a.level > 1 m",                                                                           97, "no quantity"                                                            },
        {"not a.guard and (a.count or a.guard)",                                                             17, "not true or false"                                                      },
        {"a.count / 0 > 1",                                                                                  8,  "never known"                                                            },
        {"a.t1 > 80 degc",                                                                                   10, "no unit \"degc\"; did you mean degC?"                                   },
        {"a.t1 > 80 RP",                                                                                     10, "no unit \"RP\""                                                         },
        {"a.t1 > 80 \u00B0C",                                                                                10, "no unit \"\u00B0C\"; write degC"                                        },
        {"a.level > 1,5 m",                                                                                  11, "decimals have a point"                                                  },
        {"a.guard for 2 s",                                                                                  8,  "a key of its own, for:"                                                 },
        {"foo(a.t1) > 1 K",                                                                                  0,  "no function \"foo\"; there are abs, min"                                },
        {"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz(1) > 1",                                      0,
         "\"abcdefghijklmnopqrstuvwxyzabcdefghijklmn\""                                                                                                                                   },
        {"a.count(1) > 1",                                                                                   7,  "\"(\" stands"                                                           },
        {"'foo' and a.guard",                                                                                1,  "no point \"foo\""                                                       },
        {"a.guard == (a.count + a.guard)",                                                                   20, "both sides must be"                                                     },
    };
    check_mistakes(mistakes, sizeof mistakes / sizeof *mistakes);
}

/* What somebody writes who has another language, keyboard or unit in mind is told what to write here. */
static void what_people_are_used_to_is_named(void **state)
{
    (void)state;
    static const struct mistake mistakes[] = {
        {"a.level => 1 m",                                             8,  "\"=>\" stands where an operator or the end should; write >="                   },
        {"a.level =< 1 m",                                             8,  "write <="                                                                      },
        {"a.level <> 1 m",                                             8,  "write !="                                                                      },
        {"a.level >> 1 m",                                             8,  "\">>\" stands where an operator or the end should; write >"                    },
        {"a.count ** 2 > 1",                                           8,  "no powers"                                                                     },
        {"a.guard && a.guard",                                         8,  "\"&&\" stands where an operator or the end should; write and"                  },
        {"a.level ≥ 1 m",                                            8,  "\"≥\" stands where an operator or the end should; write >="                  },
        {"a.level＞1 m",                                              0,  "no point \"a.level＞1\""                                                      },
        {"1 m ＞ a.level",                                            4,  "write >"                                                                       },
        {"a.guard AND a.guard",                                        8,  "write and"                                                                     },
        {"NOT a.guard",                                                0,  "\"NOT\" stands where a value should; write not"                                },
        {"a.guard == NOT",                                             11, "write not"                                                                     },
        {"a.guard f",                                                  8,  "\"f\" stands"                                                                  },
        {"a.guard is open",                                            8,  "write =="                                                                      },
        {"and a.guard",                                                0,  "\"and\" stands where a value should"                                           },
        {"a.level > 1 m = 2 m",                                        14, "chained"                                                                       },
        {"a.液位 > 1 m",                                             0,  "no point \"a.液位\""                                                         },
        {"液位 > 1 m",                                               0,  "\"液位\" stands where a value should"                                        },
        {"a.guard 🔥",                                               8,  "\"🔥\" stands"                                                               },
        {"a.level > 5 µm",                                            12, "no unit \"µm\"; write u for micro"                                            },
        {"a.level > 5 m²",                                            12, "no unit \"m²\"; write m2"                                                     },
        {"a.level > 5 m液",                                           12, "no unit \"m液\"; `labgate reference` lists them"                              },
        {"a.level > 5 液",                                            12, "\"液\" stands where an operator or the end should"                            },
        {"a.level > 5 液液液液液液液液液液液液液液液m", 12, "液"                                                                           },
        {"a.level > 5 x液液液液液液液液液液液液液液液", 12, "\"x液液液液液液液液液液液液液\"; `lab"                            },
        {"a.level > 3",                                                10, "the other side is in m; write 3 m if that is meant"                            },
        {"a.voltage * a.current > 3",                                  24, "the other side is in power"                                                    },
        {"a.t1 > 80 C",                                                5,  "80 C is a charge, write 80 degC"                                               },
        {"a.t1 > 80 F",                                                5,  "write 80 degF"                                                                 },
        {"a.guard == 1",                                               8,  "a state such as on or off does not compare with a number: write open or closed"},
        {"1 == a.lamp_on",                                             2,  "write on or off"                                                               },
        {"a.direction == 1",                                           12, "write the choice by its name"                                                  },
        {"quality(a.t1) == 1",                                         14, "write good, stale or bad"                                                      },
        {"a.direction == fast",                                        15, "not a choice of this point: stopped, forward, low-gear"                        },
        {"a.direction",                                                0,  "a choice is not true or false: compare it with something, as in p == forward"  },
        {"a.level == good",                                            11,
         "\"good\" is a quality and needs a point that has one, as in quality(p) == good"                                                                  },
        {"a.level > on",                                               10, "\"on\" is a state"                                                             },
        {"'a.level' > 3 m",                                            0,  "a point has no quotes: write a.level"                                          },
        {"a.count == 0x10",                                            11, "decimal"                                                                       },
    };
    check_mistakes(mistakes, sizeof mistakes / sizeof *mistakes);
}

static void test_too_long_and_too_deep(void **state)
{
    (void)state;
    struct rig_rule_error error;
    char text[4096] = "a.guard";
    for (int i = 0; i < 300; i++)
        strcat(text, " or a.guard");
    assert_null(rig_rule_compile(text, resolve, NULL, &error));
    assert_non_null(strstr(error.text, "more than 256 values"));
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
                    assert_string_equal(error.text,
                                        "the rule has more than 256 values and operators: split it");
                rig_rule_destroy(program);
            }
        }
        assert_true(long_enough);
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
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(what_people_are_used_to_is_named),
        cmocka_unit_test(test_too_long_and_too_deep),
        cmocka_unit_test(test_too_long_everywhere),
        cmocka_unit_test(of_two_units_none_is_guessed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
