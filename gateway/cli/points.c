#include "gateway/cli/points.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CANDIDATES_MAX 512

static const char *short_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? dot + 1 : name;
}

static void explain_unknown(const Labgate__RigDetail *rig, const char *name, char *why, size_t why_size)
{
    const char *names[CANDIDATES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < rig->n_points && count + 2 <= CANDIDATES_MAX; i++) {
        names[count++] = rig->points[i]->name;
        names[count++] = short_name(rig->points[i]->name);
    }
    const char *nearest = nearest_name(name, names, count);
    snprintf(why, why_size, "%s has no point %s%s%s%s", rig->rig->name, name,
             nearest ? "; did you mean " : "", nearest ? nearest : "; labctl show lists them",
             nearest ? "?" : "");
}

const Labgate__Point *point_find(const Labgate__RigDetail *rig, const char *name, char *why, size_t why_size)
{
    const Labgate__Point *found = NULL, *second = NULL;
    for (size_t i = 0; i < rig->n_points; i++) {
        const Labgate__Point *point = rig->points[i];
        if (strcmp(point->name, name) == 0)
            return point;
        if (strcmp(short_name(point->name), name) != 0)
            continue;
        if (found)
            second = point;
        else
            found = point;
    }
    if (second)
        snprintf(why, why_size, "%s is not one point: %s or %s?", name, found->name, second->name);
    else if (!found)
        explain_unknown(rig, name, why, why_size);
    return second ? NULL : found;
}

const Labgate__Value *point_value(const Labgate__Point *point, Labgate__Value *const *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (values[i]->index == point->index)
            return values[i];
    return NULL;
}

static const char *on_word(const Labgate__Point *point)
{
    return point->on[0] ? point->on : "on";
}

static const char *off_word(const Labgate__Point *point)
{
    return point->off[0] ? point->off : "off";
}

static bool parse_boolean(const Labgate__Point *point, const char *typed, Labgate__Scalar *scalar)
{
    const struct {
        const char *word;
        bool value;
    } words[] = {
        {on_word(point),  true },
        {off_word(point), false},
        {"on",            true },
        {"off",           false},
        {"true",          true },
        {"false",         false},
        {"1",             true },
        {"0",             false},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(words[i].word, typed) == 0) {
            scalar->kind_case = LABGATE__SCALAR__KIND_BOOLEAN;
            scalar->boolean = words[i].value;
            return true;
        }
    return false;
}

static bool parse_choice(const Labgate__Point *point, const char *typed, Labgate__Scalar *scalar)
{
    for (size_t i = 0; i < point->n_choices; i++)
        if (strcasecmp(point->choices[i]->name, typed) == 0) {
            scalar->kind_case = LABGATE__SCALAR__KIND_TEXT;
            scalar->text = point->choices[i]->name;
            return true;
        }
    return false;
}

static bool parse_number(const char *typed, Labgate__Scalar *scalar)
{
    char *end;
    double number = strtod(typed, &end);
    bool decimal = (size_t)(end - typed) <= strspn(typed, "+-.0123456789eE"); /* no hexadecimal, inf or nan */
    if (end == typed || !decimal || !isfinite(number))
        return false;
    while (isspace((unsigned char)*end))
        end++;
    if (*end) {
        scalar->kind_case = LABGATE__SCALAR__KIND_TEXT;
        scalar->text = (char *)typed;
    } else {
        scalar->kind_case = LABGATE__SCALAR__KIND_NUMBER;
        scalar->number = number;
    }
    return true;
}

bool point_parse(const Labgate__Point *point, const char *typed, Labgate__Scalar *scalar, char *why,
                 size_t why_size)
{
    bool parsed = false;
    if (point->type == LABGATE__TYPE__BOOLEAN)
        parsed = parse_boolean(point, typed, scalar);
    else if (point->type == LABGATE__TYPE__CHOICE)
        parsed = parse_choice(point, typed, scalar);
    else if (point->type == LABGATE__TYPE__INTEGER || point->type == LABGATE__TYPE__NUMBER)
        parsed = parse_number(typed, scalar);
    else {
        scalar->kind_case = LABGATE__SCALAR__KIND_TEXT;
        scalar->text = (char *)typed;
        parsed = true;
    }
    if (!parsed) {
        struct text range = {0};
        point_describe_range(point, &range);
        snprintf(why, why_size, "%s cannot be \"%s\"; it takes %s", point->name, typed, text_get(&range));
        text_finish(&range);
    }
    return parsed;
}

