/* Texts of a message are UTF-8, as proto3 says. protobuf-c does not look; other readers refuse the whole
 * answer in which one text is not, so none comes in. */
#include "gateway/control/translate_requests.h"

#include "gateway/utf8/utf8.h"

static bool is_text(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    while (at && *at) {
        size_t length = utf8_length(at);
        if (!length)
            return false;
        at += length;
    }
    return true;
}

static bool is_value(const ProtobufCFieldDescriptor *field, const void *value)
{
    return field->type == PROTOBUF_C_TYPE_STRING ? is_text(value) : !value || translate_is_utf8(value);
}

static bool is_field(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    const uint8_t *base = (const uint8_t *)message;
    const void *member = base + field->offset, *quantifier = base + field->quantifier_offset;
    if (field->label != PROTOBUF_C_LABEL_REPEATED) {
        bool other = field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF && *(const uint32_t *)quantifier != field->id;
        return other || is_value(field, *(void *const *)member);
    }
    void *const *list = *(void *const *const *)member;
    for (size_t i = 0; i < *(const size_t *)quantifier; i++)
        if (!is_value(field, list[i]))
            return false;
    return true;
}

bool translate_is_utf8(const ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *descriptor = message->descriptor;
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        bool has_text = field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE;
        if (has_text && !is_field(message, field))
            return false;
    }
    return true;
}
