#include "gateway/records/audit_format.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY        INT64_C(1000000000) /* ns */
#define GATHER       INT64_C(10000000)   /* ns */
#define AVERAGE_SIZE 256                 /* bytes of the ring for each record */
#define LENGTH_SIZE  2

/* The ring holds, for each record, its length (2 bytes), its link of the chain and its bytes; all wrap
 * around. */
struct audit {
    const struct crypto *crypto;
    struct ledger *ledger;
    uint8_t *ring;
    size_t size, first, used;
    size_t records, most; /* in the ring, and how many it takes */
    uint64_t number;      /* last one appended */
    uint8_t mac[CRYPTO_MAC_SIZE];
    uint64_t durable;
    uint8_t durable_mac[CRYPTO_MAC_SIZE];
    bool full;          /* commands are refused */
    uint64_t gap, lost; /* since the last record, and since the start */
    int64_t gap_from;   /* wall, of the first that was lost */
    struct ledger_audit batch[LEDGER_BATCH_MAX];
    size_t batched, batched_bytes; /* on their way to the ledger */
    int64_t gathered;              /* when what waits goes to the ledger; 0: nothing waits */
    int64_t retry;
};

int audit_create(const struct crypto *crypto, struct ledger *ledger, size_t records,
                 const struct ledger_contents *contents, struct audit **result)
{
    struct audit *audit = calloc(1, sizeof *audit);
    if (audit == NULL)
        return AUDIT_NO_MEMORY;
    audit->most = records > 64 ? records : 64;
    audit->size = audit->most * AVERAGE_SIZE;
    audit->ring = calloc(1, audit->size);
    if (audit->ring == NULL) {
        free(audit);
        return AUDIT_NO_MEMORY;
    }
    audit->crypto = crypto;
    audit->ledger = ledger;
    audit->number = audit->durable = contents->last_audit;
    memcpy(audit->mac, contents->last_mac, sizeof audit->mac);
    memcpy(audit->durable_mac, contents->last_mac, sizeof audit->durable_mac);
    *result = audit;
    return AUDIT_OK;
}

void audit_destroy(struct audit *audit)
{
    if (audit == NULL)
        return;
    free(audit->ring);
    free(audit);
}

/* ---- the ring ------------------------------------------------------------------------------------------ */

static void ring_put(struct audit *audit, const void *bytes, size_t length)
{
    size_t at = (audit->first + audit->used) % audit->size;
    size_t until_end = audit->size - at < length ? audit->size - at : length;
    memcpy(audit->ring + at, bytes, until_end);
    memcpy(audit->ring, (const uint8_t *)bytes + until_end, length - until_end);
    audit->used += length;
}

static void ring_peek(const struct audit *audit, size_t offset, void *bytes, size_t length)
{
    size_t at = (audit->first + offset) % audit->size;
    size_t until_end = audit->size - at < length ? audit->size - at : length;
    memcpy(bytes, audit->ring + at, until_end);
    memcpy((uint8_t *)bytes + until_end, audit->ring, length - until_end);
}

/* Is at most this many eighths full? */
static bool filled_below(const struct audit *audit, size_t eighths)
{
    return audit->records < audit->most / 8 * eighths && audit->used < audit->size / 8 * eighths;
}

static bool append(struct audit *audit, const struct audit_record *record)
{
    uint8_t bytes[AUDIT_BYTES_MAX];
    size_t length = audit_encode(audit->number + 1, record, bytes);
    size_t size = LENGTH_SIZE + CRYPTO_MAC_SIZE + length;
    if (audit->records == audit->most || audit->size - audit->used < size)
        return false;
    crypto_chain(audit->crypto, audit->mac, bytes, length, audit->mac);
    uint8_t prefix[LENGTH_SIZE] = {(uint8_t)length, (uint8_t)(length >> 8)};
    ring_put(audit, prefix, sizeof prefix);
    ring_put(audit, audit->mac, sizeof audit->mac);
    ring_put(audit, bytes, length);
    audit->number++;
    audit->records++;
    return true;
}

/* The first record after a loss says how much is missing. */
static bool append_gap(struct audit *audit, const struct audit_record *next)
{
    char text[96];
    snprintf(text, sizeof text, "%" PRIu64 " records lost since %" PRId64, audit->gap, audit->gap_from);
    struct audit_record gap = {.wall = next->wall,
                               .monotonic = next->monotonic,
                               .kind = "gap",
                               .text = text,
                               .after = (double)audit->gap,
                               .has_after = true};
    if (!append(audit, &gap))
        return false;
    audit->gap = 0;
    return true;
}

