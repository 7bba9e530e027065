#include "gateway/control/proof.h"

#include "gateway/control/notes.h"
#include "gateway/control/request_value.h"
#include "gateway/control/requests.h"
#include "gateway/control/respond.h"
#include "gateway/control/rigs.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the ledger the whole test is under "proof-test NAME", which no rig is called, and the causes are under
 * "proof-cause ROW NAME", by their row in the matrix:
 *
 *   1 byte   version, 2
 *   1 byte   1: passed
 *   8 bytes  when, ms since 1970, little-endian
 *   8 bytes  when its round of tests began, likewise
 *   32 bytes fingerprint of the configuration that was tested, in hexadecimal
 *   1 byte   length of the name of who tested
 *   the name, and the rest what was seen of a cause */
enum { VERSION = 2, HEAD = 2 + 8 + 8 + FINGERPRINT_TEXT - 1 + 1 };

#define TELL_EVERY (24 * 3600 * INT64_C(1000000000))
#define DAY        (24 * 3600 * INT64_C(1000))

/* --- as bytes ------------------------------------------------------------------------------------ */

static void put_time(uint8_t *bytes, int64_t time)
{
    for (int k = 0; k < 8; k++)
        bytes[k] = (uint8_t)((uint64_t)time >> (8 * k));
}

static int64_t get_time(const uint8_t *bytes)
{
    uint64_t time = 0;
    for (int k = 0; k < 8; k++)
        time |= (uint64_t)bytes[k] << (8 * k);
    return (int64_t)time;
}

static size_t encode(const struct control_proof *proof, const char *note, uint8_t bytes[LEDGER_RIG_STATE_MAX])
{
    size_t name = strlen(proof->by), seen = strlen(note);
    static_assert(HEAD + sizeof proof->by + PROOF_NOTE_MAX <= LEDGER_RIG_STATE_MAX, "they fit");
    bytes[0] = VERSION;
    bytes[1] = proof->passed;
    put_time(bytes + 2, proof->tested);
    put_time(bytes + 10, proof->began);
    memcpy(bytes + 18, proof->fingerprint, FINGERPRINT_TEXT - 1);
    bytes[HEAD - 1] = (uint8_t)name;
    memcpy(bytes + HEAD, proof->by, name);
    memcpy(bytes + HEAD + name, note, seen);
    return HEAD + name + seen;
}

static bool decode(const uint8_t *bytes, size_t length, struct control_proof *proof,
                   char note[PROOF_NOTE_MAX])
{
    if (length < HEAD || bytes[0] != VERSION)
        return false;
    size_t name = bytes[HEAD - 1];
    if (name >= sizeof proof->by || length < HEAD + name || length - HEAD - name >= PROOF_NOTE_MAX)
        return false;
    *proof = (struct control_proof){
        .passed = bytes[1] == 1, .tested = get_time(bytes + 2), .began = get_time(bytes + 10)};
    memcpy(proof->fingerprint, bytes + 18, FINGERPRINT_TEXT - 1);
    memcpy(proof->by, bytes + HEAD, name);
    memcpy(note, bytes + HEAD + name, length - HEAD - name);
    note[length - HEAD - name] = '\0';
    return true;
}

static void name_whole(const struct control_rig *rig, char key[LEDGER_NAME_MAX])
{
    snprintf(key, LEDGER_NAME_MAX, "proof-test %s", rig->config->spec.name);
}

static void name_cause(const struct control_rig *rig, size_t row, char key[LEDGER_NAME_MAX])
{
    snprintf(key, LEDGER_NAME_MAX, "proof-cause %zu %s", row, rig->config->spec.name);
}

/* --- at the start -------------------------------------------------------------------------------- */

static void read_cause(struct control *control, struct control_rig *rig, size_t row)
{
    uint8_t stored[LEDGER_RIG_STATE_MAX];
    char key[LEDGER_NAME_MAX], note[PROOF_NOTE_MAX];
    struct control_proof proof;
    name_cause(rig, row, key);
    size_t length = ledger_get_rig(control->ledger, key, stored, sizeof stored);
    if (!decode(stored, length, &proof, note) || strcmp(proof.fingerprint, rig->fingerprint) != 0 ||
        proof.began != rig->proof.began)
        return;
    struct control_proof_item *item = &rig->proof_items[row];
    *item = (struct control_proof_item){.passed = proof.passed, .tested = proof.tested};
    snprintf(item->by, sizeof item->by, "%s", proof.by);
    snprintf(item->note, sizeof item->note, "%s", note);
}

bool proof_make(const struct config_lab *lab, struct control_rig *rig)
{
    if (!fingerprint_make(lab, rig->config, rig->fingerprint))
        return false;
    if (!rig->config->proof_every)
        return true;
    if (!matrix_init(&rig->matrix, lab, rig->config))
        return false;
    rig->proof_items = calloc(rig->matrix.row_count + 1, sizeof *rig->proof_items);
    return rig->proof_items != NULL;
}

