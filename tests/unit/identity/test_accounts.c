/* Accounts, tokens, logout, and what slows guessing down; time is the test's. */
#include "gateway/identity/accounts.h"
#include "tests/unit/scratch.h"

#define SECOND INT64_C(1000000000)

struct fixture {
    struct scratch scratch;
    struct crypto *crypto;
    struct accounts *accounts;
    struct ledger_account rows[3];
    struct ledger_contents contents;
    int64_t now; /* monotonic */
};

static const uint8_t school[16] = {[10] = 0xff, [11] = 0xff, 10, 1, 2, 3};
static const uint8_t attacker[16] = {[10] = 0xff, [11] = 0xff, 10, 9, 9, 9};

static void make_accounts(struct fixture *fixture)
{
    assert_int_equal(
        accounts_create(fixture->crypto, &fixture->contents, &crypto_password_least, &fixture->accounts),
        ACCOUNTS_OK);
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    char why[256];
    scratch_init(&fixture->scratch);
    assert_int_equal(crypto_open(fixture->scratch.directory, &fixture->crypto, why, sizeof why), CRYPTO_OK);
    static const char *const names[] = {"li", "王芳", "teacher"};
    for (size_t i = 0; i < 3; i++) {
        struct ledger_account *row = &fixture->rows[i];
        *row = (struct ledger_account){
            .id = 10 * (i + 1), .role = i == 2 ? RIG_TEACHER : RIG_STUDENT, .password_version = 1};
        snprintf(row->name, sizeof row->name, "%s", names[i]);
        snprintf(row->title, sizeof row->title, "Title %zu", i);
        assert_int_equal(crypto_hash_password(names[i], strlen(names[i]), &crypto_password_least, row->hash),
                         CRYPTO_OK);
    }
    fixture->contents =
        (struct ledger_contents){.accounts = fixture->rows, .account_count = 3, .last_wall = 1000};
    fixture->now = 1000 * SECOND;
    make_accounts(fixture);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    accounts_destroy(fixture->accounts);
    crypto_close(fixture->crypto);
    scratch_finish(&fixture->scratch);
    free(fixture);
    return 0;
}

/* ---- the table ----------------------------------------------------------------------------------------- */

static void accounts_are_found_by_name_and_id(void **state)
{
    struct fixture *fixture = *state;
    struct accounts *accounts = fixture->accounts;
    assert_int_equal(accounts_find(accounts, "王芳")->id, 20);
    assert_string_equal(accounts_get(accounts, 30)->name, "teacher");
    assert_int_equal(accounts_get(accounts, 30)->role, RIG_TEACHER);
    assert_null(accounts_find(accounts, "LI"));
    assert_null(accounts_get(accounts, 11));
    struct ledger_account row;
    for (uint64_t i = 0; i < 500; i++) {
        accounts_row(accounts_get(accounts, 10), &row);
        row.id = 1000 - 2 * i; /* not in order */
        snprintf(row.name, sizeof row.name, "student-%d", (int)i);
        if (row.id > 30)
            assert_int_equal(accounts_stored(accounts, &row), ACCOUNTS_OK);
    }
    assert_int_equal(accounts_count(accounts), 3 + 485);
    assert_int_equal(accounts_find(accounts, "student-250")->id, 500);
    for (size_t i = 1; i < accounts_count(accounts); i++)
        assert_true(accounts_at(accounts, i - 1)->id < accounts_at(accounts, i)->id);
    accounts_row(accounts_find(accounts, "student-250"), &row);
    snprintf(row.name, sizeof row.name, "renamed");
    assert_int_equal(accounts_stored(accounts, &row), ACCOUNTS_OK);
    assert_null(accounts_find(accounts, "student-250"));
    assert_int_equal(accounts_find(accounts, "renamed")->id, 500);
    assert_int_equal(accounts_count(accounts), 3 + 485);
}

