#include "gateway/config/scalar.h"

#include "gateway/config/suggest.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool refuse(char *why, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool refuse(char *why, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, SCALAR_WHY, format, arguments);
    va_end(arguments);
    return false;
}

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

static const char *skip_digits(const char *text)
{
    while (is_digit(*text))
        text++;
    return text;
}

static const char *skip_blanks(const char *text)
{
    while (*text == ' ')
        text++;
    return text;
}

/* The end of -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)?, or text itself where none begins. */
static const char *number_end(const char *text)
{
    const char *digits = text + (*text == '-');
    const char *end = skip_digits(digits);
    if (end == digits)
        return text;
    if (*end == '.' && is_digit(end[1]))
        end = skip_digits(end + 1);
    if (*end == 'e' || *end == 'E') {
        const char *exponent = end + 1 + (end[1] == '+' || end[1] == '-');
        if (is_digit(*exponent))
            end = skip_digits(exponent);
    }
    return end;
}

/* "-12.5e3", nothing around it. Returns the end, or NULL with `why`. */
static const char *scalar_number(const char *text, double *number, char *why)
{
    const char *end = number_end(text);
    if (end == text) {
        refuse(why, "must be a number such as 12 or 0.5, not \"%.40s\"", text);
        return NULL;
    }
    const char *digits = text + (*text == '-');
    if (digits[0] == '0' && is_digit(digits[1])) {
        refuse(why, "\"%.40s\" begins with 0, which YAML takes for octal; write it without the 0", text);
        return NULL;
    }
    if (*end == '_' || *end == ',' || *end == ':' || (*end == '.' && end[1] != '.')) {
        refuse(why, "\"%.40s\" is not a plain decimal number; write it like 1500, 0.5 or 1.5e3%s", text,
               *end == ':' ? ", and a duration like 90 s" : "");
        return NULL;
    }
    *number = strtod(text, NULL);
    if (!isfinite(*number)) {
        refuse(why, "\"%.40s\" is too large", text);
        return NULL;
    }
    return end;
}

bool scalar_quantity(const char *text, double *number, const char **rest, char *why)
{
    const char *end = scalar_number(text, number, why);
    if (!end)
        return false;
    *rest = skip_blanks(end);
    return true;
}

/* --- scales: a number with one of a few words --- */

struct scale {
    const char *name;
    double factor;
};

static const struct scale time_scales[] = {
    {"ns",  1      },
    {"us",  1e3    },
    {"ms",  1e6    },
    {"s",   1e9    },
    {"min", 60e9   },
    {"h",   3600e9 },
    {"d",   86400e9},
    {NULL,  0      },
};
static const struct scale size_scales[] = {
    {"B",   1                   },
    {"kB",  1e3                 },
    {"MB",  1e6                 },
    {"GB",  1e9                 },
    {"TB",  1e12                },
    {"KiB", 1024                },
    {"MiB", 1024.0 * 1024       },
    {"GiB", 1024.0 * 1024 * 1024},
    {NULL,  0                   },
};

static bool read_scaled(const char *text, const struct scale *scales, const char *example, int64_t *value,
                        char *why)
{
    double number;
    const char *word;
    if (!scalar_quantity(text, &number, &word, why))
        return false;
    if (!*word)
        return refuse(why, "has no unit; write it like %s", example);
    for (; scales->name; scales++) {
        if (strcmp(word, scales->name) != 0)
            continue;
        if (number < 0 || number * scales->factor > 4e18)
            return refuse(why, "\"%.40s\" is out of all bounds", text);
        *value = (int64_t)llround(number * scales->factor);
        return true;
    }
    return refuse(why, "\"%.40s\" is no unit here; write it like %s", word, example);
}

bool scalar_duration(const char *text, int64_t *nanoseconds, char *why)
{
    return read_scaled(text, time_scales, "250 ms, 2 s, 10 min or 8 h", nanoseconds, why);
}

const char *duration_text(int64_t nanoseconds, char *text, size_t size)
{
    const struct scale *scale = time_scales;
    while (scale[1].name && (double)nanoseconds >= scale[1].factor &&
           fmod((double)nanoseconds, scale[1].factor) == 0)
        scale++;
    snprintf(text, size, "%.10g %s", (double)nanoseconds / scale->factor, nanoseconds ? scale->name : "s");
    return text;
}

/* --- one reader for each option type --- */

typedef bool reader(const struct option *row, struct scalar scalar, struct arena *arena, void *field,
                    char *why);

static bool within_bounds(const struct option *row, double number, const char *unit, char *why)
{
    if (number >= row->minimum && number <= row->maximum)
        return true;
    return refuse(why, "must be %.10g to %.10g%s%s", row->minimum, row->maximum, *unit ? " " : "", unit);
}

static bool read_boolean(const struct option *row, struct scalar scalar, struct arena *arena, void *field,
                         char *why)
{
    (void)row;
    (void)arena;
    bool yes = !strcmp(scalar.text, "true");
    if (scalar.quoted || (!yes && strcmp(scalar.text, "false") != 0))
        return refuse(why, "must be true or false%s", scalar.quoted ? ", without quotes" : "");
    *(bool *)field = yes;
    return true;
}

