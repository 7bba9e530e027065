#include "drivers/sim/simulator.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

void instrument_changed(struct instrument *instrument, int64_t now)
{
    if (instrument->trace && instrument->traced)
        trace_content(instrument, now, false);
}

int instrument_trace(struct simulator *simulator, struct instrument *instrument, const char *path,
                     int64_t now)
{
    if (instrument->trace)
        fclose(instrument->trace);
    free(instrument->traced);
    instrument->trace = NULL;
    instrument->traced = NULL;
    if (!path)
        return 0;
    instrument->trace = fopen(path, "ae");
    if (!instrument->trace)
        return simulator_fail(simulator, "cannot write the trace %s: %s", path, strerror(errno));
    if (!instrument->plant)
        return 0;
    instrument->traced = calloc(registers_total(instrument->server.map) + 1, sizeof *instrument->traced);
    if (!instrument->traced)
        return simulator_fail(simulator, "no memory for the trace");
    trace_content(instrument, now, true);
    return 0;
}

void instrument_note(struct instrument *instrument, int64_t now, const char *what, const void *bytes,
                     size_t length, const char *remark)
{
    const uint8_t *byte = bytes;
    if (!instrument->trace)
        return;
    fprintf(instrument->trace, "%lld %s ", (long long)now, what);
    for (size_t i = 0; i < length && i < MODBUS_FRAME_MAX; i++)
        fprintf(instrument->trace, "%02x", byte[i]);
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
    free(instrument->history);
    scpi_text_free(&instrument->last_reply);
    free(instrument->state);
    free(instrument);
}
