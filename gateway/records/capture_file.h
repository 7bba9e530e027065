/* capture_file.h - the form of NUMBER-WAVEFORM.capture: a header of exactly CAPTURE_HEADER_SIZE bytes, which
 * is one line of JSON filled up with spaces before its newline, and then the sample codes as the instrument
 * gave them. docs/ledger.md describes it for readers in other languages. */
#ifndef GATEWAY_RECORDS_CAPTURE_FILE_H
#define GATEWAY_RECORDS_CAPTURE_FILE_H

#include "gateway/records/recorder.h"

#define CAPTURE_HEADER_SIZE 512

/* False: it does not fit. */
bool capture_header(const struct recorder_capture *capture, char header[CAPTURE_HEADER_SIZE]);
/* Fills waveform, unit, record, wall, data and complete of a file whose `bytes` are known. False: not such a
 * header. */
bool capture_parse(const char header[CAPTURE_HEADER_SIZE], struct recorder_file *file);

/* Members of one flat line of JSON that was written here. */
bool member_text(const char *line, const char *name, char *text, size_t size);
bool member_number(const char *line, const char *name, double *number);
bool member_integer(const char *line, const char *name, int64_t *number);
/* Appends an escaped string with its quotes; false: no room. */
bool member_quote(char *line, size_t size, const char *text);

#endif
