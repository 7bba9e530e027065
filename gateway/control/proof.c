#include "gateway/control/proof.h"

#include "gateway/control/notes.h"
#include "gateway/control/requests.h"
#include "gateway/control/respond.h"
#include "gateway/control/rigs.h"

#include <stdio.h>
#include <string.h>

/* In the ledger under "proof-test NAME", which no rig is called:
 *
 *   1 byte   version, 1
 *   1 byte   1: every rule passed
 *   8 bytes  when, ms since 1970, little-endian
 *   32 bytes fingerprint of the configuration that was tested, in hexadecimal
 *   the rest name of who tested */
enum { VERSION = 1, HEAD = 2 + 8 + FINGERPRINT_TEXT - 1 };

#define TELL_EVERY (24 * 3600 * INT64_C(1000000000))
#define DAY        (24 * 3600 * INT64_C(1000))

static void key_of(const struct control_rig *rig, char key[LEDGER_NAME_MAX])
{
    snprintf(key, LEDGER_NAME_MAX, "proof-test %s", rig->config->spec.name);
}

static size_t encode(const struct control_proof *proof, uint8_t *bytes, size_t size)
{
    size_t name = strlen(proof->by);
    if (HEAD + name > size)
        name = size - HEAD;
    bytes[0] = VERSION;
    bytes[1] = proof->passed;
    for (int k = 0; k < 8; k++)
        bytes[2 + k] = (uint8_t)((uint64_t)proof->tested >> (8 * k));
    memcpy(bytes + 10, proof->fingerprint, FINGERPRINT_TEXT - 1);
    memcpy(bytes + HEAD, proof->by, name);
    return HEAD + name;
}

static bool decode(const uint8_t *bytes, size_t length, struct control_proof *proof)
{
    if (length < HEAD || bytes[0] != VERSION || length - HEAD >= sizeof proof->by)
        return false;
    uint64_t tested = 0;
    for (int k = 0; k < 8; k++)
        tested |= (uint64_t)bytes[2 + k] << (8 * k);
    *proof = (struct control_proof){.passed = bytes[1] == 1, .tested = (int64_t)tested};
    memcpy(proof->fingerprint, bytes + 10, FINGERPRINT_TEXT - 1);
    memcpy(proof->by, bytes + HEAD, length - HEAD);
    return true;
}

void proof_read(struct control *control, struct control_rig *rig)
{
    uint8_t stored[LEDGER_RIG_STATE_MAX];
    char key[LEDGER_NAME_MAX];
    key_of(rig, key);
    size_t length = ledger_get_rig(control->ledger, key, stored, sizeof stored);
    if (length)
        decode(stored, length, &rig->proof); /* what cannot be read was never tested */
    fingerprint_make(control->lab, rig->config, rig->fingerprint);
}

const char *proof_overdue(const struct control *control, const struct control_rig *rig,
                          char why[PROOF_WHY_MAX])
{
    const struct control_proof *proof = &rig->proof;
    int64_t every = rig->config->proof_every / 1000000;
    why[0] = '\0';
    if (!every)
        return why;
    if (!proof->tested)
        snprintf(why, PROOF_WHY_MAX, "its interlocks were never proof-tested");
    else if (strcmp(proof->fingerprint, rig->fingerprint) != 0)
        snprintf(why, PROOF_WHY_MAX, "its interlocks have changed since they were proof-tested");
    else if (!proof->passed)
        snprintf(why, PROOF_WHY_MAX, "its latest proof test failed");
    else if (control->wall >= proof->tested + every)
        snprintf(why, PROOF_WHY_MAX, "its proof test is %lld days overdue",
                 (long long)((control->wall - proof->tested - every) / DAY));
    return why;
}

void proof_tend(struct control *control)
{
    for (size_t i = 0; i < control->rig_count; i++) {
        struct control_rig *rig = &control->rigs[i];
        char why[PROOF_WHY_MAX];
        if (!proof_overdue(control, rig, why)[0]) {
            rig->proof_told = 0;
        } else if (!rig->proof_told || control->now - rig->proof_told >= TELL_EVERY) {
            rig->proof_told = control->now;
            journal_write(control->journal, JOURNAL_ALERT, "rig %s: %s: labctl prooftest %s",
                          rig->config->spec.name, why, rig->config->spec.name);
        }
    }
}

/* --- a technician has tested --------------------------------------------------------------------- */

static bool is_rule(const struct rig_spec *spec, const char *name)
{
    for (size_t i = 0; i < spec->trip_count; i++)
        if (!strcmp(spec->trips[i].name, name))
            return true;
    for (size_t i = 0; i < spec->permissive_count; i++)
        if (!strcmp(spec->permissives[i].name, name))
            return true;
    for (size_t i = 0; i < spec->exclusive_count; i++)
        if (!strcmp(spec->exclusives[i].name, name))
            return true;
    return false;
}

