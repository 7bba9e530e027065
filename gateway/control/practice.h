/* practice.h - who practises on which simulator, and who waits for one.
 *
 * A rig with `practice:` has rigs beside it that are simulators of it (gateway/config/practice.c): the same
 * points, rules and core, on lines that end in a labsim of their own. They are not in the timetable: whoever
 * asks has one at once, or a place in a queue. While nobody practises on one it is parked: no process, no
 * line, no thread, and its core is not looked at. */
#ifndef GATEWAY_CONTROL_PRACTICE_H
#define GATEWAY_CONTROL_PRACTICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PRACTICE_WAITING_MAX 256

struct control;
struct control_rig;
struct rig_action;

/* What a rig that is a simulator has beside what every rig has. */
struct plant {
    uint64_t account; /* who practises; 0: it is parked, or about to be */
    uint64_t session;
    int64_t ends, heard; /* monotonic */
    int64_t answers_by;  /* its simulator must be up by then, or another is started */
    bool open;           /* it has lines */
    bool rehearsed;      /* something was set, and confirmed */
};

struct practice {
    struct practice_ticket {
        uint64_t account;
        uint16_t rig; /* the real one */
        int64_t heard;
    } waiting[PRACTICE_WAITING_MAX]; /* first come first */
    size_t waiting_count;
    uint64_t sessions; /* of this boot */
};

bool practice_start(struct control *control); /* once the rigs are there; false: no memory */
void practice_stop(struct control *control);  /* everything ends */
void practice_end(struct control *control, struct control_rig *rig); /* on this simulator */
/* Ends what is over, serves the queue, starts simulators again; returns when to be called next. */
int64_t practice_tick(struct control *control);
void practice_record(struct control_rig *rig, const struct rig_action *record); /* the core's */

bool practice_is_parked(const struct control_rig *rig);
/* Who practises there holds the session. */
bool practice_holds(const struct control_rig *rig, uint64_t account, uint64_t session);
/* Of a real rig: how many simulators nobody has, and how many people wait for one. */
void practice_count(const struct control *control, const struct control_rig *rig, size_t *available,
                    size_t *waiting);
/* Where labsim is: beside this program. */
bool practice_find_simulator(char *path, size_t size);

#endif
