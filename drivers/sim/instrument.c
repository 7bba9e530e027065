#include "drivers/sim/simulator.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TRACED_MAX 2048 /* bytes of a message: a scope's screen is one of them */

struct instrument *simulator_find(struct simulator *simulator, const char *name)
{
    for (struct instrument *instrument = simulator->instruments; instrument; instrument = instrument->next)
        if (!strcmp(instrument->name, name))
            return instrument;
    return NULL;
}

struct instrument *endpoint_unit(struct simulator *simulator, const struct endpoint *endpoint, uint8_t unit)
{
    for (struct instrument *instrument = simulator->instruments; instrument; instrument = instrument->next)
        if (instrument->endpoint == endpoint && instrument->unit == unit)
            return instrument;
    return NULL;
}

void instrument_defer(struct instrument *instrument, const void *bytes, size_t length, int64_t due)
{
    if (instrument->deferred_count == DEFERRED_MAX || length > sizeof instrument->deferred[0].bytes)
        return;
    struct deferred *deferred = &instrument->deferred[instrument->deferred_count++];
    *deferred = (struct deferred){.due = due, .length = length};
    memcpy(deferred->bytes, bytes, length);
}

/* --- trace: one line an event, "<monotonic ns> <what> ..." --- */

static size_t registers_total(const struct register_map *map)
{
    size_t total = 0;
    for (size_t i = 0; i < map->window_count; i++)
        total += map->windows[i].last - map->windows[i].first + 1u;
    return total;
}

static void trace_content(struct instrument *instrument, int64_t now, bool all)
{
    const struct register_map *map = instrument->server.map;
    uint16_t *old = instrument->traced;
    for (size_t i = 0; i < map->window_count; i++) {
        const struct register_window *window = &map->windows[i];
        uint16_t words[256];
        size_t count = window->last - window->first + 1u;
        if (count > sizeof words / sizeof *words ||
            registers_read(map, instrument->state, &instrument->server.overlay, window->table, window->first,
                           count, words))
            continue;
        for (size_t j = 0; j < count; j++, old++)
            if (all || words[j] != *old) {
                fprintf(instrument->trace, "%lld content %s %zu %u\n", (long long)now,
                        register_table_name(window->table), window->first + j, words[j]);
                *old = words[j];
            }
    }
}

static size_t variables_total(const struct instrument *instrument)
{
    size_t total = 0;
    while (instrument->fields[total].name)
        total++;
    return total;
}

static void trace_variables(struct instrument *instrument, int64_t now, bool all)
{
    char text[FIELD_TEXT_MAX];
    double *old = instrument->traced_variables;
    for (const struct field *field = instrument->fields; field->name; field++, old++) {
        double value = field_get(instrument->state, field->type, field->offset);
        if (!all && value == *old)
            continue;
        field_print(instrument->state, field, text, sizeof text);
        fprintf(instrument->trace, "%lld content variable %s %s\n", (long long)now, field->name, text);
        *old = value;
    }
}

void instrument_changed(struct instrument *instrument, int64_t now)
{
    if (instrument->trace && instrument->traced)
        trace_content(instrument, now, false);
    if (instrument->trace && instrument->traced_variables)
        trace_variables(instrument, now, false);
}

int instrument_trace(struct simulator *simulator, struct instrument *instrument, const char *path,
                     int64_t now)
{
    if (instrument->trace)
        fclose(instrument->trace);
    free(instrument->traced);
    free(instrument->traced_variables);
    instrument->trace = NULL;
    instrument->traced = NULL;
    instrument->traced_variables = NULL;
    if (!path)
        return 0;
    instrument->trace = fopen(path, "ae");
    if (!instrument->trace)
        return simulator_fail(simulator, "cannot write the trace %s: %s", path, strerror(errno));
    if (instrument->plant)
        instrument->traced = calloc(registers_total(instrument->server.map) + 1, sizeof *instrument->traced);
    else
        instrument->traced_variables =
            calloc(variables_total(instrument) + 1, sizeof *instrument->traced_variables);
    if (!instrument->traced && !instrument->traced_variables)
        return simulator_fail(simulator, "no memory for the trace");
    if (instrument->traced)
        trace_content(instrument, now, true);
    else
        trace_variables(instrument, now, true);
    return 0;
}

void instrument_note(struct instrument *instrument, int64_t now, const char *what, const void *bytes,
                     size_t length, const char *remark)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *byte = bytes;
    if (!instrument->trace)
        return;
    fprintf(instrument->trace, "%lld %s ", (long long)now, what);
    for (size_t i = 0; i < length && i < TRACED_MAX; i++) {
        putc(digits[byte[i] >> 4], instrument->trace);
        putc(digits[byte[i] & 0xF], instrument->trace);
    }
    fprintf(instrument->trace, "%s%s\n", remark ? " " : "", remark ? remark : "");
}

void instrument_print_address(const struct instrument *instrument, FILE *file)
{
    const struct endpoint *endpoint = instrument->endpoint;
    if (endpoint->transport == TRANSPORT_TCP)
        fprintf(file, "%s tcp %s %u\n", instrument->name, endpoint->host, endpoint->port);
    else
        fprintf(file, "%s %s %s\n", instrument->name,
                endpoint->protocol->medium == MEDIUM_RTU ? "rtu" : "pty", endpoint->path);
}

void instrument_destroy(struct instrument *instrument)
{
    if (!instrument)
        return;
    if (instrument->kind && instrument->kind->finish)
        instrument->kind->finish(instrument->state);
    if (instrument->trace)
        fclose(instrument->trace);
    free(instrument->traced);
    free(instrument->traced_variables);
    free(instrument->history);
    scpi_text_free(&instrument->last_reply);
    free(instrument->state);
    free(instrument);
}
