/* lab.h - one simulated rig: its core, a plant, three lines, people who misbehave, and staff. The world
 * around it (world.h) has the clock, the timetable, the ledger and the bus. What the core may and may not do
 * is checked after every event (oracle.h). */
#ifndef TESTS_SIMULATION_LAB_H
#define TESTS_SIMULATION_LAB_H

#include "gateway/rig/rig.h"
#include "tests/simulation/model.h"
#include "tests/simulation/random.h"

#define MS 1000000LL
#define S  1000000000LL

enum point {
    LEVEL,
    TEMPERATURE,
    GUARD,
    LOCAL,
    PUMP,
    PUMP_SPEED,
    HEATER,
    HEATER_ON,
    FILL,
    FILL_ON,
    DRAIN,
    DRAIN_OPEN,
    BEAT,
    LABEL,
    VOLTAGE,
    VOLTAGE_SHOWN,
    LAMP, /* without read-back */
    MEAN,
    POINTS
};
enum { PLC, MOTOR, SCOPE, INSTRUMENTS };
enum { LINKS = 3, PEOPLE = 6, REQUESTS = 1024, SENT = 64 };
enum trip_rule { OVERHEAT, OVERVOLTAGE, GUARD_OPEN, SILENT, COOLING, VENTING, TRIPS };
enum { PERMISSIVES = 2, LIMITS = 3 };

/* The configured rig; what the seed varies is varied here. */
struct lab_spec {
    struct rig_spec rig;
    struct rig_point_spec points[POINTS];
    struct rig_instrument_spec instruments[INSTRUMENTS];
    struct rig_assignment first[5], second[2], shown[5], overvoltage[1], cooling[3], venting[3];
    struct rig_step_spec steps[3];
    struct rig_trip_spec trips[TRIPS];
    struct rig_permissive_spec permissives[PERMISSIVES];
    uint16_t excluded[2];
    struct rig_exclusive_spec exclusives[1];
    struct rig_limit_spec limits[LIMITS];
    double level_band, heat_band; /* of the hysteresis in a rule; 0: none */
};
/* `calm`: polled and heartbeaten once a second. */
void spec_init(struct lab_spec *spec, struct random *random, bool calm);
void spec_finish(struct lab_spec *spec);

struct plant {
    double set[POINTS];      /* the instruments' registers */
    double position[POINTS]; /* where the actuators are */
    double level, temperature;
    bool guard_open, local;
    int64_t stuck_until[POINTS], bad_until[POINTS], tampered_at;
    int64_t at;
};
void plant_step(struct plant *plant, int64_t now);
double plant_read(const struct plant *plant, uint16_t point);
bool plant_is_safe(const struct plant *plant, double pump, double voltage); /* where these have to be */

struct item {
    uint32_t ticket;
    uint16_t point;
    double number;
    uint64_t epoch;
    int64_t until;
    bool safe, heartbeat, read_back;
};

/* To be delivered to the core. */
struct delivery {
    int64_t at;
    struct rig_event event;
    struct rig_sample samples[POINTS];
};

enum { QUEUE = 4096, DELIVERIES = 512 };
struct queue {
    struct item items[QUEUE];
    size_t first, count;
};

enum flight { IDLE, WRITING, READING, CONNECTING };
struct line {
    uint16_t index;
    struct queue safe, command, beat;
    bool asked[POINTS];
    size_t asked_count;
    uint64_t epoch;
    bool owes_ack;
    bool connected, alive;
    unsigned failures;
    enum flight flight;
    struct item item; /* being written */
    int64_t began, ends, poll_at, dead_until;
    bool succeeds, acts;
    struct delivery deliveries[DELIVERIES];
    size_t delivery_first, delivery_count;
    int64_t delivered_last;
};

struct sent {
    uint64_t sequence, body;
    uint16_t point;
    double number;
    uint32_t seat;
    unsigned writes;
    bool answered;
    enum rig_refusal refusal;
    double answer;
    bool verified;
};
struct person {
    uint64_t account;
    enum rig_role role;
    enum rig_seat_kind wanted;
    bool may_control;
    uint32_t seat;    /* that the person believes to have */
    uint32_t sitting; /* that the core gave, as the oracle reckons */
    uint64_t sequence;
    int64_t next, silent_until;
    bool rejoins;  /* its connection is gone */
    int64_t heard; /* the last time anything of it reached the gateway */
    struct sent sent[SENT];
};

/* What control waits for an answer to, and where the answer goes. */
struct request {
    bool open;
    enum rig_event_kind kind;
    size_t person;
    uint64_t sequence, body; /* of a command */
    uint64_t generation;     /* of the bus that it came through; 0: staff, through the gateway's own socket */
};

