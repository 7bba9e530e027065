#include "gateway/cli/json.h"

#include "gateway/cli/text.h"
#include "gateway/cli/times.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static void put_string(FILE *file, const char *value)
{
    const char *end = value + strlen(value);
    fputc('"', file);
    while (value < end) {
        const char *start = value;
        uint32_t code = text_decode(&value, end);
        if (code == TEXT_NOT_UTF8)
            fputs("\\ufffd", file);
        else if (code == '"' || code == '\\')
            fprintf(file, "\\%c", (char)code);
        else if (code < 0x10000 && text_is_dangerous(code))
            fprintf(file, "\\u%04x", (unsigned)code);
        else if (text_is_dangerous(code)) /* as a surrogate pair (RFC 8259, section 7) */
            fprintf(file, "\\u%04x\\u%04x", 0xd800 + (unsigned)((code - 0x10000) >> 10),
                    0xdc00 + (unsigned)(code & 0x3ff));
        else
            fwrite(start, 1, (size_t)(value - start), file);
    }
    fputc('"', file);
}

static void begin(struct json *json, const char *key)
{
    uint64_t bit = UINT64_C(1) << (json->depth & 63);
    if (json->depth && json->has_member & bit)
        fputc(',', json->file);
    json->has_member |= bit;
    if (key) {
        put_string(json->file, key);
        fputc(':', json->file);
    }
}

static void end(struct json *json)
{
    if (json->depth == 0)
        fputc('\n', json->file);
}

static void open_bracket(struct json *json, const char *key, char bracket)
{
    begin(json, key);
    fputc(bracket, json->file);
    json->depth++;
    json->has_member &= ~(UINT64_C(1) << (json->depth & 63));
}

static void close_bracket(struct json *json, char bracket)
{
    json->depth--;
    fputc(bracket, json->file);
    end(json);
}

void json_open_object(struct json *json, const char *key)
{
    open_bracket(json, key, '{');
}

void json_close_object(struct json *json)
{
    close_bracket(json, '}');
}

void json_open_array(struct json *json, const char *key)
{
    open_bracket(json, key, '[');
}

void json_close_array(struct json *json)
{
    close_bracket(json, ']');
}

void json_string(struct json *json, const char *key, const char *value)
{
    begin(json, key);
    put_string(json->file, value ? value : "");
    end(json);
}

void json_null(struct json *json, const char *key)
{
    begin(json, key);
    fputs("null", json->file);
    end(json);
}

void json_number(struct json *json, const char *key, double value)
{
    if (!isfinite(value)) {
        json_null(json, key);
        return;
    }
    /* The shortest of these that reads back as the same number. */
    char digits[40];
    for (int precision = 6; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        double back = 0;
        if (sscanf(digits, "%lf", &back) == 1 && !(back < value) && !(back > value))
            break;
    }
    begin(json, key);
    fputs(digits, json->file);
    end(json);
}

void json_integer(struct json *json, const char *key, int64_t value)
{
    begin(json, key);
    fprintf(json->file, "%" PRId64, value);
    end(json);
}

void json_unsigned(struct json *json, const char *key, uint64_t value)
{
    begin(json, key);
    fprintf(json->file, "%" PRIu64, value);
    end(json);
}

void json_boolean(struct json *json, const char *key, bool value)
{
    begin(json, key);
    fputs(value ? "true" : "false", json->file);
    end(json);
}

void json_instant(struct json *json, const char *key, int64_t ms)
{
    char text[TIMES_TEXT];
    if (ms == 0)
        json_null(json, key);
    else
        json_string(json, key, times_utc(ms, text));
}