static void names_are_checked(void **state)
{
    (void)state;
    static const char *const good[] = {"li", "李雷", "Иван Петров", "a", "o'brien-2@school.cn", "𠮷野"};
    static const char *const bad[] = {"",
                                      " li",
                                      "li ",
                                      "l\ni",
                                      "l\x7fi",
                                      "l\xc2\x85i",
                                      "\xe2\x80\xae"
                                      "admin",
                                      "ad\xe2\x80\x8bmin",
                                      "\xef\xbb\xbf"
                                      "li",
                                      "\xff",
                                      "\xc0\xaf",
                                      "\xed\xa0\x80",
                                      "\xf4\x90\x80\x80",
                                      "a\xe2\x80",
                                      "\xe3\x80\x80li",
                                      "\xe2\x81\xa6li",
                                      "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcd",
                                      "\xef\xbf\xbf",
                                      "\xf3\xa0\x81\x81x"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(accounts_check_name(good[i]), ACCOUNTS_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (accounts_check_name(bad[i]) != ACCOUNTS_BAD_NAME)
            fail_msg("name %zu was accepted", i);
    assert_int_equal(accounts_check_name("abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabc"),
                     ACCOUNTS_OK);
    assert_int_equal(accounts_check_password("li", "1234567"), ACCOUNTS_BAD_PASSWORD);
    assert_int_equal(accounts_check_password("li", "一二三四五六七"), ACCOUNTS_BAD_PASSWORD);
    assert_int_equal(accounts_check_password("li", "一二三四五六七八"), ACCOUNTS_OK);
    assert_int_equal(accounts_check_password("12345678", "12345678"), ACCOUNTS_BAD_PASSWORD);
    char longest[ACCOUNTS_PASSWORD_MOST + 2];
    memset(longest, 'x', sizeof longest);
    longest[ACCOUNTS_PASSWORD_MOST] = '\0';
    assert_int_equal(accounts_check_password("li", longest), ACCOUNTS_OK);
    longest[ACCOUNTS_PASSWORD_MOST] = 'x';
    longest[ACCOUNTS_PASSWORD_MOST + 1] = '\0';
    assert_int_equal(accounts_check_password("li", longest), ACCOUNTS_BAD_PASSWORD);
}

/* ---- tokens -------------------------------------------------------------------------------------------- */

static int identify(const struct fixture *fixture, const char *token, int64_t now)
{
    struct identity identity;
    return accounts_identify(fixture->accounts, token, now, &identity);
}

static void change(struct fixture *fixture, uint64_t id, void (*how)(struct ledger_account *row))
{
    struct ledger_account row;
    accounts_row(accounts_get(fixture->accounts, id), &row);
    how(&row);
    assert_int_equal(accounts_stored(fixture->accounts, &row), ACCOUNTS_OK);
}

static void disable(struct ledger_account *row)
{
    row->disabled = true;
}

static void enable(struct ledger_account *row)
{
    row->disabled = false;
}

static void change_password(struct ledger_account *row)
{
    row->password_version++;
}

static void promote(struct ledger_account *row)
{
    row->role = RIG_TECHNICIAN;
}

static void tokens_are_void_after_time_disabling_and_a_new_password(void **state)
{
    struct fixture *fixture = *state;
    char token[CRYPTO_TOKEN_MAX];
    struct identity identity;
    accounts_issue(fixture->accounts, accounts_get(fixture->accounts, 10), 5000, token);
    assert_int_equal(accounts_identify(fixture->accounts, token, 1000, &identity), ACCOUNTS_OK);
    assert_false(identity.spectator);
    assert_int_equal(identity.account, 10);
    assert_int_equal(identity.role, RIG_STUDENT);
    assert_int_equal(accounts_identify(fixture->accounts, token, 5000, &identity), ACCOUNTS_EXPIRED);
    assert_int_equal(identity.account, 10); /* for what only makes safer, until it is too late for that too */
    assert_int_equal(accounts_identify(fixture->accounts, token, 4999 + ACCOUNTS_LATE, &identity),
                     ACCOUNTS_EXPIRED);
    assert_int_equal(identity.account, 10);
    assert_int_equal(accounts_identify(fixture->accounts, token, 5000 + ACCOUNTS_LATE, &identity),
                     ACCOUNTS_EXPIRED);
    assert_int_equal(identity.account, 0);
    change(fixture, 10, promote); /* the role that counts is the present one */
    accounts_identify(fixture->accounts, token, 1000, &identity);
    assert_int_equal(identity.role, RIG_TECHNICIAN);
    change(fixture, 10, disable);
    assert_int_equal(identify(fixture, token, 1000), ACCOUNTS_VOID);
    assert_int_equal(identify(fixture, token, 5000), ACCOUNTS_VOID);
    change(fixture, 10, enable);
    assert_int_equal(identify(fixture, token, 1000), ACCOUNTS_OK);
    change(fixture, 10, change_password);
    assert_int_equal(identify(fixture, token, 1000), ACCOUNTS_VOID);
    assert_int_equal(identify(fixture, "", 1000), ACCOUNTS_INVALID);
}

static void a_spectator_sees_one_session(void **state)
{
    struct fixture *fixture = *state;
    char token[CRYPTO_TOKEN_MAX];
    struct identity identity;
    accounts_issue_spectator(fixture->accounts, 42, 5000, token);
    assert_int_equal(accounts_identify(fixture->accounts, token, 1000, &identity), ACCOUNTS_OK);
    assert_true(identity.spectator);
    assert_int_equal(identity.session, 42);
    assert_int_equal(identity.account, 0);
}

static void logout_voids_one_token_for_good(void **state)
{
    struct fixture *fixture = *state;
    char classroom[CRYPTO_TOKEN_MAX], phone[CRYPTO_TOKEN_MAX];
    const struct account *account = accounts_get(fixture->accounts, 10);
    struct identity identity;
    accounts_issue(fixture->accounts, account, 5000, classroom);
    accounts_issue(fixture->accounts, account, 5000, phone);
    accounts_identify(fixture->accounts, classroom, 1000, &identity);
    assert_int_equal(accounts_revoke(fixture->accounts, &identity, 1000), ACCOUNTS_OK);
    assert_int_equal(identify(fixture, classroom, 1000), ACCOUNTS_VOID);
    assert_int_equal(identify(fixture, classroom, 6000), ACCOUNTS_VOID);
    assert_int_equal(identify(fixture, phone, 1000), ACCOUNTS_OK);
    /* A restart, with what the ledger kept. */
    struct ledger_revocation revocation = {.expires = identity.claims.expires};
    memcpy(revocation.id, identity.claims.id, sizeof revocation.id);
    fixture->contents.revocations = &revocation;
    fixture->contents.revocation_count = 1;
    accounts_destroy(fixture->accounts);
    make_accounts(fixture);
    assert_int_equal(identify(fixture, classroom, 1000), ACCOUNTS_VOID);
    assert_int_equal(identify(fixture, phone, 1000), ACCOUNTS_OK);
}

static void logouts_are_bounded_and_none_is_forgotten(void **state)
{
    struct fixture *fixture = *state;
    struct identity identity = {0};
    const int64_t day = 86400000;
    identity.claims.expires = 5000;
    uint32_t count = 0;
    int result;
    do {
        memcpy(identity.claims.id, &count, sizeof count);
        result = accounts_revoke(fixture->accounts, &identity, 1000);
        assert_true(++count < 100000);
    } while (result == ACCOUNTS_OK);
    assert_int_equal(result, ACCOUNTS_FULL);
    assert_true(count > 4096);
    /* A clock that was set back must not bring one back, so a day passes before they make room. */
    assert_int_equal(accounts_revoke(fixture->accounts, &identity, 5000 + day), ACCOUNTS_FULL);
    assert_int_equal(accounts_revoke(fixture->accounts, &identity, 5001 + day), ACCOUNTS_OK);
}

/* ---- login --------------------------------------------------------------------------------------------- */

/* One attempt; ACCOUNTS_OK when it was let in, ACCOUNTS_INVALID when it was wrong, or ACCOUNTS_WAIT. */
static int log_in(struct fixture *fixture, const char *name, const char *password, const uint8_t address[16],
                  const char *token, struct accounts_attempt *attempt)
{
    int status = accounts_begin_login(fixture->accounts, name, address, token, fixture->now, attempt);
    if (status != ACCOUNTS_OK)
        return status;
    bool matches = crypto_check_password(attempt->hash, password, strlen(password)) == CRYPTO_OK;
    const struct account *account = accounts_end_login(fixture->accounts, attempt, matches, fixture->now);
    return account != NULL ? ACCOUNTS_OK : ACCOUNTS_INVALID;
}

static void the_right_password_logs_in(void **state)
{
    struct fixture *fixture = *state;
    struct accounts_attempt attempt;
    assert_int_equal(log_in(fixture, "王芳", "王芳", school, NULL, &attempt), ACCOUNTS_OK);
    assert_int_equal(attempt.account, 20);
    assert_int_equal(log_in(fixture, "王芳", "wrong", school, NULL, &attempt), ACCOUNTS_INVALID);
    assert_int_equal(log_in(fixture, "nobody", "wrong", school, NULL, &attempt), ACCOUNTS_INVALID);
    assert_int_equal(attempt.account, 0);
    /* Unknown and disabled names check a hash of the same cost. */
    assert_int_equal(strlen(attempt.hash), strlen(accounts_get(fixture->accounts, 20)->hash));
    change(fixture, 20, disable);
    assert_int_equal(log_in(fixture, "王芳", "王芳", school, NULL, &attempt), ACCOUNTS_INVALID);
    assert_int_equal(attempt.account, 0);
    assert_ptr_not_equal(attempt.hash, accounts_get(fixture->accounts, 20)->hash);
}

static void an_account_changed_while_it_logs_in_stays_out(void **state)
{
    struct fixture *fixture = *state;
    struct accounts_attempt attempt;
    accounts_begin_login(fixture->accounts, "li", school, NULL, fixture->now, &attempt);
    change(fixture, 10, change_password);
    assert_null(accounts_end_login(fixture->accounts, &attempt, true, fixture->now));
    accounts_begin_login(fixture->accounts, "li", school, NULL, fixture->now, &attempt);
    change(fixture, 10, disable);
    assert_null(accounts_end_login(fixture->accounts, &attempt, true, fixture->now));
}

static void waits_grow_and_stay_bounded(void **state)
{
    struct fixture *fixture = *state;
    static const int64_t waits[] = {1, 2, 4, 8, 15, 15, 15, 15};
    struct accounts_attempt attempt;
    static const char *const names[] = {"li", "nobody"}; /* known or not, it is the same */
    for (size_t n = 0; n < 2; n++) {
        for (int i = 0; i < 5; i++)
            assert_int_equal(log_in(fixture, names[n], "wrong", school, NULL, &attempt), ACCOUNTS_INVALID);
        for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
            assert_int_equal(log_in(fixture, names[n], names[n], school, NULL, &attempt), ACCOUNTS_WAIT);
            assert_int_equal(attempt.wait, waits[i] * SECOND);
            fixture->now += waits[i] * SECOND - 1;
            assert_int_equal(log_in(fixture, names[n], names[n], school, NULL, &attempt), ACCOUNTS_WAIT);
            fixture->now += 1;
            assert_int_equal(log_in(fixture, names[n], "wrong", school, NULL, &attempt), ACCOUNTS_INVALID);
        }
    }
    fixture->now += 15 * SECOND;
    assert_int_equal(log_in(fixture, "li", "li", school, NULL, &attempt), ACCOUNTS_OK);
    for (int i = 0; i < 5; i++) /* a success makes all free again */
        assert_int_equal(log_in(fixture, "li", "wrong", school, NULL, &attempt), ACCOUNTS_INVALID);
}

static void attempts_side_by_side_gain_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct accounts_attempt attempts[6];
    for (int i = 0; i < 5; i++)
        assert_int_equal(
            accounts_begin_login(fixture->accounts, "li", attacker, NULL, fixture->now, &attempts[i]),
            ACCOUNTS_OK);
    assert_int_equal(
        accounts_begin_login(fixture->accounts, "li", attacker, NULL, fixture->now, &attempts[5]),
        ACCOUNTS_WAIT);
    /* The hasher was full: that was no attempt. */
    accounts_abandon_login(fixture->accounts, &attempts[4], fixture->now);
    assert_int_equal(
        accounts_begin_login(fixture->accounts, "li", attacker, NULL, fixture->now, &attempts[5]),
        ACCOUNTS_OK);
}

