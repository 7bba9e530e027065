#include "gateway/control/mailer.h"

#include "gateway/control/helpers.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TAKES_MOST  30000 /* ms of one sendmail */
#define LAST_WORDS  2000  /* ms after control has ended */
#define TEMPORARILY 75    /* EX_TEMPFAIL of sysexits.h */

struct mailer {
    int socket;
    pid_t process;
};

/* ---- in the mailer ------------------------------------------------------------------------------------- */

struct waiting {
    struct mailer_letter letter;
    int64_t made, due;
    unsigned tries;
    bool used;
};

struct postman {
    int control, signals;
    struct mailer_options options;
    struct waiting list[MAILER_WAITING];
    struct waiting *going; /* NULL: none */
    pid_t sendmail;
    int64_t killed_at, until; /* until: 0, or control has ended and this is the end */
};

static int64_t clock_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void report(const struct postman *postman, const struct waiting *waiting, const char *why)
{
    struct mailer_report message = {.number = waiting->letter.number};
    snprintf(message.why, sizeof message.why, "%s", why);
    (void)send(postman->control, &message, sizeof message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static struct waiting *next_due(struct postman *postman)
{
    struct waiting *first = NULL;
    for (size_t i = 0; i < MAILER_WAITING; i++)
        if (postman->list[i].used && (!first || postman->list[i].due < first->due))
            first = &postman->list[i];
    return first;
}

static void take_letter(struct postman *postman, const struct mailer_letter *letter)
{
    for (size_t i = 0; i < MAILER_WAITING; i++) {
        struct waiting *place = &postman->list[i];
        if (place->used)
            continue;
        *place = (struct waiting){.letter = *letter,
                                  .made = clock_ms(CLOCK_REALTIME),
                                  .due = clock_ms(CLOCK_MONOTONIC),
                                  .used = true};
        return;
    }
    report(postman, &(struct waiting){.letter = *letter}, "too many letters wait: this one is not sent");
}

_Noreturn static void run_sendmail(const struct postman *postman, const struct waiting *waiting, int input)
{
    const char *arguments[] = {postman->options.sendmail, "-i", "-f", postman->options.from, "--",
                               waiting->letter.to,        NULL};
    const char *environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C", NULL};
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    helpers_restore_signals();
    int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (dup2(input, STDIN_FILENO) < 0 || dup2(nothing, STDOUT_FILENO) < 0 || dup2(nothing, STDERR_FILENO) < 0)
        _exit(TEMPORARILY);
    execve(postman->options.sendmail, (char *const *)arguments, (char *const *)environment);
    _exit(errno == ENOENT || errno == EACCES ? 127 : TEMPORARILY);
}

/* A letter is shorter than what a pipe holds, so writing it never waits for who reads. */
static bool start(struct postman *postman, struct waiting *waiting)
{
    char text[MAILER_TEXT_MAX];
    int pipe_ends[2];
    size_t length = mailer_write(&waiting->letter, postman->options.from, postman->options.title,
                                 waiting->made, text, sizeof text);
    if (pipe2(pipe_ends, O_CLOEXEC) != 0)
        return false;
    bool written = write(pipe_ends[1], text, length) == (ssize_t)length;
    pid_t child = written ? fork() : -1;
    if (child == 0)
        run_sendmail(postman, waiting, pipe_ends[0]);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    if (child < 0)
        return false;
    postman->sendmail = child;
    postman->going = waiting;
    postman->killed_at = clock_ms(CLOCK_MONOTONIC) + TAKES_MOST;
    return true;
}

static void try_again(struct postman *postman, struct waiting *waiting, const char *why)
{
    if (++waiting->tries >= MAILER_TRIES || postman->until) {
        report(postman, waiting, why);
        waiting->used = false;
        return;
    }
    waiting->due = clock_ms(CLOCK_MONOTONIC) + postman->options.pauses[waiting->tries - 1];
}

static void ended(struct postman *postman, int status)
{
    struct waiting *waiting = postman->going;
    char why[120];
    postman->going = NULL;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        report(postman, waiting, "");
        waiting->used = false;
        return;
    }
    if (WIFEXITED(status))
        snprintf(why, sizeof why, "sendmail ended with %d", WEXITSTATUS(status));
    else
        snprintf(why, sizeof why, "sendmail took longer than 30 s, or was ended by signal %d",
                 WTERMSIG(status));
    try_again(postman, waiting, why);
}

static void reap(struct postman *postman)
{
    struct signalfd_siginfo ignored;
    while (read(postman->signals, &ignored, sizeof ignored) > 0)
        ;
    int status;
    pid_t child;
    while ((child = waitpid(-1, &status, WNOHANG)) > 0)
        if (postman->going && child == postman->sendmail)
            ended(postman, status);
}

static void hear_control(struct postman *postman)
{
    struct mailer_letter letter;
    ssize_t length;
    while ((length = recv(postman->control, &letter, sizeof letter, MSG_DONTWAIT)) > 0) {
        if (length != (ssize_t)sizeof letter)
            continue;
        letter.to[sizeof letter.to - 1] = letter.subject[sizeof letter.subject - 1] = '\0';
        letter.body[sizeof letter.body - 1] = '\0';
        take_letter(postman, &letter);
    }
    if (length == 0 && !postman->until)
        postman->until = clock_ms(CLOCK_MONOTONIC) + LAST_WORDS;
}

/* When there is something to do next, ms from now; -1: nothing before a letter comes. */
static int work(struct postman *postman)
{
    int64_t now = clock_ms(CLOCK_MONOTONIC);
    if (postman->going && now >= postman->killed_at)
        kill(postman->sendmail, SIGKILL);
    struct waiting *next = postman->going ? NULL : next_due(postman);
    if (next && (next->due <= now || postman->until) && !start(postman, next))
        try_again(postman, next, "no memory or no process for sendmail");
    int64_t due = postman->going ? postman->killed_at : next ? next->due : INT64_MAX;
    if (postman->until)
        due = due < postman->until ? due : postman->until;
    if (due == INT64_MAX)
        return -1;
    int64_t left = due - clock_ms(CLOCK_MONOTONIC);
    return left < 10 ? 10 : left > 60000 ? 60000 : (int)left;
}

_Noreturn static void deliver(struct postman *postman)
{
    for (;;) {
        int timeout = work(postman);
        bool idle = !postman->going && !next_due(postman);
        if (postman->until && (idle || clock_ms(CLOCK_MONOTONIC) >= postman->until)) {
            if (postman->going)
                kill(postman->sendmail, SIGTERM);
            _exit(0);
        }
        struct pollfd fds[] = {
            {.fd = postman->until ? -1 : postman->control, .events = POLLIN},
            {.fd = postman->signals,                       .events = POLLIN},
        };
        (void)poll(fds, 2, timeout);
        reap(postman);
        hear_control(postman);
    }
}

static bool become(const struct privileges_user *user)
{
    return !user || geteuid() != 0 ||
           (setgroups(0, NULL) == 0 && setresgid(user->group, user->group, user->group) == 0 &&
            setresuid(user->user, user->user, user->user) == 0);
}

_Noreturn static void run(const struct mailer_options *options, int control)
{
    struct postman *postman = calloc(1, sizeof *postman);
    sigset_t children;
    prctl(PR_SET_NAME, "labgate-mail", 0, 0, 0);
    helpers_ignore_signals();
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_BLOCK, &children, NULL);
    if (!postman || !become(options->user))
        _exit(1);
    close_range(3, (unsigned)control - 1, 0);
    close_range((unsigned)control + 1, ~0U, 0);
    postman->control = control;
    postman->options = *options;
    postman->signals = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    if (postman->signals < 0)
        _exit(1);
    umask(077);
    deliver(postman);
}

