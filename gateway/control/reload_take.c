#include "gateway/control/reload_take.h"

#include "gateway/control/alerts.h"
#include "gateway/control/attend.h"
#include "gateway/control/captures.h"
#include "gateway/control/health.h"
#include "gateway/control/proof.h"
#include "gateway/control/remember.h"
#include "gateway/control/rigs.h"
#include "gateway/control/start.h"
#include "gateway/control/timetable_make.h"
#include "gateway/control/traces.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All that is allocated for the exchange before anything changes. */
struct exchange {
    const struct config_lab *before, *after;
    struct control_rig **rigs;   /* by number: its new form, then its old one; NULL: it stays as it is */
    struct control_rig **proofs; /* by number: what a rig that stays is proof-tested by; NULL: as before */
    struct control_link **links; /* by number in `after` */
    struct link **opened;        /* likewise: those that have begun */
    uint16_t *kept;              /* by number in `before`: its new one, UINT16_MAX: it ends */
    struct health *health;
    struct reload_former *former;
};

/* ---- made ------------------------------------------------------------------------------------ */

/* Its trips are numbered anew, so they go by way of their names. */
static void convert(struct control *control, const struct control_rig *rig, const struct rig_spec *spec,
                    struct rig_durable *durable)
{
    uint8_t bytes[LEDGER_RIG_STATE_MAX];
    durable_reasons reasons;
    *durable = (struct rig_durable){0};
    if (rig->plant)
        return;
    size_t length =
        durable_encode(rig->spec, rig_durable(rig->core), rig->lockout_reasons, bytes, sizeof bytes);
    if (!durable_decode(spec, bytes, length, durable, reasons))
        alerts_raise(control, rig, "what it remembers does not fit its new configuration: it is quarantined");
}

static struct control_rig *make_rig(struct control *control, const struct control_rig *rig,
                                    const struct config_lab *lab, const struct config_rig *config)
{
    struct rig_durable durable;
    struct control_rig *fresh = calloc(1, sizeof *fresh);
    if (!fresh)
        return NULL;
    convert(control, rig, &config->spec, &durable);
    if (start_make_rig(control, fresh, config, rig_epoch(rig->core) + 1, &durable) && proof_make(lab, fresh))
        return fresh;
    start_unmake_rig(fresh);
    free(fresh);
    return NULL;
}

static void unmake_rig(struct control_rig *rig)
{
    if (rig)
        start_unmake_rig(rig);
    free(rig);
}

/* Only its proof test is of use. */
static struct control_rig *make_proof(const struct config_lab *lab, const struct config_rig *config)
{
    struct control_rig *fresh = calloc(1, sizeof *fresh);
    if (!fresh)
        return NULL;
    fresh->config = config;
    if (proof_make(lab, fresh))
        return fresh;
    proof_finish(fresh);
    free(fresh);
    return NULL;
}

static bool make_rigs(struct control *control, struct exchange *exchange)
{
    const bool *touched = control->reload.read.touched;
    const struct config_lab *after = exchange->after;
    exchange->rigs = calloc(after->rig_count + 1, sizeof(*exchange->rigs));
    exchange->proofs = calloc(after->rig_count + 1, sizeof(*exchange->proofs));
    if (!exchange->rigs || !exchange->proofs)
        return false;
    for (size_t i = 0; i < control->rig_count; i++) {
        const struct control_rig *rig = &control->rigs[i];
        const struct config_rig *config = &after->rigs[i];
        struct control_rig **made = touched[i] ? &exchange->rigs[i] : &exchange->proofs[i];
        if (!touched[i] && (config->proof_every > 0) == (rig->config->proof_every > 0))
            continue;
        *made = touched[i] ? make_rig(control, rig, after, config) : make_proof(after, config);
        if (!*made)
            return false;
        attend(control);
    }
    return true;
}

/* Somebody may have stopped a rig in the meantime, or locked it out. */
static bool is_outdated(struct control *control, const struct control_rig *rig,
                        const struct control_rig *fresh)
{
    const struct rig_spec *spec = &fresh->config->spec;
    struct rig_durable durable;
    uint8_t now[LEDGER_RIG_STATE_MAX], then[LEDGER_RIG_STATE_MAX];
    convert(control, rig, spec, &durable);
    size_t length = durable_encode(spec, &durable, rig->lockout_reasons, now, sizeof now);
    return rig_epoch(fresh->core) <= rig_epoch(rig->core) ||
           length !=
               durable_encode(spec, rig_durable(fresh->core), rig->lockout_reasons, then, sizeof then) ||
           memcmp(now, then, length) != 0;
}

