#include "gateway/control/reload.h"

#include "gateway/control/alerts.h"
#include "gateway/control/attend.h"
#include "gateway/control/notes.h"
#include "gateway/control/plant.h"
#include "gateway/control/reload_take.h"
#include "gateway/control/requests.h"
#include "gateway/control/respond.h"
#include "gateway/control/rigs.h"
#include "gateway/control/sessions.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND        INT64_C(1000000000)
#define CLOSE_AT_MOST (30 * SECOND)   /* then the safe sequence of the old configuration is given up */
#define OPEN_AT_MOST  (20 * SECOND)   /* then whoever asked is told how it stands */
#define LOOK_EVERY    (SECOND / 50)   /* while lines end */
#define KEPT_FOR      (3600 * SECOND) /* a former configuration that nobody needs */

bool reload_start(struct control *control, char *why, size_t why_size)
{
    struct reload *reload = &control->reload;
    if (!fingerprint_sources(reload->config, reload->digest)) {
        snprintf(why, why_size, "no memory for the name of the configuration");
        return false;
    }
    (void)reload_keep(control);
    return true;
}

void reload_finish(struct control *control)
{
    struct reload *reload = &control->reload;
    if (reload->reloader)
        reloader_finish(reload->reloader, &reload->read);
    reloader_release(&reload->read);
    reloader_keep_finish(reload->keeper);
    for (size_t i = 0; i < reload->former_count; i++)
        config_destroy(reload->former[i].config);
    free(reload->former);
    config_destroy(reload->taken);
}

/* ---- asked ----------------------------------------------------------------------------------- */

/* `directory`: of a dry run, NULL for the gateway's own. */
static bool begin(struct control *control, const char *directory)
{
    struct reload *reload = &control->reload;
    const struct reloader_options options = {
        .source = reload->config,
        .directory = directory,
        .start = reload->start,
        .before = control->lab,
        .digest = reload->digest,
        .zone = &control->calendar.zone,
        .wake = control->wake_reloader,
    };
    reload->reloader = reloader_start(&options);
    if (reload->reloader)
        reload->stage = RELOAD_READING;
    return reload->reloader;
}

void reload_signal(struct control *control)
{
    struct reload *reload = &control->reload;
    if (!control->working || control->stopping)
        return;
    journal_write(control->journal, JOURNAL_NOTICE, "reading the configuration again, on a signal");
    reload->again = true;
}

void requests_reload(struct control *control, const struct caller *caller, const struct request *request)
{
    struct reload *reload = &control->reload;
    if (reload->stage != RELOAD_IDLE || control->stopping || !control->working) {
        respond_refuse(control, &caller->origin, "busy", "reloading: the gateway %s; try again in a moment",
                       control->stopping ? "stops" : "is reloading already, or just starting");
        return;
    }
    const char *directory = request->reload.directory;
    if (directory[0] && (!request->reload.dry_run || directory[0] != '/')) {
        respond_refuse(
            control, &caller->origin, "bad-value",
            "reloading: another directory is only looked at, in a dry run, and named from the root");
        return;
    }
    uint64_t id = requests_wait(control, caller, request);
    if (!id)
        return;
    reload->request = id;
    reload->account = caller->identity.account;
    reload->dry = request->reload.dry_run;
    if (begin(control, directory[0] ? directory : NULL))
        return;
    reload->request = 0;
    pending_remove(control->pending, id);
    respond_refuse(control, &caller->origin, "busy", "reloading: no memory, or no thread; try again");
}

/* ---- told ------------------------------------------------------------------------------------ */

static const char *state_of(const struct control_rig *rig)
{
    if (rig->plant)
        return "a simulator: new when somebody practises";
    switch (rig_condition(rig->core)) {
    case RIG_QUARANTINED:
        return "quarantined";
    case RIG_UNAVAILABLE:
        return "does not answer yet";
    case RIG_MAKING_SAFE:
        return "is not verified safe yet";
    default:
        return "verified safe";
    }
}

static size_t list_rigs(struct control *control, struct answer_reloaded_rig *list)
{
    const struct reload *reload = &control->reload;
    size_t count = 0;
    for (size_t i = 0; reload->stage == RELOAD_OPENING && i < control->rig_count; i++)
        if (reload->read.touched[i])
            list[count++] =
                (struct answer_reloaded_rig){control->rigs[i].config->spec.name, state_of(&control->rigs[i])};
    return count;
}

