/* Rosters of many sizes: nobody is in two places, no rig has too many, everybody gets around. */
#include "gateway/booking/roster.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STUDENTS_MAX 220
#define RIGS_MAX     24

struct counts {
    size_t on_rig[STUDENTS_MAX][RIGS_MAX];
    size_t together[STUDENTS_MAX][STUDENTS_MAX];
};

static void count_meeting(const struct roster *roster, size_t meeting, struct counts *counts)
{
    struct roster_place places[STUDENTS_MAX];
    for (size_t i = 0; i < roster->students; i++) {
        places[i] = roster_find(roster, i, meeting);
        assert_true(places[i].rig < roster->rigs && places[i].section < roster_sections(roster));
        assert_true(places[i].seat < roster->group_size);
        assert_int_equal(places[i].section, roster_find(roster, i, 0).section);
        counts->on_rig[i][places[i].rig]++;
        for (size_t j = 0; j < i; j++) {
            if (places[i].section != places[j].section || places[i].rig != places[j].rig)
                continue;
            assert_int_not_equal(places[i].seat, places[j].seat);
            counts->together[i][j]++;
        }
    }
}

static void spread(const size_t *counts, size_t count, size_t *least, size_t *most)
{
    *least = SIZE_MAX;
    *most = 0;
    for (size_t i = 0; i < count; i++) {
        *least = counts[i] < *least ? counts[i] : *least;
        *most = counts[i] > *most ? counts[i] : *most;
    }
}

static void every_roster_is_fair(void **state)
{
    (void)state;
    struct counts *counts = malloc(sizeof *counts);
    for (size_t students = 1; students <= 60; students += 1 + students / 8)
        for (size_t size = 1; size <= 4; size++)
            for (size_t rigs = 1; rigs <= 12; rigs++)
                for (int rotate = 0; rotate < 2; rotate++) {
                    struct roster roster = {students, size, rigs, 16, rotate != 0};
                    memset(counts, 0, sizeof *counts);
                    for (size_t meeting = 0; meeting < roster.meetings; meeting++)
                        count_meeting(&roster, meeting, counts);
                    size_t sections = roster_sections(&roster), groups = (students + size - 1) / size;
                    assert_int_equal(sections, (groups + rigs - 1) / rigs);
                    bool full = students == sections * rigs * size;
                    for (size_t i = 0; i < students; i++) {
                        size_t least, most;
                        spread(counts->on_rig[i], rigs, &least, &most);
                        if (!rotate || full)
                            assert_true(most - least <= 1);
                    }
                }
    free(counts);
}

/* 200 students, 20 rigs, 16 weeks, rotating pairs. */
static void a_large_class_has_new_partners_each_week(void **state)
{
    (void)state;
    struct counts *counts = calloc(1, sizeof *counts);
    struct roster roster = {200, 2, 20, 16, true};
    assert_int_equal(roster_sections(&roster), 5);
    for (size_t meeting = 0; meeting < roster.meetings; meeting++)
        count_meeting(&roster, meeting, counts);
    for (size_t i = 0; i < roster.students; i++) {
        size_t least, most, meetings = 0, repeated = 0;
        spread(counts->on_rig[i], roster.rigs, &least, &most);
        assert_int_equal(most, 1);
        for (size_t j = 0; j < roster.students; j++) {
            size_t times = counts->together[i > j ? i : j][i > j ? j : i];
            meetings += times;
            repeated += times > 1;
        }
        assert_int_equal(meetings, 16); /* always with somebody */
        assert_int_equal(repeated, 0);
    }
    free(counts);
}

static void without_rotation_partners_stay(void **state)
{
    (void)state;
    struct roster roster = {8, 2, 5, 10, false};
    for (size_t meeting = 0; meeting < roster.meetings; meeting++)
        for (size_t row = 0; row < 4; row++)
            assert_int_equal(roster_find(&roster, row, meeting).rig,
                             roster_find(&roster, row + 4, meeting).rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_roster_is_fair),
        cmocka_unit_test(a_large_class_has_new_partners_each_week),
        cmocka_unit_test(without_rotation_partners_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
