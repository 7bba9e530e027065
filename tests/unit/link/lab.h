/* lab.h - labsim as a child process, and links to its instruments as a configuration would describe them. For
 * the tests and benchmarks that need real lines. */
#ifndef TESTS_UNIT_LINK_LAB_H
#define TESTS_UNIT_LINK_LAB_H

#include "drivers/modbus.h"
#include "gateway/link/link.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LAB_MS     INT64_C(1000000)
#define LAB_SECOND INT64_C(1000000000)

struct lab {
    pid_t process;
    char folder[64], program[PATH_MAX], socket[96], line[96];
    int port; /* of the last instrument that listens on TCP */
};

static inline int64_t lab_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * LAB_SECOND + now.tv_nsec;
}

static inline void lab_sleep(int64_t span)
{
    struct timespec until = {.tv_sec = span / LAB_SECOND, .tv_nsec = span % LAB_SECOND};
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &until, &until) == EINTR)
        ;
}

static inline void lab_die(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(99);
}

/* labsim is built beside the tests: the nearest one above this program. */
static inline void lab_find_program(struct lab *lab)
{
    char here[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", here, sizeof(here) - 1);
    if (length < 0)
        lab_die("finding this program");
    here[length] = '\0';
    for (char *slash; (slash = strrchr(here, '/')) && slash != here;) {
        *slash = '\0';
        snprintf(lab->program, sizeof(lab->program), "%.4000s/labsim", here);
        if (!access(lab->program, X_OK))
            return;
    }
    errno = ENOENT;
    lab_die("finding labsim above this program; build it first");
}

/* Runs labsim with these arguments and gives what it prints until `ready` or its end. */
static inline pid_t lab_run(const char *program, const char *const *arguments, char *output, size_t capacity)
{
    int out[2];
    if (pipe(out))
        lab_die("pipe");
    pid_t process = fork();
    if (process < 0)
        lab_die("fork");
    if (!process) {
        dup2(out[1], STDOUT_FILENO);
        close(out[0]);
        close(out[1]);
        execv(program, (char *const *)arguments);
        _exit(127);
    }
    close(out[1]);
    size_t length = 0;
    output[0] = '\0';
    while (length + 1 < capacity && !strstr(output, "ready\n")) {
        ssize_t got = read(out[0], output + length, capacity - length - 1);
        if (got <= 0)
            break;
        length += (size_t)got;
        output[length] = '\0';
    }
    close(out[0]);
    return process;
}

/* `words` as on labsim's command line; %line stands for the path of a line. */
static inline void lab_start(struct lab *lab, const char *words)
{
    const char *arguments[32];
    char text[1024] = "", output[4096];
    size_t count = 0;
    memset(lab, 0, sizeof(*lab));
    lab_find_program(lab);
    snprintf(lab->folder, sizeof(lab->folder), "/tmp/lab-XXXXXX");
    if (!mkdtemp(lab->folder))
        lab_die("making a folder");
    snprintf(lab->socket, sizeof(lab->socket), "%s/control", lab->folder);
    snprintf(lab->line, sizeof(lab->line), "%s/line", lab->folder);
    for (const char *from = words, *mark; *from; from = mark + 5) {
        mark = strstr(from, "%line");
        size_t length = strlen(text);
        if (!mark) {
            snprintf(text + length, sizeof(text) - length, "%s", from);
            break;
        }
        snprintf(text + length, sizeof(text) - length, "%.*s%s", (int)(mark - from), from, lab->line);
    }
    arguments[count++] = lab->program;
    arguments[count++] = "--die-with-parent";
    arguments[count++] = "--control";
    arguments[count++] = lab->socket;
    for (char *word = strtok(text, " "); word && count < 31; word = strtok(NULL, " "))
        arguments[count++] = word;
    arguments[count] = NULL;
    lab->process = lab_run(lab->program, arguments, output, sizeof(output));
    if (!strstr(output, "ready\n"))
        lab_die("labsim did not become ready");
    const char *tcp = strstr(output, " tcp ");
    if (tcp)
        sscanf(tcp, " tcp %*s %d", &lab->port);
}

/* A verb of the control socket; false when labsim says no. The answer goes to `output` unless NULL. */
static inline bool lab_control(const struct lab *lab, const char *words, char *output, size_t capacity)
{
    const char *arguments[32];
    char text[256], answer[16384];
    size_t count = 0;
    int status;
    snprintf(text, sizeof(text), "%s", words);
    arguments[count++] = lab->program;
    arguments[count++] = "ctl";
    arguments[count++] = lab->socket;
    for (char *word = strtok(text, " "); word && count < 31; word = strtok(NULL, " "))
        arguments[count++] = word;
    arguments[count] = NULL;
    pid_t process =
        lab_run(lab->program, arguments, output ? output : answer, output ? capacity : sizeof(answer));
    return waitpid(process, &status, 0) == process && WIFEXITED(status) && !WEXITSTATUS(status);
}

/* A variable of an instrument's true state. */
static inline double lab_state(const struct lab *lab, const char *instrument, const char *variable)
{
    char output[16384], words[96], key[64];
    snprintf(words, sizeof(words), "state %s", instrument);
    snprintf(key, sizeof(key), "\n%s=", variable);
    if (!lab_control(lab, words, output + 1, sizeof(output) - 1))
        lab_die("asking labsim for a state");
    output[0] = '\n';
    const char *found = strstr(output, key);
    if (!found)
        lab_die(variable);
    return strtod(found + strlen(key), NULL);
}

static inline void lab_stop(struct lab *lab)
{
    kill(lab->process, SIGTERM);
    waitpid(lab->process, NULL, 0);
    unlink(lab->socket);
    unlink(lab->line);
    rmdir(lab->folder);
}

/* --- tanks on a link -------------------------------------------------------------------------- */

enum { LAB_TANKS = 8, LAB_TANK_POINTS = 3 };
enum { LAB_UPTIME, LAB_HEARTBEAT, LAB_LEVEL };

struct lab_link {
    struct modbus_instrument_options options[LAB_TANKS];
    struct modbus_point_options point_options[LAB_TANK_POINTS];
    struct driver_point points[LAB_TANK_POINTS];
    int64_t polls[LAB_TANK_POINTS];
    struct link_instrument_spec instruments[LAB_TANKS];
    struct link_spec spec;
    struct link *link;
    int wake;
};

/* Units 1 to `tanks`, whose `points` first points are read at `period`. The line's place is the caller's to
 * fill in. */
static inline void lab_describe(struct lab_link *link, const struct driver *driver, size_t tanks,
                                size_t points, int64_t period)
{
    static const char *const names[LAB_TANKS] = {"t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8"};
    memset(link, 0, sizeof(*link));
    link->point_options[LAB_UPTIME] = (struct modbus_point_options){.table = MODBUS_INPUT,
                                                                    .address = 12,
                                                                    .as = MODBUS_UINT32,
                                                                    .order = MODBUS_CDAB,
                                                                    .scale = 0.001,
                                                                    .bit = MODBUS_NO_BIT};
    link->point_options[LAB_HEARTBEAT] = (struct modbus_point_options){
        .table = MODBUS_HOLDING, .address = 1, .as = MODBUS_UINT16, .scale = 1, .bit = MODBUS_NO_BIT};
    link->point_options[LAB_LEVEL] = (struct modbus_point_options){
        .table = MODBUS_INPUT, .address = 2, .as = MODBUS_FLOAT32, .scale = 1, .bit = MODBUS_NO_BIT};
    for (size_t i = 0; i < LAB_TANK_POINTS; i++) {
        link->points[i] = (struct driver_point){.name = "point",
                                                .type = i == LAB_HEARTBEAT ? DRIVER_INTEGER : DRIVER_NUMBER,
                                                .readable = true,
                                                .writable = i == LAB_HEARTBEAT,
                                                .options = &link->point_options[i]};
        link->polls[i] = period;
    }
    for (size_t i = 0; i < tanks; i++) {
        link->options[i] = (struct modbus_instrument_options){.unit = (int64_t)i + 1, .gap = 124};
        link->instruments[i] = (struct link_instrument_spec){
            .driver = driver,
            .instrument = {.name = names[i],
                           .options = &link->options[i],
                           .points = link->points,
                           .point_count = points},
            .polls = link->polls,
            .lost_after = 3,
        };
    }
    link->spec = (struct link_spec){
        .name = "line",
        .line = {.data_bits = 8, .stop_bits = 1, .timeout = 150 * LAB_MS},
        .instruments = link->instruments,
        .instrument_count = tanks,
        .rig_count = 1,
        .longest = 250 * LAB_MS,
    };
}

static inline void lab_on_line(struct lab_link *link, const struct lab *lab, int baud, int64_t turnaround)
{
    link->spec.line.serial = true;
    link->spec.line.device = lab->line;
    link->spec.line.baud = baud;
    link->spec.line.turnaround = turnaround;
}

static inline void lab_on_tcp(struct lab_link *link, const struct lab *lab)
{
    link->spec.line.host = "localhost";
    link->spec.line.port = (uint16_t)lab->port;
}

static inline void lab_connect(struct lab_link *link)
{
    struct driver_fault fault;
    link->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (link_create(&link->spec, link->wake, &link->link, &fault)) {
        fprintf(stderr, "creating a link: %s\n", fault.text);
        exit(99);
    }
}

static inline void lab_disconnect(struct lab_link *link)
{
    link_destroy(link->link);
    close(link->wake);
}

/* Waits for news, at most until then. */
static inline void lab_await(const struct lab_link *link, int64_t until)
{
    struct pollfd wake = {.fd = link->wake, .events = POLLIN};
    int64_t left = until - lab_now();
    uint64_t count;
    if (left > 0 && poll(&wake, 1, (int)(left / LAB_MS) + 1) > 0 &&
        read(link->wake, &count, sizeof(count)) < 0)
        return;
}

#endif
