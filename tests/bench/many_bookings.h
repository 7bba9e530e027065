/* many_bookings.h - the laboratory whose timetable is measured, alone and with its ledger: a hundred rigs
 * with short bookings one after another, and a class. */
#ifndef TESTS_BENCH_MANY_BOOKINGS_H
#define TESTS_BENCH_MANY_BOOKINGS_H

#include "gateway/booking/plan.h"
#include "gateway/booking/timetable.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define RIGS   100
#define EACH   20 /* bookings of a person */
#define GRID   (20 * CIVIL_MINUTE)
#define LENGTH (15 * CIVIL_MINUTE)
#define START  (20000 * CIVIL_DAY)

static inline double now_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static inline void check(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench: %s failed\n", what);
    exit(1);
}

static inline struct timetable *make_timetable(size_t rigs)
{
    static struct booking_policy policy = {.name = "bench",
                                           .qualification = "",
                                           .rehearsal = "",
                                           .hours_per_week = 1000 * CIVIL_HOUR,
                                           .extend = true};
    static struct timetable_rig table[RIGS];
    static const struct timetable_school school = {1};
    struct timetable_group group = {0, 1, &policy};
    struct timetable_setup setup = {.rigs = table,
                                    .rig_count = rigs,
                                    .schools = &school,
                                    .school_count = 1,
                                    .groups = &group,
                                    .group_count = 1,
                                    .half_life = 14 * CIVIL_DAY};
    for (size_t i = 0; i < RIGS; i++)
        table[i].capabilities = 1;
    struct timetable *timetable = timetable_create(&setup, START, 1);
    check(timetable != NULL, "making the timetable");
    return timetable;
}

/* One after another on each rig, with a gap. */
static inline struct booking_wish wish_of(size_t slot)
{
    struct booking_wish wish = {.rig = (uint16_t)(slot % RIGS), .code = ""};
    wish.starts = START + CIVIL_HOUR + (int64_t)(slot / RIGS) * GRID;
    wish.ends = wish.starts + LENGTH;
    return wish;
}

/* `account`, of the only group, asks for so many at once. */
static inline struct booking_event event_of(const struct booking_wish *wishes, size_t count, uint64_t account,
                                            enum booking_kind kind)
{
    struct booking_event event = {.kind = BOOKING_EVENT_BOOK, .request = 1};
    event.book.account = account;
    event.book.wishes = wishes;
    event.book.count = count;
    event.book.key = "";
    event.book.group = 1;
    event.book.kind = kind;
    return event;
}

/* 200 students in pairs on 20 rigs: 5 sections, 16 weeks. */
enum { STUDENTS = 200, PLACES = 20, WEEKS = 16, SECTIONS = 5 };

struct class
{
    uint64_t students[STUDENTS], parties[STUDENTS * WEEKS];
    struct plan_meeting meetings[WEEKS * SECTIONS];
    uint16_t rigs[PLACES];
    struct roster roster;
    struct booking_wish wishes[BOOKING_BUNDLE_MAX];
};

static inline void make_class(struct class *class)
{
    for (size_t i = 0; i < STUDENTS; i++)
        class->students[i] = 100 + i;
    for (uint16_t i = 0; i < PLACES; i++)
        class->rigs[i] = i;
    for (int i = 0; i < WEEKS * SECTIONS; i++) {
        int64_t day = i / SECTIONS * 7 + i % SECTIONS + 1;
        class->meetings[i].starts = START + day * CIVIL_DAY;
        class->meetings[i].ends = class->meetings[i].starts + 2 * CIVIL_HOUR;
    }
    class->roster = (struct roster){STUDENTS, 2, PLACES, WEEKS, true};
}

/* How many wishes it takes. */
static inline size_t plan_class(struct class *class)
{
    struct plan plan = {.roster = &class->roster,
                        .students = class->students,
                        .rigs = class->rigs,
                        .meetings = class->meetings};
    size_t count = plan_wishes(&plan, class->wishes, BOOKING_BUNDLE_MAX, class->parties);
    check(count == STUDENTS / 2 * WEEKS, "planning the class");
    return count;
}

#endif
