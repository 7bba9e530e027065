/* trace.h - a waveform that was read, and the forms it is written in.
 *
 * value[i] = (code[i] - code_zero) * value_step, time[i] = time_first + i * time_step, as proto/lab.proto
 * says. */
#ifndef GATEWAY_CLI_TRACE_H
#define GATEWAY_CLI_TRACE_H

#include "gateway/cli/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum trace_format { TRACE_UINT8 = 1, TRACE_INT16_LITTLE, TRACE_FLOAT32_LITTLE }; /* as Labgate__Format */

struct trace {
    const char *waveform; /* "scope.ch1" */
    const char *unit;     /* "V" */
    enum trace_format format;
    size_t samples;
    double time_first, time_step; /* s */
    double code_zero, value_step;
    const uint8_t *codes; /* samples * trace_code_size(format) bytes */
    int64_t wall;         /* when it was acquired, ms since 1970 */
};

size_t trace_code_size(enum trace_format format); /* 0: not a format */
double trace_value(const struct trace *trace, size_t index);
double trace_time(const struct trace *trace, size_t index);
/* Least and greatest finite value of samples [first, last). False: there is none. */
bool trace_extent(const struct trace *trace, size_t first, size_t last, double *least, double *most);

/* Each writes the whole form to the file; false: the disk is full or the like (errno). */
bool trace_write_csv(const struct trace *trace, FILE *file); /* time [s], value [unit]; RFC 4180 */
bool trace_write_npy(const struct trace *trace, FILE *file); /* NumPy format 1.0: '<f8', (samples, 2) */
bool trace_write_png(const struct trace *trace, FILE *file); /* a picture as on an oscilloscope */

/* By the file name's ending, case aside; NULL: none of the above. */
typedef bool trace_writer(const struct trace *trace, FILE *file);
trace_writer *trace_writer_for(const char *path);
extern const char trace_endings[]; /* ".csv, .npy or .png" */

/* Lines of a plot in braille dots, `columns` wide and about `lines` high, axes included. */
void trace_plot(const struct trace *trace, size_t columns, size_t lines, struct text *text);

/* "12.5 us": four digits with an SI prefix (SI Brochure, table 7). `ascii`: u for micro. */
void engineering(double value, const char *unit, bool ascii, struct text *text);
/* The step of the 1-2-5 series that divides `span` into at most `divisions` steps. */
double nice_step(double span, int divisions);

/* A field of a CSV file: quoted where RFC 4180 wants it. */
void csv_field(FILE *file, const char *text);

#endif
