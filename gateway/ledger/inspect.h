/* inspect.h - a ledger file from outside: whether it is whole, what it holds, and bringing it back. For files
 * that no gateway has open; blocks. */
#ifndef GATEWAY_LEDGER_INSPECT_H
#define GATEWAY_LEDGER_INSPECT_H

#include "gateway/ledger/ledger.h"

struct ledger_inspection {
    int version; /* of its tables; ledger_restore() and ledger_open() bring older ones up to date */
    uint64_t accounts, bookings, audit_records;
    int64_t newest; /* time of the newest record, ms since 1970; 0: none */
};

/* Looks at every page, index and reference, and at the audit's numbers. LEDGER_OK, LEDGER_NOT_FOUND (no such
 * file), LEDGER_TOO_NEW, or LEDGER_STORAGE with what is damaged in `why`. */
int ledger_inspect(const char *path, struct ledger_inspection *found, char *why, size_t why_size);

/* What a gateway that starts would read, also while one has it open; the caller's to ledger_free_contents().
 * Results as above; LEDGER_TOO_NEW also for an older version. */
int ledger_peek(const char *path, struct ledger_contents *contents, char *why, size_t why_size);

/* Each record of the audit in a copy, in order of numbers, until the reader returns false. The copy may lie
 * where nothing can be written. Results as of ledger_inspect(). */
int ledger_read_copy(const char *path, ledger_audit_reader *reader, void *context, char *why,
                     size_t why_size);

/* Puts a copy of `path`, once inspected, in the place of the ledger of a folder whose gateway does not run
 * (LEDGER_LOCKED otherwise). What was there before is kept as ledger.sqlite.before. The boot counter stays.
 * The gateway's next start doubts what rigs must remember (ledger_contents). */
int ledger_restore(const char *directory, const char *path, struct ledger_inspection *found, char *why,
                   size_t why_size);

#endif
