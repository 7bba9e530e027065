/* What the analysis computes is what the line does: a link whose neighbours fail, under a flood of commands,
 * never lets a read or a safe write wait longer than gateway/analysis/ says; and not much less than that
 * happens. */
#include "gateway/analysis/line.h"
#include "gateway/rig/rig.h"
#include "tests/unit/link/fake.h"

enum { UNITS = 3, POINTS = 6, OUTPUTS = 3, PERIOD = 100, BEAT = 200, SECONDS_EACH = 20, OWN = 0, BAD = 1 };

struct plan {
    struct analysis_read reads[UNITS][POINTS];
    uint16_t points[POINTS];
    int64_t writes[UNITS][POINTS];
    struct analysis_unit units[UNITS];
    struct analysis_line line;
};

/* Every point is polled alone; the first OUTPUTS are written in a safe sequence, the last is the heartbeat.
 */
static void make_plan(struct plan *plan)
{
    *plan = (struct plan){
        .line = {&fake.spec.line, fake.spec.longest, plan->units, UNITS}
    };
    for (uint16_t i = 0; i < POINTS; i++)
        plan->points[i] = i;
    for (uint16_t unit = 0; unit < UNITS; unit++) {
        for (uint16_t i = 0; i < POINTS; i++) {
            plan->reads[unit][i] = (struct analysis_read){PERIOD * MS, fake.cost, &plan->points[i], 1, false};
            plan->writes[unit][i] = i < OUTPUTS ? fake.cost : 0;
        }
        plan->units[unit] = (struct analysis_unit){.rig = unit,
                                                   .reads = plan->reads[unit],
                                                   .read_count = POINTS,
                                                   .writes = plan->writes[unit],
                                                   .point_count = POINTS,
                                                   .outputs = OUTPUTS,
                                                   .beat = BEAT * MS,
                                                   .beat_time = fake.cost};
    }
}

/* --- how the bad one fails ---------------------------------------------------------------------- */

static uint64_t chance;
static unsigned of(unsigned sides)
{
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return (unsigned)(chance % sides);
}

static int everything(const struct fake_event *event)
{
    (void)event;
    return DRIVER_TIMED_OUT;
}
static int every_write(const struct fake_event *event)
{
    return event->kind == FAKE_WRITE ? DRIVER_TIMED_OUT : DRIVER_OK;
}
static int now_and_then(const struct fake_event *event)
{
    (void)event;
    return of(3) ? DRIVER_TIMED_OUT : DRIVER_OK;
}
static int garbled(const struct fake_event *event)
{
    (void)event;
    return of(2) ? DRIVER_GARBLED : DRIVER_TIMED_OUT;
}
static int in_spells(const struct fake_event *event)
{
    return event->began / (700 * MS) % 2 ? DRIVER_TIMED_OUT : DRIVER_OK;
}
static int (*const ways_to_fail[])(const struct fake_event *) = {everything, every_write, now_and_then,
                                                                 garbled, in_spells};
static int (*way)(const struct fake_event *);

/* --- the rest of the world ---------------------------------------------------------------------- */

struct world {
    int64_t beat_due[UNITS];
    int64_t pressed, run_due; /* the others' e-stop, and the run that follows the press; 0: it has begun */
    bool beating[UNITS];
    int64_t asked;       /* when the own safe write was put in; 0: none */
    int64_t worst_write; /* it began so long after */
    bool lossy;          /* each own safe write is lost once, ... */
    int64_t lost;        /* ... this one at this time */
    size_t seen;
};

static struct world world;

/* An own safe write is asked for when a transaction has just begun. */
static int answer(const struct fake_event *event)
{
    if (!world.asked && !of(20)) {
        world.asked = event->began;
        fake_put(LINK_SAFE, OWN, 0, 0, 1, 0);
    }
    if (world.lossy && world.asked && !world.lost && event->kind == FAKE_WRITE && event->instrument == OWN &&
        event->point == 0) {
        world.lost = event->began;
        return DRIVER_TIMED_OUT;
    }
    bool about_it = event->kind == FAKE_READ || event->kind == FAKE_WRITE;
    return about_it && event->instrument == BAD ? way(event) : DRIVER_OK;
}

