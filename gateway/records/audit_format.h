/* audit_format.h - the bytes of an audit record. docs/ledger.md describes them; there is exactly one way to
 * write a record, and what is written in another is refused. */
#ifndef GATEWAY_RECORDS_AUDIT_FORMAT_H
#define GATEWAY_RECORDS_AUDIT_FORMAT_H

#include "gateway/records/audit.h"

/* Numbers, then each text with its length. */
#define AUDIT_FIXED_SIZE (2 + 5 * 8)
#define AUDIT_BYTES_MAX                                                                                      \
    (AUDIT_FIXED_SIZE + 2 * 8 + 6 * 2 + AUDIT_RIG_MAX + AUDIT_KIND_MAX + AUDIT_POINT_MAX +                   \
     AUDIT_REFUSAL_MAX + AUDIT_RULE_MAX + AUDIT_TEXT_MAX)
_Static_assert(AUDIT_BYTES_MAX <= LEDGER_AUDIT_MAX, "a record fits the ledger's");

/* Returns the length. */
size_t audit_encode(uint64_t number, const struct audit_record *record, uint8_t bytes[AUDIT_BYTES_MAX]);
/* entry->record's texts point into entry->text. */
bool audit_decode_bytes(const uint8_t *bytes, size_t length, struct audit_entry *entry);

#endif