bool proof_read(struct control *control, struct control_rig *rig)
{
    uint8_t stored[LEDGER_RIG_STATE_MAX];
    char key[LEDGER_NAME_MAX], note[PROOF_NOTE_MAX];
    if (!proof_make(control->lab, rig))
        return false;
    if (!rig->config->proof_every)
        return true;
    name_whole(rig, key);
    size_t length = ledger_get_rig(control->ledger, key, stored, sizeof stored);
    decode(stored, length, &rig->proof, note); /* what cannot be read was never tested */
    for (size_t row = 0; row < rig->matrix.row_count; row++)
        read_cause(control, rig, row);
    return true;
}

void proof_take(struct control_rig *rig, const struct control_rig *before)
{
    rig->proof = before->proof;
    rig->proof_told = before->proof_told;
    bool same = rig->proof_items && before->proof_items && !strcmp(rig->fingerprint, before->fingerprint) &&
                rig->matrix.row_count == before->matrix.row_count;
    if (same)
        memcpy(rig->proof_items, before->proof_items, rig->matrix.row_count * sizeof *rig->proof_items);
}

void proof_exchange(struct control_rig *rig, struct control_rig *other)
{
    struct matrix matrix = rig->matrix;
    struct control_proof_item *items = rig->proof_items;
    rig->matrix = other->matrix;
    rig->proof_items = other->proof_items;
    other->matrix = matrix;
    other->proof_items = items;
    snprintf(rig->fingerprint, sizeof rig->fingerprint, "%s", other->fingerprint);
}

void proof_finish(struct control_rig *rig)
{
    if (rig->matrix.rows)
        matrix_finish(&rig->matrix);
    free(rig->proof_items);
}

/* --- whether it is overdue ----------------------------------------------------------------------- */

