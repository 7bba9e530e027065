/* shaped_line.c - runs a command behind a bad line, below TCP: delay, rate and loss of IP packets.
 *
 *   shaped_line [KEY=VALUE ...] -- COMMAND...
 *
 * COMMAND runs at the near end, 10.77.0.1. It gets to the far end, 10.77.0.2, with `nsenter -t
 * $SHAPED_LINE_FAR -n`. Datagrams to the socket $SHAPED_LINE_CONTROL change the line while it is used,
 * "delay=300 loss=0.05", and an answer with the counters comes back, in JSON. Ends with COMMAND, and as
 * COMMAND did.
 *
 *   delay=MS     one way, half of a round trip (0)
 *   rate=KBIT    kbit/s each way; 0: without limit (0)
 *   loss=SHARE   of the packets, each way, 0 .. 1 (0)
 *   queue=KIB    that may wait each way, then the tail is dropped (64)
 *   down=1       nothing enters any more (0)
 *   seed=N       of the losses (1) */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/line/ends.h"
#include "tests/line/way.h"

enum { UP, DOWN, WAYS }; /* from the far end to the near one, and back */

struct line {
    struct way *ways[WAYS];
    struct way_conditions conditions;
    uint64_t seed;
    struct ends ends;
    int control, children;
    char folder[64], socket[96];
};

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

/* One KEY=VALUE. False: no such key, or no such value. */
static bool set(struct line *line, const char *word)
{
    char key[16];
    double value;
    int used = 0;
    if (sscanf(word, "%15[a-z]=%lf%n", key, &value, &used) != 2 || word[used] != '\0' ||
        !(value >= 0 && value < 1e9))
        return false;
    if (strcmp(key, "delay") == 0)
        line->conditions.delay = (int64_t)(value * 1e6);
    else if (strcmp(key, "rate") == 0)
        line->conditions.rate = (uint64_t)(value * 1000 / 8);
    else if (strcmp(key, "loss") == 0 && value <= 1)
        line->conditions.loss = value;
    else if (strcmp(key, "queue") == 0)
        line->conditions.queue_max = (size_t)(value * 1024);
    else if (strcmp(key, "down") == 0)
        line->conditions.down = value != 0;
    else if (strcmp(key, "seed") == 0)
        line->seed = (uint64_t)value;
    else
        return false;
    return true;
}

static void use_conditions(struct line *line)
{
    for (int i = 0; i < WAYS; i++)
        way_set(line->ways[i], &line->conditions);
}

static void say_counters(const struct line *line, char *text, size_t size)
{
    struct way_counters up = way_counters(line->ways[UP]), down = way_counters(line->ways[DOWN]);
    snprintf(text, size,
             "{\"up\": {\"bytes\": %" PRIu64 ", \"packets\": %" PRIu64 ", \"lost\": %" PRIu64
             ", \"overflowed\": %" PRIu64 "}, \"down\": {\"bytes\": %" PRIu64 ", \"packets\": %" PRIu64
             ", \"lost\": %" PRIu64 ", \"overflowed\": %" PRIu64 "}}",
             up.bytes, up.delivered, up.lost, up.overflowed, down.bytes, down.delivered, down.lost,
             down.overflowed);
}

static void hear_control(struct line *line)
{
    char text[256], answer[512] = "{}";
    struct sockaddr_un from;
    socklen_t length = sizeof from;
    ssize_t got =
        recvfrom(line->control, text, sizeof text - 1, MSG_DONTWAIT, (struct sockaddr *)&from, &length);
    if (got < 0)
        return;
    text[got] = '\0';
    bool good = true;
    char *rest = NULL;
    for (char *word = strtok_r(text, " \n", &rest); word != NULL; word = strtok_r(NULL, " \n", &rest))
        good &= set(line, word);
    use_conditions(line);
    if (good)
        say_counters(line, answer, sizeof answer);
    sendto(line->control, answer, strlen(answer), MSG_DONTWAIT, (struct sockaddr *)&from, length);
}

