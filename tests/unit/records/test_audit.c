/* The audit: what is written comes back, what was changed shows, and a full buffer loses nothing silently. */
#include "gateway/records/audit_format.h"
#include "tests/unit/scratch.h"

#include <math.h>

#define SECOND INT64_C(1000000000)

struct fixture {
    struct scratch scratch;
    struct crypto *crypto;
    struct ledger *ledger;
    struct ledger_contents contents;
    struct audit *audit;
    int64_t now;
    /* What the ledger holds, to tamper with. */
    struct ledger_audit *links;
    size_t count;
};

static void open_all(struct fixture *fixture, size_t records)
{
    char why[256];
    assert_int_equal(ledger_open(fixture->scratch.directory, fixture->scratch.wake, &fixture->ledger,
                                 &fixture->contents, why, sizeof why),
                     LEDGER_OK);
    assert_int_equal(
        audit_create(fixture->crypto, fixture->ledger, records, &fixture->contents, &fixture->audit),
        AUDIT_OK);
}

static void close_all(struct fixture *fixture)
{
    ledger_close(fixture->ledger);
    ledger_free_contents(&fixture->contents);
    audit_destroy(fixture->audit);
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    char why[256];
    scratch_init(&fixture->scratch);
    assert_int_equal(crypto_open(fixture->scratch.directory, &fixture->crypto, why, sizeof why), CRYPTO_OK);
    open_all(fixture, 64);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    close_all(fixture);
    crypto_close(fixture->crypto);
    scratch_finish(&fixture->scratch);
    free(fixture->links);
    free(fixture);
    return 0;
}

static int append(struct fixture *fixture, const char *kind, double after)
{
    struct audit_record record = {.wall = 1000 + (int64_t)after,
                                  .monotonic = 5,
                                  .session = 7,
                                  .account = 3,
                                  .rig = "tank-1",
                                  .kind = kind,
                                  .point = "plc.pump",
                                  .refusal = "out-of-range",
                                  .rule = "range",
                                  .text = "水箱",
                                  .before = -0.0,
                                  .has_before = true,
                                  .after = after,
                                  .has_after = true};
    return audit_append(fixture->audit, &record);
}

/* Until everything is durable. */
static void settle(struct fixture *fixture)
{
    while (audit_waiting(fixture->audit) > 0) {
        struct ledger_event event;
        audit_submit(fixture->audit, fixture->now);
        while (!ledger_next_event(fixture->ledger, &event))
            scratch_wait(&fixture->scratch);
        assert_int_equal(event.kind, LEDGER_EVENT_AUDIT);
        audit_stored(fixture->audit, &event, fixture->now);
    }
}

static bool gather(void *context, const struct ledger_audit *link)
{
    struct fixture *fixture = context;
    fixture->links = realloc(fixture->links, (fixture->count + 1) * sizeof *fixture->links);
    fixture->links[fixture->count++] = *link;
    return true;
}

static void read_all(struct fixture *fixture)
{
    struct ledger_event event = {.more = true};
    fixture->count = 0;
    while (event.more) {
        const struct ledger_audit_query query = {.beyond = event.number};
        assert_int_equal(ledger_read_audit(fixture->ledger, 1, &query, gather, fixture), LEDGER_OK);
        while (!ledger_next_event(fixture->ledger, &event))
            scratch_wait(&fixture->scratch);
        assert_int_equal(event.result, LEDGER_OK);
    }
}

static enum audit_fault verify(const struct fixture *fixture, const char *head, char *text, size_t size)
{
    struct audit_verifier verifier;
    audit_verify_begin(&verifier, fixture->crypto, head);
    for (size_t i = 0; i < fixture->count && audit_verify_step(&verifier, &fixture->links[i]);)
        i++;
    return audit_verify_end(&verifier, text, size);
}

static enum audit_fault fault_of(const struct fixture *fixture, const char *head)
{
    char text[200];
    return verify(fixture, head, text, sizeof text);
}

