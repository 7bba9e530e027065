#include "gateway/bus/envelope.h"
#include "gateway/bus/translate.h"

#include "proto/lab.pb-c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static struct translator *translator;

static int set_up(void **state)
{
    (void)state;
    translator = translator_create();
    return translator ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    translator_destroy(translator);
    return 0;
}

static int read_request(const Labgate__Request *request, struct request_head *head)
{
    uint8_t bytes[1024];
    assert_true(labgate__request__get_packed_size(request) <= sizeof bytes);
    return translator_read(translator, bytes, labgate__request__pack(request, bytes), head);
}

static void test_classes(void **state)
{
    (void)state;
    struct request_head head;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Stop stop = LABGATE__STOP__INIT;
    request.body_case = LABGATE__REQUEST__BODY_STOP;
    request.stop = &stop;
    assert_int_equal(read_request(&request, &head), 0);
    assert_int_equal(head.class, ENVELOPE_URGENT);
    assert_true(head.is_stop);
    Labgate__Release release = LABGATE__RELEASE__INIT;
    request.body_case = LABGATE__REQUEST__BODY_RELEASE;
    request.release = &release;
    assert_int_equal(read_request(&request, &head), 0);
    assert_int_equal(head.class, ENVELOPE_URGENT);
    assert_false(head.is_stop);
    Labgate__Set set = LABGATE__SET__INIT;
    request.body_case = LABGATE__REQUEST__BODY_SET;
    request.set = &set;
    assert_int_equal(read_request(&request, &head), 0);
    assert_int_equal(head.class, ENVELOPE_COMMAND);
    /* Of a later version: control says that it doesn't know it. */
    assert_int_equal(translator_read(translator, (const uint8_t *)"\xc2\x3e\x00", 3, &head), 0);
    assert_int_equal(head.class, ENVELOPE_COMMAND);
}

static uint64_t likeness(const char *token, uint32_t seat, const char *rig, uint32_t credit)
{
    struct request_head head;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Watch watch = LABGATE__WATCH__INIT;
    Labgate__Cursor cursor = LABGATE__CURSOR__INIT;
    cursor.frame = 41;
    watch.rig = (char *)rig;
    watch.credit = credit;
    watch.cursor = credit > 1 ? &cursor : NULL;
    request.token = (char *)token;
    request.seat = seat;
    request.body_case = LABGATE__REQUEST__BODY_WATCH;
    request.watch = &watch;
    assert_int_equal(read_request(&request, &head), 0);
    assert_int_equal(head.class, ENVELOPE_WATCHING);
    assert_int_equal(head.credit, credit);
    assert_int_equal(head.has_cursor, credit > 1);
    assert_int_equal(head.cursor, credit > 1 ? 41 : 0);
    return head.likeness;
}

static void test_a_watch_is_like_another_for_the_same_token_seat_and_rig(void **state)
{
    (void)state;
    uint64_t like = likeness("secret", 4, "tank-1", 1);
    assert_true(like == likeness("secret", 4, "tank-1", 30));
    assert_true(like != likeness("secreT", 4, "tank-1", 1));
    assert_true(like != likeness("secret", 5, "tank-1", 1));
    assert_true(like != likeness("secret", 4, "tank-2", 1));
    assert_true(like != likeness("secrett", 4, "ank-1", 1));
}

