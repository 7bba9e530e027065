/* oracle.h - the promises, checked after every event against the oracle's own reckoning. It shares no rule,
 * unit or state with the core: conditions are written out here in C, and what is safe is looked up in the
 * plant itself.
 *
 * An invariant is a row and a function: of one kind of action (oracle_actions.c), of the step that an event
 * made (oracle.c), or of the state after it (oracle_state.c). What takes reckoning of its own has a file:
 * oracle_limits.c, oracle_bypass.c, oracle_stop.c, oracle_demands.c. Those of the bookings are in
 * oracle_booking.c. */
#ifndef TESTS_SIMULATION_ORACLE_H
#define TESTS_SIMULATION_ORACLE_H

#include "tests/simulation/lab.h"

#define CHECK(lab, holds, ...)                                                                               \
    do {                                                                                                     \
        if (!(holds))                                                                                        \
            lab_fail(lab, __VA_ARGS__);                                                                      \
    } while (0)

struct action_invariant {
    enum rig_action_kind kind;
    const char *promise, *text;
    void (*check)(struct lab *lab, const struct rig_event *event, const struct rig_action *action);
};
struct step_invariant {
    const char *promise, *text;
    void (*check)(struct lab *lab, const struct rig_event *event);
};
struct state_invariant {
    const char *promise, *text;
    void (*check)(struct lab *lab);
};
/* Each ends with a row without a function. */
extern const struct action_invariant oracle_of_actions[];
extern const struct state_invariant oracle_of_state[];

void oracle_begin(struct lab *lab);
void oracle_before(struct lab *lab, const struct rig_event *event);
void oracle_after(struct lab *lab, const struct rig_event *event);
void oracle_write_executes(struct lab *lab, const struct item *item); /* goes on the line now */

/* Kept by files of their own, for the walk over events and actions. */
void oracle_limits_begin(struct lab *lab);
void oracle_limits_session(struct lab *lab);
void oracle_limits_before(struct lab *lab);
void oracle_limits_after(struct lab *lab);
void oracle_limits_wrote(struct lab *lab, const struct rig_action *write);
void oracle_limits_sample(struct lab *lab, uint16_t point, double number);
void oracle_bypass_event(struct lab *lab, const struct rig_event *event);
void oracle_bypass_record(struct lab *lab, const struct rig_event *event, const struct rig_action *record);
void oracle_stop_event(struct lab *lab, const struct rig_event *event); /* after it, and before its actions */
/* Their invariants; oracle_actions.c, oracle.c and oracle_state.c list them. */
typedef void oracle_of_action(struct lab *lab, const struct rig_event *event,
                              const struct rig_action *action);
oracle_of_action command_finds_rested, command_keeps_starts, command_finds_some_left, command_keeps_rate;
oracle_of_action spent_is_true, bypass_is_technicians, bypassed_does_not_act;
typedef void oracle_of_step(struct lab *lab, const struct rig_event *event);
oracle_of_step presses_are_few, presses_are_written, demands_are_written;
void totals_drive(struct lab *lab);
void no_bypass_in_students_session(struct lab *lab);
void bypasses_show(struct lab *lab);

/* What the invariants know together. */
enum { OUTPUTS = 6 };
extern const uint16_t oracle_outputs[OUTPUTS]; /* of the safe sequence */
const struct person *sitting(const struct lab *lab, uint32_t seat);
bool required_up(const struct lab *lab);
bool accepted(const struct lab *lab, const struct rig_event *event); /* what it asked for */
bool fresh(const struct lab *lab, uint16_t point);
bool latched(const struct rig_durable *durable, enum trip_rule trip);
bool drives(enum trip_rule trip, uint16_t point);
/* What an output is kept at while nobody commands: its safe value, or what a latched trip asks for. */
double kept(const struct lab *lab, uint16_t output);
bool is_demanded(const struct lab *lab, const struct rig_action *write); /* by a trip, away from safe */
void oracle_hold(struct lab *lab); /* what hysteresis holds after this event */
bool level_permits(const struct lab *lab);
bool bypassed(const struct lab *lab, size_t rule); /* trips first, then permissives */
enum trip_rule trip_named(const struct lab *lab, const char *name);

#endif
