#include "gateway/control/practice.h"

#include "gateway/control/notes.h"
#include "gateway/control/plant.h"
#include "gateway/control/requests.h"
#include "gateway/control/respond.h"
#include "gateway/control/rigs.h"
#include "gateway/control/standings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECOND        INT64_C(1000000000)
#define LOOK_EVERY    SECOND
#define ABSENT_AFTER  (90 * SECOND) /* who has not been heard for so long practises no more */
#define WAITS_UNHEARD (30 * SECOND) /* who waits asks again every few seconds */
#define ANSWERS_AFTER (5 * SECOND)
/* Sessions of practice are numbered apart from the timetable's, which the ledger counts. */
#define SESSION_BASE (UINT64_C(1) << 52)

bool practice_start(struct control *control)
{
    for (size_t i = 0; i < control->rig_count; i++) {
        struct control_rig *rig = &control->rigs[i];
        if (rig->config->practice_of && !(rig->plant = calloc(1, sizeof *rig->plant)))
            return false;
    }
    return true;
}

bool practice_find_simulator(char *path, size_t size)
{
    ssize_t length = readlink("/proc/self/exe", path, size - 1);
    if (length < 0)
        return false;
    path[length] = '\0';
    char *slash = strrchr(path, '/');
    size_t room = slash ? size - (size_t)(slash + 1 - path) : 0;
    return room > strlen("labsim") && snprintf(slash + 1, room, "labsim") > 0;
}

bool practice_is_parked(const struct control_rig *rig)
{
    return rig->plant && !rig->plant->open;
}

bool practice_holds(const struct control_rig *rig, uint64_t account, uint64_t session)
{
    return rig->plant && account && rig->plant->account == account && rig->plant->session == session;
}

/* ---- sessions -------------------------------------------------------------------------------- */

static bool is_of(const struct control_rig *simulated, const struct control_rig *real)
{
    return simulated->config->practice_of == real->config;
}

static struct control_rig *plant_of(struct control *control, uint64_t account)
{
    for (size_t i = 0; i < control->rig_count; i++)
        if (control->rigs[i].plant && control->rigs[i].plant->account == account)
            return &control->rigs[i];
    return NULL;
}

static struct control_rig *free_plant(struct control *control, const struct control_rig *real)
{
    for (size_t i = 0; i < control->rig_count; i++) {
        struct control_rig *rig = &control->rigs[i];
        if (rig->plant && is_of(rig, real) && !rig->plant->account && !rig->plant->open && !rig->closing)
            return rig;
    }
    return NULL;
}

void practice_count(const struct control *control, const struct control_rig *rig, size_t *available,
                    size_t *waiting)
{
    *available = *waiting = 0;
    for (size_t i = 0; i < control->rig_count; i++)
        if (control->rigs[i].plant && is_of(&control->rigs[i], rig))
            *available += !control->rigs[i].plant->account;
    for (size_t i = 0; i < control->practice.waiting_count; i++)
        *waiting += control->practice.waiting[i].rig == rig->index;
}

static void tell_audit(struct control *control, const struct control_rig *rig, uint64_t account,
                       const char *what)
{
    char text[120];
    snprintf(text, sizeof text, "%s on %.60s", what, rig->config->spec.name);
    notes_event(control, "practice", account, NULL, "", text);
}

/* False: it could not be started; staff know. */
static bool begin(struct control *control, struct control_rig *rig, uint64_t account)
{
    struct plant *plant = rig->plant;
    int64_t length = rig->config->practice_of->practice->longest;
    if (!plant_open(control, rig))
        return false;
    plant->account = account;
    plant->rehearsed = false;
    plant->session = SESSION_BASE + (control->boot << 20) + ++control->practice.sessions;
    plant->heard = control->now;
    plant->ends = control->now + length * 1000000;
    plant->answers_by = control->now + ANSWERS_AFTER;
    rig->ends_wall = control->wall + length;
    struct recorder_session session = {
        .session = plant->session,
        .rig = rig->config->spec.name,
        .account = account,
        .spec = rig->spec,
        .starts = control->wall,
        .ends = rig->ends_wall,
        .wall = control->wall,
        .monotonic = control->now,
    };
    (void)recorder_begin(control->recorder,
                         &session); /* without, its pictures are not kept: no more than that */
    rigs_handle(control, rig,
                &(struct rig_event){
                    .kind = RIG_EVENT_SESSION_BEGIN,
                    .session_begin = {.session = plant->session, .ends = plant->ends, .student = true},
    });
    tell_audit(control, rig, account, "began");
    return true;
}

