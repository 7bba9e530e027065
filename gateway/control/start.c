#include "gateway/control/start.h"

#include "gateway/control/alerts.h"
#include "gateway/control/durable.h"
#include "gateway/control/health.h"
#include "gateway/control/mail.h"
#include "gateway/control/mailer.h"
#include "gateway/control/presence.h"
#include "gateway/control/privileges.h"
#include "gateway/control/proof.h"
#include "gateway/control/realtime.h"
#include "gateway/control/reload.h"
#include "gateway/control/remember.h"
#include "gateway/control/sessions.h"
#include "gateway/control/timetable_make.h"
#include "gateway/control/traces.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ARENA_SIZE 524288 /* an unpacked request takes more room than its 64 KiB of bytes */

static int64_t clock_now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

/* ---- processes and privileges: before the first thread --------------------------------------- */

/* A socket's directory that is not there yet is made for the bus's user, who alone may then put the socket
 * there. */
static bool make_ipc_directory(const struct config_lab *lab, const struct config_listener *listener,
                               char *why, size_t why_size)
{
    char directory[256];
    struct privileges_user user;
    snprintf(directory, sizeof directory, "%s", listener->url + strlen("ipc://"));
    char *slash = strrchr(directory, '/');
    if (!slash || slash == directory)
        return true;
    *slash = '\0';
    if (access(directory, F_OK) == 0)
        return true;
    return privileges_find_user(lab->bus_user, &user, why, why_size) == 0 &&
           privileges_own_directory(directory, &user, why, why_size) == 0 && chmod(directory, 0755) == 0;
}

static bool start_launcher(struct control *control, char *why, size_t why_size)
{
    const struct config_lab *lab = control->lab;
    for (size_t i = 0; i < lab->listener_count; i++)
        if (lab->listeners[i].scheme == CONFIG_IPC &&
            !make_ipc_directory(lab, &lab->listeners[i], why, why_size))
            return false;
    if (!mail_start(control, why, why_size))
        return false;
    char simulator[512];
    struct launcher_options options = {.user = lab->bus_user};
    for (size_t i = 0; i < lab->rig_count && !options.simulator; i++)
        if (lab->rigs[i].practice && practice_find_simulator(simulator, sizeof simulator))
            options.simulator = simulator;
    if (launcher_create(&options, &control->launcher, why, why_size) != 0)
        return false;
    if (why[0])
        fprintf(stderr, "labgate: %s\n", why);
    struct channel_options channel = {
        .listeners = lab->listeners, .listener_count = lab->listener_count, .launcher = control->launcher};
    /* Reads the keys, while it still may. */
    if (channel_create(&channel, &control->channel, why, why_size) != 0)
        return false;
    setrlimit(RLIMIT_MEMLOCK,
              &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY}); /* works for root only: lock_memory() */
    control->realtime = realtime_begin(lab->realtime_priority, why, why_size);
    if (why[0])
        fprintf(stderr, "labgate: %s\n", why);
    struct privileges_control wanted = {
        .user = lab->control_user, .device_group = lab->device_group, .state = lab->state};
    if (privileges_drop_control(&wanted, why, why_size) != 0)
        return false;
    if (why[0])
        fprintf(stderr, "labgate: %s\n", why);
    return true;
}

/* The path of safety must not wait for a disk to page it in. Locks what is touched, not what is reserved.
 * With a limit that reservations could run into, allocating would fail later: then rather not. */
static void lock_memory(struct control *control)
{
    struct rlimit limit;
    getrlimit(RLIMIT_MEMLOCK, &limit);
    if (limit.rlim_cur != RLIM_INFINITY || mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0)
        journal_write(
            control->journal, JOURNAL_WARNING,
            "memory is not locked (limit %llu KiB): under memory pressure the reaction times do not hold; "
            "raise LimitMEMLOCK, or start as root",
            (unsigned long long)(limit.rlim_cur / 1024));
}

static bool start_signals(struct control *control, char *why, size_t why_size)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    signal(SIGPIPE, SIG_IGN);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    int *wakes[] = {&control->wake_links, &control->wake_ledger, &control->wake_hasher,
                    &control->wake_recorder, &control->wake_reloader};
    for (size_t i = 0; i < sizeof wakes / sizeof *wakes; i++)
        *wakes[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    control->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    control->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (control->wake_reloader >= 0 && control->signals >= 0 && control->epoll >= 0)
        return true;
    snprintf(why, why_size, "making the loop's descriptors: %s", strerror(errno));
    return false;
}

