/* The rules at the top of proto/lab.proto, checked against what proto/history/ keeps of each published
 * version:
 *   N.fields    every field and enum value as it was: "Request.version 1 uint32 single", "Role.STUDENT = 1"
 *   N.messages  every message with all of its fields set, as bytes in hexadecimal, made when N was current
 *
 * `test_compatibility --fields` prints the present fields, for the history file of a new version. */
#include "proto/lab.pb-c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSIONS      1
#define MESSAGES_MOST 256
#define ENUMS_MOST    64

struct schema {
    const ProtobufCMessageDescriptor *messages[MESSAGES_MOST];
    size_t message_count;
    const ProtobufCEnumDescriptor *enums[ENUMS_MOST];
    size_t enum_count;
};

static void add_enum(struct schema *schema, const ProtobufCEnumDescriptor *entry)
{
    for (size_t i = 0; i < schema->enum_count; i++)
        if (schema->enums[i] == entry)
            return;
    assert_true(schema->enum_count < ENUMS_MOST);
    schema->enums[schema->enum_count++] = entry;
}

static void add_message(struct schema *schema, const ProtobufCMessageDescriptor *message)
{
    for (size_t i = 0; i < schema->message_count; i++)
        if (schema->messages[i] == message)
            return;
    assert_true(schema->message_count < MESSAGES_MOST);
    schema->messages[schema->message_count++] = message;
    for (unsigned i = 0; i < message->n_fields; i++) {
        if (message->fields[i].type == PROTOBUF_C_TYPE_MESSAGE)
            add_message(schema, message->fields[i].descriptor);
        else if (message->fields[i].type == PROTOBUF_C_TYPE_ENUM)
            add_enum(schema, message->fields[i].descriptor);
    }
}

static void load_schema(struct schema *schema)
{
    *schema = (struct schema){0};
    add_message(schema, &labgate__request__descriptor);
    add_message(schema, &labgate__answer__descriptor);
}

static const char *type_name(const ProtobufCFieldDescriptor *field)
{
    static const char *const names[] = {
        [PROTOBUF_C_TYPE_INT32] = "int32",   [PROTOBUF_C_TYPE_SINT32] = "sint32",
        [PROTOBUF_C_TYPE_INT64] = "int64",   [PROTOBUF_C_TYPE_SINT64] = "sint64",
        [PROTOBUF_C_TYPE_UINT32] = "uint32", [PROTOBUF_C_TYPE_UINT64] = "uint64",
        [PROTOBUF_C_TYPE_FLOAT] = "float",   [PROTOBUF_C_TYPE_DOUBLE] = "double",
        [PROTOBUF_C_TYPE_BOOL] = "bool",     [PROTOBUF_C_TYPE_STRING] = "string",
        [PROTOBUF_C_TYPE_BYTES] = "bytes",
    };
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return ((const ProtobufCMessageDescriptor *)field->descriptor)->short_name;
    if (field->type == PROTOBUF_C_TYPE_ENUM)
        return ((const ProtobufCEnumDescriptor *)field->descriptor)->short_name;
    return names[field->type];
}

static void describe_field(const ProtobufCMessageDescriptor *message, const ProtobufCFieldDescriptor *field,
                           char *line, size_t size)
{
    snprintf(line, size, "%s.%s %u %s %s", message->short_name, field->name, field->id, type_name(field),
             field->label == PROTOBUF_C_LABEL_REPEATED ? "repeated" : "single");
}

static void print_fields(void)
{
    struct schema schema;
    char line[256];
    load_schema(&schema);
    for (size_t i = 0; i < schema.message_count; i++)
        for (unsigned f = 0; f < schema.messages[i]->n_fields; f++) {
            describe_field(schema.messages[i], &schema.messages[i]->fields[f], line, sizeof line);
            puts(line);
        }
    for (size_t i = 0; i < schema.enum_count; i++)
        for (unsigned v = 0; v < schema.enums[i]->n_values; v++)
            printf("%s.%s = %d\n", schema.enums[i]->short_name, schema.enums[i]->values[v].name,
                   schema.enums[i]->values[v].value);
}

/* --- reading the history ---------------------------------------------------------------------- */

static FILE *open_history(unsigned version, const char *what)
{
    char path[128];
    snprintf(path, sizeof path, "proto/history/%u.%s", version, what);
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("cannot open %s: run the test from the root of the sources", path);
    return file;
}

static const ProtobufCMessageDescriptor *find_message(const struct schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->message_count; i++)
        if (strcmp(schema->messages[i]->short_name, name) == 0)
            return schema->messages[i];
    return NULL;
}

static void check_enum_line(const struct schema *schema, const char *line)
{
    char name[64], value[64];
    int number;
    assert_int_equal(sscanf(line, "%63[^.].%63s = %d", name, value, &number), 3);
    for (size_t i = 0; i < schema->enum_count; i++) {
        if (strcmp(schema->enums[i]->short_name, name) != 0)
            continue;
        const ProtobufCEnumValue *now = protobuf_c_enum_descriptor_get_value(schema->enums[i], number);
        if (!now || strcmp(now->name, value) != 0)
            fail_msg("enum value removed or renumbered: %s is now %s", line, now ? now->name : "gone");
        return;
    }
    fail_msg("enum removed: %s", line);
}

