/* rigs.h - a rig under construction, and the lines that its instruments share with other rigs. Everything
 * here lives in the loader's scratch; what becomes of it is written to the lab's memory. */
#ifndef GATEWAY_CONFIG_RIGS_H
#define GATEWAY_CONFIG_RIGS_H

#include "gateway/config/profile.h"

struct rig_build;

struct instrument_build {
    struct instrument_build *next; /* on the same link */
    const char *name;              /* "plc" */
    const struct node *node;
    const struct rig_build *rig;
    const struct profile *profile; /* NULL: the instrument is not known and that was reported */
    struct link_build *link;       /* likewise */
    const void *options;           /* filled by the driver's instrument_options */
    int64_t lost_after;
    bool on_loss_continue;
    uint16_t index;       /* in the rig */
    uint16_t first_point; /* in the rig's points */
    int64_t *polls;
    uint16_t place; /* in its link's instruments */
};

struct rig_build {
    struct rig_build *next;
    struct loader *loader;
    const struct node *node;
    const char *name;
    uint16_t index, number; /* in the lab's rigs; number: while indices are given anew */
    struct config_rig *out;
    struct instrument_build *instruments;
    size_t instrument_count;
    struct rig_point_spec *points; /* the lab's memory */
    struct config_text *titles;
    bool *broken; /* by point: reported, its values cannot be judged */
    size_t point_count;
    const struct rig_build *practice_of;    /* NULL: a real rig */
    const struct config_practice *practice; /* NULL: nobody practises on it */
    bool sound;                             /* nothing was reported while it was read */
    const struct node **trip_nodes, **permissive_nodes;
    bool incomplete; /* an instrument is missing points that could not be read: completeness is not judged */
};

/* --- names (rig_names.c) --- */

/* Looks a point up; RIG_NONE when there is none. */
uint16_t rig_point_index(const struct rig_build *rig, const char *name, size_t length);
/* The same, and says that there is none, with the nearest: at the node's key, or `offset` bytes into its
 * text. Silent when the name may be in what could not be read. */
bool rig_point_at_key(struct rig_build *rig, const struct node *node, uint16_t *point);
bool rig_point_at(struct rig_build *rig, const struct node *node, uint16_t *point);
void rig_report_no_point(struct rig_build *rig, const struct node *node, size_t offset, const char *name,
                         size_t length);
bool rig_may_have(const struct rig_build *rig, const char *name, size_t length);
/* {plc.heater: off, plc.pump: 0 %}. `outputs`: they will be written, so each must be an output and in its
 * range. */
bool rig_read_assignments(struct rig_build *rig, const struct node *node, bool outputs,
                          const struct rig_assignment **items, size_t *count);

/* --- parts of a rig, each in its file --- */

/* instruments.c: all of a rig's; then its points. */
void rig_read_instruments(struct rig_build *rig, const struct node *node);
void rig_read_points(struct rig_build *rig, const struct node *tuning);
/* session.c */
void rig_read_session(struct rig_build *rig, const struct node *node);
void rig_read_proof_test(struct rig_build *rig, const struct node *node);
void rig_read_heartbeat(struct rig_build *rig, const struct node *node);
/* Once the lines are known: whether the heartbeat outlives a timeout and the hold after it (promise S10). */
void heartbeat_check(const struct rig_build *rig, const struct config_lab *lab);
/* The longest that the rig's heartbeat may come late. */
int64_t heartbeat_delay(const struct config_lab *lab, const struct config_rig *rig);
/* What `labgate check` says of how long outputs may stay on. */
void config_print_stays_on(const struct rig_spec *spec, FILE *file);
/* safe.c */
void rig_read_safe(struct rig_build *rig, const struct node *node);
/* interlocks.c */
void rig_read_interlocks(struct rig_build *rig, const struct node *node);

/* practice.c: what the rig says of it, NULL: nothing, or reported */
const struct config_practice *practice_read(const struct rig_build *rig);

/* rigs.c: fills rig->out from rig->node. */
void rig_read(struct rig_build *rig);

extern const struct section section_rig, section_instrument, section_session, section_heartbeat,
    section_proof_test, section_practice, section_set, section_wait, section_verify, section_trip,
    section_permissive, section_exclusive, section_limit;

/* --- lines (links.c) --- */

struct line_form {
    int64_t baud, data_bits, stop_bits, timeout, turnaround, longest;
    int parity;
};

#define LINE_OPTIONS 7

struct link_build {
    struct link_build *next;
    const char *name;
    const char *identity; /* what tells two lines apart: host and port, or the device's real path */
    bool serial;
    bool practice;
    const char *host, *device;
    uint16_t port;
    uint16_t index;
    struct line_form form;
    struct {
        const struct node *node; /* NULL: nobody said */
        bool by_rig;
    } said[LINE_OPTIONS]; /* by row of section_line */
    struct instrument_build *instruments, **instruments_end;
    size_t instrument_count;
    struct analysis_unit *units; /* by place */
    bool planned;                /* all of them are known */
};

extern const struct section section_line;

/* The line that a scalar names; NULL: reported. */
struct link_build *link_get(struct loader *loader, const struct node *node, const char *url);
/* One that ends in a simulator; its port is known when the gateway runs. */
struct link_build *link_practice(struct loader *loader, const struct rig_build *rig, const char *instrument);
/* Puts the instrument on its link, takes over what it says about the line, and reports what does not go
 * together. */
void link_add(struct loader *loader, struct instrument_build *instrument);
/* Writes the lab's links, once all rigs are read. */
void links_finish(struct loader *loader, struct config_lab *lab);

#endif
