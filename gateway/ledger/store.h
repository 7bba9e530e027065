/* store.h - the ledger's file, for the ledger's own thread: one open SQLite database and what it can do in a
 * transaction. Only ledger_*() of ledger.h is for others. */
#ifndef GATEWAY_LEDGER_STORE_H
#define GATEWAY_LEDGER_STORE_H

#include "gateway/ledger/ledger.h"

#include <sqlite3.h>

#define STORE_WHY_MAX 160
/* What store_booking_row() reads. */
#define STORE_BOOKING_COLUMNS                                                                                \
    "id, rig, account, starts, ends, setup, teardown, made, state, session, key, code, bundle, grp, "        \
    "capability,"                                                                                            \
    " party, kind, why, used, charged, revision, revised"
/* What store_account_row() reads. */
#define STORE_ACCOUNT_QUERY                                                                                  \
    "SELECT id, name, role, hash, password_version, disabled, title, email, wanted"                          \
    " FROM account LEFT JOIN person ON person.account = account.id"                                          \
    " LEFT JOIN address ON address.account = account.id"
#define STORE_ACTIVE "(1, 2, 5, 6)" /* states that hold time */

enum store_statement {
    STORE_BEGIN,
    STORE_COMMIT,
    STORE_ROLLBACK,
    STORE_MARK,
    STORE_BACK_TO_MARK,
    STORE_UNMARK,
    STORE_ACCOUNT_INSERT,
    STORE_ACCOUNT_UPDATE,
    STORE_ACCOUNT_BY_NAME,
    STORE_ACCOUNT_BY_ID,
    STORE_PERSON_PUT,
    STORE_PERSON_ERASE,
    STORE_BOOKING_BY_KEY,
    STORE_BOOKING_BY_ID,
    STORE_BOOKING_BUNDLE,
    STORE_BOOKING_BEFORE,
    STORE_BOOKING_INSERT,
    STORE_BOOKING_LEADS,
    STORE_BOOKING_UPDATE,
    STORE_SHARED_BEFORE,
    STORE_SHARED_INSERT,
    STORE_SHARED_DELETE,
    STORE_STANDING_PUT,
    STORE_STANDING_DROP,
    STORE_TICKET_PUT,
    STORE_TICKET_DROP,
    STORE_NOTICE_INSERT,
    STORE_NOTICE_DROP,
    STORE_FEED_INSERT,
    STORE_FEED_DROP,
    STORE_ADDRESS_PUT,
    STORE_ADDRESS_ERASE,
    STORE_USED,
    STORE_NO_ROOM_PUT,
    STORE_NO_ROOM_FORGET,
    STORE_NO_ROOM_READ,
    STORE_NEXT_SESSION,
    STORE_LAST_WALL,
    STORE_VOUCH_CLOCK,
    STORE_TRUST,
    STORE_RIG_PUT,
    STORE_REVOKE,
    STORE_REVOKED_FORGET,
    STORE_AUDIT_INSERT,
    STORE_AUDIT_ALL,
    STORE_AUDIT_SESSION,
    STORE_AUDIT_RIG,
    STORE_AUDIT_ALL_BACK, /* in the order of the three before */
    STORE_AUDIT_SESSION_BACK,
    STORE_AUDIT_RIG_BACK,
    STORE_STATEMENTS,
};

struct store {
    sqlite3 *db;
    sqlite3_stmt *statements[STORE_STATEMENTS];
    int directory, lock; /* descriptors */
    uint64_t boot, last_audit;
    char why[STORE_WHY_MAX]; /* of the last failure */
};

/* Locks, opens, checks, migrates and raises the boot counter. On failure the store is closed and `why` says
 * why. */
int store_open(struct store *store, const char *directory);
void store_close(struct store *store);