/* With a reason: nothing was taken up. */
static void answer(struct control *control, const char *reason, const char *message)
{
    struct reload *reload = &control->reload;
    struct pending *pending = pending_find(control->pending, reload->request);
    if (!pending)
        return;
    struct answer_reloaded_rig rigs[CONFIG_RIGS_MAX];
    const struct answer_reloaded answer = {
        .digest = reload->read.digest,
        .errors = reload->read.errors ? reload->read.errors : "",
        .plan = reload->read.plan ? reload->read.plan : "",
        .restart = reload->read.restart,
        .same = reload->read.same,
        .taken = reload->stage == RELOAD_OPENING,
        .rigs = rigs,
        .rig_count = list_rigs(control, rigs),
    };
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    head.ok = !reason;
    head.reason = reason;
    head.message = message;
    translate_reloaded(&buffer, &head, &answer);
    respond_send(control, &pending->origin, &buffer);
    pending_remove(control->pending, reload->request);
}

/* A line each. */
static void log_lines(struct control *control, enum journal_level level, const char *text)
{
    while (text && *text) {
        size_t length = strcspn(text, "\n");
        journal_write(control->journal, level, "%.*s", (int)length, text);
        text += length + (text[length] == '\n');
    }
}

static void end(struct control *control)
{
    struct reload *reload = &control->reload;
    reloader_release(&reload->read);
    reload->stage = RELOAD_IDLE;
    reload->request = reload->account = 0;
    reload->dry = false;
}

static void refuse(struct control *control, struct reload *reload, const char *reason, const char *message)
{
    if (!reload->dry) {
        journal_write(control->journal, JOURNAL_ERROR, "%s", message);
        if (!reload->request && reload->read.errors)
            log_lines(control, JOURNAL_ERROR, reload->read.errors);
        notes_event(control, "reload", reload->account, NULL, reason, message);
    }
    answer(control, reason, message);
    end(control);
}

/* ---- read ------------------------------------------------------------------------------------ */

static void close_rig(struct control *control, struct control_rig *rig)
{
    rig->closing = true;
    if (rig->plant) {
        practice_end(control, rig);
        return;
    }
    struct booking_event event = {
        .kind = BOOKING_EVENT_CANCEL, .cancel = {.booking = rig->booking, .by_lab = true, .changes = true}
    };
    sessions_tell_rig(control, rig); /* before its time is free: who has it next begins on what comes */
    if (rig->booking)
        sessions_handle(control, &event);
    rigs_handle(control, rig, &(struct rig_event){.kind = RIG_EVENT_SHUTDOWN});
    snprintf(rig->why, sizeof rig->why, "its configuration is being changed: it is made safe first");
}

static void begin_closing(struct control *control)
{
    struct reload *reload = &control->reload;
    size_t count = 0;
    for (size_t i = 0; i < control->rig_count; i++) {
        if (!reload->read.touched[i])
            continue;
        close_rig(control, &control->rigs[i]);
        attend(control);
        count++;
    }
    journal_write(control->journal, JOURNAL_NOTICE,
                  "taking configuration %s up: %zu rigs change and are made safe first", reload->read.digest,
                  count);
    reload->stage = RELOAD_CLOSING;
    reload->until = control->now + CLOSE_AT_MOST;
}

static void judge(struct control *control)
{
    struct reload *reload = &control->reload;
    char message[160 + RELOADER_RESTART_MAX];
    reloader_finish(reload->reloader, &reload->read);
    reload->reloader = NULL;
    const struct reloader_result *read = &reload->read;
    if (!read->config) {
        refuse(control, reload, "not-enough-memory",
               "reloading: no memory for another configuration beside the one that runs, which is kept; "
               "end what else takes memory on the gateway's machine and repeat");
    } else if (read->errors[0]) {
        refuse(control, reload, "configuration-errors",
               "reloading: the configuration has errors, and the one that runs is kept");
    } else if (reload->dry) {
        answer(control, NULL, NULL);
        end(control);
    } else if (read->whole) {
        snprintf(message, sizeof message, "reloading: nothing was taken up, because this needs a restart: %s",
                 read->restart);
        refuse(control, reload, "needs-restart", message);
    } else {
        begin_closing(control);
    }
}

/* ---- made safe, and ended -------------------------------------------------------------------- */

static bool is_made_safe(const struct control_rig *rig)
{
    return rig->plant || !rig->instruments_up || !rig_is_making_safe(rig->core);
}

static bool all_made_safe(struct control *control)
{
    const struct reload *reload = &control->reload;
    bool late = control->now >= reload->until;
    for (size_t i = 0; i < control->rig_count; i++) {
        struct control_rig *rig = &control->rigs[i];
        if (!rig->closing || rig->closed || is_made_safe(rig))
            continue;
        if (!late)
            return false;
        alerts_raise(control, rig,
                     "it could not be made safe in time before its configuration changes: the new one "
                     "begins with its own safe sequence");
    }
    return true;
}

