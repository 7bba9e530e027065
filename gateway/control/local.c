#include "gateway/control/local.h"

#include "gateway/bus/envelope.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define LOCAL_CONNECTIONS 16

struct connection {
    int fd; /* -1: free */
    uint32_t generation;
    uint32_t uid; /* of the peer */
};

struct local {
    int listener, epoll;
    int spare; /* a descriptor that is held for when there is no other; -1: not even that */
    uint32_t generation;
    struct sockaddr_un address;
    struct connection connections[LOCAL_CONNECTIONS];
};

static bool is_served(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool served = connect(fd, (const struct sockaddr *)address, sizeof *address) == 0;
    close(fd);
    return served;
}

/* The listener is an edge: whoever cannot be admitted must not keep it readable. */
static int watch(const struct local *local, int fd, uint32_t tag)
{
    struct epoll_event event = {.events = EPOLLIN | (tag == LOCAL_CONNECTIONS ? EPOLLET : 0u),
                                .data.u32 = tag};
    return epoll_ctl(local->epoll, EPOLL_CTL_ADD, fd, &event);
}

static int listen_at(struct local *local)
{
    local->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (local->listener < 0)
        return -1;
    unlink(local->address.sun_path);
    mode_t mask = umask(0177);
    int failed = bind(local->listener, (const struct sockaddr *)&local->address, sizeof local->address);
    umask(mask);
    return failed || listen(local->listener, LOCAL_CONNECTIONS) ||
                   watch(local, local->listener, LOCAL_CONNECTIONS)
               ? -1
               : 0;
}

static void hold_spare(struct local *local)
{
    if (local->spare < 0)
        local->spare = fcntl(local->listener, F_DUPFD_CLOEXEC, 0);
}

int local_create(const char *path, struct local **out, char *why, size_t why_size)
{
    *out = NULL;
    struct local *local = calloc(1, sizeof *local);
    if (!local) {
        snprintf(why, why_size, "making the local socket: no memory");
        return -1;
    }
    local->listener = local->spare = -1;
    for (size_t i = 0; i < LOCAL_CONNECTIONS; i++)
        local->connections[i].fd = -1;
    local->epoll = epoll_create1(EPOLL_CLOEXEC);
    local->address.sun_family = AF_UNIX;
    if (strlen(path) >= sizeof local->address.sun_path) {
        snprintf(why, why_size,
                 "making the local socket %s: its path has more than %zu bytes; "
                 "choose a shorter state: directory",
                 path, sizeof local->address.sun_path - 1);
        goto fail;
    }
    strcpy(local->address.sun_path, path);
    if (is_served(&local->address)) {
        snprintf(why, why_size,
                 "another labgate serves %s; stop it first, or give this one another state: directory", path);
        goto fail;
    }
    if (local->epoll < 0 || listen_at(local) < 0) {
        snprintf(why, why_size, "making the local socket %s: %s", path, strerror(errno));
        goto fail;
    }
    hold_spare(local);
    *out = local;
    return 0;
fail:
    if (local->listener >= 0)
        close(local->listener);
    if (local->epoll >= 0)
        close(local->epoll);
    free(local);
    return -1;
}

void local_destroy(struct local *local)
{
    if (!local)
        return;
    for (size_t i = 0; i < LOCAL_CONNECTIONS; i++)
        if (local->connections[i].fd >= 0)
            close(local->connections[i].fd);
    unlink(local->address.sun_path);
    if (local->spare >= 0)
        close(local->spare);
    close(local->listener);
    close(local->epoll);
    free(local);
}

int local_fd(const struct local *local)
{
    return local->epoll;
}

static bool may_connect(int fd, uint32_t *uid)
{
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0)
        return false;
    *uid = peer.uid;
    return peer.uid == 0 || peer.uid == geteuid();
}

static int accept_next(const struct local *local)
{
    return accept4(local->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

/* There is no descriptor left: the spare one lets whoever waits see an end at once. */
static bool send_away(struct local *local)
{
    if (local->spare < 0)
        return false;
    close(local->spare);
    local->spare = -1;
    int fd = accept_next(local);
    if (fd >= 0)
        close(fd);
    hold_spare(local);
    return fd >= 0;
}

/* False: nobody waits, or nobody can be taken now. */
static bool admit(struct local *local)
{
    int fd = accept_next(local);
    if (fd < 0)
        return (errno == EMFILE || errno == ENFILE) && send_away(local);
    hold_spare(local);
    int size = ENVELOPE_ANSWER_MAX + 4096;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    uint32_t uid = 0;
    bool may = may_connect(fd, &uid);
    for (uint32_t i = 0; may && i < LOCAL_CONNECTIONS; i++) {
        if (local->connections[i].fd >= 0)
            continue;
        if (watch(local, fd, i) != 0)
            break;
        local->connections[i] = (struct connection){.fd = fd, .generation = ++local->generation, .uid = uid};
        return true;
    }
    close(fd);
    return true;
}

/* As many as may have waited; who comes meanwhile is another edge. */
static void admit_all(struct local *local)
{
    for (int i = 0; i <= LOCAL_CONNECTIONS && admit(local); i++)
        ;
}

size_t local_receive(struct local *local, uint8_t *bytes, size_t size, struct origin *origin)
{
    struct epoll_event event;
    while (epoll_wait(local->epoll, &event, 1, 0) == 1) {
        if (event.data.u32 == LOCAL_CONNECTIONS) {
            admit_all(local);
            continue;
        }
        struct connection *connection = &local->connections[event.data.u32];
        ssize_t length = recv(connection->fd, bytes, size, MSG_DONTWAIT);
        if (length > 0) {
            *origin = (struct origin){.local = true,
                                      .generation = connection->generation,
                                      .pipe = event.data.u32,
                                      .asker.uid = connection->uid};
            return (size_t)length;
        }
        if (length < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        close(connection->fd);
        connection->fd = -1;
    }
    return 0;
}

void local_send(struct local *local, const struct origin *origin, const uint8_t *bytes, size_t length)
{
    const struct connection *connection = &local->connections[origin->pipe];
    if (connection->fd >= 0 && connection->generation == origin->generation)
        send(connection->fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
}
