/* simulator.h - the process: instruments, the endpoints that they answer on, and the loop that moves both.
 *
 * One thread. Physics advances in fixed steps by the monotonic clock, and catches up after a stall, so that
 * what a master sees doesn't depend on the machine's load. */
#ifndef DRIVERS_SIM_SIMULATOR_H
#define DRIVERS_SIM_SIMULATOR_H

#include "drivers/sim/fault.h"
#include "drivers/sim/modbus_answer.h"
#include "drivers/sim/plant.h"
#include "drivers/sim/scpi.h"
#include "drivers/sim/stream.h"

#include <stdio.h>

#define NAME_MAX_LENGTH 48
#define PROBLEM_MAX     400
#define PATH_LENGTH     108
#define PHYSICS_STEP    (5 * CLOCK_MILLISECOND)
#define HISTORY_MAX     16
#define DEFERRED_MAX    8

struct simulator;
struct endpoint;

/* A reply that was given once, for the fault "foreign". */
struct past_reply {
    struct modbus_message request, reply;
};

/* A write that was acknowledged and takes effect later. */
struct deferred {
    int64_t due;
    size_t length;
    uint8_t bytes[MODBUS_FRAME_MAX];
};

struct instrument {
    struct instrument *next;
    char name[NAME_MAX_LENGTH];
    struct endpoint *endpoint;
    const struct field *fields; /* of `state` */
    void *state;                /* the plant, scope or generator; owned */

    /* Modbus. */
    const struct plant_kind *plant; /* NULL on SCPI */
    uint8_t unit;
    struct modbus_server server;
    struct past_reply *history; /* HISTORY_MAX of them, owned, made when the fault needs it */
    size_t history_count;

    /* SCPI. */
    const struct scpi_kind *kind; /* NULL on Modbus */
    struct scpi_device device;
    struct scpi_text last_reply; /* for the fault "foreign" */
    struct bench *bench;         /* the simulator's */

    struct faults faults;
    struct deferred deferred[DEFERRED_MAX];
    size_t deferred_count;
    FILE *trace;              /* NULL: none */
    uint16_t *traced;         /* the registers' content as last written to the trace; owned */
    double *traced_variables; /* SCPI: the same of the state's variables */
    uint64_t requests;        /* answered or not */
};

struct protocol {
    const char *name;   /* "modbus-tcp" */
    unsigned medium;    /* enum fault_medium */
    int character_bits; /* on a serial line */
    /* Answers what is complete in the stream's input. Called when bytes came, and when stream->look_again_at
     * is reached. -1: the connection must be closed. */
    int (*serve)(struct simulator *simulator, struct endpoint *endpoint, struct stream *stream, int64_t now);
};

extern const struct protocol modbus_tcp_protocol, modbus_rtu_protocol, scpi_protocol;

/* What epoll hands back; the first member of everything that is watched. */
struct source {
    int fd;
    void (*ready)(struct simulator *simulator, struct source *source, uint32_t events, int64_t now);
};

struct connection {
    struct source source;
    struct connection *next;
    struct endpoint *endpoint;
    struct stream stream;
    bool dead; /* closed, to be freed at the end of the round */
};

enum transport { TRANSPORT_TCP, TRANSPORT_PTY };

struct endpoint {
    struct source listener; /* TCP; fd -1 while hung up */
    struct endpoint *next;
    const struct protocol *protocol;
    enum transport transport;
    char host[64];
    uint16_t port;
    int given;              /* TCP: a listening socket that was inherited; -1 */
    char path[PATH_LENGTH]; /* the symbolic link to the pty */
    int path_lock;          /* held while this process serves the path; -1 */
    int baud;               /* 0: no character times */
    int64_t turnaround;
    bool absent_answers; /* TCP: exception 0B for units that are not there; otherwise silence */
    bool hung_up;
    struct connection *connections;
    size_t connection_count;
};

struct bench;

struct simulator {
    int epoll;
    struct source timer_source, signal_source, control_source;
    char control_path[PATH_LENGTH];
    struct control_client *control_clients;
    struct endpoint *endpoints;
    struct instrument *instruments;
    struct bench *benches;
    int64_t physics_at; /* how far physics has come */
    int64_t rests;      /* longest time without a step when nobody asks; PHYSICS_STEP unless --lazy */
    bool stop;
    char problem[PROBLEM_MAX]; /* of the last failure, for people */
};

int simulator_init(struct simulator *simulator);
void simulator_finish(struct simulator *simulator);
/* Until a signal asks it to end. */
int simulator_run(struct simulator *simulator);

int simulator_watch(struct simulator *simulator, struct source *source, uint32_t events);
int simulator_fail(struct simulator *simulator, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

struct instrument *simulator_find(struct simulator *simulator, const char *name);
/* The instrument with that unit on an endpoint; NULL: none. */
struct instrument *endpoint_unit(struct simulator *simulator, const struct endpoint *endpoint, uint8_t unit);

/* Instruments. The plant's writes and forces are followed by instrument_changed, which brings the trace up to
 * date. */
void instrument_defer(struct instrument *instrument, const void *bytes, size_t length, int64_t due);
void instrument_changed(struct instrument *instrument, int64_t now);
int instrument_trace(struct simulator *simulator, struct instrument *instrument, const char *path,
                     int64_t now);
void instrument_note(struct instrument *instrument, int64_t now, const char *what, const void *bytes,
                     size_t length, const char *remark);
/* "tank tcp 127.0.0.1 41233" or "scope:A pty /tmp/scope", with a newline. */
void instrument_print_address(const struct instrument *instrument, FILE *file);
void instrument_destroy(struct instrument *instrument);

/* Endpoints. On failure the simulator's problem is set and -1 returned. */
int endpoint_open(struct simulator *simulator, struct endpoint *endpoint);
/* Drops every connection; a hung-up endpoint refuses new ones until endpoint_open. */
void endpoint_hang_up(struct endpoint *endpoint);
void endpoint_bury(struct endpoint *endpoint); /* frees connections that are closed */
void endpoint_destroy(struct endpoint *endpoint);
int64_t endpoint_character(const struct endpoint *endpoint); /* ns; 0 without a baud rate */
int64_t endpoint_silence(const struct endpoint *endpoint);   /* 3.5 characters on RTU, or its floor; ns */
/* Serial lines are ptys behind a symbolic link. pty_claim keeps other simulators off the path for as long as
 * the descriptor that it returns is open; pty_open returns the master side. */
int pty_claim(struct simulator *simulator, const char *path);
int pty_open(struct simulator *simulator, const char *path);
void connection_service(struct simulator *simulator, struct connection *connection, int64_t now);

#endif