/* ---- what is durable ------------------------------------------------------------------------- */

static bool start_store(struct control *control, struct ledger_contents *contents, char *why, size_t why_size)
{
    const struct config_lab *lab = control->lab;
    if (ledger_open(lab->state, control->wake_ledger, &control->ledger, contents, why, why_size) != LEDGER_OK)
        return false;
    if (crypto_open(lab->state, &control->crypto, why, why_size) != CRYPTO_OK)
        return false;
    struct recorder_options options = {.state = lab->state,
                                       .budget = lab->recording_budget,
                                       .life = lab->recording_life,
                                       .wake = control->wake_recorder};
    if (recorder_create(&options, &control->recorder, why, why_size) != RECORDER_OK)
        return false;
    control->boot = contents->boot;
    control->ledger_doubted = contents->doubted;
    if (accounts_create(control->crypto, contents, &crypto_password_interactive, &control->accounts) ==
            ACCOUNTS_OK &&
        hasher_create(&crypto_password_interactive, control->wake_hasher, &control->hasher) == HASHER_OK &&
        audit_create(control->crypto, control->ledger, (size_t)lab->audit_buffer, contents,
                     &control->audit) == AUDIT_OK)
        return true;
    snprintf(why, why_size, "no memory for accounts, audit or the hashing thread");
    return false;
}

/* ---- rigs and lines -------------------------------------------------------------------------- */

/* Of a rig whose past nobody knows: a lock-out may be missing, and whoever set it have hands in the rig. */
static void doubt(struct control *control, struct control_rig *rig, struct rig_durable *durable,
                  const char *why)
{
    durable->quarantined = true;
    snprintf(rig->why_quarantined, sizeof rig->why_quarantined,
             "%s: look at the rig and ask who works on it, then 'labctl clear %s'", why,
             rig->config->spec.name);
    alerts_raise(control, rig, "quarantine: %s", rig->why_quarantined);
}

static void recall(struct control *control, struct control_rig *rig, struct rig_durable *durable)
{
    const struct rig_spec *spec = &rig->config->spec;
    uint8_t stored[LEDGER_RIG_STATE_MAX];
    size_t length = ledger_get_rig(control->ledger, spec->name, stored, sizeof stored);
    bool known = !length || durable_decode(spec, stored, length, durable, rig->lockout_reasons);
    if (durable->quarantined)
        snprintf(rig->why_quarantined, sizeof rig->why_quarantined,
                 "it was in quarantine when the gateway started: look at the rig, then 'labctl clear %s'",
                 spec->name);
    if (!known)
        doubt(control, rig, durable, "what the ledger remembers of it cannot be read");
    else if (control->ledger_doubted)
        doubt(
            control, rig, durable,
            "the ledger came from a backup or was lost, and lock-outs, e-stops, trips and quarantines since "
            "then with it");
}

bool start_make_rig(struct control *control, struct control_rig *rig, const struct config_rig *config,
                    uint64_t epoch, const struct rig_durable *durable)
{
    rig->config = config;
    rig->spec = &config->spec;
    rig->made_of = control->lab;
    rig->core = rig_create(&config->spec, epoch, durable);
    rig->action_capacity = rig_actions_bound(&config->spec);
    rig->actions = calloc(rig->action_capacity, sizeof *rig->actions);
    rig->up = calloc(config->spec.instrument_count + 1, sizeof *rig->up);
    rig->owes_full = true;
    rig->bypass_reasons =
        calloc(config->spec.trip_count + config->spec.permissive_count + 1, sizeof *rig->bypass_reasons);
    return traces_create(rig) && rig->core && rig->actions && rig->up && rig->bypass_reasons;
}

void start_unmake_rig(struct control_rig *rig)
{
    rig_destroy(rig->core);
    traces_destroy(rig->traces);
    free(rig->actions);
    free(rig->bypass_reasons);
    free(rig->up);
    proof_finish(rig);
}

bool start_rig(struct control *control, struct control_rig *rig, const struct config_rig *config)
{
    rig->index = (uint16_t)(rig - control->rigs);
    rig->layout = control->boot << LAYOUT_BITS;
    struct rig_durable durable = {0};
    rig->config = config;
    if (!config->practice_of)
        recall(control, rig, &durable);
    rig->stream = stream_create((size_t)control->lab->history_bytes, control->lab->history);
    return start_make_rig(control, rig, config, control->boot << 32, &durable) && proof_read(control, rig) &&
           rig->stream;
}

