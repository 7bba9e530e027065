#include "gateway/cli/keeper.h"

#include "gateway/cli/commands.h"
#include "gateway/cli/times.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LONGEST_PAUSE  (3 * NS_PER_S)
#define UNHEARD_FOR    (5 * 60 * NS_PER_S) /* after that the session has ended for this seat in any case */
#define ENDING_WAIT_MS 3000

bool keeper_runs(struct cli *cli)
{
    int lock = -1;
    int result = store_lock(&cli->store, cli->store.keeper_path, false, &lock);
    store_unlock(lock);
    return result == STORE_BUSY;
}

/* The file's first line is the process id, its second why the last keeper ended. */
static long read_file(struct cli *cli, char *last, size_t size)
{
    long pid = 0;
    FILE *file = fopen(cli->store.keeper_path, "re");
    if (last)
        last[0] = '\0';
    if (!file)
        return 0;
    if (fscanf(file, "%ld", &pid) != 1)
        pid = 0;
    if (last && fgetc(file) == '\n' && fgets(last, (int)size, file))
        last[strcspn(last, "\n")] = '\0';
    fclose(file);
    return pid;
}

static void write_file(int lock, const char *last)
{
    if (ftruncate(lock, 0) == 0 && lseek(lock, 0, SEEK_SET) == 0)
        dprintf(lock, "%ld\n%s\n", (long)getpid(), last);
}

void keeper_describe(struct cli *cli, struct text *text)
{
    char last[256];
    long pid = read_file(cli, last, sizeof last);
    if (keeper_runs(cli))
        text_add_format(text, "a keeper (process %ld) holds the seat", pid);
    else if (last[0])
        text_add_format(text, "no keeper: %s; labctl join %s", last, cli->seat.rig);
    else
        text_add_format(text, "no keeper holds the seat; labctl join %s", cli->seat.rig);
}

void keeper_end(struct cli *cli)
{
    /* As long as the lock is held the process id is its holder's and nobody else's. */
    for (int waited = 0; waited < ENDING_WAIT_MS && keeper_runs(cli); waited += 20) {
        long pid = read_file(cli, NULL, 0);
        if (pid > 1 && keeper_runs(cli))
            kill((pid_t)pid, SIGTERM);
        poll(NULL, 0, 20);
    }
}

/* Child of keeper_start(): leaves the terminal's job, keeps its session, and becomes `labctl keep`. */
static void become_keeper(struct cli *cli, int ready)
{
    setpgid(0, 0);
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nowhere < 0 || dup2(nowhere, STDIN_FILENO) < 0 || dup2(nowhere, STDERR_FILENO) < 0 ||
        dup2(ready, STDOUT_FILENO) < 0)
        _exit(CLI_LOCAL);
    close_range(STDERR_FILENO + 1, ~0u, 0);
    char *const options[][2] = {
        {(char *)"--profile",     cli->store.profile    },
        {(char *)"--server",      cli->login.server     },
        {(char *)"--ca",          cli->login.authority  },
        {(char *)"--server-name", cli->login.server_name}
    };
    char *words[2 + 2 * sizeof options / sizeof *options + 1] = {(char *)cli->program, (char *)"keep"};
    size_t count = 2;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (options[i][1][0]) {
            words[count++] = options[i][0];
            words[count++] = options[i][1];
        }
    execv("/proc/self/exe", words);
    execvp(cli->program, words);
    _exit(CLI_LOCAL);
}

/* The keeper writes one line when it holds the seat, or says why it cannot. */
static int await_ready(struct cli *cli, int ready)
{
    char line[256];
    size_t length = 0;
    struct pollfd wait = {.fd = ready, .events = POLLIN};
    while (length + 1 < sizeof line && poll(&wait, 1, (int)(cli->timeout / NS_PER_MS)) > 0) {
        ssize_t got = read(ready, line + length, sizeof line - 1 - length);
        if (got <= 0)
            break;
        length += (size_t)got;
        if (line[length - 1] == '\n')
            break;
    }
    line[length] = '\0';
    line[strcspn(line, "\n")] = '\0';
    if (strcmp(line, "ready") == 0)
        return CLI_OK;
    warn(cli, "no keeper holds the seat: %s; use labctl session, or repeat labctl join",
         line[0] ? line : "it ended");
    return CLI_FAULT;
}

