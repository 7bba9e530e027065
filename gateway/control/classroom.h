/* classroom.h - what a session is as a lesson: raised hands in order, whose school somebody is of, and the
 * feed of what was pressed and what it did.
 *
 * Made of the core's records as they pass, so it cannot say anything that the audit does not. Nothing here
 * decides what is admitted. Bounded, and forgotten with the session. */
#ifndef GATEWAY_CONTROL_CLASSROOM_H
#define GATEWAY_CONTROL_CLASSROOM_H

#include "gateway/rig/rig.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PRESSES_KEPT    64
#define PRESSES_A_FRAME 8 /* a seat that presses without end must not fill the watchers' lines */
#define ROOM_NONE       UINT16_MAX

struct control;
struct control_rig;

/* As in lab.proto. */
enum press_outcome {
    PRESS_NOTHING, /* there is none to wait for */
    PRESS_UNDER_WAY,
    PRESS_VERIFIED,
    PRESS_SENT,
    PRESS_RAMPING,
    PRESS_REFUSED,
    PRESS_FAILED,
    PRESS_REPLACED,
};

struct press {
    uint64_t number; /* from 1 with each boot; it stands at its number modulo PRESSES_KEPT */
    int64_t at;      /* monotonic */
    uint32_t seat;   /* 0: none */
    uint64_t account, sequence;
    enum rig_record_kind kind;
    uint16_t point;
    double before, value;
    enum press_outcome outcome;
    enum rig_refusal refusal;
    const char *rule; /* NULL: none; lives as long as the spec */
    uint32_t times;
    bool unpublished;
};

struct classroom {
    struct press presses[PRESSES_KEPT];
    uint64_t newest, oldest; /* numbers; oldest > newest: none is kept */
    size_t unpublished;
    uint32_t hands[RIG_SEATS_MAX]; /* seats, first come first */
    size_t hand_count;
    struct classroom_member {
        uint32_t seat;
        uint16_t school; /* in the timetable's; ROOM_NONE */
    } members[RIG_SEATS_MAX];
    size_t member_count;
    uint64_t present;    /* by place of the seats: who was heard when the status was last looked at */
    bool status_changed; /* hands, or who is present */
};

/* Every record of the core's. */
void classroom_record(struct control *control, struct control_rig *rig, const struct rig_action *record);
/* Lowers the hands of who is lost, notices who comes and goes; returns when to be called next. */
int64_t classroom_tick(struct control *control, struct control_rig *rig);
/* Appends presses that watchers do not know yet as fields of a Frame; returns the bytes. */
size_t classroom_take_news(struct control *control, struct control_rig *rig, uint8_t *bytes, size_t size);
uint16_t classroom_school(const struct control_rig *rig, uint32_t seat);

#endif
