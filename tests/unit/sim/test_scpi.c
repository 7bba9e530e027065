/* The message exchange: headers, compound messages, parameters, status and the error queue. */
#include "drivers/sim/scpi.h"
#include "drivers/sim/scpi_header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct gadget {
    double level;
    int suffix;
    bool on;
    int colour;
    int resets;
};

static const char *const colours[] = {"REDdish", "BLUe", NULL};

static int set_level(struct scpi_call *call)
{
    struct gadget *gadget = call->state;
    gadget->suffix = call->suffix[0];
    return scpi_number(call, 0, &(struct scpi_range){-5, 5, 1}, &gadget->level);
}

static int show_level(struct scpi_call *call)
{
    scpi_text_print(call->reply, "%g", ((struct gadget *)call->state)->level);
    return SCPI_OK;
}

static int set_on(struct scpi_call *call)
{
    return scpi_boolean(call, 0, &((struct gadget *)call->state)->on);
}

static int show_on(struct scpi_call *call)
{
    scpi_text_print(call->reply, "%d", ((struct gadget *)call->state)->on);
    return SCPI_OK;
}

static int set_colour(struct scpi_call *call)
{
    return scpi_choice(call, 0, colours, &((struct gadget *)call->state)->colour);
}

static void reset(void *state)
{
    ((struct gadget *)state)->resets++;
}

static const struct scpi_command commands[] = {
    {"[:SOURce#]:LEVel[:IMMediate]", set_level,  show_level, 1, 1, NULL},
    {":OUTPut#[:STATe]",             set_on,     show_on,    1, 1, NULL},
    {":OUTPut#:COLour",              set_colour, NULL,       1, 1, NULL},
    {NULL,                           NULL,       NULL,       0, 0, NULL},
};
static const struct scpi_command *const groups[] = {commands, NULL};
static const struct scpi_kind kind = {
    .name = "gadget", .model = "MAKER,MODEL", .version = "1.0", .groups = groups, .reset = reset};

struct bench {
    struct gadget gadget;
    struct scpi_device device;
    char reply[512];
};

static const char *say(struct bench *bench, const char *message)
{
    struct scpi_text reply = {0};
    scpi_execute(&bench->device, message, &reply);
    assert_true(reply.length < sizeof bench->reply);
    if (reply.length)
        memcpy(bench->reply, reply.bytes, reply.length);
    bench->reply[reply.length] = '\0';
    scpi_text_free(&reply);
    return bench->reply;
}

static void set_up(struct bench *bench)
{
    *bench = (struct bench){.gadget = {.colour = -1}};
    scpi_init(&bench->device, &kind, &bench->gadget, "S1");
}

static void headers_fit_in_short_and_long_form(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *header;
        bool fits;
        int suffix;
    } cases[] = {
        {":CHANnel#:SCALe",              "CHAN2:SCAL",          true,  2},
        {":CHANnel#:SCALe",              "channel3:scale",      true,  3},
        {":CHANnel#:SCALe",              "CHAN:SCAL",           true,  1},
        {":CHANnel#:SCALe",              "CHANN2:SCAL",         false, 0},
        {":CHANnel#:SCALe",              "CHAN2",               false, 0},
        {":CHANnel#:SCALe",              "CHAN2:SCAL:X",        false, 0},
        {"[:SOURce#]:LEVel[:IMMediate]", "LEV",                 true,  1},
        {"[:SOURce#]:LEVel[:IMMediate]", "SOUR2:LEV:IMM",       true,  2},
        {"[:SOURce#]:LEVel[:IMMediate]", "SOUR2",               false, 0},
        {":TIMebase[:MAIN]:SCALe",       "TIM:SCAL",            true,  1},
        {":TIMebase[:MAIN]:SCALe",       "TIMEBASE:MAIN:SCALE", true,  1},
        {":SYSTem:ERRor[:NEXT]",         "SYST1:ERR",           false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int suffixes[SCPI_SUFFIXES_MAX];
        assert_int_equal(scpi_header_fits(cases[i].pattern, cases[i].header, suffixes), cases[i].fits);
        if (cases[i].fits)
            assert_int_equal(suffixes[0], cases[i].suffix);
    }
}

static void compound_messages_continue_where_they_were(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    assert_string_equal(say(&bench, ":OUTP1:STAT ON;COL BLU;*OPC?;STAT?"), "1;1\n");
    assert_int_equal(bench.gadget.colour, 1);
    assert_string_equal(say(&bench, "outp:stat off;:sour2:lev 2.5;:outp?;:lev?"), "0;2.5\n");
    assert_int_equal(bench.gadget.suffix, 2);
    assert_string_equal(say(&bench, "SYST:ERR?"), "0,\"No error\"\n");
}

