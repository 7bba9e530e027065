/* The dialect of Rigol's DS1000Z oscilloscopes and their relatives: scpi, and records of the channels.
 *
 * Source: MSO1000Z/DS1000Z Series Programming Guide, :WAVeform subsystem. A record is read in bytes:
 *   value = (code - YORigin - YREFerence) * YINCrement, time = XORigin + (i - XREFerence) * XINCrement.
 * The ten fields of :WAV:PRE?, as a DS1054Z gives them for 1,200 points at 50 us/div and 1 V/div:
 *   0,0,1200,1,5.000000e-07,-3.000000e-04,0,4.000000e-02,0,127
 *   |  |   | |            |             | |            | |   YREFerence
 *   |  |   | |            |             | |            | YORigin
 *   |  |   | |            |             | |            YINCrement, V
 *   |  |   | |            |             | XREFerence
 *   |  |   | |            |             XORigin, s
 *   |  |   | |            XINCrement, s
 *   |  |   | averages
 *   |  |   points
 *   |  mode: 0 NORMal (screen), 2 RAW (memory, only while stopped)
 *   format: 0 BYTE */
#include "drivers/scpi.h"

#include "drivers/fault.h"
#include "drivers/stream.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What differs between the models, by what their identity begins with after the maker's name. */
struct model {
    const char *prefix;
    unsigned screen; /* points of a screen record */
    size_t longest;  /* bytes that one :WAV:DATA? may ask for */
};

static const struct model models[] = {
    {"DS1",  1200, 250000},
    {"MSO1", 1200, 250000},
};

/* Bytes of a chunk's messages around its samples: :WAV:STAR, :WAV:STOP, :WAV:DATA?, block header,
 * terminator. */
#define CHUNK_OVERHEAD 72
#define BYTE_FORMAT    0 /* in the preamble */
#define SCREEN_MODE    0
#define RAW_MODE       2

struct preamble {
    double format, mode, points, averages, x_increment, x_origin, x_reference, y_increment, y_origin,
        y_reference;
};

/* --- what can be known without asking --- */

static const struct model *find_model(const char *identity)
{
    const char *name = strchr(identity, ',');
    for (size_t i = 0; name && i < sizeof models / sizeof *models; i++)
        if (!strncmp(name + 1, models[i].prefix, strlen(models[i].prefix)))
            return &models[i];
    return NULL;
}

/* Samples that one transaction may carry: what the instrument allows, and on a serial line what stays
 * within three quarters of the longest transaction; the rest is for the instrument's own time and for
 * jitter. */
static size_t chunk_limit(const struct driver_line_spec *spec, const struct model *model)
{
    if (!spec->serial)
        return model->longest;
    int64_t budget = driver_longest(spec) * 3 / 4 - spec->turnaround;
    int64_t bytes = budget > 0 ? budget / stream_time(spec, 1) - CHUNK_OVERHEAD : 0;
    if (bytes < 1)
        bytes = 1;
    return (size_t)bytes < model->longest ? (size_t)bytes : model->longest;
}

static bool parse_preamble(const char *answer, struct preamble *preamble)
{
    double fields[10];
    for (size_t i = 0; i < 10; i++) {
        char *end;
        fields[i] = strtod(answer, &end);
        if (end == answer || *end != (i < 9 ? ',' : '\0') || !isfinite(fields[i]))
            return false;
        answer = end + 1;
    }
    *preamble = (struct preamble){fields[0], fields[1], fields[2], fields[3], fields[4],
                                  fields[5], fields[6], fields[7], fields[8], fields[9]};
    return preamble->points >= 1 && preamble->points <= 1e9 && preamble->x_increment > 0 &&
           preamble->y_increment > 0;
}

/* --- running and stopping --- */

static int is_stopped(struct driver_instrument *instrument, struct driver_line *line, bool *stopped,
                      int64_t deadline, struct driver_fault *fault)
{
    char answer[SCPI_ANSWER_MAX];
    int result = scpi_ask_named(instrument, line, ":TRIG:STAT?", answer, deadline, fault);
    *stopped = !result && scpi_matches("STOP", answer);
    return result;
}

