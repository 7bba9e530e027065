/* What may stand in an interlock. */
#include "gateway/config/interlocks.h"

static const char *const reset_choices[] = {"student", "teacher", "technician", NULL};
static const char *const reset_on_fault_choices[] = {"self", "technician", NULL};
static const char *const on_bad_choices[] = {"trip", "ignore", NULL};

static const struct option trip_options[] = {
    {.name = "trip",
     .type = OPTION_TEXT,
     .offset = offsetof(struct interlock_form, name),
     .minimum = 1,
     .maximum = 40,
     .help = "its name"},
    {.name = "for",
     .type = OPTION_DURATION,
     .offset = offsetof(struct interlock_form, hold),
     .minimum = 0,
     .maximum = 3600,
     .fallback = "0 s",
     .help = "how long the condition must last"},
    {.name = "confirm",
     .type = OPTION_INTEGER,
     .offset = offsetof(struct interlock_form, confirm),
     .minimum = 1,
     .maximum = 100,
     .fallback = "1",
     .help = "reads in a row that must show the condition"},
    {.name = "reset",
     .type = OPTION_CHOICE,
     .offset = offsetof(struct interlock_form, reset),
     .choices = reset_choices,
     .fallback = "technician",
     .help = "least role that may reset it"},
    {.name = "reset_on_fault",
     .type = OPTION_CHOICE,
     .offset = offsetof(struct interlock_form, reset_on_fault),
     .choices = reset_on_fault_choices,
     .fallback = "self",
     .help = "a trip by nothing but a bad input: resets itself once the input is good and the rig verified "
             "safe, or "
             "waits for a technician"},
    {.name = "on_bad",
     .type = OPTION_CHOICE,
     .offset = offsetof(struct interlock_form, on_bad),
     .choices = on_bad_choices,
     .fallback = "trip",
     .help = "what a bad or stale input does; ignore gives up the protection while the input is not known"},
    {.name = "reaction",
     .type = OPTION_DURATION,
     .offset = offsetof(struct interlock_form, reaction),
     .minimum = 0.01,
     .maximum = 3600,
     .fallback = "0 s",
     .help = "longest time that is allowed from when the condition is true to when the outputs are written; "
             "refused "
             "when the lines cannot keep it"},
    {.name = NULL                       },
};
static const struct part trip_parts[] = {
    {.name = "when",
     .kind = PART_VALUE,
     .offset = offsetof(struct interlock_form, when),
     .required = true,
     .form = "plc.level > 0.15 m and age(plc.level) < 1 s",
     .help = "condition that makes the rig safe and latches"},
    {.name = "drives",
     .kind = PART_TABLE,
     .offset = offsetof(struct interlock_form, drives),
     .form = "{plc.heater: off}",
     .help = "what it sets; the whole safe sequence where it is not given"},
    {.name = NULL                        },
};

static const struct option permissive_options[] = {
    {.name = "permissive",
     .type = OPTION_TEXT,
     .offset = offsetof(struct interlock_form, name),
     .minimum = 1,
     .maximum = 40,
     .help = "its name"},
    {.name = "for",
     .type = OPTION_DURATION,
     .offset = offsetof(struct interlock_form, hold),
     .minimum = 0,
     .maximum = 3600,
     .fallback = "0 s",
     .help = "how long the condition must have held"},
    {.name = "only_to_start",
     .type = OPTION_BOOLEAN,
     .offset = offsetof(struct interlock_form, only_to_start),
     .fallback = "false",
     .help = "whether the output stays as it is when the condition is lost; otherwise it is driven to its "
             "safe value"},
    {.name = "reaction",
     .type = OPTION_DURATION,
     .offset = offsetof(struct interlock_form, reaction),
     .minimum = 0.01,
     .maximum = 3600,
     .fallback = "0 s",
     .help = "longest time that is allowed from when the condition is lost to when the output is written; "
             "refused when "
             "the lines cannot keep it"},
    {.name = NULL                           },
};
static const struct part permissive_parts[] = {
    {.name = "of",
     .kind = PART_VALUE,
     .offset = offsetof(struct interlock_form, of),
     .required = true,
     .form = "plc.heater",
     .help = "output that may leave its safe value only while the condition holds"},
    {.name = "when",
     .kind = PART_VALUE,
     .offset = offsetof(struct interlock_form, when),
     .required = true,
     .form = "plc.level > 0.15 m and age(plc.level) < 1 s",
     .help = "condition that must hold, on fresh inputs"},
    {.name = NULL                        },
};