static void end(struct control *control, struct control_rig *rig)
{
    struct plant *plant = rig->plant;
    const char *capability = rig->config->practice_of->practice->capability;
    rigs_handle(control, rig, &(struct rig_event){.kind = RIG_EVENT_SESSION_END});
    recorder_end(control->recorder, plant->session, control->wall);
    plant_close(control, rig);
    if (plant->rehearsed && capability[0])
        standings_rehearse(control, plant->account, capability);
    tell_audit(control, rig, plant->account, plant->rehearsed ? "ended, rehearsed" : "ended");
    plant->account = 0;
}

void practice_record(struct control_rig *rig, const struct rig_action *record)
{
    if (rig->plant && record->record == RIG_RECORD_CONFIRMED && record->account == rig->plant->account)
        rig->plant->rehearsed = true;
}

/* ---- the queue ------------------------------------------------------------------------------- */

static size_t find_waiting(const struct practice *practice, uint64_t account)
{
    size_t i = 0;
    while (i < practice->waiting_count && practice->waiting[i].account != account)
        i++;
    return i;
}

static void stop_waiting(struct practice *practice, size_t at)
{
    if (at < practice->waiting_count)
        memmove(&practice->waiting[at], &practice->waiting[at + 1],
                (--practice->waiting_count - at) * sizeof practice->waiting[0]);
}

static size_t place_of(const struct practice *practice, size_t at)
{
    size_t place = 1;
    for (size_t i = 0; i < at; i++)
        place += practice->waiting[i].rig == practice->waiting[at].rig;
    return place;
}

static void serve(struct control *control)
{
    struct practice *practice = &control->practice;
    for (size_t i = 0; i < practice->waiting_count;) {
        const struct practice_ticket *ticket = &practice->waiting[i];
        struct control_rig *rig =
            place_of(practice, i) == 1 ? free_plant(control, &control->rigs[ticket->rig]) : NULL;
        if (control->now - ticket->heard > WAITS_UNHEARD || (rig && begin(control, rig, ticket->account)))
            stop_waiting(practice, i);
        else
            i++;
    }
}

/* ---- what is due ----------------------------------------------------------------------------- */

static int64_t heard_at(const struct control_rig *rig)
{
    size_t count;
    const struct rig_seat *seats = rig_seats(rig->core, &count);
    int64_t heard = rig->plant->heard;
    for (size_t i = 0; i < count; i++)
        if (seats[i].account == rig->plant->account && seats[i].heard > heard)
            heard = seats[i].heard;
    return heard;
}

static void tend(struct control *control, struct control_rig *rig)
{
    struct plant *plant = rig->plant;
    if (!plant->account) {
        plant_bury(control, rig);
        return;
    }
    if (control->now >= plant->ends || control->now - heard_at(rig) > ABSENT_AFTER ||
        !rig_session(rig->core)) {
        end(control, rig);
        return;
    }
    if (rig->instruments_up == rig->config->spec.instrument_count)
        plant->answers_by = control->now + ANSWERS_AFTER;
    else if (control->now >= plant->answers_by) /* with the plant as it was left to itself: new */
        end(control, rig);
}

