#include "gateway/identity/guessing.h"

#include <stddef.h>
#include <stdlib.h>

#define SECOND    INT64_C(1000000000)
#define HALVING   (600 * SECOND)
#define WAYS      8
#define PAIR_SETS 512
#define SUM_SETS  128 /* of names, and of addresses */

#define FREE_ATTEMPTS        5
#define FREE_UNDER_ATTACK    1
#define NAME_UNDER_ATTACK    20
#define ADDRESS_UNDER_ATTACK 120

static const int64_t waits[] = {1 * SECOND, 2 * SECOND, 4 * SECOND, 8 * SECOND, 15 * SECOND};
#define WAITS (sizeof waits / sizeof *waits)

struct entry {
    uint64_t key; /* 0: free */
    uint32_t failures;
    bool proven;   /* somebody logged in this way */
    int64_t since; /* failures are as of this time */
    int64_t not_before;
};

struct table {
    size_t sets;
    struct entry *entries;
};

struct guessing {
    struct table pairs, names, addresses;
    struct entry room[(PAIR_SETS + 2 * SUM_SETS) * WAYS];
};

struct guessing *guessing_create(void)
{
    struct guessing *guessing = calloc(1, sizeof *guessing);
    if (guessing == NULL)
        return NULL;
    guessing->pairs = (struct table){.sets = PAIR_SETS, .entries = guessing->room};
    guessing->names = (struct table){.sets = SUM_SETS, .entries = guessing->room + PAIR_SETS * WAYS};
    guessing->addresses =
        (struct table){.sets = SUM_SETS, .entries = guessing->room + (PAIR_SETS + SUM_SETS) * WAYS};
    return guessing;
}

void guessing_destroy(struct guessing *guessing)
{
    free(guessing);
}

static void halve(struct entry *entry, int64_t now)
{
    int64_t times = (now - entry->since) / HALVING;
    if (times <= 0)
        return;
    entry->failures = times < 32 ? entry->failures >> times : 0;
    entry->since += times * HALVING;
}

static bool goes_before(const struct entry *a, const struct entry *b)
{
    if (a->proven != b->proven)
        return !a->proven;
    if (a->failures != b->failures)
        return a->failures < b->failures;
    return a->since < b->since;
}

static struct entry *find(const struct table *table, uint64_t key)
{
    struct entry *set = table->entries + key % table->sets * WAYS;
    for (size_t i = 0; i < WAYS; i++)
        if (set[i].key == key)
            return &set[i];
    return NULL;
}

/* The entry of this key; when its set is full the one that has least to say makes room. */
static struct entry *find_or_make(const struct table *table, uint64_t key, int64_t now)
{
    struct entry *entry = find(table, key);
    if (entry != NULL) {
        halve(entry, now);
        return entry;
    }
    struct entry *set = table->entries + key % table->sets * WAYS;
    entry = &set[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].key == 0) {
            entry = &set[i];
            break;
        }
        halve(&set[i], now);
        if (goes_before(&set[i], entry))
            entry = &set[i];
    }
    *entry = (struct entry){.key = key, .since = now};
    return entry;
}

static void count_failure(const struct table *table, uint64_t key, int64_t now)
{
    struct entry *entry = find_or_make(table, key, now);
    if (entry->failures < UINT32_MAX)
        entry->failures++;
}

static void discount_failure(const struct table *table, uint64_t key)
{
    struct entry *entry = find(table, key);
    if (entry != NULL && entry->failures > 0)
        entry->failures--;
}

int64_t guessing_begin(struct guessing *guessing, const struct guess *guess, int64_t now, bool *patient)
{
    struct entry *pair = find_or_make(&guessing->pairs, guess->pair, now);
    *patient = false;
    if (now < pair->not_before)
        return pair->not_before - now;
    uint32_t free_attempts = FREE_ATTEMPTS;
    if (!guess->known && !pair->proven) {
        bool name = find_or_make(&guessing->names, guess->name, now)->failures >= NAME_UNDER_ATTACK;
        bool address =
            find_or_make(&guessing->addresses, guess->address, now)->failures >= ADDRESS_UNDER_ATTACK;
        *patient = name || address;
        if (name)
            free_attempts = FREE_UNDER_ATTACK;
    }
    pair->failures++;
    if (pair->failures >= free_attempts) {
        size_t step = pair->failures - free_attempts;
        pair->not_before = now + waits[step < WAITS ? step : WAITS - 1];
    }
    /* Forgetting by half must not take longer than forgetting at all would: the count stays near where waits
     * end. */
    if (pair->failures > FREE_ATTEMPTS + WAITS)
        pair->failures = FREE_ATTEMPTS + WAITS;
    count_failure(&guessing->names, guess->name, now);
    count_failure(&guessing->addresses, guess->address, now);
    return 0;
}

void guessing_succeed(struct guessing *guessing, const struct guess *guess, int64_t now)
{
    struct entry *pair = find_or_make(&guessing->pairs, guess->pair, now);
    pair->failures = 0;
    pair->not_before = 0;
    pair->proven = true;
    discount_failure(&guessing->names, guess->name);
    discount_failure(&guessing->addresses, guess->address);
}

void guessing_abandon(struct guessing *guessing, const struct guess *guess, int64_t now)
{
    struct entry *pair = find_or_make(&guessing->pairs, guess->pair, now);
    if (pair->failures > 0)
        pair->failures--;
    pair->not_before = 0;
    discount_failure(&guessing->names, guess->name);
    discount_failure(&guessing->addresses, guess->address);
}
