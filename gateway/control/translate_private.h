/* translate_private.h - what the files that pack answers share. */
#ifndef GATEWAY_CONTROL_TRANSLATE_PRIVATE_H
#define GATEWAY_CONTROL_TRANSLATE_PRIVATE_H

#include "gateway/control/translate.h"

#include "proto/lab.pb-c.h"

/* The generated structures want char *, and never write through it. */
char *translate_text(const char *value);
Labgate__Answer translate_begin(const struct answer_head *head);
void translate_finish(struct answer_buffer *buffer, const Labgate__Answer *answer);
void translate_no_memory(struct answer_buffer *buffer, const struct answer_head *head);

/* An array of messages and the array of pointers to them that the packer wants, in one allocation:
 * free(pointers). */
struct rows {
    void **pointers; /* NULL: no memory */
    void *messages;
};
struct rows translate_rows(size_t count, size_t size);

void translate_alternative(Labgate__Alternative *to, const struct answer_alternative *from);
Labgate__Role translate_role(int role); /* -1: spectator */
Labgate__Condition translate_condition(enum rig_condition condition);

#define BYPASSES_MOST 64

struct status_rows {
    Labgate__RigStatus status;
    Labgate__Seat seats[RIG_SEATS_MAX];
    Labgate__Seat *seat_pointers[RIG_SEATS_MAX];
    Labgate__Blocked blocked[ANSWER_BLOCKED_MAX];
    Labgate__Blocked *blocked_pointers[ANSWER_BLOCKED_MAX];
    Labgate__BypassInForce bypasses[BYPASSES_MOST];
    Labgate__BypassInForce *bypass_pointers[BYPASSES_MOST];
    Labgate__ProofState proof;
};
void translate_status(struct status_rows *rows, const struct answer_status *from);
void translate_seat(Labgate__Seat *to, const struct answer_seat *from);
void translate_press(Labgate__Press *to, const struct answer_press *from);
void translate_value(Labgate__Value *to, const struct rig_spec *spec, const struct rig *core, uint16_t point);

#endif