static void add_number(const Labgate__Point *point, double number, struct text *text)
{
    if (point->type == LABGATE__TYPE__INTEGER && fabs(number) < 1e15)
        text_add_format(text, "%.0f", number);
    else
        text_add_format(text, "%.6g", number);
}

void point_format(const Labgate__Point *point, double number, const char *words, bool with_unit,
                  struct text *text)
{
    if (words && words[0]) {
        text_add(text, words);
        return;
    }
    if (point->type == LABGATE__TYPE__BOOLEAN) {
        text_add(text, number >= 0.5 || number <= -0.5 ? on_word(point) : off_word(point));
        return;
    }
    for (size_t i = 0; point->type == LABGATE__TYPE__CHOICE && i < point->n_choices; i++)
        if (fabs(point->choices[i]->number - number) < 0.5) {
            text_add(text, point->choices[i]->name);
            return;
        }
    if (point->type == LABGATE__TYPE__TEXT)
        return;
    add_number(point, number, text);
    if (with_unit && point->unit[0])
        text_add_format(text, " %s", point->unit);
}

void point_format_value(const Labgate__Point *point, const Labgate__Value *value, bool with_unit,
                        struct text *text)
{
    if (!value || value->time == 0)
        text_add(text, "-");
    else
        point_format(point, value->number, value->text, with_unit, text);
}

const char *quality_name(Labgate__Quality quality)
{
    static const char *const names[] = {"?", "good", "stale", "bad"};
    return (unsigned)quality < sizeof names / sizeof *names ? names[quality] : "?";
}

enum style quality_style(Labgate__Quality quality)
{
    static const enum style styles[] = {STYLE_FAINT, STYLE_GOOD, STYLE_WARNING, STYLE_BAD};
    return (unsigned)quality < sizeof styles / sizeof *styles ? styles[quality] : STYLE_FAINT;
}

const char *type_name(Labgate__Type type)
{
    static const char *const names[] = {"?", "boolean", "integer", "number", "choice", "text"};
    return (unsigned)type < sizeof names / sizeof *names ? names[type] : "?";
}

void point_describe_range(const Labgate__Point *point, struct text *text)
{
    switch (point->type) {
    case LABGATE__TYPE__BOOLEAN:
        text_add_format(text, "%s | %s", on_word(point), off_word(point));
        break;
    case LABGATE__TYPE__CHOICE:
        for (size_t i = 0; i < point->n_choices; i++)
            text_add_format(text, "%s%s", i ? " | " : "", point->choices[i]->name);
        break;
    case LABGATE__TYPE__TEXT:
        text_add(text, "text");
        break;
    default:
        add_number(point, point->minimum, text);
        text_add(text, " to ");
        add_number(point, point->maximum, text);
        text_add_format(text, "%s%s", point->unit[0] ? " " : "", point->unit);
    }
}

void point_json_number(struct json *json, const char *key, const Labgate__Point *point, double number,
                       const char *words)
{
    if (point->type == LABGATE__TYPE__BOOLEAN) {
        json_boolean(json, key, number >= 0.5 || number <= -0.5);
    } else if (point->type == LABGATE__TYPE__CHOICE || point->type == LABGATE__TYPE__TEXT) {
        struct text text = {0};
        point_format(point, number, words, false, &text);
        json_string(json, key, text_get(&text));
        text_finish(&text);
    } else {
        json_number(json, key, number);
    }
}

void point_json(struct json *json, const char *key, const Labgate__Point *point, const Labgate__Value *value)
{
    json_open_object(json, key);
    json_string(json, "point", point->name);
    if (!value || value->time == 0)
        json_null(json, "value");
    else
        point_json_number(json, "value", point, value->number, value->text);
    if (point->unit[0])
        json_string(json, "unit", point->unit);
    json_string(json, "quality", value ? quality_name(value->quality) : "bad");
    json_close_object(json);
}