/* True: all lines of the rigs that change have ended. */
static bool end_lines(struct control *control)
{
    bool ended = true;
    for (size_t i = 0; i < control->link_count; i++) {
        struct control_link *link = control->links[i];
        if (!link->link || !control->rigs[control->lab->links[i].instruments[0].rig].closing ||
            control->lab->links[i].practice)
            continue;
        link_stop(link->link);
        ended = ended && link_has_ended(link->link);
    }
    for (size_t i = 0; i < control->rig_count; i++) {
        struct control_rig *rig = &control->rigs[i];
        if (!rig->closing)
            continue;
        if (rig->plant && rig->plant->open)
            plant_bury(control, rig);
        ended = ended && !(rig->plant && rig->plant->open);
        rig->closed = true;
        rig->instruments_up = 0;
    }
    return ended;
}

/* What keeps numbers of the old configuration for later. */
static bool keeps_numbers(enum request_kind kind)
{
    return kind == REQUEST_PLAN_COURSE || kind == REQUEST_MAINTAIN || kind == REQUEST_REPORT ||
           kind == REQUEST_BOOK;
}

bool reload_holds(const struct control *control, enum request_kind kind)
{
    return control->reload.stage == RELOAD_CLOSING && keeps_numbers(kind);
}

static bool nothing_waits(const struct control *control)
{
    return timetable_is_settled(control->timetable) && !pending_any(control->pending, keeps_numbers);
}

static void take_up(struct control *control)
{
    struct reload *reload = &control->reload;
    char text[AUDIT_TEXT_MAX], before[FINGERPRINT_TEXT];
    snprintf(before, sizeof before, "%s", reload->digest);
    if (!reload_take(control)) {
        if (control->now >= reload->until) {
            alerts_raise(control, NULL, "there is no memory for the new configuration: it is tried again");
            reload->until = control->now + CLOSE_AT_MOST;
        }
        return;
    }
    snprintf(text, sizeof text, "configuration %s takes the place of %s%s%.250s", reload->digest, before,
             reload->read.restart[0] ? "; needs a restart: " : "", reload->read.restart);
    notes_event(control, "reload", reload->account, NULL, "", text);
    for (size_t i = 0; i < control->rig_count; i++)
        if (reload->read.touched[i])
            notes_event(control, "rig-changed", reload->account, &control->rigs[i], "", reload->digest);
    journal_write(control->journal, JOURNAL_NOTICE, "%s", text);
    if (!reload->request)
        log_lines(control, JOURNAL_NOTICE, reload->read.plan);
    reload->stage = RELOAD_OPENING;
    reload->until = control->now + OPEN_AT_MOST;
}

/* ---- begun again ----------------------------------------------------------------------------- */

static bool all_known(const struct control *control)
{
    for (size_t i = 0; i < control->rig_count; i++) {
        const struct control_rig *rig = &control->rigs[i];
        enum rig_condition condition = rig_condition(rig->core);
        if (control->reload.read.touched[i] && !rig->plant &&
            (condition == RIG_UNAVAILABLE || condition == RIG_MAKING_SAFE))
            return false;
    }
    return true;
}

static void release_former(struct control *control)
{
    struct reload *reload = &control->reload;
    size_t kept = 0;
    for (size_t i = 0; i < reload->former_count; i++) {
        struct reload_former *former = &reload->former[i];
        if (control->now - former->since >= KEPT_FOR && !reload_is_needed(control, former->config))
            config_destroy(former->config);
        else
            reload->former[kept++] = *former;
    }
    reload->former_count = kept;
}

int64_t reload_tick(struct control *control)
{
    struct reload *reload = &control->reload;
    if (control->stopping)
        return INT64_MAX;
    switch (reload->stage) {
    case RELOAD_IDLE:
        release_former(control);
        if (!reload->again)
            return reload_keep(control) ? INT64_MAX : control->now + SECOND;
        reload->again = false;
        if (!begin(control, NULL))
            journal_write(control->journal, JOURNAL_ERROR, "reloading: no memory, or no thread");
        return INT64_MAX;
    case RELOAD_READING:
        if (!reloader_is_done(reload->reloader))
            return INT64_MAX;
        judge(control);
        break;
    case RELOAD_CLOSING:
        /* While the ledger is waited for, however long, the lines go on: nobody else watches over the rigs.
         */
        if (!all_made_safe(control) || !nothing_waits(control) || !end_lines(control))
            break;
        take_up(control);
        break;
    case RELOAD_OPENING:
        if (!all_known(control) && control->now < reload->until)
            break;
        answer(control, NULL, NULL);
        end(control);
        break;
    }
    return control->now + LOOK_EVERY;
}
