/* Login, logout and passwords. Hashing takes its time in a thread of its own; a request waits for it in
 * control->pending. */
#include "gateway/control/requests.h"

#include "gateway/control/notes.h"
#include "gateway/control/respond.h"
#include "gateway/control/sessions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS INT64_C(1000000)

/* ---- login ----------------------------------------------------------------------------------- */

static void login_by_code(struct control *control, const struct caller *caller, const char *code)
{
    const struct booking *booking = timetable_by_code(control->timetable, code);
    if (!booking) {
        respond_refuse(control, &caller->origin, "wrong-code",
                       "joining by code: no live session has this code; ask who holds the session");
        return;
    }
    char token[CRYPTO_TOKEN_MAX];
    accounts_issue_spectator(control->accounts, booking->session, booking->ends, token);
    struct answer_login login = {
        .token = token,
        .name = "",
        .rig = control->rigs[booking->rig].config->spec.name,
        .role = -1,
        .expires = booking->ends,
    };
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    translate_login(&buffer, &head, &login);
    respond_send(control, &caller->origin, &buffer);
}

static void refuse_wait(struct control *control, const struct origin *origin, int64_t wait)
{
    respond_refuse(control, origin, "wait",
                   "logging in: too many attempts for this name from here; try again in %lld s",
                   (long long)(wait / 1000 / MS + 1));
}

void requests_login(struct control *control, const struct caller *caller, const struct request *request)
{
    if (request->login.join_code[0]) {
        login_by_code(control, caller, request->login.join_code);
        return;
    }
    uint64_t id = requests_wait(control, caller, request);
    if (!id)
        return;
    struct accounts_attempt *attempt = &pending_find(control->pending, id)->login.attempt;
    int result = accounts_begin_login(control->accounts, request->login.name, caller->address, request->token,
                                      control->now, attempt);
    if (result == ACCOUNTS_OK) {
        struct hasher_job job = {
            .request = id,
            .kind = HASHER_CHECK,
            .patient = attempt->patient,
            .password = request->login.password,
            .length = strlen(request->login.password),
            .hash = attempt->hash,
        };
        result = hasher_submit(control->hasher, &job);
        if (result == HASHER_OK)
            return;
        accounts_abandon_login(control->accounts, attempt, control->now);
        respond_refuse(control, &caller->origin, "busy",
                       "logging in: many are doing so right now; try again in a moment");
    } else if (result == ACCOUNTS_WAIT) {
        refuse_wait(control, &caller->origin, attempt->wait);
    } else {
        respond_refuse(control, &caller->origin, "wrong-password", "logging in: wrong name or password");
    }
    pending_remove(control->pending, id);
}

void requests_login_hashed(struct control *control, uint64_t id, const struct hasher_done *done)
{
    struct pending *pending = pending_find(control->pending, id);
    struct answer_head head;
    if (done->result != HASHER_OK) {
        accounts_abandon_login(control->accounts, &pending->login.attempt, control->now);
        respond_refuse(control, &pending->origin, "busy",
                       "logging in: the gateway is out of memory for it; try again");
        pending_remove(control->pending, id);
        return;
    }
    const struct account *account =
        accounts_end_login(control->accounts, &pending->login.attempt, done->matches, control->now);
    if (account) {
        char token[CRYPTO_TOKEN_MAX];
        int64_t expires = control->wall + control->lab->token_life / MS;
        accounts_issue(control->accounts, account, expires, token);
        struct answer_login login = {
            .token = token, .name = account->name, .rig = "", .role = account->role, .expires = expires};
        struct answer_buffer buffer = respond_begin(control, &head);
        translate_login(&buffer, &head, &login);
        respond_send(control, &pending->origin, &buffer);
        notes_event(control, "login", account->id, NULL, "", "");
        crypto_wipe(token, sizeof token);
    } else {
        notes_event(control, "login", pending->login.attempt.account, NULL, "wrong-password", "");
        respond_refuse(control, &pending->origin, "wrong-password", "logging in: wrong name or password");
    }
    pending_remove(control->pending, id);
}

/* ---- logout ---------------------------------------------------------------------------------- */

