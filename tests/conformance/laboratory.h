/* laboratory.h - a labsim of one's own: started as a child, spoken to through its control socket, ended
 * with it. */
#ifndef TESTS_CONFORMANCE_LABORATORY_H
#define TESTS_CONFORMANCE_LABORATORY_H

#include "drivers/driver.h"

#include <sys/types.h>

struct laboratory {
    pid_t child;
    int control;
    char directory[32]; /* for sockets and ptys; removed at the end */
    char instrument[32];
    char host[64], device[128]; /* of the instrument's line */
    struct driver_line_spec line;
};

/* Starts `program` with one argument, "INSTRUMENTS@ADDRESS[,OPTION]", where %s stands for the directory,
 * and finds the line of `instrument`. Ends the process with a message when it cannot. */
void laboratory_start(struct laboratory *laboratory, const char *program, const char *argument,
                      const char *instrument);
void laboratory_stop(struct laboratory *laboratory);

/* Sends a verb with its words; %s of `format` may stand for the instrument's name among them. The answer,
 * without its "ok", goes to `answer` (NULL: not wanted). False for "error: ...", which is then the answer. */
bool laboratory_ask(struct laboratory *laboratory, char *answer, size_t capacity, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* A variable of the instrument's true state; false when there is none of that name. */
bool laboratory_truth(struct laboratory *laboratory, const char *variable, char *text, size_t capacity);

int64_t laboratory_now(void); /* CLOCK_MONOTONIC, ns */
#define LABORATORY_SECOND INT64_C(1000000000)

#endif
