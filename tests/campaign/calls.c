/* The driver's functions, wrapped to note when each ran and what it came to. */
#include "tests/campaign/campaign.h"

#include <string.h>

/* Which line a thread serves: each link has a thread of its own, and asks for nothing before its instruments
 * are made. */
static _Thread_local struct {
    struct driver_instrument *device;
    struct unit *unit;
} served[UNITS_MAX];

static struct {
    struct driver_instrument *device;
    struct unit *unit;
} devices[LINES_MAX * UNITS_MAX];
static size_t device_count;

static const struct driver *driver_of(const struct unit *unit)
{
    return driver_find(unit->line->transport <= TCP ? "modbus" : "scpi-rigol-ds1000z");
}

static struct unit *unit_of(struct driver_instrument *device)
{
    for (size_t i = 0; i < UNITS_MAX; i++)
        if (served[i].device == device)
            return served[i].unit;
    for (size_t i = 0; i < device_count; i++)
        for (size_t place = 0; devices[i].device == device && place < UNITS_MAX; place++)
            if (!served[place].device) {
                served[place].device = device;
                served[place].unit = devices[i].unit;
                return devices[i].unit;
            }
    return NULL;
}

static int note(struct driver_instrument *device, enum call_kind kind, int64_t began, int result)
{
    const struct unit *unit = unit_of(device);
    struct calls *calls = &unit->line->calls;
    struct call call = {unit, kind, began, campaign_now(), result};
    pthread_mutex_lock(&calls->mutex);
    calls->ring[calls->count++ % CALLS_MAX] = call;
    pthread_mutex_unlock(&calls->mutex);
    return result;
}

/* Runs on the main thread, while the link is made. */
static int traced_create(const struct driver_instrument_spec *spec, struct driver_instrument **device,
                         struct driver_fault *fault)
{
    struct unit *unit = (struct unit *)((char *)(uintptr_t)spec->points - offsetof(struct unit, points));
    int result = driver_of(unit)->create(spec, device, fault);
    if (!result) {
        devices[device_count].device = *device;
        devices[device_count++].unit = unit;
    }
    return result;
}

static int traced_greet(struct driver_instrument *device, struct driver_line *line, int64_t deadline,
                        struct driver_fault *fault)
{
    int64_t began = campaign_now();
    return note(device, CALL_GREET, began, driver_of(unit_of(device))->greet(device, line, deadline, fault));
}

static int traced_read(struct driver_instrument *device, struct driver_line *line,
                       const struct driver_read *read, struct driver_sample *samples, int64_t deadline,
                       struct driver_fault *fault)
{
    int64_t began = campaign_now();
    return note(device, CALL_READ, began,
                driver_of(unit_of(device))->read(device, line, read, samples, deadline, fault));
}

static int traced_write(struct driver_instrument *device, struct driver_line *line, uint16_t point,
                        const struct driver_value *value, int64_t deadline, struct driver_fault *fault)
{
    int64_t began = campaign_now();
    return note(device, CALL_WRITE, began,
                driver_of(unit_of(device))->write(device, line, point, value, deadline, fault));
}

static int traced_begin(struct driver_instrument *device, struct driver_line *line, size_t waveform,
                        enum driver_depth depth, struct driver_record *record, int64_t deadline,
                        struct driver_fault *fault)
{
    int64_t began = campaign_now();
    return note(
        device, CALL_CAPTURE, began,
        driver_of(unit_of(device))->capture_begin(device, line, waveform, depth, record, deadline, fault));
}

static int traced_chunk(struct driver_instrument *device, struct driver_line *line, void *codes,
                        size_t capacity, size_t *got, int64_t deadline, struct driver_fault *fault)
{
    int64_t began = campaign_now();
    return note(
        device, CALL_CAPTURE, began,
        driver_of(unit_of(device))->capture_chunk(device, line, codes, capacity, got, deadline, fault));
}

static int traced_end(struct driver_instrument *device, struct driver_line *line, int64_t deadline,
                      struct driver_fault *fault)
{
    int64_t began = campaign_now();
    return note(device, CALL_CAPTURE, began,
                driver_of(unit_of(device))->capture_end(device, line, deadline, fault));
}

void calls_trace(const struct driver *driver, struct driver *traced)
{
    *traced = *driver;
    traced->create = traced_create;
    traced->greet = driver->greet ? traced_greet : NULL;
    traced->read = traced_read;
    traced->write = traced_write;
    traced->capture_begin = driver->capture_begin ? traced_begin : NULL;
    traced->capture_chunk = driver->capture_chunk ? traced_chunk : NULL;
    traced->capture_end = driver->capture_end ? traced_end : NULL;
}

bool calls_find(struct line *line, const struct unit *unit, int64_t at, struct call *found,
                struct call *before)
{
    struct calls *calls = &line->calls;
    int count = 0;
    *before = (struct call){.unit = NULL};
    pthread_mutex_lock(&calls->mutex);
    for (size_t back = 1; count < 2 && back <= calls->count && back <= CALLS_MAX; back++) {
        const struct call *call = &calls->ring[(calls->count - back) % CALLS_MAX];
        if (call->unit == unit && call->began <= at)
            *(count++ ? before : found) = *call;
    }
    pthread_mutex_unlock(&calls->mutex);
    return count > 0;
}

void calls_print(struct line *line, int64_t from, int64_t to)
{
    static const char *const kinds_of_call[] = {"read", "write", "greeting", "capture"};
    struct calls *calls = &line->calls;
    pthread_mutex_lock(&calls->mutex);
    size_t first = calls->count > CALLS_MAX ? calls->count - CALLS_MAX : 0;
    for (size_t i = first; i < calls->count; i++) {
        const struct call *call = &calls->ring[i % CALLS_MAX];
        if (call->began >= from && call->began <= to)
            fprintf(stderr, "    %+10.3f to %+.3f ms: %s of %s: %s\n", (double)(call->began - to) / MS,
                    (double)(call->ended - to) / MS, kinds_of_call[call->kind], call->unit->name,
                    driver_result_name(call->result));
    }
    pthread_mutex_unlock(&calls->mutex);
}
