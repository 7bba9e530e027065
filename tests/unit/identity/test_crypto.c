/* Keys, passwords, tokens, signatures, and the thread that hashes. */
#include "gateway/identity/hasher.h"
#include "tests/unit/scratch.h"

#include <fcntl.h>
#include <sys/stat.h>

struct fixture {
    struct scratch scratch;
    struct crypto *crypto;
    char why[256];
};

static int open_crypto(struct fixture *fixture)
{
    return crypto_open(fixture->scratch.directory, &fixture->crypto, fixture->why, sizeof fixture->why);
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    scratch_init(&fixture->scratch);
    assert_int_equal(open_crypto(fixture), CRYPTO_OK);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    crypto_close(fixture->crypto);
    scratch_finish(&fixture->scratch);
    free(fixture);
    return 0;
}

static struct crypto_claims some_claims(void)
{
    return (struct crypto_claims){.kind = CRYPTO_TOKEN_ACCOUNT,
                                  .role = 2,
                                  .subject = 0x123456789abcdef0,
                                  .password_version = 17,
                                  .expires = 5000};
}

/* ---- keys ---------------------------------------------------------------------------------------------- */

static void keys_are_made_once_and_are_the_owners_alone(void **state)
{
    struct fixture *fixture = *state;
    struct stat status;
    assert_int_equal(stat(scratch_path(&fixture->scratch, "keys"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_not_equal(access(scratch_path(&fixture->scratch, "keys.new"), F_OK), 0);
    char token[CRYPTO_TOKEN_MAX];
    struct crypto_claims claims = some_claims(), read;
    crypto_issue_token(fixture->crypto, &claims, token);
    crypto_close(fixture->crypto);
    assert_int_equal(open_crypto(fixture), CRYPTO_OK); /* another start of the gateway */
    assert_int_equal(crypto_read_token(fixture->crypto, token, 0, &read), CRYPTO_OK);
}

static void keys_that_others_can_read_or_that_are_damaged_are_refused(void **state)
{
    struct fixture *fixture = *state;
    char *path = scratch_path(&fixture->scratch, "keys");
    crypto_close(fixture->crypto);
    fixture->crypto = NULL;
    chmod(path, 0640);
    assert_int_equal(open_crypto(fixture), CRYPTO_BAD_KEYS);
    assert_non_null(strstr(fixture->why, "chmod 600"));
    chmod(path, 0600);
    struct stat status;
    stat(path, &status);
    FILE *file = fopen(path, "a");
    fputs("x", file);
    fclose(file);
    assert_int_equal(open_crypto(fixture), CRYPTO_BAD_KEYS);
    for (off_t length = status.st_size - 1; length >= 0; length -= 13) {
        assert_int_equal(truncate(path, length), 0);
        assert_int_equal(open_crypto(fixture), CRYPTO_BAD_KEYS);
        assert_non_null(strstr(fixture->why, "backup"));
    }
    unlink(path);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_int_equal(open_crypto(fixture), CRYPTO_IO);
}

/* ---- tokens -------------------------------------------------------------------------------------------- */

static void a_token_says_what_was_issued_until_it_expires(void **state)
{
    struct fixture *fixture = *state;
    char token[CRYPTO_TOKEN_MAX], second[CRYPTO_TOKEN_MAX];
    struct crypto_claims claims = some_claims(), read;
    crypto_issue_token(fixture->crypto, &claims, token);
    assert_int_equal(strlen(token), CRYPTO_TOKEN_MAX - 1);
    assert_int_equal(strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
                     CRYPTO_TOKEN_MAX - 1);
    assert_int_equal(crypto_read_token(fixture->crypto, token, 4999, &read), CRYPTO_OK);
    assert_int_equal(read.kind, CRYPTO_TOKEN_ACCOUNT);
    assert_int_equal(read.role, 2);
    assert_true(read.subject == claims.subject && read.password_version == 17 && read.expires == 5000);
    assert_memory_equal(read.id, claims.id, sizeof read.id);
    assert_int_equal(crypto_read_token(fixture->crypto, token, 5000, &read), CRYPTO_EXPIRED);
    assert_int_equal(read.password_version, 17);
    crypto_issue_token(fixture->crypto, &claims, second);
    assert_string_not_equal(token, second);
}

static void any_changed_character_makes_a_token_invalid(void **state)
{
    struct fixture *fixture = *state;
    char token[CRYPTO_TOKEN_MAX];
    struct crypto_claims claims = some_claims(), read;
    crypto_issue_token(fixture->crypto, &claims, token);
    for (size_t i = 0; i < CRYPTO_TOKEN_MAX - 1; i++) {
        char before = token[i];
        token[i] = before == 'A' ? 'B' : 'A';
        assert_int_equal(crypto_read_token(fixture->crypto, token, 0, &read), CRYPTO_INVALID);
        token[i] = before;
    }
    assert_int_equal(crypto_read_token(fixture->crypto, token, 0, &read), CRYPTO_OK);
    token[CRYPTO_TOKEN_MAX - 2] = '\0';
    static const char *const others[] = {
        "",
        "A",
        "not a token",
        "====",
        "\xff\xfe",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(crypto_read_token(fixture->crypto, others[i], 0, &read), CRYPTO_INVALID);
    assert_int_equal(crypto_read_token(fixture->crypto, token, 0, &read), CRYPTO_INVALID);
}

static void a_token_of_another_gateway_is_invalid(void **state)
{
    struct fixture *fixture = *state;
    struct fixture *other;
    setup((void **)&other);
    char token[CRYPTO_TOKEN_MAX];
    struct crypto_claims claims = some_claims(), read;
    crypto_issue_token(other->crypto, &claims, token);
    assert_int_equal(crypto_read_token(fixture->crypto, token, 0, &read), CRYPTO_INVALID);
    teardown((void **)&other);
}

/* ---- small things -------------------------------------------------------------------------------------- */

static void signatures_hold_for_what_was_signed_only(void **state)
{
    struct fixture *fixture = *state;
    uint8_t signature[CRYPTO_SIGNATURE_SIZE];
    char text[] = "the head";
    crypto_sign_head(fixture->crypto, text, strlen(text), signature);
    assert_true(crypto_check_signature(fixture->crypto, text, strlen(text), signature));
    text[0] = 'T';
    assert_false(crypto_check_signature(fixture->crypto, text, strlen(text), signature));
}

static void the_chain_depends_on_all_before(void **state)
{
    struct fixture *fixture = *state;
    uint8_t zero[CRYPTO_MAC_SIZE] = {0}, a[CRYPTO_MAC_SIZE], b[CRYPTO_MAC_SIZE],
            in_place[CRYPTO_MAC_SIZE] = {0};
    crypto_chain(fixture->crypto, zero, "record", 6, a);
    crypto_chain(fixture->crypto, a, "record", 6, b);
    assert_memory_not_equal(a, b, sizeof a);
    crypto_chain(fixture->crypto, in_place, "record", 6, in_place);
    assert_memory_equal(in_place, a, sizeof a);
}

static void codes_and_encodings_come_back(void **state)
{
    (void)state;
    char code[CRYPTO_CODE_MAX], other[CRYPTO_CODE_MAX], text[64];
    crypto_make_code(code);
    crypto_make_code(other);
    assert_int_equal(strlen(code), CRYPTO_CODE_MAX - 1);
    assert_string_not_equal(code, other);
    uint8_t bytes[20], back[20];
    crypto_random(bytes, sizeof bytes);
    assert_true(crypto_encode(bytes, sizeof bytes, text, sizeof text));
    assert_true(crypto_decode(text, strlen(text), back, sizeof back));
    assert_memory_equal(bytes, back, sizeof bytes);
    assert_false(crypto_decode(text, strlen(text), back, sizeof back - 1));
    assert_false(crypto_decode(text, strlen(text) - 1, back, sizeof back));
    assert_true(crypto_encode_hex(bytes, sizeof bytes, text, sizeof text));
    assert_true(crypto_decode_hex(text, strlen(text), back, sizeof back));
    assert_memory_equal(bytes, back, sizeof bytes);
    assert_false(crypto_encode_hex(bytes, sizeof bytes, text, 2 * sizeof bytes));
}

/* ---- the hasher ---------------------------------------------------------------------------------------- */

static struct hasher_done next_done(struct hasher *hasher, const struct scratch *scratch)
{
    struct hasher_done done;
    while (!hasher_next(hasher, &done))
        scratch_wait(scratch);
    return done;
}

static struct hasher_job job_of(uint64_t request, enum hasher_kind kind, const char *password,
                                const char *hash)
{
    return (struct hasher_job){
        .request = request, .kind = kind, .password = password, .length = strlen(password), .hash = hash};
}

static void passwords_are_hashed_and_checked(void **state)
{
    struct fixture *fixture = *state;
    struct hasher *hasher;
    assert_int_equal(hasher_create(&crypto_password_least, fixture->scratch.wake, &hasher), HASHER_OK);
    struct hasher_job job = job_of(1, HASHER_MAKE, "correct horse", NULL);
    assert_int_equal(hasher_submit(hasher, &job), HASHER_OK);
    struct hasher_done made = next_done(hasher, &fixture->scratch);
    assert_int_equal(made.result, HASHER_OK);
    assert_non_null(strstr(made.hash, "$argon2id$"));
    job = job_of(2, HASHER_CHECK, "correct horse", made.hash);
    hasher_submit(hasher, &job);
    job = job_of(3, HASHER_CHECK, "correct hors", made.hash);
    hasher_submit(hasher, &job);
    job = job_of(4, HASHER_CHECK, "correct horse", "not a hash");
    hasher_submit(hasher, &job);
    assert_true(next_done(hasher, &fixture->scratch).matches);
    assert_false(next_done(hasher, &fixture->scratch).matches);
    assert_false(next_done(hasher, &fixture->scratch).matches);
    char dummy[CRYPTO_HASH_MAX];
    assert_int_equal(crypto_dummy_hash(&crypto_password_least, dummy), CRYPTO_OK);
    assert_int_equal(strlen(dummy), strlen(made.hash));
    assert_memory_equal(dummy, made.hash, strcspn(made.hash + 1, "m") + 12); /* the same cost */
    hasher_destroy(hasher);
}

/* Slow enough that the queue fills behind the first. */
static void the_queue_is_bounded_and_logins_go_first(void **state)
{
    struct fixture *fixture = *state;
    struct hasher *hasher;
    struct crypto_password_cost cost = {.passes = 3, .memory = 1 << 20};
    assert_int_equal(hasher_create(&cost, fixture->scratch.wake, &hasher), HASHER_OK);
    struct hasher_job import = job_of(0, HASHER_MAKE, "password", NULL),
                      login = job_of(0, HASHER_MAKE, "password", NULL);
    import.patient = true;
    size_t imports = 0, logins = 0;
    while (import.request = 1000 + imports, hasher_submit(hasher, &import) == HASHER_OK)
        assert_true(++imports < 10000);
    while (login.request = 1 + logins, hasher_submit(hasher, &login) == HASHER_OK)
        assert_true(++logins < 10000);
    assert_true(imports >= HASHER_QUEUE_MAX && logins >= HASHER_QUEUE_MAX);
    size_t order = 0, last_login = 0, after_first_login = 0;
    for (size_t i = 0; i < imports + logins; i++, order++) {
        uint64_t request = next_done(hasher, &fixture->scratch).request;
        if (request < 1000)
            last_login = order;
        else if (last_login == 0)
            after_first_login++;
    }
    /* Only what was in hand when the logins came went before them. */
    assert_true(after_first_login <= imports - HASHER_QUEUE_MAX + 2);
    char too_long[HASHER_PASSWORD_MAX + 2];
    memset(too_long, 'x', sizeof too_long - 1);
    too_long[sizeof too_long - 1] = '\0';
    login = job_of(1, HASHER_MAKE, too_long, NULL);
    assert_int_equal(hasher_submit(hasher, &login), HASHER_TOO_LONG);
    hasher_destroy(hasher);
}

static long resident_kilobytes(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long size, resident;
    assert_int_equal(fscanf(file, "%ld %ld", &size, &resident), 2);
    fclose(file);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static void the_memory_of_a_hash_is_given_back(void **state)
{
    struct fixture *fixture = *state;
    struct hasher *hasher;
    assert_int_equal(hasher_create(&crypto_password_interactive, fixture->scratch.wake, &hasher), HASHER_OK);
    long before = resident_kilobytes();
    struct hasher_job job = job_of(1, HASHER_MAKE, "password", NULL);
    hasher_submit(hasher, &job);
    assert_int_equal(next_done(hasher, &fixture->scratch).result, HASHER_OK);
    long more = resident_kilobytes() - before;
    print_message("64 MiB for the hash, %ld KiB kept after it\n", more);
#ifndef __SANITIZE_ADDRESS__
    assert_true(more < 4096);
#endif
    hasher_destroy(hasher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define WITH_KEYS(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
        WITH_KEYS(keys_are_made_once_and_are_the_owners_alone),
        WITH_KEYS(keys_that_others_can_read_or_that_are_damaged_are_refused),
        WITH_KEYS(a_token_says_what_was_issued_until_it_expires),
        WITH_KEYS(any_changed_character_makes_a_token_invalid),
        WITH_KEYS(a_token_of_another_gateway_is_invalid),
        WITH_KEYS(signatures_hold_for_what_was_signed_only),
        WITH_KEYS(the_chain_depends_on_all_before),
        WITH_KEYS(codes_and_encodings_come_back),
        WITH_KEYS(passwords_are_hashed_and_checked),
        WITH_KEYS(the_queue_is_bounded_and_logins_go_first),
        WITH_KEYS(the_memory_of_a_hash_is_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
