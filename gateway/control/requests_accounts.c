/* Accounts, added and changed on the gateway's own socket: hashed one after the other, stored all or none. */
#include "gateway/control/requests.h"

#include "gateway/control/notes.h"
#include "gateway/control/respond.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct account_import {
    size_t count, next; /* next: the row whose password is hashed now */
    struct ledger_account *rows;
    char (*passwords)[ACCOUNTS_PASSWORD_MOST + 1]; /* "": none is to be hashed */
};

static void import_destroy(struct account_import *import)
{
    if (!import)
        return;
    if (import->passwords)
        crypto_wipe(import->passwords, import->count * sizeof *import->passwords);
    free(import->passwords);
    free(import->rows);
    free(import);
}

static struct account_import *import_create(size_t count)
{
    struct account_import *import = calloc(1, sizeof *import);
    if (!import)
        return NULL;
    import->count = count;
    import->rows = calloc(count, sizeof *import->rows);
    import->passwords = calloc(count, sizeof *import->passwords);
    if (import->rows && import->passwords)
        return import;
    import_destroy(import);
    return NULL;
}

/* What is wrong with one account of the request, or NULL. */
static const char *fill(struct control *control, const struct request_account *from, bool only_new,
                        struct ledger_account *row, char password[ACCOUNTS_PASSWORD_MOST + 1])
{
    int result = accounts_check_name(from->name);
    if (result != ACCOUNTS_OK)
        return accounts_result_text(result);
    if (strlen(from->title) >= sizeof row->title)
        return "the person's name is too long: at most 255 bytes, which are 85 Chinese characters";
    const struct account *existing = accounts_find(control->accounts, from->name);
    if (existing && only_new)
        return "there is an account of this name already";
    if (existing)
        row->id = existing->id;
    else if (from->disabled)
        return "there is no account of this name";
    else if (from->role < 0 && !from->password[0])
        return "there is no account of this name";
    else if (from->role < 0)
        return "a new account needs a role: student, teacher, technician or scheduler";
    else if (!from->password[0])
        return "a new account needs a password";
    snprintf(row->name, sizeof row->name, "%s", from->name);
    snprintf(row->title, sizeof row->title, "%s", from->title);
    if (from->email[0] && strcmp(from->email, "none") != 0 && !accounts_check_email(from->email))
        return "the e-mail address is none that mail can be sent to: NAME@HOST in plain letters";
    snprintf(row->email, sizeof row->email, "%s", strcmp(from->email, "none") ? from->email : "");
    row->role = from->role;
    row->disabled = from->disabled;
    row->changes = LEDGER_ACCOUNT_DISABLED | (from->title[0] ? LEDGER_ACCOUNT_TITLE : 0u) |
                   (from->email[0] ? LEDGER_ACCOUNT_EMAIL : 0u) |
                   (from->role >= 0 ? LEDGER_ACCOUNT_ROLE : 0u) |
                   (from->password[0] ? LEDGER_ACCOUNT_PASSWORD : 0u);
    if (!from->password[0])
        return NULL;
    result = accounts_check_password(from->name, from->password);
    if (result != ACCOUNTS_OK)
        return accounts_result_text(result);
    memcpy(password, from->password, strlen(from->password) + 1);
    row->password_version = 1; /* of a new account */
    return NULL;
}

static void finish(struct control *control, uint64_t id)
{
    import_destroy(pending_find(control->pending, id)->account_import);
    pending_remove(control->pending, id);
}

static void refuse(struct control *control, uint64_t id, const char *reason, const char *why)
{
    respond_refuse(control, &pending_find(control->pending, id)->origin, reason, "storing accounts: %s", why);
    finish(control, id);
}

/* Hashes the next password; stores when there is none left. */
static void advance(struct control *control, uint64_t id)
{
    struct account_import *import = pending_find(control->pending, id)->account_import;
    while (import->next < import->count && !import->passwords[import->next][0])
        import->next++;
    int result;
    if (import->next < import->count) {
        const char *password = import->passwords[import->next];
        struct hasher_job job = {.request = id,
                                 .kind = HASHER_MAKE,
                                 .patient = import->count > 1,
                                 .password = password,
                                 .length = strlen(password)};
        result = hasher_submit(control->hasher, &job);
    } else {
        result = ledger_put_accounts(control->ledger, id, import->rows, import->count);
    }
    if (result)
        refuse(control, id, "busy", "too much is waiting; nothing was stored, try again");
}

