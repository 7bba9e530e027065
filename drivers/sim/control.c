#include "drivers/sim/control.h"
#include "drivers/sim/complaint.h"

#include "drivers/sim/control_verbs.h"
#include "drivers/sim/simulator.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LINE_LENGTH   1024
#define CLIENTS_QUEUE 16

struct control_client {
    struct source source;
    struct control_client *next;
    char line[LINE_LENGTH];
    size_t length;
    bool gone;
};

static int send_all(int fd, const char *bytes, size_t length)
{
    while (length) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return -1;
        bytes += sent;
        length -= (size_t)sent;
    }
    return 0;
}

static void answer_line(struct simulator *simulator, struct control_client *client, char *line, int64_t now)
{
    char *text = NULL;
    size_t length = 0;
    FILE *answer = open_memstream(&text, &length);
    if (!answer)
        return;
    if (control_perform(simulator, line, now, answer))
        fprintf(answer, "error: %s\n", simulator->problem);
    else
        fputs("ok\n", answer);
    /* Clients are local and read at once: an answer that doesn't fit the socket's buffer ends the connection.
     */
    if (!fclose(answer) && send_all(client->source.fd, text, length))
        client->gone = true;
    free(text);
}

static void client_ready(struct simulator *simulator, struct source *source, uint32_t events, int64_t now)
{
    struct control_client *client = (struct control_client *)source;
    (void)events;
    if (client->gone)
        return;
    ssize_t got = read(source->fd, client->line + client->length, sizeof client->line - client->length);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        client->gone = true;
        return;
    }
    client->length += (size_t)got;
    char *end;
    while (!client->gone && (end = memchr(client->line, '\n', client->length))) {
        *end = '\0';
        answer_line(simulator, client, client->line, now);
        client->length -= (size_t)(end + 1 - client->line);
        memmove(client->line, end + 1, client->length);
    }
    if (client->length == sizeof client->line)
        client->gone = true;
}

static void listener_ready(struct simulator *simulator, struct source *source, uint32_t events, int64_t now)
{
    (void)events;
    (void)now;
    int fd = accept4(source->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    struct control_client *client = calloc(1, sizeof *client);
    if (!client) {
        close(fd);
        return;
    }
    client->source = (struct source){fd, client_ready};
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){1 << 20}, sizeof(int));
    if (simulator_watch(simulator, &client->source, EPOLLIN)) {
        close(fd);
        free(client);
        return;
    }
    client->next = simulator->control_clients;
    simulator->control_clients = client;
}

void control_bury(struct simulator *simulator)
{
    struct control_client **place = &simulator->control_clients;
    while (*place) {
        struct control_client *client = *place;
        if (!client->gone) {
            place = &client->next;
            continue;
        }
        *place = client->next;
        close(client->source.fd);
        free(client);
    }
}

static int address_of(const char *path, struct sockaddr_un *address)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address->sun_path)
        return -1;
    memcpy(address->sun_path, path, strlen(path) + 1);
    return 0;
}

/* A socket that nobody listens on was left by a simulator that was killed. */
static bool in_use(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool used = fd >= 0 && !connect(fd, (const struct sockaddr *)address, sizeof *address);
    if (fd >= 0)
        close(fd);
    return used;
}

int control_open(struct simulator *simulator, const char *path)
{
    struct sockaddr_un address;
    if (!*path)
        return simulator_fail(simulator, "--control: the path of the socket is empty");
    if (address_of(path, &address))
        return simulator_fail(simulator,
                              "the path %s is too long for a socket; choose one of at most 107 bytes", path);
    if (in_use(&address))
        return simulator_fail(simulator, "another labsim listens on %s; end that one or choose another path",
                              path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return simulator_fail(simulator, "cannot make a socket: %s", strerror(errno));
    int bound = bind(fd, (struct sockaddr *)&address, sizeof address);
    if (bound && errno == EADDRINUSE && !unlink(path))
        bound = bind(fd, (struct sockaddr *)&address, sizeof address);
    if (bound || listen(fd, CLIENTS_QUEUE)) {
        simulator_fail(simulator, "cannot listen on %s: %s; does the folder exist, and may it be written?",
                       path, strerror(errno));
        close(fd);
        return -1;
    }
    memcpy(simulator->control_path, path, strlen(path) + 1);
    simulator->control_source = (struct source){fd, listener_ready};
    return simulator_watch(simulator, &simulator->control_source, EPOLLIN);
}

void control_close(struct simulator *simulator)
{
    for (struct control_client *client = simulator->control_clients; client; client = client->next)
        client->gone = true;
    control_bury(simulator);
    if (simulator->control_source.fd < 0)
        return;
    close(simulator->control_source.fd);
    unlink(simulator->control_path);
    simulator->control_source.fd = -1;
}

static int send_words(int fd, char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (send_all(fd, words[i], strlen(words[i])) || send_all(fd, i + 1 < count ? " " : "\n", 1))
            return -1;
    return 0;
}

int control_client(const char *path, char *const *words, size_t count)
{
    struct sockaddr_un address;
    char line[LINE_LENGTH];
    int status = 1;
    FILE *answer = NULL;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || address_of(path, &address) || connect(fd, (struct sockaddr *)&address, sizeof address)) {
        complain("cannot reach %s: %s; is labsim running with --control %s?", path, strerror(errno), path);
        goto out;
    }
    if (send_words(fd, words, count) || !(answer = fdopen(fd, "r"))) {
        complain("cannot speak to %s: %s", path, strerror(errno));
        goto out;
    }
    while (fgets(line, sizeof line, answer)) {
        if (!strcmp(line, "ok\n")) {
            status = 0;
            goto out;
        }
        if (!strncmp(line, "error: ", 7)) {
            complain("%.*s", (int)strcspn(line + 7, "\n"), line + 7);
            goto out;
        }
        fputs(line, stdout);
    }
    complain("%s closed the connection without an answer", path);
out:
    if (answer)
        fclose(answer);
    else if (fd >= 0)
        close(fd);
    return status;
}
