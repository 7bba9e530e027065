#include "tests/line/way.h"

#include <stdlib.h>
#include <string.h>

struct packet {
    int64_t sent, arrives;
    size_t length;
    unsigned char bytes[WAY_PACKET_MAX];
};

struct way {
    struct way_conditions conditions;
    struct way_counters counters;
    uint64_t random;
    int64_t idle_from; /* the line has sent all that it took */
    size_t first, count;
    struct packet packets[WAY_PACKETS_MAX];
};

struct way *way_create(uint64_t seed)
{
    struct way *way = calloc(1, sizeof *way);
    if (way != NULL)
        way->random = seed * 2 + 1;
    return way;
}

void way_destroy(struct way *way)
{
    free(way);
}

void way_set(struct way *way, const struct way_conditions *conditions)
{
    way->conditions = *conditions;
}

struct way_counters way_counters(const struct way *way)
{
    return way->counters;
}

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled", 2016. */
static double draw(struct way *way)
{
    way->random ^= way->random >> 12;
    way->random ^= way->random << 25;
    way->random ^= way->random >> 27;
    return (double)((way->random * 0x2545F4914F6CDD1DULL) >> 11) * 0x1p-53;
}

static struct packet *at(struct way *way, size_t place)
{
    return &way->packets[(way->first + place) % WAY_PACKETS_MAX];
}

/* Bytes that the line has still to send: all packets but those that travel. */
static size_t waiting(struct way *way, int64_t now)
{
    size_t bytes = 0;
    for (size_t i = way->count; i > 0 && at(way, i - 1)->sent > now; i--)
        bytes += at(way, i - 1)->length;
    return bytes;
}

static int64_t time_to_send(const struct way *way, size_t length)
{
    return way->conditions.rate == 0 ? 0 : (int64_t)(length * 1000000000ULL / way->conditions.rate);
}

void way_take(struct way *way, const void *bytes, size_t length, int64_t now)
{
    const struct way_conditions *conditions = &way->conditions;
    way->counters.taken++;
    if (conditions->down || length > WAY_PACKET_MAX || way->count == WAY_PACKETS_MAX ||
        waiting(way, now) + length > conditions->queue_max) {
        way->counters.overflowed++;
        return;
    }
    int64_t begins = way->idle_from > now ? way->idle_from : now;
    way->idle_from = begins + time_to_send(way, length);
    if (draw(way) < conditions->loss) {
        way->counters.lost++; /* it took its time on the line all the same */
        return;
    }
    struct packet *packet = at(way, way->count++);
    packet->sent = way->idle_from;
    packet->arrives = way->idle_from + conditions->delay;
    packet->length = length;
    memcpy(packet->bytes, bytes, length);
}

int64_t way_next(const struct way *way)
{
    return way->count == 0 ? INT64_MAX : way->packets[way->first].arrives;
}

const void *way_deliver(struct way *way, int64_t now, size_t *length)
{
    if (way_next(way) > now)
        return NULL;
    struct packet *packet = at(way, 0);
    way->first = (way->first + 1) % WAY_PACKETS_MAX;
    way->count--;
    way->counters.delivered++;
    way->counters.bytes += packet->length;
    *length = packet->length;
    return packet->bytes;
}
