#include "gateway/bus/watchdog.h"

#include "gateway/bus/descriptors.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define STRAYS_MOST 64u /* one is enough; this many are compared */

/* One end of a connection. */
struct end {
    uint8_t address[16];
    uint16_t port;
};

struct stray {
    int fd;
    struct end remote;
};

struct watchdog {
    uint16_t ports[WATCHDOG_PORTS];
    size_t port_count;
    bool has_opened; /* since the last check */
    struct stray strays[STRAYS_MOST];
    size_t stray_count;
};

struct watchdog *watchdog_create(void)
{
    return calloc(1, sizeof(struct watchdog));
}

void watchdog_destroy(struct watchdog *watchdog)
{
    free(watchdog);
}

static bool is_watched(const struct watchdog *watchdog, uint16_t port)
{
    for (size_t i = 0; i < watchdog->port_count; i++)
        if (watchdog->ports[i] == port)
            return true;
    return false;
}

void watchdog_port(struct watchdog *watchdog, uint16_t port)
{
    if (watchdog->port_count < WATCHDOG_PORTS)
        watchdog->ports[watchdog->port_count++] = port;
}

void watchdog_opened(struct watchdog *watchdog, const struct peer *peer)
{
    if (is_watched(watchdog, peer->local_port))
        watchdog->has_opened = true;
}

static struct end end_of(const struct sockaddr_storage *address)
{
    struct end end;
    memset(&end, 0, sizeof end); /* ends are compared as bytes */
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)address;
        end.address[10] = end.address[11] = 0xff;
        memcpy(end.address + 12, &four->sin_addr, 4);
        end.port = ntohs(four->sin_port);
    } else if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
        memcpy(end.address, &six->sin6_addr, 16);
        end.port = ntohs(six->sin6_port);
    }
    return end;
}

static int compare_ends(const void *first, const void *second)
{
    return memcmp(first, second, sizeof(struct end));
}

/* The far ends of all pipes, in order. NULL: no memory. */
static struct end *list_known(const struct peers *peers)
{
    struct end *known = calloc(peers_count(peers) + 1, sizeof *known);
    size_t count = 0;
    for (const struct peer *peer = peers_quietest(peers); known && peer; peer = peer->louder) {
        memcpy(known[count].address, peer->address, sizeof peer->address);
        known[count++].port = peer->remote_port;
    }
    if (known)
        qsort(known, count, sizeof *known, compare_ends);
    return known;
}

static bool has_spoken(int fd)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 && info.tcpi_bytes_received > 0;
}

/* Is this descriptor a connection to a watched listener, over which something came? */
static bool is_connection(const struct watchdog *watchdog, int fd, struct end *remote)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0 ||
        !is_watched(watchdog, end_of(&address).port))
        return false;
    size = sizeof address;
    if (getpeername(fd, (struct sockaddr *)&address, &size) != 0 || !has_spoken(fd))
        return false;
    *remote = end_of(&address);
    return true;
}

static bool was_stray(const struct watchdog *watchdog, const struct stray *stray)
{
    for (size_t i = 0; i < watchdog->stray_count; i++)
        if (watchdog->strays[i].fd == stray->fd &&
            compare_ends(&watchdog->strays[i].remote, &stray->remote) == 0)
            return true;
    return false;
}

/* What is found on a walk over all descriptors. */
struct round {
    const struct watchdog *watchdog;
    const struct end *known;
    size_t known_count;
    struct stray strays[STRAYS_MOST];
    size_t count;
    bool is_old;
};

static bool look_at(void *context, int fd)
{
    struct round *round = context;
    struct stray stray = {.fd = fd};
    if (!is_connection(round->watchdog, fd, &stray.remote) ||
        bsearch(&stray.remote, round->known, round->known_count, sizeof *round->known, compare_ends))
        return false;
    round->is_old = round->is_old || was_stray(round->watchdog, &stray);
    round->strays[round->count++] = stray;
    return round->count == STRAYS_MOST;
}

bool watchdog_barks(struct watchdog *watchdog, const struct peers *peers)
{
    struct round round = {.watchdog = watchdog, .known_count = peers_count(peers)};
    struct end *known = watchdog->port_count > 0 ? list_known(peers) : NULL;
    round.known = known;
    if (known)
        (void)descriptors_find(look_at, &round);
    free(known);
    bool barks = round.is_old && !watchdog->has_opened;
    memcpy(watchdog->strays, round.strays, round.count * sizeof *round.strays);
    watchdog->stray_count = round.count;
    watchdog->has_opened = false;
    return barks;
}
