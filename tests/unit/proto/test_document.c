/* The bytes in docs/protocol.md mean what the page says. */
#include "proto/lab.pb-c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Appends the leading pairs of hexadecimal digits of a text, "|" between them ignored. */
static size_t take_hex(const char *text, uint8_t *bytes)
{
    size_t size = 0;
    unsigned byte;
    int used;
    for (; *text == ' ' || *text == '|'; text++)
        ;
    while (sscanf(text, "%2x%n", &byte, &used) == 1 && used == 2 && (text[2] == ' ' || text[2] == '\n')) {
        bytes[size++] = (uint8_t)byte;
        for (text += 2; *text == ' ' || *text == '|'; text++)
            if (strncmp(text, "   ", 3) == 0)
                return size; /* the explanation follows */
    }
    return size;
}

/* The bytes of the lines that begin with this mark; with `longest` those of the longest single line. */
static size_t read_example(const char *mark, bool longest, uint8_t *bytes)
{
    FILE *file = fopen("docs/protocol.md", "r");
    if (!file)
        fail_msg("cannot open docs/protocol.md: run the test from the root of the sources");
    char line[512];
    uint8_t own[512];
    size_t size = 0;
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, mark, strlen(mark)) != 0)
            continue;
        size_t count = take_hex(line + strlen(mark), own);
        if (longest && count <= size)
            continue;
        size = longest ? 0 : size;
        memcpy(bytes + size, own, count);
        size += count;
    }
    fclose(file);
    return size;
}

static void check_head(const uint8_t *bytes, size_t size)
{
    static const uint8_t id[] = {0x80, 0, 0, 1}, zeros[7] = {0};
    assert_memory_equal(bytes, zeros, sizeof zeros);
    assert_int_equal(bytes[7], size - 8);
    assert_memory_equal(bytes + 8, id, sizeof id);
}

static void test_the_command(void **state)
{
    (void)state;
    uint8_t bytes[512];
    size_t size = read_example("    > ", false, bytes);
    /* The watch's line comes after it, with an id of its own. */
    size = 8 + bytes[7];
    check_head(bytes, size);
    Labgate__Request *request = labgate__request__unpack(NULL, size - 12, bytes + 12);
    assert_non_null(request);
    assert_string_equal(request->token, "k7Q");
    assert_int_equal(request->seat, 3);
    assert_int_equal(request->seen, 5000000000);
    assert_int_equal(request->elapsed, 40000000);
    assert_int_equal(request->body_case, LABGATE__REQUEST__BODY_SET);
    assert_string_equal(request->set->point, "plc.pump");
    assert_true(request->set->value->number == 35.0);
    assert_int_equal(request->set->epoch, 9);
    assert_int_equal(request->set->sequence, 12);
    labgate__request__free_unpacked(request, NULL);
}

static void test_its_answer(void **state)
{
    (void)state;
    uint8_t bytes[512];
    size_t size = read_example("    < ", false, bytes);
    check_head(bytes, size);
    Labgate__Answer *answer = labgate__answer__unpack(NULL, size - 12, bytes + 12);
    assert_non_null(answer);
    assert_true(answer->ok);
    assert_int_equal(answer->time, 5250000000);
    assert_int_equal(answer->boot, 4);
    assert_int_equal(answer->wall, 1790000000000);
    assert_int_equal(answer->body_case, LABGATE__ANSWER__BODY_SET);
    assert_true(answer->set->verified && answer->set->value == 35.0 && answer->set->before == 20.0);
    assert_int_equal(answer->set->sequence, 12);
    labgate__answer__free_unpacked(answer, NULL);
}

static void test_the_refusal(void **state)
{
    (void)state;
    uint8_t bytes[512];
    size_t size = read_example("    08 01 |", false, bytes + 2);
    bytes[0] = 0x08;
    bytes[1] = 0x01;
    Labgate__Answer *answer = labgate__answer__unpack(NULL, size + 2, bytes);
    assert_non_null(answer);
    assert_false(answer->ok);
    assert_string_equal(answer->reason, "busy");
    assert_string_equal(answer->message, "wait");
    labgate__answer__free_unpacked(answer, NULL);
}

static void test_the_watch(void **state)
{
    (void)state;
    uint8_t bytes[512];
    size_t size = read_example("    > ", true, bytes);
    Labgate__Request *request = labgate__request__unpack(NULL, size - 4, bytes + 4);
    assert_non_null(request);
    assert_int_equal(request->body_case, LABGATE__REQUEST__BODY_WATCH);
    assert_string_equal(request->watch->rig, "tank-1");
    assert_int_equal(request->watch->credit, 8);
    assert_int_equal(request->watch->cursor->boot, 4);
    assert_int_equal(request->watch->cursor->frame, 731);
    labgate__request__free_unpacked(request, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_command),
        cmocka_unit_test(test_its_answer),
        cmocka_unit_test(test_the_refusal),
        cmocka_unit_test(test_the_watch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