/* ---- the format ---------------------------------------------------------------------------------------- */

static void a_record_comes_back_as_it_was(void **state)
{
    struct fixture *fixture = *state;
    struct audit_entry entry;
    append(fixture, "command", 0.25);
    struct audit_record bare = {.kind = "start", .wall = -5};
    audit_append(fixture->audit, &bare);
    settle(fixture);
    read_all(fixture);
    assert_int_equal(fixture->count, 2);
    assert_true(audit_decode(&fixture->links[0], &entry));
    assert_int_equal(entry.number, 1);
    assert_int_equal(entry.record.wall, 1000);
    assert_int_equal(entry.record.monotonic, 5);
    assert_int_equal(entry.record.session, 7);
    assert_int_equal(entry.record.account, 3);
    assert_string_equal(entry.record.rig, "tank-1");
    assert_string_equal(entry.record.kind, "command");
    assert_string_equal(entry.record.point, "plc.pump");
    assert_string_equal(entry.record.refusal, "out-of-range");
    assert_string_equal(entry.record.rule, "range");
    assert_string_equal(entry.record.text, "水箱");
    assert_true(entry.record.has_before && signbit(entry.record.before) && entry.record.before == 0);
    assert_true(entry.record.has_after && entry.record.after == 0.25);
    assert_true(audit_decode(&fixture->links[1], &entry));
    assert_string_equal(entry.record.rig, "");
    assert_false(entry.record.has_before || entry.record.has_after);
    assert_int_equal(entry.record.wall, -5);
}

static void long_texts_are_cut_at_a_character(void **state)
{
    (void)state;
    char text[3 * 400 + 1] = "";
    for (int i = 0; i < 400; i++)
        strcat(text, "水");
    struct audit_record record = {
        .rig = text, .kind = text, .point = text, .refusal = text, .rule = text, .text = text};
    uint8_t bytes[AUDIT_BYTES_MAX];
    struct audit_entry entry;
    size_t length = audit_encode(1, &record, bytes);
    assert_true(audit_decode_bytes(bytes, length, &entry));
    assert_int_equal(strlen(entry.record.text), 399);
    assert_int_equal(strlen(entry.record.kind), 30);
    assert_int_equal(strlen(entry.record.rig), 63);
}

static void there_is_one_way_to_write_a_record(void **state)
{
    (void)state;
    struct audit_record record = {.kind = "command", .before = -NAN, .has_before = true, .text = "abc"};
    uint8_t bytes[AUDIT_BYTES_MAX + 1], again[AUDIT_BYTES_MAX];
    struct audit_entry entry;
    size_t length = audit_encode(9, &record, bytes);
    assert_true(audit_decode_bytes(bytes, length, &entry));
    assert_true(isnan(entry.record.before));
    assert_int_equal(audit_encode(entry.number, &entry.record, again), length);
    assert_memory_equal(bytes, again, length);
    assert_false(audit_decode_bytes(bytes, length + 1, &entry));
    for (size_t i = 0; i < length; i++)
        assert_false(audit_decode_bytes(bytes, i, &entry));
    /* Whatever one byte is changed to: it is refused, or it is written again just so. */
    for (size_t i = 0; i < length; i++) {
        for (unsigned value = 0; value < 256; value++) {
            uint8_t before = bytes[i];
            bytes[i] = (uint8_t)value;
            if (audit_decode_bytes(bytes, length, &entry)) {
                assert_int_equal(audit_encode(entry.number, &entry.record, again), length);
                assert_memory_equal(bytes, again, length);
            }
            bytes[i] = before;
        }
    }
}

/* ---- verification -------------------------------------------------------------------------------------- */

/* Ten records, the head after five and the head after all. */
static void write_ten(struct fixture *fixture, char early[AUDIT_HEAD_MAX], char late[AUDIT_HEAD_MAX])
{
    for (int i = 0; i < 10; i++) {
        append(fixture, "command", i);
        settle(fixture);
        if (i == 4)
            audit_head(fixture->audit, 5555, early);
    }
    audit_head(fixture->audit, 6666, late);
    read_all(fixture);
    assert_int_equal(fixture->count, 10);
}

