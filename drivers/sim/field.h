/* field.h - names for the members of a plant's structure, so that registers, the control socket and tests
 * reach the same state through one table. A field is a type and an offset; the structure is the caller's. */
#ifndef DRIVERS_SIM_FIELD_H
#define DRIVERS_SIM_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FIELD_TEXT_MAX 32 /* bytes of a text member with its NUL */

enum field_type {
    FIELD_REAL,  /* double */
    FIELD_FLAG,  /* bool */
    FIELD_WORD,  /* uint16_t, a bit field or a small number */
    FIELD_COUNT, /* uint32_t */
    FIELD_TEXT,  /* char[FIELD_TEXT_MAX] */
};

struct field {
    const char *name;
    enum field_type type;
    size_t offset;
    double minimum, maximum; /* what `force` admits; equal: only shown. Text can always be forced. */
};

/* The three parts of a row that name a member: its name, type and offset. */
#define FIELD(structure, member, type) #member, FIELD_##type, offsetof(structure, member)

#define FIELDS_END NULL, FIELD_REAL, 0

double field_get(const void *structure, enum field_type type, size_t offset); /* 0 for text */
void field_set(void *structure, enum field_type type, size_t offset, double value);

/* `fields` ends with a row whose name is NULL. NULL when there is none of that name. */
const struct field *field_find(const struct field *fields, const char *name);

/* "12.5", "on", "off", "true", "false", or any text for a text member. False: not a value for this field,
 * which then keeps what it had. */
bool field_parse(void *structure, const struct field *field, const char *text);
/* Writes the value as text that field_parse takes back exactly. */
void field_print(const void *structure, const struct field *field, char *text, size_t capacity);

#endif
