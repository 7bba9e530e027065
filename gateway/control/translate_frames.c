#include "gateway/control/translate_private.h"

#include <string.h>

#define FRAME_VALUE_TAG 0x2a /* Frame.values: field 5, length-delimited */

size_t translate_frame_value(uint8_t *bytes, size_t size, const struct rig_spec *spec, const struct rig *core,
                             uint16_t point)
{
    Labgate__Value value;
    translate_value(&value, spec, core, point);
    size_t length = labgate__value__get_packed_size(&value);
    /* A value is at most 110 bytes (its text is the longest part), so one byte of length is always enough. */
    if (length > 127 || length + 2 > size)
        return 0;
    bytes[0] = FRAME_VALUE_TAG;
    bytes[1] = (uint8_t)length;
    labgate__value__pack(&value, bytes + 2);
    return length + 2;
}

#define FRAME_PRESS_TAG 0xea, 0x07 /* Frame.presses: field 125, length-delimited */

static size_t put_varint(uint8_t *bytes, uint64_t value)
{
    size_t length = 0;
    while (value >= 0x80) {
        bytes[length++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    bytes[length++] = (uint8_t)value;
    return length;
}

size_t translate_frame_press(uint8_t *bytes, size_t size, const struct answer_press *from)
{
    static const uint8_t tag[] = {FRAME_PRESS_TAG};
    Labgate__Press press;
    translate_press(&press, from);
    size_t length = labgate__press__get_packed_size(&press);
    if (length + sizeof tag + 5 > size)
        return 0;
    memcpy(bytes, tag, sizeof tag);
    size_t head = sizeof tag + put_varint(bytes + sizeof tag, length);
    return head + labgate__press__pack(&press, bytes + head);
}

#define FRAME_TRACE_TAG 0xc2, 0x07 /* Frame.traces: field 120, length-delimited */

size_t translate_frame_trace(uint8_t *bytes, size_t size, const struct answer_trace *from)
{
    static const uint8_t tag[] = {FRAME_TRACE_TAG};
    Labgate__Trace trace = LABGATE__TRACE__INIT;
    trace.waveform = from->waveform;
    trace.time = (uint64_t)from->time;
    trace.why = translate_text(from->why);
    if (from->codes_length) {
        trace.samples = (uint32_t)from->record.samples;
        trace.columns = from->columns;
        trace.extremes = from->extremes;
        trace.time_first = (float)from->record.time_first;
        trace.time_step = (float)from->record.time_step;
        trace.code_zero = (float)from->record.code_zero;
        trace.value_step = (float)from->record.value_step;
        trace.codes = (ProtobufCBinaryData){from->codes_length, (uint8_t *)(uintptr_t)from->codes};
    }
    size_t length = labgate__trace__get_packed_size(&trace);
    if (length + sizeof tag + 5 > size)
        return 0;
    memcpy(bytes, tag, sizeof tag);
    size_t head = sizeof tag + put_varint(bytes + sizeof tag, length);
    return head + labgate__trace__pack(&trace, bytes + head);
}

#define ANSWER_FRAME_TAG 0xc2, 0x01 /* Answer.frame: field 24, length-delimited */

void translate_frame(struct answer_buffer *buffer, const struct answer_head *head,
                     const struct frame_head *from, const uint8_t *values, size_t length)
{
    Labgate__Answer answer = translate_begin(head);
    Labgate__Cursor cursor = LABGATE__CURSOR__INIT;
    cursor.boot = from->boot;
    cursor.frame = from->frame;
    Labgate__Frame frame = LABGATE__FRAME__INIT;
    frame.rig = translate_text(from->rig);
    frame.cursor = &cursor;
    frame.full = from->full;
    frame.gap = from->gap;
    frame.last = from->last;
    frame.layout = from->layout;
    frame.press = from->press;
    struct status_rows rows;
    if (from->status) {
        translate_status(&rows, from->status);
        frame.status = &rows.status;
    }
    size_t outer = labgate__answer__get_packed_size(&answer);
    size_t inner = labgate__frame__get_packed_size(&frame);
    if (outer + inner + length + 12 > buffer->size) {
        answer.ok = 0;
        answer.reason = translate_text("too-large");
        translate_finish(buffer, &answer);
        return;
    }
    /* Fields of a message may come in any order: the head, then the values as they were encoded once. */
    uint8_t *at = buffer->bytes + labgate__answer__pack(&answer, buffer->bytes);
    static const uint8_t tag[] = {ANSWER_FRAME_TAG};
    memcpy(at, tag, sizeof tag);
    at += sizeof tag;
    at += put_varint(at, inner + length);
    at += labgate__frame__pack(&frame, at);
    if (length)
        memcpy(at, values, length);
    buffer->length = (size_t)(at + length - buffer->bytes);
}
