/* world.h - a simulated laboratory from one seed: rigs (lab.h), the timetable with its people (office.c), the
 * ledger on a disk that can be full (ledger.c), the bus that loses, doubles and reorders messages (bus.c), a
 * wall clock that jumps, and crashes of the control process and of the bus. Idle time is skipped: time goes
 * on to the next thing that happens. */
#ifndef TESTS_SIMULATION_WORLD_H
#define TESTS_SIMULATION_WORLD_H

#include "gateway/booking/timetable.h"
#include "tests/simulation/lab.h"

enum { RIGS = 3, CLIENTS = 6, WAITING = 512, MESSAGES = 1024, BUNDLE = 4 };
/* Rows of one transaction, with what makes room; places in the queue; groups of people; what was asked last
 * about one booking. */
enum { ROWS = 80, PLACES = 64, OFFICE_GROUPS = 2, ASKED = 8, ACCOUNTS = 64 };

/* What can go wrong in this world. Each seed leaves some of it out: faults that are everywhere hide what only
 * shows without them (Groce, Zhang, Eide, Chen, Regehr, "Swarm testing", ISSTA 2012). */
#define WEATHER(X)                                                                                           \
    X(loss, "messages lost")                                                                                 \
    X(doubles, "messages doubled")                                                                           \
    X(delay, "messages reordered")                                                                           \
    X(bus_crash, "bus crashes")                                                                              \
    X(control_crash, "control crashes")                                                                      \
    X(clock_jump, "clock jumps")                                                                             \
    X(bad_clock, "starts without a plausible clock")                                                         \
    X(full_disk, "full disks")                                                                               \
    X(dead_line, "dead lines")                                                                               \
    X(lost_reply, "failed transactions")                                                                     \
    X(stuck, "stuck actuators")                                                                              \
    X(bad_value, "bad values")                                                                               \
    X(tampering, "outputs moved by others")                                                                  \
    X(hands, "guards opened, local mode")                                                                    \
    X(reload, "configurations taken up")                                                                     \
    X(process, "heat and low water")

struct weather {
#define WEATHER_FLAG(name, text) bool name;
    WEATHER(WEATHER_FLAG)
#undef WEATHER_FLAG
};

/* What happened, over all seeds: a check that ran nothing shows. */
struct tally {
#define WEATHER_COUNT(name, text) uint64_t name;
    WEATHER(WEATHER_COUNT)
#undef WEATHER_COUNT
    uint64_t events, booking_events, sessions, bookings, refused_bookings, vouched, no_shows;
    uint64_t driven, driven_meanwhile; /* away from safe by trips; while the rig was made safe */
    uint64_t given_back;
    uint64_t bypasses, resting, spent, held; /* held: by a hysteresis, within its band */
    uint64_t moved, rescheduled, lab_cancelled, extended, shortened, transferred, approved, places, offers,
        taken;
};

/* ---- the ledger ---- */

enum ledger_kind { LEDGER_BOOKING, LEDGER_RIG, LEDGER_PLACE };

/* A place in the queue, as it is stored. */
struct place {
    struct timetable_ticket ticket;
    struct booking offered;
};

struct ledger_request {
    enum ledger_kind kind;
    uint64_t ticket;
    uint16_t rig;
    struct booking *rows; /* BOOKING: all of them or none; the ledger's own */
    size_t count, at;     /* at: the one that conflicts */
    uint64_t drops;       /* with them: a place in the queue */
    struct rig_durable durable;
    struct place place; /* PLACE; without an id it is dropped */
};

struct ledger {
    struct booking *rows; /* by id - 1 */
    size_t row_count, row_room, first_open;
    struct rig_durable rigs[RIGS];
    struct place places[PLACES];
    size_t place_count;
    uint64_t last_place;
    uint64_t boot, next_session;
    int64_t last_wall; /* newest time in any record */
    struct ledger_request waiting[WAITING];
    size_t waiting_count;
    size_t audit_waiting; /* records in the audit's buffer */
    bool audit_takes;
    int64_t commit_at;
};

/* ---- the timetable's people, and what was promised to them ---- */

struct client {
    uint64_t account;
    int64_t next;
    bool waits; /* for the answer to `key` */
    uint64_t number;
    struct booking_wish wishes[BUNDLE];
    size_t count;
    uint64_t booking; /* the last that it got */
    uint64_t ticket;  /* its place in the queue */
    bool offered;
};