static bool start_rigs(struct control *control, char *why, size_t why_size)
{
    const struct config_lab *lab = control->lab;
    if (control->ledger_doubted)
        alerts_raise(
            control, NULL,
            "the ledger is not the one that the gateway worked with last, and bookings and accounts may be "
            "missing: if nobody meant that, stop the gateway and bring a backup back with 'labgate restore "
            "DIR FILE'");
    control->rigs = calloc(CONFIG_RIGS_MAX, sizeof *control->rigs); /* those that a reload adds have places */
    for (size_t i = 0; control->rigs && i < lab->rig_count; i++) {
        control->rig_count = i + 1;
        struct control_rig *rig = &control->rigs[i];
        if (start_rig(control, rig, &lab->rigs[i])) {
            if (control->ledger_doubted && !rig->config->practice_of)
                remember(control, rig);
            continue;
        }
        snprintf(why, why_size, "no memory for rig %s", lab->rigs[i].spec.name);
        return false;
    }
    return control->rigs != NULL;
}

/* The link numbers the rigs on it for itself. */
static uint16_t number_rig(struct control_link *link, uint16_t rig)
{
    for (uint16_t i = 0; i < link->spec.rig_count; i++)
        if (link->rigs[i] == rig)
            return i;
    link->rigs[link->spec.rig_count] = rig;
    return (uint16_t)link->spec.rig_count++;
}

bool start_link(struct control *control, struct control_link *link, const struct config_link *config,
                uint16_t port, char *why, size_t why_size)
{
    struct link_instrument_spec *instruments = calloc(config->instrument_count, sizeof *instruments);
    link->rigs = calloc(config->instrument_count, sizeof *link->rigs);
    link->made_of = control->lab;
    link->spec = (struct link_spec){.name = config->name,
                                    .line = config->line,
                                    .instruments = instruments,
                                    .instrument_count = config->instrument_count,
                                    .longest = config->longest,
                                    .priority = config->practice ? 0 : control->realtime,
                                    .background = config->practice};
    if (port)
        link->spec.line.port = port;
    if (!instruments || !link->rigs) {
        snprintf(why, why_size, "no memory for link %s", config->name);
        return false;
    }
    for (size_t i = 0; i < config->instrument_count; i++)
        instruments[i] = (struct link_instrument_spec){
            .driver = config->instruments[i].driver,
            .instrument = config->instruments[i].instrument,
            .polls = config->instruments[i].polls,
            .decisive =
                control->lab->rigs[config->instruments[i].rig].decisive + config->instruments[i].first_point,
            .lost_after = config->instruments[i].lost_after,
            .rig = number_rig(link, config->instruments[i].rig),
        };
    struct driver_fault fault = {0};
    if (link_create(&link->spec, control->wake_links, &link->link, &fault) == LINK_OK)
        return true;
    snprintf(why, why_size, "starting link %s: %s", config->name, fault.text);
    return false;
}

