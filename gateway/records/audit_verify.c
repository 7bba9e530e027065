/* audit_verify.c - reading the audit back, and whether it is still what was written. */
#include "gateway/records/audit_format.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

bool audit_decode(const struct ledger_audit *link, struct audit_entry *entry)
{
    return audit_decode_bytes(link->bytes, link->length, entry) && entry->number == link->number;
}

/* "labgate-audit-head 1 NUMBER WALL MAC SIGNATURE": the signature is over all before its space. */
static bool parse_head(struct audit_verifier *verifier, const char *head)
{
    static const char heading[] = "labgate-audit-head 1 ";
    uint8_t signature[CRYPTO_SIGNATURE_SIZE];
    size_t length = strnlen(head, AUDIT_HEAD_MAX);
    while (length > 0 && (head[length - 1] == '\n' || head[length - 1] == ' '))
        length--;
    if (length >= AUDIT_HEAD_MAX || strncmp(head, heading, strlen(heading)) != 0)
        return false;
    char text[AUDIT_HEAD_MAX];
    memcpy(text, head, length);
    text[length] = '\0';
    char *last = strrchr(text, ' ');
    if (!crypto_decode(last + 1, strlen(last + 1), signature, sizeof signature) ||
        !crypto_check_signature(verifier->crypto, text, (size_t)(last - text), signature))
        return false;
    *last = '\0';
    char *mac = strrchr(text, ' ');
    verifier->head_number = strtoull(text + strlen(heading), NULL, 10);
    return crypto_decode_hex(mac + 1, strlen(mac + 1), verifier->head_mac, CRYPTO_MAC_SIZE);
}

void audit_verify_begin(struct audit_verifier *verifier, const struct crypto *crypto, const char *head)
{
    *verifier = (struct audit_verifier){.crypto = crypto, .fault = AUDIT_INTACT};
    verifier->head_bad = head != NULL && head[0] != '\0' && !parse_head(verifier, head);
    if (verifier->head_bad)
        verifier->head_number = 0;
}

static enum audit_fault check_link(struct audit_verifier *verifier, const struct ledger_audit *link,
                                   uint8_t mac[CRYPTO_MAC_SIZE])
{
    struct audit_entry entry;
    if (link->number != verifier->number + 1)
        return link->number > verifier->number + 1 ? AUDIT_REMOVED : AUDIT_REORDERED;
    crypto_chain(verifier->crypto, verifier->mac, link->bytes, link->length, mac);
    if (!crypto_equal(mac, link->mac, CRYPTO_MAC_SIZE) || !audit_decode(link, &entry))
        return AUDIT_ALTERED;
    /* What the ledger finds records by must agree with what they say. */
    const struct audit_record *record = &entry.record;
    if (record->wall != link->wall || record->session != link->session || strcmp(record->rig, link->rig) != 0)
        return AUDIT_ALTERED;
    if (link->number == verifier->head_number && !crypto_equal(mac, verifier->head_mac, CRYPTO_MAC_SIZE))
        return AUDIT_FORKED;
    return AUDIT_INTACT;
}

bool audit_verify_step(void *context, const struct ledger_audit *link)
{
    struct audit_verifier *verifier = context;
    uint8_t mac[CRYPTO_MAC_SIZE];
    if (verifier->fault != AUDIT_INTACT)
        return false;
    verifier->fault = check_link(verifier, link, mac);
    if (verifier->fault != AUDIT_INTACT) {
        verifier->fault_at = verifier->number + 1;
        return false;
    }
    memcpy(verifier->mac, mac, sizeof mac);
    verifier->number = link->number;
    verifier->wall = link->wall;
    return true;
}

/* Where to begin to look: ", record 399 before it is good and of 2026-03-01T08:00:00Z". */
static void say_last_good(const struct audit_verifier *verifier, char *text, size_t size)
{
    time_t seconds = (time_t)(verifier->wall / 1000);
    struct tm utc;
    char when[40];
    if (!verifier->number || !gmtime_r(&seconds, &utc) ||
        !strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &utc))
        snprintf(text, size, "; no record before it");
    else
        snprintf(text, size, "; the last good record before that is %" PRIu64 ", of %s", verifier->number,
                 when);
}

enum audit_fault audit_verify_end(struct audit_verifier *verifier, char *text, size_t size)
{
    static const struct {
        const char *before, *after;
    } texts[] = {
        [AUDIT_INTACT] = {"intact: ",                                                                        " records"                                  },
        [AUDIT_REMOVED] = {"record ",                                                                         " is missing"                               },
        [AUDIT_REORDERED] = {"records are out of order where record ",                                          " belongs"                                  },
        [AUDIT_ALTERED] = {"record ",
                          " was altered, or one before it was removed, or it was written with other keys"                                                },
        [AUDIT_TRUNCATED] = {"the end was cut off: the signed head is of record ",                              ", and that is not there"                   },
        [AUDIT_FORKED] = {"record ",                                                                         " is not the one that the signed head is of"},
        [AUDIT_BAD_HEAD] = {"the head is cut off, mistyped, or signed by another gateway: it shows nothing; ",
                          " records are intact, and whether later ones were cut off is not known"                                                        },
    };
    if (verifier->fault == AUDIT_INTACT && verifier->head_bad)
        verifier->fault = AUDIT_BAD_HEAD;
    if (verifier->fault == AUDIT_INTACT && verifier->head_number > verifier->number) {
        verifier->fault = AUDIT_TRUNCATED;
        verifier->fault_at = verifier->head_number;
    }
    bool whole = verifier->fault == AUDIT_INTACT || verifier->fault == AUDIT_BAD_HEAD;
    char last[100] = "";
    if (!whole)
        say_last_good(verifier, last, sizeof last);
    snprintf(text, size, "%s%" PRIu64 "%s%s", texts[verifier->fault].before,
             whole ? verifier->number : verifier->fault_at, texts[verifier->fault].after, last);
    return verifier->fault;
}