/* What the oracle knows of a booking, by id - 1. */
struct promise {
    bool answered, begun, settled; /* settled: ended or cancelled, and that is on the disk */
    struct booking booking;
    uint64_t session;
    int64_t ended_at;      /* monotonic, of its session; 0: it did not, or that is not looked at any more */
    struct booking stored; /* as it was last stored; id 0: never */
    bool cancel_asked, grant_asked, decline_asked;
    int64_t ends_asked[ASKED];
    struct asked_place {
        uint16_t rig;
        int64_t starts, ends;
    } places_asked[ASKED];
    uint64_t holders_asked[ASKED];
    size_t ends_count, holder_count, place_count;
    uint16_t told_rig;   /* its holder knows that it is there, */
    int64_t told_starts; /* and begins then */
    int64_t unsaid;      /* monotonic, since when its holder should be told; 0: they were */
    int64_t out_since;   /* monotonic, since when it could be on another rig and is on one that is out */
};

/* Who waits in the queue, as it was answered. */
struct waiter {
    uint64_t id, account;
    uint16_t rig, capability;
    int64_t length;
    bool leaving; /* it was given back or taken, and the answer is still to come */
    bool offered;
    struct booking offer;
    int64_t could_since; /* monotonic, since when it could have been offered something; 0: not now */
};

struct office {
    struct timetable *timetable;
    struct timetable_rig rigs[RIGS];
    struct booking_policy policy; /* of who is in no group */
    struct booking_policy policies[OFFICE_GROUPS];
    struct timetable_school schools[OFFICE_GROUPS];
    struct timetable_group groups[OFFICE_GROUPS];
    int64_t offer, rehome_ahead;
    struct booking_actions actions;
    struct booking_time now;
    int64_t due;
    unsigned busy; /* events within this second */
    int64_t busy_second;
    struct client clients[CLIENTS];
    int64_t free_from[RIGS];
    uint64_t last_request;
    struct {
        bool open, repeats; /* repeats: the ledger had its key already */
        size_t client;
        uint64_t number, generation;
        struct booking_event event; /* without what it points to */
        size_t count;               /* of bookings asked for */
    } requests[MESSAGES];
    /* the oracle's */
    struct promise *promises;
    size_t promise_room;
    int64_t newest;
    uint64_t live[RIGS]; /* booking whose session is live, 0: none */
    int64_t until[RIGS];
    int64_t begun_at[RIGS];   /* of the live session, in this life of the gateway */
    int64_t idle_since[RIGS]; /* it: since when it could have been used */
    bool used[RIGS];          /* it: its holder has joined */
    enum booking_rig_state told[RIGS];
    bool told_closing[RIGS];
    int64_t told_at[RIGS];
    bool present[ACCOUNTS];
    struct waiter waiters[PLACES];
    size_t waiter_count;
};

/* ---- the bus ---- */

enum message_kind { MESSAGE_RIG, MESSAGE_BOOK, MESSAGE_CHANGE, MESSAGE_ANSWER, MESSAGE_BOOKED };
struct message {
    enum message_kind kind;
    int64_t at;
    uint16_t lab;
    size_t person;                      /* or client */
    uint64_t sequence;                  /* of the command; number of the client's request */
    struct rig_event event;             /* RIG */
    struct booking booking;             /* BOOKED; BOOK: account and key */
    struct booking_event change;        /* CHANGE, of a booking or the queue; BOOKED: what was asked */
    struct booking_wish wishes[BUNDLE]; /* BOOK */
    size_t count;
    enum rig_event_kind was; /* ANSWER: to what */
    enum rig_refusal refusal;
    enum booking_result result;
    uint32_t seat;
    uint64_t last;
};

struct bus {
    struct message messages[MESSAGES];
    size_t count;
    int64_t next;
    uint64_t generation;
};

struct world {
    uint64_t seed;
    double hours;
    bool trace, calm;
    struct random random;
    int64_t now; /* monotonic, ns */
    int64_t wall_offset;
    struct weather weather;
    bool disk_full, crash_wanted;
    int64_t disk_room_since, crashed_at;
    int64_t trouble_at, disk_at, clock_at, crash_at, bus_crash_at;
    struct lab *labs[RIGS];
    uint16_t lab_count;
    struct ledger ledger;
    struct office office;
    struct bus bus;
    struct {
        bool closing; /* rigs are made safe, and their lines end */
        int64_t at;   /* of what is next */
        int64_t until;
    } reload;
    struct tally tally;
};

