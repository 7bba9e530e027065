/* Requests off the wire: accounts, logins, and what is asked of the gateway itself. */
#include "gateway/control/translate_requests.h"

static int role_of(Labgate__Role role)
{
    switch (role) {
    case LABGATE__ROLE__STUDENT:
        return RIG_STUDENT;
    case LABGATE__ROLE__TEACHER:
        return RIG_TEACHER;
    case LABGATE__ROLE__TECHNICIAN:
        return RIG_TECHNICIAN;
    case LABGATE__ROLE__SCHEDULER:
        return RIG_SCHEDULER;
    default:
        return -1;
    }
}

static struct request_account take_account(const Labgate__Account *account, const char *password)
{
    return (struct request_account){
        .name = account->name,
        .title = account->title,
        .email = account->email,
        .password = password,
        .role = role_of(account->role),
        .disabled = account->disabled,
    };
}

static bool take_accounts(struct arena *arena, const Labgate__AccountPut *put, struct request *request)
{
    size_t count = put->n_import ? put->n_import : put->account ? 1 : 0;
    struct request_account *list = translate_take(arena, count * sizeof *list);
    if (!list || !count)
        return false;
    if (!put->n_import)
        list[0] = take_account(put->account, put->password);
    for (size_t i = 0; i < put->n_import; i++)
        list[i] = take_account(put->import[i], i < put->n_passwords ? put->passwords[i] : "");
    request->account_put.list = list;
    request->account_put.count = count;
    request->account_put.only_new = put->only_new;
    return true;
}

static bool take_proof(struct arena *arena, const Labgate__ProofTest *message, struct request *request)
{
    struct request_result *list = translate_take(arena, (message->n_results + 1) * sizeof *list);
    if (!list)
        return false;
    for (size_t i = 0; i < message->n_results; i++)
        list[i] = (struct request_result){message->results[i]->kind, message->results[i]->rule,
                                          message->results[i]->note, message->results[i]->passed};
    request->rig = message->rig;
    request->proof.by = message->by;
    request->proof.fingerprint = message->fingerprint;
    request->proof.results = list;
    request->proof.count = message->n_results;
    request->proof.anew = message->anew;
    return true;
}

bool translate_take_identity(struct arena *arena, const Labgate__Request *message, struct request *request)
{
    switch (message->body_case) {
    case LABGATE__REQUEST__BODY_PROOF_TEST:
        request->kind = REQUEST_PROOF_TEST;
        return take_proof(arena, message->proof_test, request);
    case LABGATE__REQUEST__BODY_LOGIN:
        request->kind = REQUEST_LOGIN;
        request->login.name = message->login->name;
        request->login.password = message->login->password;
        request->login.join_code = message->login->join_code;
        return true;
    case LABGATE__REQUEST__BODY_LOGOUT:
        request->kind = REQUEST_LOGOUT;
        return true;
    case LABGATE__REQUEST__BODY_CHANGE_PASSWORD:
        request->kind = REQUEST_CHANGE_PASSWORD;
        request->change_password.old_password = message->change_password->old_password;
        request->change_password.new_password = message->change_password->new_password;
        return true;
    case LABGATE__REQUEST__BODY_ACCOUNT_PUT:
        request->kind = REQUEST_ACCOUNT_PUT;
        return take_accounts(arena, message->account_put, request);
    case LABGATE__REQUEST__BODY_ACCOUNTS:
        request->kind = REQUEST_ACCOUNTS;
        return true;
    case LABGATE__REQUEST__BODY_AUDIT_VERIFY:
        request->kind = REQUEST_AUDIT_VERIFY;
        request->audit_verify.head = message->audit_verify->head;
        return true;
    case LABGATE__REQUEST__BODY_CLOCK:
        request->kind = REQUEST_CLOCK;
        request->clock.vouch = message->clock->vouch;
        return true;
    case LABGATE__REQUEST__BODY_BACKUP:
        request->kind = REQUEST_BACKUP;
        return true;
    case LABGATE__REQUEST__BODY_READ_BACKUP:
        request->kind = REQUEST_READ_BACKUP;
        request->read_backup.offset = message->read_backup->offset;
        request->read_backup.length = message->read_backup->length;
        return true;
    case LABGATE__REQUEST__BODY_RELOAD:
        request->kind = REQUEST_RELOAD;
        request->reload.dry_run = message->reload->dry_run;
        request->reload.directory = message->reload->directory;
        return true;
    case LABGATE__REQUEST__BODY_ALERTS:
        request->kind = REQUEST_ALERTS;
        request->alerts.after = message->alerts->after;
        request->alerts.wait = message->alerts->wait;
        return true;
    default:
        return false;
    }
}
