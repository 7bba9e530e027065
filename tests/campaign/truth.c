/* What the instruments truly held and sent, from labsim's traces. */
#include "tests/campaign/campaign.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIPE_SIZE (256 * 1024)
#define STALL     (60 * MS)

void truth_open(struct unit *unit)
{
    unit->truth.source = 1; /* before anybody chooses */
    struct laboratory *laboratory = unit->line->laboratory;
    char path[128];
    snprintf(path, sizeof path, "%s/%s.trace", laboratory->folder, unit->name);
    if (mkfifo(path, 0600) || (unit->truth.trace = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) < 0)
        campaign_die(path);
    fcntl(unit->truth.trace, F_SETPIPE_SZ, PIPE_SIZE);
    laboratory_say(laboratory, "trace %s %s", unit->name, path);
    laboratory_await(laboratory);
    unlink(path);
}

/* --- content -------------------------------------------------------------------------------------- */

static void note(struct timeline *timeline, int64_t at, double value)
{
    if (timeline->count) {
        size_t latest = (timeline->count - 1) % TIMELINE_MAX;
        if (timeline->value[latest] == value)
            return;
        /* Registers of one value change at one instant, in several lines. */
        timeline->count -= timeline->at[latest] == at;
    }
    timeline->at[timeline->count % TIMELINE_MAX] = at;
    timeline->value[timeline->count++ % TIMELINE_MAX] = value;
}

static uint32_t joined(unsigned high, unsigned low)
{
    return (uint32_t)high << 16 | low;
}

static unsigned turned(unsigned word)
{
    return (word & 0xFF) << 8 | word >> 8;
}

