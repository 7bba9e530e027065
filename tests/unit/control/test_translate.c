/* What a request's bytes may hold. */
#include "gateway/control/translate.h"
#include "proto/lab.pb-c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static bool is_taken(const Labgate__Request *message)
{
    uint8_t bytes[1024];
    struct request request;
    struct arena *arena = arena_create(65536);
    size_t length = labgate__request__pack(message, bytes);
    bool taken = translate_request(arena, bytes, length, &request);
    assert_false(arena_was_exhausted(arena));
    arena_destroy(arena);
    return taken;
}

static bool takes_token(char *token)
{
    Labgate__Request message = LABGATE__REQUEST__INIT;
    message.token = token;
    return is_taken(&message);
}

static bool takes_rig(char *rig)
{
    Labgate__Show show = LABGATE__SHOW__INIT;
    Labgate__Request message = LABGATE__REQUEST__INIT;
    show.rig = rig;
    message.body_case = LABGATE__REQUEST__BODY_SHOW;
    message.show = &show;
    return is_taken(&message);
}

static bool takes_points(char *first, char *second)
{
    char *points[] = {first, second};
    Labgate__Get get = LABGATE__GET__INIT;
    Labgate__Request message = LABGATE__REQUEST__INIT;
    get.points = points;
    get.n_points = 2;
    message.body_case = LABGATE__REQUEST__BODY_GET;
    message.get = &get;
    return is_taken(&message);
}

static bool takes_value(char *text)
{
    Labgate__Scalar scalar = LABGATE__SCALAR__INIT;
    Labgate__Set set = LABGATE__SET__INIT;
    Labgate__Request message = LABGATE__REQUEST__INIT;
    scalar.kind_case = LABGATE__SCALAR__KIND_TEXT;
    scalar.text = text;
    set.value = &scalar;
    message.body_case = LABGATE__REQUEST__BODY_SET;
    message.set = &set;
    return is_taken(&message);
}

/* Not only what is refused by name is written down and told to others, who may refuse to read it. */
static void text_that_is_not_utf8_is_no_request(void **state)
{
    (void)state;
    static char good[] = "水箱-1", bad[] = "\xff\xfe", cut[] = "\xe6\xb0", surrogate[] = "\xed\xa0\x80";
    assert_true(takes_token(good) && takes_rig(good) && takes_points(good, good) && takes_value(good));
    char *wrong[] = {bad, cut, surrogate};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(takes_token(wrong[i]));
        assert_false(takes_rig(wrong[i]));
        assert_false(takes_points(good, wrong[i]));
        assert_false(takes_value(wrong[i]));
    }
}

/* Of a choice only what was chosen is looked at. */
static void a_number_is_no_text(void **state)
{
    (void)state;
    Labgate__Scalar scalar = LABGATE__SCALAR__INIT;
    Labgate__Set set = LABGATE__SET__INIT;
    Labgate__Request message = LABGATE__REQUEST__INIT;
    scalar.kind_case = LABGATE__SCALAR__KIND_NUMBER;
    scalar.number = 35;
    set.value = &scalar;
    message.body_case = LABGATE__REQUEST__BODY_SET;
    message.set = &set;
    assert_true(is_taken(&message));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_that_is_not_utf8_is_no_request),
        cmocka_unit_test(a_number_is_no_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
