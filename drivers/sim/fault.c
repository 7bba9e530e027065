#include "drivers/sim/fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODBUS  (MEDIUM_TCP | MEDIUM_RTU)
#define ALL     (MODBUS | MEDIUM_SCPI)
#define FOREVER UINT64_MAX

const struct fault_kind fault_kinds[] = {
    {FAULT_LATE,              "late",              ALL,         ARGUMENT_DURATION, -1,  "the reply leaves that much later"                  },
    {FAULT_LOST,              "lost",              ALL,         ARGUMENT_NONE,     0,   "the request is carried out, the reply never leaves"},
    {FAULT_LOST,              "silent",            ALL,         ARGUMENT_NONE,     0,   "the same, as it is called of a scope"              },
    {FAULT_UNHEARD,           "unheard",           ALL,         ARGUMENT_NONE,     0,   "the request is not carried out and not answered"   },
    {FAULT_TRUNCATED,         "truncated",         ALL,         ARGUMENT_NUMBER,   0,   "the last N bytes are missing; 0: drawn"            },
    {FAULT_DRIBBLED,          "dribbled",          ALL,         ARGUMENT_DURATION, 5e6, "byte by byte with that gap"                        },
    {FAULT_GARBLED,           "garbled",           ALL,         ARGUMENT_NONE,     0,
     "RTU: a burst of at most 16 bits; TCP: a damaged header; SCPI: a damaged start"                                                        },
    {FAULT_FOREIGN,           "foreign",           ALL,         ARGUMENT_DURATION, 0,
     "instead of the reply, after that time, an earlier one of the same shape with other values"                                            },
    {FAULT_WRONG_UNIT,        "wrong-unit",        MODBUS,      ARGUMENT_NONE,     0,   "the reply bears another unit"                      },
    {FAULT_WRONG_FUNCTION,    "wrong-function",    MODBUS,      ARGUMENT_NONE,     0,
     "the reply bears another function code"                                                                                                },
    {FAULT_WRONG_ECHO,        "wrong-echo",        MODBUS,      ARGUMENT_NONE,     0,
     "a write's echo bears another address or value"                                                                                        },
    {FAULT_WRONG_TRANSACTION, "wrong-transaction", MEDIUM_TCP,  ARGUMENT_NONE,     0,
     "the reply bears another transaction identifier"                                                                                       },
    {FAULT_BAD_CRC,           "bad-crc",           MEDIUM_RTU,  ARGUMENT_NONE,     0,   "the reply's CRC is wrong"                          },
    {FAULT_EXCEPTION,         "exception",         MODBUS,      ARGUMENT_NUMBER,   -1,
     "an exception with that code (1 to 11) instead of carrying out the request"                                                            },
    {FAULT_FROZEN,            "frozen",            MODBUS,      ARGUMENT_NAME,     -1,
     "a point, as named in the register map, or TABLE:ADDRESS, keeps its content; the plant goes on"                                        },
    {FAULT_ACTS_LATE,         "acts-late",         ALL,         ARGUMENT_DURATION, -1,
     "a write is acknowledged now and takes effect later"                                                                                   },
    {FAULT_IGNORED,           "ignored",           ALL,         ARGUMENT_NONE,     0,   "a write is acknowledged and never takes effect"    },
    {FAULT_NO_LENGTH,         "no-length",         MEDIUM_SCPI, ARGUMENT_NONE,     0,   "a block begins with #0"                            },
    {FAULT_SHORT_BLOCK,       "short-block",       MEDIUM_SCPI, ARGUMENT_NUMBER,   0,
     "a block has N bytes fewer than its header says; 0: drawn"                                                                             },
    {FAULT_ERROR_QUEUE,       "error-queue",       MEDIUM_SCPI, ARGUMENT_NONE,     0,
     "the error queue fills to its overflow, -350"                                                                                          },
    {FAULT_ANY,               "any",               ALL,         ARGUMENT_DURATION, 4e8,
     "each time one drawn from those that the protocol can reveal; late by up to that time"                                                 },
    {FAULT_NONE,              NULL,                0,           ARGUMENT_NONE,     0,   NULL                                                },
};

/* What "any" draws from; a kind that doesn't fit the medium or the request is drawn again. */
static const enum fault_id revealed[] = {
    FAULT_LATE,      FAULT_LOST,       FAULT_UNHEARD,        FAULT_TRUNCATED,  FAULT_DRIBBLED,
    FAULT_GARBLED,   FAULT_WRONG_UNIT, FAULT_WRONG_FUNCTION, FAULT_WRONG_ECHO, FAULT_BAD_CRC,
    FAULT_EXCEPTION, FAULT_NO_LENGTH,  FAULT_SHORT_BLOCK,
};

static const struct fault_kind *kind_find(const char *name)
{
    for (const struct fault_kind *kind = fault_kinds; kind->name; kind++)
        if (!strcmp(kind->name, name))
            return kind;
    return NULL;
}

static bool parse_number(const char *text, double lowest, double highest, double *number)
{
    char *end;
    *number = strtod(text, &end);
    return end != text && !*end && *number >= lowest && *number <= highest;
}

static bool parse_argument(struct fault *fault, const char *word)
{
    int64_t duration;
    switch (fault->kind->argument) {
    case ARGUMENT_DURATION:
        if (!clock_parse_duration(word, &duration))
            return false;
        fault->argument = (double)duration;
        return true;
    case ARGUMENT_NUMBER:
        return parse_number(word, 0, 1e6, &fault->argument);
    case ARGUMENT_NAME:
        snprintf(fault->name, sizeof fault->name, "%s", word);
        return strlen(word) < sizeof fault->name;
    case ARGUMENT_NONE:
        break;
    }
    return false;
}

