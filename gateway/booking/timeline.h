/* timeline.h - when one resource is taken: spans that do not overlap, in order.
 *
 * Spans are half-open, [from, until), in ms since 1970. They lie sorted in blocks of TIMELINE_BLOCK with a
 * directory over them: finding takes O(log n), a change moves at most one block, and walking reads memory in
 * order. The sum of a term's availability is such a walk.
 *
 * A pointer to a span holds until the timeline changes. */
#ifndef GATEWAY_BOOKING_TIMELINE_H
#define GATEWAY_BOOKING_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIMELINE_BLOCK 128

struct timeline_span {
    int64_t from, until;
    void *owner; /* of the caller */
};

struct timeline_entry;

/* All zero: nothing is taken. */
struct timeline {
    struct timeline_entry *directory; /* of blocks */
    size_t block_count, block_room, count;
};
void timeline_finish(struct timeline *timeline);

enum timeline_result { TIMELINE_OK, TIMELINE_TAKEN, TIMELINE_NO_MEMORY };

/* until > from. Whatever the result but OK, nothing has changed. */
enum timeline_result timeline_insert(struct timeline *timeline, int64_t from, int64_t until, void *owner);
/* The span that begins at `from` and is `owner`'s. False: there is none. */
bool timeline_remove(struct timeline *timeline, int64_t from, const void *owner);
/* Gives it another end. TAKEN: it would reach into the next one, or there is no such span. */
enum timeline_result timeline_resize(struct timeline *timeline, int64_t from, const void *owner,
                                     int64_t until);

/* A span that touches [from, until): the last one. NULL: it is free. */
const struct timeline_span *timeline_conflict(const struct timeline *timeline, int64_t from, int64_t until);
/* The first gap of at least `least` ms (1 or more) within [from, end): [*starts, *until). False: none. */
bool timeline_gap(const struct timeline *timeline, int64_t from, int64_t end, int64_t least, int64_t *starts,
                  int64_t *until);

/* In order, from the first span that ends after a time. */
struct timeline_cursor {
    const struct timeline *timeline;
    size_t block, at;
};
struct timeline_cursor timeline_seek(const struct timeline *timeline, int64_t time);
const struct timeline_span *timeline_next(struct timeline_cursor *cursor); /* NULL: no more */

#endif