static void nobody_is_slowed_down_by_others(void **state)
{
    struct fixture *fixture = *state;
    struct accounts_attempt attempt;
    for (int i = 0; i < 1000; i++)
        log_in(fixture, "li", "wrong", attacker, NULL, &attempt);
    assert_int_equal(log_in(fixture, "li", "li", attacker, NULL, &attempt), ACCOUNTS_WAIT);
    assert_int_equal(log_in(fixture, "teacher", "teacher", attacker, NULL, &attempt),
                     ACCOUNTS_OK);                                                      /* another name */
    assert_int_equal(log_in(fixture, "li", "li", school, NULL, &attempt), ACCOUNTS_OK); /* another address */
}

/* A classmate at the same address guesses without end; the owner has logged in before. */
static void an_old_token_lets_the_owner_in(void **state)
{
    struct fixture *fixture = *state;
    struct accounts_attempt attempt;
    char token[CRYPTO_TOKEN_MAX], of_another[CRYPTO_TOKEN_MAX];
    accounts_issue(fixture->accounts, accounts_get(fixture->accounts, 10), 1, token); /* expired long ago */
    accounts_issue(fixture->accounts, accounts_get(fixture->accounts, 20), 9000, of_another);
    for (int i = 0; i < 100; i++) {
        log_in(fixture, "li", "wrong", school, NULL, &attempt);
        fixture->now += SECOND / 10;
    }
    assert_int_equal(log_in(fixture, "li", "li", school, of_another, &attempt), ACCOUNTS_WAIT);
    assert_int_equal(log_in(fixture, "li", "li", school, "forged", &attempt), ACCOUNTS_WAIT);
    assert_int_equal(log_in(fixture, "li", "li", school, token, &attempt), ACCOUNTS_OK);
    assert_false(attempt.patient);
    /* The token is no way around the limit either. */
    int status = ACCOUNTS_INVALID;
    for (int i = 0; i < 5 && status == ACCOUNTS_INVALID; i++)
        status = log_in(fixture, "li", "wrong", school, token, &attempt);
    assert_int_equal(log_in(fixture, "li", "li", school, token, &attempt), ACCOUNTS_WAIT);
    /* A token from before a change of password proves nothing. */
    fixture->now += 3600 * SECOND;
    change(fixture, 10, change_password);
    for (int i = 0; i < 100; i++)
        log_in(fixture, "li", "wrong", school, NULL, &attempt);
    assert_int_equal(log_in(fixture, "li", "li", school, token, &attempt), ACCOUNTS_WAIT);
}