/* ---- control's side ------------------------------------------------------------------------------------ */

int mailer_create(const struct mailer_options *options, struct mailer **mailer, char *why, size_t why_size)
{
    int ends[2];
    struct mailer *made = calloc(1, sizeof *made);
    if (!made || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        snprintf(why, why_size, "making the mailer's socket: %s", strerror(errno));
        free(made);
        return -1;
    }
    made->process = fork();
    if (made->process == 0)
        run(options, ends[1]);
    close(ends[1]);
    made->socket = ends[0];
    if (made->process < 0) {
        snprintf(why, why_size, "starting the mailer: %s", strerror(errno));
        close(made->socket);
        free(made);
        return -1;
    }
    *mailer = made;
    return 0;
}

/* It ends by itself in a moment, when it sees that the socket is closed. */
void mailer_destroy(struct mailer *mailer)
{
    if (!mailer)
        return;
    close(mailer->socket);
    while (waitpid(mailer->process, NULL, 0) < 0 && errno == EINTR)
        ;
    free(mailer);
}

int mailer_send(struct mailer *mailer, const struct mailer_letter *letter)
{
    ssize_t sent = send(mailer->socket, letter, sizeof *letter, MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent == (ssize_t)sizeof *letter ? 0 : -1;
}

int mailer_receive(struct mailer *mailer, struct mailer_report *report)
{
    ssize_t length = recv(mailer->socket, report, sizeof *report, MSG_DONTWAIT);
    report->why[sizeof report->why - 1] = '\0';
    if (length == 0 || (length < 0 && errno != EAGAIN && errno != EINTR))
        return -1;
    return length == (ssize_t)sizeof *report;
}

int mailer_fd(const struct mailer *mailer)
{
    return mailer->socket;
}
