#include "gateway/control/durable.h"

#include <string.h>

#define VERSION    2
#define HEAD       11 /* version, flags, account, length of the reason */
#define TRIP       5
#define LISTED_MAX 64

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

size_t durable_encode(const struct rig_spec *spec, const struct rig_durable *durable, const char *reason,
                      uint8_t *bytes, size_t size)
{
    size_t length = strlen(reason);
    if (length >= DURABLE_REASON_MAX || size < HEAD + length + 1)
        return 0;
    size_t most = (size - HEAD - length - 1) / TRIP;
    bool all = false;
    memcpy(bytes + HEAD, reason, length);
    size_t trips =
        put_trips(spec, durable, bytes + HEAD + length, most < LISTED_MAX ? most : LISTED_MAX, &all);
    bytes[0] = VERSION;
    bytes[1] = (uint8_t)((durable->stopped ? STOPPED : 0) | (durable->quarantined ? QUARANTINED : 0) |
                         (durable->locked_out ? LOCKED_OUT : 0) | (all ? ALL_TRIPS : 0));
    for (int k = 0; k < 8; k++)
        bytes[2 + k] = (uint8_t)(durable->lockout_account >> (8 * k));
    bytes[10] = (uint8_t)length;
    return HEAD + length + trips;
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

bool durable_decode(const struct rig_spec *spec, const uint8_t *bytes, size_t length,
                    struct rig_durable *durable, char reason[DURABLE_REASON_MAX])
{
    *durable = (struct rig_durable){.quarantined = true};
    reason[0] = '\0';
    if (length < HEAD + 1 || bytes[0] != VERSION || bytes[10] >= DURABLE_REASON_MAX)
        return false;
    const uint8_t *trips = bytes + HEAD + bytes[10];
    if (trips >= bytes + length || (size_t)(bytes + length - trips) != 1 + (size_t)trips[0] * TRIP)
        return false;
    memcpy(reason, bytes + HEAD, bytes[10]);
    reason[bytes[10]] = '\0';
    durable->stopped = bytes[1] & STOPPED;
    durable->quarantined = bytes[1] & QUARANTINED;
    durable->locked_out = bytes[1] & LOCKED_OUT;
    for (int k = 0; k < 8; k++)
        durable->lockout_account |= (uint64_t)bytes[2 + k] << (8 * k);
    for (size_t i = 0; i < trips[0]; i++)
        latch(spec, trips + 1 + i * TRIP, durable);
    for (size_t i = 0; bytes[1] & ALL_TRIPS && i < spec->trip_count; i++)
        set_bit(durable->trips, i);
    return true;
}
