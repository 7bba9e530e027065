/* What goes wrong on a line: an episode arms one kind of fault or several, lets them strike, clears them, and
 * waits until the line is back at its full rate. */
#include "tests/campaign/campaign.h"

#include <math.h>
#include <string.h>

#define PERIODS_STEADY 3            /* at full rate for so long: it is back */
#define GIVE_UP        (6 * SECOND) /* it is not coming back */
#define LONGEST_DELAY  (1400 * MS)  /* of a late reply; docs/line-discipline.md says what is beyond */

/* --- arguments ---------------------------------------------------------------------------------------- */

/* Evenly over the orders of magnitude. */
static int64_t draw_time(struct line *line, int64_t least, int64_t most)
{
    return (int64_t)((double)least * pow((double)most / (double)least, random_fraction(&line->random)));
}

static void print_time(int64_t time, char *text, size_t capacity)
{
    snprintf(text, capacity, "%.3fms", (double)time / MS);
}

static void draw_late(struct line *line, char *text, size_t capacity, int64_t *delay)
{
    *delay = draw_time(line, 2 * MS, LONGEST_DELAY);
    print_time(*delay, text, capacity);
}

/* Where nothing but its place tells an answer from another, only after the question has timed out. */
static void draw_foreign(struct line *line, char *text, size_t capacity, int64_t *delay)
{
    int64_t least = line->transport == TCP ? 1 * MS : line->spec.line.timeout + 60 * MS;
    *delay = draw_time(line, least, LONGEST_DELAY);
    print_time(*delay, text, capacity);
}

static void draw_gap(struct line *line, char *text, size_t capacity, int64_t *delay)
{
    bool scope = line->transport >= SCPI_TCP;
    int64_t gap = scope ? draw_time(line, MS / 10, MS) : draw_time(line, MS / 2, 8 * MS);
    if (scope)
        *delay = gap * (BLOCK_SIZE + 20); /* a record goes on leaving for so long */
    print_time(gap, text, capacity);
}

static void draw_later(struct line *line, char *text, size_t capacity, int64_t *delay)
{
    (void)delay;
    print_time(draw_time(line, 20 * MS, 900 * MS), text, capacity);
}

static void draw_code(struct line *line, char *text, size_t capacity, int64_t *delay)
{
    (void)delay;
    snprintf(text, capacity, "%u", 1 + random_below(&line->random, 11));
}

/* --- kinds ---------------------------------------------------------------------------------------------- */

#define ON(transport) (1u << (transport))
#define MODBUS        (ON(RTU) | ON(TCP))
#define SCPI          (ON(SCPI_TCP) | ON(SCPI_PTY))
#define ALL           (MODBUS | SCPI)

const struct kind kinds[] = {
    {.name = "late",        .transports = ALL, .draw = draw_late, .share = 4},
    {.name = "lost",    .transports = ALL, .revealed = true, .share = 2},
    {.name = "unheard",                     .transports = ALL, .revealed = true, .share = 2},
    {.name = "silent", .transports = SCPI, .share = 1},
    {.name = "truncated",           .transports = ALL, .revealed = true, .share = 2},
    {.name = "dribbled",     .transports = ALL, .draw = draw_gap, .share = 2},
    {.name = "garbled",     .transports = ALL, .revealed = true, .share = 3},
    {.name = "foreign",                     .transports = ALL, .draw = draw_foreign, .revealed = true, .share = 3},
    {.name = "wrong-unit",   .transports = MODBUS, .revealed = true, .share = 2},
    {.name = "wrong-function",                     .transports = MODBUS, .revealed = true, .share = 2},
    {.name = "wrong-echo",.transports = MODBUS, .on_writes = true, .revealed = true, .share = 2},
    {.name = "wrong-transaction",           .transports = ON(TCP), .revealed = true, .share = 2},
    {.name = "bad-crc",    .transports = ON(RTU), .revealed = true, .share = 2},
    {.name = "exception",     .transports = MODBUS, .draw = draw_code, .revealed = true, .share = 2},
    {.name = "acts-late",                     .transports = ALL, .draw = draw_later, .on_writes = true, .share = 1},
    {.name = "ignored",.transports = ALL, .on_writes = true, .share = 1},
    {.name = "no-length",           .transports = SCPI, .on_records = true, .share = 2},
    {.name = "short-block",     .transports = SCPI, .on_records = true, .share = 2},
    {.name = "error-queue", .transports = SCPI, .share = 1},
    {.name = "hang-up",           .transports = ALL, .share = 1},
    {.name = "mixed",  .transports = ALL, .share = 6}, /* several at once */
    {.name = "any",     .transports = ON(RTU)}, /* 8 % of a line's requests */
    {.name = NULL                    },
};