static void numbers_carry_units(void **state)
{
    (void)state;
    static const struct {
        const char *message;
        double level;
    } cases[] = {
        {"LEV 1.5",     1.5 },
        {"LEV -2e0",    -2  },
        {"LEV 250mV",   0.25},
        {"LEV 3 V",     3   },
        {"LEV 20MVPP",  0.02},
        {"LEV MAX",     5   },
        {"LEV minimum", -5  },
        {"LEV DEF",     1   },
    };
    struct bench bench;
    set_up(&bench);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        say(&bench, cases[i].message);
        assert_true(bench.gadget.level == cases[i].level);
    }
    assert_int_equal(bench.device.error_count, 0);
}

static void refusals_change_nothing_and_are_queued(void **state)
{
    (void)state;
    static const struct {
        const char *message, *error;
        uint8_t event;
    } cases[] = {
        {"LEV 6",         "-222", SCPI_EVENT_EXECUTION},
        {"LEV abc",       "-104", SCPI_EVENT_COMMAND  },
        {"LEV nan",       "-104", SCPI_EVENT_COMMAND  },
        {"LEV 1furlong",  "-104", SCPI_EVENT_COMMAND  },
        {"LEV",           "-109", SCPI_EVENT_COMMAND  },
        {"LEV 1,2",       "-108", SCPI_EVENT_COMMAND  },
        {"OUTP:COL PINK", "-224", SCPI_EVENT_EXECUTION},
        {"OUTP:COL?",     "-113", SCPI_EVENT_COMMAND  },
        {"WHAT?",         "-113", SCPI_EVENT_COMMAND  },
    };
    struct bench bench;
    set_up(&bench);
    say(&bench, "*CLS;LEV 2");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(say(&bench, cases[i].message), "");
        assert_int_equal(bench.device.event, cases[i].event);
        assert_memory_equal(say(&bench, "SYST:ERR?"), cases[i].error, 4);
        assert_true(bench.gadget.level == 2);
        say(&bench, "*CLS");
    }
}

static void a_full_queue_ends_with_its_overflow(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    for (int i = 0; i < SCPI_QUEUE_MAX + 4; i++)
        say(&bench, "WHAT");
    for (int i = 0; i < SCPI_QUEUE_MAX - 1; i++)
        assert_memory_equal(say(&bench, "SYST:ERR?"), "-113", 4);
    assert_memory_equal(say(&bench, "SYST:ERR?"), "-350", 4);
    assert_string_equal(say(&bench, "SYST:ERR?"), "0,\"No error\"\n");
}

static void common_commands_keep_the_status(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench);
    assert_string_equal(say(&bench, "*IDN?"), "MAKER,MODEL,S1,1.0\n");
    assert_string_equal(say(&bench, "*ESR?"), "128\n"); /* power on, once */
    assert_string_equal(say(&bench, "*ESR?"), "0\n");
    assert_string_equal(say(&bench, "*OPC;*ESR?"), "1\n");
    say(&bench, "*ESE 32;*SRE 32;WHAT");
    assert_string_equal(say(&bench, "*ESE?;*SRE?"), "32;32\n");
    assert_string_equal(say(&bench, "*STB?"), "100\n"); /* 4 queue, 32 event, 64 service */
    say(&bench, "*CLS");
    assert_string_equal(say(&bench, "*STB?"), "0\n");
    say(&bench, "*RST");
    assert_int_equal(bench.gadget.resets, 1);
    say(&bench, "*ESE 256");
    assert_memory_equal(say(&bench, "SYST:ERR?"), "-222", 4);
}

static void long_messages_overrun(void **state)
{
    (void)state;
    struct bench bench;
    char message[SCPI_MESSAGE_MAX + 10];
    set_up(&bench);
    memset(message, 'A', sizeof message - 1);
    message[sizeof message - 1] = '\0';
    assert_string_equal(say(&bench, message), "");
    assert_memory_equal(say(&bench, "SYST:ERR?"), "-363", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_fit_in_short_and_long_form),
        cmocka_unit_test(compound_messages_continue_where_they_were),
        cmocka_unit_test(numbers_carry_units),
        cmocka_unit_test(refusals_change_nothing_and_are_queued),
        cmocka_unit_test(a_full_queue_ends_with_its_overflow),
        cmocka_unit_test(common_commands_keep_the_status),
        cmocka_unit_test(long_messages_overrun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
