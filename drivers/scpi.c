/* The scpi dialect: a point is a question and a message that sets it. */
#include "drivers/scpi.h"

#include "drivers/fault.h"
#include "drivers/stream.h"

#include <stdlib.h>
#include <string.h>

/* No SCPI answer says which question it belongs to. */
#define SCPI_SHAPE 1u
/* But for those that carry the token. */
#define SCPI_NAMED 2u
/* A typical question and answer, for estimates. */
#define TYPICAL_ANSWER 16
#define TYPICAL_TOKEN  10 /* with its question */

/* A plan: reads and the indices that they point to, in one allocation. */
struct scpi_plan {
    struct scpi_plan *next;
    struct driver_read reads[]; /* the plain ones, then each with the token */
};

static int check_point(const struct driver_point *point, struct driver_fault *fault)
{
    const struct scpi_point_options *options = point->options;
    if (point->readable && !strchr(options->query, '?'))
        return driver_fail(fault, DRIVER_INVALID, 0,
                           "point %s is readable: give it a `query` with a question mark", point->name);
    if (point->writable && !strstr(options->set, "{}"))
        return driver_fail(fault, DRIVER_INVALID, 0,
                           "point %s is writable: give it a `set` with {} for the value", point->name);
    return 0;
}

int scpi_create(const struct driver_instrument_spec *spec, struct driver_instrument **created,
                struct driver_fault *fault)
{
    *created = NULL;
    for (size_t i = 0; i < spec->point_count; i++) {
        int result = check_point(&spec->points[i], fault);
        if (result)
            return result;
    }
    struct driver_instrument *instrument = calloc(1, sizeof *instrument);
    if (!instrument)
        return driver_fail(fault, DRIVER_NO_MEMORY, 0, "making %.60s: out of memory", spec->name);
    instrument->spec = spec;
    instrument->options = spec->options;
    /* Runs that follow one another must not begin with the same token. */
    instrument->token = (uint8_t)(driver_now() / MICROSECOND);
    *created = instrument;
    return 0;
}

void scpi_destroy(struct driver_instrument *instrument)
{
    if (!instrument)
        return;
    while (instrument->plans) {
        struct scpi_plan *next = instrument->plans->next;
        free(instrument->plans);
        instrument->plans = next;
    }
    free(instrument);
}

int scpi_plan(struct driver_instrument *instrument, const struct driver_line_spec *line,
              const uint16_t *points, size_t count, const struct driver_read **reads, size_t *read_count)
{
    *reads = NULL;
    *read_count = 0;
    struct scpi_plan *plan = malloc(sizeof *plan + count * (2 * sizeof *plan->reads + sizeof(uint16_t)));
    if (!plan)
        return DRIVER_NO_MEMORY;
    uint16_t *indices = (uint16_t *)(plan->reads + 2 * count);
    for (size_t i = 0; i < count; i++) {
        const struct scpi_point_options *options = instrument->spec->points[points[i]].options;
        indices[i] = points[i];
        plan->reads[i] = (struct driver_read){
            .points = &indices[i],
            .count = 1,
            .shape = SCPI_SHAPE,
            .typical = line->turnaround + stream_time(line, strlen(options->query) + TYPICAL_ANSWER),
        };
        if (!instrument->options->token || !instrument->options->compound)
            continue;
        struct driver_read *named = &plan->reads[count + i];
        *named = plan->reads[i];
        named->shape = SCPI_NAMED;
        named->unmistakable = true;
        named->variant = SCPI_NAMED;
        named->typical += stream_time(line, TYPICAL_TOKEN);
        plan->reads[i].other = named;
    }
    plan->next = instrument->plans;
    instrument->plans = plan;
    *reads = plan->reads;
    *read_count = count;
    return 0;
}

int scpi_read(struct driver_instrument *instrument, struct driver_line *line, const struct driver_read *read,
              struct driver_sample *samples, int64_t deadline, struct driver_fault *fault)
{
    const struct driver_point *point = &instrument->spec->points[read->points[0]];
    const struct scpi_point_options *options = point->options;
    char answer[SCPI_ANSWER_MAX];
    if (read->variant == SCPI_NAMED && !instrument->joins)
        return driver_fail(fault, DRIVER_REJECTED, 0, "%.30s: it does not join answers",
                           instrument->spec->name);
    int result = read->variant == SCPI_NAMED
                     ? scpi_ask_named(instrument, line, options->query, answer, deadline, fault)
                     : scpi_ask(instrument, line, options->query, answer, deadline, fault);
    return result ? result : scpi_parse(point, answer, samples, fault);
}

int scpi_write(struct driver_instrument *instrument, struct driver_line *line, uint16_t point,
               const struct driver_value *value, int64_t deadline, struct driver_fault *fault)
{
    const struct driver_point *described = &instrument->spec->points[point];
    if (!described->writable)
        return driver_fail(fault, DRIVER_UNSUPPORTED, 0, "writing %s: it is read only", described->name);
    char message[SCPI_ANSWER_MAX - 2];
    int result = scpi_format(described, value, message, sizeof message, fault);
    if (!result)
        result = scpi_send(instrument, line, deadline, fault, "%s", message);
    if (!result && instrument->options->error_queue)
        result = scpi_check_errors(instrument, line, message, deadline, fault);
    return result;
}

/* The message; and the question for errors, with its answer. */
int64_t scpi_write_time(const struct driver_instrument *instrument, const struct driver_line_spec *line,
                        uint16_t point)
{
    static const char question[] = "SYST:ERR?";
    const struct scpi_point_options *options = instrument->spec->points[point].options;
    int64_t message = stream_time(line, strlen(options->set) + TYPICAL_ANSWER);
    if (!instrument->options->error_queue)
        return message + line->turnaround;
    return message + line->turnaround + stream_time(line, sizeof question + 2 * TYPICAL_ANSWER);
}

const struct driver driver_scpi = {
    .name = "scpi",
    .help = "instruments that speak SCPI, over TCP and serial lines: points by question and message",
    .transport = &stream_transport,
    .instrument_options = &scpi_instrument_options,
    .point_options = &scpi_point_options,
    .create = scpi_create,
    .destroy = scpi_destroy,
    .plan = scpi_plan,
    .greet = scpi_greet,
    .read = scpi_read,
    .write = scpi_write,
    .write_time = scpi_write_time,
};