int audit_append(struct audit *audit, const struct audit_record *record)
{
    bool stored = (audit->gap == 0 || append_gap(audit, record)) && append(audit, record);
    if (!stored) {
        if (audit->gap++ == 0)
            audit->gap_from = record->wall;
        audit->lost++;
    }
    if (!filled_below(audit, 7))
        audit->full = true;
    return stored ? AUDIT_OK : AUDIT_FULL;
}

bool audit_takes(const struct audit *audit)
{
    return !audit->full;
}

size_t audit_waiting(const struct audit *audit)
{
    return audit->records;
}

uint64_t audit_lost(const struct audit *audit)
{
    return audit->lost;
}

/* ---- to the ledger ------------------------------------------------------------------------------------- */

static void fill_batch(struct audit *audit)
{
    audit->batched = audit->batched_bytes = 0;
    while (audit->batched < LEDGER_BATCH_MAX && audit->batched < audit->records) {
        struct ledger_audit *link = &audit->batch[audit->batched];
        struct audit_entry entry;
        uint8_t prefix[LENGTH_SIZE];
        ring_peek(audit, audit->batched_bytes, prefix, sizeof prefix);
        link->length = (uint16_t)(prefix[0] | prefix[1] << 8);
        ring_peek(audit, audit->batched_bytes + LENGTH_SIZE, link->mac, sizeof link->mac);
        ring_peek(audit, audit->batched_bytes + LENGTH_SIZE + CRYPTO_MAC_SIZE, link->bytes, link->length);
        audit_decode_bytes(link->bytes, link->length, &entry);
        link->number = entry.number;
        link->wall = entry.record.wall;
        link->session = entry.record.session;
        snprintf(link->rig, sizeof link->rig, "%s", entry.record.rig);
        audit->batched_bytes += LENGTH_SIZE + CRYPTO_MAC_SIZE + link->length;
        audit->batched++;
    }
}

int64_t audit_submit(struct audit *audit, int64_t now)
{
    if (audit->batched > 0 || audit->records == 0)
        return INT64_MAX;
    if (now < audit->retry)
        return audit->retry;
    audit->gathered = 0;
    fill_batch(audit);
    if (ledger_append_audit(audit->ledger, audit->batch, audit->batched) == LEDGER_OK)
        return INT64_MAX;
    audit->batched = 0;
    return audit->retry = now + RETRY;
}

int64_t audit_gather(struct audit *audit, int64_t now)
{
    if (audit->batched > 0 || audit->records == 0)
        return INT64_MAX;
    if (audit->gathered == 0)
        audit->gathered = now + GATHER;
    bool may_wait =
        audit->records < LEDGER_BATCH_MAX && now < audit->gathered && !ledger_works(audit->ledger);
    return may_wait ? audit->gathered : audit_submit(audit, now);
}

void audit_stored(struct audit *audit, const struct ledger_event *event, int64_t now)
{
    size_t batched = audit->batched;
    audit->batched = 0;
    if (event->result != LEDGER_OK) {
        audit->retry = now + RETRY;
        return;
    }
    if (batched == 0)
        return;
    audit->durable = audit->batch[batched - 1].number;
    memcpy(audit->durable_mac, audit->batch[batched - 1].mac, sizeof audit->durable_mac);
    audit->first = (audit->first + audit->batched_bytes) % audit->size;
    audit->used -= audit->batched_bytes;
    audit->records -= batched;
    if (filled_below(audit, 4))
        audit->full = false;
}

/* ---- head ---------------------------------------------------------------------------------------------- */

void audit_head(const struct audit *audit, int64_t wall, char text[AUDIT_HEAD_MAX])
{
    char mac[2 * CRYPTO_MAC_SIZE + 1], signature_text[CRYPTO_SIGNATURE_SIZE * 2];
    uint8_t signature[CRYPTO_SIGNATURE_SIZE];
    crypto_encode_hex(audit->durable_mac, CRYPTO_MAC_SIZE, mac, sizeof mac);
    int length = snprintf(text, AUDIT_HEAD_MAX, "labgate-audit-head 1 %" PRIu64 " %" PRId64 " %s",
                          audit->durable, wall, mac);
    crypto_sign_head(audit->crypto, text, (size_t)length, signature);
    crypto_encode(signature, sizeof signature, signature_text, sizeof signature_text);
    snprintf(text + length, AUDIT_HEAD_MAX - (size_t)length, " %s", signature_text);
}