static bool read_integer(const struct option *row, struct scalar scalar, struct arena *arena, void *field,
                         char *why)
{
    (void)arena;
    const char *text = scalar.text;
    bool hexadecimal =
        !strncmp(text, "0x", 2) && text[2] && !text[2 + strspn(text + 2, "0123456789abcdefABCDEF")];
    char *end = NULL;
    int64_t number = 0;
    errno = 0;
    if (scalar.quoted)
        return refuse(why, "must be a whole number, without quotes");
    if (hexadecimal) {
        number = strtoll(text + 2, &end, 16);
    } else {
        double ignored;
        const char *stop = scalar_number(text, &ignored, why);
        if (!stop)
            return false;
        number = strtoll(text, &end, 10);
        if (end != stop)
            end = NULL;
    }
    if (errno == ERANGE)
        return refuse(why, "\"%.40s\" is too large", text);
    if (!end || *end)
        return refuse(why, "must be a whole number, not \"%.40s\"", text);
    if (!within_bounds(row, (double)number, "", why))
        return false;
    *(int64_t *)field = number;
    return true;
}

static bool read_number(const struct option *row, struct scalar scalar, struct arena *arena, void *field,
                        char *why)
{
    (void)arena;
    const char *unit = row->unit ? row->unit : "", *rest;
    double number;
    if (scalar.quoted && !*unit)
        return refuse(why, "must be a number, without quotes");
    if (!scalar_quantity(scalar.text, &number, &rest, why))
        return false;
    if (*unit && !*rest)
        return refuse(why, "has no unit; write %.40s %s", scalar.text, unit);
    if (strcmp(rest, unit) != 0)
        return refuse(why, "must be %s%s, not \"%.40s\"", *unit ? "in " : "a number alone", unit,
                      scalar.text);
    if (!within_bounds(row, number, unit, why))
        return false;
    *(double *)field = number;
    return true;
}

static bool read_duration(const struct option *row, struct scalar scalar, struct arena *arena, void *field,
                          char *why)
{
    (void)arena;
    int64_t value;
    if (!scalar_duration(scalar.text, &value, why))
        return false;
    if ((double)value < row->minimum * 1e9 || (double)value > row->maximum * 1e9) {
        char least[40], most[40];
        return refuse(why, "must be %s to %s",
                      duration_text((int64_t)(row->minimum * 1e9), least, sizeof(least)),
                      duration_text((int64_t)(row->maximum * 1e9), most, sizeof(most)));
    }
    *(int64_t *)field = value;
    return true;
}

static bool read_size(const struct option *row, struct scalar scalar, struct arena *arena, void *field,
                      char *why)
{
    (void)arena;
    int64_t value = 0;
    if (!read_scaled(scalar.text, size_scales, "256 KiB, 500 MB or 10 GB", &value, why))
        return false;
    if (!within_bounds(row, (double)value, "B", why))
        return false;
    *(int64_t *)field = value;
    return true;
}

/* What YAML 1.1 makes of a plain word: its type's name, or NULL for text. */
static const char *surprise(const char *text)
{
    static const char *const booleans[] = {"y", "yes", "n", "no", "true", "false", "on", "off"};
    static const char *const nothings[] = {"~", "null", ""};
    for (size_t i = 0; i < sizeof(booleans) / sizeof(booleans[0]); i++)
        if (!strcasecmp(text, booleans[i]))
            return "a truth value";
    for (size_t i = 0; i < sizeof(nothings) / sizeof(nothings[0]); i++)
        if (!strcasecmp(text, nothings[i]))
            return "nothing";
    const char *digits = text + (*text == '-' || *text == '+');
    bool number = is_digit(*digits) || (*digits == '.' && is_digit(digits[1]));
    bool hexadecimal = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'b');
    if (number && (hexadecimal || !digits[strspn(digits, "0123456789_.:eE+-")]))
        return "a number";
    if (!strcasecmp(digits, ".inf") || !strcasecmp(digits, ".nan"))
        return "a number";
    return NULL;
}

static bool read_text(const struct option *row, struct scalar scalar, struct arena *arena, void *field,
                      char *why)
{
    const char *other = scalar.quoted ? NULL : surprise(scalar.text);
    size_t length = strlen(scalar.text);
    if (other && !*scalar.text)
        return refuse(why, "has no value");
    if (other)
        return refuse(why, "YAML takes %.40s for %s; write \"%.40s\"", scalar.text, other, scalar.text);
    if (strpbrk(scalar.text, "\n\t\r"))
        return refuse(why, "must be text on one line");
    if ((double)length < row->minimum || (double)length > row->maximum)
        return refuse(why, "has %zu bytes; must have %.0f to %.0f", length, row->minimum, row->maximum);
    *(char **)field = arena_copy(arena, scalar.text, length);
    return true;
}

static bool read_choice(const struct option *row, struct scalar scalar, struct arena *arena, void *field,
                        char *why)
{
    (void)arena;
    struct suggestion near;
    suggest_begin(&near, scalar.text);
    char all[200] = "";
    for (int i = 0; row->choices[i]; i++) {
        if (!strcmp(row->choices[i], scalar.text)) {
            *(int *)field = i;
            return true;
        }
        suggest_offer(&near, row->choices[i]);
        size_t used = strlen(all);
        snprintf(all + used, sizeof(all) - used, "%s%s",
                 !i                    ? ""
                 : row->choices[i + 1] ? ", "
                                       : " or ",
                 row->choices[i]);
    }
    char hint[80];
    return refuse(why, "must be %s, not \"%.30s\"%s", all, scalar.text,
                  suggest_text(&near, hint, sizeof(hint)));
}

bool scalar_read(const struct option *row, struct scalar scalar, struct arena *arena, void *field, char *why)
{
    static reader *const readers[] = {
        [OPTION_BOOLEAN] = read_boolean,   [OPTION_INTEGER] = read_integer, [OPTION_NUMBER] = read_number,
        [OPTION_DURATION] = read_duration, [OPTION_TEXT] = read_text,       [OPTION_CHOICE] = read_choice,
        [OPTION_SIZE] = read_size,
    };
    return readers[row->type](row, scalar, arena, field, why);
}
