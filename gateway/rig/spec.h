/* spec.h - what a rig is, as configured. Immutable while the rig runs; owned by the configuration, which has
 * checked every index and bound here. Numbers are in the unit of their point; durations are nanoseconds. */
#ifndef GATEWAY_RIG_SPEC_H
#define GATEWAY_RIG_SPEC_H

#include "gateway/rig/rule.h"

#define RIG_NONE       UINT16_MAX /* no such index */
#define RIG_POINTS_MAX 8192
#define RIG_SEATS_MAX  64
#define RIG_TRIPS_MAX  256

enum rig_role { RIG_STUDENT, RIG_TEACHER, RIG_TECHNICIAN, RIG_SCHEDULER };
#define RIG_LIMITED_ROLES (RIG_TECHNICIAN + 1) /* who may be in control; anybody else counts as a student */

struct rig_point_spec {
    const char *name; /* "plc.level" */
    const char *title;
    enum rig_type type;
    const struct rig_unit *unit;
    const struct rig_choice *choices;
    const char *on, *off;
    uint16_t instrument;
    bool readable;
    bool output; /* writable: has a safe value, needs the lease */
    enum rig_role
        role; /* output: least role that may command it (teacher includes student, technician both) */
    double minimum, maximum; /* range of values, also for inputs */
    double safe;             /* output: its safe value */
    uint16_t readback;       /* output: point that shows the written value; RIG_NONE: sent, not verified */
    double tolerance;    /* |readback - written| that counts as confirmed; also of a point that verifies */
    int64_t within;      /* longest time from the write to its confirmation */
    int64_t poll;        /* period, 0: only on request */
    int64_t stale_after; /* default three poll periods; 0: does not age (not for inputs of rules) */
};

struct rig_instrument_spec {
    const char *name;      /* "plc" */
    uint16_t link;         /* the rig's own numbering, 0 .. link_count - 1 */
    bool outputs;          /* has output points */
    bool on_loss_continue; /* without outputs only: its loss is no edge */
};

struct rig_assignment {
    uint16_t point;
    double number;
};

enum rig_step_kind { RIG_STEP_SET, RIG_STEP_WAIT, RIG_STEP_VERIFY };

struct rig_step_spec {
    enum rig_step_kind kind;
    const struct rig_assignment *items; /* set, verify */
    size_t count;
    int64_t within; /* set: a step whose line is dead is given up after this; verify: time to become true;
                       wait: length */
};

struct rig_trip_spec {
    const char *name;
    const char *text; /* as written, for people */
    const struct rig_program *when;
    int64_t hold;                        /* `for:` the condition must last */
    unsigned confirm;                    /* reads in a row that must show it; 0 and 1: the first */
    const struct rig_assignment *drives; /* NULL: the whole safe sequence */
    size_t drive_count;
    enum rig_role reset;
    bool fault_needs_reset; /* reset_on_fault: technician */
    bool ignore_bad;        /* on_bad: ignore; by default bad or stale inputs trip */
};

struct rig_permissive_spec {
    const char *name;
    const char *text;
    const struct rig_program *when;
    int64_t hold; /* must have been true this long */
    uint16_t of;  /* output */
    bool only_to_start;
};

struct rig_exclusive_spec {
    const char *name;
    const uint16_t *points; /* outputs of which at most one may differ from its safe value */
    size_t count;
};

struct rig_range {
    double minimum, maximum;
};

/* At most one for each output. Off is the safe value, on is everything else. */
struct rig_limit_spec {
    const char *name;
    const char *text; /* as written, for people */
    uint16_t of;
    struct rig_range range[RIG_LIMITED_ROLES]; /* by role, inside the point's */
    double slew;       /* units a second, 0: none; a larger step becomes a ramp. Of an integer, ramp_step must
                          allow for one at least */
    int64_t ramp_step; /* time between a ramp's writes */
    double rate;       /* commands a second, 0: none */
    int64_t on_for;    /* longest time on, 0: none; then driven to safe */
    int64_t off_for;   /* shortest time off before it may be on again, 0: none */
    unsigned starts;   /* how often it may be turned on in a session, 0: any number */
    double total;      /* of what flows while it is on, in a session: the flow's unit times seconds, 0: none;
                          then driven to safe */
    uint16_t totalized; /* point that measures the flow; RIG_NONE: `flow`, always */
    double flow;
};

struct rig_heartbeat_spec {
    uint16_t point; /* RIG_NONE: no heartbeat */
    int64_t every, drops_after;
};

struct rig_spec {
    const char *name, *title;
    const struct rig_point_spec *points;
    size_t point_count;
    const struct rig_instrument_spec *instruments;
    size_t instrument_count;
    size_t link_count;
    const struct rig_step_spec *safe;
    size_t safe_count;
    unsigned verify_retries; /* whole safe sequences tried before quarantine; default 3 */
    const struct rig_trip_spec *trips;
    size_t trip_count;
    const struct rig_permissive_spec *permissives;
    size_t permissive_count;
    const struct rig_exclusive_spec *exclusives;
    size_t exclusive_count;
    const struct rig_limit_spec *limits;
    size_t limit_count;
    struct rig_heartbeat_spec heartbeat;
    uint16_t local_mode;   /* point that shows local operation, RIG_NONE */
    int64_t command_age;   /* default 2 s */
    int64_t presence;      /* default 8 s */
    int64_t resume_window; /* default 20 s */
    bool handover_keep;    /* on_handover: keep */
    bool teacher_reset;    /* a teacher may reset the e-stop in their own session */
};

#endif
