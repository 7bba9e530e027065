#include "gateway/identity/revoked.h"

#include <stdlib.h>
#include <string.h>

#define DAY INT64_C(86400000) /* ms */

struct slot {
    bool taken;
    uint8_t id[CRYPTO_TOKEN_ID_SIZE];
    int64_t expires;
};

struct revoked {
    size_t slots, count; /* slots: a power of two, at most half taken */
    struct slot *list, *spare;
};

struct revoked *revoked_create(size_t expected)
{
    struct revoked *revoked = calloc(1, sizeof *revoked);
    if (revoked == NULL)
        return NULL;
    for (revoked->slots = 2; revoked->slots < 2 * (expected + REVOKED_LEAST);)
        revoked->slots *= 2;
    revoked->list = calloc(revoked->slots, sizeof *revoked->list);
    revoked->spare = calloc(revoked->slots, sizeof *revoked->spare);
    if (revoked->list == NULL || revoked->spare == NULL) {
        revoked_destroy(revoked);
        return NULL;
    }
    return revoked;
}

void revoked_destroy(struct revoked *revoked)
{
    if (revoked == NULL)
        return;
    free(revoked->list);
    free(revoked->spare);
    free(revoked);
}

/* Where the id is or would be. */
static struct slot *find(const struct revoked *revoked, const uint8_t *id)
{
    uint64_t place;
    memcpy(&place, id, sizeof place);
    for (;; place++) {
        struct slot *slot = &revoked->list[place & (revoked->slots - 1)];
        if (!slot->taken || memcmp(slot->id, id, sizeof slot->id) == 0)
            return slot;
    }
}

bool revoked_has(const struct revoked *revoked, const uint8_t id[CRYPTO_TOKEN_ID_SIZE])
{
    return find(revoked, id)->taken;
}

static void drop_old(struct revoked *revoked, int64_t now)
{
    struct slot *old = revoked->list;
    revoked->list = revoked->spare;
    revoked->spare = old;
    revoked->count = 0;
    memset(revoked->list, 0, revoked->slots * sizeof *revoked->list);
    for (size_t i = 0; i < revoked->slots; i++) {
        if (!old[i].taken || old[i].expires < now - DAY)
            continue;
        *find(revoked, old[i].id) = old[i];
        revoked->count++;
    }
}

bool revoked_add(struct revoked *revoked, const uint8_t id[CRYPTO_TOKEN_ID_SIZE], int64_t expires,
                 int64_t now)
{
    if (2 * (revoked->count + 1) > revoked->slots)
        drop_old(revoked, now);
    struct slot *slot = find(revoked, id);
    if (slot->taken)
        return true;
    if (2 * (revoked->count + 1) > revoked->slots)
        return false;
    *slot = (struct slot){.taken = true, .expires = expires};
    memcpy(slot->id, id, sizeof slot->id);
    revoked->count++;
    return true;
}