static const struct option name_options[] = {
    {.name = "name",
     .type = OPTION_TEXT,
     .offset = offsetof(struct interlock_form, name),
     .minimum = 1,
     .maximum = 40,
     .fallback = "",
     .help = "what refusals and records call it; made of the names of its points where it is not given"},
    {.name = NULL}
};
static const struct part exclusive_parts[] = {
    {.name = "exclusive",
     .kind = PART_LIST,
     .offset = offsetof(struct interlock_form, exclusive),
     .required = true,
     .form = "[plc.fill, plc.drain]",
     .help = "outputs of which at most one may be away from its safe value"},
    {.name = NULL},
};

static const struct option limit_options[] = {
    {.name = "name",
     .type = OPTION_TEXT,
     .offset = offsetof(struct interlock_form, name),
     .minimum = 1,
     .maximum = 40,
     .fallback = "",
     .help = "what refusals and records call it; made of the names of its points where it is not given"},
    {.name = "ramp_step",
     .type = OPTION_DURATION,
     .offset = offsetof(struct interlock_form, ramp_step),
     .minimum = 0.02,
     .maximum = 60,
     .fallback = "200 ms",
     .help = "time between the writes of a ramp"},
    {.name = "on_for",
     .type = OPTION_DURATION,
     .offset = offsetof(struct interlock_form, on_for),
     .minimum = 0.1,
     .maximum = 86400,
     .fallback = "0 s",
     .help = "longest time away from the safe value; then it is driven there"},
    {.name = "off_for",
     .type = OPTION_DURATION,
     .offset = offsetof(struct interlock_form, off_for),
     .minimum = 0.1,
     .maximum = 86400,
     .fallback = "0 s",
     .help =
         "shortest time at the safe value before it may leave it again, as a compressor needs; counted from "
         "when it was confirmed there, after a start of the gateway from when the rig was verified safe"},
    {.name = "starts",
     .type = OPTION_INTEGER,
     .offset = offsetof(struct interlock_form, starts),
     .minimum = 1,
     .maximum = 1000000,
     .fallback = "0",
     .help = "how often in a session it may leave its safe value; 0: any number of times. A restart of the "
             "gateway in a session begins the count anew"},
    {.name = NULL                 },
};
static const struct part limit_parts[] = {
    {.name = "limit",
     .kind = PART_VALUE,
     .offset = offsetof(struct interlock_form, of),
     .required = true,
     .form = "plc.pump",
     .help = "output that is limited"},
    {.name = "slew",
     .kind = PART_VALUE,
     .offset = offsetof(struct interlock_form, slew),
     .form = "20 %/s",
     .help = "fastest change; a larger step becomes a ramp"},
    {.name = "rate",
     .kind = PART_VALUE,
     .offset = offsetof(struct interlock_form, rate),
     .form = "2 /s",
     .help = "how often it may be commanded"},
    {.name = "range",
     .kind = PART_ANY,
     .offset = offsetof(struct interlock_form, range),
     .form = "0 % .. 80 %",
     .help = "narrower range for students; by role: {student: 0 % .. 60 %, teacher: 0 % .. 80 %}"},
    {.name = "total",
     .kind = PART_VALUE,
     .offset = offsetof(struct interlock_form, total),
     .form = "0.5 kWh",
     .help =
         "most that may add up in a session while it is away from its safe value, such as energy or volume; "
         "then it is driven there. A restart of the gateway in a session begins the sum anew"},
    {.name = "totalizes",
     .kind = PART_VALUE,
     .offset = offsetof(struct interlock_form, totalizes),
     .form = "plc.heater_power",
     .help =
         "what adds up to the total: a point, whose maximum counts while it cannot be read, or what always "
         "flows, like 2 kW"},
    {.name = NULL                        },
};

#define WHERE "One of a rig's `interlocks`."
const struct section section_trip = {"trip", WHERE, trip_options, trip_parts, NULL};
const struct section section_permissive = {"permissive", WHERE, permissive_options, permissive_parts, NULL};
const struct section section_exclusive = {"exclusive", WHERE, name_options, exclusive_parts, NULL};
const struct section section_limit = {"limit", WHERE, limit_options, limit_parts, NULL};