void requests_logout(struct control *control, const struct caller *caller, const struct request *request)
{
    (void)request;
    const struct identity *identity = &caller->identity;
    if (accounts_revoke(control->accounts, identity, control->wall) == ACCOUNTS_OK) {
        struct ledger_revocation revocation = {.expires = identity->claims.expires + ACCOUNTS_LATE};
        memcpy(revocation.id, identity->claims.id, sizeof revocation.id);
        ledger_revoke(control->ledger, 0, &revocation, control->wall);
    } else if (!identity->spectator) {
        struct ledger_account row;
        accounts_row(accounts_get(control->accounts, identity->account), &row);
        row.password_version++; /* void from now on, whatever the ledger stores before this */
        row.changes = LEDGER_ACCOUNT_TOKENS;
        if (ledger_put_account(control->ledger, 0, &row) == LEDGER_OK)
            accounts_stored(control->accounts, &row);
    }
    notes_event(control, "logout", identity->account, NULL, "", "");
    respond_done(control, &caller->origin);
}

/* ---- change of password: check the old one, hash the new one, store it ----------------------- */

struct password_change {
    uint64_t version; /* of the old one */
    char new_password[ACCOUNTS_PASSWORD_MOST + 1];
};

static void forget(struct control *control, uint64_t id)
{
    struct pending *pending = pending_find(control->pending, id);
    if (pending->password_change)
        crypto_wipe(pending->password_change, sizeof *pending->password_change);
    free(pending->password_change);
    pending_remove(control->pending, id);
}

static bool submit(struct control *control, uint64_t id, enum hasher_kind kind, const char *password,
                   const char *hash)
{
    struct hasher_job job = {
        .request = id, .kind = kind, .password = password, .length = strlen(password), .hash = hash};
    return hasher_submit(control->hasher, &job) == HASHER_OK;
}

void requests_change_password(struct control *control, const struct caller *caller,
                              const struct request *request)
{
    const struct account *account = accounts_get(control->accounts, caller->identity.account);
    const char *password = request->change_password.new_password;
    if (!account) {
        respond_refuse(control, &caller->origin, "not-allowed",
                       "changing the password: log in first, or use 'labctl account add' for another's");
        return;
    }
    int result = accounts_check_password(account->name, password);
    if (result != ACCOUNTS_OK) {
        respond_refuse(control, &caller->origin, "bad-password", "changing the password: %s",
                       accounts_result_text(result));
        return;
    }
    uint64_t id = requests_wait(control, caller, request);
    if (!id)
        return;
    struct pending *pending = pending_find(control->pending, id);
    pending->password_change = calloc(1, sizeof *pending->password_change);
    if (pending->password_change) {
        pending->password_change->version = account->password_version;
        memcpy(pending->password_change->new_password, password, strlen(password) + 1);
        if (submit(control, id, HASHER_CHECK, request->change_password.old_password, account->hash))
            return;
    }
    respond_refuse(control, &caller->origin, "busy", "changing the password: too much is waiting; try again");
    forget(control, id);
}

void requests_password_hashed(struct control *control, uint64_t id, const struct hasher_done *done)
{
    struct pending *pending = pending_find(control->pending, id);
    if (done->result == HASHER_OK && done->kind == HASHER_CHECK && !done->matches) {
        notes_event(control, "change-password", pending->account, NULL, "wrong-password", "");
        respond_refuse(control, &pending->origin, "wrong-password",
                       "changing the password: the old one is wrong");
        forget(control, id);
        return;
    }
    if (done->result == HASHER_OK && done->kind == HASHER_CHECK &&
        submit(control, id, HASHER_MAKE, pending->password_change->new_password, NULL))
        return;
    if (done->result == HASHER_OK && done->kind == HASHER_MAKE) {
        struct ledger_account row = {
            .id = pending->account,
            .changes = LEDGER_ACCOUNT_PASSWORD,
            .only_version = pending->password_change->version,
        };
        memcpy(row.hash, done->hash, sizeof row.hash);
        if (ledger_put_account(control->ledger, id, &row) == LEDGER_OK)
            return;
    }
    respond_refuse(control, &pending->origin, "busy",
                   "changing the password: too much is waiting; try again");
    forget(control, id);
}

void requests_password_stored(struct control *control, uint64_t id, const struct ledger_event *event)
{
    struct pending *pending = pending_find(control->pending, id);
    if (event->result == LEDGER_OK && accounts_stored(control->accounts, &event->account) == ACCOUNTS_OK) {
        notes_event(control, "change-password", pending->account, NULL, "", "");
        respond_done(control, &pending->origin);
    } else {
        respond_refuse(control, &pending->origin, "not-stored",
                       "changing the password: it could not be stored: %s", event->why);
    }
    forget(control, id);
}
