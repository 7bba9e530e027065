#include "gateway/bus/pipe_socket.h"

#include "gateway/bus/descriptors.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

static bool is_at(const nng_sockaddr *wanted, const struct sockaddr_storage *is)
{
    if (wanted->s_family == NNG_AF_INET && is->ss_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)is;
        return four->sin_port == wanted->s_in.sa_port && four->sin_addr.s_addr == wanted->s_in.sa_addr;
    }
    if (wanted->s_family == NNG_AF_INET6 && is->ss_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)is;
        return six->sin6_port == wanted->s_in6.sa_port &&
               memcmp(&six->sin6_addr, wanted->s_in6.sa_addr, sizeof six->sin6_addr) == 0;
    }
    return false;
}

/* A connection is known by the addresses of both its ends. */
struct ends {
    nng_sockaddr local, remote;
};

static bool is_between(void *context, int fd)
{
    const struct ends *ends = context;
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    if (getpeername(fd, (struct sockaddr *)&address, &size) != 0 || !is_at(&ends->remote, &address))
        return false;
    size = sizeof address;
    return getsockname(fd, (struct sockaddr *)&address, &size) == 0 && is_at(&ends->local, &address);
}

int pipe_socket_shut(nng_pipe pipe)
{
    struct ends ends;
    if (nng_pipe_get_addr(pipe, NNG_OPT_LOCADDR, &ends.local) != 0 ||
        nng_pipe_get_addr(pipe, NNG_OPT_REMADDR, &ends.remote) != 0)
        return -1;
    int fd = descriptors_find(is_between, &ends);
    return fd < 0 ? -1 : shutdown(fd, SHUT_RDWR);
}
