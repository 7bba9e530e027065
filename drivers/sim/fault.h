/* fault.h - what can go wrong between an instrument and its master, on demand.
 *
 * A fault is armed on an instrument, with a limit: so many replies, so long, or for ever; with a rate, so
 * many percent of the replies; and with a filter, only some requests. The first armed fault that applies to a
 * reply is the one that strikes it. Choices are drawn from the fault's own seed, so that a run can be
 * repeated. */
#ifndef DRIVERS_SIM_FAULT_H
#define DRIVERS_SIM_FAULT_H

#include "drivers/sim/clock.h"
#include "drivers/sim/noise.h"

#include <stddef.h>

enum fault_id {
    FAULT_NONE,
    FAULT_LATE,
    FAULT_LOST,
    FAULT_UNHEARD,
    FAULT_TRUNCATED,
    FAULT_DRIBBLED,
    FAULT_GARBLED,
    FAULT_FOREIGN,
    FAULT_WRONG_UNIT,
    FAULT_WRONG_FUNCTION,
    FAULT_WRONG_ECHO,
    FAULT_WRONG_TRANSACTION,
    FAULT_BAD_CRC,
    FAULT_EXCEPTION,
    FAULT_FROZEN,
    FAULT_ACTS_LATE,
    FAULT_IGNORED,
    FAULT_NO_LENGTH,
    FAULT_SHORT_BLOCK,
    FAULT_ERROR_QUEUE,
    FAULT_ANY,
};

enum fault_medium { MEDIUM_TCP = 1, MEDIUM_RTU = 2, MEDIUM_SCPI = 4 };

enum fault_argument { ARGUMENT_NONE, ARGUMENT_DURATION, ARGUMENT_NUMBER, ARGUMENT_NAME };

struct fault_kind {
    enum fault_id id;
    const char *name;
    unsigned media; /* enum fault_medium */
    enum fault_argument argument;
    double fallback; /* ns or number; below 0: the argument must be given */
    const char *help;
};

#define FAULT_NAME_MAX 48

struct fault {
    const struct fault_kind *kind;
    double argument;             /* ns or number */
    char name[FAULT_NAME_MAX];   /* ARGUMENT_NAME */
    char filter[FAULT_NAME_MAX]; /* "", "read", "write", a function code, or part of a SCPI message */
    int64_t until;               /* CLOCK_NEVER: no end */
    uint64_t left;               /* UINT64_MAX: no end */
    double rate;                 /* 0 to 1 */
    struct noise noise;
    uint64_t struck;
};

#define FAULTS_MAX 16

struct faults {
    struct fault armed[FAULTS_MAX];
    size_t count;
    uint64_t struck; /* since the start, by faults that are gone too */
};

/* One request, as filters see it. */
struct fault_request {
    enum fault_medium medium;
    int function; /* Modbus; -1 on SCPI */
    bool writes;
    const char *message; /* SCPI; NULL on Modbus */
};

/* All kinds, for help and documentation; ends with a NULL name. */
extern const struct fault_kind fault_kinds[];

/* Parses "KIND [ARGUMENT] [count N] [for DURATION] [rate PERCENT] [seed N] [on FILTER]". On failure writes
 * for people what is wrong into `problem` and returns -1. */
int fault_parse(char *const *words, size_t count, unsigned media, int64_t now, struct fault *fault,
                char *problem, size_t capacity);
/* -1: there is no room for another. */
int faults_arm(struct faults *faults, const struct fault *fault);
void faults_clear(struct faults *faults);

/* The fault that strikes this request, counted; NULL for none. FAULT_ANY is resolved: *id is what happens. A
 * fault that has reached its limit stays until the next call, so the pointer holds until then. */
struct fault *faults_strike(struct faults *faults, const struct fault_request *request, int64_t now,
                            enum fault_id *id);

#endif
