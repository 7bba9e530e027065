#include "gateway/bus/translate.h"

#include "gateway/bus/envelope.h"
#include "proto/lab.pb-c.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

/* Unpacked, an honest request is little larger than its bytes; a hostile one of 64 KiB can name 30,000 empty
 * messages. */
#define ARENA_SIZE (256u * 1024)

struct translator {
    size_t used;
    bool exhausted; /* by the request that was read last */
    alignas(max_align_t) uint8_t arena[ARENA_SIZE];
};

struct translator *translator_create(void)
{
    return calloc(1, sizeof(struct translator));
}

void translator_destroy(struct translator *translator)
{
    free(translator);
}

static void *arena_take(void *data, size_t size)
{
    struct translator *translator = data;
    size_t rounded = (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
    translator->exhausted |= rounded < size || rounded > ARENA_SIZE - translator->used;
    if (translator->exhausted)
        return NULL;
    void *taken = translator->arena + translator->used;
    translator->used += rounded;
    return taken;
}

static void arena_give(void *data, void *pointer)
{
    (void)data;
    (void)pointer;
}

/* FNV-1a, 64 bits: distinguishes requests of one connection from each other; who finds a collision keeps a
 * watch that is theirs already. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * 0x100000001b3u;
    return hash;
}

static uint64_t likeness_of(const Labgate__Request *request)
{
    uint64_t hash = 0xcbf29ce484222325u;
    hash = hash_bytes(hash, request->token, strlen(request->token) + 1);
    hash = hash_bytes(hash, &request->seat, sizeof request->seat);
    hash = hash_bytes(hash, &request->watch->traces, sizeof request->watch->traces);
    return hash_bytes(hash, request->watch->rig, strlen(request->watch->rig));
}

static uint8_t class_of(Labgate__Request__BodyCase body)
{
    switch (body) {
    case LABGATE__REQUEST__BODY_STOP:
    case LABGATE__REQUEST__BODY_RELEASE:
        return ENVELOPE_URGENT;
    case LABGATE__REQUEST__BODY_WATCH:
        return ENVELOPE_WATCHING;
    default:
        return ENVELOPE_COMMAND;
    }
}

int translator_read(struct translator *translator, const uint8_t *bytes, size_t size,
                    struct request_head *head)
{
    *head = (struct request_head){0};
    translator->used = 0;
    translator->exhausted = false;
    ProtobufCAllocator allocator = {arena_take, arena_give, translator};
    const Labgate__Request *request = labgate__request__unpack(&allocator, size, bytes);
    if (!request)
        return translator->exhausted ? TRANSLATOR_TOO_MUCH : TRANSLATOR_MALFORMED;
    head->class = class_of(request->body_case);
    head->is_stop = request->body_case == LABGATE__REQUEST__BODY_STOP;
    if (head->class == ENVELOPE_WATCHING) {
        const Labgate__Watch *watch = request->watch;
        head->credit = watch->credit;
        head->has_cursor = watch->cursor != NULL;
        head->cursor = watch->cursor ? watch->cursor->frame : 0;
        head->likeness = likeness_of(request);
        head->every = watch->every;
    }
    return 0;
}

size_t translator_refuse(const char *reason, const char *message, uint8_t *out, size_t capacity)
{
    Labgate__Answer answer = LABGATE__ANSWER__INIT;
    answer.version = 1;
    answer.reason = (char *)reason;
    answer.message = (char *)message;
    size_t size = labgate__answer__get_packed_size(&answer);
    return size <= capacity ? labgate__answer__pack(&answer, out) : 0;
}

/* --- merging ---------------------------------------------------------------------------------- */

static bool has_frame(const Labgate__Answer *answer)
{
    return answer && answer->body_case == LABGATE__ANSWER__BODY_FRAME && answer->frame;
}

/* Writes the values of both into merged, the newer one where an index is in both; returns how many. */
static size_t merge_values(const Labgate__Frame *older, const Labgate__Frame *newer, Labgate__Value **merged)
{
    size_t count = older->n_values;
    if (count > 0)
        memcpy(merged, older->values, count * sizeof *merged);
    size_t guess = 0; /* both are in order of index as a rule: the search resumes where it ended */
    for (size_t i = 0; i < newer->n_values; i++) {
        size_t at = guess, tried = 0;
        while (tried < count && merged[at]->index != newer->values[i]->index) {
            at = at + 1 < count ? at + 1 : 0;
            tried++;
        }
        if (tried == count)
            at = count++;
        merged[at] = newer->values[i];
        guess = at + 1 < count ? at + 1 : 0;
    }
    return count;
}

/* A full frame names the newest press, and has none. */
static size_t merge_presses(const Labgate__Frame *older, const Labgate__Frame *newer, Labgate__Press **merged)
{
    if (older->full)
        return 0;
    if (older->n_presses > 0)
        memcpy(merged, older->presses, older->n_presses * sizeof *merged);
    if (newer->n_presses > 0)
        memcpy(merged + older->n_presses, newer->presses, newer->n_presses * sizeof *merged);
    return older->n_presses + newer->n_presses;
}

static size_t pack_merged(const Labgate__Answer *older, const Labgate__Answer *newer, uint8_t *out,
                          size_t capacity)
{
    const Labgate__Frame *old = older->frame, *new = newer->frame;
    if (new->full || old->layout != new->layout || strcmp(old->rig, new->rig) != 0)
        return 0;
    Labgate__Value **values = calloc(old->n_values + new->n_values + 1, sizeof *values);
    Labgate__Press **presses = calloc(old->n_presses + new->n_presses + 1, sizeof *presses);
    size_t size = 0;
    if (values && presses) {
        Labgate__Frame frame = *new;
        frame.full = old->full;
        frame.gap = 0;
        frame.values = values;
        frame.n_values = merge_values(old, new, values);
        frame.presses = presses;
        frame.n_presses = merge_presses(old, new, presses);
        if (!frame.status)
            frame.status = old->status;
        Labgate__Answer answer = *newer;
        answer.frame = &frame;
        size = labgate__answer__get_packed_size(&answer);
        size = size <= capacity ? labgate__answer__pack(&answer, out) : 0;
    }
    free(values);
    free(presses);
    return size;
}

size_t translator_merge(const uint8_t *older, size_t older_size, const uint8_t *newer, size_t newer_size,
                        uint8_t *out, size_t capacity)
{
    size_t size = 0;
    Labgate__Answer *old = labgate__answer__unpack(NULL, older_size, older);
    Labgate__Answer *new = labgate__answer__unpack(NULL, newer_size, newer);
    if (has_frame(old) && has_frame(new))
        size = pack_merged(old, new, out, capacity);
    labgate__answer__free_unpacked(old, NULL);
    labgate__answer__free_unpacked(new, NULL);
    return size;
}