static void take(struct way *way, int device)
{
    char packet[WAY_PACKET_MAX];
    ssize_t length;
    while ((length = read(device, packet, sizeof packet)) > 0)
        way_take(way, packet, (size_t)length, now());
}

static void deliver(struct way *way, int device)
{
    size_t length;
    const void *packet;
    while ((packet = way_deliver(way, now(), &length)) != NULL)
        if (write(device, packet, length) < 0 && errno != EAGAIN)
            perror("shaped_line: tun");
}

/* Until the command has ended: its status as wait(2) gives it. */
static int carry(struct line *line, pid_t command)
{
    for (;;) {
        struct pollfd fds[] = {
            {line->ends.far,  POLLIN, 0},
            {line->ends.near, POLLIN, 0},
            {line->control,   POLLIN, 0},
            {line->children,  POLLIN, 0}
        };
        int64_t next = way_next(line->ways[UP]), other = way_next(line->ways[DOWN]);
        next = (next < other ? next : other) - now();
        next = next < 0 ? 0 : next > 1000000000 ? 1000000000 : next;
        struct timespec wait = {next / 1000000000, next % 1000000000};
        ppoll(fds, sizeof fds / sizeof *fds, &wait, NULL);
        take(line->ways[UP], line->ends.far);
        take(line->ways[DOWN], line->ends.near);
        deliver(line->ways[UP], line->ends.near);
        deliver(line->ways[DOWN], line->ends.far);
        hear_control(line);
        int status;
        if (waitpid(command, &status, WNOHANG) == command)
            return status;
    }
}

static int open_control(struct line *line)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(line->folder, sizeof line->folder, "%s", "/tmp/shaped-line-XXXXXX");
    if (mkdtemp(line->folder) == NULL)
        return -1;
    snprintf(line->socket, sizeof line->socket, "%s/control", line->folder);
    memcpy(address.sun_path, line->socket, strlen(line->socket) + 1);
    line->control = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return bind(line->control, (struct sockaddr *)&address, sizeof address);
}

static pid_t run(const struct line *line, char **command, const sigset_t *before)
{
    char far[16];
    snprintf(far, sizeof far, "%d", line->ends.far_keeper);
    setenv("SHAPED_LINE_FAR", far, 1);
    setenv("SHAPED_LINE_CONTROL", line->socket, 1);
    pid_t pid = fork();
    if (pid == 0) {
        sigprocmask(SIG_SETMASK, before, NULL);
        execvp(command[0], command);
        perror(command[0]);
        _exit(127);
    }
    return pid;
}

static int serve(struct line *line, char **command)
{
    sigset_t children, before;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_BLOCK, &children, &before);
    line->children = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    signal(SIGINT, SIG_IGN); /* the command's business; this ends after it */
    if (open_control(line) != 0 || ends_open(&line->ends) != 0)
        return 1;
    int status = carry(line, run(line, command, &before));
    ends_close(&line->ends);
    unlink(line->socket);
    rmdir(line->folder);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int count, char **words)
{
    struct line line = {.conditions = {.queue_max = 64 * 1024}, .seed = 1};
    int i = 1;
    while (i < count && strcmp(words[i], "--") != 0 && set(&line, words[i]))
        i++;
    if (i >= count - 1 || strcmp(words[i], "--") != 0) {
        fprintf(stderr, "usage: shaped_line [delay=MS] [rate=KBIT] [loss=SHARE] [queue=KIB] [down=1] "
                        "[seed=N] -- COMMAND...\n");
        return 2;
    }
    for (int way = 0; way < WAYS; way++)
        if ((line.ways[way] = way_create(line.seed + (uint64_t)way)) == NULL)
            return 1;
    use_conditions(&line);
    int status = serve(&line, words + i + 1);
    for (int way = 0; way < WAYS; way++)
        way_destroy(line.ways[way]);
    return status;
}
