#include "gateway/bus/bus.h"

#include "gateway/bus/background.h"
#include "gateway/bus/confine.h"
#include "gateway/bus/descriptors.h"
#include "gateway/bus/envelope.h"
#include "gateway/bus/serve.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define OWN_DESCRIPTORS 64u /* listeners, nng's own, the channel */
#define URLS_SIZE       4096u

enum status { STATUS_DONE = 0, STATUS_FAILED = 1, STATUS_USAGE = 2 };

static int parse_number(const char *text, unsigned long most, unsigned long *number)
{
    char *end;
    errno = 0;
    *number = strtoul(text, &end, 10);
    return errno != 0 || end == text || *end != '\0' || *number > most ? -1 : 0;
}

static int parse_arguments(int count, char **arguments, struct serve_options *options)
{
    static const char *const names[] = {"--urgent-fd", "--ordinary-fd", "--generation"};
    unsigned long values[3] = {0};
    unsigned given = 0;
    for (int i = 2; i + 1 < count; i += 2)
        for (unsigned n = 0; n < 3; n++)
            if (strcmp(arguments[i], names[n]) == 0 &&
                parse_number(arguments[i + 1], UINT32_MAX, &values[n]) == 0)
                given |= 1u << n;
    if (given != 7 || count != 8) {
        fprintf(stderr, "labgate bus is started by labgate itself: labgate bus --urgent-fd N --ordinary-fd M "
                        "--generation G\n");
        return -1;
    }
    options->control[PEER_URGENT] = (int)values[0];
    options->control[PEER_ORDINARY] = (int)values[1];
    options->generation = (uint32_t)values[2];
    return 0;
}

static int prepare_descriptors(const struct serve_options *options)
{
    for (int lane = 0; lane < PEER_LANES; lane++) {
        int fd = options->control[lane];
        int flags = fcntl(fd, F_GETFL);
        if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
            fprintf(stderr, "labgate bus: descriptor %d is not the channel to control: %s\n", fd,
                    strerror(errno));
            return -1;
        }
    }
    return 0;
}

/* --- until it serves -------------------------------------------------------------------------- */

static void tell(const struct serve_options *options, uint8_t kind, const char *text)
{
    struct envelope envelope = {
        .kind = kind, .generation = options->generation, .length = (uint32_t)strlen(text)};
    (void)envelope_send(options->control[PEER_ORDINARY], &envelope, text);
}

/* The payload of LISTEN is three strings, each with its zero. */
static int read_listener(const struct envelope *envelope, const uint8_t *payload,
                         struct endpoint_listener *listener)
{
    const char *parts[3], *at = (const char *)payload, *end = at + envelope->length;
    for (size_t i = 0; i < 3; i++) {
        const char *zero = memchr(at, '\0', (size_t)(end - at));
        if (!zero)
            return -1;
        parts[i] = at;
        at = zero + 1;
    }
    *listener = (struct endpoint_listener){parts[0], parts[1], parts[2]};
    return at == end ? 0 : -1;
}

static int listen_on(struct endpoint *endpoint, const struct envelope *envelope, const uint8_t *payload,
                     char *urls, char *why, size_t why_size)
{
    struct endpoint_listener listener;
    char url[256];
    if (read_listener(envelope, payload, &listener) != 0) {
        snprintf(why, why_size, "control described a listener wrongly");
        return -1;
    }
    if (endpoint_listen(endpoint, &listener, url, sizeof url, why, why_size) != 0)
        return -1;
    size_t used = strlen(urls);
    snprintf(urls + used, URLS_SIZE - used, "%s%s", used > 0 ? "\n" : "", url);
    return 0;
}

static enum envelope_result await_envelope(int fd, struct envelope *envelope, uint8_t *buffer)
{
    enum envelope_result result;
    while ((result = envelope_receive(fd, envelope, buffer)) == ENVELOPE_AGAIN) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        (void)poll(&wait, 1, -1);
    }
    return result;
}

