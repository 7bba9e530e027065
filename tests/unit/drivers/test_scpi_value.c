/* What SCPI answers say about points, and what points say to instruments. */
#include "drivers/scpi.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NOT_GOOD NAN

static const struct driver_choice shapes[] = {
    {"SINusoid", 1},
    {"SQUare",   2},
    {"ramp",     3},
    {"noise",    4},
    {NULL,       0}
};

static void answers_are_parsed_by_the_points_type(void **state)
{
    (void)state;
    static const struct {
        enum driver_type type;
        const char *answer;
        int result;
        double number; /* NOT_GOOD: no value */
    } cases[] = {
        {DRIVER_NUMBER,  "1.5",                            0,              1.5     },
        {DRIVER_NUMBER,  "-2.500000e-03",                  0,              -0.0025 },
        {DRIVER_NUMBER,  "+3E2",                           0,              300     },
        {DRIVER_NUMBER,  "9.9E37",                         0,              NOT_GOOD},
        {DRIVER_NUMBER,  "-9.9E37",                        0,              NOT_GOOD},
        {DRIVER_NUMBER,  "9.91E37",                        0,              NOT_GOOD},
        {DRIVER_NUMBER,  "9.8E37",                         0,              9.8e37  },
        {DRIVER_NUMBER,  "NAN",                            0,              NOT_GOOD},
        {DRIVER_NUMBER,  "****",                           0,              NOT_GOOD},
        {DRIVER_NUMBER,  "1e999",                          0,              NOT_GOOD},
        {DRIVER_NUMBER,  "",                               DRIVER_GARBLED, 0       },
        {DRIVER_NUMBER,  "RIGOL TECHNOLOGIES,DS1104Z,1,2", DRIVER_GARBLED, 0       },
        {DRIVER_NUMBER,  "0,\"No error\"",                 DRIVER_GARBLED, 0       },
        {DRIVER_NUMBER,  "1.5V",                           DRIVER_GARBLED, 0       },
        {DRIVER_NUMBER,  "0x10",                           DRIVER_GARBLED, 0       },
        {DRIVER_NUMBER,  "1.5 2",                          DRIVER_GARBLED, 0       },
        {DRIVER_INTEGER, "12",                             0,              12      },
        {DRIVER_INTEGER, "1.2E+01",                        0,              12      },
        {DRIVER_INTEGER, "12.5",                           0,              NOT_GOOD},
        {DRIVER_BOOLEAN, "1",                              0,              1       },
        {DRIVER_BOOLEAN, "ON",                             0,              1       },
        {DRIVER_BOOLEAN, "0",                              0,              0       },
        {DRIVER_BOOLEAN, "off",                            0,              0       },
        {DRIVER_BOOLEAN, "2",                              DRIVER_GARBLED, 0       },
        {DRIVER_BOOLEAN, "",                               DRIVER_GARBLED, 0       },
        {DRIVER_CHOICE,  "SIN",                            0,              1       },
        {DRIVER_CHOICE,  "sinusoid",                       0,              1       },
        {DRIVER_CHOICE,  "SQU",                            0,              2       },
        {DRIVER_CHOICE,  "RAMP",                           0,              3       },
        {DRIVER_CHOICE,  "NOIS",                           0,              4       },
        {DRIVER_CHOICE,  "NOISE",                          0,              4       },
        {DRIVER_CHOICE,  "SI",                             0,              NOT_GOOD},
        {DRIVER_CHOICE,  "PULSE",                          0,              NOT_GOOD},
        {DRIVER_CHOICE,  "a,b",                            DRIVER_GARBLED, 0       },
        {DRIVER_CHOICE,  "",                               DRIVER_GARBLED, 0       },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct driver_point point = {.name = "p", .type = cases[i].type, .choices = shapes};
        struct driver_sample sample;
        struct driver_fault fault = {0};
        int result = scpi_parse(&point, cases[i].answer, &sample, &fault);
        if (result != cases[i].result)
            fail_msg("\"%s\": %s", cases[i].answer, driver_result_name(result));
        if (!result && sample.good == isnan(cases[i].number))
            fail_msg("\"%s\": good %d", cases[i].answer, sample.good);
        if (!result && sample.good && sample.value.number != cases[i].number)
            fail_msg("\"%s\": %g", cases[i].answer, sample.value.number);
    }
}

