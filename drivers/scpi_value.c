#include "drivers/scpi.h"

#include "drivers/fault.h"
#include "drivers/text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SCPI_NO_NUMBER 9.9e37 /* SCPI-99 volume 1, 7.2.1.4 and 7.2.1.5: infinity; 9.91E37 is not a number */

/* --- short and long forms --- */

static bool is_vowel(char letter)
{
    return letter && strchr("AEIOU", toupper((unsigned char)letter));
}

/* Writes the short form, which is the whole where there is none. */
static void shorten(const char *choice, char *form, size_t capacity)
{
    size_t length = strlen(choice), written = 0, capitals = 0, lower = 0;
    for (size_t i = 0; i < length; i++) {
        capitals += isupper((unsigned char)choice[i]) != 0;
        lower += islower((unsigned char)choice[i]) != 0;
    }
    if (capitals > 1 && lower > 0) {
        for (size_t i = 0; i < length && written + 1 < capacity; i++)
            if (!islower((unsigned char)choice[i]))
                form[written++] = choice[i];
        form[written] = '\0';
        return;
    }
    bool has_short = isalpha((unsigned char)*choice) && length > 4;
    size_t kept = !has_short ? length : is_vowel(choice[3]) ? 3 : 4;
    snprintf(form, capacity, "%.*s", (int)kept, choice);
}

bool scpi_matches(const char *choice, const char *answer)
{
    char form[DRIVER_TEXT_MAX];
    shorten(choice, form, sizeof form);
    return !strcasecmp(choice, answer) || !strcasecmp(form, answer);
}

/* --- answers --- */

static bool says_no_value(const char *answer)
{
    return !strcasecmp(answer, "NAN") || !strcasecmp(answer, "INF") || !strcasecmp(answer, "NINF") ||
           (*answer == '*' && strspn(answer, "*") == strlen(answer));
}

static bool parse_number(const char *answer, double *number)
{
    if (!*answer || strspn(answer, "+-0123456789.eE") != strlen(answer))
        return false;
    char *end;
    *number = strtod(answer, &end);
    return end != answer && !*end;
}

/* Whether the answer is one of the words, which are separated by commas. */
static bool is_one_of(const char *words, const char *answer)
{
    while (*words) {
        char word[DRIVER_TEXT_MAX];
        size_t length = strcspn(words, ",");
        snprintf(word, sizeof word, "%.*s", (int)length, words);
        if (scpi_matches(word, answer))
            return true;
        words += length + (words[length] == ',');
    }
    return false;
}

static bool has_words(const struct driver_point *point)
{
    const struct scpi_point_options *options = point->options;
    return options && options->on && *options->on && options->off;
}

static bool parse_boolean(const struct driver_point *point, const char *answer, double *number)
{
    if (has_words(point)) {
        const struct scpi_point_options *options = point->options;
        *number = is_one_of(options->on, answer);
        return *number == 1 || is_one_of(options->off, answer);
    }
    *number = !strcasecmp(answer, "ON") || !strcmp(answer, "1");
    return *number == 1 || !strcasecmp(answer, "OFF") || !strcmp(answer, "0");
}

static bool is_word(const char *answer)
{
    size_t length = strlen(answer);
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)answer[i]) && !strchr("_+-.", answer[i]))
            return false;
    return length > 0;
}

static const struct driver_choice *find_choice(const struct driver_choice *choices, const char *answer)
{
    for (const struct driver_choice *choice = choices; choice && choice->name; choice++)
        if (!strcasecmp(choice->name, answer)) /* one choice's whole name may be another's short form */
            return choice;
    for (const struct driver_choice *choice = choices; choice && choice->name; choice++)
        if (scpi_matches(choice->name, answer))
            return choice;
    return NULL;
}

static bool parse_choice(const struct driver_choice *choices, const char *answer,
                         struct driver_sample *sample)
{
    const struct driver_choice *choice = find_choice(choices, answer);
    sample->good = choice != NULL;
    sample->value.number = choice ? choice->number : 0;
    return choice || is_word(answer);
}

