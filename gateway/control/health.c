#include "gateway/control/health.h"

#include "gateway/config/check.h"
#include "gateway/control/proof.h"
#include "gateway/control/respond.h"
#include "gateway/control/rigs.h"

#include <stdlib.h>
#include <string.h>

#define STEP  (5 * INT64_C(1000000000))
#define SLOTS 13 /* a minute of steps */

struct counted {
    struct link_tallies all;
    int64_t busy; /* of lines */
};

struct instrument {
    struct counted slots[SLOTS];
    bool up;
    char why[160]; /* it is lost */
};

struct line {
    struct counted slots[SLOTS];
    struct instrument *instruments; /* by link instrument */
    size_t instrument_count;
    int64_t began; /* after the start, by a reload; 0: at the start */
};

struct health {
    struct line *lines; /* by link */
    size_t line_count;
    struct instrument *instruments; /* of all lines */
    int64_t at[SLOTS];              /* when each slot was filled */
    size_t filled;                  /* slots ever; the newest is the one before, modulo SLOTS */
    int64_t due;
};

void health_free(struct health *health)
{
    if (health) {
        free(health->lines);
        free(health->instruments);
    }
    free(health);
}

struct health *health_make(const struct config_lab *lab, int64_t began)
{
    struct health *health = calloc(1, sizeof *health);
    size_t count = 0, instruments = 0;
    while (count < lab->link_count && !lab->links[count].practice) /* those stand last */
        instruments += lab->links[count++].instrument_count;
    if (!health)
        return NULL;
    health->lines = calloc(count + 1, sizeof *health->lines);
    health->instruments = calloc(instruments + 1, sizeof *health->instruments);
    if (!health->lines || !health->instruments) {
        health_free(health);
        return NULL;
    }
    health->line_count = count;
    instruments = 0;
    for (size_t i = 0; i < count; i++) {
        struct line *line = &health->lines[i];
        line->began = began;
        line->instruments = &health->instruments[instruments];
        line->instrument_count = lab->links[i].instrument_count;
        instruments += line->instrument_count;
    }
    return health;
}

static void keep_line(struct line *to, const struct line *from)
{
    memcpy(to->slots, from->slots, sizeof to->slots);
    to->began = from->began;
    if (to->instrument_count == from->instrument_count)
        memcpy(to->instruments, from->instruments, from->instrument_count * sizeof *from->instruments);
}

void health_exchange(struct control *control, struct health *next, const uint16_t *kept)
{
    const struct health *before = control->health;
    for (size_t i = 0; i < before->line_count; i++)
        if (kept[i] < next->line_count)
            keep_line(&next->lines[kept[i]], &before->lines[i]);
    memcpy(next->at, before->at, sizeof next->at);
    next->filled = before->filled;
    next->due = before->due;
    health_free(control->health);
    control->health = next;
}

void health_state(struct control *control, size_t link, const struct link_report *report)
{
    if (link >= control->health->line_count)
        return;
    struct instrument *instrument = &control->health->lines[link].instruments[report->instrument];
    instrument->up = report->state.up;
    memcpy(instrument->why, report->state.why, sizeof instrument->why);
}

static void look(struct control *control, size_t slot)
{
    for (size_t i = 0; i < control->health->line_count; i++) {
        struct line *line = &control->health->lines[i];
        struct link_health now;
        link_health(control->links[i]->link, &now);
        line->slots[slot] = (struct counted){.all = now.all, .busy = now.busy};
        for (size_t j = 0; j < control->lab->links[i].instrument_count; j++)
            link_instrument_health(control->links[i]->link, (uint16_t)j,
                                   &line->instruments[j].slots[slot].all);
    }
}

int64_t health_tick(struct control *control)
{
    struct health *health = control->health;
    if (control->now < health->due)
        return health->due;
    size_t slot = health->filled++ % SLOTS;
    health->at[slot] = control->now;
    look(control, slot);
    health->due = control->now + STEP;
    return health->due;
}

/* ---- what happened since the oldest slot ----------------------------------------------------- */

static size_t oldest(const struct health *health)
{
    return health->filled < SLOTS ? 0 : health->filled % SLOTS;
}

static int64_t window(const struct control *control)
{
    return control->now - control->health->at[oldest(control->health)] + 1;
}

static struct link_tallies since(const struct counted *then, const struct link_tallies *now)
{
    return (struct link_tallies){
        .transactions = now->transactions - then->all.transactions,
        .timeouts = now->timeouts - then->all.timeouts,
        .garbled = now->garbled - then->all.garbled,
        .rejected = now->rejected - then->all.rejected,
        .disconnected = now->disconnected - then->all.disconnected,
    };
}

static void describe_instrument(const struct control *control, size_t link, uint16_t index,
                                struct answer_instrument *to)
{
    const struct config_instrument *config = &control->lab->links[link].instruments[index];
    const struct instrument *instrument = &control->health->lines[link].instruments[index];
    *to = (struct answer_instrument){
        .rig = control->rigs[config->rig].config->spec.name,
        .name = control->lab->rigs[config->rig].spec.instruments[config->rig_instrument].name,
        .profile = config->profile,
        .up = instrument->up,
        .why = instrument->up ? "" : instrument->why,
    };
    link_instrument_health(control->links[link]->link, index, &to->all);
    to->recent = since(&instrument->slots[oldest(control->health)], &to->all);
}

