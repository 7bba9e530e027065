/* A booking with everything that it takes, checked and durable, among a thousand to a million: against a bare
 * SQLite commit of one row on the same disk, turn by turn. And a class, planned and stored in one
 * transaction.
 *
 * The bare database has the ledger's settings and as many rows, filled in the same groups. A new one would
 * not do: until its log has been checkpointed once each commit makes the log's file longer, which the file
 * system has to make durable too, and which took five times as long as a booking in a log that is used
 * again. */
#include "gateway/ledger/ledger.h"
#include "tests/bench/bench.h"
#include "tests/bench/many_bookings.h"
#include "tests/bench/plot.h"

#include <dirent.h>
#include <math.h>
#include <poll.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define STORED  1000000
#define SPARE   400 /* of so many slots one is left free for those that are measured */
#define SAMPLES 600
#define RUNS    5
#define ACTIONS 1024

static char directory[256];
static int wake;
static struct ledger *ledger;

/* ---- our side ------------------------------------------------------------------------------------------ */

static void open_ledger(const char *name)
{
    struct ledger_contents contents;
    char why[256];
    const char *build = getenv("BUILD");
    snprintf(directory, sizeof directory, "%s/%s-XXXXXX", build != NULL ? build : "build", name);
    check(mkdtemp(directory) != NULL, "making a folder");
    check(ledger_open(directory, wake, &ledger, &contents, why, sizeof why) == LEDGER_OK, "opening a ledger");
    ledger_free_contents(&contents);
}

static void close_ledger(void)
{
    ledger_close(ledger);
    DIR *folder = opendir(directory);
    struct dirent *entry;
    char path[600];
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        unlink(path);
    }
    closedir(folder);
    rmdir(directory);
}

static struct ledger_event wait_event(void)
{
    struct ledger_event event;
    while (!ledger_next_event(ledger, &event)) {
        struct pollfd wanted = {.fd = wake, .events = POLLIN};
        uint64_t count;
        poll(&wanted, 1, 1000);
        if (read(wake, &count, sizeof count) < 0)
            continue;
    }
    return event;
}

static struct ledger_booking row_of(const struct booking *booking)
{
    struct ledger_booking row = {.id = booking->id,
                                 .account = booking->account,
                                 .starts = booking->starts,
                                 .ends = booking->ends,
                                 .made = START,
                                 .state = LEDGER_CONFIRMED,
                                 .kind = (int)booking->kind,
                                 .charged = true};
    snprintf(row.rig, sizeof row.rig, "rig-%u", booking->rig);
    snprintf(row.group, sizeof row.group, "group");
    for (size_t i = 0; i < booking->party_count; i++)
        row.party[i] = booking->party[i];
    return row;
}

/* ---- the peer ------------------------------------------------------------------------------------------ */

static sqlite3 *bare;
static sqlite3_stmt *bare_insert;

static void open_bare(void)
{
    char path[300];
    snprintf(path, sizeof path, "%s/bare.sqlite", directory);
    check(sqlite3_open(path, &bare) == SQLITE_OK, "opening a bare database");
    check(sqlite3_exec(bare,
                       "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                       "PRAGMA secure_delete = ON; PRAGMA cache_size = -512;"
                       "PRAGMA journal_size_limit = 4194304; PRAGMA temp_store = MEMORY;"
                       "CREATE TABLE row(id INTEGER PRIMARY KEY, rig TEXT, starts INTEGER, ends INTEGER)",
                       NULL, NULL, NULL) == SQLITE_OK,
          "making a bare table");
    check(sqlite3_prepare_v2(bare, "INSERT INTO row(rig, starts, ends) VALUES (?1, ?2, ?3)", -1, &bare_insert,
                             NULL) == SQLITE_OK,
          "a bare statement");
}

static void execute_bare(const char *sql)
{
    check(sqlite3_exec(bare, sql, NULL, NULL, NULL) == SQLITE_OK, sql);
}

static void begin_bare(void)
{
    execute_bare("BEGIN IMMEDIATE");
}

static void end_bare(void)
{
    execute_bare("COMMIT");
}

/* A commit of its own where none has begun. */
static void commit_bare(size_t i)
{
    sqlite3_bind_text(bare_insert, 1, "rig-1", -1, SQLITE_STATIC);
    sqlite3_bind_int64(bare_insert, 2, (sqlite3_int64)i);
    sqlite3_bind_int64(bare_insert, 3, (sqlite3_int64)i + 1);
    check(sqlite3_step(bare_insert) == SQLITE_DONE, "a bare commit");
    sqlite3_reset(bare_insert);
}

/* ---- a booking, as the gateway makes it ---------------------------------------------------------------- */

static void book(struct timetable *timetable, const struct booking_wish *wishes, size_t count,
                 uint64_t account, enum booking_kind kind)
{
    static struct booking_action room[ACTIONS];
    struct booking_actions actions = {.list = room, .capacity = ACTIONS};
    struct booking_time now = {START, 1};
    struct booking_event event = event_of(wishes, count, account, kind);
    timetable_handle(timetable, &event, now, &actions);
    check(actions.count == 1 && room[0].kind == BOOKING_ACTION_STORE, "a booking");
    struct ledger_booking *rows = malloc(count * sizeof *rows);
    struct booking *stored = malloc(count * sizeof *stored);
    check(rows != NULL && stored != NULL, "memory");
    for (size_t i = 0; i < count; i++) {
        rows[i] = row_of(&room[0].rows[i]);
        stored[i] = room[0].rows[i];
    }
    check(ledger_store(ledger, 1, rows, count, NULL) == LEDGER_OK, "handing it to the ledger");
    struct ledger_event done = wait_event();
    check(done.result == LEDGER_OK, "storing it");
    for (size_t i = 0; i < count; i++) {
        stored[i].id = done.rows[i].id;
        stored[i].bundle = done.rows[i].bundle;
    }
    struct booking_event answer = {.kind = BOOKING_EVENT_STORED};
    answer.stored.ticket = room[0].ticket;
    answer.stored.result = BOOKING_STORED;
    answer.stored.rows = stored;
    answer.stored.count = count;
    actions.count = 0;
    timetable_handle(timetable, &answer, now, &actions);
    check(actions.count == 1 && room[0].result == BOOKING_OK, "the answer");
    free(done.rows);
    free(stored);
}