/* A prepared statement, reset and without bindings; NULL: `why` is set. */
sqlite3_stmt *store_prepare(struct store *store, enum store_statement statement);
/* Steps a statement that returns no row, and resets it. LEDGER_OK or what store_failed() says. */
int store_run(struct store *store, sqlite3_stmt *statement, const char *attempt);
/* Turns the database's last error into `why` ("storing the booking failed: ...") and a ledger_result. */
int store_failed(struct store *store, const char *attempt);
int store_execute(struct store *store, const char *sql, const char *attempt);

int store_begin(struct store *store);
int store_commit(struct store *store);
void store_rollback(struct store *store);

/* Makes a ledger that nobody has open one that is doubted (ledger_contents), with the newest tables. */
int store_mark_copy(const char *path, char *why, size_t why_size);

/* schema.c */
int schema_is_ours(struct store *store); /* it has no tables yet, or a ledger's; nothing is written */
/* Brings the tables up to this version, each step in a transaction of its own. */
int schema_migrate(struct store *store);
int schema_version(void); /* the newest */

/* Within a transaction. Rows are brought to what is stored. */
int store_put_account(struct store *store, struct ledger_account *account);
void store_account_row(sqlite3_stmt *row, struct ledger_account *account);
/* bookings.c: all of ledger_store(), on its event. */
int store_bookings(struct store *store, struct ledger_event *event, uint64_t ticket);
/* people.c */
int store_put_standing(struct store *store, const struct ledger_standing *standing, bool remove);
int store_put_ticket(struct store *store, const struct ledger_ticket *ticket);
int store_drop_ticket(struct store *store, uint64_t ticket);
int store_put_notice(struct store *store, struct ledger_notice *notice);
int store_drop_notices(struct store *store, const struct ledger_seen *seen);
int store_put_feed(struct store *store, struct ledger_feed *feed);
int store_drop_feed(struct store *store, uint64_t feed);
/* no_room.c */
int store_put_no_room(struct store *store, const struct ledger_no_room *row);
int store_put_rig(struct store *store, const char *rig, const void *bytes, size_t length);
int store_vouch_clock(struct store *store, int64_t wall);
int store_trust(struct store *store);
int store_revoke(struct store *store, const struct ledger_revocation *revocation, int64_t now);
int store_append_audit(struct store *store, const struct ledger_audit *records, size_t count);

/* Outside of one. */
struct store_audit_query {
    uint64_t session;
    char rig[LEDGER_NAME_MAX];
    bool newest_first;
    uint64_t beyond;
    ledger_audit_reader *reader;
    void *context;
};
int store_read_audit(struct store *store, const struct store_audit_query *query, uint64_t *last, bool *more);

/* What SQLite's integrity check says of a file without damage. SQLite 3.40 complains of every row of a table
 * WITHOUT ROWID whose key's columns don't stand first, as in version 2 of the tables. */
bool store_is_whole(const char *line);
/* bookings.c; *rows is the caller's to free(). */
int store_read_used(struct store *store, const struct ledger_used *used, struct ledger_booking **rows,
                    size_t *count, bool *more);
/* no_room.c; likewise. */
int store_read_no_room(struct store *store, const struct ledger_used *span, struct ledger_no_room **rows,
                       size_t *count, bool *more);

/* contents.c */
struct store_rig {
    char name[LEDGER_NAME_MAX];
    size_t length;
    uint8_t bytes[LEDGER_RIG_STATE_MAX];
};
int store_read_contents(struct store *store, struct ledger_contents *contents);
int store_read_rigs(struct store *store, struct store_rig **rigs, size_t *count);

int store_bind_text(sqlite3_stmt *statement, int index, const char *text);
int store_set_counter(struct store *store, enum store_statement what, int64_t number);

/* Columns. Text longer than the room was not written by us and is cut. */
void store_text(sqlite3_stmt *statement, int column, char *text, size_t size);
size_t store_blob(sqlite3_stmt *statement, int column, void *bytes, size_t size);
void store_booking_row(sqlite3_stmt *statement, struct ledger_booking *booking);

#endif