/* Takes LISTEN envelopes until BEGIN. 0; 1: control is gone; -1 with a sentence in why. */
static int take_listeners(const struct serve_options *options, char *urls, char *why, size_t why_size)
{
    static_assert(ENVELOPE_ANSWER_MAX <= 262144, "the buffer below is on the stack");
    uint8_t buffer[ENVELOPE_ANSWER_MAX];
    for (;;) {
        struct envelope envelope;
        enum envelope_result result = await_envelope(options->control[PEER_ORDINARY], &envelope, buffer);
        int listening = -1;
        if (result == ENVELOPE_BROKEN)
            return 1;
        if (result == ENVELOPE_MOVED && envelope.kind == ENVELOPE_BEGIN)
            return 0;
        if (result == ENVELOPE_MOVED && envelope.kind == ENVELOPE_LISTEN)
            listening = listen_on(options->endpoint, &envelope, buffer, urls, why, why_size);
        else
            snprintf(why, why_size, "control said something else than where to listen");
        explicit_bzero(buffer, sizeof buffer); /* a private key was in it */
        if (listening != 0)
            return -1;
    }
}

/* How many descriptors this process may have. */
static size_t descriptor_bound(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max > DESCRIPTORS_MOST)
        return DESCRIPTORS_MOST;
    return (size_t)limit.rlim_max;
}

struct creation {
    size_t pipes;
    struct endpoint *endpoint;
    int result;
    char *why;
    size_t why_size;
};

static void *create_powerless(void *context)
{
    struct creation *creation = context;
    creation->result = confine_capabilities();
    if (creation->result == 0)
        creation->result =
            endpoint_create(creation->pipes, &creation->endpoint, creation->why, creation->why_size);
    return NULL;
}

/* nng's threads begin with the capabilities of the thread that made its first socket. Only this one, which
 * listens, needs the one for low ports, so another makes the socket. */
static int create_endpoint(size_t pipes, struct endpoint **endpoint, char *why, size_t why_size)
{
    struct creation creation = {.pipes = pipes, .result = -1, .why = why, .why_size = why_size};
    pthread_t thread;
    snprintf(why, why_size, "the bus cannot start its threads");
    if (pthread_create(&thread, NULL, create_powerless, &creation) != 0 || pthread_join(thread, NULL) != 0)
        return -1;
    *endpoint = creation.endpoint;
    return creation.result;
}

static int prepare(struct serve_options *options, char *urls, char *why, size_t why_size)
{
    size_t descriptors = descriptor_bound();
    size_t pipes = descriptors > 2 * OWN_DESCRIPTORS ? descriptors - OWN_DESCRIPTORS : OWN_DESCRIPTORS;
    if (create_endpoint(pipes, &options->endpoint, why, why_size) != 0)
        return -1;
    int taken = take_listeners(options, urls, why, why_size);
    if (taken != 0)
        return taken;
    return confine_process(descriptors, why, why_size);
}

int bus_main(int argument_count, char **arguments)
{
    struct serve_options options = {0};
    char urls[URLS_SIZE] = "", why[512] = "";
    if (parse_arguments(argument_count, arguments, &options) != 0)
        return STATUS_USAGE;
    if (prepare_descriptors(&options) != 0)
        return STATUS_FAILED;
    prctl(PR_SET_NAME, "labgate-bus", 0, 0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    background_enter();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN); /* a terminal's Ctrl-C is for control, which needs the bus to say good-bye */
    int status = prepare(&options, urls, why, sizeof why);
    if (status < 0)
        tell(&options, ENVELOPE_FAILED, why);
    if (status != 0)
        _exit(status < 0 ? STATUS_FAILED : STATUS_DONE);
    tell(&options, ENVELOPE_READY, urls);
    /* nng may hang when it is closed (its issues 1236, 1543, 1813), and there is nothing to save. */
    _exit(serve(&options));
}
