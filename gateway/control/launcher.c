#include "gateway/control/launcher.h"

#include "gateway/control/helpers.h"
#include "gateway/control/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIMULATOR_MEMORY (64u * 1024 * 1024) /* bytes of address space; one uses some 3 MB */
#define SIMULATOR_FILES  32
#define SIMULATOR_NICE   10
#define WORDS_MAX        24

enum order_kind { ORDER_START = 1, ORDER_KILL, ORDER_SIMULATE, ORDER_END_SIMULATOR };

/* From control to the launcher, one a datagram; START and SIMULATE carry descriptors beside. */
struct order {
    uint32_t kind;
    uint32_t generation; /* of the bus; or the simulator's slot */
    uint32_t length;     /* of the words */
    char words[LAUNCHER_WORDS_MAX];
};

#define ORDER_HEAD offsetof(struct order, words)

struct launcher {
    int socket;
    pid_t process;
};

/* --- in the launcher -------------------------------------------------------------------------- */

struct keeper {
    int control; /* orders in, reports out */
    int program;
    int simulator; /* labsim; -1: there is none */
    int signals;   /* signalfd of SIGCHLD */
    pid_t bus;     /* 0: none */
    uint32_t generation;
    pid_t simulators[LAUNCHER_SIMULATORS_MAX]; /* by slot; 0: none */
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

/* --- simulators --- */

static void end_simulator(struct keeper *keeper, uint32_t slot)
{
    if (keeper->simulators[slot] <= 0)
        return;
    kill(keeper->simulators[slot], SIGKILL);
    while (waitpid(keeper->simulators[slot], NULL, 0) < 0 && errno == EINTR)
        ;
    keeper->simulators[slot] = 0;
}

/* "tank:1@fd:%0" with the descriptor's number in place of %0. */
static const char *fill_in(const char *word, const int *sockets, size_t count, char *text, size_t size)
{
    const char *mark = strchr(word, '%');
    size_t which = mark ? (size_t)(mark[1] - '0') : 0;
    if (!mark || which >= count)
        return word;
    snprintf(text, size, "%.*s%d%s", (int)(mark - word), word, sockets[which], mark + 2);
    return text;
}

_Noreturn static void run_simulator(const struct keeper *keeper, struct order *order, const int *sockets,
                                    size_t count)
{
    char texts[WORDS_MAX][96];
    const char *arguments[WORDS_MAX + 4] = {"labsim", "--die-with-parent", "--lazy"};
    const char *environment[] = {"LANG=C", NULL};
    size_t filled = 3;
    order->words[order->length] = '\0';
    for (char *word = order->words; word < order->words + order->length && filled < WORDS_MAX + 3;
         word += strlen(word) + 1) {
        arguments[filled] = fill_in(word, sockets, count, texts[filled - 3], sizeof texts[0]);
        filled++;
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (size_t i = 0; i < count; i++)
        fcntl(sockets[i], F_SETFD, 0);
    setrlimit(RLIMIT_AS, &(struct rlimit){SIMULATOR_MEMORY, SIMULATOR_MEMORY});
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){SIMULATOR_FILES, SIMULATOR_FILES});
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){0, 0});
    setpriority(PRIO_PROCESS, 0, SIMULATOR_NICE);
    fexecve(keeper->simulator, (char *const *)arguments, (char *const *)environment);
    _exit(127);
}

static void start_simulator(struct keeper *keeper, struct order *order, const int *sockets, size_t count)
{
    end_simulator(keeper, order->generation);
    pid_t child = keeper->simulator >= 0 ? fork() : -1;
    if (child == 0)
        run_simulator(keeper, order, sockets, count);
    keeper->simulators[order->generation] = child > 0 ? child : 0;
}

static void forget_simulator(struct keeper *keeper, pid_t ended)
{
    for (size_t i = 0; i < LAUNCHER_SIMULATORS_MAX; i++)
        if (keeper->simulators[i] == ended)
            keeper->simulators[i] = 0;
}

static void reap(struct keeper *keeper)
{
    struct signalfd_siginfo ignored;
    while (read(keeper->signals, &ignored, sizeof ignored) > 0)
        ;
    int status;
    pid_t ended;
    while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
        if (ended != keeper->bus) {
            forget_simulator(keeper, ended);
            continue;
        }
        keeper->bus = 0;
        report(keeper, status, 0);
    }
}

static size_t take_descriptors(struct msghdr *message, int fds[LAUNCHER_SOCKETS_MAX])
{
    const struct cmsghdr *control = CMSG_FIRSTHDR(message);
    if (!control || control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS)
        return 0;
    size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    count = count < LAUNCHER_SOCKETS_MAX ? count : LAUNCHER_SOCKETS_MAX;
    memcpy(fds, CMSG_DATA(control), count * sizeof(int));
    return count;
}