static size_t count_causes(const struct control_rig *rig, bool tested_only)
{
    size_t count = 0;
    for (size_t row = 0; row < rig->matrix.row_count; row++)
        count += !rig->matrix.rows[row].shown_by_start && (!tested_only || rig->proof_items[row].tested);
    return count;
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
    else if (proof->tested > control->wall + DAY)
        snprintf(why, PROOF_WHY_MAX, "the date of its proof test is in the future");
    else if (control->wall >= proof->tested + every)
        snprintf(why, PROOF_WHY_MAX, "its proof test is %lld days overdue",
                 (long long)((control->wall - proof->tested - every) / DAY));
    size_t tested = why[0] ? count_causes(rig, true) : 0, all = count_causes(rig, false);
    if (tested && tested < all)
        snprintf(why + strlen(why), PROOF_WHY_MAX - strlen(why), "; of a new test %zu of %zu causes are done",
                 tested, all);
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

static bool is_interlock(const char *kind)
{
    return !strcmp(kind, "trip") || !strcmp(kind, "permissive") || !strcmp(kind, "exclusive");
}

/* SIZE_MAX: there is none. */
static size_t row_of(const struct control_rig *rig, const struct request_result *result)
{
    for (size_t row = 0; row < rig->matrix.row_count; row++) {
        const struct matrix_row *cause = &rig->matrix.rows[row];
        bool kind = result->kind[0] ? !strcmp(cause->kind, result->kind) : is_interlock(cause->kind);
        if (kind && !strcmp(cause->name, result->rule) && !cause->shown_by_start)
            return row;
    }
    return SIZE_MAX;
}

/* False: refused. */
static bool is_sound(struct control *control, const struct caller *caller, const struct request *request)
{
    const struct control_rig *rig = caller->rig;
    const char *name = rig->config->spec.name;
    if (!rig->proof_items) {
        respond_refuse(control, &caller->origin, "no-proof-test",
                       "proof-testing %s: it wants none; say proof_test: {every: 180 d} in its configuration",
                       name);
        return false;
    }
    if (request->kind == REQUEST_PROOF_PLAN)
        return true;
    if (!timetable_clock_plausible(control->timetable, control->wall)) { /* it would date what was seen */
        respond_refuse(control, &caller->origin, booking_result_name(BOOKING_CLOCK),
                       "recording a proof test of %s: %s", name, booking_result_text(BOOKING_CLOCK));
        return false;
    }
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
        if (row_of(rig, &request->proof.results[i]) == SIZE_MAX) {
            respond_refuse(control, &caller->origin, "unknown-rule",
                           "recording a proof test of %s: its matrix has no %s '%s'", name,
                           request->proof.results[i].kind[0] ? request->proof.results[i].kind : "interlock",
                           request->proof.results[i].rule);
            return false;
        }
    return true;
}

static void note(struct control *control, const struct caller *caller, const struct request_result *result,
                 const char *by)
{
    char text[400];
    snprintf(text, sizeof text, "%s%s%s by %.60s%s%.250s", is_interlock(result->kind) ? "" : result->kind,
             is_interlock(result->kind) || !result->kind[0] ? "" : " ", result->passed ? "passed" : "failed",
             by, result->note[0] ? ": " : "", result->note);
    struct audit_record record = {
        .wall = control->wall,
        .monotonic = control->now,
        .session = rig_session(caller->rig->core),
        .account = caller->identity.account,
        .rig = caller->rig->config->spec.name,
        .kind = "proof-test",
        .rule = result->rule,
        .refusal = "",
        .text = text,
    };
    audit_append(control->audit, &record);
}

/* Every cause of the matrix was tried in this round, and passed: when the first was; 0 otherwise. */
static int64_t all_passed(const struct control_rig *rig)
{
    int64_t oldest = INT64_MAX;
    for (size_t row = 0; row < rig->matrix.row_count; row++) {
        const struct control_proof_item *item = &rig->proof_items[row];
        if (rig->matrix.rows[row].shown_by_start)
            continue;
        if (!item->tested || !item->passed)
            return 0;
        if (item->tested < oldest)
            oldest = item->tested;
    }
    return oldest == INT64_MAX ? 0 : oldest;
}

/* True: the whole test has ended with this one. */
static bool conclude(struct control *control, const struct caller *caller, const struct request *request,
                     bool failed)
{
    struct control_rig *rig = caller->rig;
    int64_t oldest = failed ? control->wall : all_passed(rig);
    char text[200];
    if (!oldest)
        return false;
    rig->proof.passed = !failed;
    rig->proof.tested = oldest;
    request_copy_text(rig->proof.by, sizeof rig->proof.by, request->proof.by);
    snprintf(rig->proof.fingerprint, sizeof rig->proof.fingerprint, "%s", rig->fingerprint);
    snprintf(text, sizeof text, "%s by %.60s, configuration %s", failed ? "failed" : "passed",
             request->proof.by, rig->fingerprint);
    notes_event(control, "proof-test", caller->identity.account, rig, "", text);
    return true;
}

static bool store(struct control *control, uint64_t id, const char *key, const struct control_proof *proof,
                  const char *seen)
{
    uint8_t bytes[LEDGER_RIG_STATE_MAX];
    return ledger_put_rig(control->ledger, id, key, bytes, encode(proof, seen, bytes)) == LEDGER_OK;
}

static bool take_result(struct control *control, const struct caller *caller, const struct request *request,
                        const struct request_result *result)
{
    struct control_rig *rig = caller->rig;
    char key[LEDGER_NAME_MAX];
    size_t row = row_of(rig, result);
    struct control_proof_item *item = &rig->proof_items[row];
    struct control_proof proof = {
        .passed = result->passed, .tested = control->wall, .began = rig->proof.began};
    request_copy_text(proof.by, sizeof proof.by, request->proof.by);
    snprintf(proof.fingerprint, sizeof proof.fingerprint, "%s", rig->fingerprint);
    *item = (struct control_proof_item){.passed = proof.passed, .tested = proof.tested};
    request_copy_text(item->by, sizeof item->by, proof.by);
    request_copy_text(item->note, sizeof item->note, result->note);
    note(control, caller, result, request->proof.by);
    name_cause(rig, row, key);
    return store(control, 0, key, &proof, item->note);
}

/* Answered when it is durable: the whole test's state is put last, and the ledger keeps the order. */
void requests_proof_test(struct control *control, const struct caller *caller, const struct request *request)
{
    struct control_rig *rig = caller->rig;
    if (!is_sound(control, caller, request))
        return;
    uint64_t id = requests_wait(control, caller, request);
    if (!id)
        return;
    if (request->proof.anew) {
        rig->proof.began = control->wall;
        memset(rig->proof_items, 0, rig->matrix.row_count * sizeof *rig->proof_items);
    }
    bool stored = true, failed = false;
    for (size_t i = 0; i < request->proof.count; i++) {
        stored = take_result(control, caller, request, &request->proof.results[i]) && stored;
        failed = failed || !request->proof.results[i].passed;
    }
    conclude(control, caller, request, failed);
    rig->published_status = UINT64_MAX;
    char key[LEDGER_NAME_MAX];
    name_whole(rig, key);
    if (!store(control, id, key, &rig->proof, "") || !stored) {
        pending_remove(control->pending, id);
        respond_refuse(control, &caller->origin, "busy",
                       "recording a proof test of %s: too much waits for the ledger", rig->config->spec.name);
    }
}

void requests_proof_plan(struct control *control, const struct caller *caller, const struct request *request)
{
    const struct control_rig *rig = caller->rig;
    if (!is_sound(control, caller, request))
        return;
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    struct answer_proof_item *items = calloc(rig->matrix.row_count, sizeof *items);
    size_t count = 0;
    for (size_t row = 0; items && row < rig->matrix.row_count; row++) {
        const struct matrix_row *cause = &rig->matrix.rows[row];
        const struct control_proof_item *item = &rig->proof_items[row];
        if (!cause->shown_by_start)
            items[count++] = (struct answer_proof_item){.kind = cause->kind,
                                                        .name = cause->name,
                                                        .condition = cause->condition,
                                                        .tested = item->tested,
                                                        .passed = item->passed,
                                                        .by = item->by,
                                                        .note = item->note};
    }
    translate_proof_items(&buffer, &head, items, count);
    respond_send(control, &caller->origin, &buffer);
    free(items);
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
