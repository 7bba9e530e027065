/* ledger.h - the durable store: accounts, bookings, sessions, what rigs must remember, and the audit.
 *
 * One thread owns the store (SQLite, WAL, synchronous=FULL). Requests are queued and answered later with an
 * event, in order; what arrives together is committed together, so a yes costs one sync however many asked.
 * Nothing here blocks the caller, and an answer LEDGER_OK means that the data is on the disk.
 *
 * The interface speaks of records, not of SQL, so that another store (PostgreSQL) fits behind it: every
 * request is one transaction, keys are integers made by the store, times are milliseconds since 1970 (UTC).
 */
#ifndef GATEWAY_LEDGER_LEDGER_H
#define GATEWAY_LEDGER_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ledger;

enum ledger_result {
    LEDGER_OK = 0,
    LEDGER_FULL = -1,     /* the queue is full: nothing was taken */
    LEDGER_CONFLICT = -2, /* overlaps another booking, or the name is taken */
    LEDGER_NOT_FOUND = -3,
    LEDGER_STORAGE = -4, /* disk full, read-only, damaged: nothing was stored */
    LEDGER_TOO_NEW = -5, /* written by a later version */
    LEDGER_NO_MEMORY = -6,
    LEDGER_LOCKED = -7, /* another labgate has it open */
    LEDGER_REUSED = -8, /* the key was used for another booking */
};

#define LEDGER_NAME_MAX      64
#define LEDGER_TITLE_MAX     256
#define LEDGER_HASH_MAX      128 /* crypto_pwhash_STRBYTES */
#define LEDGER_KEY_MAX       65
#define LEDGER_CODE_MAX      17
#define LEDGER_AUDIT_MAX     1024 /* bytes of an encoded audit record */
#define LEDGER_MAC_SIZE      32
#define LEDGER_RIG_STATE_MAX 1536
#define LEDGER_TOKEN_ID_SIZE 12
#define LEDGER_PAGE_MAX      1000 /* audit records read by one request: others wait meanwhile */
#define LEDGER_BATCH_MAX     64   /* audit records in one append */
#define LEDGER_BUNDLE_MAX    5000 /* bookings in one transaction */
#define LEDGER_PARTY_MAX     16   /* people of one booking beside its holder */
#define LEDGER_SHARED_MAX    4    /* resources that a booking takes beside its rig */
#define LEDGER_TEXT_MAX      512
#define LEDGER_REASON_MAX    128
#define LEDGER_EMAIL_MAX     255
#define LEDGER_FEED_HASH     16
#define LEDGER_USED_MAX      1000   /* bookings read by one request: others wait meanwhile */
#define LEDGER_NO_ROOM_MAX   100000 /* rows, the newest: some 10 MB */

/* What a put changes of an account that is there; the rest stays as the ledger has it by then. */
enum ledger_account_part {
    LEDGER_ACCOUNT_NAME = 1,
    LEDGER_ACCOUNT_TITLE = 2,
    LEDGER_ACCOUNT_ROLE = 4,
    LEDGER_ACCOUNT_PASSWORD = 8, /* the hash; and one version more */
    LEDGER_ACCOUNT_TOKENS = 16,  /* one version more */
    LEDGER_ACCOUNT_DISABLED = 32,
    LEDGER_ACCOUNT_EMAIL = 64,
    LEDGER_ACCOUNT_NO_MAIL = 128,
};

struct ledger_account {
    uint64_t id; /* opaque; made by the store */
    char name[LEDGER_NAME_MAX];
    char title[LEDGER_TITLE_MAX]; /* the person's name; in a table of its own that can be erased */
    int role;
    char hash[LEDGER_HASH_MAX];
    uint64_t password_version; /* tokens of older versions are void */
    bool disabled;
    char email[LEDGER_EMAIL_MAX]; /* where notices go, ""; can be erased like the title */
    bool no_mail;                 /* the person wants none */
    unsigned changes;             /* enum ledger_account_part; of a put, unless the account is new */
    /* Of a put: LEDGER_CONFLICT when the password_version is another by then; 0: any. */
    uint64_t only_version;
};

/* The numbers are stored. PENDING waits for an approval, OFFERED for somebody in the queue to take it. */
enum ledger_booking_state {
    LEDGER_CONFIRMED = 1,
    LEDGER_LIVE,
    LEDGER_ENDED,
    LEDGER_CANCELLED,
    LEDGER_PENDING,
    LEDGER_OFFERED,
};

