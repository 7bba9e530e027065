/* What a verify step has to wait for, and how long it has. */
#include "gateway/analysis/sequence.h"
#include "tests/unit/analysis/plan.h"

struct bench {
    struct rig_point_spec points[3];
    struct rig_assignment items[2], output;
    struct rig_step_spec steps[4];
    struct rig_spec spec;
    struct analysis_line line;
    const struct analysis_line *lines[1];
    struct analysis_place places[3];
    struct analysis_rig rig;
};

/* Write, wait 5 ms, look at points 0 and 2, of which 2 is read on request only. */
static void make(struct bench *b)
{
    *b = (struct bench){
        .items = {{.point = 0}, {.point = 2}},
        .output = {          .point = 1           },
        .line = { &tcp,           250 * MS,          &unit, 1},
        .places = {                        {0, 0, 0},   {0, 0, 1},                       {0, 0, 2}},
    };
    b->steps[0] = (struct rig_step_spec){RIG_STEP_SET, &b->output, 1, 1000 * MS};
    b->steps[1] = (struct rig_step_spec){.kind = RIG_STEP_WAIT, .within = 5 * MS};
    b->steps[2] = (struct rig_step_spec){RIG_STEP_VERIFY, b->items, 2, 2000 * MS};
    b->spec = (struct rig_spec){.points = b->points, .point_count = 3, .safe = b->steps, .safe_count = 3};
    b->lines[0] = &b->line;
    b->rig = (struct analysis_rig){0, &b->spec, b->places, b->lines};
}

static void take(void *context, const struct analysis_finding *finding)
{
    *(struct analysis_finding *)context = *finding;
}

static struct analysis_finding found(const struct bench *b)
{
    struct analysis_finding finding = {.step = SIZE_MAX};
    analysis_sequence(&b->rig, take, &finding);
    return finding;
}

static void a_read_is_made_once_for_all_that_it_shows(void **state)
{
    (void)state;
    struct bench b;
    make(&b);
    assert_int_equal(analysis_verify_alone(&b.rig, b.items, 2), (10 + 30) * MS);
    assert_int_equal(analysis_verify(&b.rig, b.items, 2),
                     analysis_wait(&b.line, 0, NULL) + (10 + 30) * MS + ANALYSIS_DECISION);
    b.places[2].point = 0;
    assert_int_equal(analysis_verify_alone(&b.rig, b.items, 2), 10 * MS);
}

static void a_step_that_cannot_have_read_its_points_is_found(void **state)
{
    (void)state;
    struct bench b;
    make(&b);
    assert_true(found(&b).step == SIZE_MAX);
    b.steps[2].within = 34 * MS;
    assert_int_equal(found(&b).fault, ANALYSIS_UNREADABLE_IN_TIME);
    assert_int_equal(found(&b).step, 2);
    assert_int_equal(found(&b).time, 40 * MS);
    b.steps[2].within = 35 * MS; /* what was read in the wait counts */
    assert_int_equal(found(&b).fault, ANALYSIS_MAY_BE_READ_LATE);
    b.steps[2].within = analysis_verify(&b.rig, b.items, 2) - 5 * MS;
    assert_true(found(&b).step == SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_read_is_made_once_for_all_that_it_shows),
        cmocka_unit_test(a_step_that_cannot_have_read_its_points_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