/* Many addresses guess at one name: whoever is new waits behind the others, and is never refused at the first
 * try. */
static void an_attack_from_everywhere_slows_only_newcomers(void **state)
{
    struct fixture *fixture = *state;
    struct accounts_attempt attempt;
    assert_int_equal(log_in(fixture, "li", "li", school, NULL, &attempt), ACCOUNTS_OK);
    uint8_t address[16] = {[10] = 0xff, [11] = 0xff, 11, 0, 0, 0};
    for (int i = 0; i < 200; i++) {
        address[15] = (uint8_t)i;
        assert_int_equal(log_in(fixture, "li", "wrong", address, NULL, &attempt), ACCOUNTS_INVALID);
        if (i > 25) {
            assert_true(attempt.patient);
            assert_int_equal(log_in(fixture, "li", "wrong", address, NULL, &attempt), ACCOUNTS_WAIT);
        }
    }
    assert_int_equal(log_in(fixture, "li", "li", school, NULL, &attempt), ACCOUNTS_OK);
    assert_false(attempt.patient);
    address[15] = 255; /* the owner with a new phone */
    assert_int_equal(log_in(fixture, "li", "li", address, NULL, &attempt), ACCOUNTS_OK);
    assert_true(attempt.patient);
    fixture->now += 3600 * SECOND; /* forgotten by half six times */
    address[15] = 254;
    log_in(fixture, "li", "wrong", address, NULL, &attempt);
    assert_false(attempt.patient);
}