static const struct request_result *result_of(const struct request *request, const char *rule)
{
    for (size_t i = 0; i < request->proof.count; i++)
        if (!strcmp(request->proof.results[i].rule, rule))
            return &request->proof.results[i];
    return NULL;
}

/* Every trip, permissive and exclusive was tried and passed. */
static bool all_passed(const struct rig_spec *spec, const struct request *request)
{
    size_t rules = spec->trip_count + spec->permissive_count + spec->exclusive_count;
    for (size_t i = 0; i < rules; i++) {
        const char *name = i < spec->trip_count ? spec->trips[i].name
                           : i < spec->trip_count + spec->permissive_count
                               ? spec->permissives[i - spec->trip_count].name
                               : spec->exclusives[i - spec->trip_count - spec->permissive_count].name;
        const struct request_result *result = result_of(request, name);
        if (!result || !result->passed)
            return false;
    }
    return true;
}

/* False: refused. */
static bool is_sound(struct control *control, const struct caller *caller, const struct request *request)
{
    const struct control_rig *rig = caller->rig;
    const char *name = rig->config->spec.name;
    if (!request->proof.by[0]) {
        respond_refuse(control, &caller->origin, "no-reason", "recording a proof test of %s: say who tested",
                       name);
        return false;
    }
    if (strcmp(request->proof.fingerprint, rig->fingerprint) != 0) {
        respond_refuse(control, &caller->origin, "other-configuration",
                       "recording a proof test of %s: its configuration has changed meanwhile; test again",
                       name);
        return false;
    }
    for (size_t i = 0; i < request->proof.count; i++)
        if (!is_rule(&rig->config->spec, request->proof.results[i].rule)) {
            respond_refuse(control, &caller->origin, "unknown-rule",
                           "recording a proof test of %s: it has no interlock called '%s'", name,
                           request->proof.results[i].rule);
            return false;
        }
    return true;
}

static void note(struct control *control, const struct caller *caller, const struct request *request)
{
    const struct control_rig *rig = caller->rig;
    char text[400];
    for (size_t i = 0; i < request->proof.count; i++) {
        const struct request_result *result = &request->proof.results[i];
        snprintf(text, sizeof text, "%s by %.60s%s%.200s", result->passed ? "passed" : "failed",
                 request->proof.by, result->note[0] ? ": " : "", result->note);
        struct audit_record record = {
            .wall = control->wall,
            .monotonic = control->now,
            .session = rig_session(rig->core),
            .account = caller->identity.account,
            .rig = rig->config->spec.name,
            .kind = "proof-test",
            .rule = result->rule,
            .refusal = "",
            .text = text,
        };
        audit_append(control->audit, &record);
    }
    snprintf(text, sizeof text, "%s by %.60s, configuration %s", rig->proof.passed ? "passed" : "failed",
             request->proof.by, rig->fingerprint);
    notes_event(control, "proof-test", caller->identity.account, rig, "", text);
}

/* Answered when it is durable. */
void requests_proof_test(struct control *control, const struct caller *caller, const struct request *request)
{
    struct control_rig *rig = caller->rig;
    if (!is_sound(control, caller, request))
        return;
    uint64_t id = requests_wait(control, caller, request);
    if (!id)
        return;
    rig->proof =
        (struct control_proof){.passed = all_passed(&rig->config->spec, request), .tested = control->wall};
    snprintf(rig->proof.by, sizeof rig->proof.by, "%s", request->proof.by);
    snprintf(rig->proof.fingerprint, sizeof rig->proof.fingerprint, "%s", rig->fingerprint);
    note(control, caller, request);
    rig->published_status = UINT64_MAX;
    uint8_t bytes[LEDGER_RIG_STATE_MAX];
    char key[LEDGER_NAME_MAX];
    key_of(rig, key);
    if (ledger_put_rig(control->ledger, id, key, bytes, encode(&rig->proof, bytes, sizeof bytes)) !=
        LEDGER_OK) {
        pending_remove(control->pending, id);
        respond_refuse(control, &caller->origin, "busy",
                       "recording a proof test of %s: too much waits for the ledger", rig->config->spec.name);
    }
}

void requests_proof_stored(struct control *control, uint64_t id, const struct ledger_event *event)
{
    struct pending pending = *pending_find(control->pending, id);
    pending_remove(control->pending, id);
    if (event->result == LEDGER_OK)
        respond_done(control, &pending.origin);
    else
        respond_refuse(control, &pending.origin, "not-stored", "recording a proof test: %s", event->why);
}
