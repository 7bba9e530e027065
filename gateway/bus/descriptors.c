#include "gateway/bus/descriptors.h"

#include <poll.h>

#define AT_ONCE 256u /* not more than the limit of open files, or poll() fails */

/* poll() says of each descriptor that it is asked about whether it is one. */
int descriptors_find(bool (*is_it)(void *context, int fd), void *context)
{
    struct pollfd fds[AT_ONCE];
    for (unsigned first = 0; first < DESCRIPTORS_MOST; first += AT_ONCE) {
        for (unsigned i = 0; i < AT_ONCE; i++)
            fds[i] = (struct pollfd){.fd = (int)(first + i)};
        if (poll(fds, AT_ONCE, 0) < 0)
            continue;
        for (unsigned i = 0; i < AT_ONCE; i++)
            if (!(fds[i].revents & POLLNVAL) && is_it(context, fds[i].fd))
                return fds[i].fd;
    }
    return -1;
}