static void check_field_line(const struct schema *schema, const char *line)
{
    char name[64], now[256];
    unsigned id;
    assert_int_equal(sscanf(line, "%63[^.].%*s %u", name, &id), 2);
    const ProtobufCMessageDescriptor *message = find_message(schema, name);
    if (!message)
        fail_msg("message removed: %s", line);
    const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field(message, id);
    if (!field)
        fail_msg("field removed: %s", line);
    describe_field(message, field, now, sizeof now);
    if (strcmp(now, line) != 0)
        fail_msg("a field number got another type or meaning: \"%s\" was \"%s\"", now, line);
}

static void test_no_field_is_changed_or_removed(void **state)
{
    (void)state;
    struct schema schema;
    load_schema(&schema);
    for (unsigned version = 1; version <= VERSIONS; version++) {
        FILE *file = open_history(version, "fields");
        char line[256];
        size_t count = 0;
        while (fgets(line, sizeof line, file)) {
            line[strcspn(line, "\n")] = '\0';
            if (strstr(line, " = "))
                check_enum_line(&schema, line);
            else
                check_field_line(&schema, line);
            count++;
        }
        fclose(file);
        assert_true(count > 300);
    }
}

/* --- old bytes -------------------------------------------------------------------------------- */

#define BYTES_MOST 8192

static size_t read_hex(const char *text, uint8_t *bytes)
{
    size_t size = 0;
    unsigned byte;
    for (; sscanf(text, "%2x", &byte) == 1 && size < BYTES_MOST; text += 2)
        bytes[size++] = (uint8_t)byte;
    return size;
}

/* Calls check for each stored message: its type and its bytes. */
static void for_each_message(void (*check)(const ProtobufCMessageDescriptor *, const uint8_t *, size_t))
{
    struct schema schema;
    load_schema(&schema);
    for (unsigned version = 1; version <= VERSIONS; version++) {
        FILE *file = open_history(version, "messages");
        static char line[3 * BYTES_MOST];
        static uint8_t bytes[BYTES_MOST];
        size_t count = 0;
        while (fgets(line, sizeof line, file)) {
            char name[64];
            int used = 0;
            assert_int_equal(sscanf(line, "%63s %n", name, &used), 1);
            const ProtobufCMessageDescriptor *message = find_message(&schema, name);
            if (!message)
                fail_msg("message removed: %s", name);
            check(message, bytes, read_hex(line + used, bytes));
            count++;
        }
        fclose(file);
        assert_true(count > 60);
    }
}

/* What was written then is read now, to the last field: packed again it is the same bytes. */
static void check_same_bytes(const ProtobufCMessageDescriptor *type, const uint8_t *bytes, size_t size)
{
    ProtobufCMessage *message = protobuf_c_message_unpack(type, NULL, size, bytes);
    if (!message)
        fail_msg("an old %s cannot be read any more", type->short_name);
    if (message->n_unknown_fields > 0)
        fail_msg("an old %s has field %u, which is unknown now", type->short_name,
                 message->unknown_fields[0].tag);
    uint8_t again[BYTES_MOST];
    assert_int_equal(protobuf_c_message_get_packed_size(message), size);
    assert_int_equal(protobuf_c_message_pack(message, again), size);
    assert_memory_equal(again, bytes, size);
    protobuf_c_message_free_unpacked(message, NULL);
}

/* What a later version adds is skipped by this one. */
static void check_addition_skipped(const ProtobufCMessageDescriptor *type, const uint8_t *bytes, size_t size)
{
    /* Fields 1000 (varint 300) and 1001 (bytes "new"). */
    static const uint8_t additions[] = {0xc0, 0x3e, 0xac, 0x02, 0xca, 0x3e, 0x03, 'n', 'e', 'w'};
    uint8_t later[BYTES_MOST + sizeof additions], again[BYTES_MOST + sizeof additions];
    memcpy(later, bytes, size);
    memcpy(later + size, additions, sizeof additions);
    ProtobufCMessage *message = protobuf_c_message_unpack(type, NULL, size + sizeof additions, later);
    assert_non_null(message);
    assert_int_equal(message->n_unknown_fields, 2);
    assert_int_equal(protobuf_c_message_pack(message, again), size + sizeof additions);
    assert_memory_equal(again, bytes, size);
    protobuf_c_message_free_unpacked(message, NULL);
}

static void test_old_messages_are_read(void **state)
{
    (void)state;
    for_each_message(check_same_bytes);
}

static void test_additions_are_skipped(void **state)
{
    (void)state;
    for_each_message(check_addition_skipped);
}

static void test_zero_means_not_said(void **state)
{
    (void)state;
    struct schema schema;
    load_schema(&schema);
    for (size_t i = 0; i < schema.enum_count; i++) {
        const ProtobufCEnumValue *zero = protobuf_c_enum_descriptor_get_value(schema.enums[i], 0);
        if (!zero || !strstr(zero->name, "NOT_SAID"))
            fail_msg("the zero of enum %s must be ..._NOT_SAID", schema.enums[i]->short_name);
    }
}

int main(int argument_count, char **arguments)
{
    if (argument_count > 1 && strcmp(arguments[1], "--fields") == 0) {
        print_fields();
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_field_is_changed_or_removed),
        cmocka_unit_test(test_old_messages_are_read),
        cmocka_unit_test(test_additions_are_skipped),
        cmocka_unit_test(test_zero_means_not_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