static void tampering_shows(void **state)
{
    struct fixture *fixture = *state;
    char early[AUDIT_HEAD_MAX], late[AUDIT_HEAD_MAX], text[200];
    write_ten(fixture, early, late);
    assert_int_equal(verify(fixture, late, text, sizeof text), AUDIT_INTACT);
    assert_string_equal(text, "intact: 10 records");
    assert_int_equal(fault_of(fixture, early), AUDIT_INTACT);
    assert_int_equal(fault_of(fixture, NULL), AUDIT_INTACT);
    struct ledger_audit kept[10];
    memcpy(kept, fixture->links, sizeof kept);
    struct ledger_audit *links = fixture->links;

    for (size_t i = 0; i < links[4].length; i++) { /* altered */
        links[4].bytes[i] ^= 1;
        assert_int_equal(verify(fixture, NULL, text, sizeof text), AUDIT_ALTERED);
        assert_non_null(strstr(text, "record 5 "));
        links[4].bytes[i] ^= 1;
    }
    links[4].wall++; /* what it is found by */
    assert_int_equal(fault_of(fixture, NULL), AUDIT_ALTERED);
    links[4].wall--;
    links[4].session = 8;
    assert_int_equal(fault_of(fixture, NULL), AUDIT_ALTERED);
    links[4].session = 7;
    strcpy(links[4].rig, "tank-2");
    assert_int_equal(fault_of(fixture, NULL), AUDIT_ALTERED);
    memcpy(links, kept, sizeof kept);

    memmove(links + 4, links + 5, 5 * sizeof *links); /* removed */
    fixture->count = 9;
    assert_int_equal(verify(fixture, NULL, text, sizeof text), AUDIT_REMOVED);
    assert_non_null(strstr(text, "record 5 "));
    for (size_t i = 4; i < 9; i++) /* and renumbered */
        links[i].number--;
    assert_int_equal(fault_of(fixture, NULL), AUDIT_ALTERED);
    memcpy(links, kept + 1, 9 * sizeof *links); /* the first one */
    assert_int_equal(fault_of(fixture, NULL), AUDIT_REMOVED);
    fixture->count = 10;

    memcpy(links, kept, sizeof kept); /* reordered */
    links[4] = kept[5];
    links[5] = kept[4];
    assert_int_equal(fault_of(fixture, NULL), AUDIT_REMOVED);
    links[4] = kept[3];
    assert_int_equal(fault_of(fixture, NULL), AUDIT_REORDERED);
    memcpy(links, kept, sizeof kept);

    fixture->count = 7; /* the tail is cut: only the head knows */
    assert_int_equal(fault_of(fixture, NULL), AUDIT_INTACT);
    assert_int_equal(fault_of(fixture, early), AUDIT_INTACT);
    assert_int_equal(verify(fixture, late, text, sizeof text), AUDIT_TRUNCATED);
    assert_non_null(strstr(
        text, "of record 10, and that is not there; the last good record before that is 7, of 1970-01-01T"));
}