static void an_address_that_tries_names_goes_to_the_back(void **state)
{
    struct fixture *fixture = *state;
    struct accounts_attempt attempt;
    assert_int_equal(log_in(fixture, "li", "li", school, NULL, &attempt), ACCOUNTS_OK);
    char name[32];
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "guess-%d", i);
        assert_int_equal(log_in(fixture, name, "wrong", school, NULL, &attempt),
                         ACCOUNTS_INVALID); /* nobody waits */
    }
    assert_true(attempt.patient);
    assert_int_equal(log_in(fixture, "王芳", "王芳", school, NULL, &attempt), ACCOUNTS_OK);
    assert_true(attempt.patient);
    assert_int_equal(log_in(fixture, "li", "li", school, NULL, &attempt), ACCOUNTS_OK);
    assert_false(attempt.patient);
}

static void a_network_of_ipv6_is_one_address(void **state)
{
    struct fixture *fixture = *state;
    struct accounts_attempt attempt;
    uint8_t address[16] = {0x24, 0x08, 1, 2, 3, 4, 5, 6};
    int status = ACCOUNTS_INVALID;
    for (uint8_t i = 0; i < 5; i++) {
        address[15] = i;
        status = log_in(fixture, "li", "wrong", address, NULL, &attempt);
    }
    assert_int_equal(status, ACCOUNTS_INVALID);
    address[15] = 99;
    assert_int_equal(log_in(fixture, "li", "li", address, NULL, &attempt), ACCOUNTS_WAIT);
    address[7] = 7;
    assert_int_equal(log_in(fixture, "li", "li", address, NULL, &attempt), ACCOUNTS_OK);
}

