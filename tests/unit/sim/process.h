/* process.h - a simulator in a process of its own, for tests that need real sockets and ptys. */
#ifndef TESTS_UNIT_SIM_PROCESS_H
#define TESTS_UNIT_SIM_PROCESS_H

#include "drivers/sim/arguments.h"
#include "drivers/sim/control.h"
#include "drivers/sim/control_verbs.h"
#include "drivers/sim/simulator.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE 10000 /* ms; only a broken simulator takes this long */

struct process {
    pid_t child;
    char folder[32], control[64];
    char announced[1024];
};

/* A path inside the test's folder; the text is good until the next call. */
static inline const char *in_folder(struct process *process, const char *name, char *path)
{
    snprintf(path, 96, "%s/%s", process->folder, name);
    return path;
}

static inline void run_child(const char *control, char **arguments, int announce)
{
    struct simulator simulator;
    FILE *out = fdopen(announce, "w");
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int result = simulator_init(&simulator) || control_open(&simulator, control);
    for (; !result && *arguments; arguments++)
        result = arguments_add(&simulator, *arguments);
    for (struct instrument *instrument = simulator.instruments; instrument; instrument = instrument->next)
        instrument_print_address(instrument, out);
    if (result)
        fprintf(out, "failed: %s\n", simulator.problem);
    fclose(out);
    if (!result)
        result = simulator_run(&simulator);
    simulator_finish(&simulator);
    exit(result ? 1 : 0); /* not _exit: a leak checker wants to look */
}

/* `arguments` end with NULL; "%s" in one stands for the folder. */
static inline void process_start(struct process *process, const char *const *arguments)
{
    char *made[8] = {NULL};
    int ends[2];
    *process = (struct process){.folder = "/tmp/labsim-XXXXXX"};
    assert_non_null(mkdtemp(process->folder));
    snprintf(process->control, sizeof process->control, "%s/control", process->folder);
    for (size_t i = 0; arguments[i]; i++) {
        const char *mark = strstr(arguments[i], "%s");
        int head = mark ? (int)(mark - arguments[i]) : (int)strlen(arguments[i]);
        assert_true(asprintf(&made[i], "%.*s%s%s", head, arguments[i], mark ? process->folder : "",
                             mark ? mark + 2 : "") > 0);
    }
    assert_int_equal(pipe(ends), 0);
    process->child = fork();
    if (process->child == 0) {
        close(ends[0]);
        run_child(process->control, made, ends[1]);
    }
    close(ends[1]);
    size_t length = 0;
    ssize_t got;
    while ((got = read(ends[0], process->announced + length, sizeof process->announced - 1 - length)) > 0)
        length += (size_t)got;
    close(ends[0]);
    for (size_t i = 0; i < 8; i++)
        free(made[i]);
    assert_null(strstr(process->announced, "failed"));
}

/* Ends it politely and checks that nothing is left behind. */
static inline void process_stop(struct process *process)
{
    int status;
    kill(process->child, SIGTERM);
    assert_int_equal(waitpid(process->child, &status, 0), process->child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(rmdir(process->folder), 0); /* fails if a link or socket remains */
}

static inline int connect_control(struct process *process)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, process->control);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* Sends a verb and returns the whole answer, "ok" line included. */
static inline const char *ctl(struct process *process, const char *line, char *answer, size_t capacity)
{
    int fd = connect_control(process);
    size_t length = 0;
    assert_int_equal(write(fd, line, strlen(line)), (ssize_t)strlen(line));
    assert_int_equal(write(fd, "\n", 1), 1);
    while (length + 1 < capacity) {
        ssize_t got = read(fd, answer + length, capacity - 1 - length);
        assert_true(got > 0);
        length += (size_t)got;
        answer[length] = '\0';
        if ((length >= 3 && !strcmp(answer + length - 3, "ok\n")) || !strncmp(answer, "error: ", 7))
            break;
    }
    close(fd);
    return answer;
}

static inline void ctl_ok(struct process *process, const char *line)
{
    char answer[16384];
    assert_string_equal(ctl(process, line, answer, sizeof answer), "ok\n");
}

static inline double state_of(struct process *process, const char *instrument, const char *key)
{
    char line[96], answer[16384], wanted[64];
    snprintf(line, sizeof line, "state %s", instrument);
    ctl(process, line, answer, sizeof answer);
    snprintf(wanted, sizeof wanted, "\n%s=", key);
    const char *found = strstr(answer, wanted);
    assert_non_null(found);
    return strtod(found + strlen(wanted), NULL);
}

static inline int connect_tcp(struct process *process, const char *instrument)
{
    char wanted[64];
    unsigned port;
    snprintf(wanted, sizeof wanted, "%s tcp 127.0.0.1 ", instrument);
    const char *found = strstr(process->announced, wanted);
    assert_non_null(found);
    assert_int_equal(sscanf(found + strlen(wanted), "%u", &port), 1);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address)) {
        close(fd);
        return -1;
    }
    return fd;
}

static inline int open_line(struct process *process, const char *name)
{
    char path[96];
    struct termios settings;
    int fd = open(in_folder(process, name, path), O_RDWR | O_NOCTTY);
    assert_true(fd >= 0);
    assert_int_equal(tcgetattr(fd, &settings), 0);
    cfmakeraw(&settings);
    tcsetattr(fd, TCSANOW, &settings);
    return fd;
}

/* Reads until `length` bytes are there, the peer has gone, or nothing has come for `wait` ms. */
static inline size_t receive(int fd, void *bytes, size_t length, int wait)
{
    size_t have = 0;
    struct pollfd waiting = {fd, POLLIN, 0};
    while (have < length && poll(&waiting, 1, wait) > 0) {
        ssize_t got = read(fd, (char *)bytes + have, length - have);
        if (got <= 0)
            break;
        have += (size_t)got;
    }
    return have;
}

#endif