int64_t practice_tick(struct control *control)
{
    bool busy = control->practice.waiting_count > 0;
    if (control->now < control->practice_due)
        return control->practice_due;
    for (size_t i = 0; i < control->rig_count; i++) {
        struct control_rig *rig = &control->rigs[i];
        if (!rig->plant || !rig->plant->open)
            continue;
        tend(control, rig);
        busy = true;
    }
    serve(control);
    control->practice_due = busy ? control->now + LOOK_EVERY : INT64_MAX;
    return control->practice_due;
}

void practice_end(struct control *control, struct control_rig *rig)
{
    if (rig->plant->account)
        end(control, rig);
    control->practice_due = control->now;
}

void practice_stop(struct control *control)
{
    control->practice.waiting_count = 0;
    for (size_t i = 0; i < control->rig_count; i++)
        if (control->rigs[i].plant && control->rigs[i].plant->account)
            end(control, &control->rigs[i]);
}

/* ---- asked ----------------------------------------------------------------------------------- */

static void answer_state(struct control *control, const struct caller *caller, const struct control_rig *real,
                         const struct control_rig *rig)
{
    const struct practice *practice = &control->practice;
    size_t at = find_waiting(practice, caller->identity.account), available, waiting;
    practice_count(control, real, &available, &waiting);
    struct answer_practice answer = {
        .rig = rig ? rig->config->spec.name : "",
        .ends = rig ? rig->ends_wall : 0,
        .place = !rig && at < practice->waiting_count ? (uint32_t)place_of(practice, at) : 0,
        .waiting = (uint32_t)waiting,
        .available = (uint32_t)available,
        .at_most = (uint32_t)real->config->practice->at_most,
    };
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    translate_practice(&buffer, &head, &answer);
    respond_send(control, &caller->origin, &buffer);
}

static void leave(struct control *control, const struct caller *caller, const struct control_rig *real,
                  struct control_rig *rig)
{
    stop_waiting(&control->practice, find_waiting(&control->practice, caller->identity.account));
    if (rig)
        end(control, rig);
    control->practice_due = control->now;
    answer_state(control, caller, real, NULL);
}

/* Whom the queue lets pass gets one now. */
static void ask_for_one(struct control *control, const struct caller *caller, const struct control_rig *real)
{
    struct practice *practice = &control->practice;
    uint64_t account = caller->identity.account;
    size_t at = find_waiting(practice, account);
    if (at < practice->waiting_count && practice->waiting[at].rig != real->index)
        stop_waiting(practice, at); /* waits for this one now, from the end of the queue */
    at = find_waiting(practice, account);
    if (at == practice->waiting_count) {
        if (at == PRACTICE_WAITING_MAX) {
            respond_refuse(control, &caller->origin, "busy",
                           "practising: too many wait already; try again later");
            return;
        }
        practice->waiting[practice->waiting_count++].account = account;
        practice->waiting[at].rig = real->index;
    }
    practice->waiting[at].heard = control->now;
    serve(control);
    control->practice_due = control->now;
    answer_state(control, caller, real, plant_of(control, account));
}

void requests_practice(struct control *control, const struct caller *caller, const struct request *request)
{
    const struct config_rig *config = caller->rig->config;
    const struct control_rig *real =
        config->practice_of ? &control->rigs[config->practice_of - control->lab->rigs] : caller->rig;
    if (caller->is_operator || !real->config->practice) {
        respond_refuse(control, &caller->origin, caller->is_operator ? "not-allowed" : "no-practice",
                       caller->is_operator ? "practising: log in with an account"
                                           : "practising: this rig has no simulators");
        return;
    }
    struct control_rig *rig = plant_of(control, caller->identity.account);
    if (request->practice.leave) {
        leave(control, caller, real, rig);
    } else if (rig && !is_of(rig, real)) {
        respond_refuse(control, &caller->origin, "practises-already",
                       "practising: you practise on %s already; leave that first", rig->config->spec.name);
    } else if (rig) {
        rig->plant->heard = control->now;
        answer_state(control, caller, real, rig);
    } else {
        ask_for_one(control, caller, real);
    }
}
