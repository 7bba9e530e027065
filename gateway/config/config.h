/* config.h - a directory of YAML turned into the structures that the rest runs on.
 *
 * config_load() reads DIR/lab.yaml and the profiles it names (DIR/profiles/, then the installed ones)
 * strictly: YAML 1.1 core through libyaml's events, with depth, size and aliases bounded; unknown and
 * duplicate keys, wrong types, missing units and dangling names are errors with file:line:column. All errors
 * of a run are kept. On success everything that the drivers and the core need is checked: indices, bounds,
 * units, safe values, read-backs, plans.
 *
 * The structures are immutable and belong to the struct config; config_destroy() releases all of it. */
#ifndef GATEWAY_CONFIG_CONFIG_H
#define GATEWAY_CONFIG_CONFIG_H

#include "drivers/driver.h"
#include "gateway/analysis/reaction.h"
#include "gateway/booking/policy.h"
#include "gateway/booking/term.h"
#include "gateway/rig/spec.h"

#include <stdio.h>

/* Of one rig: what one answer of the bus describes. */
#define CONFIG_RIG_POINTS_MAX 1500
/* Those for practice included: a seat's number on the wire has a byte for its rig. */
#define CONFIG_RIGS_MAX 255

struct config;

/* A point's address on its link. */
struct config_place {
    uint16_t link;       /* in the lab's links */
    uint16_t instrument; /* in that link's instruments */
    uint16_t point;      /* in that instrument's points */
};

struct config_instrument {
    const struct driver *driver;
    struct driver_instrument_spec instrument;
    const int64_t *polls;
    unsigned lost_after;
    uint16_t rig;            /* in the lab's rigs */
    uint16_t rig_instrument; /* in that rig's instruments */
    uint16_t first_point;    /* its point 0 is the rig's point first_point */
    const char *profile;     /* "modbus/tank-trainer" */
};

struct config_link {
    const char *name; /* as written */
    bool practice;    /* a simulator is behind it, started when it is needed: the port is known then */
    struct driver_line_spec line;
    struct config_instrument *instruments;
    size_t instrument_count;
    int64_t longest;
    struct analysis_line plan; /* what the line carries; its units are by instrument */
    struct analysis_load load;
};

struct config_text {
    const char *en, *zh; /* zh falls back to en */
};

struct config_waveform {
    const char *name; /* "scope.ch1" */
    struct config_text title;
    const char *unit;
    uint16_t rig_instrument;
    uint16_t waveform; /* in the instrument's waveforms */
};

struct config_school {
    const char *name;
    struct config_text title;
    double weight;
};

struct config_group {
    const char *name;
    struct config_text title;
    double weight;
    uint16_t school; /* in the schools */
    const struct booking_policy *policy;
};

/* A tag that rigs share. */
struct config_capability {
    const char *name;
    struct config_text title;
};

/* Times in ms, as the timetable has them. The calendar's zone has its name and no offsets: the shell reads
 * those. */
struct config_timetable {
    struct term_calendar calendar;
    const struct booking_policy *policies;
    size_t policy_count;
    const struct booking_policy *everybody; /* NULL: there is none */
    const struct config_school *schools;
    size_t school_count;
    const struct config_group *groups;
    size_t group_count;
    const char *const *resources;
    size_t resource_count;
    const char *const *capabilities; /* of all rigs, by their bit */
    size_t capability_count;
    const struct config_capability *titled; /* capabilities that have a title of their own */
    size_t titled_count;
    int64_t half_life, offer, rehome_ahead, grace; /* ms */
    int64_t presence; /* ns: who waits and was not heard for so long is passed over */
};

/* Simulators of a rig. */
struct config_practice {
    size_t at_most;
    int64_t longest;          /* ms */
    const char *capability;   /* that policies call a rehearsal; "": none */
    const char *const *kinds; /* by rig instrument: what labsim plays it with */
};

struct config_rig {
    struct rig_spec spec;
    struct config_text title;
    const struct config_text *point_titles; /* by point */
    const bool *decisive;                   /* by point: rig_decisive_points() */
    const char *const *capabilities;        /* ends with NULL */
    const struct config_place *instruments; /* by rig instrument: link and instrument (point unused) */
    const uint16_t *links;                  /* by the rig's own link number: in the lab's links */
    const struct config_waveform *waveforms;
    size_t waveform_count;
    int64_t longest_booking;
    int64_t setup, teardown;   /* ms that a booking takes beside its own time */
    const uint16_t *resources; /* in the timetable's; what it shares with other rigs */
    size_t resource_count;
    uint64_t capability_bits; /* in the timetable's */
    int64_t proof_every;      /* between two proof tests, 0: none is wanted */
    bool any_teacher;         /* takes control in anybody's session, not only in their own */
    bool rooms_apart;         /* students of other schools are not named */
    const int64_t *reactions; /* by trip: longest reaction that is wanted, 0: none (promise S12) */
    const int64_t *permissive_reactions;
    const struct analysis_reaction *trip_worst, *permissive_worst,
        *limit_worst;                    /* what it is at worst; 0 for
                                            those that drive nothing */
    struct analysis_reaction stop_worst; /* of the e-stop */
    const struct analysis_rig *place;
    const struct config_practice *practice; /* how it is practised on; NULL: not */
    const struct config_rig *practice_of;   /* a simulator of this rig; NULL: a real one */
};

