/* Modbus requests on a line: to the unit that is meant, through its faults, and back. */
#include "drivers/sim/simulator.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A reply on its way out, for faults to work on. */
struct delivery {
    struct modbus_message message;
    uint8_t frame[MODBUS_FRAME_MAX];
    size_t length;
    bool lost;
    int64_t delay, gap;
};

static size_t build(const struct endpoint *endpoint, const struct modbus_message *message, uint8_t *frame)
{
    return endpoint->transport == TRANSPORT_TCP ? modbus_build_tcp(message, frame)
                                                : modbus_build_rtu(message, frame);
}

/* --- faults on the message, before it is framed --- */

static void spoil_echo(struct modbus_message *reply, struct noise *noise)
{
    bool exception = reply->pdu[0] & 0x80;
    if (exception || reply->length < 5)
        return;
    size_t at = 1 + noise_below(noise, 4);
    reply->pdu[at] ^= (uint8_t)(1 + noise_below(noise, 255));
}

static void other_function(struct modbus_message *reply, struct noise *noise)
{
    static const uint8_t functions[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0F, 0x10};
    uint8_t function;
    do
        function = functions[noise_below(noise, sizeof functions)];
    while (function == reply->pdu[0]);
    reply->pdu[0] = function;
}

static bool same_shape(const struct modbus_message *one, const struct modbus_message *two)
{
    return one->unit == two->unit && one->pdu[0] == two->pdu[0] && one->length == two->length;
}

/* The newest reply of the same shape with other content; failing that, none when it comes later, because a
 * late one of another shape would be that to a question which was never asked, and otherwise any other reply.
 */
static void put_foreign(const struct instrument *instrument, const struct fault *fault,
                        struct delivery *delivery)
{
    bool any_shape = fault->argument <= 0;
    const struct past_reply *best = NULL;
    for (size_t back = 0; back < HISTORY_MAX && back < instrument->history_count; back++) {
        const struct past_reply *past =
            &instrument->history[(instrument->history_count - 1 - back) % HISTORY_MAX];
        bool differs = past->reply.length != delivery->message.length ||
                       memcmp(past->reply.pdu, delivery->message.pdu, past->reply.length) != 0;
        bool shape = same_shape(&past->reply, &delivery->message);
        if (!differs || (!shape && (best || !any_shape)))
            continue;
        best = past;
        if (shape)
            break;
    }
    if (best)
        delivery->message = best->reply;
    else
        delivery->lost = true;
}

static void spoil_message(struct instrument *instrument, enum fault_id id, struct fault *fault,
                          struct delivery *delivery)
{
    struct modbus_message *message = &delivery->message;
    switch (id) {
    case FAULT_LATE:
        /* Of a drawn fault the argument is the longest delay. */
        delivery->delay =
            (int64_t)(fault->argument * (fault->kind->id == FAULT_ANY ? noise_fraction(&fault->noise) : 1));
        break;
    case FAULT_LOST:
    case FAULT_UNHEARD:
        delivery->lost = true;
        break;
    case FAULT_FOREIGN:
        put_foreign(instrument, fault, delivery);
        delivery->delay = (int64_t)fault->argument;
        break;
    case FAULT_WRONG_UNIT:
        message->unit = (uint8_t)(message->unit + 1 + noise_below(&fault->noise, 200));
        break;
    case FAULT_WRONG_FUNCTION:
        other_function(message, &fault->noise);
        break;
    case FAULT_WRONG_ECHO:
        spoil_echo(message, &fault->noise);
        break;
    case FAULT_WRONG_TRANSACTION:
        message->transaction = (uint16_t)(message->transaction - 1 - noise_below(&fault->noise, 100));
        break;
    case FAULT_DRIBBLED:
        delivery->gap = fault->kind->id == FAULT_ANY ? 2 * CLOCK_MILLISECOND : (int64_t)fault->argument;
        break;
    default:
        break;
    }
}

/* --- faults on the frame --- */

/* A burst: its first and last bits are wrong, those between them by chance (Koopman's definition). A 16-bit
 * CRC reveals every burst of at most 16 bits. */
static void garble_burst(uint8_t *frame, size_t length, struct noise *noise)
{
    size_t bits = length * 8, burst = 1 + noise_below(noise, 16);
    size_t first = noise_below(noise, (uint32_t)(bits - burst + 1));
    for (size_t i = 0; i < burst; i++) {
        bool flip = i == 0 || i == burst - 1 || noise_next(noise) & 1;
        /* Bits leave a UART least significant first. */
        frame[(first + i) / 8] ^= (uint8_t)(flip << (first + i) % 8);
    }
}

