/* translate.h - messages to bytes and back, and the requests that the client makes itself. */
#ifndef GATEWAY_CLIENT_TRANSLATE_H
#define GATEWAY_CLIENT_TRANSLATE_H

#include "proto/lab.pb-c.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Packs into memory that the caller frees; NULL: no memory. */
uint8_t *translate_pack(const Labgate__Request *request, size_t *size);
/* NULL: not an Answer, or no memory. */
Labgate__Answer *translate_unpack(const uint8_t *bytes, size_t size);

/* What every request carries besides its body. */
struct request_envelope {
    const char *token; /* or NULL */
    uint32_t seat;
    uint64_t seen, elapsed;
};
void translate_envelope(Labgate__Request *request, const struct request_envelope *envelope);

struct watch_request {
    const char *rig;
    uint32_t credit; /* 0 ends it */
    bool has_cursor;
    uint64_t boot, frame;
};
/* As translate_pack(). */
uint8_t *translate_watch(const struct request_envelope *envelope, const struct watch_request *watch,
                         size_t *size);

#endif
