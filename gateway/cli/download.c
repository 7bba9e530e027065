#include "gateway/cli/download.h"

#include "gateway/cli/times.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PART        60000u
#define TRY         (5 * NS_PER_S)
#define SAMPLES_MAX (UINT64_C(1) << 30)

/* One part. CLI_OK: *answer has it. CLI_UNREACHABLE: not now, silently; others have complained. */
static int read_part(struct cli *cli, const struct download *download, Labgate__Answer **answer)
{
    Labgate__ReadFile read = LABGATE__READ_FILE__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    read.session = download->session;
    read.name = (char *)download->name;
    read.offset = download->offset;
    read.length = PART;
    request.body_case = LABGATE__REQUEST__BODY_READ_FILE;
    request.read_file = &read;
    int result = client_call(cli->client, &request, TRY, answer);
    if (result == CLIENT_UNREACHABLE || result == CLIENT_TIMED_OUT)
        return CLI_UNREACHABLE;
    if (result != CLIENT_OK)
        return fail(cli, CLI_FAULT, "cannot read %s: %s", download->name, client_result_text(result));
    struct text attempt = {0};
    text_add_format(&attempt, "read %s", download->name);
    int code = CLI_OK;
    if (!(*answer)->ok)
        code = cli_refused(cli, *answer, text_get(&attempt));
    else if ((*answer)->body_case != LABGATE__ANSWER__BODY_READ_FILE ||
             (*answer)->read_file->offset != download->offset)
        code = fail(cli, CLI_FAULT, "cannot read %s: the answer is not the part that was asked for",
                    download->name);
    text_finish(&attempt);
    return code;
}

static int take_part(struct cli *cli, struct download *download, const Labgate__FilePart *part, bool *end)
{
    download->size = part->size;
    *end = part->data.len == 0;
    if (*end && download->offset < part->size)
        return fail(cli, CLI_FAULT, "cannot read %s: the gateway gave nothing of the rest", download->name);
    if (!*end && !download->take(download->context, part->data.data, part->data.len))
        return fail(cli, CLI_LOCAL, "cannot keep %s: %s", download->name, strerror(errno));
    download->offset += part->data.len;
    *end = download->offset >= part->size;
    if (download->progress)
        progress_step(download->progress, download->offset, part->size);
    return CLI_OK;
}

int download(struct cli *cli, struct download *download)
{
    int64_t heard = times_monotonic();
    int result = cli_connect(cli);
    for (bool end = false; result == CLI_OK && !end;) {
        Labgate__Answer *answer = NULL;
        if (interruption_seen())
            return fail(cli, CLI_INTERRUPTED, "interrupted while reading %s", download->name);
        result = read_part(cli, download, &answer);
        if (result == CLI_UNREACHABLE && times_monotonic() - heard < 4 * cli->timeout) {
            result = CLI_OK;
        } else if (result == CLI_UNREACHABLE) {
            result = fail(cli, CLI_UNREACHABLE,
                          "cannot read the rest of %s: no connection; it stays with the gateway: "
                          "labctl export %llu --out DIR",
                          download->name, (unsigned long long)download->session);
        } else if (result == CLI_OK) {
            heard = times_monotonic();
            result = take_part(cli, download, answer->read_file, &end);
        }
        client_free(answer);
    }
    return result;
}

/* --- codes ------------------------------------------------------------------------------------ */

struct sink {
    uint8_t *bytes;
    size_t length, capacity;
};

static bool take_bytes(void *context, const uint8_t *bytes, size_t length)
{
    struct sink *sink = context;
    if (length > sink->capacity - sink->length) {
        sink->capacity = sink->length + length + sink->capacity;
        sink->bytes = require_larger(sink->bytes, sink->capacity);
    }
    memcpy(sink->bytes + sink->length, bytes, length);
    sink->length += length;
    return true;
}

/* The codes are the last bytes of the file; a header for other readers stands before them. */
int download_codes(struct cli *cli, const Labgate__CaptureDone *capture, uint8_t **codes)
{
    struct progress progress;
    struct sink sink = {0};
    struct download file = {.session = capture->session,
                            .name = capture->file,
                            .take = take_bytes,
                            .context = &sink,
                            .progress = &progress};
    size_t wanted = (size_t)capture->samples * trace_code_size((enum trace_format)capture->format);
    progress_begin(cli, &progress, "reading", 0);
    int result = download(cli, &file);
    progress_end(&progress);
    if (result == CLI_OK && (wanted == 0 || sink.length < wanted))
        result = fail(cli, CLI_FAULT, "%s is not whole: %zu bytes of the %zu of %llu samples", capture->file,
                      sink.length, wanted, (unsigned long long)capture->samples);
    if (result == CLI_OK && sink.bytes)
        memmove(sink.bytes, sink.bytes + sink.length - wanted, wanted);
    if (result != CLI_OK) {
        free(sink.bytes);
        sink.bytes = NULL;
    }
    *codes = sink.bytes;
    return result;
}

bool download_trace(const Labgate__CaptureDone *capture, const uint8_t *codes, struct trace *trace)
{
    *trace = (struct trace){
        .waveform = capture->waveform,
        .unit = capture->unit,
        .format = (enum trace_format)capture->format,
        .samples = (size_t)capture->samples,
        .time_first = capture->time_first,
        .time_step = capture->time_step,
        .code_zero = capture->code_zero,
        .value_step = capture->value_step,
        .codes = codes,
        .wall = (int64_t)capture->wall,
    };
    return trace_code_size(trace->format) && capture->samples && capture->samples < SAMPLES_MAX;
}

int download_write_trace(struct cli *cli, const struct trace *trace, const char *path, trace_writer *write)
{
    struct text temporary = {0};
    int result = CLI_OK;
    text_add_format(&temporary, "%s.part", path);
    FILE *file = fopen(text_get(&temporary), "we");
    if (!file || !write(trace, file))
        result = fail(cli, CLI_LOCAL, "cannot write %s: %s", path, strerror(errno));
    if (file && fclose(file) != 0 && result == CLI_OK)
        result = fail(cli, CLI_LOCAL, "cannot write %s: %s", path, strerror(errno));
    if (result == CLI_OK && rename(text_get(&temporary), path) != 0)
        result = fail(cli, CLI_LOCAL, "cannot write %s: %s", path, strerror(errno));
    if (result != CLI_OK && file)
        unlink(text_get(&temporary));
    text_finish(&temporary);
    return result;
}
