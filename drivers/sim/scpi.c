#include "drivers/sim/scpi.h"

#include "drivers/sim/scpi_header.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_MAX 128

static const struct {
    int number;
    const char *text;
} errors[] = {
    {SCPI_OK,                  "No error"                  },
    {SCPI_COMMAND_ERROR,       "Command error"             },
    {SCPI_DATA_TYPE,           "Data type error"           },
    {SCPI_NOT_ALLOWED,         "Parameter not allowed"     },
    {SCPI_MISSING,             "Missing parameter"         },
    {SCPI_UNDEFINED,           "Undefined header"          },
    {SCPI_SUFFIX_OUT_OF_RANGE, "Header suffix out of range"},
    {SCPI_SETTINGS_CONFLICT,   "Settings conflict"         },
    {SCPI_OUT_OF_RANGE,        "Data out of range"         },
    {SCPI_ILLEGAL_VALUE,       "Illegal parameter value"   },
    {SCPI_QUEUE_OVERFLOW,      "Queue overflow"            },
    {SCPI_INPUT_OVERRUN,       "Input buffer overrun"      },
};

const char *scpi_error_text(int error)
{
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (errors[i].number == error)
            return errors[i].text;
    return "Unknown error";
}

static uint8_t event_of(int error)
{
    if (error <= -400)
        return SCPI_EVENT_QUERY;
    if (error <= -300)
        return SCPI_EVENT_DEVICE;
    return error <= -200 ? SCPI_EVENT_EXECUTION : SCPI_EVENT_COMMAND;
}

/* SCPI-1999 volume 2, section 21.8.1: when the queue is full its last entry becomes the overflow. */
void scpi_raise(struct scpi_device *device, int error)
{
    device->event |= event_of(error);
    if (device->error_count < SCPI_QUEUE_MAX)
        device->errors[device->error_count++] = error;
    else
        device->errors[SCPI_QUEUE_MAX - 1] = SCPI_QUEUE_OVERFLOW;
}

void scpi_init(struct scpi_device *device, const struct scpi_kind *kind, void *state, const char *serial)
{
    *device =
        (struct scpi_device){.kind = kind, .state = state, .serial = serial, .event = SCPI_EVENT_POWER_ON};
}

/* --- common commands and the error queue --- */

static int take_error(struct scpi_call *call)
{
    struct scpi_device *device = call->device;
    int error = SCPI_OK;
    if (device->error_count) {
        error = device->errors[0];
        device->error_count--;
        memmove(device->errors, device->errors + 1, device->error_count * sizeof *device->errors);
    }
    scpi_text_print(call->reply, "%d,\"%s\"", error, scpi_error_text(error));
    return SCPI_OK;
}

static int count_errors(struct scpi_call *call)
{
    scpi_text_print(call->reply, "%zu", call->device->error_count);
    return SCPI_OK;
}

static int identify(struct scpi_call *call)
{
    scpi_text_print(call->reply, "%s,%s,%s", call->device->kind->model, call->device->serial,
                    call->device->kind->version);
    return SCPI_OK;
}

static int reset(struct scpi_call *call)
{
    call->device->kind->reset(call->state);
    return SCPI_OK;
}

static int clear_status(struct scpi_call *call)
{
    call->device->event = 0;
    call->device->error_count = 0;
    return SCPI_OK;
}

static int complete_operation(struct scpi_call *call)
{
    call->device->event |= SCPI_EVENT_OPERATION_COMPLETE;
    return SCPI_OK;
}

static int say_one(struct scpi_call *call)
{
    scpi_text_print(call->reply, "1");
    return SCPI_OK;
}

static int say_zero(struct scpi_call *call)
{
    scpi_text_print(call->reply, "0");
    return SCPI_OK;
}

static int do_nothing(struct scpi_call *call)
{
    (void)call;
    return SCPI_OK;
}

static int take_event(struct scpi_call *call)
{
    scpi_text_print(call->reply, "%u", call->device->event);
    call->device->event = 0;
    return SCPI_OK;
}

static int status_byte(struct scpi_call *call)
{
    const struct scpi_device *device = call->device;
    unsigned status = (device->error_count ? 1u << 2 : 0) | (call->reply->length ? 1u << 4 : 0) |
                      (device->event & device->event_enable ? 1u << 5 : 0);
    if (status & device->service_enable)
        status |= 1u << 6;
    scpi_text_print(call->reply, "%u", status);
    return SCPI_OK;
}

static int set_mask(struct scpi_call *call, uint8_t *mask)
{
    double value;
    int error = scpi_number(call, 0, &(struct scpi_range){0, 255, 0}, &value);
    if (!error)
        *mask = (uint8_t)value;
    return error;
}

static int set_event_enable(struct scpi_call *call)
{
    return set_mask(call, &call->device->event_enable);
}

static int set_service_enable(struct scpi_call *call)
{
    return set_mask(call, &call->device->service_enable);
}

static int show_event_enable(struct scpi_call *call)
{
    scpi_text_print(call->reply, "%u", call->device->event_enable);
    return SCPI_OK;
}

static int show_service_enable(struct scpi_call *call)
{
    scpi_text_print(call->reply, "%u", call->device->service_enable & ~(1u << 6));
    return SCPI_OK;
}