static void short_forms_follow_the_standard(void **state)
{
    (void)state;
    assert_true(scpi_matches("SINusoid", "SIN"));
    assert_false(scpi_matches("SINusoid", "SINU"));
    assert_true(scpi_matches("square", "SQU")); /* the fourth letter is a vowel */
    assert_false(scpi_matches("square", "SQUA"));
    assert_true(scpi_matches("noise", "NOIS"));
    assert_false(scpi_matches("noise", "NOI"));
    assert_true(scpi_matches("AC", "ac"));
    assert_false(scpi_matches("AC", "A"));
    assert_false(scpi_matches("STOP", "STO"));
    assert_true(scpi_matches("CHANnel1", "CHAN1"));
    assert_false(scpi_matches("CHANnel1", "CHAN2"));
    assert_false(scpi_matches("CHANnel1", "CHAN"));
}

static void a_choice_is_not_taken_for_another(void **state)
{
    (void)state;
    static const struct driver_choice depths[] = {
        {"6000000", 6000000},
        {"6000",    6000   },
        {"12000",   12000  },
        {NULL,      0      }
    };
    static const struct driver_choice modes[] = {
        {"average", 1},
        {"aver",    2},
        {NULL,      0}
    };
    struct driver_sample sample;
    struct driver_point point = {.name = "p", .type = DRIVER_CHOICE, .choices = depths};
    assert_int_equal(scpi_parse(&point, "6000", &sample, NULL), 0);
    assert_true(sample.good && sample.value.number == 6000);
    assert_int_equal(scpi_parse(&point, "1200", &sample, NULL), 0);
    assert_false(sample.good);
    point.choices = modes;
    assert_int_equal(scpi_parse(&point, "AVER", &sample, NULL), 0);
    assert_true(sample.good && sample.value.number == 2);
}

static void texts_lose_their_quotes(void **state)
{
    (void)state;
    struct driver_point point = {.name = "p", .type = DRIVER_TEXT};
    struct driver_sample sample;
    assert_int_equal(scpi_parse(&point, "\"a b\"", &sample, NULL), 0);
    assert_true(sample.good);
    assert_string_equal(sample.value.text, "a b");
    assert_int_equal(scpi_parse(&point, "plain", &sample, NULL), 0);
    assert_string_equal(sample.value.text, "plain");
    char longer[DRIVER_TEXT_MAX + 1];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(scpi_parse(&point, longer, &sample, NULL), 0);
    assert_false(sample.good);
}

