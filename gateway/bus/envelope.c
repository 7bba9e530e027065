#include "gateway/bus/envelope.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum envelope_result envelope_send(int fd, const struct envelope *envelope, const void *payload)
{
    struct envelope stamped = *envelope;
    stamped.magic = ENVELOPE_MAGIC;
    struct iovec parts[2] = {
        {&stamped,        sizeof stamped  },
        {(void *)payload, envelope->length}
    };
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = envelope->length > 0 ? 2 : 1};
    for (;;) {
        if (sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
            return ENVELOPE_MOVED;
        if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM)
            return ENVELOPE_AGAIN;
        if (errno != EINTR)
            return ENVELOPE_BROKEN;
    }
}

enum envelope_result envelope_receive(int fd, struct envelope *envelope, uint8_t buffer[ENVELOPE_ANSWER_MAX])
{
    struct iovec parts[2] = {
        {envelope, sizeof *envelope   },
        {buffer,   ENVELOPE_ANSWER_MAX}
    };
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t got;
    do
        got = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return errno == EAGAIN ? ENVELOPE_AGAIN : ENVELOPE_BROKEN;
    if (got == 0)
        return ENVELOPE_BROKEN;
    if ((size_t)got < sizeof *envelope || (message.msg_flags & MSG_TRUNC) ||
        envelope->magic != ENVELOPE_MAGIC || envelope->length != (size_t)got - sizeof *envelope)
        return ENVELOPE_UNREADABLE;
    return ENVELOPE_MOVED;
}