static int show_version(struct scpi_call *call)
{
    scpi_text_print(call->reply, "1999.0");
    return SCPI_OK;
}

static const struct scpi_command common[] = {
    {"*IDN",                 NULL,               identify,            0, 0, NULL},
    {"*RST",                 reset,              NULL,                0, 0, NULL},
    {"*CLS",                 clear_status,       NULL,                0, 0, NULL},
    {"*OPC",                 complete_operation, say_one,             0, 0, NULL},
    {"*WAI",                 do_nothing,         NULL,                0, 0, NULL},
    {"*TST",                 NULL,               say_zero,            0, 0, NULL},
    {"*ESR",                 NULL,               take_event,          0, 0, NULL},
    {"*STB",                 NULL,               status_byte,         0, 0, NULL},
    {"*ESE",                 set_event_enable,   show_event_enable,   1, 1, NULL},
    {"*SRE",                 set_service_enable, show_service_enable, 1, 1, NULL},
    {":SYSTem:ERRor[:NEXT]", NULL,               take_error,          0, 0, NULL},
    {":SYSTem:ERRor:COUNt",  NULL,               count_errors,        0, 0, NULL},
    {":SYSTem:VERSion",      NULL,               show_version,        0, 0, NULL},
    {NULL,                   NULL,               NULL,                0, 0, NULL},
};

/* --- messages --- */

static const struct scpi_command *command_find(const struct scpi_command *commands, const char *header,
                                               int *suffixes)
{
    for (const struct scpi_command *command = commands; command->pattern; command++)
        if (scpi_header_fits(command->pattern, header, suffixes))
            return command;
    return NULL;
}

static char *trimmed(char *text)
{
    text += strspn(text, " \t\r\n");
    size_t length = strlen(text);
    while (length && isspace((unsigned char)text[length - 1]))
        text[--length] = '\0';
    return text;
}

static int split_parameters(struct scpi_call *call, char *text)
{
    text = trimmed(text);
    while (text && *text) {
        if (call->parameter_count == SCPI_PARAMETERS_MAX)
            return SCPI_NOT_ALLOWED;
        char *parameter = strsep(&text, ",");
        call->parameters[call->parameter_count++] = trimmed(parameter);
    }
    return SCPI_OK;
}

/* A header without a leading colon continues where the one before it in the message left off. */
static bool resolve(char *path, const char *header, char *absolute)
{
    bool fresh = *header == ':' || *header == '*';
    int length = snprintf(absolute, HEADER_MAX, "%s%s", fresh ? "" : path, header + (*header == ':'));
    if (length >= HEADER_MAX)
        return false;
    if (*header == '*')
        return true;
    const char *last = strrchr(absolute, ':');
    size_t kept = last ? (size_t)(last - absolute) + 1 : 0;
    memcpy(path, absolute, kept);
    path[kept] = '\0';
    return true;
}

static int perform(struct scpi_call *call, char *path, char *unit)
{
    char absolute[HEADER_MAX];
    char *parameters = unit + strcspn(unit, " \t");
    if (*parameters)
        *parameters++ = '\0';
    size_t length = strlen(unit);
    bool query = length && unit[length - 1] == '?';
    if (query)
        unit[length - 1] = '\0';
    if (!resolve(path, unit, absolute))
        return SCPI_UNDEFINED;
    call->command = command_find(common, absolute, call->suffix);
    for (const struct scpi_command *const *group = call->device->kind->groups; *group && !call->command;
         group++)
        call->command = command_find(*group, absolute, call->suffix);
    scpi_handler *handler = !call->command ? NULL : query ? call->command->query : call->command->set;
    if (!handler)
        return SCPI_UNDEFINED;
    int error = split_parameters(call, parameters);
    if (error)
        return error;
    if (!query && call->parameter_count < call->command->least)
        return SCPI_MISSING;
    if (!query && call->parameter_count > call->command->most)
        return SCPI_NOT_ALLOWED;
    return handler(call);
}

void scpi_execute(struct scpi_device *device, const char *message, struct scpi_text *reply)
{
    char copy[SCPI_MESSAGE_MAX], path[HEADER_MAX] = "", *rest = copy, *unit;
    if (strlen(message) >= sizeof copy) {
        scpi_raise(device, SCPI_INPUT_OVERRUN);
        return;
    }
    memcpy(copy, message, strlen(message) + 1);
    while ((unit = strsep(&rest, ";"))) {
        unit = trimmed(unit);
        if (!*unit)
            continue;
        size_t before = reply->length;
        if (before)
            scpi_text_add(reply, ";", 1);
        size_t begun = reply->length;
        struct scpi_call call = {.device = device, .state = device->state, .reply = reply};
        int error = perform(&call, path, unit);
        if (error)
            scpi_raise(device, error);
        if (error || reply->length == begun)
            reply->length = before;
        if (error <= SCPI_COMMAND_ERROR && error > -200)
            break; /* IEEE 488.2, section 7.1: after a command error the rest is not understood */
    }
    if (reply->length)
        scpi_text_add(reply, "\n", 1);
}

bool scpi_only_commands(const char *message)
{
    return strchr(message, '?') == NULL;
}