/* false: control is gone. */
static bool obey(struct keeper *keeper)
{
    struct order order;
    union {
        char bytes[CMSG_SPACE(LAUNCHER_SOCKETS_MAX * sizeof(int))];
        struct cmsghdr align;
    } beside;
    struct iovec part = {&order, sizeof order - 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &beside, .msg_controllen = sizeof beside};
    ssize_t got = recvmsg(keeper->control, &message, MSG_CMSG_CLOEXEC);
    if (got < 0)
        return errno == EINTR || errno == EAGAIN;
    if (got < (ssize_t)ORDER_HEAD)
        return false;
    int fds[LAUNCHER_SOCKETS_MAX];
    size_t count = take_descriptors(&message, fds);
    bool simulates = order.generation < LAUNCHER_SIMULATORS_MAX && order.length <= (size_t)got - ORDER_HEAD;
    if (order.kind == ORDER_START && count == 2)
        start_bus(keeper, order.generation, fds);
    else if (order.kind == ORDER_KILL && keeper->bus != 0 && order.generation == keeper->generation)
        kill(keeper->bus, SIGKILL);
    else if (order.kind == ORDER_SIMULATE && simulates)
        start_simulator(keeper, &order, fds, count);
    else if (order.kind == ORDER_END_SIMULATOR && simulates)
        end_simulator(keeper, order.generation);
    for (size_t i = 0; i < count; i++)
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
    for (uint32_t slot = 0; slot < LAUNCHER_SIMULATORS_MAX; slot++)
        end_simulator(keeper, slot);
}

/* Only standard error and the two that are needed stay open, whatever control had. */
static int settle_descriptors(struct keeper *keeper)
{
    int control = fcntl(keeper->control, F_DUPFD_CLOEXEC, 10),
        program = fcntl(keeper->program, F_DUPFD_CLOEXEC, 10),
        simulator = keeper->simulator < 0 ? -1 : fcntl(keeper->simulator, F_DUPFD_CLOEXEC, 10);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (control < 0 || program < 0 || null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0)
        return -1;
    if (dup3(control, 3, O_CLOEXEC) < 0 || dup3(program, 4, O_CLOEXEC) < 0 ||
        (simulator >= 0 && dup3(simulator, 5, O_CLOEXEC) < 0) ||
        close_range(simulator < 0 ? 5 : 6, ~0u, 0) != 0)
        return -1;
    keeper->simulator = simulator < 0 ? -1 : 5;
    keeper->control = 3;
    keeper->program = 4;
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_SETMASK, &children, NULL);
    keeper->signals = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    return keeper->signals < 0 ? -1 : 0;
}

_Noreturn static void run_launcher(struct keeper *keeper, const struct privileges_user *user, pid_t parent)
{
    char note[256] = "";
    prctl(PR_SET_NAME, "labgate-launch", 0, 0, 0);
    helpers_ignore_signals();
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
    int simulator = options->simulator ? open(options->simulator, O_RDONLY | O_CLOEXEC) : -1;
    if (options->simulator && simulator < 0)
        program = options->simulator;
    if (!launcher || exe < 0 || (options->simulator && simulator < 0) ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        goto failed;
    struct keeper keeper = {.control = pair[1], .program = exe, .simulator = simulator};
    pid_t parent = getpid();
    launcher->process = fork();
    if (launcher->process == 0)
        run_launcher(&keeper, switches ? &user : NULL, parent);
    if (launcher->process < 0)
        goto failed;
    close(exe);
    if (simulator >= 0)
        close(simulator);
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
    if (simulator >= 0)
        close(simulator);
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
    struct order order = {ORDER_START, generation, 0, ""};
    union {
        char bytes[CMSG_SPACE(2 * sizeof(int))];
        struct cmsghdr header;
    } beside = {{0}};
    struct iovec part = {&order, ORDER_HEAD};
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
    struct order order = {ORDER_KILL, generation, 0, ""};
    return send(launcher->socket, &order, ORDER_HEAD, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -1 : 0;
}

int launcher_simulate(struct launcher *launcher, uint32_t slot, const char *words, size_t length,
                      const int *sockets, size_t socket_count)
{
    struct order order = {.kind = ORDER_SIMULATE, .generation = slot, .length = (uint32_t)length};
    union {
        char bytes[CMSG_SPACE(LAUNCHER_SOCKETS_MAX * sizeof(int))];
        struct cmsghdr header;
    } beside = {{0}};
    if (length >= sizeof order.words || !socket_count || socket_count > LAUNCHER_SOCKETS_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    memcpy(order.words, words, length);
    struct iovec part = {&order, ORDER_HEAD + length};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &beside,
                             .msg_controllen = CMSG_SPACE(socket_count * sizeof(int))};
    beside.header.cmsg_level = SOL_SOCKET;
    beside.header.cmsg_type = SCM_RIGHTS;
    beside.header.cmsg_len = CMSG_LEN(socket_count * sizeof(int));
    memcpy(CMSG_DATA(&beside.header), sockets, socket_count * sizeof(int));
    return sendmsg(launcher->socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -1 : 0;
}

int launcher_end_simulator(struct launcher *launcher, uint32_t slot)
{
    struct order order = {.kind = ORDER_END_SIMULATOR, .generation = slot};
    return send(launcher->socket, &order, ORDER_HEAD, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -1 : 0;
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