bool start_links(struct control *control, char *why, size_t why_size)
{
    const struct config_lab *lab = control->lab;
    realtime_limit();
    control->links = calloc(lab->link_count + 1, sizeof *control->links);
    for (size_t i = 0; control->links && i < lab->link_count; i++) {
        control->links[i] = calloc(1, sizeof **control->links);
        if (!control->links[i]) {
            snprintf(why, why_size, "no memory for link %s", lab->links[i].name);
            return false;
        }
        control->link_count = i + 1;
        if (!lab->links[i].practice &&
            !start_link(control, control->links[i], &lab->links[i], 0, why, why_size))
            return false;
    }
    return control->links != NULL;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static bool start_memory(struct control *control, char *why, size_t why_size)
{
    size_t actions = timetable_actions_bound(CONFIG_RIGS_MAX);
    control->arena = arena_create(ARENA_SIZE);
    control->urgent_arena = arena_create(ARENA_SIZE);
    control->pending = pending_create(PENDING_MAX);
    control->request_bytes = malloc(ENVELOPE_PAYLOAD_MAX);
    control->answer_bytes = malloc(ENVELOPE_ANSWER_MAX);
    control->value_bytes = malloc(ENVELOPE_ANSWER_MAX);
    control->booking_actions = (struct booking_actions){
        .list = calloc(actions, sizeof *control->booking_actions.list), .capacity = actions};
    control->booking_failed = calloc(actions, sizeof *control->booking_failed);
    if (control->arena && control->urgent_arena && control->pending && control->request_bytes &&
        control->answer_bytes && control->value_bytes && control->booking_actions.list &&
        control->booking_failed)
        return true;
    snprintf(why, why_size, "no memory for requests and answers");
    return false;
}

static bool start_local(struct control *control, char *why, size_t why_size)
{
    char path[256];
    snprintf(path, sizeof path, "%s/control.sock", control->lab->state);
    return local_create(path, &control->local, why, why_size) == 0;
}

/* As they are found from anywhere. */
static void resolve(const char *path, const char *name, char *text, size_t size)
{
    char *whole = realpath(path, NULL);
    snprintf(text, size, "%s%s", whole ? whole : path, name);
    free(whole);
}

static void find_places(struct control *control, const struct config *config)
{
    struct running *running = &control->running;
    running->since = control->wall;
    resolve(config_directory(config), "", running->directory, sizeof running->directory);
    resolve(control->lab->state, "/control.sock", running->socket, sizeof running->socket);
}

bool start_all(struct control *control, const struct config *config, char *why, size_t why_size)
{
    *control = (struct control){
        .lab = config_lab(config),
        .reload = {.config = config, .start = config_lab(config)},
        .recording = true
    };
    why[0] = '\0';
    if (!start_launcher(control, why, why_size) || !start_signals(control, why, why_size))
        return false;
    control->started = control->now = clock_now(CLOCK_MONOTONIC);
    control->wall = clock_now(CLOCK_REALTIME) / 1000000;
    control->journal = journal_create(STDERR_FILENO);
    if (!control->journal) {
        snprintf(why, why_size, "no memory for the journal");
        return false;
    }
    lock_memory(control);
    struct ledger_contents contents = {0};
    bool made = start_store(control, &contents, why, why_size) && start_rigs(control, why, why_size) &&
                practice_start(control) && (control->health = health_make(control->lab, 0)) &&
                start_memory(control, why, why_size) && sessions_load(control, &contents, why, why_size) &&
                start_local(control, why, why_size);
    if (made) {
        find_places(control, config);
        presence_load(control);
        made = reload_start(control, why, why_size);
    }
    ledger_free_contents(&contents);
    return made;
}

static void undo_rigs(struct control *control)
{
    for (size_t i = 0; i < control->rig_count; i++) {
        start_unmake_rig(&control->rigs[i]);
        stream_destroy(control->rigs[i].stream);
        free(control->rigs[i].plant);
    }
    free(control->rigs);
}

void start_forget_link(struct control_link *link)
{
    free((void *)(uintptr_t)link->spec.instruments);
    free(link->rigs);
    *link = (struct control_link){0};
}

static void undo_links(struct control *control)
{
    for (size_t i = 0; i < control->link_count; i++) {
        link_destroy(control->links[i]->link);
        start_forget_link(control->links[i]);
        free(control->links[i]);
    }
    free(control->links);
}

void start_undo(struct control *control)
{
    reload_finish(control);
    undo_links(control);
    health_free(control->health);
    channel_destroy(control->channel);
    local_destroy(control->local);
    hasher_destroy(control->hasher);
    recorder_destroy(control->recorder);
    ledger_close(control->ledger);
    audit_destroy(control->audit);
    accounts_destroy(control->accounts);
    free(control->standings.list);
    free(control->notices.list);
    unsent_finish(&control->notices.unsent);
    free(control->feeds.list);
    timetable_unmake(control);
    undo_rigs(control);
    crypto_close(control->crypto);
    launcher_destroy(control->launcher);
    mailer_destroy(control->mailer);
    pending_destroy(control->pending);
    arena_destroy(control->arena);
    arena_destroy(control->urgent_arena);
    free(control->request_bytes);
    free(control->answer_bytes);
    free(control->value_bytes);
    free(control->booking_actions.list);
    free(control->booking_failed);
    int fds[] = {control->epoll,       control->signals,       control->wake_links,   control->wake_ledger,
                 control->wake_hasher, control->wake_recorder, control->wake_reloader};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] > 0)
            close(fds[i]);
    journal_destroy(control->journal);
}