static bool parse_limit(struct fault *fault, const char *key, const char *word, int64_t now)
{
    double number;
    int64_t duration;
    if (!strcmp(key, "count") && parse_number(word, 1, 1e9, &number))
        fault->left = (uint64_t)number;
    else if (!strcmp(key, "for") && clock_parse_duration(word, &duration))
        fault->until = now + duration;
    else if (!strcmp(key, "rate") && parse_number(word, 0, 100, &number))
        fault->rate = number / 100;
    else if (!strcmp(key, "seed") && parse_number(word, 0, 0x1p53, &number))
        fault->noise.state = (uint64_t)number;
    else if (!strcmp(key, "on") && strlen(word) < sizeof fault->filter)
        memcpy(fault->filter, word, strlen(word) + 1);
    else
        return false;
    return true;
}

static bool is_limit(const char *word)
{
    static const char *const keys[] = {"count", "for", "rate", "seed", "on"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (!strcmp(word, keys[i]))
            return true;
    return false;
}

int fault_parse(char *const *words, size_t count, unsigned media, int64_t now, struct fault *fault,
                char *problem, size_t capacity)
{
    const struct fault_kind *kind = count ? kind_find(words[0]) : NULL;
    if (!kind) {
        snprintf(problem, capacity, "there is no fault '%s'; `list` shows the kinds", count ? words[0] : "");
        return -1;
    }
    if (!(kind->media & media)) {
        snprintf(problem, capacity, "the fault '%s' doesn't exist on this instrument's line", kind->name);
        return -1;
    }
    *fault = (struct fault){
        .kind = kind, .argument = kind->fallback, .until = CLOCK_NEVER, .left = FOREVER, .rate = 1};
    size_t i = 1;
    bool given = kind->argument != ARGUMENT_NONE && i < count && !is_limit(words[i]);
    if (given && !parse_argument(fault, words[i++])) {
        snprintf(problem, capacity, "'%s' is no argument for the fault '%s': %s", words[i - 1], kind->name,
                 kind->help);
        return -1;
    }
    if (!given && kind->fallback < 0) {
        snprintf(problem, capacity, "the fault '%s' needs an argument: %s", kind->name, kind->help);
        return -1;
    }
    if (kind->id == FAULT_EXCEPTION && !(fault->argument >= 1 && fault->argument <= 11)) {
        snprintf(problem, capacity, "exception codes are 1 to 11");
        return -1;
    }
    for (; i < count; i += 2)
        if (i + 1 >= count || !parse_limit(fault, words[i], words[i + 1], now)) {
            snprintf(problem, capacity,
                     "'%s' is not understood; count N, for DURATION, rate PERCENT, seed N and on FILTER are",
                     words[i]);
            return -1;
        }
    return 0;
}

int faults_arm(struct faults *faults, const struct fault *fault)
{
    if (faults->count == FAULTS_MAX)
        return -1;
    faults->armed[faults->count++] = *fault;
    return 0;
}

void faults_clear(struct faults *faults)
{
    faults->count = 0;
}

static void drop_ended(struct faults *faults, int64_t now)
{
    size_t kept = 0;
    for (size_t i = 0; i < faults->count; i++)
        if (faults->armed[i].left > 0 && now < faults->armed[i].until)
            faults->armed[kept++] = faults->armed[i];
    faults->count = kept;
}

static bool passes(const char *filter, const struct fault_request *request)
{
    if (!*filter)
        return true;
    if (!strcmp(filter, "read"))
        return !request->writes;
    if (!strcmp(filter, "write"))
        return request->writes;
    if (request->message)
        return strcasestr(request->message, filter) != NULL;
    char *end;
    long function = strtol(filter, &end, 16);
    return !*end && function == request->function;
}

/* Some kinds make sense for some requests only. */
static bool applies(enum fault_id id, const struct fault_request *request)
{
    bool block = request->message && strcasestr(request->message, "DATA?");
    switch (id) {
    case FAULT_WRONG_ECHO:
    case FAULT_ACTS_LATE:
    case FAULT_IGNORED:
        return request->writes;
    case FAULT_NO_LENGTH:
    case FAULT_SHORT_BLOCK:
        return block;
    case FAULT_FROZEN:
        return false; /* acts through the overlay, not through replies */
    default:
        return true;
    }
}

static unsigned media_of(enum fault_id id)
{
    for (const struct fault_kind *kind = fault_kinds; kind->name; kind++)
        if (kind->id == id)
            return kind->media;
    return 0;
}

static enum fault_id draw(struct noise *noise, const struct fault_request *request)
{
    for (;;) {
        enum fault_id id = revealed[noise_below(noise, sizeof revealed / sizeof *revealed)];
        if (media_of(id) & request->medium && applies(id, request))
            return id;
    }
}

struct fault *faults_strike(struct faults *faults, const struct fault_request *request, int64_t now,
                            enum fault_id *id)
{
    drop_ended(faults, now);
    for (size_t i = 0; i < faults->count; i++) {
        struct fault *fault = &faults->armed[i];
        if (!passes(fault->filter, request) || !applies(fault->kind->id, request))
            continue;
        if (fault->rate < 1 && noise_fraction(&fault->noise) >= fault->rate)
            continue;
        if (fault->left != FOREVER)
            fault->left--;
        fault->struck++;
        faults->struck++;
        *id = fault->kind->id == FAULT_ANY ? draw(&fault->noise, request) : fault->kind->id;
        return fault;
    }
    return NULL;
}