static void messages_carry_the_value(void **state)
{
    (void)state;
    static const struct {
        enum driver_type type;
        struct driver_value value;
        const char *set, *message;
    } cases[] = {
        {DRIVER_NUMBER,  {.number = 1500},     ":SOUR1:FREQ {}", ":SOUR1:FREQ 1500"    },
        {DRIVER_NUMBER,  {.number = 0.0001},   ":AMP {} VPP",    ":AMP 0.0001 VPP"     },
        {DRIVER_INTEGER, {.number = 12000000}, ":ACQ:MDEP {}",   ":ACQ:MDEP 12000000"  },
        {DRIVER_BOOLEAN, {.number = 1},        ":OUTP1 {}",      ":OUTP1 ON"           },
        {DRIVER_BOOLEAN, {.number = 0},        ":OUTP1 {}",      ":OUTP1 OFF"          },
        {DRIVER_CHOICE,  {.number = 2},        ":FUNC {}",       ":FUNC SQUare"        },
        {DRIVER_TEXT,    {.text = "hello"},    ":DISP:TEXT {}",  ":DISP:TEXT \"hello\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char set[64];
        strcpy(set, cases[i].set);
        struct scpi_point_options options = {.set = set};
        struct driver_point point = {
            .name = "p", .type = cases[i].type, .choices = shapes, .options = &options};
        char message[64];
        assert_int_equal(scpi_format(&point, &cases[i].value, message, sizeof message, NULL), 0);
        assert_string_equal(message, cases[i].message);
    }
}

static void what_cannot_be_said_is_refused(void **state)
{
    (void)state;
    static const struct {
        enum driver_type type;
        struct driver_value value;
    } cases[] = {
        {DRIVER_NUMBER,  {.number = NAN}        },
        {DRIVER_NUMBER,  {.number = INFINITY}   },
        {DRIVER_INTEGER, {.number = 1.5}        },
        {DRIVER_CHOICE,  {.number = 9}          },
        {DRIVER_TEXT,    {.text = "a\";*RST;\""}},
        {DRIVER_TEXT,    {.text = "a\n*RST"}    },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char set[] = "X {}";
        struct scpi_point_options options = {.set = set};
        struct driver_point point = {
            .name = "p", .type = cases[i].type, .choices = shapes, .options = &options};
        char message[64];
        if (scpi_format(&point, &cases[i].value, message, sizeof message, NULL) != DRIVER_INVALID)
            fail_msg("case %zu became %s", i, message);
    }
}

static void error_answers_are_known_from_others(void **state)
{
    (void)state;
    int code;
    const char *text;
    assert_true(scpi_parse_error("-113,\"Undefined header\"", &code, &text));
    assert_int_equal(code, -113);
    assert_string_equal(text, "\"Undefined header\"");
    assert_true(scpi_parse_error("0", &code, &text));
    assert_int_equal(code, 0);
    assert_false(scpi_parse_error("", &code, &text));
    assert_false(scpi_parse_error("1.5", &code, &text));
    assert_false(scpi_parse_error("RIGOL TECHNOLOGIES,DS1104Z", &code, &text));
}

static void a_boolean_may_have_words_of_its_own(void **state)
{
    (void)state;
    char set[] = ":{}", on[] = "RUN,TD,WAIT,AUTO", off[] = "STOP";
    struct scpi_point_options options = {.set = set, .on = on, .off = off};
    struct driver_point point = {.name = "running", .type = DRIVER_BOOLEAN, .options = &options};
    static const struct {
        const char *answer;
        int result;
        double number;
    } cases[] = {
        {"RUN",  0,              1},
        {"TD",   0,              1},
        {"WAIT", 0,              1},
        {"auto", 0,              1},
        {"STOP", 0,              0},
        {"ON",   DRIVER_GARBLED, 0},
        {"",     DRIVER_GARBLED, 0},
    };
    struct driver_sample sample;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(scpi_parse(&point, cases[i].answer, &sample, NULL), cases[i].result);
        if (!cases[i].result)
            assert_true(sample.good && sample.value.number == cases[i].number);
    }
    char message[64];
    assert_int_equal(scpi_format(&point, &(struct driver_value){.number = 1}, message, sizeof message, NULL),
                     0);
    assert_string_equal(message, ":RUN");
    assert_int_equal(scpi_format(&point, &(struct driver_value){.number = 0}, message, sizeof message, NULL),
                     0);
    assert_string_equal(message, ":STOP");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_boolean_may_have_words_of_its_own),
        cmocka_unit_test(answers_are_parsed_by_the_points_type),
        cmocka_unit_test(short_forms_follow_the_standard),
        cmocka_unit_test(a_choice_is_not_taken_for_another),
        cmocka_unit_test(texts_lose_their_quotes),
        cmocka_unit_test(messages_carry_the_value),
        cmocka_unit_test(what_cannot_be_said_is_refused),
        cmocka_unit_test(error_answers_are_known_from_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