static void a_head_is_for_one_chain_and_cannot_be_made(void **state)
{
    struct fixture *fixture = *state;
    char early[AUDIT_HEAD_MAX], late[AUDIT_HEAD_MAX], changed[AUDIT_HEAD_MAX];
    write_ten(fixture, early, late);
    assert_int_equal(strncmp(late, "labgate-audit-head 1 10 6666 ", 29), 0);
    for (size_t i = 0; i < strlen(late); i++) {
        strcpy(changed, late);
        changed[i] = changed[i] == 'a' ? 'b' : 'a';
        assert_int_equal(fault_of(fixture, changed), AUDIT_BAD_HEAD);
    }
    assert_int_equal(fault_of(fixture, "nonsense"), AUDIT_BAD_HEAD);
    char text[320];
    assert_int_equal(verify(fixture, changed, text, sizeof text), AUDIT_BAD_HEAD);
    assert_non_null(
        strstr(text, "; 10 records are intact, and whether later ones were cut off is not known"));
    fixture->links[3].bytes[20] ^= 1; /* a head that is of no use does not hide it */
    assert_int_equal(fault_of(fixture, "nonsense"), AUDIT_ALTERED);
    fixture->links[3].bytes[20] ^= 1;
    strcpy(changed, late);
    strcat(changed, "\n"); /* as it is copied from a log */
    assert_int_equal(fault_of(fixture, changed), AUDIT_INTACT);
    /* Who has the keys may write another chain: the published head says that it is not the one. */
    uint8_t mac[CRYPTO_MAC_SIZE] = {0};
    for (size_t i = 0; i < 10; i++) {
        struct ledger_audit *link = &fixture->links[i];
        if (i == 2)
            link->bytes[link->length - 1] ^= 1;
        crypto_chain(fixture->crypto, mac, link->bytes, link->length, mac);
        memcpy(link->mac, mac, sizeof mac);
    }
    assert_int_equal(fault_of(fixture, NULL), AUDIT_INTACT);
    assert_int_equal(fault_of(fixture, early), AUDIT_FORKED);
    /* Even with the keys, what is no record is none. */
    struct ledger_audit *last = &fixture->links[9];
    last->bytes[0] = 99;
    crypto_chain(fixture->crypto, fixture->links[8].mac, last->bytes, last->length, last->mac);
    assert_int_equal(fault_of(fixture, NULL), AUDIT_ALTERED);
}

static void the_chain_goes_on_after_a_restart(void **state)
{
    struct fixture *fixture = *state;
    append(fixture, "command", 1);
    settle(fixture);
    close_all(fixture);
    open_all(fixture, 64);
    append(fixture, "start", 2);
    settle(fixture);
    read_all(fixture);
    assert_int_equal(fixture->count, 2);
    assert_int_equal(fault_of(fixture, NULL), AUDIT_INTACT);
}

/* ---- the buffer ---------------------------------------------------------------------------------------- */

static void a_full_buffer_refuses_and_says_what_was_lost(void **state)
{
    struct fixture *fixture = *state;
    size_t taken = 0;
    while (audit_takes(fixture->audit)) {
        assert_int_equal(append(fixture, "command", 1), AUDIT_OK);
        taken++;
    }
    assert_int_equal(taken, 56); /* seven eighths of 64 */
    while (append(fixture, "safe-write", 2) == AUDIT_OK)
        taken++;
    assert_int_equal(taken, 64);
    for (int i = 0; i < 9; i++)
        assert_int_equal(append(fixture, "safe-write", 3), AUDIT_FULL);
    assert_int_equal(audit_lost(fixture->audit), 10);
    settle(fixture);
    assert_true(audit_takes(fixture->audit));
    assert_int_equal(append(fixture, "command", 4), AUDIT_OK);
    settle(fixture);
    read_all(fixture);
    assert_int_equal(fixture->count, 66);
    struct audit_entry entry;
    audit_decode(&fixture->links[64], &entry);
    assert_string_equal(entry.record.kind, "gap");
    assert_true(entry.record.after == 10);
    assert_non_null(strstr(entry.record.text, "10 records lost since 1002"));
    assert_int_equal(fault_of(fixture, NULL), AUDIT_INTACT);
}

static void it_takes_again_at_half(void **state)
{
    struct fixture *fixture = *state;
    close_all(fixture);
    open_all(fixture, 256);
    while (audit_takes(fixture->audit))
        append(fixture, "command", 1);
    for (int batches = 1; audit_waiting(fixture->audit) > 0; batches++) {
        struct ledger_event event;
        audit_submit(fixture->audit, 0);
        while (!ledger_next_event(fixture->ledger, &event))
            scratch_wait(&fixture->scratch);
        audit_stored(fixture->audit, &event, 0);
        assert_int_equal(audit_takes(fixture->audit), audit_waiting(fixture->audit) < 128);
    }
}