/* Quotes around a string (488.2 8.7.8) are not part of it. */
static bool parse_text(const char *answer, struct driver_sample *sample)
{
    size_t length = strlen(answer);
    if (length >= 2 && (*answer == '"' || *answer == '\'') && answer[length - 1] == *answer) {
        answer++;
        length -= 2;
    }
    sample->good = length < DRIVER_TEXT_MAX && text_is_printable(answer, length);
    if (sample->good)
        memcpy(sample->value.text, answer, length);
    return true;
}

static bool parse_numeric(const struct driver_point *point, const char *answer, struct driver_sample *sample)
{
    double number = 0;
    if (!says_no_value(answer) && !parse_number(answer, &number))
        return false;
    sample->good = !says_no_value(answer) && fabs(number) < SCPI_NO_NUMBER &&
                   (point->type != DRIVER_INTEGER || number == trunc(number));
    sample->value.number = sample->good ? number : 0;
    return true;
}

int scpi_parse(const struct driver_point *point, const char *answer, struct driver_sample *sample,
               struct driver_fault *fault)
{
    struct driver_sample parsed = {0};
    bool possible = false;
    switch (point->type) {
    case DRIVER_BOOLEAN:
        possible = parsed.good = parse_boolean(point, answer, &parsed.value.number);
        break;
    case DRIVER_CHOICE:
        possible = parse_choice(point->choices, answer, &parsed);
        break;
    case DRIVER_TEXT:
        possible = parse_text(answer, &parsed);
        break;
    case DRIVER_INTEGER:
    case DRIVER_NUMBER:
        possible = parse_numeric(point, answer, &parsed);
        break;
    }
    if (!possible)
        return driver_fail(fault, DRIVER_GARBLED, 0,
                           "reading %.40s: this is no answer to its question: %.60s", point->name, answer);
    *sample = parsed;
    return 0;
}

bool scpi_parse_error(const char *answer, int *code, const char **text)
{
    char *end;
    long number = strtol(answer, &end, 10);
    if (end == answer || (*end && *end != ',') || number < INT16_MIN || number > INT16_MAX)
        return false;
    *code = (int)number;
    *text = *end ? end + 1 : "";
    return true;
}

/* --- messages --- */

/* Program data must not end its message or begin another one. */
static bool is_safe_text(const char *text)
{
    return text_is_printable(text, strlen(text)) && !strpbrk(text, "\";'");
}

static bool format_value(const struct driver_point *point, const struct driver_value *value, char *text,
                         size_t capacity)
{
    if (point->type == DRIVER_TEXT)
        return is_safe_text(value->text) &&
               (size_t)snprintf(text, capacity, "\"%s\"", value->text) < capacity;
    if (!isfinite(value->number))
        return false;
    const struct scpi_point_options *options = point->options;
    if (point->type == DRIVER_BOOLEAN && has_words(point)) {
        const char *words = value->number != 0 ? options->on : options->off;
        snprintf(text, capacity, "%.*s", (int)strcspn(words, ","), words);
    } else if (point->type == DRIVER_BOOLEAN)
        snprintf(text, capacity, "%s", value->number != 0 ? "ON" : "OFF");
    else if (point->type == DRIVER_INTEGER)
        snprintf(text, capacity, "%.0f", value->number);
    else if (point->type == DRIVER_NUMBER)
        snprintf(text, capacity, "%.10g", value->number);
    else
        for (const struct driver_choice *choice = point->choices; choice && choice->name; choice++)
            if (choice->number == value->number)
                return (size_t)snprintf(text, capacity, "%s", choice->name) < capacity;
    return point->type != DRIVER_CHOICE &&
           (point->type != DRIVER_INTEGER || value->number == trunc(value->number));
}

int scpi_format(const struct driver_point *point, const struct driver_value *value, char *message,
                size_t capacity, struct driver_fault *fault)
{
    const struct scpi_point_options *options = point->options;
    const char *place = strstr(options->set, "{}");
    char text[DRIVER_TEXT_MAX + 3];
    if (!place || !format_value(point, value, text, sizeof text))
        return driver_fail(fault, DRIVER_INVALID, 0, "writing %.40s: %g cannot be said to it", point->name,
                           value->number);
    int length =
        snprintf(message, capacity, "%.*s%s%s", (int)(place - options->set), options->set, text, place + 2);
    if (length < 0 || (size_t)length >= capacity)
        return driver_fail(fault, DRIVER_INVALID, 0, "writing %.40s: the message is too long", point->name);
    return 0;
}
