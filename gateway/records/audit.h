/* audit.h - the record of everything (promise S11): a keyed chain of hashes with a signed head.
 *
 * audit_append() encodes a record, chains it and puts it into a ring that was allocated at the start; it
 * never blocks and never allocates. Batches go to the ledger, one at a time, and leave the ring when they are
 * durable.
 *
 * When the ring is 7/8 full audit_takes() turns false: the loop tells the cores (RIG_EVENT_RECORDING), which
 * then refuse commands `no-record`. The last eighth takes what happens meanwhile: safe writes, refusals,
 * trips. When even that is full, records are lost and counted, and the first one after says so (kind "gap").
 * audit_takes() turns true again at half.
 *
 * The encoding and the chain are written down in docs/ledger.md. People appear as account ids only. */
#ifndef GATEWAY_RECORDS_AUDIT_H
#define GATEWAY_RECORDS_AUDIT_H

#include "gateway/identity/crypto.h"
#include "gateway/ledger/ledger.h"

struct audit;

enum audit_result { AUDIT_OK = 0, AUDIT_FULL = -1, AUDIT_NO_MEMORY = -2, AUDIT_MALFORMED = -3 };

/* Longest of each text in bytes; longer ones are cut at a character. */
#define AUDIT_RIG_MAX     63
#define AUDIT_KIND_MAX    31
#define AUDIT_POINT_MAX   127
#define AUDIT_REFUSAL_MAX 31
#define AUDIT_RULE_MAX    127
#define AUDIT_TEXT_MAX    400

struct audit_record {
    int64_t wall;      /* ms since 1970 */
    int64_t monotonic; /* ns, of this boot */
    uint64_t session;  /* 0: none */
    uint64_t account;  /* 0: the gateway itself */
    const char *rig;   /* texts may be NULL, which is "" */
    const char *kind;  /* docs/names.md */
    const char *point;
    const char *refusal; /* "" or its name */
    const char *rule;
    const char *text;
    double before, after;
    bool has_before, has_after;
};

/* `records`: how many the buffer takes (of 256 bytes on average). The ledger and crypto must outlive it. */
int audit_create(const struct crypto *crypto, struct ledger *ledger, size_t records,
                 const struct ledger_contents *contents, struct audit **audit);
void audit_destroy(struct audit *audit); /* after ledger_close(); accepts NULL */

int audit_append(struct audit *audit, const struct audit_record *record);
bool audit_takes(const struct audit *audit);
size_t audit_waiting(const struct audit *audit); /* not yet durable */
uint64_t audit_lost(const struct audit *audit);  /* since the start */

/* Hands what waits to the ledger unless it has a batch already. Returns when to call it again although
 * nothing happens (after a failure): monotonic ns, INT64_MAX for never. */
int64_t audit_submit(struct audit *audit, int64_t now);
/* The same once 10 ms or a batch of records have gathered, so that a disk's commit, and the processor that it
 * takes from a command's way, are shared by many; at once when the ledger commits something else, so that the
 * record of what is answered as durable is no later than that. Call it once a turn of the loop. */
int64_t audit_gather(struct audit *audit, int64_t now);
/* LEDGER_EVENT_AUDIT. What was not stored stays and is handed over again a second later. */
void audit_stored(struct audit *audit, const struct ledger_event *event, int64_t now);

/* ---- head ---------------------------------------------------------------------------------------------- */

#define AUDIT_HEAD_MAX 256
/* "labgate-audit-head 1 NUMBER WALL MAC SIGNATURE", of the last durable record. */
void audit_head(const struct audit *audit, int64_t wall, char text[AUDIT_HEAD_MAX]);

/* ---- reading ------------------------------------------------------------------------------------------- */

struct audit_entry {
    uint64_t number;
    struct audit_record record; /* its texts point into `text` */
    char text[LEDGER_AUDIT_MAX];
};
/* False: not a record of a version that is known. */
bool audit_decode(const struct ledger_audit *link, struct audit_entry *entry);

enum audit_fault {
    AUDIT_INTACT,
    AUDIT_REMOVED,   /* a number is missing */
    AUDIT_REORDERED, /* a number comes again, or too late */
    AUDIT_ALTERED,   /* a record does not fit its link of the chain */
    AUDIT_TRUNCATED, /* the head is of a record that is not there any more */
    AUDIT_FORKED,    /* the head's record is there but is another one */
    AUDIT_BAD_HEAD,  /* the head is malformed or was not signed by this gateway; the chain itself is whole */
};

/* Walks the chain from its first record. */
struct audit_verifier {
    const struct crypto *crypto;
    uint8_t mac[CRYPTO_MAC_SIZE];
    uint64_t number; /* last record that was good */
    int64_t wall;    /* of that */
    enum audit_fault fault;
    uint64_t fault_at;
    bool head_bad;
    uint64_t head_number; /* 0: no head to compare with */
    uint8_t head_mac[CRYPTO_MAC_SIZE];
};
/* `head`: a published one, NULL or "" for none. */
void audit_verify_begin(struct audit_verifier *verifier, const struct crypto *crypto, const char *head);
/* The next record, in order of numbers; false at the first fault. Fits ledger_audit_reader. */
bool audit_verify_step(void *verifier, const struct ledger_audit *link);
/* After the last record. `text`: for people, what is wrong and from which record on. */
enum audit_fault audit_verify_end(struct audit_verifier *verifier, char *text, size_t size);

#endif
