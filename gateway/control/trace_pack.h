/* trace_pack.h - a record of 8-bit codes as few bytes: docs/protocol.md, "Traces", says what each bit means.
 *
 * Sources: the adaptive Golomb-Rice code is that of JPEG-LS (ITU-T T.87, A.5), the predictors are the first
 * two of Shorten (T. Robinson, CUED/F-INFENG/TR.156, 1994). Pure. */
#ifndef GATEWAY_CONTROL_TRACE_PACK_H
#define GATEWAY_CONTROL_TRACE_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACE_SAMPLES_MAX 2400u

struct trace_shape {
    uint16_t columns;
    bool extremes; /* two codes for each column: the lowest and the highest of its samples */
};

/* Packs `count` codes (1 to TRACE_SAMPLES_MAX) into at most `budget` bytes: all of them where they fit,
 * otherwise the extremes of as many columns as do. Returns the bytes, 0 when not even the fewest columns fit.
 */
size_t trace_pack(const uint8_t *codes, size_t count, uint8_t *bytes, size_t budget,
                  struct trace_shape *shape);

#endif