struct ledger_booking {
    uint64_t id;
    char rig[LEDGER_NAME_MAX];
    uint64_t account;
    int64_t starts, ends;    /* half-open: [starts, ends) */
    int64_t setup, teardown; /* ms that the rig is taken before and after: they don't overlap either */
    int64_t made;            /* when it was asked for */
    enum ledger_booking_state state;
    char key[LEDGER_KEY_MAX]; /* of the client, unique for the account; a repeat returns the first booking */
    char code[LEDGER_CODE_MAX]; /* join code */
    uint64_t session;           /* 0: was never live */

    uint64_t bundle;                  /* id of the first that was asked for with it; 0: alone */
    char group[LEDGER_NAME_MAX];      /* whom it was booked for; "" for nobody's */
    char capability[LEDGER_NAME_MAX]; /* what was asked for instead of a rig, ""; the rig may change */
    char shared[LEDGER_SHARED_MAX][LEDGER_NAME_MAX]; /* "" behind the last */
    uint64_t party[LEDGER_PARTY_MAX];                /* accounts; 0 behind the last */
    int kind, why;                                   /* as the timetable numbers them */
    int64_t used;                                    /* ms that the share is charged */
    bool charged;                                    /* counts for quotas */
    uint64_t revision; /* how often what a calendar shows of it has changed; made by the store */
    int64_t revised;   /* when it did last, or when it was made */
};

/* Whoever has a key with this hash may read one calendar. */
struct ledger_feed {
    uint64_t id; /* made by the store */
    uint64_t account;
    char rig[LEDGER_NAME_MAX]; /* "": the account's own bookings */
    uint8_t hash[LEDGER_FEED_HASH];
    int64_t made;
};

/* What somebody is, or may do, by somebody's word: a member of a group, qualified, rehearsed. */
enum standing_kind { STANDING_MEMBER = 1, STANDING_QUALIFIED = 2, STANDING_REHEARSED = 3 };
struct ledger_standing {
    uint64_t account;
    int kind; /* enum standing_kind: the numbers are stored, and those of lab.proto */
    char name[LEDGER_NAME_MAX];
    int64_t since, until; /* until 0: for good */
};

/* A place in the queue, and what is offered to it. */
struct ledger_ticket {
    uint64_t id; /* of the caller; never used twice */
    uint64_t account;
    char group[LEDGER_NAME_MAX];
    char rig[LEDGER_NAME_MAX]; /* or "" */
    char capability[LEDGER_NAME_MAX];
    int64_t length, made, until;
    char offer_rig[LEDGER_NAME_MAX];        /* "": nothing is offered */
    int64_t offer_starts, offer_ends, take; /* what is kept, and until when it can be taken */
};

/* Somebody found no room for what they asked for. */
struct ledger_no_room {
    uint64_t id; /* made by the store */
    uint64_t account;
    char group[LEDGER_NAME_MAX];
    char rig[LEDGER_NAME_MAX]; /* or "" */
    char capability[LEDGER_NAME_MAX];
    int64_t day; /* of `starts` where the laboratory is, since 1970 */
    int64_t starts, ends;
};

/* Something that a person is to be told, until they have seen it. */
struct ledger_notice {
    uint64_t id; /* made by the store */
    uint64_t account;
    uint64_t booking; /* 0: about none */
    int64_t wall;
    int kind;
    uint32_t more;                  /* so many other bookings of which the same is said */
    char reason[LEDGER_REASON_MAX]; /* a person's, or "" */
    size_t row; /* ledger_store(): which of the rows it is about; `booking` is its id, then */
    char text[LEDGER_TEXT_MAX];
};

/* One link of the chain; the text is opaque here. */
struct ledger_audit {
    uint64_t number; /* from 1, without gaps */
    int64_t wall;
    uint64_t session;
    char rig[LEDGER_NAME_MAX];
    uint8_t mac[LEDGER_MAC_SIZE];
    uint16_t length;
    uint8_t bytes[LEDGER_AUDIT_MAX];
};

/* A token that was logged out. */
struct ledger_revocation {
    uint8_t id[LEDGER_TOKEN_ID_SIZE];
    int64_t expires; /* forgotten after that */
};

enum ledger_event_kind { LEDGER_EVENT_DONE, LEDGER_EVENT_AUDIT };