const struct kind *kind_find(const char *name)
{
    for (const struct kind *kind = kinds; kind->name; kind++)
        if (!strcmp(kind->name, name))
            return kind;
    return NULL;
}

size_t kind_index(const struct kind *kind)
{
    return (size_t)(kind - kinds);
}

static bool is(const struct kind *kind, const char *name)
{
    return !strcmp(kind->name, name);
}

static const struct kind *draw_kind(struct line *line)
{
    unsigned sum = 0;
    for (const struct kind *kind = kinds; kind->name; kind++)
        sum += kind->transports & ON(line->transport) ? kind->share : 0;
    unsigned drawn = random_below(&line->random, sum);
    const struct kind *kind = kinds;
    for (;; kind++) {
        unsigned share = kind->transports & ON(line->transport) ? kind->share : 0;
        if (drawn < share)
            return kind;
        drawn -= share;
    }
}

const struct kind *episode_row(const struct line *line)
{
    if (line->role != STRUCK)
        return kind_find("any");
    return line->episode.count == 1 ? line->episode.armed[0] : kind_find("mixed");
}

/* --- an episode ------------------------------------------------------------------------------------------
 */

static void arm(struct line *line, const struct unit *unit, const struct kind *kind)
{
    static const unsigned rates[] = {10, 20, 35, 50};
    struct episode *episode = &line->episode;
    char argument[32] = "";
    const char *filter = "";
    int64_t delay = 0;
    unsigned rate =
        kind->on_writes || kind->on_records ? 70 : rates[random_below(&line->random, COUNT(rates))];
    if (kind->on_writes)
        filter = line->transport <= TCP ? "on write" : "on :TIM:SCAL";
    if (is(kind, "silent"))
        rate = 100;
    if (kind->draw)
        kind->draw(line, argument, sizeof argument, &delay);
    if (delay > episode->longest_delay)
        episode->longest_delay = delay;
    laboratory_say(line->laboratory, "fault %s %s %s rate %u seed %u %s", unit->name, kind->name, argument,
                   rate, random_below(&line->random, 1u << 30), filter);
}

/* What labsim's traces do not show as struck. */
static void count_oneself(const struct line *line, const struct kind *kind)
{
    totals.faults++;
    report_cell(kind, line->transport)->injected++;
}

static void choose(struct line *line)
{
    struct episode *episode = &line->episode;
    const struct kind *kind = draw_kind(line);
    size_t wanted = is(kind, "mixed") ? 2 + random_below(&line->random, ARMED_MAX - 1) : 1;
    episode->count = 0;
    while (episode->count < wanted) {
        while (wanted > 1 && (is(kind, "mixed") || is(kind, "hang-up") || is(kind, "error-queue")))
            kind = draw_kind(line);
        episode->armed[episode->count++] = kind;
        kind = draw_kind(line);
    }
}

/* Until a serial line has shown that its answers come late, a read that can be asked for in one way only is
 * open to two faults at once: an older answer comes while its own is lost (docs/line-discipline.md). So the
 * first fault is one late answer, by itself. */
