#include "gateway/cli/school.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

/* What is written in many ways, written in one: ASCII digits, '-' and ','. Blanks and what only decorates a
 * number go. */
static void simplify(const char *text, struct text *simple)
{
    static const struct {
        const char *from, *to;
    } rows[] = {
        {"－", "-"   },
        {"—", "-"   },
        {"–", "-"   },
        {"~",   "-"   },
        {"～", "-"   },
        {"至", "-"   },
        {"，", ","   },
        {"、", ","   },
        {";",   ","   },
        {"；", ","   },
        {"第", ""    },
        {"节", ""    },
        {"周", ""    },
        {"(",   ""    },
        {")",   ""    },
        {"（", ""    },
        {"）", ""    },
        {" ",   ""    },
        {"\t",  ""    },
        {"　", ""    },
        {"单", "odd" },
        {"双", "even"},
        {"０", "0"   },
        {"１", "1"   },
        {"２", "2"   },
        {"３", "3"   },
        {"４", "4"   },
        {"５", "5"   },
        {"６", "6"   },
        {"７", "7"   },
        {"８", "8"   },
        {"９", "9"   },
    };
    while (*text) {
        size_t length = 1, i = 0;
        while (i < sizeof rows / sizeof *rows && strncmp(text, rows[i].from, strlen(rows[i].from)) != 0)
            i++;
        if (i < sizeof rows / sizeof *rows) {
            length = strlen(rows[i].from);
            text_add(simple, rows[i].to);
        } else {
            text_add_bytes(simple, text, 1);
        }
        text += length;
    }
}

int school_weekday(const char *text)
{
    static const char *const english[] = {"monday", "tuesday",  "wednesday", "thursday",
                                          "friday", "saturday", "sunday"};
    static const char *const chinese[] = {"一", "二", "三", "四", "五", "六", "日"};
    while (*text == ' ')
        text++;
    size_t length = strcspn(text, " ");
    for (int day = 1; day <= 7; day++)
        if (length >= 2 && length <= strlen(english[day - 1]) && !strncasecmp(text, english[day - 1], length))
            return day;
    for (size_t i = 0; i < 3; i++) {
        static const char *const before[] = {"星期", "周", "礼拜"};
        if (!strncmp(text, before[i], strlen(before[i])))
            text += strlen(before[i]);
    }
    for (int day = 1; day <= 7; day++)
        if (!strcmp(text, chinese[day - 1]))
            return day;
    if (!strcmp(text, "天"))
        return 7;
    return text[0] >= '1' && text[0] <= '7' && !text[1] ? text[0] - '0' : 0;
}

/* Up to `most`; advances over it. */
static bool read_number(const char **text, unsigned most, unsigned *number)
{
    const char *start = *text;
    for (*number = 0; isdigit((unsigned char)**text) && *number <= most; ++*text)
        *number = *number * 10 + (unsigned)(**text - '0');
    return *text != start && *number >= 1 && *number <= most;
}

static bool read_range(const char **text, unsigned most, unsigned *first, unsigned *last)
{
    if (!read_number(text, most, first))
        return false;
    *last = *first;
    if (**text != '-')
        return true;
    ++*text;
    return read_number(text, most, last) && *last >= *first;
}

/* "3,4,5" is a range, too; "3,5" is none. */
bool school_periods(const char *text, unsigned *first, unsigned *last)
{
    struct text simple = {0};
    simplify(text, &simple);
    const char *at = text_get(&simple);
    bool good = read_range(&at, 99, first, last);
    while (good && *at == ',') {
        unsigned next, end;
        at++;
        good = read_range(&at, 99, &next, &end) && next == *last + 1;
        if (good)
            *last = end;
    }
    good = good && !*at;
    text_finish(&simple);
    return good;
}

static uint64_t of_parity(const char **text)
{
    static const struct {
        const char *word;
        uint64_t weeks;
    } rows[] = {
        {"odd",  UINT64_C(0x5555555555555555)},
        {"even", UINT64_C(0xaaaaaaaaaaaaaaaa)},
    };
    for (size_t i = 0; i < 2; i++)
        if (!strncasecmp(*text, rows[i].word, strlen(rows[i].word))) {
            *text += strlen(rows[i].word);
            return rows[i].weeks;
        }
    return UINT64_MAX;
}

static bool read_weeks(const char *text, uint64_t *weeks)
{
    for (*weeks = 0;; text++) {
        unsigned first, last;
        if (!read_range(&text, SCHOOL_WEEKS_MOST, &first, &last))
            return false;
        uint64_t range = (UINT64_MAX >> (64 - last)) & ~((UINT64_C(1) << (first - 1)) - 1);
        range &= of_parity(&text);
        if (!range || *weeks & range)
            return false;
        *weeks |= range;
        if (*text != ',')
            return !*text;
    }
}

static void write_weeks(uint64_t weeks, struct text *text)
{
    const char *comma = "";
    for (unsigned week = 1; week <= SCHOOL_WEEKS_MOST; week++) {
        unsigned last = week;
        if (!(weeks >> (week - 1) & 1))
            continue;
        while (last < SCHOOL_WEEKS_MOST && weeks >> last & 1)
            last++;
        if (last > week)
            text_add_format(text, "%s%u-%u", comma, week, last);
        else
            text_add_format(text, "%s%u", comma, week);
        week = last;
        comma = ",";
    }
}

bool school_weeks(const char *text, struct text *weeks)
{
    struct text simple = {0};
    uint64_t listed;
    simplify(text, &simple);
    bool word = !strcasecmp(text_get(&simple), "odd") || !strcasecmp(text_get(&simple), "even");
    bool good = word || read_weeks(text_get(&simple), &listed);
    if (word)
        text_add(weeks, tolower((unsigned char)text_get(&simple)[0]) == 'o' ? "odd" : "even");
    else if (good)
        write_weeks(listed, weeks);
    text_finish(&simple);
    return good;
}

static bool read_time(const char **text, unsigned *minutes)
{
    const char *at = *text;
    if (!isdigit((unsigned char)at[0]) || !isdigit((unsigned char)at[1]) || at[2] != ':' ||
        !isdigit((unsigned char)at[3]) || !isdigit((unsigned char)at[4]))
        return false;
    unsigned hour = (unsigned)(at[0] - '0') * 10 + (unsigned)(at[1] - '0');
    unsigned minute = (unsigned)(at[3] - '0') * 10 + (unsigned)(at[4] - '0');
    *minutes = hour * 60 + minute;
    *text = at + 5;
    return minute < 60 && *minutes <= 24 * 60;
}

bool school_times(const char *text, unsigned *from, unsigned *until)
{
    return read_time(&text, from) && *text++ == '-' && read_time(&text, until) && !*text;
}