static void be_safe(void)
{
    for (uint16_t unit = 0; unit < UNITS; unit++)
        for (uint16_t i = 0; unit != OWN && i < OUTPUTS; i++)
            fake_put(LINK_SAFE, unit, i, 0, 1000u * unit + i, 0);
}

/* Somebody leans on the others' e-stop: a press a second is an edge, whose writes the next run repeats. */
static void lean(void)
{
    if (fake.now >= world.pressed + RIG_STOP_EDGES_APART) {
        world.pressed = fake.now;
        world.run_due = fake.now + of(RIG_STOP_EDGES_APART / MS) * MS;
        be_safe();
    }
    if (world.run_due && fake.now >= world.run_due) {
        world.run_due = 0;
        be_safe();
    }
}

static void ask(void)
{
    for (uint16_t unit = 0; unit < UNITS; unit++) {
        if (fake.now >= world.beat_due[unit] && !world.beating[unit]) {
            world.beating[unit] = true;
            world.beat_due[unit] = fake.now + BEAT * MS;
            fake_put(LINK_HEARTBEAT, unit, POINTS - 1, 1, unit, 0);
        }
    }
    lean();
    while (fake_put(LINK_COMMAND, (uint16_t)of(UNITS), 4, of(10), 99, 1) == LINK_OK)
        ;
    link_read(fake.link, (uint16_t)of(UNITS), POINTS - 1);
}

static void take(void)
{
    struct link_report report;
    while (link_next_report(fake.link, &report))
        if (report.kind == LINK_REPORT_WRITTEN && report.written.priority == LINK_HEARTBEAT)
            world.beating[report.instrument] = false;
    for (; world.seen < fake.count; world.seen++) {
        const struct fake_event *event = &fake.events[world.seen];
        if (event->kind != FAKE_WRITE || event->instrument != OWN || event->point != 0 || !world.asked ||
            event->began == world.lost)
            continue;
        if (event->began - world.asked > world.worst_write)
            world.worst_write = event->began - world.asked;
        world.asked = world.lost = 0;
    }
}

/* The longest that a read of a point came after the one before, or did not come until the end. */
static int64_t worst_gap(void)
{
    int64_t last[POINTS] = {0}, worst = 0;
    for (size_t i = 0; i < fake.count; i++) {
        const struct fake_event *event = &fake.events[i];
        if (event->kind != FAKE_READ || event->instrument != OWN)
            continue;
        if (last[event->point] && event->began - last[event->point] > worst)
            worst = event->began - last[event->point];
        last[event->point] = event->began;
    }
    for (size_t i = 0; i < POINTS; i++)
        if (fake.now - last[i] > worst)
            worst = fake.now - last[i];
    return worst;
}

static void play(bool lossy, int64_t *gap, int64_t *write)
{
    world = (struct world){.lossy = lossy};
    fake_start();
    for (uint16_t rig = 0; rig < 2; rig++)
        link_set_epoch(fake.link, rig, 1);
    fake_forget();
    fake.answer = answer;
    for (int64_t end = fake.now + SECONDS_EACH * LINK_SECOND; fake.now < end;) {
        ask();
        fake_run_for(MS);
        take();
    }
    *gap = worst_gap();
    *write = world.worst_write;
}

static struct plan plan;