static void describe_line(const struct control *control, size_t link, struct answer_link *to)
{
    const struct line *line = &control->health->lines[link];
    const struct counted *then = &line->slots[oldest(control->health)];
    to->name = control->links[link]->spec.name;
    link_health(control->links[link]->link, &to->health);
    to->recent = since(then, &to->health.all);
    int64_t began = line->began ? line->began : control->started;
    to->load = (double)to->health.busy / (double)(control->now - began + 1);
    to->recent_load = (double)(to->health.busy - then->busy) / (double)window(control);
    to->planned_load = control->lab->links[link].load.share;
}

/* ---- the answer ------------------------------------------------------------------------------ */

static uint64_t count_overdue(const struct control *control)
{
    char why[PROOF_WHY_MAX];
    uint64_t count = 0;
    for (size_t i = 0; i < control->rig_count; i++)
        count += *proof_overdue(control, &control->rigs[i], why) != 0;
    return count;
}

static uint64_t count_bypasses(const struct control *control)
{
    uint64_t count = 0;
    for (size_t i = 0; i < control->rig_count; i++) {
        const struct rig_spec *spec = &control->rigs[i].config->spec;
        for (size_t rule = 0; rule < spec->trip_count + spec->permissive_count; rule++)
            count += rig_bypassed_until(control->rigs[i].core, rule) != 0;
    }
    return count;
}

struct listing {
    struct answer_link *links;
    struct answer_instrument *instruments;
    struct answer_reaction *reactions;
    size_t link_count, reaction_count;
};

static bool stands_on(const struct config_link *link, const struct control_rig *rig)
{
    for (size_t i = 0; i < link->instrument_count; i++)
        if (link->instruments[i].rig == rig->index)
            return true;
    return false;
}

static void list_lines(const struct control *control, const struct control_rig *rig, struct listing *listing)
{
    struct answer_instrument *next = listing->instruments;
    for (size_t i = 0; i < control->health->line_count; i++) {
        const struct config_link *config = &control->lab->links[i];
        if (rig && !stands_on(config, rig))
            continue;
        struct answer_link *link = &listing->links[listing->link_count++];
        describe_line(control, i, link);
        link->instruments = next;
        for (uint16_t j = 0; j < config->instrument_count; j++)
            if (!rig || config->instruments[j].rig == rig->index)
                describe_instrument(control, i, j, next++);
        link->instrument_count = (size_t)(next - link->instruments);
    }
}

static void list_reactions(const struct config_rig *rig, struct listing *listing)
{
    struct check_row row;
    for (size_t i = 0; rig->spec.safe_count && i < check_row_count(rig); i++)
        if (check_row_at(rig, i, &row))
            listing->reactions[listing->reaction_count++] = (struct answer_reaction){
                .kind = row.kind,
                .name = row.name,
                .input = row.reaction->input == RIG_NONE ? "" : rig->spec.points[row.reaction->input].name,
                .worst = row.reaction,
                .wanted = row.wanted,
            };
}

static bool make_room(const struct control *control, const struct control_rig *rig, struct listing *listing)
{
    size_t instruments = 0;
    for (size_t i = 0; i < control->health->line_count; i++)
        instruments += control->lab->links[i].instrument_count;
    listing->links = calloc(control->health->line_count + 1, sizeof *listing->links);
    listing->instruments = calloc(instruments + 1, sizeof *listing->instruments);
    listing->reactions = calloc(rig ? check_row_count(rig->config) : 1, sizeof *listing->reactions);
    return listing->links && listing->instruments && listing->reactions;
}

static uint64_t longest_turn(const struct control *control)
{
    return (uint64_t)turn_longest(&control->turn, control->now) / 1000;
}

void health_answer(struct control *control, const struct origin *origin, const struct control_rig *rig)
{
    const struct channel_counters *bus = channel_counters(control->channel);
    struct answer_counter counters[] = {
        {"bus-restarts",        bus->restarts                },
        {"bus-connections",     bus->bus_pipes               },
        {"bus-watchers",        bus->bus_watchers            },
        {"rigs-watched",        rigs_watched(control)        },
        {"bus-malformed",       bus->bus_malformed           },
        {"bus-oversized",       bus->bus_oversized           },
        {"bus-busy",            bus->bus_busy                },
        {"bus-dropped",         bus->bus_dropped             },
        {"answers-dropped",     bus->answers_dropped         },
        {"frames-dropped",      bus->frames_dropped          },
        {"requests-malformed",  control->malformed_requests  },
        {"requests-unknown",    control->unknown_requests    },
        {"audit-waiting",       audit_waiting(control->audit)},
        {"audit-lost",          audit_lost(control->audit)   },
        {"proof-tests-overdue", count_overdue(control)       },
        {"bypasses",            count_bypasses(control)      },
        {"realtime-priority",   (uint64_t)control->realtime  },
        {"longest-turn-us",     longest_turn(control)        },
    };
    struct listing listing = {0};
    struct answer_health report = {
        .counters = counters, .counter_count = sizeof counters / sizeof *counters, .window = window(control)};
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    if (make_room(control, rig, &listing)) {
        list_lines(control, rig, &listing);
        if (rig)
            list_reactions(rig->config, &listing);
        report.links = listing.links;
        report.link_count = listing.link_count;
        report.reactions = listing.reactions;
        report.reaction_count = listing.reaction_count;
        translate_health(&buffer, &head, &report);
        respond_send(control, origin, &buffer);
    } else {
        respond_refuse(control, origin, "busy", "reading the lab's health: no memory; try again");
    }
    free(listing.links);
    free(listing.instruments);
    free(listing.reactions);
}