/* The rig as it was before the event. */
struct before {
    enum rig_condition condition;
    uint64_t epoch, session, revision, status_revision;
    uint32_t controller;
    uint64_t sequence; /* COMMAND: last of its seat */
    struct rig_durable durable;
    size_t seats;
    bool making_safe;
    double kept[POINTS]; /* outputs: see kept() */
    struct rig_value values[POINTS];
    int64_t bypassed_until[TRIPS + PERMISSIVES];
};

/* Of an output, for its limit. */
struct tally_of {
    int64_t on_at;   /* last when it was written on, or was on when it was written off; the start counts */
    int64_t seen_at; /* last when its read-back showed it on */
    int64_t commanded_at;
    unsigned starts; /* in the session */
    double flowed, flow;
    int64_t flowed_at;
};

/* What the oracle knows, by its own reckoning, from the events and actions alone. */
struct oracle {
    uint64_t epoch, acknowledged[LINKS];
    struct rig_value delivered[POINTS]; /* quality: good or bad, before ageing */
    int64_t asked[POINTS];
    bool up[INSTRUMENTS];
    int64_t up_since[INSTRUMENTS];
    double written[POINTS];     /* last write emitted */
    int64_t written_at[POINTS]; /* of it; 0: not since the start */
    int64_t on_since[POINTS];   /* 0: last written to its safe value */
    bool untouched;             /* no command, and nothing driven, since the last verified safe state */
    bool safe_since_edge;
    bool armed; /* a first safe state was verified */
    bool tripped_now[TRIPS];
    uint64_t edge_event, begun_event, commanded_epoch[POINTS];
    int64_t edge_at, begun_at, beat_at;
    bool recording, closing;
    double beat;
    struct tally_of tallies[POINTS];
    bool level_held, heat_held; /* by the hysteresis of their rules */
    int64_t bypassed_until[TRIPS + PERMISSIVES];
    bool students; /* the session was booked by one */
    struct {
        int64_t next_edge; /* of a press of the latched stop, at the earliest */
        bool put_off;      /* one was pressed before that */
        bool edge;         /* in this event, by a press now or before */
        int64_t since;     /* 0: all is written that the last one asks for */
    } stop;
    struct before before;
    const char *promise; /* that is being checked, and what it says */
    const char *text;
    unsigned command_writes, command_records; /* in this event */
    uint64_t grants, safe_done, quarantines, trips, commands, verified, refusals[64], edges[16];
};

struct lab {
    struct world *world;
    uint16_t index;
    int64_t now;  /* the world's */
    int64_t next; /* instant when something is due here; 0: to be looked up */
    struct random random;
    struct lab_spec spec;
    struct plant plant;
    struct line lines[LINKS];
    struct person people[PEOPLE];
    struct request requests[REQUESTS];
    uint64_t last_request, session;
    bool staff_is_far; /* what is quarantined stays so for long */
    bool among_staff;  /* no student comes to the session */
    int64_t session_until;
    int64_t staff_at, trouble_at;
    bool closing, closed; /* its configuration changes: it is made safe; its lines end */
    struct rig *rig;
    struct rig_durable handed; /* to the ledger, with the last DURABLE action */
    int64_t durable_at;        /* when it is offered again, because the ledger did not take it; 0: it did */
    struct rig_actions actions;
    struct oracle oracle;
    struct model model;
    struct {
        uint64_t waits; /* request of who waits for control */
        bool ended;     /* somebody's control, in this event */
    } conform;
    uint64_t events;
    int64_t busy_at;
    unsigned busy;
};

/* lab.c */
__attribute__((noreturn, format(printf, 2, 3))) void lab_fail(struct lab *lab, const char *format, ...);
void lab_open(struct lab *lab);
void lab_close(struct lab *lab);
void lab_start(struct lab *lab);
void lab_die(struct lab *lab); /* with the control process */
void lab_exchange(
    struct lab *lab); /* another configuration: a new core that remembers what the old one did */
void lab_handle(struct lab *lab, const struct rig_event *event);
void lab_durable_failed(struct lab *lab);
int64_t lab_next(struct lab *lab);
void lab_step(struct lab *lab);

/* line.c */
void line_take(struct lab *lab, const struct rig_action *action);
int64_t line_next(const struct lab *lab, const struct line *line);
void line_step(struct lab *lab, struct line *line);
void line_forget(struct line *line);

bool people_are_staff(const struct lab *lab, uint64_t account);

/* people.c: what they ask goes through the bus (bus.h), and so does what they are answered. */
void people_step(struct lab *lab, size_t person);
void people_disconnected(struct lab *lab); /* the bus is gone, and comes back */
/* Control's side: a request, and the core's answer to it. */
uint64_t people_request(struct lab *lab, const struct request *request);
void people_answer(struct lab *lab, const struct rig_action *answer);

/* staff.c */
void staff_step(struct lab *lab);
void trouble_step(struct lab *lab);
void staff_event(struct lab *lab, enum rig_event_kind kind, bool set);

#endif
