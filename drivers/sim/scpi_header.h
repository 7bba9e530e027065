/* scpi_header.h - matching a program header against a pattern in the manner of SCPI manuals. */
#ifndef DRIVERS_SIM_SCPI_HEADER_H
#define DRIVERS_SIM_SCPI_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#define SCPI_SUFFIXES_MAX 3

/* `header` is absolute, with or without its leading colon, without '?': "CHAN1:SCAL". Fills suffixes in the
 * order of the pattern's '#'; those that are absent are 1. False: another header, or a suffix that the
 * pattern doesn't take. */
bool scpi_header_fits(const char *pattern, const char *header, int suffixes[SCPI_SUFFIXES_MAX]);

#endif