void requests_account_put(struct control *control, const struct caller *caller, const struct request *request)
{
    size_t count = request->account_put.count;
    uint64_t id = requests_wait(control, caller, request);
    if (!id)
        return;
    struct account_import *import = pending_find(control->pending, id)->account_import = import_create(count);
    if (!import) {
        refuse(control, id, "busy", "no memory for so many; nothing was stored, try fewer at once");
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const struct request_account *account = &request->account_put.list[i];
        const char *wrong =
            fill(control, account, request->account_put.only_new, &import->rows[i], import->passwords[i]);
        if (!wrong)
            continue;
        char why[256];
        snprintf(why, sizeof why, "'%.100s' (number %zu of %zu): %s; nothing was stored", account->name,
                 i + 1, count, wrong);
        refuse(control, id, "bad-account", why);
        return;
    }
    advance(control, id);
}

/* One's own account, changed like any other. */
void requests_mail_wish(struct control *control, const struct caller *caller, const struct request *request)
{
    const struct account *account = accounts_get(control->accounts, caller->identity.account);
    if (!account || !account->email[0]) {
        respond_refuse(control, &caller->origin, "no-address",
                       "mail: your account has no address; ask a technician to add it");
        return;
    }
    uint64_t id = requests_wait(control, caller, request);
    if (!id)
        return;
    struct account_import *import = pending_find(control->pending, id)->account_import = import_create(1);
    if (!import) {
        refuse(control, id, "busy", "no memory; nothing was stored, try again");
        return;
    }
    import->rows[0] = (struct ledger_account){
        .id = account->id, .no_mail = request->mail_wish.none, .changes = LEDGER_ACCOUNT_NO_MAIL};
    advance(control, id);
}

void requests_account_hashed(struct control *control, uint64_t id, const struct hasher_done *done)
{
    struct account_import *import = pending_find(control->pending, id)->account_import;
    if (done->result != HASHER_OK) {
        refuse(control, id, "busy", "no memory to hash a password; nothing was stored, try again");
        return;
    }
    memcpy(import->rows[import->next].hash, done->hash, sizeof done->hash);
    crypto_wipe(import->passwords[import->next], sizeof import->passwords[import->next]);
    import->next++;
    advance(control, id);
}

void requests_account_stored(struct control *control, uint64_t id, const struct ledger_event *event)
{
    struct pending *pending = pending_find(control->pending, id);
    struct account_import *import = pending->account_import;
    if (event->result != LEDGER_OK) {
        refuse(control, id, event->result == LEDGER_CONFLICT ? "bad-account" : "not-stored", event->why);
        return;
    }
    for (size_t i = 0; i < import->count; i++) {
        accounts_stored(control->accounts, &event->accounts[i]);
        notes_event(control, event->accounts[i].disabled ? "account-disabled" : "account-put",
                    event->accounts[i].id, NULL, "",
                    pending->kind == REQUEST_MAIL_WISH ? "whether mail is wanted"
                                                       : "on the gateway's own socket");
    }
    respond_done(control, &pending->origin);
    finish(control, id);
}

void requests_accounts(struct control *control, const struct caller *caller, const struct request *request)
{
    (void)request;
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    size_t count = accounts_count(control->accounts);
    struct answer_account *list = calloc(count + 1, sizeof *list);
    if (!list) {
        respond_refuse(control, &caller->origin, "busy", "listing accounts: no memory; try again");
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const struct account *account = accounts_at(control->accounts, i);
        list[i] = (struct answer_account){.id = account->id,
                                          .name = account->name,
                                          .title = account->title,
                                          .role = account->role,
                                          .email = account->email,
                                          .no_mail = account->no_mail,
                                          .disabled = account->disabled};
    }
    translate_accounts(&buffer, &head, list, count);
    respond_send(control, &caller->origin, &buffer);
    free(list);
}