enum config_scheme { CONFIG_TCP, CONFIG_TLS, CONFIG_WS, CONFIG_WSS, CONFIG_IPC };

struct config_listener {
    const char *url; /* as nng takes it: tcp://, tls+tcp://, ws://, wss://, ipc:// */
    enum config_scheme scheme;
    bool insecure;                 /* allowed beyond loopback without TLS */
    const char *certificate, *key; /* files, TLS only */
};

/* Letters to people; sendmail NULL: none. */
struct config_mail {
    const char *sendmail, *from;
    int64_t retry; /* ms before the second try */
};

struct config_lab {
    const char *name; /* of the laboratory, in audit and certificates */
    struct config_text title;
    const char *time_zone;                              /* "Asia/Shanghai" */
    const char *state;                                  /* directory for ledger, keys and recordings */
    const char *bus_user, *control_user, *device_group; /* when started as root */
    struct config_listener *listeners;
    size_t listener_count;
    struct config_timetable timetable;
    struct config_mail mail;
    struct config_link *links;
    size_t link_count;
    struct config_rig *rigs;
    size_t rig_count;
    int64_t token_life;       /* default 12 h */
    int64_t history;          /* of each rig's stream, default 60 s */
    int64_t recording_budget; /* bytes, default 10 GB */
    int64_t recording_life;   /* default 180 days */
    int64_t audit_buffer;     /* records, default 4096 */
    int64_t history_bytes;    /* for each rig, default 256 KiB */
    int realtime_priority;    /* of SCHED_FIFO, 0: ordinary scheduling; default 10 */
};

/* `profiles`: the installed profiles' directory, or NULL. `defines`: "name=value" for the lab's variables,
 * before the defaults in lab.yaml; a name that lab.yaml does not declare is an error. NULL only when memory
 * is out. config_lab() tells whether it has errors, config_print_errors() which. */
struct config *config_load(const char *directory, const char *profiles, const char *const *defines,
                           size_t define_count);
void config_destroy(struct config *config); /* accepts NULL */
/* The same profiles and definitions, read now from another directory, or from the same one (NULL). Rigs that
 * `running` has too come first and in its order, so that their numbers stay. */
struct config *config_load_again(const struct config *source, const char *directory,
                                 const struct config_lab *running);
/* NULL when there are errors. */
const struct config_lab *config_lab(const struct config *config);

/* Writes down, in one file that only its owner reads, all that it was read from. False: errno. */
bool config_save(const struct config *config, const char *path);
/* What config_save() wrote, loaded again. NULL: it cannot be read, or memory is out. */
struct config *config_load_saved(const char *path);
#define CONFIG_SAVED "running-configuration" /* its name in the state directory */

#define CONFIG_UNBOUNDED INT64_MAX

/* The longest that an output may stay on once its line, or the gateway, is gone: ns, 0 when there are no
 * outputs, CONFIG_UNBOUNDED when nothing drops `point` (RIG_NONE otherwise). */
struct config_stays_on {
    int64_t longest;
    uint16_t point;
};
struct config_stays_on config_stays_on(const struct rig_spec *spec);

/* Where, and what. */
struct config_error {
    const char *file;
    size_t line, column; /* from 1 */
    const char *text;
};
/* What is right and worth a look, of a configuration without errors. */
const struct config_error *config_remarks(const struct config *config, size_t *count);
const char *config_directory(const struct config *config); /* as it was given */
/* All that it was read from, in the order of reading: the same files print the same, wherever they lie.
 * False: the file has an error. */
bool config_print_sources(const struct config *config, FILE *file);

/* "lab.yaml:12:9: rigs.tank-1.safe: ... did you mean plc.pump?" one a line. */
void config_print_errors(const struct config *config, FILE *file);
/* What `labgate check` prints: the errors and one line that counts them, or a summary of links, instruments,
 * points, polls, rigs and rules, with loads and reaction times. True when there are no errors. */
bool config_print_check(const struct config *config, FILE *file);
/* The same as one JSON object. */
bool config_print_check_json(const struct config *config, FILE *file);
/* The reference of every option, from the tables, as Markdown. */
void config_print_reference(FILE *file);

#endif