/* TCP has a checksum of its own; what is damaged is the header that a faulty gateway wrote. */
static void garble_header(uint8_t *frame, struct noise *noise)
{
    static const uint8_t places[] = {0, 1, 2, 3, 4, 5, 6};
    frame[places[noise_below(noise, sizeof places)]] ^= (uint8_t)(1 + noise_below(noise, 255));
}

static void spoil_frame(const struct endpoint *endpoint, enum fault_id id, struct fault *fault,
                        struct delivery *delivery)
{
    size_t missing;
    switch (id) {
    case FAULT_TRUNCATED:
        missing = fault->kind->id == FAULT_TRUNCATED ? (size_t)fault->argument : 0;
        if (missing == 0)
            missing = 1 + noise_below(&fault->noise, (uint32_t)delivery->length - 1);
        delivery->length -= missing < delivery->length ? missing : delivery->length - 1;
        break;
    case FAULT_GARBLED:
        if (endpoint->transport == TRANSPORT_PTY)
            garble_burst(delivery->frame, delivery->length, &fault->noise);
        else
            garble_header(delivery->frame, &fault->noise);
        break;
    case FAULT_BAD_CRC:
        delivery->frame[delivery->length - 1 - noise_below(&fault->noise, 2)] ^=
            (uint8_t)(1 + noise_below(&fault->noise, 255));
        break;
    default:
        break;
    }
}

/* --- answering --- */

/* The reply that an intact device would give, with the faults that change what the device does. */
static void carry_out(struct instrument *instrument, enum fault_id id, struct fault *fault,
                      const struct modbus_message *request, struct modbus_message *reply, int64_t now)
{
    if (id == FAULT_EXCEPTION) {
        uint8_t code = fault->kind->id == FAULT_EXCEPTION ? (uint8_t)fault->argument
                                                          : (uint8_t)(1 + noise_below(&fault->noise, 11));
        reply->length = modbus_exception_reply(request->pdu[0], code, reply->pdu);
        return;
    }
    if (id == FAULT_IGNORED || id == FAULT_ACTS_LATE) {
        /* A write is acknowledged by its head; 17 answers with registers and is carried out as it is. */
        bool masked = request->pdu[0] == 0x16;
        if (request->pdu[0] != 0x17) {
            reply->length = masked ? 7 : 5;
            memcpy(reply->pdu, request->pdu, reply->length);
            if (id == FAULT_ACTS_LATE)
                instrument_defer(instrument, request->pdu, request->length, now + (int64_t)fault->argument);
            return;
        }
    }
    reply->length = modbus_answer(&instrument->server, request->pdu, request->length, reply->pdu);
    if (modbus_function_writes(request->pdu[0]))
        instrument_changed(instrument, now);
}

static void remember(struct instrument *instrument, const struct modbus_message *request,
                     const struct modbus_message *reply)
{
    if (!instrument->history)
        instrument->history = calloc(HISTORY_MAX, sizeof *instrument->history);
    if (instrument->history)
        instrument->history[instrument->history_count++ % HISTORY_MAX] =
            (struct past_reply){*request, *reply};
}

/* `heard`: when the request was complete; the reply follows it on the line, however late this process was
 * woken.
 */
static void answer(struct instrument *instrument, struct stream *stream, const struct modbus_message *request,
                   int64_t heard, int64_t now)
{
    const struct endpoint *endpoint = instrument->endpoint;
    struct fault_request asked = {
        .medium = endpoint->protocol->medium,
        .function = request->pdu[0],
        .writes = modbus_function_writes(request->pdu[0]),
    };
    struct delivery delivery = {.message = *request};
    enum fault_id id = FAULT_NONE;
    bool broadcast = endpoint->transport == TRANSPORT_PTY && request->unit == MODBUS_BROADCAST;
    struct fault *fault = broadcast ? NULL : faults_strike(&instrument->faults, &asked, now, &id);
    instrument->requests++;
    instrument_note(instrument, now, "request", request->pdu, request->length, NULL);
    if (id != FAULT_UNHEARD)
        carry_out(instrument, id, fault, request, &delivery.message, now);
    if (broadcast)
        return;
    struct modbus_message intact = delivery.message;
    if (fault)
        spoil_message(instrument, id, fault, &delivery);
    remember(instrument, request, &intact);
    delivery.length = build(endpoint, &delivery.message, delivery.frame);
    if (fault)
        spoil_frame(endpoint, id, fault, &delivery);
    instrument_note(instrument, now, delivery.lost ? "no-reply" : "reply", delivery.frame, delivery.length,
                    fault ? fault->kind->name : NULL);
    int64_t pace = delivery.gap > endpoint_character(endpoint) ? delivery.gap : endpoint_character(endpoint);
    if (!delivery.lost)
        stream_send(stream, delivery.frame, delivery.length, heard + endpoint->turnaround + delivery.delay,
                    pace);
}