static bool renew_outdated(struct control *control, struct exchange *exchange)
{
    for (size_t i = 0; i < control->rig_count; i++) {
        struct control_rig *rig = &control->rigs[i], *fresh = exchange->rigs[i];
        if (!fresh || !is_outdated(control, rig, fresh))
            continue;
        exchange->rigs[i] = make_rig(control, rig, exchange->after, fresh->config);
        unmake_rig(fresh);
        if (!exchange->rigs[i])
            return false;
    }
    return true;
}

/* A line whose rigs do not change goes on under its name. */
static struct control_link *find_link(const struct control *control, const struct exchange *exchange,
                                      const struct config_link *wanted)
{
    if (control->reload.read.touched[wanted->instruments[0].rig])
        return NULL;
    for (size_t i = 0; i < control->link_count; i++)
        if (!strcmp(exchange->before->links[i].name, wanted->name))
            return control->links[i];
    return NULL;
}

static bool make_links(struct control *control, struct exchange *exchange)
{
    const struct config_lab *after = exchange->after;
    exchange->links = calloc(after->link_count + 1, sizeof(*exchange->links));
    exchange->kept = calloc(control->link_count + 1, sizeof *exchange->kept);
    exchange->opened = calloc(after->link_count + 1, sizeof(*exchange->opened));
    if (!exchange->links || !exchange->kept || !exchange->opened)
        return false;
    memset(exchange->kept, 0xff, control->link_count * sizeof *exchange->kept);
    for (uint16_t i = 0; i < after->link_count; i++) {
        struct control_link *kept = find_link(control, exchange, &after->links[i]);
        for (size_t k = 0; kept && k < control->link_count; k++)
            if (control->links[k] == kept)
                exchange->kept[k] = i;
        exchange->links[i] = kept ? kept : calloc(1, sizeof **exchange->links);
        if (!exchange->links[i])
            return false;
    }
    return true;
}

static void release(struct control *control, struct exchange *exchange)
{
    for (size_t i = 0; exchange->rigs && i < control->rig_count; i++) {
        unmake_rig(exchange->rigs[i]);
        attend(control);
    }
    for (size_t i = 0; exchange->proofs && i < control->rig_count; i++) {
        if (exchange->proofs[i])
            proof_finish(exchange->proofs[i]);
        free(exchange->proofs[i]);
        attend(control);
    }
    for (size_t i = 0; exchange->links && i < exchange->after->link_count; i++) {
        bool kept = false;
        for (size_t k = 0; k < control->link_count; k++)
            kept |= control->links[k] == exchange->links[i];
        if (!kept)
            free(exchange->links[i]);
    }
    free(exchange->rigs);
    free(exchange->proofs);
    free(exchange->links);
    free(exchange->kept);
    free(exchange->opened);
    health_free(exchange->health);
    free(exchange->former);
}

/* ---- exchanged ------------------------------------------------------------------------------- */

/* Of a rig that stays only what people and the timetable read is new; its matrix is asked for by name. */
static void keep_rig(struct control *control, struct control_rig *rig, const struct config_rig *config,
                     struct control_rig *proof)
{
    rig->config = config;
    if (proof)
        proof_exchange(rig, proof);
    rig->matrix.lab = control->lab;
    rig->matrix.rig = config;
}

/* Who watches it goes on watching; what was recorded of it by number is over. It begins with its lines. */
static void replace_rig(struct control *control, struct control_rig *rig, struct control_rig *fresh)
{
    captures_drop(control, rig, "the rig's configuration was changed");
    captures_forget(control, rig);
    fresh->index = rig->index;
    fresh->layout = rig->layout + 1;
    fresh->stream = rig->stream;
    stream_break(fresh->stream);
    fresh->watched = rig->watched;
    fresh->grants = rig->grants;
    fresh->spectators = rig->spectators;
    fresh->classroom = rig->classroom;
    fresh->plant = rig->plant;
    fresh->told = rig->told;
    fresh->told_closing = rig->told_closing;
    fresh->memory = rig->memory;
    memcpy(fresh->lockout_reasons, rig->lockout_reasons, sizeof fresh->lockout_reasons);
    memcpy(fresh->why_quarantined, rig->why_quarantined, sizeof fresh->why_quarantined);
    traces_take_watchers(fresh->traces, rig->traces);
    fresh->made_of = control->lab;
    proof_take(fresh, rig);
    fresh->closed = true;
    struct control_rig old = *rig;
    *rig = *fresh;
    *fresh = old;
    if (!rig->plant)
        remember(control, rig);
}

