/* json.h - writes JSON (RFC 8259) to a stream, with commas and escapes in the right places.
 *
 * Strings that are not UTF-8 get U+FFFD for each wrong byte; numbers that JSON cannot say (NaN, infinities)
 * are null. */
#ifndef GATEWAY_CLI_JSON_H
#define GATEWAY_CLI_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
    FILE *file;
    uint32_t depth;
    uint64_t has_member; /* a bit for each depth: something was written there already */
};

/* `key` is NULL in arrays and at the top. At the top each value is a line of its own. */
void json_open_object(struct json *json, const char *key);
void json_close_object(struct json *json);
void json_open_array(struct json *json, const char *key);
void json_close_array(struct json *json);
void json_string(struct json *json, const char *key, const char *value);
void json_number(struct json *json, const char *key, double value);
void json_integer(struct json *json, const char *key, int64_t value);
void json_unsigned(struct json *json, const char *key, uint64_t value);
void json_boolean(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);
/* An instant as RFC 3339 in UTC with milliseconds; null for 0. */
void json_instant(struct json *json, const char *key, int64_t ms);

#endif