/* All others are one rig. */
static void play_way(size_t index, bool lossy, int64_t *gap, int64_t *write)
{
    fake_reset(UNITS, POINTS);
    for (uint16_t unit = 0; unit < UNITS; unit++)
        fake.instruments[unit].rig = unit > 0;
    make_plan(&plan);
    way = ways_to_fail[index];
    chance = 88172645463325252u + index;
    play(lossy, gap, write);
    fake_teardown(NULL);
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* --- one that is given up ----------------------------------------------------------------------- */

static int64_t dies_at;

/* Its writes still work, so that nothing but its polls shows it; another one fails meanwhile. */
static int answer_of_the_dead(const struct fake_event *event)
{
    bool about_it = event->kind == FAKE_READ || event->kind == FAKE_WRITE;
    if (event->kind == FAKE_READ && event->instrument == OWN && event->began >= dies_at)
        return DRIVER_TIMED_OUT;
    return about_it && event->instrument == BAD ? way(event) : DRIVER_OK;
}

static bool is_given_up(void)
{
    bool lost = false;
    struct link_report report;
    while (link_next_report(fake.link, &report)) {
        lost |= report.kind == LINK_REPORT_INSTRUMENT && report.instrument == OWN && !report.state.up;
        if (report.kind == LINK_REPORT_WRITTEN && report.written.priority == LINK_HEARTBEAT)
            world.beating[report.instrument] = false;
    }
    return lost;
}

static int64_t time_to_give_up(size_t index)
{
    fake_reset(UNITS, POINTS);
    make_plan(&plan);
    for (size_t i = 0; i < POINTS; i++)
        plan.reads[OWN][i].other_way = true; /* this line shows no late answers to wait for */
    way = ways_to_fail[index];
    world = (struct world){0};
    fake_start();
    for (uint16_t rig = 0; rig < UNITS; rig++)
        link_set_epoch(fake.link, rig, 1);
    fake_forget();
    fake.answer = answer_of_the_dead;
    dies_at = fake.now + LINK_SECOND + of(500) * MS;
    while (!is_given_up() && fake.now < dies_at + SECONDS_EACH * LINK_SECOND) {
        ask();
        fake_run_for(MS);
    }
    int64_t taken = fake.now - dies_at;
    fake_teardown(NULL);
    return taken;
}

enum { WAYS = sizeof(ways_to_fail) / sizeof(*ways_to_fail) };

static void nothing_waits_longer_than_is_computed(void **state)
{
    (void)state;
    int64_t worst_of_gaps = 0, worst_of_writes = 0, wait = 0, blocked = 0;
    for (size_t i = 0; i < WAYS; i++) {
        int64_t gap, write;
        play_way(i, false, &gap, &write);
        wait = analysis_wait(&plan.line, OWN, &plan.reads[OWN][0]);
        blocked = analysis_blocked(&plan.line) + analysis_others_safe(&plan.line, OWN);
        print_message("way %zu: read after %.0f ms, at most %.0f; safe write after %.0f ms, at most %.0f\n",
                      i, (double)gap / MS, (double)(wait / MS + PERIOD), (double)write / MS,
                      (double)blocked / MS);
        assert_true(gap <= PERIOD * MS + wait);
        assert_true(write <= blocked);
        worst_of_gaps = larger(gap, worst_of_gaps);
        worst_of_writes = larger(write, worst_of_writes);
    }
    assert_true(3 * worst_of_gaps > PERIOD * MS + wait); /* the bound is not a multiple of what happens */
    assert_true(3 * worst_of_writes > blocked);
}

static void a_lost_safe_write_is_made_again_in_time(void **state)
{
    (void)state;
    int64_t worst = 0, most = 0;
    for (size_t i = 0; i < WAYS; i++) {
        int64_t gap, write;
        play_way(i, true, &gap, &write);
        most = analysis_blocked(&plan.line) + analysis_others_safe(&plan.line, OWN) +
               analysis_write_again(&plan.line, OWN);
        print_message("way %zu: lost safe write again after %.0f ms, at most %.0f\n", i, (double)write / MS,
                      (double)most / MS);
        assert_true(write <= most);
        worst = larger(write, worst);
    }
    assert_true(3 * worst > most);
}

static void what_is_silent_is_given_up_in_time(void **state)
{
    (void)state;
    int64_t worst = 0, most = 0;
    chance = 88172645463325252u;
    for (size_t i = 0; i < 5 * WAYS; i++) {
        int64_t taken = time_to_give_up(i % WAYS);
        most = analysis_given_up(&plan.line, OWN, 3);
        assert_true(taken <= most);
        worst = larger(taken, worst);
    }
    print_message("given up after %.0f ms, at most %.0f\n", (double)worst / MS, (double)most / MS);
    assert_true(4 * worst > most);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_waits_longer_than_is_computed),
        cmocka_unit_test(a_lost_safe_write_is_made_again_in_time),
        cmocka_unit_test(what_is_silent_is_given_up_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