static uint64_t account_of(size_t slot)
{
    return 1 + slot * UINT64_C(2654435761) % (STORED / EACH);
}

struct filled {
    size_t slot, made;
};

static struct booking booking_in(size_t slot)
{
    struct booking_wish wish = wish_of(slot);
    return (struct booking){.account = account_of(slot),
                            .rig = wish.rig,
                            .starts = wish.starts,
                            .ends = wish.ends,
                            .group = 1,
                            .charged = true,
                            .state = BOOKING_CONFIRMED};
}

/* As many as fit into one transaction, on either side. */
static void fill_group(struct timetable *timetable, struct filled *filled, size_t most)
{
    static struct booking bookings[LEDGER_BUNDLE_MAX];
    struct ledger_booking *rows = calloc(LEDGER_BUNDLE_MAX, sizeof *rows);
    size_t count = 0;
    check(rows != NULL, "memory");
    begin_bare();
    for (; count < LEDGER_BUNDLE_MAX && count < most; filled->slot++) {
        if (filled->slot % SPARE == 0)
            continue;
        bookings[count] = booking_in(filled->slot);
        rows[count] = row_of(&bookings[count]);
        commit_bare(count++);
    }
    end_bare();
    check(ledger_store(ledger, 1, rows, count, NULL) == LEDGER_OK, "handing a group to the ledger");
    struct ledger_event done = wait_event();
    check(done.result == LEDGER_OK && done.row_count == count, "filling the ledger");
    for (size_t i = 0; i < count; i++) {
        bookings[i].id = done.rows[i].id;
        check(timetable_load(timetable, &bookings[i]), "filling the timetable");
    }
    filled->made += count;
    free(done.rows);
}

static void fill(struct timetable *timetable, struct filled *filled, size_t until)
{
    while (filled->made < until)
        fill_group(timetable, filled, until - filled->made);
}

/* ---- what is measured ---------------------------------------------------------------------------------- */

struct pair {
    double ours, theirs; /* us */
};

static double time_booking(struct timetable *timetable, size_t spare, size_t i)
{
    struct booking_wish wish = wish_of(spare * 7 % (STORED / SPARE) * SPARE);
    double begun = now_us();
    book(timetable, &wish, 1, account_of(i), BOOKING_PERSONAL);
    return now_us() - begun;
}

static double time_bare(size_t i)
{
    double begun = now_us();
    commit_bare(i);
    return now_us() - begun;
}

/* Medians of pairs, of which either side is first in turn. */
static struct pair measure_among(struct timetable *timetable, size_t *spare)
{
    static double ours[SAMPLES], theirs[SAMPLES];
    for (size_t i = 0; i < SAMPLES; i++) {
        if (i % 2)
            theirs[i] = time_bare(i);
        ours[i] = time_booking(timetable, (*spare)++, i);
        if (i % 2 == 0)
            theirs[i] = time_bare(i);
    }
    return (struct pair){bench_median(ours, SAMPLES), bench_median(theirs, SAMPLES)};
}

static void measure_bookings(void)
{
    struct plot plot = {.title =
                            "A durable booking among so many, of a bare commit then, against one among 1000",
                        .log_bound = true};
    struct filled filled = {0};
    struct pair pair = {0};
    double first = 0;
    size_t spare = 0;
    open_ledger("bench-ledger");
    open_bare();
    struct timetable *timetable = make_timetable(RIGS);
    for (size_t among = 1000; among <= STORED; among *= 10) {
        fill(timetable, &filled, among);
        pair = measure_among(timetable, &spare);
        double relative = pair.ours / pair.theirs; /* the disk's time is not the same all the while */
        first = among == 1000 ? relative : first;
        fprintf(stderr, "a booking, durable, among %zu: %.0f us; a bare commit: %.0f us\n", among, pair.ours,
                pair.theirs);
        char name[80];
        snprintf(name, sizeof name, "ledger: a durable booking among %zu, of a bare commit, against 1000",
                 among);
        bench_at_most(name, relative / first, log10((double)among) / 3, "times");
        plot_add(&plot, (double)among, relative / first);
    }
    bench_at_most("ledger: a durable booking among 10^6, of a bare SQLite commit", pair.ours / pair.theirs, 2,
                  "times");
    plot_write(&plot, "booking-durable.svg");
    sqlite3_finalize(bare_insert);
    sqlite3_close(bare);
    timetable_destroy(timetable);
    close_ledger();
}

static void measure_class(void)
{
    static struct class class;
    double runs[RUNS];
    make_class(&class);
    for (int run = 0; run < RUNS; run++) {
        open_ledger("bench-class");
        struct timetable *timetable = make_timetable(PLACES);
        double begun = now_us();
        book(timetable, class.wishes, plan_class(&class), 1, BOOKING_CLASS);
        runs[run] = (now_us() - begun) / 1000;
        timetable_destroy(timetable);
        close_ledger();
    }
    bench_at_most("ledger: a class of 200 on 20 rigs for 16 weeks, planned and durable",
                  bench_median(runs, RUNS), 300, "ms");
}

int main(void)
{
    wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    measure_class();
    measure_bookings();
    return 0;
}
