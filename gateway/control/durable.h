/* durable.h - what a rig must remember, as bytes for the ledger.
 *
 *   1 byte   version, 3
 *   1 byte   flags: 1 stopped, 2 quarantined, 8 more trips latched than are listed: all are
 *   1 byte   number of lock-outs, then for each 8 bytes account, little-endian, and 1 byte length of the
 * reason, then the reason 1 byte   number of latched trips, then for each 4 bytes FNV-1a of its name and 1
 * byte: 1 when only a fault caused it
 *
 * Trips are kept by name, because a changed configuration numbers them anew. A trip that is latched and no
 * longer exists is forgotten with its rule. Version 2, which is read too, has room for one lock-out: flag 4
 * says whether it is set; account and reason are always there. */
#ifndef GATEWAY_CONTROL_DURABLE_H
#define GATEWAY_CONTROL_DURABLE_H

#include "gateway/rig/rig.h"

#define DURABLE_REASON_MAX 128

/* Why an account locks the rig out. */
struct durable_reason {
    bool used;
    uint64_t account;
    char text[DURABLE_REASON_MAX];
};
typedef struct durable_reason durable_reasons[RIG_LOCKOUTS_MAX]; /* in any order */

const char *durable_reason(const durable_reasons reasons, uint64_t account); /* "": none is known */

/* Bytes written, at most `size`; 0 when it does not fit. */
size_t durable_encode(const struct rig_spec *spec, const struct rig_durable *durable,
                      const durable_reasons reasons, uint8_t *bytes, size_t size);
/* False: damaged or of another version; then *durable says quarantined, for nobody knows better. */
bool durable_decode(const struct rig_spec *spec, const uint8_t *bytes, size_t length,
                    struct rig_durable *durable, durable_reasons reasons);

#endif
