/* oracle.h - the promises, checked after every event against the oracle's own reckoning. It shares no rule,
 * unit or state with the core: conditions are written out here in C, and what is safe is looked up in the
 * plant itself.
 *
 * An invariant is a row and a function: of one kind of action (oracle_actions.c), of the step that an event
 * made (oracle.c), or of the state after it (oracle_state.c). Those of the bookings are in oracle_booking.c.
 */
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

/* What the invariants know together. */
enum { OUTPUTS = 6 };
extern const uint16_t oracle_outputs[OUTPUTS]; /* of the safe sequence */
const struct person *sitting(const struct lab *lab, uint32_t seat);
bool required_up(const struct lab *lab);
bool fresh(const struct lab *lab, uint16_t point);
bool latched(const struct rig_durable *durable, enum trip_rule trip);
bool drives(enum trip_rule trip, uint16_t point);
enum trip_rule trip_named(const struct lab *lab, const char *name);

#endif
