/* audit_verify.c - reading the audit back, and whether it is still what was written. */
#include "gateway/records/audit_format.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    if (head != NULL && head[0] != '\0' && !parse_head(verifier, head))
        verifier->fault = AUDIT_BAD_HEAD;
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
    return true;
}

enum audit_fault audit_verify_end(struct audit_verifier *verifier, char *text, size_t size)
{
    static const struct {
        const char *before, *after;
    } texts[] = {
        [AUDIT_INTACT] = {"intact: ",                                                                      " records"                                  },
        [AUDIT_REMOVED] = {"record ",                                                                       " is missing"                               },
        [AUDIT_REORDERED] = {"records are out of order where record ",                                        " belongs"                                  },
        [AUDIT_ALTERED] = {"record ",
                          " was altered, or one before it was removed, or it was written with other keys"                                              },
        [AUDIT_TRUNCATED] = {"the end was cut off: the signed head is of a later record than ",
                          ", the last there is"                                                                                                        },
        [AUDIT_FORKED] = {"record ",                                                                       " is not the one that the signed head is of"},
        [AUDIT_BAD_HEAD] = {"the head is malformed, or was not signed by this gateway; records looked at: ",
                          ""                                                                                                                           },
    };
    if (verifier->fault == AUDIT_INTACT && verifier->head_number > verifier->number)
        verifier->fault = AUDIT_TRUNCATED;
    bool whole = verifier->fault == AUDIT_INTACT || verifier->fault == AUDIT_TRUNCATED;
    snprintf(text, size, "%s%" PRIu64 "%s", texts[verifier->fault].before,
             whole ? verifier->number : verifier->fault_at, texts[verifier->fault].after);
    return verifier->fault;
}