void world_run(struct world *world);
int64_t world_wall(const struct world *world); /* ms since 1970 */
__attribute__((noreturn, format(printf, 2, 3))) void world_fail(struct world *world, const char *format, ...);

/* ledger.c */
void ledger_start(struct world *world);
bool ledger_put(struct world *world, const struct ledger_request *request); /* false: its queue is full */
void ledger_audit(struct world *world);                                     /* one record */
void ledger_step(struct world *world);
void ledger_crash(struct world *world);
bool ledger_is_open(const struct booking *row); /* confirmed, live, or waits for an approval */
const struct booking *ledger_row(const struct ledger *ledger, uint64_t id);
const struct booking *ledger_row_with_key(const struct ledger *ledger, uint64_t account, const char *key);

/* office.c */
void office_open(struct world *world);
struct timetable_setup office_setup(const struct world *world);
void office_start(struct world *world);
void office_die(struct world *world);
void office_handle(struct world *world, const struct booking_event *event);
void office_stored(struct world *world, const struct ledger_request *request, enum booking_stored result);
void office_place_stored(struct world *world, uint64_t ticket, bool stored);
const struct booking_policy *office_policy(const struct office *office, uint16_t group);
uint16_t office_group(uint64_t account);
void office_look(struct world *world); /* tells the timetable what the rigs' conditions are */
/* Whether two bookings want a rig, or what it shares with another, at the same time. */
bool office_overlap(const struct office *office, const struct booking *a, const struct booking *b);
void office_joined(struct world *world, uint16_t rig, uint64_t account); /* somebody has a seat */
int64_t office_next(const struct world *world);
void office_step(struct world *world);
void office_message(struct world *world, const struct message *message); /* reaches the gateway */

/* clients.c: the people who book. */
void clients_open(struct world *world);
void client_key(const struct client *client, uint64_t number, char key[BOOKING_KEY_MAX]);
int64_t clients_next(const struct world *world);
void clients_step(struct world *world);
void clients_answer(struct world *world, const struct message *message); /* reaches the client */
void clients_note(struct world *world, const struct booking_action *note);

/* reload.c */
void reload_step(struct world *world);
void reload_forget(struct world *world); /* with the control process */

/* bus.c */
void bus_send(struct world *world, const struct message *message);
void bus_step(struct world *world);
void bus_crash(struct world *world);

/* people.c */
void people_message(struct lab *lab, const struct message *message); /* reaches the gateway */
void people_told(struct lab *lab, const struct message *message);    /* reaches the person */

/* oracle_booking.c */
#define PROMISED(world, holds, promise, ...)                                                                 \
    do {                                                                                                     \
        if (!(holds))                                                                                        \
            world_fail(world, promise ": " __VA_ARGS__);                                                     \
    } while (0)
struct promise *promise_of(struct world *world, uint64_t id);
void promises_start(struct world *world);
void promises_event(struct world *world, const struct booking_event *event);
void promises_action(struct world *world, const struct booking_action *action);
void promises_stored(struct world *world, const struct booking *row);
void promises_after(struct world *world);

/* oracle_changes.c: each difference between two states of a booking has a reason that may be one. */
void changes_asked(struct world *world, const struct booking_event *event);
void changes_stored(struct world *world, const struct booking *row);
void changes_sent(struct world *world, const struct booking_action *store);
void changes_note(struct world *world, const struct booking_action *note);
void changes_after(struct world *world);
void changes_start(struct world *world);

/* oracle_queue.c: places, offers, and what has become free. */
void queue_start(struct world *world);
void queue_asked(struct world *world, const struct booking_event *event);
void queue_answered(struct world *world, const struct booking_action *action,
                    const struct booking_event *asked);
void queue_note(struct world *world, const struct booking_action *note);
void queue_kept(struct world *world, const struct booking *row); /* a new yes */
void queue_after(struct world *world);
/* Nobody has it, asks for it or was offered it: margins included. */
bool queue_is_free(const struct world *world, uint16_t rig, int64_t starts, int64_t ends, uint64_t but);

#endif
