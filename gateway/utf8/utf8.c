#include "gateway/utf8/utf8.h"

size_t utf8_length(const unsigned char *at)
{
    static const struct {
        unsigned char first, last, second_least, second_most;
        size_t length;
    } forms[] = {
        {0x00, 0x7f, 0x00, 0xff, 1},
        {0xc2, 0xdf, 0x80, 0xbf, 2},
        {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3},
        {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4},
        {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (at[0] < forms[i].first || at[0] > forms[i].last)
            continue;
        size_t length = forms[i].length, good = 1;
        while (good < length && at[good] >= (good == 1 ? forms[i].second_least : 0x80) &&
               at[good] <= (good == 1 ? forms[i].second_most : 0xbf))
            good++;
        return good == length ? length : 0;
    }
    return 0;
}
