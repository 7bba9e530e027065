#include "gateway/booking/timeline.h"

#include <stdlib.h>
#include <string.h>

struct timeline_block {
    size_t count; /* never 0 in a timeline */
    struct timeline_span spans[TIMELINE_BLOCK];
};

/* The time stands beside the pointer, so that looking for a block reads no other block: among a million
 * bookings each would be a miss of the cache. */
struct timeline_entry {
    int64_t from; /* of its first span */
    struct timeline_block *block;
};

/* Where a span is, or would be inserted. */
struct place {
    size_t block, at;
};

void timeline_finish(struct timeline *timeline)
{
    for (size_t i = 0; i < timeline->block_count; i++)
        free(timeline->directory[i].block);
    free(timeline->directory);
    *timeline = (struct timeline){0};
}

/* How many blocks begin before this time. */
static size_t blocks_before(const struct timeline *timeline, int64_t time)
{
    size_t low = 0, high = timeline->block_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (timeline->directory[middle].from < time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* How many spans of a block begin before this time. */
static size_t spans_before(const struct timeline_block *block, int64_t time)
{
    size_t low = 0, high = block->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (block->spans[middle].from < time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Behind the last span that begins before this time. In an empty timeline block 0 is not there. */
static struct place place_before(const struct timeline *timeline, int64_t time)
{
    size_t before = blocks_before(timeline, time);
    if (before == 0)
        return (struct place){0, 0};
    return (struct place){before - 1, spans_before(timeline->directory[before - 1].block, time)};
}

static const struct timeline_span *last_before(const struct timeline *timeline, int64_t time)
{
    struct place place = place_before(timeline, time);
    return place.at > 0 ? &timeline->directory[place.block].block->spans[place.at - 1] : NULL;
}

/* Spans do not overlap, so the last one that begins before `until` also ends last. */
const struct timeline_span *timeline_conflict(const struct timeline *timeline, int64_t from, int64_t until)
{
    const struct timeline_span *last = last_before(timeline, until);
    return last != NULL && last->until > from ? last : NULL;
}

/* ---- changes ------------------------------------------------------------------------------------------- */

/* An empty block at `at` of the directory, which the caller fills; NULL: no memory. */
static struct timeline_block *add_block(struct timeline *timeline, size_t at)
{
    if (timeline->block_count == timeline->block_room) {
        size_t room = timeline->block_room > 0 ? 2 * timeline->block_room : 4;
        struct timeline_entry *grown = realloc(timeline->directory, room * sizeof *grown);
        if (grown == NULL)
            return NULL;
        timeline->directory = grown;
        timeline->block_room = room;
    }
    struct timeline_block *block = malloc(sizeof *block);
    if (block == NULL)
        return NULL;
    block->count = 0;
    memmove(timeline->directory + at + 1, timeline->directory + at,
            (timeline->block_count - at) * sizeof *timeline->directory);
    timeline->directory[at].block = block;
    timeline->block_count++;
    return block;
}

/* After a change of its first span. */
static void note_first(struct timeline *timeline, size_t at)
{
    timeline->directory[at].from = timeline->directory[at].block->spans[0].from;
}

static void drop_block(struct timeline *timeline, size_t at)
{
    free(timeline->directory[at].block);
    timeline->block_count--;
    memmove(timeline->directory + at, timeline->directory + at + 1,
            (timeline->block_count - at) * sizeof *timeline->directory);
}

/* Makes room at a place in a full block. Bookings are mostly made in the order of time: behind the last one
 * of all a new block begins, so that blocks stay full. False: no memory. */
static bool split(struct timeline *timeline, struct place *place)
{
    struct timeline_block *after = add_block(timeline, place->block + 1);
    if (after == NULL)
        return false;
    struct timeline_block *block = timeline->directory[place->block].block;
    bool last = place->at == TIMELINE_BLOCK && place->block + 2 == timeline->block_count;
    size_t kept = last ? TIMELINE_BLOCK : TIMELINE_BLOCK / 2;
    after->count = TIMELINE_BLOCK - kept;
    memcpy(after->spans, block->spans + kept, after->count * sizeof *after->spans);
    block->count = kept;
    if (!last)
        note_first(timeline, place->block + 1);
    if (place->at > kept || last) {
        place->block++;
        place->at -= kept;
    }
    return true;
}

enum timeline_result timeline_insert(struct timeline *timeline, int64_t from, int64_t until, void *owner)
{
    if (timeline_conflict(timeline, from, until) != NULL)
        return TIMELINE_TAKEN;
    if (timeline->block_count == 0 && add_block(timeline, 0) == NULL)
        return TIMELINE_NO_MEMORY;
    struct place place = place_before(timeline, from);
    if (timeline->directory[place.block].block->count == TIMELINE_BLOCK && !split(timeline, &place))
        return TIMELINE_NO_MEMORY;
    struct timeline_block *block = timeline->directory[place.block].block;
    memmove(block->spans + place.at + 1, block->spans + place.at,
            (block->count - place.at) * sizeof *block->spans);
    block->spans[place.at] = (struct timeline_span){from, until, owner};
    block->count++;
    timeline->count++;
    if (place.at == 0)
        note_first(timeline, place.block);
    return TIMELINE_OK;
}

/* The owner's span that begins at `from`. */
static bool find(const struct timeline *timeline, int64_t from, const void *owner, struct place *place)
{
    *place = place_before(timeline, from);
    if (place->block < timeline->block_count && place->at == timeline->directory[place->block].block->count)
        *place = (struct place){place->block + 1, 0};
    if (place->block >= timeline->block_count)
        return false;
    const struct timeline_span *span = &timeline->directory[place->block].block->spans[place->at];
    return span->from == from && span->owner == owner;
}

/* Neighbours that fit into half a block become one. */
static void merge(struct timeline *timeline, size_t at)
{
    if (at + 1 >= timeline->block_count)
        return;
    struct timeline_block *block = timeline->directory[at].block, *after = timeline->directory[at + 1].block;
    if (block->count + after->count > TIMELINE_BLOCK / 2)
        return;
    memcpy(block->spans + block->count, after->spans, after->count * sizeof *after->spans);
    block->count += after->count;
    drop_block(timeline, at + 1);
}

bool timeline_remove(struct timeline *timeline, int64_t from, const void *owner)
{
    struct place place;
    if (!find(timeline, from, owner, &place))
        return false;
    struct timeline_block *block = timeline->directory[place.block].block;
    block->count--;
    memmove(block->spans + place.at, block->spans + place.at + 1,
            (block->count - place.at) * sizeof *block->spans);
    timeline->count--;
    if (block->count == 0) {
        drop_block(timeline, place.block);
        return true;
    }
    if (place.at == 0)
        note_first(timeline, place.block);
    merge(timeline, place.block);
    if (place.block > 0)
        merge(timeline, place.block - 1);
    return true;
}

enum timeline_result timeline_resize(struct timeline *timeline, int64_t from, const void *owner,
                                     int64_t until)
{
    struct place place;
    if (!find(timeline, from, owner, &place) || until <= from)
        return TIMELINE_TAKEN;
    struct timeline_span *span = &timeline->directory[place.block].block->spans[place.at];
    if (until > span->until && timeline_conflict(timeline, span->until, until) != NULL)
        return TIMELINE_TAKEN;
    span->until = until;
    return TIMELINE_OK;
}

/* ---- walks --------------------------------------------------------------------------------------------- */

struct timeline_cursor timeline_seek(const struct timeline *timeline, int64_t time)
{
    struct place place = place_before(timeline, time);
    if (place.at > 0 && timeline->directory[place.block].block->spans[place.at - 1].until > time)
        place.at--;
    return (struct timeline_cursor){timeline, place.block, place.at};
}

const struct timeline_span *timeline_next(struct timeline_cursor *cursor)
{
    const struct timeline *timeline = cursor->timeline;
    while (cursor->block < timeline->block_count) {
        const struct timeline_block *block = timeline->directory[cursor->block].block;
        if (cursor->at < block->count)
            return &block->spans[cursor->at++];
        cursor->block++;
        cursor->at = 0;
    }
    return NULL;
}

bool timeline_gap(const struct timeline *timeline, int64_t from, int64_t end, int64_t least, int64_t *starts,
                  int64_t *until)
{
    struct timeline_cursor cursor = timeline_seek(timeline, from);
    *starts = from;
    for (const struct timeline_span *span; (span = timeline_next(&cursor)) != NULL;) {
        *until = span->from < end ? span->from : end;
        if (*until - *starts >= least)
            return true;
        if (span->until >= end)
            return false;
        *starts = span->until;
    }
    *until = end;
    return end > *starts && end - *starts >= least;
}
