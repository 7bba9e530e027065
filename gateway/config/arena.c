#include "gateway/config/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)16 * 1024)

struct arena_block {
    struct arena_block *next;
    size_t used, size;
    max_align_t bytes[];
};

void arena_exhausted(struct arena *arena)
{
    longjmp(*arena->exhausted, 1);
}

static void add_block(struct arena *arena, size_t least)
{
    size_t size = least > BLOCK_SIZE ? least : BLOCK_SIZE;
    if (size > arena->left)
        arena_exhausted(arena);
    struct arena_block *block = calloc(1, sizeof(*block) + size);
    if (!block)
        arena_exhausted(arena);
    arena->left -= size;
    block->size = size;
    block->next = arena->blocks;
    arena->blocks = block;
}

void *arena_allocate(struct arena *arena, size_t size)
{
    const size_t unit = sizeof(max_align_t);
    if (size > SIZE_MAX / 2)
        arena_exhausted(arena);
    size_t rounded = (size + unit - 1) / unit * unit;
    if (!arena->blocks || arena->blocks->size - arena->blocks->used < rounded)
        add_block(arena, rounded);
    struct arena_block *block = arena->blocks;
    void *memory = (char *)block->bytes + block->used;
    block->used += rounded;
    return memory;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / 2 / size)
        arena_exhausted(arena);
    return arena_allocate(arena, count * size);
}

char *arena_copy(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_allocate(arena, length + 1);
    memcpy(copy, text, length);
    return copy;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        arena_exhausted(arena);
    char *text = arena_allocate(arena, (size_t)length + 1);
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}

void arena_release(struct arena *arena)
{
    while (arena->blocks) {
        struct arena_block *next = arena->blocks->next;
        free(arena->blocks);
        arena->blocks = next;
    }
}