struct ledger_event {
    enum ledger_event_kind kind;
    uint64_t request; /* of the caller */
    int result;
    char why[160]; /* LEDGER_STORAGE and others: for people */
    struct ledger_account account;
    struct ledger_account
        *accounts; /* ledger_put_accounts(): as stored, with their ids; the caller's to free() */
    size_t account_count;
    struct ledger_standing *standings; /* ledger_put_standings(): as asked; the caller's to free() */
    size_t standing_count;
    bool removed;
    struct ledger_booking booking; /* on LEDGER_CONFLICT and LEDGER_REUSED the one in the way */
    struct ledger_booking *rows;   /* ledger_store(): as stored; ledger_read_used(); the caller's to free() */
    size_t row_count;
    struct ledger_no_room *no_room; /* ledger_read_no_room(); the caller's to free() */
    size_t no_room_count;
    size_t at;                     /* ledger_store(): LEDGER_CONFLICT: which of the rows */
    struct ledger_notice notice;   /* ledger_put_notice() */
    struct ledger_notice *notices; /* ledger_store(): the caller's to free() */
    size_t notice_count;
    struct ledger_feed feed; /* ledger_put_feed() */
    uint64_t number; /* AUDIT: last record that is durable; ledger_read_audit(): last one read; backups: bytes
                        of the whole */
    bool more;       /* ledger_read_audit(): it stopped at LEDGER_PAGE_MAX or because the reader did */
    uint8_t *bytes;  /* ledger_read_backup(): the caller's to free() */
    size_t byte_count;
};

/* What is there at start, read synchronously before the thread begins. Arrays are the caller's. */
struct ledger_contents {
    struct ledger_account *accounts;
    size_t account_count;
    struct ledger_booking
        *bookings; /* confirmed and live, and those that ended in the 40 days before last_wall */
    size_t booking_count;
    uint64_t boot; /* raised by one and durable, before anything else is granted */
    bool doubted;  /* it is a copy, or older than what the last run left behind: what rigs must remember may
                    * be missing. Stays so until ledger_trust(). */
    uint64_t last_audit; /* number */
    uint8_t last_mac[LEDGER_MAC_SIZE];
    int64_t
        last_wall; /* newest time in any record, or vouched for since: a clock before it is not plausible */
    uint64_t next_session;
    struct ledger_revocation *revocations; /* not expired at last_wall */
    size_t revocation_count;
    struct ledger_standing *standings; /* that have not ended at last_wall */
    size_t standing_count;
    struct ledger_ticket *tickets; /* all */
    size_t ticket_count;
    uint64_t last_ticket;          /* largest id that was ever used */
    struct ledger_notice *notices; /* of the 40 days before last_wall */
    size_t notice_count;
    struct ledger_feed *feeds;
    size_t feed_count;
};
void ledger_free_contents(struct ledger_contents *contents);

/* Opens (or makes, mode 0600) DIRECTORY/ledger.sqlite and migrates it. `wake` is an eventfd written after
 * each event. */
int ledger_open(const char *directory, int wake, struct ledger **ledger, struct ledger_contents *contents,
                char *why, size_t why_size);
/* Commits what is queued, then stops the thread. Accepts NULL. */
void ledger_close(struct ledger *ledger);
bool ledger_next_event(struct ledger *ledger, struct ledger_event *event);

/* Each copies its argument; 0 or LEDGER_FULL. The event carries the stored row. */
/* id 0: new. Otherwise what `changes` says, and no more: what was put before and is not yet stored stays. */
int ledger_put_account(struct ledger *ledger, uint64_t request, const struct ledger_account *account);
/* All or nothing; one event. LEDGER_CONFLICT: `account` is the one whose name is taken. */
int ledger_put_accounts(struct ledger *ledger, uint64_t request, const struct ledger_account *accounts,
                        size_t count);
/* New bookings (id 0) and changes of existing ones, in one transaction: all or nothing. `rows` is taken, with
 * success, and comes back in the event, as stored: ids of new ones follow on each other, in order, and more
 * than one get the first one's id as their `bundle`. A change sets rig, interval, state, session,
 * capability's rest, why, used and charged; states only move forward, but that a confirmed one may be
 * pending for another account or group (LEDGER_CONFLICT otherwise, with the booking as it is).
 *
 * Active bookings (confirmed, live, pending, offered) overlap neither on a rig nor on a shared resource,
 * set-up and tear-down included (promise B2); checked here again, whatever the caller believes.
 * LEDGER_CONFLICT: the one in the way in `booking`, `at` says whose way.
 *
 * A key of the first new row that the account used before: when the same was asked for, nothing is stored and
 * the event has the rows that it stands for; otherwise LEDGER_REUSED.
 *
 * `with`, or NULL: what is done in the same transaction, unless it is a repeat. Its notices are taken with
 * success, and come back in the event, as stored. */
struct ledger_with {
    uint64_t ticket; /* a place in the queue that is dropped, if it is there; 0: none */
    struct ledger_notice *notices;
    size_t notice_count;
};
int ledger_store(struct ledger *ledger, uint64_t request, struct ledger_booking *rows, size_t count,
                 const struct ledger_with *with);
