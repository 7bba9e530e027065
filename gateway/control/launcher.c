#include "gateway/control/launcher.h"

#include "gateway/control/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum order_kind { ORDER_START = 1, ORDER_KILL };

/* From control to the launcher, one a datagram; START carries the two descriptors beside. */
struct order {
    uint32_t kind;
    uint32_t generation;
};

struct launcher {
    int socket;
    pid_t process;
};

/* --- in the launcher -------------------------------------------------------------------------- */

struct keeper {
    int control; /* orders in, reports out */
    int program;
    int signals; /* signalfd of SIGCHLD */
    pid_t bus;   /* 0: none */
    uint32_t generation;
};

static void report(const struct keeper *keeper, int status, int error)
{
    struct launcher_report message = {.generation = keeper->generation, .status = status, .error = error};
    (void)send(keeper->control, &message, sizeof message, MSG_NOSIGNAL);
}

static void end_bus(struct keeper *keeper)
{
    if (keeper->bus == 0)
        return;
    kill(keeper->bus, SIGKILL);
    int status = 0;
    while (waitpid(keeper->bus, &status, 0) < 0 && errno == EINTR)
        ;
    keeper->bus = 0;
    report(keeper, status, 0);
}

_Noreturn static void run_bus(const struct keeper *keeper, const int fds[2])
{
    char urgent[16], ordinary[16], generation[16];
    snprintf(urgent, sizeof urgent, "%d", fds[0]);
    snprintf(ordinary, sizeof ordinary, "%d", fds[1]);
    snprintf(generation, sizeof generation, "%u", keeper->generation);
    const char *arguments[] = {"labgate", "bus",          "--urgent-fd", urgent, "--ordinary-fd",
                               ordinary,  "--generation", generation,    NULL};
    const char *environment[] = {"LANG=C", NULL};
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    fcntl(fds[0], F_SETFD, 0);
    fcntl(fds[1], F_SETFD, 0);
    fexecve(keeper->program, (char *const *)arguments, (char *const *)environment);
    _exit(127);
}

static void start_bus(struct keeper *keeper, uint32_t generation, const int fds[2])
{
    end_bus(keeper);
    keeper->generation = generation;
    pid_t child = fork();
    if (child == 0)
        run_bus(keeper, fds);
    if (child < 0)
        report(keeper, -1, errno);
    else
        keeper->bus = child;
}

static void reap(struct keeper *keeper)
{
    struct signalfd_siginfo ignored;
    while (read(keeper->signals, &ignored, sizeof ignored) > 0)
        ;
    int status;
    pid_t ended;
    while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
        if (ended != keeper->bus)
            continue;
        keeper->bus = 0;
        report(keeper, status, 0);
    }
}

static size_t take_descriptors(struct msghdr *message, int fds[2])
{
    const struct cmsghdr *control = CMSG_FIRSTHDR(message);
    if (!control || control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS)
        return 0;
    size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(fds, CMSG_DATA(control), (count < 2 ? count : 2) * sizeof(int));
    return count;
}

/* false: control is gone. */
static bool obey(struct keeper *keeper)
{
    struct order order;
    union {
        char bytes[CMSG_SPACE(2 * sizeof(int))];
        struct cmsghdr align;
    } beside;
    struct iovec part = {&order, sizeof order};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &beside, .msg_controllen = sizeof beside};
    ssize_t got = recvmsg(keeper->control, &message, MSG_CMSG_CLOEXEC);
    if (got < 0)
        return errno == EINTR || errno == EAGAIN;
    if (got != sizeof order)
        return false;
    int fds[2] = {-1, -1};
    size_t count = take_descriptors(&message, fds);
    if (order.kind == ORDER_START && count == 2)
        start_bus(keeper, order.generation, fds);
    else if (order.kind == ORDER_KILL && keeper->bus != 0 && order.generation == keeper->generation)
        kill(keeper->bus, SIGKILL);
    for (size_t i = 0; i < 2; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    return true;
}

static void keep(struct keeper *keeper)
{
    for (bool go_on = true; go_on;) {
        struct pollfd wait[2] = {
            {.fd = keeper->control, .events = POLLIN},
            {.fd = keeper->signals, .events = POLLIN}
        };
        if (poll(wait, 2, -1) < 0)
            continue;
        if (wait[1].revents)
            reap(keeper);
        if (wait[0].revents)
            go_on = obey(keeper);
    }
    end_bus(keeper);
}

