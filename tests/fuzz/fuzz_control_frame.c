/* Any datagram from the bus process, and any payload in it: control takes it for a request or leaves it,
 * within the arena that it has; and the bus, which reads the same bytes before, and merges frames, does no
 * worse. */
#include "gateway/bus/envelope.h"
#include "gateway/bus/translate.h"
#include "gateway/control/request_value.h"
#include "gateway/control/translate.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* What the text of a command becomes, for points of every type. */
static void read_value(const struct request *request)
{
    static const struct rig_choice choices[] = {
        {"one", 1},
        {NULL,  0}
    };
    for (int type = RIG_BOOLEAN; type <= RIG_TEXT; type++) {
        const struct rig_point_spec point = {
            .type = (enum rig_type)type, .unit = rig_unit_find("degC", 4), .choices = choices};
        double number;
        request_number(&point, request, &number);
    }
}

static void read_payload(const uint8_t *bytes, size_t length)
{
    static struct arena *arena;
    static struct translator *translator;
    static uint8_t merged[ENVELOPE_ANSWER_MAX];
    if (!arena) {
        arena = arena_create((size_t)512 * 1024);
        translator = translator_create();
        require(arena && translator);
    }
    struct request request;
    struct request_head head;
    if (translate_request(arena, bytes, length, &request) && request.kind == REQUEST_SET)
        read_value(&request);
    translator_read(translator, bytes, length, &head);
    size_t half = length / 2;
    require(translator_merge(bytes, half, bytes + half, length - half, merged, sizeof merged) <=
            sizeof merged);
}

/* As it comes over the channel. */
static void receive(const uint8_t *data, size_t size)
{
    static int pair[2];
    static uint8_t payload[ENVELOPE_ANSWER_MAX];
    if (pair[0] == pair[1] && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        abort();
    if (size == 0 || send(pair[0], data, size, MSG_DONTWAIT) != (ssize_t)size)
        return;
    struct envelope envelope;
    enum envelope_result result = envelope_receive(pair[1], &envelope, payload);
    require(result == ENVELOPE_MOVED || result == ENVELOPE_UNREADABLE);
    if (result == ENVELOPE_MOVED) {
        require(envelope.length == size - sizeof envelope);
        read_payload(payload, envelope.length);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    receive(data, size);
    read_payload(data, size);
    return 0;
}
