#include "gateway/records/audit_copy.h"

#include "gateway/ledger/inspect.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SECRETS "labgate-keys "
#define TRIED   64 /* records, until a key of which none fits is called another gateway's */

struct reading {
    struct audit_verifier verifier;
    uint8_t stored[CRYPTO_MAC_SIZE]; /* of the record before, as the copy has it */
    size_t tried, fitting;
};

/* After a fault the links are looked at one by one: with the right key all but those that were altered fit.
 */
static bool take(void *context, const struct ledger_audit *link)
{
    struct reading *reading = context;
    uint8_t mac[CRYPTO_MAC_SIZE];
    crypto_chain(reading->verifier.crypto, reading->stored, link->bytes, link->length, mac);
    reading->fitting += crypto_equal(mac, link->mac, CRYPTO_MAC_SIZE);
    reading->tried++;
    memcpy(reading->stored, link->mac, CRYPTO_MAC_SIZE);
    audit_verify_step(&reading->verifier, link);
    return reading->verifier.fault == AUDIT_INTACT || (reading->fitting == 0 && reading->tried < TRIED);
}

static bool read_key(const char *path, struct crypto **crypto, char *why, size_t why_size)
{
    char line[CRYPTO_CHECK_KEY_MAX + 2] = "", reason[200];
    FILE *file = fopen(path, "re");
    if (!file) {
        snprintf(why, why_size, "the key file %s: %s", path, strerror(errno));
        return false;
    }
    if (!fgets(line, sizeof line, file))
        line[0] = '\0';
    fclose(file);
    int result = crypto_open_check_key(line, crypto, reason, sizeof reason);
    if (!strncmp(line, SECRETS, strlen(SECRETS)))
        snprintf(
            why, why_size,
            "%s is a gateway's own key file, with which heads can be signed: leave it there, and let labgate "
            "audit-key write what checking needs",
            path);
    else if (result != CRYPTO_OK)
        snprintf(why, why_size, "the key file %s: %s", path, reason);
    crypto_wipe(line, sizeof line);
    return result == CRYPTO_OK;
}

static void judge(struct reading *reading, const char *copy, const char *key_file,
                  struct audit_copy_report *report)
{
    struct audit_verifier *verifier = &reading->verifier;
    char said[300];
    report->compared = verifier->head_number > 0;
    enum audit_fault fault = audit_verify_end(verifier, said, sizeof said);
    report->intact = fault == AUDIT_INTACT;
    report->records = verifier->number;
    if (reading->tried > 0 && reading->fitting == 0)
        snprintf(report->text, sizeof report->text,
                 "the key file %.80s is not of the gateway that wrote %.80s: none of the first %zu records "
                 "fits it",
                 key_file, copy, reading->tried);
    else if (fault == AUDIT_TRUNCATED)
        snprintf(report->text, sizeof report->text, "%s; or the copy was made before that head", said);
    else
        snprintf(report->text, sizeof report->text, "%s", said);
}

enum audit_copy_result audit_copy_verify(const char *copy, const char *key_file, const char *head,
                                         struct audit_copy_report *report, char *why, size_t why_size)
{
    struct reading reading = {.tried = 0};
    struct crypto *crypto = NULL;
    char reason[200];
    *report = (struct audit_copy_report){.intact = false};
    if (access(copy, R_OK) != 0) {
        snprintf(why, why_size, "the copy %s: %s", copy, strerror(errno));
        return AUDIT_COPY_WRONG_FILE;
    }
    if (!read_key(key_file, &crypto, why, why_size))
        return AUDIT_COPY_WRONG_FILE;
    audit_verify_begin(&reading.verifier, crypto, head);
    bool read = ledger_read_copy(copy, take, &reading, reason, sizeof reason) == LEDGER_OK;
    if (read)
        judge(&reading, copy, key_file, report);
    else
        snprintf(why, why_size, "the copy %s: %s", copy, reason);
    crypto_close(crypto);
    return read ? AUDIT_COPY_JUDGED : AUDIT_COPY_UNREADABLE;
}