static void test_malformed(void **state)
{
    (void)state;
    struct request_head head;
    static const struct {
        const char *bytes;
        size_t size;
    } wrong[] = {
        {"\xff",                                             1 }, /* a tag that doesn't end */
        {"\x12\x05"
         "ab",                                      4 }, /* a token cut short */
        {"\x12\xff\xff\xff\xff\x0f",                         6 }, /* a token of 4 GiB */
        {"\x08",                                             1 }, /* a number without bytes */
        {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12}, /* a number of 12 bytes */
        {"\xc2\x01\x02\x0a\x09",                             5 }, /* a Watch whose inside is cut short */
        {"\x0f",                                             1 }, /* wire type 7 */
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(translator_read(translator, (const uint8_t *)wrong[i].bytes, wrong[i].size, &head),
                         -1);
}

/* 64 KiB that would unpack to megabytes: many empty accounts in one AccountPut. */
static void test_a_bomb_is_malformed(void **state)
{
    (void)state;
    struct request_head head;
    static uint8_t bytes[65536];
    size_t size = 0, inner = 60000;
    /* Tag 50, length 60000. */
    const uint8_t prefix[] = {0x92, 0x03, (uint8_t)((inner & 0x7f) | 0x80),
                              (uint8_t)(((inner >> 7) & 0x7f) | 0x80), (uint8_t)(inner >> 14)};
    memcpy(bytes, prefix, sizeof prefix);
    size = sizeof prefix;
    for (size_t i = 0; i < inner / 2; i++) {
        bytes[size++] = 0x22; /* import, */
        bytes[size++] = 0x00; /* empty */
    }
    assert_int_equal(translator_read(translator, bytes, size, &head), TRANSLATOR_TOO_MUCH);
    /* The arena is whole again. */
    assert_int_equal(translator_read(translator, (const uint8_t *)"", 0, &head), 0);
}

static void test_refusal(void **state)
{
    (void)state;
    uint8_t bytes[128];
    size_t size = translator_refuse("busy", "wait", bytes, sizeof bytes);
    Labgate__Answer *answer = labgate__answer__unpack(NULL, size, bytes);
    assert_non_null(answer);
    assert_false(answer->ok);
    assert_string_equal(answer->reason, "busy");
    assert_string_equal(answer->message, "wait");
    labgate__answer__free_unpacked(answer, NULL);
    assert_int_equal(translator_refuse("busy", "wait", bytes, 5), 0);
}

/* --- merging ---------------------------------------------------------------------------------- */

struct make {
    uint64_t number, layout;
    bool full;
    uint32_t condition; /* 0: no status */
    const uint32_t *indices;
    size_t count;
};

static size_t make(const struct make *spec, uint8_t *bytes)
{
    Labgate__Answer answer = LABGATE__ANSWER__INIT;
    Labgate__Frame frame = LABGATE__FRAME__INIT;
    Labgate__Cursor cursor = LABGATE__CURSOR__INIT;
    Labgate__RigStatus status = LABGATE__RIG_STATUS__INIT;
    Labgate__Value values[16], *list[16];
    for (size_t i = 0; i < spec->count; i++) {
        labgate__value__init(&values[i]);
        values[i].index = spec->indices[i];
        values[i].time = spec->number;
        list[i] = &values[i];
    }
    status.condition = spec->condition;
    cursor.frame = spec->number;
    frame = (Labgate__Frame){.base = frame.base,
                             .rig = (char *)"r",
                             .cursor = &cursor,
                             .full = spec->full,
                             .gap = !spec->full,
                             .values = list,
                             .n_values = spec->count,
                             .status = spec->condition ? &status : NULL,
                             .layout = spec->layout};
    answer.ok = 1;
    answer.time = spec->number;
    answer.body_case = LABGATE__ANSWER__BODY_FRAME;
    answer.frame = &frame;
    return labgate__answer__pack(&answer, bytes);
}

static Labgate__Answer *merge(const struct make *full, const struct make *delta)
{
    uint8_t first[512], second[512], merged[1024];
    size_t size =
        translator_merge(first, make(full, first), second, make(delta, second), merged, sizeof merged);
    return size > 0 ? labgate__answer__unpack(NULL, size, merged) : NULL;
}

static void test_merging_keeps_what_did_not_change(void **state)
{
    (void)state;
    struct make full = {
        .number = 4, .full = true, .condition = 3, .indices = (uint32_t[]){0, 1, 2, 3},
                   .count = 4
    };
    struct make delta = {
        .number = 5, .indices = (uint32_t[]){3, 1, 7},
             .count = 3
    };
    Labgate__Answer *answer = merge(&full, &delta);
    assert_non_null(answer);
    const Labgate__Frame *frame = answer->frame;
    static const uint64_t times[] = {4, 5, 4, 5, 5}, indices[] = {0, 1, 2, 3, 7};
    assert_int_equal(frame->n_values, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(frame->values[i]->index, indices[i]);
        assert_int_equal(frame->values[i]->time, times[i]);
    }
    assert_true(frame->full && !frame->gap);
    assert_int_equal(frame->cursor->frame, 5);
    assert_int_equal(answer->time, 5);
    assert_int_equal(frame->status->condition, 3);
    labgate__answer__free_unpacked(answer, NULL);
}

static void test_changes_merge_to_changes(void **state)
{
    (void)state;
    struct make older = {
        .number = 4, .condition = 3, .indices = (uint32_t[]){2, 5},
                .count = 2
    };
    struct make newer = {.number = 5, .indices = (uint32_t[]){5}, .count = 1};
    Labgate__Answer *answer = merge(&older, &newer);
    assert_non_null(answer);
    assert_false(answer->frame->full);
    assert_int_equal(answer->frame->n_values, 2);
    assert_int_equal(answer->frame->values[1]->time, 5);
    assert_int_equal(answer->frame->cursor->frame, 5);
    assert_int_equal(answer->frame->status->condition, 3);
    labgate__answer__free_unpacked(answer, NULL);
}

static void test_merging_takes_the_newer_status(void **state)
{
    (void)state;
    struct make full = {.number = 4, .full = true, .condition = 3};
    struct make delta = {.number = 5, .condition = 5};
    Labgate__Answer *answer = merge(&full, &delta);
    assert_non_null(answer);
    assert_int_equal(answer->frame->status->condition, 5);
    labgate__answer__free_unpacked(answer, NULL);
}

static void test_what_is_not_merged(void **state)
{
    (void)state;
    struct make full = {.number = 4, .full = true}, delta = {.number = 5}, other = {.number = 5, .layout = 2};
    assert_null(merge(&full, &other));
    assert_null(merge(&delta, &full));
    uint8_t first[512], second[512], merged[8];
    size_t first_size = make(&full, first), second_size = make(&delta, second);
    assert_int_equal(translator_merge(first, first_size, second, second_size, merged, sizeof merged), 0);
    assert_int_equal(translator_merge(first, first_size, (const uint8_t *)"\xff", 1, merged, sizeof merged),
                     0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_a_watch_is_like_another_for_the_same_token_seat_and_rig),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_a_bomb_is_malformed),
        cmocka_unit_test(test_refusal),
        cmocka_unit_test(test_merging_keeps_what_did_not_change),
        cmocka_unit_test(test_changes_merge_to_changes),
        cmocka_unit_test(test_merging_takes_the_newer_status),
        cmocka_unit_test(test_what_is_not_merged),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
