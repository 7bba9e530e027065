#include "drivers/text.h"

#include <stdint.h>

/* Length of the sequence that begins here, 0 when there is none. */
static size_t sequence_length(const uint8_t *bytes, size_t left)
{
    static const struct {
        uint8_t mask, lead;
        uint32_t least;
    } forms[] = {
        {0x80, 0x00, 0      },
        {0xE0, 0xC0, 0x80   },
        {0xF0, 0xE0, 0x800  },
        {0xF8, 0xF0, 0x10000}
    };
    for (size_t more = 0; more < 4 && more < left; more++) {
        if ((bytes[0] & forms[more].mask) != forms[more].lead)
            continue;
        uint32_t code = bytes[0] & (uint8_t)~forms[more].mask;
        for (size_t i = 1; i <= more; i++) {
            if ((bytes[i] & 0xC0) != 0x80)
                return 0;
            code = code << 6 | (bytes[i] & 0x3F);
        }
        bool control = code < 0x20 || (code >= 0x7F && code < 0xA0);
        bool surrogate = code >= 0xD800 && code <= 0xDFFF;
        return code < forms[more].least || code > 0x10FFFF || control || surrogate ? 0 : more + 1;
    }
    return 0;
}

bool text_is_printable(const char *text, size_t length)
{
    const uint8_t *bytes = (const uint8_t *)text;
    while (length > 0) {
        size_t taken = sequence_length(bytes, length);
        if (!taken)
            return false;
        bytes += taken;
        length -= taken;
    }
    return true;
}
