#include "gateway/control/durable.h"

#include <string.h>

#define VERSION     3
#define HEAD        2 /* version, flags */
#define LOCKOUT     9 /* account, length of the reason */
#define TRIP        5
#define TRIPS_MAX   64
#define ONE_LOCKOUT 2 /* the version before */

enum { STOPPED = 1, QUARANTINED = 2, LOCKED_OUT = 4, ALL_TRIPS = 8 };

static uint32_t name_hash(const char *name)
{
    uint32_t hash = 0x811c9dc5u;
    for (; *name; name++)
        hash = (hash ^ (uint8_t)*name) * 0x01000193u;
    return hash;
}

static bool bit(const uint64_t *bits, size_t index)
{
    return bits[index / 64] >> (index % 64) & 1;
}

static void set_bit(uint64_t *bits, size_t index)
{
    bits[index / 64] |= UINT64_C(1) << (index % 64);
}

static size_t put_trips(const struct rig_spec *spec, const struct rig_durable *durable, uint8_t *bytes,
                        size_t most, bool *all)
{
    size_t count = 0;
    for (size_t i = 0; i < spec->trip_count; i++) {
        if (!bit(durable->trips, i))
            continue;
        if (count == most) {
            *all = true;
            break;
        }
        uint32_t hash = name_hash(spec->trips[i].name);
        for (int k = 0; k < 4; k++)
            bytes[1 + count * TRIP + (size_t)k] = (uint8_t)(hash >> (8 * k));
        bytes[1 + count * TRIP + 4] = bit(durable->faults, i);
        count++;
    }
    bytes[0] = (uint8_t)count;
    return 1 + count * TRIP;
}

const char *durable_reason(const durable_reasons reasons, uint64_t account)
{
    for (size_t i = 0; i < RIG_LOCKOUTS_MAX; i++)
        if (reasons[i].used && reasons[i].account == account)
            return reasons[i].text;
    return "";
}

/* 0: they don't fit. */
static size_t put_lockouts(const struct rig_durable *durable, const durable_reasons reasons, uint8_t *bytes,
                           size_t size)
{
    size_t at = 0;
    bytes[at++] = (uint8_t)durable->lockout_count;
    for (size_t i = 0; i < durable->lockout_count; i++) {
        const char *reason = durable_reason(reasons, durable->lockouts[i]);
        size_t length = strlen(reason);
        if (size - at < LOCKOUT + length)
            return 0;
        for (int k = 0; k < 8; k++)
            bytes[at++] = (uint8_t)(durable->lockouts[i] >> (8 * k));
        bytes[at++] = (uint8_t)length;
        memcpy(bytes + at, reason, length);
        at += length;
    }
    return at;
}

size_t durable_encode(const struct rig_spec *spec, const struct rig_durable *durable,
                      const durable_reasons reasons, uint8_t *bytes, size_t size)
{
    size_t lockouts = size > HEAD + 1 ? put_lockouts(durable, reasons, bytes + HEAD, size - HEAD - 1) : 0;
    if (!lockouts)
        return 0;
    size_t most = (size - HEAD - lockouts - 1) / TRIP;
    bool all = false;
    size_t trips =
        put_trips(spec, durable, bytes + HEAD + lockouts, most < TRIPS_MAX ? most : TRIPS_MAX, &all);
    bytes[0] = VERSION;
    bytes[1] = (uint8_t)((durable->stopped ? STOPPED : 0) | (durable->quarantined ? QUARANTINED : 0) |
                         (all ? ALL_TRIPS : 0));
    return HEAD + lockouts + trips;
}

static void latch(const struct rig_spec *spec, const uint8_t *trip, struct rig_durable *durable)
{
    uint32_t hash = 0;
    for (int k = 0; k < 4; k++)
        hash |= (uint32_t)trip[k] << (8 * k);
    for (size_t i = 0; i < spec->trip_count; i++) {
        if (name_hash(spec->trips[i].name) != hash)
            continue;
        set_bit(durable->trips, i);
        if (trip[4])
            set_bit(durable->faults, i);
    }
}

/* Bytes read; 0: damaged. */
static size_t get_lockout(const uint8_t *bytes, size_t length, struct rig_durable *durable,
                          durable_reasons reasons)
{
    if (length < LOCKOUT || bytes[8] >= DURABLE_REASON_MAX || length < LOCKOUT + (size_t)bytes[8])
        return 0;
    struct durable_reason *reason = &reasons[durable->lockout_count];
    *reason = (struct durable_reason){.used = true};
    for (int k = 0; k < 8; k++)
        reason->account |= (uint64_t)bytes[k] << (8 * k);
    memcpy(reason->text, bytes + LOCKOUT, bytes[8]);
    durable->lockouts[durable->lockout_count++] = reason->account;
    return LOCKOUT + (size_t)bytes[8];
}

static size_t get_lockouts(const uint8_t *bytes, size_t length, struct rig_durable *durable,
                           durable_reasons reasons)
{
    size_t at = 1;
    if (!length || bytes[0] > RIG_LOCKOUTS_MAX)
        return 0;
    for (size_t i = 0; i < bytes[0]; i++) {
        size_t read = get_lockout(bytes + at, length - at, durable, reasons);
        if (!read)
            return 0;
        at += read;
    }
    return at;
}

static size_t get_one_lockout(const uint8_t *bytes, size_t length, bool set, struct rig_durable *durable,
                              durable_reasons reasons)
{
    size_t read = get_lockout(bytes, length, durable, reasons);
    if (read && !set) {
        durable->lockout_count = 0;
        durable->lockouts[0] = 0;
        reasons[0] = (struct durable_reason){0};
    }
    return read;
}

static bool get_trips(const struct rig_spec *spec, const uint8_t *bytes, size_t length, bool all,
                      struct rig_durable *durable)
{
    if (!length || length != 1 + (size_t)bytes[0] * TRIP)
        return false;
    for (size_t i = 0; i < bytes[0]; i++)
        latch(spec, bytes + 1 + i * TRIP, durable);
    for (size_t i = 0; all && i < spec->trip_count; i++)
        set_bit(durable->trips, i);
    return true;
}

static bool decode(const struct rig_spec *spec, const uint8_t *bytes, size_t length,
                   struct rig_durable *durable, durable_reasons reasons)
{
    if (length < HEAD || (bytes[0] != VERSION && bytes[0] != ONE_LOCKOUT))
        return false;
    const uint8_t *rest = bytes + HEAD;
    size_t lockouts = bytes[0] == VERSION
                          ? get_lockouts(rest, length - HEAD, durable, reasons)
                          : get_one_lockout(rest, length - HEAD, bytes[1] & LOCKED_OUT, durable, reasons);
    durable->stopped = bytes[1] & STOPPED;
    durable->quarantined = bytes[1] & QUARANTINED;
    return lockouts &&
           get_trips(spec, rest + lockouts, length - HEAD - lockouts, bytes[1] & ALL_TRIPS, durable);
}

bool durable_decode(const struct rig_spec *spec, const uint8_t *bytes, size_t length,
                    struct rig_durable *durable, durable_reasons reasons)
{
    *durable = (struct rig_durable){0};
    memset(reasons, 0, sizeof(durable_reasons));
    if (decode(spec, bytes, length, durable, reasons))
        return true;
    *durable = (struct rig_durable){.quarantined = true};
    memset(reasons, 0, sizeof(durable_reasons));
    return false;
}
