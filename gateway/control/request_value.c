#include "gateway/control/request_value.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool read_choice(const struct rig_choice *choices, const char *text, double *number)
{
    for (; choices && choices->name; choices++)
        if (!strcmp(choices->name, text)) {
            *number = choices->number;
            return true;
        }
    return false;
}

static bool read_boolean(const struct rig_point_spec *point, const char *text, double *number)
{
    if (!strcmp(text, point->on ? point->on : "on") || !strcmp(text, "true"))
        *number = 1;
    else if (!strcmp(text, point->off ? point->off : "off") || !strcmp(text, "false"))
        *number = 0;
    else
        return false;
    return true;
}

static bool read_number(const struct rig_point_spec *point, const char *text, double *number)
{
    if (!isdigit((unsigned char)*text) && !strchr("+-.", *text))
        return false;
    char *end;
    errno = 0;
    *number = strtod(text, &end);
    bool decimal = (size_t)(end - text) <= strspn(text, "+-.0123456789eE"); /* no hexadecimal, inf or nan */
    if (end == text || errno || !decimal)
        return false;
    while (*end == ' ')
        end++;
    if (!*end)
        return true;
    const struct rig_unit *unit = rig_unit_find(end, strlen(end));
    return unit && point->unit && rig_unit_convert(unit, point->unit, false, *number, number);
}

bool request_number(const struct rig_point_spec *point, const struct request *request, double *number)
{
    switch (request->set.scalar) {
    case REQUEST_NUMBER:
        *number = request->set.number;
        return point->type != RIG_TEXT;
    case REQUEST_BOOLEAN:
        *number = request->set.number;
        return point->type == RIG_BOOLEAN;
    case REQUEST_TEXT:
        if (point->type == RIG_BOOLEAN)
            return read_boolean(point, request->set.text, number);
        if (point->type == RIG_CHOICE)
            return read_choice(point->choices, request->set.text, number);
        return point->type != RIG_TEXT && read_number(point, request->set.text, number);
    default:
        return false;
    }
}

uint16_t request_point(const struct rig_spec *spec, const char *name)
{
    for (uint16_t i = 0; i < spec->point_count; i++)
        if (!strcmp(spec->points[i].name, name))
            return i;
    return RIG_NONE;
}

void request_copy_text(char *to, size_t size, const char *from)
{
    size_t length = strlen(from);
    if (length >= size)
        for (length = size - 1; length && ((uint8_t)from[length] & 0xc0) == 0x80;)
            length--;
    snprintf(to, size, "%.*s", (int)length, from);
}
