/* arena.h - memory that is released all at once.
 *
 * A configuration is made of thousands of small objects that live and die together. When memory is out (or
 * the arena's limit is reached, which bounds what a hostile file can take) arena_allocate() does not return:
 * it jumps to `exhausted`, where config_load() releases everything. So nothing that builds from an arena
 * checks for NULL. */
#ifndef GATEWAY_CONFIG_ARENA_H
#define GATEWAY_CONFIG_ARENA_H

#include <setjmp.h>
#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *blocks;
    size_t left; /* bytes that may still be taken from the system */
    jmp_buf *exhausted;
};

/* Zeroed, aligned for any type, valid until arena_release(). A size of 0 is allowed. */
void *arena_allocate(struct arena *arena, size_t size);
void *arena_array(struct arena *arena, size_t count, size_t size);
char *arena_copy(struct arena *arena, const char *text, size_t length); /* ends with NUL */
char *arena_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* For memory that others allocate: same way out. */
_Noreturn void arena_exhausted(struct arena *arena);
void arena_release(struct arena *arena);

#endif
