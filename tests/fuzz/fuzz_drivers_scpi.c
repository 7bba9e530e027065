/* Any bytes as an instrument's answer to a SCPI question, as a line and as a block, and whatever they say
 * about points of every type. A block that is not whole is never taken for one. */
#include "drivers/fault.h"
#include "drivers/scpi.h"
#include "drivers/stream.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static int listen_on_loopback(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) || listen(listener, 8) ||
        getsockname(listener, (struct sockaddr *)&address, &size))
        abort();
    *port = ntohs(address.sin_port);
    return listener;
}

/* A line whose other end has sent all of it and hung up. */
static struct driver_line *line_with(const uint8_t *data, size_t size)
{
    static struct driver_line_spec spec = {.host = "127.0.0.1", .timeout = 1000000000, .longest = 1000000000};
    static int listener = -1;
    if (listener < 0)
        listener = listen_on_loopback(&spec.port);
    struct driver_line *line;
    struct driver_fault fault;
    if (stream_transport.open(&spec, driver_now() + 1000000000, &line, &fault))
        return NULL;
    int peer = accept(listener, NULL, NULL);
    const struct linger at_once = {1, 0};
    setsockopt(peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    bool sent = send(peer, data, size, MSG_NOSIGNAL) == (ssize_t)size;
    shutdown(peer, SHUT_WR);
    char reset[1];
    require(recv(peer, reset, 1, MSG_DONTWAIT) <= 0);
    if (!sent) {
        stream_transport.close(line);
        line = NULL;
    }
    static int last = -1; /* closed with the next input, so that nothing in flight is thrown away */
    if (last >= 0)
        close(last);
    last = peer;
    return line;
}

static void parse(const char *answer)
{
    static const struct driver_choice choices[] = {
        {"SINusoid", 1},
        {"ramp",     3},
        {NULL,       0}
    };
    struct driver_fault fault;
    for (int type = DRIVER_BOOLEAN; type <= DRIVER_TEXT; type++) {
        const struct driver_point point = {
            .name = "a", .type = (enum driver_type)type, .readable = true, .choices = choices};
        struct driver_sample sample = {0};
        int result = scpi_parse(&point, answer, &sample, &fault);
        require(result == 0 || result == DRIVER_GARBLED);
        if (result == 0 && sample.good && type != DRIVER_TEXT)
            require(isfinite(sample.value.number));
    }
    int code;
    const char *text;
    scpi_parse_error(answer, &code, &text);
    scpi_matches("SINusoid", answer);
}

static void read_line(const uint8_t *data, size_t size)
{
    char answer[SCPI_ANSWER_MAX];
    struct driver_fault fault;
    struct driver_line *line = line_with(data, size);
    if (!line)
        return;
    int result = stream_read_line(line, answer, sizeof answer, driver_now() + 1000000000, &fault);
    const uint8_t *end = memchr(data, '\n', size);
    require(result == 0 ? end != NULL : result == DRIVER_GARBLED || result == DRIVER_DISCONNECTED);
    if (result == 0)
        parse(answer);
    stream_transport.close(line);
}

static void read_block(const uint8_t *data, size_t size, size_t wanted)
{
    static char block[4096];
    struct driver_fault fault;
    struct driver_line *line = line_with(data, size);
    if (!line)
        return;
    int result = stream_read_block(line, block, wanted, driver_now() + 1000000000, &fault);
    if (result == 0)
        require(size >= wanted + 2 && data[0] == '#' && memmem(data, size, block, wanted) != NULL);
    else
        require(result == DRIVER_GARBLED || result == DRIVER_DISCONNECTED);
    stream_transport.close(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    size_t wanted = (size_t)(data[1] << 8 | data[2]) % 4096;
    if (data[0] & 1)
        read_block(data + 3, size - 3, wanted);
    else
        read_line(data + 3, size - 3);
    return 0;
}