/* All or nothing; one event. `remove`: takes back what has these accounts, kinds and names; LEDGER_NOT_FOUND
 * when one of them is not there. */
int ledger_put_standings(struct ledger *ledger, uint64_t request, const struct ledger_standing *standings,
                         size_t count, bool remove);
/* New, or as it is now. */
int ledger_put_ticket(struct ledger *ledger, uint64_t request, const struct ledger_ticket *ticket);
int ledger_drop_ticket(struct ledger *ledger, uint64_t request, uint64_t ticket);
int ledger_put_notice(struct ledger *ledger, uint64_t request, const struct ledger_notice *notice);
/* One person's notices with numbers from `first` to `last`; LEDGER_NOT_FOUND: there is none. */
struct ledger_seen {
    uint64_t account, first, last;
};
int ledger_drop_notices(struct ledger *ledger, uint64_t request, const struct ledger_seen *seen);
/* LEDGER_CONFLICT: the hash is there already. */
int ledger_put_feed(struct ledger *ledger, uint64_t request, const struct ledger_feed *feed);
int ledger_drop_feed(struct ledger *ledger, uint64_t request, uint64_t feed);
/* Bookings of every state that touch [from, until), in the order of their ends and ids, behind this end and
 * id: up to LEDGER_USED_MAX of them, and `more`. Their join codes and keys are left out. */
struct ledger_used {
    int64_t from, until;
    int64_t after_end; /* first: `from` */
    uint64_t after;    /* first: UINT64_MAX >> 1, for whoever ends at `from` does not touch it */
};
int ledger_read_used(struct ledger *ledger, uint64_t request, const struct ledger_used *used);
/* Once for each account, day, group and thing: the longest that they asked for. */
int ledger_put_no_room(struct ledger *ledger, uint64_t request, const struct ledger_no_room *row);
/* Those whose start is in [from, until), in the order of their ids, behind `after` (first: 0): up to
 * LEDGER_USED_MAX of them, and `more`. */
int ledger_read_no_room(struct ledger *ledger, uint64_t request, const struct ledger_used *span);
/* Logout must outlast a restart. */
int ledger_revoke(struct ledger *ledger, uint64_t request, const struct ledger_revocation *revocation,
                  int64_t now);
/* Somebody vouches for the clock: `wall` takes the place of last_wall, also when that is later. */
int ledger_vouch_clock(struct ledger *ledger, uint64_t request, int64_t wall);
/* Nothing is doubted any more: every rig's state has been put anew. */
int ledger_trust(struct ledger *ledger, uint64_t request);
/* What a rig must remember (rig_durable), opaque bytes, at most LEDGER_RIG_STATE_MAX. */
int ledger_put_rig(struct ledger *ledger, uint64_t request, const char *rig, const void *bytes,
                   size_t length);
/* As it was at the start: bytes copied, 0 when nothing is stored. */
size_t ledger_get_rig(struct ledger *ledger, const char *rig, void *bytes, size_t capacity);
/* Something that was asked for is not answered yet: a commit is made in any case. */
bool ledger_works(struct ledger *ledger);
/* Never refused for the queue's sake: the audit's own bounded buffer is the caller's
 * (gateway/records/audit.h), which keeps each record until LEDGER_EVENT_AUDIT says that it is durable.
 * `records` are not copied; they may be reused after the event. One batch of at most LEDGER_BATCH_MAX at a
 * time: LEDGER_FULL while one is on its way. Numbers must follow on the last one. A batch that was not stored
 * (result LEDGER_STORAGE) may be appended again. */
int ledger_append_audit(struct ledger *ledger, const struct ledger_audit *records, size_t count);

struct ledger_audit_query {
    uint64_t session; /* 0: all */
    const char *rig;  /* NULL or "": all */
    bool newest_first;
    uint64_t beyond; /* only records after this number; newest first: before it, 0: from the newest */
};

/* Reads, in the store's thread too: the callback runs there, for each record in order, until it returns
 * false; then the event comes. */
typedef bool ledger_audit_reader(void *context, const struct ledger_audit *record);
int ledger_read_audit(struct ledger *ledger, uint64_t request, const struct ledger_audit_query *query,
                      ledger_audit_reader *reader, void *context);

/* Makes a copy of the ledger as it is at one instant, and looks at every page of it, while everything else
 * goes on. It lies in the ledger's folder until its last byte was read, another is made, or the ledger is
 * closed. LEDGER_FULL: one is being made. */
int ledger_backup(struct ledger *ledger, uint64_t request);
/* A part of that copy; LEDGER_NOT_FOUND when there is none. */
int ledger_read_backup(struct ledger *ledger, uint64_t request, uint64_t offset, size_t length);

#endif