static int stop(struct driver_instrument *instrument, struct driver_line *line, int64_t deadline,
                struct driver_fault *fault)
{
    bool stopped;
    int result = is_stopped(instrument, line, &stopped, deadline, fault);
    instrument->record.still = stopped;
    if (result || stopped)
        return result;
    char answer[SCPI_ANSWER_MAX];
    result = scpi_ask_named(instrument, line, ":TRIG:SWE?", answer, deadline, fault);
    if (result)
        return result;
    instrument->record.single = scpi_matches("SINGle", answer);
    instrument->record.stopped = true;
    result = scpi_send(instrument, line, deadline, fault, ":STOP");
    int64_t until = driver_now() + driver_longest(stream_spec(line)) / 2; /* others wait for the line */
    while (!result && !stopped && driver_now() < until)
        result = is_stopped(instrument, line, &stopped, deadline, fault);
    if (!result && !stopped)
        return driver_fail(fault, DRIVER_REJECTED, 0, "%.40s, :STOP: it goes on acquiring",
                           instrument->spec->name);
    instrument->record.still = !result;
    return result;
}

static int resume(struct driver_instrument *instrument, struct driver_line *line, int64_t deadline,
                  struct driver_fault *fault)
{
    if (!instrument->record.stopped)
        return 0;
    int result = scpi_send(instrument, line, deadline, fault, instrument->record.single ? ":SING" : ":RUN");
    instrument->record.stopped = result != 0;
    return result;
}

/* --- records --- */

/* Nothing answers a command, and one that was lost on the way would leave another channel's or another
 * part's samples to be taken for these. So what decides whose samples come is read back. */
static int confirm(struct driver_instrument *instrument, struct driver_line *line, const char *question,
                   const char *expected, int64_t deadline, struct driver_fault *fault)
{
    char answer[SCPI_ANSWER_MAX];
    int result = scpi_ask_named(instrument, line, question, answer, deadline, fault);
    if (result || scpi_matches(expected, answer))
        return result;
    return driver_fail(fault, DRIVER_REJECTED, 0, "%.30s, %s: it is %.40s instead of %.20s",
                       instrument->spec->name, question, answer, expected);
}

static int ask_preamble(struct driver_instrument *instrument, struct driver_line *line,
                        struct preamble *preamble, int64_t deadline, struct driver_fault *fault)
{
    char answer[SCPI_ANSWER_MAX];
    int result = scpi_ask_named(instrument, line, ":WAV:PRE?", answer, deadline, fault);
    if (result || parse_preamble(answer, preamble))
        return result;
    return driver_fail(fault, DRIVER_GARBLED, 0, "%.30s, :WAV:PRE?: this is no preamble: %.60s",
                       instrument->spec->name, answer);
}

static int select_source(struct driver_instrument *instrument, struct driver_line *line, const char *source,
                         enum driver_depth depth, struct preamble *preamble, int64_t deadline,
                         struct driver_fault *fault)
{
    int result = scpi_send(instrument, line, deadline, fault, ":WAV:SOUR %s", source);
    if (!result)
        result = scpi_send(instrument, line, deadline, fault, ":WAV:MODE %s",
                           depth == DRIVER_DEEP ? "RAW" : "NORM");
    if (!result)
        result = scpi_send(instrument, line, deadline, fault, ":WAV:FORM BYTE");
    if (!result)
        result = confirm(instrument, line, ":WAV:SOUR?", source, deadline, fault);
    if (!result)
        result = ask_preamble(instrument, line, preamble, deadline, fault);
    if (result)
        return result;
    if (preamble->format != BYTE_FORMAT || preamble->mode != (depth == DRIVER_DEEP ? RAW_MODE : SCREEN_MODE))
        return driver_fail(fault, DRIVER_REJECTED, 0,
                           "%.30s, :WAV:PRE?: it offers another kind of record: format %g, mode %g",
                           instrument->spec->name, preamble->format, preamble->mode);
    return 0;
}

