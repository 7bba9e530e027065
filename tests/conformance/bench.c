#include "tests/conformance/bench.h"

#include "drivers/modbus.h"
#include "drivers/scpi.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* --- modbus --- */

static const struct modbus_instrument_options unit_1 = {.unit = 1, .gap = 8};

#define AT_BIT(...) (&(const struct modbus_point_options){.scale = 1, __VA_ARGS__})
#define AT(...)     AT_BIT(.bit = MODBUS_NO_BIT, __VA_ARGS__)

static const struct probe tank_probes[] = {
    {{"limit", DRIVER_NUMBER, true, true, NULL,
      &(const struct modbus_point_options){
          .table = MODBUS_HOLDING, .address = 3, .as = MODBUS_INT16, .scale = 0.1, .bit = MODBUS_NO_BIT}},
     "temperature_limit", -1,
     true,  {20.5, 33.3, 47.1, 61.9}                },
    {{"level_alarm", DRIVER_NUMBER, true, true, NULL,
      AT(.table = MODBUS_HOLDING, .address = 4, .as = MODBUS_FLOAT32, .order = MODBUS_CDAB)},
     "level_alarm",       -1,
     true,  {0.125, 0.25, 0.375, 0.4375}            },
    {{"watchdog", DRIVER_INTEGER, true, true, NULL, AT(.table = MODBUS_HOLDING, .address = 6)},
     "watchdog_ms",       -1,
     true,  {1000, 2000, 3000, 5000}                },
    {{"lamp", DRIVER_BOOLEAN, true, true, NULL, AT_BIT(.table = MODBUS_HOLDING, .address = 2, .bit = 9)},
     "controls",          9,
     false, {0, 1}                                  },
    {{"fill", DRIVER_BOOLEAN, true, true, NULL, AT(.table = MODBUS_COIL, .address = 1)},
     "fill",              -1,
     true,  {0, 1}                                  },
    {{"guard", DRIVER_BOOLEAN, true, false, NULL, AT(.table = MODBUS_DISCRETE, .address = 5)},
     "guard_closed",      -1,
     true,  {0, 1}                                  },
    {{"serial", DRIVER_INTEGER, true, false, NULL,
      AT(.table = MODBUS_HOLDING, .address = 108, .as = MODBUS_UINT32)},
     "serial",            -1,
     true,  {20240001, 70000, 4000000000, 305419896}},
    {{"identification", DRIVER_TEXT, true, false, NULL,
      AT(.table = MODBUS_HOLDING, .address = 100, .as = MODBUS_STRING, .length = 8)},
     "identification",    -1,
     false, {0}                                     },
};

/* --- scpi --- */

static char maker[] = "RIGOL TECHNOLOGIES,DS1", level_query[] = ":TRIG:EDGE:LEV?",
            level_set[] = ":TRIG:EDGE:LEV {}", offset_query[] = ":TIM:OFFS?", offset_set[] = ":TIM:OFFS {}",
            scale_query[] = ":TIM:SCAL?", scale_set[] = ":TIM:SCAL {}", channel_1[] = "CHAN1",
            channel_2[] = "CHAN2";

static const struct scpi_instrument_options scope_options = {
    .identity = maker, .error_queue = true, .token = true};
static const struct scpi_point_options level = {level_query, level_set, NULL, NULL},
                                       offset = {offset_query, offset_set, NULL, NULL},
                                       scale = {scale_query, scale_set, NULL, NULL};

static const struct probe scope_probes[] = {
    {{"trigger_level", DRIVER_NUMBER, true, true, NULL, &level},
     "trigger_level", -1,
     false, {0.5, -0.25, 1.5, 0.75}  },
    {{"time_offset", DRIVER_NUMBER, true, true, NULL, &offset},
     "time_offset",   -1,
     false, {0.001, -0.002, 0, 0.003}},
    {{"time_scale", DRIVER_NUMBER, true, true, NULL, &scale},
     "time_scale",    -1,
     false, {1e-3, 5e-4, 2e-4, 1e-4} },
};

static const struct scpi_waveform_options first_channel = {channel_1}, second_channel = {channel_2};
static const struct driver_waveform scope_waveforms[] = {
    {"ch1", "V", &first_channel },
    {"ch2", "V", &second_channel}
};

/* A memory of 12,000 samples that stands still, so that all records of it are equal. */
static int stop_with_full_memory(struct driver_instrument *instrument, struct driver_line *line,
                                 int64_t deadline, struct driver_fault *fault)
{
    char answer[SCPI_ANSWER_MAX];
    int result = scpi_send(instrument, line, deadline, fault, ":ACQ:MDEP 12000");
    if (!result)
        result = scpi_ask(instrument, line, "*OPC?", answer, deadline, fault);
    if (!result)
        result = scpi_send(instrument, line, deadline, fault, ":TFOR");
    if (!result)
        result = scpi_send(instrument, line, deadline, fault, ":STOP");
    return result ? result : scpi_check_errors(instrument, line, "preparing", deadline, fault);
}

/* --- all --- */

#define TANK                                                                                                 \
    .instrument = "tank:1", .options = &unit_1, .probes = tank_probes, .probe_count = COUNT(tank_probes)
#define SCOPE                                                                                                \
    .instrument = "scope:A", .options = &scope_options, .probes = scope_probes,                              \
    .probe_count = COUNT(scope_probes)
#define RECORDS                                                                                              \
    .waveforms = scope_waveforms, .waveform_count = COUNT(scope_waveforms), .prepare = stop_with_full_memory
#define MODBUS                                .driver = "modbus", TANK
#define SCPI                                  .driver = "scpi", SCOPE
#define RIGOL                                 .driver = "scpi-rigol-ds1000z", SCOPE, RECORDS
#define ON(chosen_name, chosen_medium, place) .name = chosen_name, .medium = chosen_medium, .argument = place

const struct bench benches[] = {
    {ON("modbus/tcp",             MEDIUM_TCP, "tank:1@tcp:127.0.0.1:0"), MODBUS},
    {ON("modbus/rtu",  MEDIUM_RTU, "tank:1,motor:2@rtu:%s/line,baud=115200"), MODBUS},
    {ON("scpi/tcp",                           MEDIUM_SCPI, "scope:A@tcp:127.0.0.1:0"), SCPI},
    {ON("scpi/serial",                MEDIUM_SCPI, "scope:A@pty:%s/line"), SCPI},
    {ON("scpi-rigol-ds1000z/tcp",                     MEDIUM_SCPI, "scope:A@tcp:127.0.0.1:0"), RIGOL},
    {ON("scpi-rigol-ds1000z/serial",               MEDIUM_SCPI, "scope:A@pty:%s/line"), RIGOL},
    {.name = NULL},
};