/* Only standard error and the two that are needed stay open, whatever control had. */
static int settle_descriptors(struct keeper *keeper)
{
    int control = fcntl(keeper->control, F_DUPFD_CLOEXEC, 10),
        program = fcntl(keeper->program, F_DUPFD_CLOEXEC, 10);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (control < 0 || program < 0 || null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0)
        return -1;
    if (dup3(control, 3, O_CLOEXEC) < 0 || dup3(program, 4, O_CLOEXEC) < 0 || close_range(5, ~0u, 0) != 0)
        return -1;
    keeper->control = 3;
    keeper->program = 4;
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_SETMASK, &children, NULL);
    keeper->signals = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    return keeper->signals < 0 ? -1 : 0;
}

/* What stops the gateway is for control, which needs launcher and bus until it has said good-bye. */
static void settle_signals(void)
{
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2};
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        signal(ignored[i], SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
}

_Noreturn static void run_launcher(struct keeper *keeper, const struct privileges_user *user, pid_t parent)
{
    char note[256] = "";
    prctl(PR_SET_NAME, "labgate-launch", 0, 0, 0);
    settle_signals();
    if (settle_descriptors(keeper) != 0)
        _exit(1);
    if (privileges_drop_launcher(user, note, sizeof note) != 0) {
        fprintf(stderr, "labgate: %s\n", note);
        _exit(1);
    }
    /* After the change of user, which clears it. */
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != parent)
        _exit(1);
    report(keeper, 0, 0); /* generation 0: it is up */
    keep(keeper);
    _exit(0);
}

/* --- in control ------------------------------------------------------------------------------- */

/* Waits until the launcher has dropped its privileges and says so. */
static int await_launcher(int socket)
{
    struct launcher_report up;
    ssize_t got;
    do
        got = recv(socket, &up, sizeof up, 0);
    while (got < 0 && errno == EINTR);
    return got == sizeof up && fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK) == 0 ? 0 : -1;
}

int launcher_create(const struct launcher_options *options, struct launcher **out, char *note,
                    size_t note_size)
{
    struct privileges_user user;
    bool switches = geteuid() == 0 && options->user;
    note[0] = '\0';
    if (switches && privileges_find_user(options->user, &user, note, note_size) != 0)
        return -1;
    const char *program = options->program ? options->program : "/proc/self/exe";
    struct launcher *launcher = malloc(sizeof *launcher);
    int pair[2] = {-1, -1}, exe = open(program, O_RDONLY | O_CLOEXEC);
    if (!launcher || exe < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        goto failed;
    struct keeper keeper = {.control = pair[1], .program = exe};
    pid_t parent = getpid();
    launcher->process = fork();
    if (launcher->process == 0)
        run_launcher(&keeper, switches ? &user : NULL, parent);
    if (launcher->process < 0)
        goto failed;
    close(exe);
    close(pair[1]);
    launcher->socket = pair[0];
    if (await_launcher(pair[0]) != 0) {
        snprintf(note, note_size,
                 "the launcher of the bus process ended at once; what it wrote to standard error says why");
        launcher_destroy(launcher);
        return -1;
    }
    *out = launcher;
    return 0;
failed:
    snprintf(note, note_size, "cannot start the launcher of the bus process (%s): %s", program,
             strerror(errno));
    for (size_t i = 0; i < 2; i++)
        if (pair[i] >= 0)
            close(pair[i]);
    if (exe >= 0)
        close(exe);
    free(launcher);
    return -1;
}

void launcher_destroy(struct launcher *launcher)
{
    if (!launcher)
        return;
    close(launcher->socket);
    while (waitpid(launcher->process, NULL, 0) < 0 && errno == EINTR)
        ;
    free(launcher);
}

int launcher_fd(const struct launcher *launcher)
{
    return launcher->socket;
}

pid_t launcher_process(const struct launcher *launcher)
{
    return launcher->process;
}

int launcher_start(struct launcher *launcher, uint32_t generation, int urgent, int ordinary)
{
    struct order order = {ORDER_START, generation};
    union {
        char bytes[CMSG_SPACE(2 * sizeof(int))];
        struct cmsghdr header;
    } beside = {{0}};
    struct iovec part = {&order, sizeof order};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &beside, .msg_controllen = sizeof beside};
    beside.header.cmsg_level = SOL_SOCKET;
    beside.header.cmsg_type = SCM_RIGHTS;
    beside.header.cmsg_len = CMSG_LEN(2 * sizeof(int));
    memcpy(CMSG_DATA(&beside.header), (int[]){urgent, ordinary}, 2 * sizeof(int));
    return sendmsg(launcher->socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -1 : 0;
}

int launcher_kill(struct launcher *launcher, uint32_t generation)
{
    struct order order = {ORDER_KILL, generation};
    return send(launcher->socket, &order, sizeof order, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -1 : 0;
}

int launcher_receive(struct launcher *launcher, struct launcher_report *out)
{
    ssize_t got;
    do
        got = recv(launcher->socket, out, sizeof *out, MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return errno == EAGAIN ? 0 : -1;
    return got == sizeof *out ? 1 : -1;
}
