#include "drivers/tcp_connect.h"

#include "drivers/fault.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static bool parse_address(const char *text, uint16_t port, union address *address)
{
    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, text, &address->v4.sin_addr) == 1) {
        address->v4.sin_family = AF_INET;
        address->v4.sin_port = htons(port);
        return true;
    }
    if (inet_pton(AF_INET6, text, &address->v6.sin6_addr) == 1) {
        address->v6.sin6_family = AF_INET6;
        address->v6.sin6_port = htons(port);
        return true;
    }
    return false;
}

static bool is_address(const char *text)
{
    union address address;
    return parse_address(text, 0, &address);
}

void driver_find_host(const char *host, char address[DRIVER_ADDRESS_MAX])
{
    snprintf(address, DRIVER_ADDRESS_MAX, "%s", host);
    FILE *file = is_address(host) ? NULL : fopen("/etc/hosts", "re");
    if (!file)
        return;
    char line[512];
    bool found = false;
    /* hosts(5): an address, then its names, on each line. */
    while (!found && fgets(line, sizeof line, file)) {
        line[strcspn(line, "#\n")] = '\0';
        char *rest = line;
        const char *first = strtok_r(rest, " \t", &rest);
        for (const char *word = first; word && !found; word = strtok_r(NULL, " \t", &rest))
            found = word != first && !strcasecmp(word, host) && is_address(first);
        if (found)
            snprintf(address, DRIVER_ADDRESS_MAX, "%s", first);
    }
    fclose(file);
}

static int wait_connected(int connection, int64_t deadline)
{
    int events = driver_poll(connection, POLLOUT, deadline);
    if (events <= 0)
        return events ? errno : ETIMEDOUT;
    int error = 0;
    socklen_t size = sizeof error;
    return getsockopt(connection, SOL_SOCKET, SO_ERROR, &error, &size) ? errno : error;
}

int tcp_connect(const char *host, uint16_t port, int64_t deadline, int *connection,
                struct driver_fault *fault)
{
    *connection = -1;
    union address address;
    if (!parse_address(host, port, &address))
        return driver_fail(
            fault, DRIVER_INVALID, 0,
            "connecting to %.60s: not an address, and not in /etc/hosts when the line was set up "
            "(name servers are not asked); write its address, or add it there and start again",
            host);
    int error = 0;
    int candidate = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (candidate < 0) {
        error = errno;
        goto failed;
    }
    static const int on = 1;
    if (setsockopt(candidate, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on)) {
        error = errno;
        goto failed;
    }
    socklen_t size = address.any.sa_family == AF_INET ? sizeof address.v4 : sizeof address.v6;
    if (connect(candidate, &address.any, size))
        error = errno == EINPROGRESS ? wait_connected(candidate, deadline) : errno;
    if (error)
        goto failed;
    *connection = candidate;
    return 0;

failed:
    if (candidate >= 0)
        close(candidate);
    return driver_fail(fault, DRIVER_DISCONNECTED, error, "connecting to %.60s port %u: %s", host, port,
                       strerror(error));
}
