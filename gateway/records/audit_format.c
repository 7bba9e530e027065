#include "gateway/records/audit_format.h"

#include <string.h>

#define VERSION    1
#define HAS_BEFORE 1u
#define HAS_AFTER  2u

/* The texts in their order. */
static const struct {
    size_t offset, most;
} texts[] = {
    {offsetof(struct audit_record, rig),     AUDIT_RIG_MAX    },
    {offsetof(struct audit_record, kind),    AUDIT_KIND_MAX   },
    {offsetof(struct audit_record, point),   AUDIT_POINT_MAX  },
    {offsetof(struct audit_record, refusal), AUDIT_REFUSAL_MAX},
    {offsetof(struct audit_record, rule),    AUDIT_RULE_MAX   },
    {offsetof(struct audit_record, text),    AUDIT_TEXT_MAX   },
};
#define TEXTS (sizeof texts / sizeof *texts)

static const char **text_of(struct audit_record *record, size_t which)
{
    return (const char **)(void *)((char *)record + texts[which].offset);
}

static uint8_t *put(uint8_t *at, uint64_t number, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        *at++ = (uint8_t)(number >> (8 * i));
    return at;
}

static uint64_t get(const uint8_t **at, size_t bytes)
{
    uint64_t number = 0;
    for (size_t i = 0; i < bytes; i++)
        number |= (uint64_t) * (*at)++ << (8 * i);
    return number;
}

/* Every NaN is written the same. */
static uint64_t number_bits(double number)
{
    uint64_t bits = UINT64_C(0x7ff8000000000000);
    if (number == number)
        memcpy(&bits, &number, sizeof bits);
    return bits;
}

/* Not in the middle of a character of UTF-8. */
static size_t cut(const char *text, size_t most)
{
    size_t length = strnlen(text, most + 1);
    if (length <= most)
        return length;
    for (length = most; length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80;)
        length--;
    return length;
}

size_t audit_encode(uint64_t number, const struct audit_record *record, uint8_t bytes[AUDIT_BYTES_MAX])
{
    struct audit_record copy = *record;
    uint8_t *at = bytes;
    *at++ = VERSION;
    *at++ = (uint8_t)((record->has_before ? HAS_BEFORE : 0) | (record->has_after ? HAS_AFTER : 0));
    at = put(at, number, 8);
    at = put(at, (uint64_t)record->wall, 8);
    at = put(at, (uint64_t)record->monotonic, 8);
    at = put(at, record->session, 8);
    at = put(at, record->account, 8);
    if (record->has_before)
        at = put(at, number_bits(record->before), 8);
    if (record->has_after)
        at = put(at, number_bits(record->after), 8);
    for (size_t i = 0; i < TEXTS; i++) {
        const char *text = *text_of(&copy, i) != NULL ? *text_of(&copy, i) : "";
        size_t length = cut(text, texts[i].most);
        at = put(at, length, 2);
        memcpy(at, text, length);
        at += length;
    }
    return (size_t)(at - bytes);
}

static bool get_number(const uint8_t **at, const uint8_t *end, double *number)
{
    if (end - *at < 8)
        return false;
    uint64_t bits = get(at, 8);
    memcpy(number, &bits, sizeof bits);
    return number_bits(*number) == bits;
}

static bool get_texts(const uint8_t *at, const uint8_t *end, struct audit_entry *entry)
{
    char *room = entry->text;
    for (size_t i = 0; i < TEXTS; i++) {
        if (end - at < 2)
            return false;
        size_t length = (size_t)get(&at, 2);
        if (length > texts[i].most || (size_t)(end - at) < length || memchr(at, '\0', length) != NULL)
            return false;
        memcpy(room, at, length);
        room[length] = '\0';
        *text_of(&entry->record, i) = room;
        room += length + 1;
        at += length;
    }
    return at == end;
}

bool audit_decode_bytes(const uint8_t *bytes, size_t length, struct audit_entry *entry)
{
    const uint8_t *at = bytes + 2, *end = bytes + length;
    if (length < AUDIT_FIXED_SIZE || length > AUDIT_BYTES_MAX || bytes[0] != VERSION ||
        (bytes[1] & ~(HAS_BEFORE | HAS_AFTER)) != 0)
        return false;
    struct audit_record *record = &entry->record;
    *record = (struct audit_record){.has_before = bytes[1] & HAS_BEFORE, .has_after = bytes[1] & HAS_AFTER};
    entry->number = get(&at, 8);
    record->wall = (int64_t)get(&at, 8);
    record->monotonic = (int64_t)get(&at, 8);
    record->session = get(&at, 8);
    record->account = get(&at, 8);
    if (record->has_before && !get_number(&at, end, &record->before))
        return false;
    if (record->has_after && !get_number(&at, end, &record->after))
        return false;
    return get_texts(at, end, entry);
}