static void exchange_links(struct control *control, struct exchange *exchange)
{
    captures_relink(control, exchange->kept);
    for (size_t i = 0; i < control->link_count; i++) {
        if (exchange->kept[i] != UINT16_MAX)
            continue;
        link_destroy(control->links[i]->link); /* its thread has ended */
        start_forget_link(control->links[i]);
        free(control->links[i]);
    }
    free(control->links);
    control->links = exchange->links;
    control->link_count = exchange->after->link_count;
    exchange->links = NULL;
    health_exchange(control, exchange->health, exchange->kept);
    exchange->health = NULL;
}

/* Rigs and lines begin together, when all lines are there: what a line reports waits in it until then. */
static void begin_rigs(struct control *control, const struct exchange *exchange)
{
    for (size_t i = 0; i < control->link_count; i++)
        if (exchange->opened[i])
            control->links[i]->link = exchange->opened[i];
    for (size_t i = 0; i < control->rig_count; i++)
        control->rigs[i].closed = false;
}

static void open_links(struct control *control, const struct exchange *exchange)
{
    char why[256];
    for (size_t i = 0; i < control->link_count; i++) {
        const struct config_link *config = &exchange->after->links[i];
        struct control_rig *rig = &control->rigs[config->instruments[0].rig];
        attend(control);
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): make_links() made all of them */
        if (config->practice || control->links[i]->link)
            continue;
        if (start_link(control, control->links[i], config, 0, why, sizeof why)) {
            exchange->opened[i] = control->links[i]->link;
            control->links[i]->link = NULL;
            continue;
        }
        start_forget_link(control->links[i]);
        alerts_raise(control, rig, "its line could not be started: %s; reload again", why);
        snprintf(rig->why, sizeof rig->why, "%s", why);
        rig->why_of = config->instruments[0].rig_instrument;
    }
    begin_rigs(control, exchange);
}

static void exchange_rigs(struct control *control, struct exchange *exchange)
{
    for (size_t i = 0; i < control->rig_count; i++) {
        if (exchange->rigs[i])
            replace_rig(control, &control->rigs[i], exchange->rigs[i]);
        else
            keep_rig(control, &control->rigs[i], &exchange->after->rigs[i], exchange->proofs[i]);
    }
}

static void exchange_configuration(struct control *control, struct exchange *exchange)
{
    struct reload *reload = &control->reload;
    if (reload->taken) {
        exchange->former[reload->former_count] = (struct reload_former){reload->taken, control->now};
        free(reload->former);
        reload->former = exchange->former;
        reload->former_count++;
        exchange->former = NULL;
    }
    reload->config = reload->taken = reload->read.config;
    reload->read.config = NULL;
    memcpy(reload->digest, reload->read.digest, sizeof reload->digest);
    control->lab = exchange->after;
    control->running.since = control->wall;
}

bool reload_take(struct control *control)
{
    struct reload *reload = &control->reload;
    struct exchange exchange = {.before = control->lab, .after = config_lab(reload->read.config)};
    exchange.former = calloc(reload->former_count + 1, sizeof *exchange.former);
    if (exchange.former && reload->former_count)
        memcpy(exchange.former, reload->former, reload->former_count * sizeof *exchange.former);
    exchange.health = health_make(exchange.after, control->now);
    bool made = exchange.former && exchange.health && make_rigs(control, &exchange) &&
                make_links(control, &exchange) && timetable_is_settled(control->timetable) &&
                renew_outdated(control, &exchange) && timetable_remake(control, exchange.after);
    if (made) {
        exchange_configuration(control, &exchange);
        exchange_links(control, &exchange);
        exchange_rigs(control, &exchange);
        open_links(control, &exchange);
        (void)reload_keep(control); /* or later */
    }
    release(control, &exchange);
    return made;
}

/* ---- kept ------------------------------------------------------------------------------------ */

bool reload_is_needed(const struct control *control, const struct config *config)
{
    const struct config_lab *lab = config_lab(config);
    if (config == control->reload.kept && !reloader_keep_is_done(control->reload.keeper))
        return true;
    for (size_t i = 0; i < control->rig_count; i++)
        if (control->rigs[i].made_of == lab)
            return true;
    for (size_t i = 0; i < control->link_count; i++)
        if (control->links[i]->made_of == lab)
            return true;
    return false;
}

bool reload_keep(struct control *control)
{
    struct reload *reload = &control->reload;
    char path[512];
    if (reload->kept == reload->config)
        return true;
    if (!reloader_keep_is_done(reload->keeper))
        return false; /* the disk takes its time, and the loop has none */
    snprintf(path, sizeof path, "%s/" CONFIG_SAVED, reload->start->state);
    reloader_keep_finish(reload->keeper);
    reload->keeper = reloader_keep(reload->config, path, control->journal);
    reload->kept = reload->config;
    return true;
}