static void introduce(struct line *line, int64_t now)
{
    struct episode *episode = &line->episode;
    line->introduced = true;
    *episode = (struct episode){
        .phase = STRIKING, .began = now, .next = now + SECOND, .count = 1, .armed = {kind_find("late")}};
    laboratory_say(line->laboratory, "fault %s late 300ms count 1 on read", line->units[0].name);
}

static void begin(struct line *line, int64_t now)
{
    struct episode *episode = &line->episode;
    if (line->transport == RTU && !line->introduced) {
        introduce(line, now);
        return;
    }
    *episode = (struct episode){.phase = STRIKING, .began = now};
    choose(line);
    episode->next = now + (600 + random_below(&line->random, 1800)) * MS;
    if (is(episode->armed[0], "hang-up")) {
        episode->next = now + draw_time(line, 20 * MS, 4 * SECOND);
        laboratory_say(line->laboratory, "hangup %s", line->units[0].name);
        count_oneself(line, episode->armed[0]);
        return;
    }
    if (is(episode->armed[0], "error-queue")) {
        laboratory_say(line->laboratory, "fault %s error-queue", line->units[0].name);
        count_oneself(line, episode->armed[0]);
        return;
    }
    size_t spared = line->unit_count > 1 ? random_below(&line->random, (unsigned)line->unit_count + 1) : 1;
    for (size_t i = 0; i < line->unit_count; i++)
        for (size_t k = 0; k < episode->count && (i != spared || line->unit_count == 1); k++)
            arm(line, &line->units[i], episode->armed[k]);
}

static void clear(struct line *line, int64_t now)
{
    struct episode *episode = &line->episode;
    if (is(episode->armed[0], "hang-up"))
        laboratory_say(line->laboratory, "restore %s", line->units[0].name);
    for (size_t i = 0; i < line->unit_count; i++)
        laboratory_say(line->laboratory, "clear %s", line->units[i].name);
    episode->phase = RETURNING;
    episode->cleared = now;
    episode->ended = now + episode->longest_delay;
}

/* --- the way back ------------------------------------------------------------------------------------------
 */

/* Since when every probe has come in every period; 0: one is missing now. */
static int64_t steady_since(const struct line *line, int64_t now)
{
    int64_t since = 1;
    for (size_t i = 0; i < line->unit_count; i++)
        for (size_t k = 0; k < line->units[i].probe_count; k++) {
            if (now - line->units[i].steady[k].last > line->period * 3 / 2 + 20 * MS)
                return 0;
            if (line->units[i].steady[k].since > since)
                since = line->units[i].steady[k].since;
        }
    return since;
}

static void conclude(struct line *line, int64_t returned)
{
    struct episode *episode = &line->episode;
    int64_t taken = returned - episode->ended;
    uint64_t expected = 0;
    for (size_t i = 0; i < line->unit_count; i++)
        expected += line->units[i].probe_count * (uint64_t)((campaign_now() - episode->began) / line->period);
    if (expected > episode->taken)
        report_cell(episode_row(line), line->transport)->lost += expected - episode->taken;
    report_return(line, taken > 0 ? (double)taken / SECOND : 0);
    episode->phase = QUIET;
    episode->next = 0;
}

static void look_back(struct line *line, int64_t now)
{
    struct episode *episode = &line->episode;
    int64_t since = steady_since(line, now);
    int64_t from = since > episode->ended ? since : episode->ended;
    if (since && now - from > PERIODS_STEADY * line->period)
        conclude(line, from);
    else if (now - episode->ended > GIVE_UP)
        conclude(line, now);
}

void episode_step(struct line *line, int64_t now, bool may_begin)
{
    struct episode *episode = &line->episode;
    if (line->role != STRUCK)
        return;
    if (episode->phase == QUIET && may_begin && now >= episode->next && steady_since(line, now))
        begin(line, now);
    else if (episode->phase == STRIKING && now >= episode->next)
        clear(line, now);
    else if (episode->phase == RETURNING)
        look_back(line, now);
}
