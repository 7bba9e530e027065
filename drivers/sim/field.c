#include "drivers/sim/field.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double field_get(const void *structure, enum field_type type, size_t offset)
{
    const char *member = (const char *)structure + offset;
    switch (type) {
    case FIELD_REAL:
        return *(const double *)(const void *)member;
    case FIELD_FLAG:
        return *(const bool *)member ? 1 : 0;
    case FIELD_WORD:
        return *(const uint16_t *)(const void *)member;
    case FIELD_COUNT:
        return *(const uint32_t *)(const void *)member;
    case FIELD_TEXT:
        break;
    }
    return 0;
}

void field_set(void *structure, enum field_type type, size_t offset, double value)
{
    char *member = (char *)structure + offset;
    switch (type) {
    case FIELD_REAL:
        *(double *)(void *)member = value;
        break;
    case FIELD_FLAG:
        *(bool *)member = value != 0;
        break;
    case FIELD_WORD:
        *(uint16_t *)(void *)member = (uint16_t)value;
        break;
    case FIELD_COUNT:
        *(uint32_t *)(void *)member = (uint32_t)value;
        break;
    case FIELD_TEXT:
        break;
    }
}

const struct field *field_find(const struct field *fields, const char *name)
{
    for (const struct field *field = fields; field->name; field++)
        if (!strcmp(field->name, name))
            return field;
    return NULL;
}

bool field_parse(void *structure, const struct field *field, const char *text)
{
    static const struct {
        const char *word;
        double value;
    } words[] = {
        {"on",    1},
        {"true",  1},
        {"off",   0},
        {"false", 0}
    };

    if (field->type == FIELD_TEXT) {
        if (strlen(text) >= FIELD_TEXT_MAX)
            return false;
        char *member = (char *)structure + field->offset;
        memset(member, 0, FIELD_TEXT_MAX);
        snprintf(member, FIELD_TEXT_MAX, "%s", text);
        return true;
    }
    char *end;
    double value = strtod(text, &end);
    bool number = end != text && !*end;
    for (size_t i = 0; !number && i < sizeof words / sizeof *words; i++)
        if (!strcmp(text, words[i].word)) {
            value = words[i].value;
            number = true;
        }
    if (!number || !(value >= field->minimum && value <= field->maximum))
        return false;
    if (field->type != FIELD_REAL && value != floor(value))
        return false;
    field_set(structure, field->type, field->offset, value);
    return true;
}

void field_print(const void *structure, const struct field *field, char *text, size_t capacity)
{
    if (field->type == FIELD_TEXT)
        snprintf(text, capacity, "%s", (const char *)structure + field->offset);
    else
        snprintf(text, capacity, "%.17g", field_get(structure, field->type, field->offset));
}
