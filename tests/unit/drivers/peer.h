/* peer.h - the other end of a line for tests: a thread that reads requests and answers as a script says,
 * over TCP on loopback or on a pty. */
#ifndef TESTS_PEER_H
#define TESTS_PEER_H

#include "drivers/driver.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define PEER_SECOND INT64_C(1000000000)

struct peer {
    bool serial;
    int listener; /* TCP */
    int line;     /* the connection, or the pty's master */
    int holder;   /* keeps the pty from hanging up between opens */
    char device[64];
    uint16_t port;
    pthread_t thread;
    /* Serves one connection; returns when it ends or is to end. */
    void (*serve)(struct peer *peer);
    void *context;
};

static inline int64_t peer_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * PEER_SECOND + now.tv_nsec;
}

/* False at the end of the line. */
static inline bool peer_take(struct peer *peer, void *bytes, size_t length)
{
    for (size_t taken = 0; taken < length;) {
        ssize_t got = read(peer->line, (char *)bytes + taken, length - taken);
        if (got <= 0)
            return false;
        taken += (size_t)got;
    }
    return true;
}

static inline void peer_give(struct peer *peer, const void *bytes, size_t length)
{
    ssize_t sent =
        peer->serial ? write(peer->line, bytes, length) : send(peer->line, bytes, length, MSG_NOSIGNAL);
    (void)sent; /* the other end may have gone: it then fails there */
}

static inline void *peer_run(void *argument)
{
    struct peer *peer = argument;
    if (peer->serial) {
        peer->serve(peer);
        return NULL;
    }
    while ((peer->line = accept(peer->listener, NULL, NULL)) >= 0) {
        peer->serve(peer);
        close(peer->line);
    }
    return NULL;
}

static inline void peer_start_tcp(struct peer *peer)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(peer->listener, (struct sockaddr *)&address, size) || listen(peer->listener, 4) ||
        getsockname(peer->listener, (struct sockaddr *)&address, &size))
        abort();
    peer->port = ntohs(address.sin_port);
}

static inline void peer_start_pty(struct peer *peer)
{
    peer->line = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (peer->line < 0 || grantpt(peer->line) || unlockpt(peer->line) ||
        ptsname_r(peer->line, peer->device, sizeof peer->device))
        abort();
    peer->holder = open(peer->device, O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct termios settings;
    if (peer->holder < 0 || tcgetattr(peer->holder, &settings))
        abort();
    cfmakeraw(&settings);
    tcsetattr(peer->holder, TCSANOW, &settings);
}

static inline void peer_start(struct peer *peer, bool serial, void (*serve)(struct peer *), void *context)
{
    *peer = (struct peer){
        .serial = serial, .listener = -1, .line = -1, .holder = -1, .serve = serve, .context = context};
    if (serial)
        peer_start_pty(peer);
    else
        peer_start_tcp(peer);
    if (pthread_create(&peer->thread, NULL, peer_run, peer))
        abort();
}

/* Close the driver's end first. */
static inline void peer_stop(struct peer *peer)
{
    if (peer->serial)
        close(peer->holder); /* the last slave: the master's read ends */
    else
        shutdown(peer->listener, SHUT_RDWR);
    pthread_join(peer->thread, NULL);
    close(peer->serial ? peer->line : peer->listener);
}

static inline struct driver_line_spec peer_line(const struct peer *peer)
{
    return (struct driver_line_spec){
        .serial = peer->serial,
        .host = "127.0.0.1",
        .port = peer->port,
        .device = peer->device,
        .baud = 115200,
        .data_bits = 8,
        .stop_bits = 1,
        .parity = DRIVER_PARITY_NONE,
        .timeout = 10 * PEER_SECOND, /* of tests that expect an answer; this machine may be busy */
        .turnaround = 5 * PEER_SECOND / 1000,
    };
}

#endif