static double number_of(uint32_t bits)
{
    float number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static double content(const struct truth *truth, const struct probe *probe)
{
    const uint16_t *words = truth->words[probe->place] + probe->address;
    switch (probe->form) {
    case AS_LONG_ABCD:
        return joined(words[0], words[1]);
    case AS_LONG_CDAB:
        return joined(words[1], words[0]);
    case AS_FLOAT_ABCD:
        return number_of(joined(words[0], words[1]));
    case AS_FLOAT_CDAB:
        return number_of(joined(words[1], words[0]));
    case AS_FLOAT_BADC:
        return number_of(joined(turned(words[0]), turned(words[1])));
    default:
        return words[0];
    }
}

static unsigned width(const struct probe *probe)
{
    return probe->form >= AS_LONG_ABCD && probe->form <= AS_FLOAT_BADC ? 2 : 1;
}

static void take_word(struct unit *unit, int64_t at, enum place place, unsigned address, unsigned value)
{
    struct truth *truth = &unit->truth;
    truth->words[place][address] = (uint16_t)value;
    for (size_t i = 0; i < unit->probe_count; i++) {
        const struct probe *probe = &unit->probes[i];
        if (probe->place != place || address < probe->address || address >= probe->address + width(probe))
            continue;
        truth->known[i] |= address == probe->address + width(probe) - 1;
        if (truth->known[i])
            note(&truth->timelines[i], at, content(truth, probe));
    }
}

static void take_content(struct unit *unit, int64_t at, const char *rest)
{
    static const char *const tables[] = {[IN_INPUT] = "input", [IN_HOLDING] = "holding", [IN_COILS] = "coil"};
    char table[16], name[32];
    double value;
    if (sscanf(rest, "%15s %31s %lf", table, name, &value) != 3)
        return;
    for (size_t i = 0; i < COUNT(tables); i++) {
        unsigned address = (unsigned)strtoul(name, NULL, 10);
        if (!strcmp(table, tables[i]) && address < COUNT(unit->truth.words[0]))
            take_word(unit, at, (enum place)i, address, (unsigned)value);
    }
    for (size_t i = 0; i < unit->probe_count && !strcmp(table, "variable"); i++)
        if (unit->probes[i].place == IN_VARIABLE && !strcmp(unit->probes[i].name, name))
            note(&unit->truth.timelines[i], at, value);
}

/* --- requests and replies --------------------------------------------------------------------------- */

static size_t from_hex(const char *hex, unsigned char *bytes, size_t capacity)
{
    size_t length = 0;
    unsigned byte;
    while (length < capacity && sscanf(hex + 2 * length, "%2x", &byte) == 1)
        bytes[length++] = (unsigned char)byte;
    return length;
}

static void take_request(struct unit *unit, int64_t at, const char *hex)
{
    struct truth *truth = &unit->truth;
    struct strike *latest =
        &unit->strikes[(unit->first_strike + unit->strike_count + STRIKES_MAX - 1) % STRIKES_MAX];
    if (unit->strike_count && !latest->followed)
        latest->followed = at;
    memset(truth->message, 0, sizeof truth->message);
    size_t length = from_hex(hex, (unsigned char *)truth->message, sizeof truth->message - 1);
    truth->function = unit->line->transport <= TCP && length ? (unsigned char)truth->message[0] : 0;
}

/* What the scope has done, as far as its records depend on it. */
static void follow(struct truth *truth)
{
    unsigned number;
    if (sscanf(truth->message, ":WAV:SOUR CHAN%u", &number) == 1)
        truth->source = (int)number;
    else if (sscanf(truth->message, ":WAV:STAR %u", &number) == 1)
        truth->start = number - 1;
    else if (!strcmp(truth->message, ":STOP"))
        truth->stopped = true;
    else if (!strcmp(truth->message, ":RUN") || !strcmp(truth->message, ":SING"))
        truth->stopped = false, truth->acquisition++;
}

static void keep_block(struct truth *truth, int64_t at, const char *hex)
{
    struct block *block = &truth->blocks[truth->block_count % BLOCKS_MAX];
    unsigned char head[12] = "", sample;
    unsigned length;
    if (from_hex(hex, head, 11) < 11 || sscanf((const char *)head, "#9%9u", &length) != 1 ||
        length > BLOCK_SIZE || strcspn(hex, " \n") < 2 * (11 + (size_t)length + 1))
        return;
    *block = (struct block){.at = at,
                            .source = truth->source,
                            .acquisition = truth->stopped ? truth->acquisition + 1 : 0,
                            .first = truth->start,
                            .length = length};
    for (size_t i = 0; i < length && from_hex(hex + 22 + 2 * i, &sample, 1); i++)
        block->codes[i] = sample;
    truth->block_count++;
}

static void take_reply(struct unit *unit, int64_t at, const char *hex)
{
    struct truth *truth = &unit->truth;
    const char *remark = strchr(hex, ' ');
    const struct kind *kind = remark ? kind_find(remark + 1) : NULL;
    if (!kind || strcmp(kind->name, "unheard") != 0)
        follow(truth);
    if (!truth->function)
        keep_block(truth, at, hex);
    if (!kind || unit->strike_count == STRIKES_MAX)
        return;
    unit->strikes[(unit->first_strike + unit->strike_count++) % STRIKES_MAX] =
        (struct strike){.at = at, .kind = kind, .function = truth->function};
}

/* Something changes in each instrument all the time: a simulator without a word has not run. */
static void listen_for_stalls(struct laboratory *laboratory, int64_t at)
{
    if (laboratory->heard && at - laboratory->heard > STALL)
        burden_stalled(laboratory->heard, at);
    if (at > laboratory->heard)
        laboratory->heard = at;
}

static void take_line(struct unit *unit, char *line)
{
    char *rest;
    int64_t at = strtoll(line, &rest, 10);
    listen_for_stalls(unit->line->laboratory, at);
    if (at > unit->truth.seen)
        unit->truth.seen = at;
    if (!strncmp(rest, " content ", 9))
        take_content(unit, at, rest + 9);
    else if (!strncmp(rest, " request ", 9))
        take_request(unit, at, rest + 9);
    else if (!strncmp(rest, " reply ", 7))
        take_reply(unit, at, rest + 7);
    else if (!strncmp(rest, " no-reply ", 10))
        take_reply(unit, at, rest + 10);
}

void truth_read(struct unit *unit)
{
    struct truth *truth = &unit->truth;
    for (;;) {
        ssize_t got = read(truth->trace, truth->text + truth->length, sizeof truth->text - 1 - truth->length);
        if (got <= 0)
            return;
        truth->length += (size_t)got;
        truth->text[truth->length] = '\0';
        char *from = truth->text, *end;
        for (; (end = strchr(from, '\n')); from = end + 1) {
            *end = '\0';
            take_line(unit, from);
        }
        truth->length = strlen(from);
        memmove(truth->text, from, truth->length + 1);
    }
}

/* --- asking ------------------------------------------------------------------------------------------ */

static bool equal(const struct probe *probe, double one, double other)
{
    return one == other || fabs(one - other) <= probe->tolerance * fmax(fabs(one), fabs(other));
}

enum verdict truth_shows(const struct unit *unit, size_t probe, double value, int64_t from, int64_t to)
{
    const struct timeline *timeline = &unit->truth.timelines[probe];
    for (size_t back = 1; back <= timeline->count && back <= TIMELINE_MAX; back++) {
        size_t entry = (timeline->count - back) % TIMELINE_MAX;
        if (timeline->at[entry] > to)
            continue;
        if (equal(&unit->probes[probe], timeline->value[entry], value))
            return TRUE_VALUE;
        if (timeline->at[entry] <= from)
            return FALSE_VALUE;
    }
    return UNKNOWN_VALUE;
}

/* A record is built from the parts that follow one another; several must be of one acquisition. */
bool truth_sent(const struct unit *unit, int source, const unsigned char *codes, int64_t from, int64_t to)
{
    const struct truth *truth = &unit->truth;
    size_t reached = 0, parts = 0,
           oldest = truth->block_count > BLOCKS_MAX ? truth->block_count - BLOCKS_MAX : 0;
    unsigned acquisition = 0;
    for (size_t i = oldest; i < truth->block_count && reached < BLOCK_SIZE; i++) {
        const struct block *block = &truth->blocks[i % BLOCKS_MAX];
        if (block->at < from || block->at > to || block->source != source || block->first != reached ||
            reached + block->length > BLOCK_SIZE || memcmp(block->codes, codes + reached, block->length) != 0)
            continue;
        if (parts++ && (!acquisition || block->acquisition != acquisition))
            return false;
        acquisition = block->acquisition;
        reached += block->length;
    }
    return reached == BLOCK_SIZE;
}

void truth_print_blocks(const struct unit *unit, int source, const unsigned char *codes, int64_t from,
                        int64_t to)
{
    const struct truth *truth = &unit->truth;
    for (size_t back = truth->block_count < BLOCKS_MAX ? truth->block_count : BLOCKS_MAX; back; back--) {
        const struct block *block = &truth->blocks[(truth->block_count - back) % BLOCKS_MAX];
        size_t same = 0;
        while (same < block->length && block->first + same < BLOCK_SIZE &&
               block->codes[same] == codes[block->first + same])
            same++;
        if (block->at >= from)
            fprintf(stderr,
                    "    %+10.3f ms: it sent %zu samples from %zu on of channel %d%s, acquisition %u; %zu "
                    "are as received\n",
                    (double)(block->at - to) / MS, block->length, block->first, block->source,
                    block->source == source ? "" : " (another)", block->acquisition, same);
    }
}

void truth_print(const struct unit *unit, size_t probe, int64_t from, int64_t to)
{
    const struct timeline *timeline = &unit->truth.timelines[probe];
    for (size_t back = 1; back <= timeline->count && back <= TIMELINE_MAX; back++) {
        size_t entry = (timeline->count - back) % TIMELINE_MAX;
        if (timeline->at[entry] > to)
            continue;
        fprintf(stderr, "    %+10.3f ms: it became %.10g\n", (double)(timeline->at[entry] - to) / MS,
                timeline->value[entry]);
        if (timeline->at[entry] <= from)
            return;
    }
}
