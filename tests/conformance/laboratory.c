#include "tests/conformance/laboratory.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MAX 16384

int64_t laboratory_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * LABORATORY_SECOND + now.tv_nsec;
}

static void give_up(const char *what)
{
    fprintf(stderr, "conformance: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

static FILE *spawn(struct laboratory *laboratory, const char *program, const char *control,
                   const char *argument)
{
    int output[2];
    if (pipe(output))
        give_up("pipe");
    laboratory->child = fork();
    if (laboratory->child < 0)
        give_up("fork");
    if (laboratory->child == 0) {
        dup2(output[1], STDOUT_FILENO);
        close(output[0]);
        close(output[1]);
        execl(program, program, "--die-with-parent", "--control", control, argument, (char *)NULL);
        perror(program);
        _exit(127);
    }
    close(output[1]);
    FILE *lines = fdopen(output[0], "r");
    if (!lines)
        give_up("fdopen");
    return lines;
}

/* "instrument tank:1 tcp 127.0.0.1 40001", "... rtu PATH", "... pty PATH" */
static void take_address(struct laboratory *laboratory, const char *line)
{
    char name[32], kind[8], place[128];
    unsigned port = 0;
    if (sscanf(line, "instrument %31s %7s %127s %u", name, kind, place, &port) < 3 ||
        strcmp(name, laboratory->instrument) != 0)
        return;
    laboratory->line = (struct driver_line_spec){
        .serial = strcmp(kind, "tcp") != 0,
        .host = laboratory->host,
        .port = (uint16_t)port,
        .device = laboratory->device,
        .baud = 115200,
        .data_bits = 8,
        .stop_bits = 1,
        .timeout = LABORATORY_SECOND / 5,
        .turnaround = LABORATORY_SECOND / 200,
        .longest = LABORATORY_SECOND / 4,
    };
    snprintf(laboratory->host, sizeof laboratory->host, "%.63s", place);
    snprintf(laboratory->device, sizeof laboratory->device, "%s", place);
}

static void connect_control(struct laboratory *laboratory, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    laboratory->control = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (laboratory->control < 0 ||
        connect(laboratory->control, (const struct sockaddr *)&address, sizeof address))
        give_up(path);
}

void laboratory_start(struct laboratory *laboratory, const char *program, const char *argument,
                      const char *instrument)
{
    *laboratory = (struct laboratory){.control = -1};
    snprintf(laboratory->instrument, sizeof laboratory->instrument, "%s", instrument);
    strcpy(laboratory->directory, "/tmp/labgate-conformance-XXXXXX");
    if (!mkdtemp(laboratory->directory))
        give_up(laboratory->directory);
    char control[64], filled[256], line[256];
    snprintf(control, sizeof control, "%s/control", laboratory->directory);
    const char *place = strstr(argument, "%s");
    snprintf(filled, sizeof filled, "%.*s%s%s", place ? (int)(place - argument) : (int)strlen(argument),
             argument, place ? laboratory->directory : "", place ? place + 2 : "");
    FILE *lines = spawn(laboratory, program, control, filled);
    bool ready = false;
    while (!ready && fgets(line, sizeof line, lines)) {
        take_address(laboratory, line);
        ready = !strcmp(line, "ready\n");
    }
    fclose(lines);
    if (!ready || !laboratory->line.timeout) {
        fprintf(stderr, "conformance: labsim did not open %s of %s\n", instrument, filled);
        exit(EXIT_FAILURE);
    }
    connect_control(laboratory, control);
}

void laboratory_stop(struct laboratory *laboratory)
{
    close(laboratory->control);
    kill(laboratory->child, SIGTERM);
    waitpid(laboratory->child, NULL, 0);
    char command[64];
    snprintf(command, sizeof command, "%s/control", laboratory->directory);
    unlink(command);
    snprintf(command, sizeof command, "%s/line", laboratory->directory);
    unlink(command);
    rmdir(laboratory->directory);
}

/* Reads to the line that ends an answer; false for an error. */
static bool receive(struct laboratory *laboratory, char *answer, size_t capacity)
{
    size_t length = 0;
    for (;;) {
        ssize_t got = read(laboratory->control, answer + length, capacity - 1 - length);
        if (got <= 0)
            give_up("labsim's control socket");
        length += (size_t)got;
        answer[length] = '\0';
        if (length >= 3 && !strcmp(answer + length - 3, "ok\n") &&
            (length == 3 || answer[length - 4] == '\n')) {
            answer[length - 3] = '\0';
            return true;
        }
        if (answer[length - 1] == '\n' && !strncmp(answer, "error:", 6))
            return false;
    }
}

bool laboratory_ask(struct laboratory *laboratory, char *answer, size_t capacity, const char *format, ...)
{
    char request[256], all[ANSWER_MAX];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(request, sizeof request - 1, format, arguments);
    va_end(arguments);
    request[length++] = '\n';
    if (write(laboratory->control, request, (size_t)length) != length)
        give_up("labsim's control socket");
    bool done = receive(laboratory, all, sizeof all);
    if (answer)
        snprintf(answer, capacity, "%s", all);
    return done;
}

bool laboratory_truth(struct laboratory *laboratory, const char *variable, char *text, size_t capacity)
{
    char state[ANSWER_MAX];
    if (!laboratory_ask(laboratory, state, sizeof state, "state %s", laboratory->instrument))
        return false;
    size_t length = strlen(variable);
    char *rest = state;
    for (char *line = strtok_r(rest, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        if (!strncmp(line, variable, length) && line[length] == '=') {
            snprintf(text, capacity, "%s", line + length + 1);
            return true;
        }
    return false;
}