/* Somebody fills the tables with names to have the failures of one forgotten. */
static void a_flood_of_names_forgets_nothing_that_matters(void **state)
{
    struct fixture *fixture = *state;
    struct accounts_attempt attempt;
    assert_int_equal(log_in(fixture, "teacher", "teacher", school, NULL, &attempt), ACCOUNTS_OK);
    for (int i = 0; i < 40; i++) {
        log_in(fixture, "li", "wrong", attacker, NULL, &attempt);
        fixture->now += 15 * SECOND;
    }
    log_in(fixture, "li", "wrong", attacker, NULL, &attempt);
    char name[32];
    for (int i = 0; i < 30000; i++) {
        snprintf(name, sizeof name, "flood-%d", i);
        accounts_begin_login(fixture->accounts, name, school, NULL, fixture->now, &attempt);
    }
    assert_int_equal(log_in(fixture, "li", "li", attacker, NULL, &attempt), ACCOUNTS_WAIT);
    assert_int_equal(log_in(fixture, "teacher", "teacher", school, NULL, &attempt), ACCOUNTS_OK);
    assert_false(attempt.patient);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define WITH_ACCOUNTS(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
        WITH_ACCOUNTS(accounts_are_found_by_name_and_id),
        cmocka_unit_test(names_are_checked),
        WITH_ACCOUNTS(tokens_are_void_after_time_disabling_and_a_new_password),
        WITH_ACCOUNTS(a_spectator_sees_one_session),
        WITH_ACCOUNTS(logout_voids_one_token_for_good),
        WITH_ACCOUNTS(logouts_are_bounded_and_none_is_forgotten),
        WITH_ACCOUNTS(the_right_password_logs_in),
        WITH_ACCOUNTS(an_account_changed_while_it_logs_in_stays_out),
        WITH_ACCOUNTS(waits_grow_and_stay_bounded),
        WITH_ACCOUNTS(attempts_side_by_side_gain_nothing),
        WITH_ACCOUNTS(nobody_is_slowed_down_by_others),
        WITH_ACCOUNTS(an_old_token_lets_the_owner_in),
        WITH_ACCOUNTS(an_attack_from_everywhere_slows_only_newcomers),
        WITH_ACCOUNTS(an_address_that_tries_names_goes_to_the_back),
        WITH_ACCOUNTS(a_network_of_ipv6_is_one_address),
        WITH_ACCOUNTS(a_flood_of_names_forgets_nothing_that_matters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