static int prepare(struct driver_instrument *instrument, struct driver_line *line, const char *source,
                   enum driver_depth depth, struct preamble *preamble, int64_t deadline,
                   struct driver_fault *fault)
{
    const struct model *model = instrument->record.model;
    /* A record that takes several transactions must not change between them; memory is only read while
     * stopped. */
    bool must_stop = depth == DRIVER_DEEP || model->screen > chunk_limit(stream_spec(line), model);
    int result = 0;
    if (must_stop && depth == DRIVER_LIVE)
        return driver_fail(fault, DRIVER_UNSUPPORTED, 0,
                           "%.30s: the line is too slow to read its screen in one piece while it runs",
                           instrument->spec->name);
    if (instrument->options->error_queue) /* what went wrong before is not this record's fault */
        result = scpi_send(instrument, line, deadline, fault, "*CLS");
    instrument->record.still = false;
    if (!result && must_stop)
        result = stop(instrument, line, deadline, fault);
    if (!result)
        result = select_source(instrument, line, source, depth, preamble, deadline, fault);
    if (!result && instrument->options->error_queue)
        result = scpi_check_errors(instrument, line, source, deadline, fault);
    return result;
}

static struct driver_record described_by(const struct preamble *preamble)
{
    return (struct driver_record){
        .format = DRIVER_UINT8,
        .samples = (uint64_t)preamble->points,
        .time_first = preamble->x_origin - preamble->x_reference * preamble->x_increment,
        .time_step = preamble->x_increment,
        .code_zero = preamble->y_origin + preamble->y_reference,
        .value_step = preamble->y_increment,
    };
}

static int rigol_capture_begin(struct driver_instrument *instrument, struct driver_line *line,
                               size_t waveform, enum driver_depth depth, struct driver_record *record,
                               int64_t deadline, struct driver_fault *fault)
{
    const struct scpi_waveform_options *options = instrument->spec->waveforms[waveform].options;
    instrument->record.model = find_model(instrument->identity);
    if (!instrument->record.model)
        return driver_fail(fault, DRIVER_UNSUPPORTED, 0, "%.30s: records of this model are not known: %.80s",
                           instrument->spec->name, instrument->identity);
    struct preamble preamble = {0};
    int result = prepare(instrument, line, options->source, depth, &preamble, deadline, fault);
    if (result) {
        if (result == DRIVER_REJECTED)
            resume(instrument, line, deadline, NULL);
        return result; /* otherwise greet() puts it back to work after the line's recovery */
    }
    *record = described_by(&preamble);
    instrument->record.described = *record;
    instrument->record.active = true;
    instrument->record.disturbed = false;
    instrument->record.live = depth == DRIVER_LIVE;
    instrument->record.total = record->samples;
    instrument->record.taken = 0;
    return 0;
}

/* A record in several parts is one only while nothing is acquired between them. The caller may have room for
 * less than was thought when it began; and after a greeting the instrument may be another that it was. */
static int keep_still(struct driver_instrument *instrument, struct driver_line *line, int64_t deadline,
                      struct driver_fault *fault)
{
    struct scpi_record *record = &instrument->record;
    if (record->still)
        return 0;
    if (record->live)
        return driver_fail(fault, DRIVER_REJECTED, 0, "%.40s: its screen could not be read in one piece",
                           instrument->spec->name);
    if (record->taken == 0)
        return stop(instrument, line, deadline, fault);
    int result = is_stopped(instrument, line, &record->still, deadline, fault);
    if (result || record->still)
        return result;
    return driver_fail(fault, DRIVER_REJECTED, 0,
                       "%.40s: it has acquired another record before this one was read",
                       instrument->spec->name);
}

/* Points are counted from 1. That the last is understood shows in the block's length. */
static int select_part(struct driver_instrument *instrument, struct driver_line *line, uint64_t first,
                       uint64_t last, int64_t deadline, struct driver_fault *fault)
{
    char expected[24];
    snprintf(expected, sizeof expected, "%llu", (unsigned long long)first);
    int result = scpi_send(instrument, line, deadline, fault, ":WAV:STAR %s", expected);
    if (!result)
        result = scpi_send(instrument, line, deadline, fault, ":WAV:STOP %llu", (unsigned long long)last);
    return result ? result : confirm(instrument, line, ":WAV:STAR?", expected, deadline, fault);
}

