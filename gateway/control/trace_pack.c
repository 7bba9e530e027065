#include "gateway/control/trace_pack.h"

/* --- bits, the first in a byte's highest --- */

struct writer {
    uint8_t *bytes;
    size_t capacity, used; /* bits */
};

/* Bits beyond the capacity are counted and not written. */
static void put(struct writer *writer, unsigned value, unsigned bits)
{
    while (bits-- > 0) {
        if (writer->used < writer->capacity) {
            uint8_t *byte = &writer->bytes[writer->used / 8];
            if (writer->used % 8 == 0)
                *byte = 0;
            *byte = (uint8_t)(*byte | (value >> bits & 1u) << (7 - writer->used % 8));
        }
        writer->used++;
    }
}

/* --- residuals, and how many bits they take --- */

#define QUOTIENT_MOST 11u /* then the residual stands there as it is */
#define FORGET_AFTER  32u

/* How large residuals have been of late. A jump says nothing of what follows it, so it counts for less. */
struct model {
    unsigned sum, count;
};

static unsigned parameter(const struct model *model)
{
    unsigned k = 0;
    while (model->count << k < model->sum)
        k++;
    return k;
}

static void learn(struct model *model, unsigned k, unsigned residual)
{
    unsigned most = 4u << k;
    model->sum += residual < most ? residual : most;
    if (++model->count == FORGET_AFTER) {
        model->sum /= 2;
        model->count /= 2;
    }
}

static void put_residual(struct writer *writer, struct model *model, uint8_t difference)
{
    unsigned folded = difference < 128 ? 2u * difference : 2u * (255u - difference) + 1;
    unsigned k = parameter(model), quotient = folded >> k;
    if (quotient < QUOTIENT_MOST) {
        put(writer, 1, quotient + 1);
        put(writer, folded & ((1u << k) - 1), k);
    } else {
        put(writer, 0, QUOTIENT_MOST);
        put(writer, folded, 8);
    }
    learn(model, k, folded);
}

/* --- sequences --- */

enum predictor { PREVIOUS, LINE, SPAN, PREDICTORS };

struct sequence {
    const uint8_t *codes, *lows; /* lows: of the same columns, for SPAN; NULL: these are no highs */
    size_t count;
};

static uint8_t predict(const struct sequence *sequence, enum predictor predictor, size_t i)
{
    const uint8_t *codes = sequence->codes, *lows = sequence->lows;
    if (predictor == SPAN)
        return (uint8_t)(i ? lows[i] + codes[i - 1] - lows[i - 1] : lows[i]);
    if (i == 0)
        return 128;
    return (uint8_t)(predictor == LINE && i > 1 ? 2 * codes[i - 1] - codes[i - 2] : codes[i - 1]);
}

static void put_predicted(struct writer *writer, const struct sequence *sequence, enum predictor predictor)
{
    struct model model = {.sum = 4, .count = 1};
    put(writer, predictor, 2);
    for (size_t i = 0; i < sequence->count; i++)
        put_residual(writer, &model, (uint8_t)(sequence->codes[i] - predict(sequence, predictor, i)));
}

static void put_sequence(struct writer *writer, const struct sequence *sequence)
{
    enum predictor best = PREVIOUS;
    size_t least = SIZE_MAX;
    for (enum predictor each = PREVIOUS; each < (sequence->lows ? PREDICTORS : SPAN); each++) {
        struct writer trial = {0};
        put_predicted(&trial, sequence, each);
        if (trial.used < least) {
            least = trial.used;
            best = each;
        }
    }
    put_predicted(writer, sequence, best);
}

/* --- columns --- */

static void find_extremes(const uint8_t *codes, size_t count, size_t columns, uint8_t *lows, uint8_t *highs)
{
    for (size_t column = 0; column < columns; column++) {
        size_t first = column * count / columns, end = (column + 1) * count / columns;
        lows[column] = highs[column] = codes[first];
        for (size_t i = first + 1; i < end; i++) {
            lows[column] = codes[i] < lows[column] ? codes[i] : lows[column];
            highs[column] = codes[i] > highs[column] ? codes[i] : highs[column];
        }
    }
}

static size_t bytes_of(const struct writer *writer)
{
    return writer->used <= writer->capacity ? (writer->used + 7) / 8 : 0;
}

size_t trace_pack(const uint8_t *codes, size_t count, uint8_t *bytes, size_t budget,
                  struct trace_shape *shape)
{
    static const uint16_t widths[] = {600, 450, 300, 225, 150, 100, 75, 50, 30, 20, 10};
    struct writer writer = {.bytes = bytes, .capacity = 8 * budget};
    *shape = (struct trace_shape){.columns = (uint16_t)count};
    put_sequence(&writer, &(struct sequence){.codes = codes, .count = count});
    for (size_t i = 0; !bytes_of(&writer) && i < sizeof widths / sizeof *widths; i++) {
        uint8_t lows[600], highs[600];
        if (widths[i] > count / 2)
            continue;
        find_extremes(codes, count, widths[i], lows, highs);
        *shape = (struct trace_shape){.columns = widths[i], .extremes = true};
        writer.used = 0;
        put_sequence(&writer, &(struct sequence){.codes = lows, .count = widths[i]});
        put_sequence(&writer, &(struct sequence){.codes = highs, .lows = lows, .count = widths[i]});
    }
    return bytes_of(&writer);
}
