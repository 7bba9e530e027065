/* scpi.h - a SCPI instrument's message exchange: headers in short and long form, compound messages,
 * parameters, the status registers and the error queue. Pure.
 *
 * Sources: SCPI-1999 volume 1 (syntax, section 6; error numbers, volume 2 chapter 21), IEEE 488.2-1992
 * (common commands, section 10; status, section 11). */
#ifndef DRIVERS_SIM_SCPI_H
#define DRIVERS_SIM_SCPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCPI_MESSAGE_MAX    2048
#define SCPI_PARAMETERS_MAX 8
#define SCPI_QUEUE_MAX      16

enum scpi_error {
    SCPI_OK = 0,
    SCPI_COMMAND_ERROR = -100,
    SCPI_DATA_TYPE = -104,
    SCPI_NOT_ALLOWED = -108,
    SCPI_MISSING = -109,
    SCPI_UNDEFINED = -113,
    SCPI_SUFFIX_OUT_OF_RANGE = -114,
    SCPI_SETTINGS_CONFLICT = -221,
    SCPI_OUT_OF_RANGE = -222,
    SCPI_ILLEGAL_VALUE = -224,
    SCPI_QUEUE_OVERFLOW = -350,
    SCPI_INPUT_OVERRUN = -363,
};

enum scpi_event { /* standard event status register */
                  SCPI_EVENT_OPERATION_COMPLETE = 1 << 0,
                  SCPI_EVENT_QUERY = 1 << 2,
                  SCPI_EVENT_DEVICE = 1 << 3,
                  SCPI_EVENT_EXECUTION = 1 << 4,
                  SCPI_EVENT_COMMAND = 1 << 5,
                  SCPI_EVENT_POWER_ON = 1 << 7,
};

/* Bytes that grow. Owned by whoever declared it; scpi_text_free releases. */
struct scpi_text {
    char *bytes;
    size_t length, capacity;
};
void scpi_text_add(struct scpi_text *text, const void *bytes, size_t length);
void scpi_text_print(struct scpi_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void scpi_text_free(struct scpi_text *text);

struct scpi_device;

/* One command or query of a message, taken apart. */
struct scpi_call {
    struct scpi_device *device;
    void *state;                        /* the instrument's structure */
    const struct scpi_command *command; /* the row that matched */
    int suffix[3]; /* numeric suffixes where the pattern has #, in order; 1 when absent */
    const char *parameters[SCPI_PARAMETERS_MAX]; /* NUL-terminated, without blanks around */
    size_t parameter_count;
    struct scpi_text *reply; /* queries append here, without a terminator */
};

/* Returns an enum scpi_error. */
typedef int scpi_handler(struct scpi_call *call);

struct scpi_command {
    const char *pattern;  /* ":CHANnel#:SCALe", "[:SOURce#]:FREQuency[:FIXed]"; capitals are the short form */
    scpi_handler *set;    /* NULL: there is only a query */
    scpi_handler *query;  /* NULL: there is only a command */
    unsigned least, most; /* parameters of set */
    const void *detail;   /* for handlers that serve several rows */
};

struct scpi_kind {
    const char *name;                         /* "scope" */
    const char *model;                        /* manufacturer and model, "RIGOL TECHNOLOGIES,DS1104Z" */
    const char *version;                      /* of the firmware */
    const struct scpi_command *const *groups; /* tables that end with a NULL pattern; the list with NULL */
    void (*reset)(void *state);
    void (*step)(void *state, double now); /* s of the monotonic clock; NULL: time changes nothing */
    void (*finish)(void *state);           /* releases what the state owns; NULL: nothing */
};

struct scpi_device {
    const struct scpi_kind *kind;
    void *state;
    const char *serial;
    uint8_t event, event_enable, service_enable;
    int errors[SCPI_QUEUE_MAX];
    size_t error_count;
};

void scpi_init(struct scpi_device *device, const struct scpi_kind *kind, void *state, const char *serial);
/* Carries out one message, without its terminator. The replies of its queries are joined by ';' and end with
 * a newline; nothing is appended when there was no query or none succeeded. */
void scpi_execute(struct scpi_device *device, const char *message, struct scpi_text *reply);
void scpi_raise(struct scpi_device *device, int error);
const char *scpi_error_text(int error);
/* Whether the message asks for nothing. */
bool scpi_only_commands(const char *message);

/* Parameters. Each returns SCPI_OK or the error to raise. Numbers may carry a unit with a multiplier
 * ("1.5kHz", "500mVpp", "2us") and be MINimum, MAXimum or DEFault. */
struct scpi_range {
    double minimum, maximum, fallback;
};
int scpi_number(const struct scpi_call *call, size_t index, const struct scpi_range *range, double *value);
int scpi_boolean(const struct scpi_call *call, size_t index, bool *value);
/* `words` are in the manner of patterns ("POSitive"), ending with NULL; *choice is the index. */
int scpi_choice(const struct scpi_call *call, size_t index, const char *const *words, int *choice);
/* Whether `text` is the short or the long form of `word`, in any case. */
bool scpi_word_fits(const char *word, const char *text, size_t length);
/* "POS" of "POSitive". */
void scpi_short_form(const char *word, char *text, size_t capacity);

#endif
