#include "gateway/control/translate_requests.h"

#include <stdlib.h>

struct arena {
    ProtobufCAllocator allocator;
    size_t used, size;
    bool exhausted;
    _Alignas(max_align_t) uint8_t bytes[];
};

void *translate_take(struct arena *arena, size_t size)
{
    size_t start = (arena->used + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
    arena->exhausted |= start > arena->size || size > arena->size - start;
    if (arena->exhausted)
        return NULL;
    arena->used = start + size;
    return arena->bytes + start;
}

static void *arena_take(void *context, size_t size)
{
    return translate_take(context, size);
}

/* Everything goes at once, with the next request. */
static void arena_keep(void *context, void *pointer)
{
    (void)context;
    (void)pointer;
}

struct arena *arena_create(size_t size)
{
    struct arena *arena = calloc(1, sizeof *arena + size);
    if (!arena)
        return NULL;
    arena->size = size;
    arena->allocator = (ProtobufCAllocator){.alloc = arena_take, .free = arena_keep, .allocator_data = arena};
    return arena;
}

bool arena_was_exhausted(const struct arena *arena)
{
    return arena->exhausted;
}

void arena_destroy(struct arena *arena)
{
    free(arena);
}

bool translate_request(struct arena *arena, const uint8_t *bytes, size_t length, struct request *request)
{
    arena->used = 0;
    arena->exhausted = false;
    Labgate__Request *message = labgate__request__unpack(&arena->allocator, length, bytes);
    if (!message || !translate_is_utf8(&message->base))
        return false;
    *request = (struct request){
        .kind = REQUEST_NONE,
        .version = message->version,
        .token = message->token,
        .seat = message->seat,
        .seen = message->seen,
        .elapsed = message->elapsed,
        .rig = "",
    };
    if (!translate_take_session(message, request) && !translate_take_records(message, request) &&
        !translate_take_timetable(message, request) && !translate_take_identity(arena, message, request) &&
        !translate_take_shares(arena, message, request) && !translate_take_calendars(message, request) &&
        !translate_take_classroom(message, request))
        request->kind = REQUEST_NONE;
    return !arena->exhausted;
}
