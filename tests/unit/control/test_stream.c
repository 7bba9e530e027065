/* A rig's history against a model that keeps every frame: what is young and fits is there, byte for byte,
 * however the ring has grown and wrapped; what is not there is said to be gone. */
#include "gateway/control/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FRAMES = 20000, RING = 65536, LONGEST = 900, PLACES = 4096 };
#define LIFE 1000

struct model {
    size_t lengths[FRAMES + 1];
    int64_t at[FRAMES + 1];
    uint64_t newest;
};

static uint8_t byte_of(uint64_t frame, size_t index)
{
    return (uint8_t)(frame * 31 + index * 7 + (frame >> 8));
}

static void append(struct stream *stream, struct model *model, size_t length, int64_t now)
{
    uint8_t bytes[LONGEST];
    uint64_t frame = ++model->newest;
    for (size_t i = 0; i < length; i++)
        bytes[i] = byte_of(frame, i);
    model->lengths[frame] = length;
    model->at[frame] = now;
    assert_int_equal(stream_append(stream, bytes, length, now), frame);
}

/* The frame before the oldest that must be kept. */
static uint64_t kept_from(const struct model *model)
{
    uint64_t from = model->newest;
    size_t bytes = 0;
    while (from > 0 && model->newest - from < PLACES && bytes + model->lengths[from] <= RING &&
           model->at[model->newest] - model->at[from] <= LIFE)
        bytes += model->lengths[from--];
    return from;
}

static void check_since(const struct stream *stream, const struct model *model, uint64_t from)
{
    static uint8_t bytes[RING];
    size_t length, at = 0;
    uint64_t last;
    assert_true(stream_since(stream, from, bytes, sizeof bytes, &length, &last));
    assert_int_equal(last, model->newest);
    for (uint64_t frame = from + 1; frame <= last; frame++)
        for (size_t i = 0; i < model->lengths[frame]; i++)
            assert_int_equal(bytes[at++], byte_of(frame, i));
    assert_int_equal(at, length);
}

static void check_all(const struct stream *stream, const struct model *model)
{
    size_t length;
    uint64_t last, from = kept_from(model);
    check_since(stream, model, from);
    check_since(stream, model, model->newest);
    if (from > 0)
        assert_false(stream_since(stream, from - 1, NULL, 0, &length, &last));
}

/* Begins quietly, so that the ring wraps while it is small, and grows at another phase of its wrapping in
 * each round. */
static void test_keeps_what_fits_and_is_young(void **state)
{
    (void)state;
    srand(1);
    for (int round = 0; round < 40; round++) {
        static struct model model;
        struct stream *stream = stream_create(RING, LIFE);
        int64_t now = 0;
        assert_non_null(stream);
        model.newest = 0;
        while (model.newest < FRAMES / 10) {
            int pause = rand() % (int)(1 + 300 * (FRAMES / 10 - model.newest) / (FRAMES / 10));
            append(stream, &model, (size_t)rand() % LONGEST, now += pause);
            if (model.newest % 8 == 0)
                check_all(stream, &model);
        }
        stream_destroy(stream);
    }
}

/* As many frames as there are places, empty ones too. */
static void test_keeps_many_short_frames(void **state)
{
    (void)state;
    static struct model model;
    struct stream *stream = stream_create(RING, LIFE);
    while (model.newest < FRAMES / 2) {
        append(stream, &model, model.newest % 2, 0);
        if (model.newest % 61 == 0)
            check_all(stream, &model);
    }
    stream_destroy(stream);
}

static void test_a_frame_larger_than_the_ring_empties_it(void **state)
{
    (void)state;
    static uint8_t large[5000];
    uint8_t bytes[16];
    size_t length;
    uint64_t last;
    struct stream *stream = stream_create(4096, LIFE);
    assert_int_equal(stream_append(stream, large, 100, 1), 1);
    assert_int_equal(stream_append(stream, large, sizeof large, 2), 2);
    assert_false(stream_since(stream, 1, bytes, sizeof bytes, &length, &last));
    assert_int_equal(stream_append(stream, (const uint8_t *)"abc", 3, 3), 3);
    assert_true(stream_since(stream, 2, bytes, sizeof bytes, &length, &last));
    assert_int_equal(last, 3);
    assert_memory_equal(bytes, "abc", 3);
    stream_destroy(stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keeps_what_fits_and_is_young),
        cmocka_unit_test(test_keeps_many_short_frames),
        cmocka_unit_test(test_a_frame_larger_than_the_ring_empties_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
