#include "gateway/records/capture_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    size_t size;
} formats[] = {
    [DRIVER_UINT8] = {"uint8",          1},
    [DRIVER_INT16_LITTLE] = {"int16-little",   2},
    [DRIVER_FLOAT32_LITTLE] = {"float32-little", 4},
};
#define FORMATS (sizeof formats / sizeof *formats)

static size_t capture_sample_size(enum driver_format format)
{
    return formats[format].size;
}

bool member_quote(char *line, size_t size, const char *text)
{
    size_t length = strlen(line);
    if (length + 2 > size)
        return false;
    line[length++] = '"';
    for (; *text != '\0' && length + 8 < size; text++) {
        unsigned char character = (unsigned char)*text;
        if (character < 0x20) {
            length += (size_t)snprintf(line + length, size - length, "\\u%04x", character);
        } else {
            if (character == '"' || character == '\\')
                line[length++] = '\\';
            line[length++] = (char)character;
        }
    }
    line[length++] = '"';
    line[length] = '\0';
    return *text == '\0';
}

static const char *find_member(const char *line, const char *name)
{
    char key[48];
    snprintf(key, sizeof key, "\"%s\":", name);
    const char *at = strstr(line, key);
    return at != NULL ? at + strlen(key) : NULL;
}

bool member_text(const char *line, const char *name, char *text, size_t size)
{
    const char *at = find_member(line, name);
    if (at == NULL || *at++ != '"')
        return false;
    size_t length = 0;
    for (; *at != '"' && *at != '\0' && length + 1 < size; at++) {
        if (*at == '\\' && (at[1] == '"' || at[1] == '\\'))
            at++;
        text[length++] = *at;
    }
    text[length] = '\0';
    return *at == '"';
}

bool member_number(const char *line, const char *name, double *number)
{
    const char *at = find_member(line, name);
    char *end = NULL;
    if (at != NULL)
        *number = strtod(at, &end);
    return at != NULL && end != at;
}

bool member_integer(const char *line, const char *name, int64_t *number)
{
    const char *at = find_member(line, name);
    char *end = NULL;
    if (at != NULL)
        *number = strtoll(at, &end, 10);
    return at != NULL && end != at;
}

bool capture_header(const struct recorder_capture *capture, char header[CAPTURE_HEADER_SIZE])
{
    const struct driver_record *record = &capture->record;
    char line[CAPTURE_HEADER_SIZE] = "{\"labgate-capture\":1,\"waveform\":";
    bool fits = member_quote(line, sizeof line, capture->waveform);
    fits = fits && strlen(line) + 16 < sizeof line;
    if (fits)
        strcat(line, ",\"unit\":");
    fits = fits && member_quote(line, sizeof line, capture->unit);
    size_t length = strlen(line);
    int more =
        snprintf(line + length, sizeof line - length,
                 ",\"format\":\"%s\",\"samples\":%" PRIu64 ",\"time_first\":%.17g,\"time_step\":%.17g,"
                 "\"code_zero\":%.17g,\"value_step\":%.17g,\"session\":%" PRIu64 ",\"wall\":%" PRId64 "}",
                 formats[record->format].name, record->samples, record->time_first, record->time_step,
                 record->code_zero, record->value_step, capture->session, capture->wall);
    length += (size_t)more;
    if (!fits || length >= CAPTURE_HEADER_SIZE)
        return false;
    memset(header, ' ', CAPTURE_HEADER_SIZE);
    memcpy(header, line, length);
    header[CAPTURE_HEADER_SIZE - 1] = '\n';
    return true;
}

static bool parse_format(const char *line, enum driver_format *format)
{
    char name[32];
    if (!member_text(line, "format", name, sizeof name))
        return false;
    for (size_t i = 0; i < FORMATS; i++) {
        if (strcmp(name, formats[i].name) == 0) {
            *format = (enum driver_format)i;
            return true;
        }
    }
    return false;
}

bool capture_parse(const char header[CAPTURE_HEADER_SIZE], struct recorder_file *file)
{
    char line[CAPTURE_HEADER_SIZE + 1];
    memcpy(line, header, CAPTURE_HEADER_SIZE);
    line[CAPTURE_HEADER_SIZE] = '\0';
    struct driver_record *record = &file->record;
    int64_t version = 0, samples = 0;
    bool good = member_integer(line, "labgate-capture", &version) && version == 1 &&
                member_text(line, "waveform", file->waveform, sizeof file->waveform) &&
                member_text(line, "unit", file->unit, sizeof file->unit) &&
                parse_format(line, &record->format) && member_integer(line, "samples", &samples) &&
                samples >= 0 && member_number(line, "time_first", &record->time_first) &&
                member_number(line, "time_step", &record->time_step) &&
                member_number(line, "code_zero", &record->code_zero) &&
                member_number(line, "value_step", &record->value_step) &&
                member_integer(line, "wall", &file->wall);
    if (!good || file->bytes < CAPTURE_HEADER_SIZE)
        return false;
    record->samples = (uint64_t)samples;
    file->data = file->bytes - CAPTURE_HEADER_SIZE;
    file->complete = file->data / capture_sample_size(record->format) >= record->samples;
    return true;
}
