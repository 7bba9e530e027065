/* stream.h - byte streams with deadlines, over TCP and serial lines: below every dialect that is text.
 * Private to drivers/.
 *
 * All functions return 0 or a negative enum driver_result. After a failure what is left on the line
 * belongs to nothing: recover it. */
#ifndef DRIVERS_STREAM_H
#define DRIVERS_STREAM_H

#include "drivers/driver.h"

extern const struct driver_transport stream_transport;

/* How the line is timed; the spec it was opened with. */
const struct driver_line_spec *stream_spec(const struct driver_line *line);

/* ns that so many bytes take on the line; 0 over TCP. */
int64_t stream_time(const struct driver_line_spec *spec, size_t bytes);

/* Before a question: whatever is readable already is no answer to it (DRIVER_GARBLED), except the
 * terminator that may follow a block. */
int stream_check_in_step(struct driver_line *line, struct driver_fault *fault);

/* Sends all, or fails. */
int stream_send(struct driver_line *line, const char *bytes, size_t length, int64_t deadline,
                struct driver_fault *fault);

/* Reads up to LF; it and a CR before it are left out and a NUL is put in. DRIVER_GARBLED when the line
 * does not fit. */
int stream_read_line(struct driver_line *line, char *text, size_t capacity, int64_t deadline,
                     struct driver_fault *fault);

/* Reads a definite-length block (IEEE 488.2 8.7.9: #, number of digits, length, data) of exactly `length`
 * bytes. An indefinite one (#0, 8.7.10) is DRIVER_GARBLED: on a line without an end signal its end cannot
 * be known. The terminator that may follow is left for later: it is skipped before the next answer. */
int stream_read_block(struct driver_line *line, void *bytes, size_t length, int64_t deadline,
                      struct driver_fault *fault);

/* Reads and throws away until the line has been silent for `quiet`. DRIVER_TIMED_OUT when it is not by
 * `deadline`. */
int stream_drain(struct driver_line *line, int64_t quiet, int64_t deadline, struct driver_fault *fault);

#endif
