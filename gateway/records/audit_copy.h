/* audit_copy.h - a copy of the audit, checked where no gateway is: the file that labctl backup wrote, a key
 * that labgate audit-key wrote, and a head that the gateway published. Blocks. */
#ifndef GATEWAY_RECORDS_AUDIT_COPY_H
#define GATEWAY_RECORDS_AUDIT_COPY_H

#include "gateway/records/audit.h"

struct audit_copy_report {
    bool intact, compared; /* with a head */
    uint64_t records;      /* that are good, from the first on */
    char text[400];        /* for people: what is wrong, or "intact: ..." */
};

enum audit_copy_result {
    AUDIT_COPY_JUDGED,
    AUDIT_COPY_WRONG_FILE, /* the key file is none, or one of the files cannot be opened */
    AUDIT_COPY_UNREADABLE, /* the copy is damaged, no ledger, or of a newer one */
};

/* `head`: a published one, "" for none. Unless it was judged `why` says what is in the way. */
enum audit_copy_result audit_copy_verify(const char *copy, const char *key_file, const char *head,
                                         struct audit_copy_report *report, char *why, size_t why_size);

#endif
