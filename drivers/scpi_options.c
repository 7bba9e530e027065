#include "drivers/scpi.h"

static const char *const terminator_choices[] = {"lf", "crlf", NULL};

static const struct option instrument_rows[] = {
    {.name = "identity",
     .type = OPTION_TEXT,
     .offset = offsetof(struct scpi_instrument_options, identity),
     .minimum = 0,
     .maximum = 120,
     .fallback = "",
     .help = "text that the answer to *IDN? must contain; empty: what it answers first must stay the same"},
    {.name = "error_queue",
     .type = OPTION_BOOLEAN,
     .offset = offsetof(struct scpi_instrument_options, error_queue),
     .fallback = "true",
     .help = "ask SYST:ERR? after each write, so that a refused command is known as such"},
    {.name = "token",
     .type = OPTION_BOOLEAN,
     .offset = offsetof(struct scpi_instrument_options, token),
     .fallback = "true",
     .help = "after each opening or recovery write a fresh number with *ESE and read it back, which proves "
             "that no late "
             "answer is left on the line; false for instruments without *ESE"},
    {.name = "compound",
     .type = OPTION_BOOLEAN,
     .offset = offsetof(struct scpi_instrument_options, compound),
     .fallback = "true",
     .help =
         "while a late answer may still come, and for records, ask for the token in the same message "
         "(\":FREQ?;*ESE?\"), so that the answer names its question; whether the instrument can is found out "
         "at the first greeting; needs token"},
    {.name = "terminator",
     .type = OPTION_CHOICE,
     .offset = offsetof(struct scpi_instrument_options, terminator),
     .choices = terminator_choices,
     .fallback = "lf",
     .help = "what ends a message to the instrument; answers may end in either"},
    {.name = NULL                           },
};

static const struct option point_rows[] = {
    {.name = "query",
     .type = OPTION_TEXT,
     .offset = offsetof(struct scpi_point_options, query),
     .minimum = 0,
     .maximum = 120,
     .fallback = "",
     .help = "what to ask, with its question mark: \":SOUR1:FREQ?\"; needed by points that are read"},
    {.name = "set",
     .type = OPTION_TEXT,
     .offset = offsetof(struct scpi_point_options, set),
     .minimum = 0,
     .maximum = 120,
     .fallback = "",
     .help =
         "what to send, with {} where the value goes: \":SOUR1:FREQ {}\"; needed by points that are written"},
    {.name = "on",
     .type = OPTION_TEXT,
     .offset = offsetof(struct scpi_point_options, on),
     .minimum = 0,
     .maximum = 120,
     .fallback = "",
     .help = "booleans whose words are not ON and OFF: what is said for on, and after commas what else is "
             "answered for it: \"RUN,TD,WAIT,AUTO\""},
    {.name = "off",
     .type = OPTION_TEXT,
     .offset = offsetof(struct scpi_point_options, off),
     .minimum = 0,
     .maximum = 120,
     .fallback = "",
     .help = "the same for off: \"STOP\""},
    {.name = NULL                                           },
};

static const struct option waveform_rows[] = {
    {.name = "source",
     .type = OPTION_TEXT,
     .offset = offsetof(struct scpi_waveform_options, source),
     .minimum = 1,
     .maximum = 16,
     .help = "channel in the instrument's words, \"CHAN1\""},
    {.name = NULL},
};

const struct option_table scpi_instrument_options = {"scpi instrument",
                                                     sizeof(struct scpi_instrument_options), instrument_rows};
const struct option_table scpi_point_options = {"scpi point", sizeof(struct scpi_point_options), point_rows};
const struct option_table scpi_waveform_options = {"scpi waveform", sizeof(struct scpi_waveform_options),
                                                   waveform_rows};