/* Samples are scaled by what was said before they were taken: a knob that somebody turned meanwhile shows
 * afterwards. */
static int still_described(struct driver_instrument *instrument, struct driver_line *line, int64_t deadline,
                           struct driver_fault *fault)
{
    struct preamble preamble = {0};
    int result = ask_preamble(instrument, line, &preamble, deadline, fault);
    if (result)
        return result;
    struct driver_record now = described_by(&preamble), then = instrument->record.described;
    if (now.value_step == then.value_step && now.code_zero == then.code_zero &&
        now.time_step == then.time_step && fabs(now.time_first - then.time_first) <= then.time_step)
        return 0;
    return driver_fail(fault, DRIVER_REJECTED, 0,
                       "%.40s: its scales were changed while its record was read; read it again",
                       instrument->spec->name);
}

static int rigol_capture_chunk(struct driver_instrument *instrument, struct driver_line *line, void *codes,
                               size_t capacity, size_t *got, int64_t deadline, struct driver_fault *fault)
{
    struct scpi_record *record = &instrument->record;
    size_t wanted = chunk_limit(stream_spec(line), record->model);
    int result;
    *got = 0;
    if (record->disturbed)
        return driver_fail(fault, DRIVER_REJECTED, 0,
                           "%.40s: something was set on it while its record was read; read it again",
                           instrument->spec->name);
    if (wanted > capacity)
        wanted = capacity;
    if (wanted > record->total - record->taken)
        wanted = (size_t)(record->total - record->taken);
    if (wanted == 0)
        return still_described(instrument, line, deadline, fault);
    result = wanted < record->total ? keep_still(instrument, line, deadline, fault) : 0;
    if (!result)
        result = select_part(instrument, line, record->taken + 1, record->taken + wanted, deadline, fault);
    if (!result)
        result = scpi_ask_block(instrument, line, ":WAV:DATA?", codes, wanted, deadline, fault);
    if (result)
        return result;
    record->taken += wanted;
    *got = wanted;
    return 0;
}

/* --- the driver --- */

static int rigol_write(struct driver_instrument *instrument, struct driver_line *line, uint16_t point,
                       const struct driver_value *value, int64_t deadline, struct driver_fault *fault)
{
    instrument->record.disturbed = true;
    return scpi_write(instrument, line, point, value, deadline, fault);
}

static int rigol_capture_end(struct driver_instrument *instrument, struct driver_line *line, int64_t deadline,
                             struct driver_fault *fault)
{
    instrument->record.active = false;
    return resume(instrument, line, deadline, fault);
}

/* A record that failed to begin or to end, with the line, left the instrument stopped. One that is being
 * fetched goes on where it was. */
static int rigol_greet(struct driver_instrument *instrument, struct driver_line *line, int64_t deadline,
                       struct driver_fault *fault)
{
    instrument->record.still = false;
    int result = scpi_greet(instrument, line, deadline, fault);
    return result || instrument->record.active ? result : resume(instrument, line, deadline, fault);
}

const struct driver driver_scpi_rigol_ds1000z = {
    .name = "scpi-rigol-ds1000z",
    .help = "Rigol DS1000Z and MSO1000Z oscilloscopes: scpi, and records from screen and memory",
    .transport = &stream_transport,
    .instrument_options = &scpi_instrument_options,
    .point_options = &scpi_point_options,
    .waveform_options = &scpi_waveform_options,
    .create = scpi_create,
    .destroy = scpi_destroy,
    .plan = scpi_plan,
    .greet = rigol_greet,
    .read = scpi_read,
    .write = rigol_write,
    .write_time = scpi_write_time,
    .capture_begin = rigol_capture_begin,
    .capture_chunk = rigol_capture_chunk,
    .capture_end = rigol_capture_end,
};