static void what_the_ledger_did_not_take_is_handed_over_again(void **state)
{
    struct fixture *fixture = *state;
    append(fixture, "command", 1);
    assert_int_equal(audit_submit(fixture->audit, 50), INT64_MAX);
    struct ledger_event event;
    while (!ledger_next_event(fixture->ledger, &event))
        scratch_wait(&fixture->scratch);
    /* It was stored; the audit is told that it was not, and hands it over a second time, later. */
    struct ledger_event failed = {.kind = LEDGER_EVENT_AUDIT, .result = LEDGER_STORAGE};
    audit_stored(fixture->audit, &failed, 50);
    assert_int_equal(audit_waiting(fixture->audit), 1);
    assert_int_equal(audit_submit(fixture->audit, 51), 50 + SECOND);
    assert_false(ledger_next_event(fixture->ledger, &event));
    assert_int_equal(audit_submit(fixture->audit, 50 + SECOND), INT64_MAX);
    while (!ledger_next_event(fixture->ledger, &event))
        scratch_wait(&fixture->scratch);
    assert_int_equal(event.kind, LEDGER_EVENT_AUDIT);
}

static void records_gather_unless_something_else_is_committed(void **state)
{
    enum { GATHER = 10000000 };
    struct fixture *fixture = *state;
    append(fixture, "command", 1);
    assert_int_equal(audit_gather(fixture->audit, 50), 50 + GATHER);
    assert_int_equal(audit_gather(fixture->audit, 60), 50 + GATHER);
    assert_int_equal(audit_gather(fixture->audit, 50 + GATHER), INT64_MAX); /* handed over */
    fixture->now = 50 + GATHER;
    struct ledger_event event;
    while (!ledger_next_event(fixture->ledger, &event))
        scratch_wait(&fixture->scratch);
    audit_stored(fixture->audit, &event, fixture->now);
    append(fixture, "command", 2);
    assert_int_equal(ledger_put_rig(fixture->ledger, 9, "tank", "x", 1), LEDGER_OK);
    assert_int_equal(audit_gather(fixture->audit, 2 * SECOND), INT64_MAX);
}

/* Records of all lengths, so that every piece wraps around the ring's end somewhere. */
static void the_ring_wraps_anywhere(void **state)
{
    struct fixture *fixture = *state;
    char text[AUDIT_TEXT_MAX + 1];
    size_t written = 0;
    for (size_t i = 0; i < 400; i++) {
        memset(text, 'a' + (int)(i % 26), sizeof text);
        text[i * 7 % AUDIT_TEXT_MAX] = '\0';
        struct audit_record record = {.wall = (int64_t)i, .kind = "command", .text = text};
        assert_int_equal(audit_append(fixture->audit, &record), AUDIT_OK);
        written++;
        if (i % 13 == 12)
            settle(fixture);
    }
    settle(fixture);
    read_all(fixture);
    assert_int_equal(fixture->count, written);
    assert_int_equal(fault_of(fixture, NULL), AUDIT_INTACT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define WITH_AUDIT(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
        WITH_AUDIT(a_record_comes_back_as_it_was),
        cmocka_unit_test(long_texts_are_cut_at_a_character),
        cmocka_unit_test(there_is_one_way_to_write_a_record),
        WITH_AUDIT(tampering_shows),
        WITH_AUDIT(a_head_is_for_one_chain_and_cannot_be_made),
        WITH_AUDIT(the_chain_goes_on_after_a_restart),
        WITH_AUDIT(a_full_buffer_refuses_and_says_what_was_lost),
        WITH_AUDIT(it_takes_again_at_half),
        WITH_AUDIT(what_the_ledger_did_not_take_is_handed_over_again),
        WITH_AUDIT(records_gather_unless_something_else_is_committed),
        WITH_AUDIT(the_ring_wraps_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
