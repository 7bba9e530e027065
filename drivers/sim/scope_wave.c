/* The :WAVeform subsystem: a record's description and its samples in blocks. */
#include "drivers/sim/scope.h"

#include <stdio.h>

/* Points that one :WAVeform:DATA? can carry, by format. */
static const uint32_t longest[] = {[WAVE_WORD] = 125000, [WAVE_BYTE] = 250000, [WAVE_ASCII] = 15625};

/* What the guide's preamble numbers are. */
static const int format_number[] = {[WAVE_WORD] = 1, [WAVE_BYTE] = 0, [WAVE_ASCII] = 2};

/* Memory can be read only while the scope is stopped; until then there is the screen. */
static void look(struct scope *scope, struct scope_view *view)
{
    scope_update(scope);
    bool deep = scope->wave_mode != WAVE_NORMAL && scope->run == SCOPE_STOPPED;
    scope_view(scope, scope->wave_source, deep, view);
}

enum {
    PART_XINCREMENT = 4,
    PART_XORIGIN,
    PART_XREFERENCE,
    PART_YINCREMENT,
    PART_YORIGIN,
    PART_YREFERENCE,
    PARTS
};

static void describe(struct scope *scope, double parts[PARTS])
{
    struct scope_view view;
    look(scope, &view);
    parts[0] = format_number[scope->wave_format];
    parts[1] = scope->wave_mode;
    parts[2] = view.points;
    parts[3] = scope->acquire == ACQUIRE_AVERAGES ? scope->averages : 1;
    parts[PART_XINCREMENT] = view.increment;
    parts[PART_XORIGIN] = view.origin;
    parts[PART_XREFERENCE] = 0;
    parts[PART_YINCREMENT] = view.step;
    parts[PART_YORIGIN] = view.y_origin;
    parts[PART_YREFERENCE] = SCOPE_REFERENCE;
}

static void print_part(struct scpi_text *reply, const double *parts, int part)
{
    bool real = part == PART_XINCREMENT || part == PART_XORIGIN || part == PART_YINCREMENT;
    scpi_text_print(reply, real ? "%.6e" : "%.0f", parts[part]);
}

int scope_wave_preamble(struct scpi_call *call)
{
    double parts[PARTS];
    describe(call->state, parts);
    for (int i = 0; i < PARTS; i++) {
        if (i)
            scpi_text_print(call->reply, ",");
        print_part(call->reply, parts, i);
    }
    return SCPI_OK;
}

int scope_wave_part(struct scpi_call *call)
{
    double parts[PARTS];
    describe(call->state, parts);
    print_part(call->reply, parts, *(const int *)call->command->detail);
    return SCPI_OK;
}

#define PIECE 1024 /* samples that are computed and formatted at a time */

static void add_formatted(int format, const struct scope_view *view, const uint8_t *codes, uint32_t count,
                          bool first, struct scpi_text *reply)
{
    if (format == WAVE_BYTE) {
        scpi_text_add(reply, codes, count);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (format == WAVE_WORD)
            scpi_text_add(reply, (const uint8_t[]){codes[i], 0}, 2);
        else
            scpi_text_print(reply, "%s%.6e", first && i == 0 ? "" : ",", scope_volts(view, codes[i]));
    }
}

static void add_samples(const struct scope *scope, const struct scope_view *view, uint32_t first,
                        uint32_t count, struct scpi_text *reply)
{
    uint8_t codes[PIECE];
    for (uint32_t done = 0; done < count; done += PIECE) {
        uint32_t piece = count - done < PIECE ? count - done : PIECE;
        scope_codes(scope, view, first + done, piece, codes);
        add_formatted(scope->wave_format, view, codes, piece, done == 0, reply);
    }
}

int scope_wave_data(struct scpi_call *call)
{
    struct scope *scope = call->state;
    struct scope_view view;
    look(scope, &view);
    uint32_t first = scope->wave_start,
             last = scope->wave_stop < view.points ? scope->wave_stop : view.points;
    uint32_t count = scope->record.valid && first <= last ? last - first + 1 : 0;
    if (count > longest[scope->wave_format])
        count = longest[scope->wave_format];
    size_t at = call->reply->length;
    scpi_text_print(call->reply, "#9%09u", 0u);
    add_samples(scope, &view, first - 1, count, call->reply);
    char header[16];
    snprintf(header, sizeof header, "#9%09zu", call->reply->length - at - 11);
    for (size_t i = 0; i < 11 && at + i < call->reply->length; i++)
        call->reply->bytes[at + i] = header[i];
    return SCPI_OK;
}
