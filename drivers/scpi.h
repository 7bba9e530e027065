/* scpi.h - what the SCPI dialects share. Private to drivers/.
 *
 * A vendor's dialect keeps a struct scpi_instrument as the first member of its own, reuses the functions for
 * points and adds its records. Sources: IEEE 488.2-1992 (common commands, blocks), SCPI-99 volume 1
 * (numbers 7.2.1, short forms 6.2.1) and volume 2 (SYSTem:ERRor). */
#ifndef DRIVERS_SCPI_H
#define DRIVERS_SCPI_H

#include "drivers/driver.h"

enum scpi_terminator { SCPI_LF, SCPI_CRLF };

struct scpi_instrument_options {
    char *identity;
    bool error_queue;
    bool token;
    int terminator; /* enum scpi_terminator */
};

struct scpi_point_options {
    char *query, *set;
};

struct scpi_waveform_options {
    char *source;
};

extern const struct option_table scpi_instrument_options;
extern const struct option_table scpi_point_options;
extern const struct option_table scpi_waveform_options;

#endif