int keeper_start(struct cli *cli)
{
    int ready[2];
    keeper_end(cli); /* one of another terminal, or for an older seat */
    if (pipe2(ready, O_CLOEXEC) != 0)
        return fail(cli, CLI_LOCAL, "cannot start the seat's keeper: %s", strerror(errno));
    fflush(NULL);
    pid_t child = fork();
    if (child < 0) {
        int error = errno;
        close(ready[0]);
        close(ready[1]);
        return fail(cli, CLI_LOCAL, "cannot start the seat's keeper: %s", strerror(error));
    }
    if (child == 0) {
        /* Once more, so that it is nobody's child here and init takes it. */
        pid_t keeper = fork();
        if (keeper != 0)
            _exit(keeper < 0 ? CLI_LOCAL : CLI_OK);
        become_keeper(cli, ready[1]);
    }
    close(ready[1]);
    waitpid(child, NULL, 0);
    int result = await_ready(cli, ready[0]);
    close(ready[0]);
    return result;
}

/* A descriptor that becomes readable when the terminal's session leader ends; -1: there is none to wait for.
 */
static int watch_leader(void)
{
    pid_t leader = getsid(0);
    if (leader <= 0 || leader == getpid())
        return -1;
    return (int)syscall(SYS_pidfd_open, leader, 0);
}

/* NULL: goes on. Otherwise why the keeper ends. */
static const char *say_here(struct cli *cli, int64_t *last_heard)
{
    Labgate__Presence presence = LABGATE__PRESENCE__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer = NULL;
    request.body_case = LABGATE__REQUEST__BODY_PRESENCE;
    request.presence = &presence;
    int result = client_call(cli->client, &request, LONGEST_PAUSE, &answer);
    bool no = result == CLIENT_OK && !answer->ok;
    client_free(answer);
    if (no && cli->seat.ends && times_now_ms() >= (int64_t)cli->seat.ends)
        return "the session has ended";
    if (no)
        return "the gateway no longer knows the seat";
    if (result == CLIENT_OK)
        *last_heard = times_monotonic();
    if (times_monotonic() - *last_heard > UNHEARD_FOR)
        return "the gateway was not reached for five minutes";
    return NULL;
}

static const char *keep(struct cli *cli, int leader, int64_t pause)
{
    int64_t last_heard = times_monotonic();
    while (!interruption_seen()) {
        const char *why = say_here(cli, &last_heard);
        if (why)
            return why;
        struct pollfd wait = {.fd = leader, .events = POLLIN};
        if (poll(&wait, 1, (int)(pause / NS_PER_MS)) > 0)
            return "the terminal it was started from is gone";
        /* Another labctl may have left the seat meanwhile. */
        struct seat now;
        if (store_load_seat(&cli->store, &now) != STORE_OK || now.seat != cli->seat.seat ||
            now.session != cli->seat.session)
            return "the seat was given up";
    }
    return "it was ended by leave, release or logout";
}

static int report(const char *line, int code)
{
    fprintf(stdout, "%s\n", line);
    fflush(stdout);
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0) {
        dup2(nowhere, STDOUT_FILENO); /* who waits for the line sees the end of it */
        close(nowhere);
    }
    return code;
}

static int run_keep(struct cli *cli, const struct arguments *arguments)
{
    (void)arguments;
    int lock = -1;
    interruption_catch();
    int leader = watch_leader();
    if (store_lock(&cli->store, cli->store.keeper_path, false, &lock) != STORE_OK)
        return report("another one runs", CLI_LOCAL);
    write_file(lock, "");
    if (cli_require_seat(cli) != CLI_OK || cli_connect(cli) != CLI_OK) {
        store_unlock(lock);
        return report("the gateway cannot be reached", CLI_UNREACHABLE);
    }
    int64_t pause = cli->seat.presence ? (int64_t)cli->seat.presence / 3 : LONGEST_PAUSE;
    report("ready", CLI_OK);
    write_file(lock, keep(cli, leader, pause < LONGEST_PAUSE ? pause : LONGEST_PAUSE));
    if (leader >= 0)
        close(leader);
    store_unlock(lock);
    return CLI_OK;
}

const struct command command_keep = {
    .name = "keep",
    .group = GROUP_OTHER,
    .arguments = "",
    .summary = "hold the profile's seat; started by labctl join",
    .hidden = true,
    .run = run_keep,
};
