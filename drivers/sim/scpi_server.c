/* SCPI messages on a line: to the instrument, through its faults, and back. */
#include "drivers/sim/simulator.h"

#include <string.h>

#define BLOCK_DIGIT 1 /* where "#9000001200" says how many digits follow */

struct delivery {
    struct scpi_text reply;
    size_t length;
    bool lost;
    int64_t delay, gap;
};

/* Where a block's bytes begin in a reply, with their number; 0: it holds none. */
static size_t block_start(const struct scpi_text *reply, size_t *digits)
{
    if (reply->length < 3 || reply->bytes[0] != '#' || reply->bytes[BLOCK_DIGIT] < '1' ||
        reply->bytes[BLOCK_DIGIT] > '9')
        return 0;
    *digits = (size_t)(reply->bytes[BLOCK_DIGIT] - '0');
    return 2 + *digits;
}

static void shorten_block(struct delivery *delivery, struct fault *fault)
{
    size_t digits, start = block_start(&delivery->reply, &digits);
    size_t held = start && delivery->length > start + 1 ? delivery->length - start - 1 : 0;
    if (!held)
        return;
    size_t missing = fault->kind->id == FAULT_SHORT_BLOCK ? (size_t)fault->argument : 0;
    if (missing == 0)
        missing = 1 + noise_below(&fault->noise, (uint32_t)held);
    if (missing > held)
        missing = held;
    delivery->length -= missing;
    delivery->reply.bytes[delivery->length - 1] = '\n';
}

/* "#9000001200..." becomes "#0...": a block whose end nothing marks but the end of the message. */
static void hide_length(struct delivery *delivery)
{
    size_t digits, start = block_start(&delivery->reply, &digits);
    if (!start)
        return;
    delivery->reply.bytes[BLOCK_DIGIT] = '0';
    memmove(delivery->reply.bytes + 2, delivery->reply.bytes + start, delivery->length - start);
    delivery->length -= digits;
}

/* The start is where readers can tell: a block's header, or the first character of a number or word. */
static void garble_start(struct delivery *delivery, struct fault *fault)
{
    size_t digits = 0, start = block_start(&delivery->reply, &digits);
    size_t reach = start ? 2 : 1;
    char *byte = &delivery->reply.bytes[noise_below(&fault->noise, (uint32_t)reach)];
    *byte = (char)(0x80 | (noise_next(&fault->noise) & 0x7F));
}

static void spoil(enum fault_id id, struct fault *fault, struct delivery *delivery)
{
    bool drawn = fault->kind->id == FAULT_ANY;
    switch (id) {
    case FAULT_LATE:
        delivery->delay = (int64_t)(fault->argument * (drawn ? noise_fraction(&fault->noise) : 1));
        break;
    case FAULT_LOST:
    case FAULT_UNHEARD:
        delivery->lost = true;
        break;
    case FAULT_TRUNCATED: {
        size_t missing = drawn ? 0 : (size_t)fault->argument;
        if (missing == 0)
            missing = 1 + noise_below(&fault->noise, (uint32_t)delivery->length);
        delivery->length -= missing < delivery->length ? missing : delivery->length;
        delivery->lost = delivery->length == 0;
        break;
    }
    case FAULT_DRIBBLED:
        delivery->gap = drawn ? CLOCK_MILLISECOND : (int64_t)fault->argument;
        break;
    case FAULT_GARBLED:
        garble_start(delivery, fault);
        break;
    case FAULT_NO_LENGTH:
        hide_length(delivery);
        break;
    case FAULT_SHORT_BLOCK:
        shorten_block(delivery, fault);
        break;
    default:
        break;
    }
}

/* The fault "foreign": the reply to an earlier message instead. The last one is kept. */
static void put_foreign(struct instrument *instrument, struct delivery *delivery, const struct fault *fault)
{
    struct scpi_text swap = instrument->last_reply;
    instrument->last_reply = delivery->reply;
    delivery->reply = swap;
    delivery->length = swap.length;
    delivery->delay = (int64_t)fault->argument;
    delivery->lost = swap.length == 0;
}

static void keep_last(struct instrument *instrument, const struct scpi_text *reply)
{
    if (reply->length > 256)
        return; /* records are not worth keeping */
    instrument->last_reply.length = 0;
    scpi_text_add(&instrument->last_reply, reply->bytes, reply->length);
}

static void answer(struct instrument *instrument, struct stream *stream, const char *message, int64_t now)
{
    const struct endpoint *endpoint = instrument->endpoint;
    struct fault_request asked = {
        .medium = MEDIUM_SCPI, .function = -1, .writes = scpi_only_commands(message), .message = message};
    struct delivery delivery = {0};
    enum fault_id id = FAULT_NONE;
    struct fault *fault = faults_strike(&instrument->faults, &asked, now, &id);
    instrument->requests++;
    instrument_note(instrument, now, "request", message, strlen(message), NULL);
    if (id == FAULT_ACTS_LATE)
        instrument_defer(instrument, message, strlen(message) + 1, now + (int64_t)fault->argument);
    else if (id != FAULT_UNHEARD && id != FAULT_IGNORED) {
        scpi_execute(&instrument->device, message, &delivery.reply);
        instrument_changed(instrument, now);
    }
    delivery.length = delivery.reply.length;
    if (delivery.length && id == FAULT_FOREIGN)
        put_foreign(instrument, &delivery, fault);
    else if (delivery.length) {
        keep_last(instrument, &delivery.reply);
        if (fault)
            spoil(id, fault, &delivery);
    }
    instrument_note(instrument, now, delivery.lost ? "no-reply" : "reply", delivery.reply.bytes,
                    delivery.length, fault ? fault->kind->name : NULL);
    int64_t pace = delivery.gap > endpoint_character(endpoint) ? delivery.gap : endpoint_character(endpoint);
    if (delivery.length && !delivery.lost)
        stream_send(stream, delivery.reply.bytes, delivery.length,
                    now + endpoint->turnaround + delivery.delay, pace);
    scpi_text_free(&delivery.reply);
}

static int serve(struct simulator *simulator, struct endpoint *endpoint, struct stream *stream, int64_t now)
{
    struct instrument *instrument = endpoint_unit(simulator, endpoint, 0);
    char message[STREAM_INPUT_MAX];
    uint8_t *end;
    while ((end = memchr(stream->input, '\n', stream->input_length))) {
        size_t length = (size_t)(end - stream->input);
        int64_t begin =
            stream->first_byte_at > stream->line_free_at ? stream->first_byte_at : stream->line_free_at;
        int64_t complete = begin + endpoint_character(endpoint) * (int64_t)(length + 1);
        if (endpoint_character(endpoint) && now < complete) {
            stream->look_again_at = complete;
            return 0;
        }
        memcpy(message, stream->input, length);
        message[length] = '\0';
        stream_consume(stream, length + 1, now);
        if (instrument)
            answer(instrument, stream, message, now);
    }
    if (stream->input_length == STREAM_INPUT_MAX) {
        if (instrument)
            scpi_raise(&instrument->device, SCPI_INPUT_OVERRUN);
        stream_consume(stream, stream->input_length, now);
    }
    return 0;
}

const struct protocol scpi_protocol = {"scpi", MEDIUM_SCPI, 10, serve};