static void answer_absent(const struct endpoint *endpoint, struct stream *stream,
                          const struct modbus_message *request, int64_t now)
{
    struct modbus_message reply = *request;
    uint8_t frame[MODBUS_FRAME_MAX];
    if (!endpoint->absent_answers || endpoint->transport != TRANSPORT_TCP)
        return;
    reply.length = modbus_exception_reply(request->pdu[0], MODBUS_NO_TARGET, reply.pdu);
    stream_send(stream, frame, build(endpoint, &reply, frame), now, 0);
}

static void dispatch(struct simulator *simulator, struct endpoint *endpoint, struct stream *stream,
                     const struct modbus_message *request, int64_t heard, int64_t now)
{
    bool broadcast = endpoint->transport == TRANSPORT_PTY && request->unit == MODBUS_BROADCAST;
    for (struct instrument *instrument = simulator->instruments; broadcast && instrument;
         instrument = instrument->next)
        if (instrument->endpoint == endpoint && modbus_function_writes(request->pdu[0]))
            answer(instrument, stream, request, heard, now);
    if (broadcast)
        return;
    struct instrument *instrument = endpoint_unit(simulator, endpoint, request->unit);
    if (instrument)
        answer(instrument, stream, request, heard, now);
    else
        answer_absent(endpoint, stream, request, now);
}

static int serve_tcp(struct simulator *simulator, struct endpoint *endpoint, struct stream *stream,
                     int64_t now)
{
    struct modbus_message request;
    size_t consumed;
    for (;;) {
        switch (modbus_scan_tcp(stream->input, stream->input_length, &request, &consumed)) {
        case MODBUS_INCOMPLETE:
            return 0;
        case MODBUS_REFUSED:
            return -1;
        case MODBUS_MESSAGE:
            stream_consume(stream, consumed, now);
            dispatch(simulator, endpoint, stream, &request, now, now);
        }
    }
}

/* With character times, a request is complete when its last byte would have left the master's transmitter and
 * the line has then been silent; the transmission begins when the line is free. */
static int serve_rtu(struct simulator *simulator, struct endpoint *endpoint, struct stream *stream,
                     int64_t now)
{
    struct modbus_message request;
    size_t consumed;
    int64_t silence = endpoint_silence(endpoint), character = endpoint_character(endpoint), heard;
    while (stream->input_length) {
        bool silent = now >= stream->last_byte_at + silence + character * (int64_t)stream->input_length;
        switch (modbus_scan_rtu(stream->input, stream->input_length, silent, &request, &consumed)) {
        case MODBUS_INCOMPLETE:
            stream->look_again_at =
                stream->last_byte_at + silence + character * (int64_t)stream->input_length;
            return 0;
        case MODBUS_REFUSED:
            stream_consume(stream, consumed, now);
            break;
        case MODBUS_MESSAGE:
            heard = now;
            if (character) {
                int64_t begin = stream->first_byte_at > stream->line_free_at ? stream->first_byte_at
                                                                             : stream->line_free_at;
                int64_t complete = begin + character * (int64_t)consumed + silence;
                if (now < complete) {
                    stream->look_again_at = complete;
                    return 0;
                }
                heard = complete;
            }
            stream_consume(stream, consumed, now);
            dispatch(simulator, endpoint, stream, &request, heard, now);
        }
    }
    return 0;
}

const struct protocol modbus_tcp_protocol = {"modbus-tcp", MEDIUM_TCP, 10, serve_tcp};
const struct protocol modbus_rtu_protocol = {"modbus-rtu", MEDIUM_RTU, 11, serve_rtu};
