/* The control process's loop. One turn: events of the lines first, then what strangers ask, then what threads
 * have finished, then what is due; then the changes go out, and it sleeps until something happens or is due.
 */
#include "gateway/control/control.h"

#include "gateway/control/alerts.h"
#include "gateway/control/attend.h"
#include "gateway/control/captures.h"
#include "gateway/control/health.h"
#include "gateway/control/mail.h"
#include "gateway/control/mailer.h"
#include "gateway/control/no_room.h"
#include "gateway/control/notes.h"
#include "gateway/control/notices.h"
#include "gateway/control/presence.h"
#include "gateway/control/realtime.h"
#include "gateway/control/refusals.h"
#include "gateway/control/remember.h"
#include "gateway/control/requests.h"
#include "gateway/control/rigs.h"
#include "gateway/control/sessions.h"
#include "gateway/control/standings.h"
#include "gateway/control/start.h"
#include "gateway/control/traces.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define SECOND         INT64_C(1000000000)
#define STOP_AT_MOST   (15 * SECOND)
#define BUS_AT_MOST    (4 * SECOND) /* from the start; the lines do not wait longer for the bus to serve */
#define NO_TIME        (SECOND / 50000) /* what a wait takes that was none */
#define FINISH_AT_MOST (3 * SECOND)
#define FORGET_AFTER   (40 * INT64_C(86400000)) /* ms */

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* What a turn of the loop reads only when there is something: each would cost a system call or more. */
enum source { BY_WAKE = 0, SIGNALS = 1, CHANNEL = 2, LOCAL = 4, MAIL = 8 };

/* What threads have finished is found without reading: their eventfds only wake the loop. They are never read
 * either; each write is an edge. */
static bool watch(struct control *control, int fd, enum source source)
{
    struct epoll_event event = {.events = EPOLLIN | (source == BY_WAKE ? EPOLLET : 0u), .data.u32 = source};
    return epoll_ctl(control->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* ---- the bus --------------------------------------------------------------------------------- */

/* The first one: "wss://host:8443/bus" is the page "https://host:8443". */
static void remember_page(struct control *control, const char *url, int size)
{
    bool tls = size > 6 && !strncmp(url, "wss://", 6);
    if (control->page[0] || (!tls && (size <= 5 || strncmp(url, "ws://", 5) != 0)))
        return;
    const char *host = url + (tls ? 6 : 5), *end = memchr(host, '/', (size_t)(url + size - host));
    snprintf(control->page, sizeof control->page, "%s://%.*s", tls ? "https" : "http",
             (int)((end ? end : url + size) - host), host);
}

static void log_addresses(struct control *control, const uint8_t *payload, size_t length)
{
    const char *at = (const char *)payload, *end = at + length;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        int size = (int)((stop ? stop : end) - at);
        remember_page(control, at, size);
        if (size)
            journal_write(control->journal, JOURNAL_NOTICE, "serving %.*s", size, at);
        at += size + 1;
    }
}

static void begin_stop(struct control *control)
{
    if (control->stopping)
        return;
    control->stopping = true;
    control->stop_by = control->now + STOP_AT_MOST;
    if (!control->working)
        return;
    journal_write(control->journal, JOURNAL_NOTICE, "stopping: making every rig safe first");
    practice_stop(control);
    for (size_t i = 0; i < control->rig_count; i++)
        rigs_handle(control, &control->rigs[i], &(struct rig_event){.kind = RIG_EVENT_SHUTDOWN});
}

static void give_up(struct control *control)
{
    control->failed = true;
    begin_stop(control);
}

/* Where it has left the rigs; false: one of them is not known to be safe. */
static bool report_stop(struct control *control)
{
    char unsafe[256];
    size_t at = 0, count = 0;
    for (const struct control_rig *rig = NULL; (rig = rigs_next_unsafe(control, rig)) != NULL; count++)
        if (at < sizeof unsafe)
            at += (size_t)snprintf(unsafe + at, sizeof unsafe - at, "%s%s",
                                   count ? ", " : "not verified safe: ", rig->config->spec.name);
    const char *how = !control->working ? "no rig was touched"
                      : !count          ? "every rig is safe or out of reach"
                                        : unsafe;
    notes_event(control, "end", 0, NULL, "", how);
    journal_write(control->journal, count ? JOURNAL_ALERT : JOURNAL_NOTICE, "stopped: %s%s", how,
                  count ? "; look at what stands there before anybody touches it" : "");
    return !count;
}

static void begin_work(struct control *control)
{
    char why[256] = "watching the local socket failed";
    if (control->working || control->stopping)
        return;
    control->working =
        start_links(control, why, sizeof why) && watch(control, local_fd(control->local), LOCAL);
    if (control->working)
        return;
    journal_write(control->journal, JOURNAL_ERROR, "%s", why);
    give_up(control);
}

static void take_envelope(struct control *control, const struct envelope *envelope, const uint8_t *payload)
{
    switch ((enum envelope_kind)envelope->kind) {
    case ENVELOPE_READY:
        control->page[0] = '\0';
        log_addresses(control, payload, envelope->length);
        control->served = true;
        rigs_forget_watchers(control);
        traces_forget_watchers(control);
        begin_work(control);
        break;
    case ENVELOPE_REQUEST:
    case ENVELOPE_WATCH:
        requests_take_envelope(control, envelope, payload);
        break;
    case ENVELOPE_UNWATCHED:
        rigs_unwatched(control, envelope->stream, envelope->frame);
        traces_unwatched(control, envelope->stream, envelope->frame);
        break;
    case ENVELOPE_SPECTATORS:
        rigs_spectators(control, envelope->stream, envelope->frame);
        break;
    case ENVELOPE_LOST:
        journal_write(control->journal, JOURNAL_WARNING, "the bus process ended and is started again: %.*s",
                      (int)envelope->length, (const char *)payload);
        break;
    case ENVELOPE_FAILED:
        journal_write(control->journal, JOURNAL_ERROR, "%.*s", (int)envelope->length, (const char *)payload);
        if (!control->served || !envelope->generation)
            give_up(control);
        break;
    default:
        break;
    }
}

static void take_requests(struct control *control)
{
    struct envelope envelope;
    const uint8_t *payload;
    int64_t until = control->now + ATTEND_REQUESTS_TIME;
    for (int i = 0; i < ATTEND_REQUESTS && control->now < until; i++) {
        if (channel_receive(control->channel, control->now, &envelope, &payload) != 1)
            break;
        take_envelope(control, &envelope, payload);
        attend_tell_time(control);
    }
}

static void take_local(struct control *control)
{
    static const uint8_t nowhere[16];
    struct origin origin;
    size_t length;
    int64_t until = control->now + ATTEND_REQUESTS_TIME;
    for (int i = 0; i < ATTEND_REQUESTS && control->now < until; i++) {
        length = local_receive(control->local, control->request_bytes, ENVELOPE_PAYLOAD_MAX, &origin);
        if (!length)
            break;
        requests_take(control, &origin, nowhere, true, control->request_bytes, length);
        attend_tell_time(control);
    }
}

/* ---- what threads have finished -------------------------------------------------------------- */

static void logout_stored(struct control *control, const struct ledger_event *event)
{
    if (event->result != LEDGER_OK)
        alerts_raise(control, NULL, "the ledger could not store a logout: %s", event->why);
    else if (event->account.id)
        accounts_stored(control->accounts, &event->account);
}

static void take_job(struct control *control, const struct ledger_event *event)
{
    static const struct {
        uint64_t mark;
        void (*stored)(struct control *control, const struct ledger_event *event);
    } table[] = {
        {LEDGER_FOR_BOOKING,   sessions_stored           },
        {LEDGER_FOR_RIG,       remember_stored           },
        {LEDGER_FOR_NOTICE,    notices_stored            },
        {LEDGER_FOR_TICKET,    sessions_ticket_stored    },
        {LEDGER_FOR_SEEN,      notices_forgotten         },
        {LEDGER_FOR_REHEARSAL, standings_rehearsal_stored},
        {LEDGER_FOR_NO_ROOM,   no_room_stored            },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (event->request & table[i].mark) {
            table[i].stored(control, event);
            return;
        }
    (event->request ? requests_stored : logout_stored)(control, event);
}

static void take_ledger(struct control *control)
{
    struct ledger_event event;
    while (ledger_next_event(control->ledger, &event)) {
        if (event.kind == LEDGER_EVENT_AUDIT)
            audit_stored(control->audit, &event, control->now);
        else
            take_job(control, &event);
        free(event.accounts);
        free(event.standings);
        free(event.rows);
        free(event.no_room);
        free(event.notices);
        free(event.bytes);
    }
}

static void take_recorder(struct control *control)
{
    struct recorder_event event;
    while (recorder_next_event(control->recorder, &event)) {
        switch (event.kind) {
        case RECORDER_EVENT_LIST:
        case RECORDER_EVENT_PART:
            requests_recorded(control, &event);
            break;
        case RECORDER_EVENT_CAPTURE:
            captures_named(control, &event);
            break;
        case RECORDER_EVENT_CAPTURED:
            captures_stored(control, &event);
            break;
        case RECORDER_EVENT_SPACE:
            break;
        case RECORDER_EVENT_TROUBLE:
            alerts_raise(control, NULL, "a recording has a gap: %s", event.why);
            break;
        case RECORDER_EVENT_WORKS:
            journal_write(control->journal, JOURNAL_NOTICE, "recordings are written again");
            break;
        case RECORDER_EVENT_DELETED:
            notes_event(control, "recording-deleted", 0, NULL, "", event.why);
            break;
        }
        free(event.files);
        free(event.bytes);
    }
    captures_move(control);
}

static void take_hasher(struct control *control)
{
    struct hasher_done done;
    while (hasher_next(control->hasher, &done))
        requests_hashed(control, &done);
}

/* ---- what is due ----------------------------------------------------------------------------- */

static void doubt_clock(struct control *control)
{
    bool doubted = !timetable_clock_plausible(control->timetable, control->wall);
    if (doubted == control->clock_doubted)
        return;
    control->clock_doubted = doubted;
    if (doubted)
        alerts_raise(
            control, NULL,
            "the clock is earlier than the newest record: nothing is booked and no session starts until it "
            "has caught up; set it, or if it is right: labctl clock vouch");
    else
        journal_write(control->journal, JOURNAL_NOTICE, "the clock is plausible again");
}

static int64_t housekeep(struct control *control)
{
    doubt_clock(control);
    if (control->now >= control->next_head) {
        char head[AUDIT_HEAD_MAX];
        audit_head(control->audit, control->wall, head);
        journal_write(control->journal, JOURNAL_INFO, "%s", head);
        control->next_head = control->now + 60 * SECOND;
    }
    if (control->now >= control->next_retention) {
        if (timetable_clock_plausible(control->timetable, control->wall))
            recorder_retain(control->recorder, control->wall);
        timetable_forget(control->timetable, control->wall - FORGET_AFTER);
        proof_tend(control);
        control->next_retention = control->now + 3600 * SECOND;
    }
    return least(control->next_head, control->next_retention);
}

static void take_signals(struct control *control)
{
    struct signalfd_siginfo signal;
    while (read(control->signals, &signal, sizeof signal) == (ssize_t)sizeof signal)
        if (signal.ssi_signo == SIGHUP)
            reload_signal(control);
        else
            begin_stop(control);
}

static void sleep_until(struct control *control, int64_t deadline)
{
    attend_tell_time(control);
    turn_rest(&control->turn, control->now);
    int64_t before = control->now;
    int64_t left = deadline > before ? deadline - before : 0;
    struct timespec wait = {.tv_sec = left / SECOND, .tv_nsec = left % SECOND};
    struct epoll_event events[16];
    int count = epoll_pwait2(control->epoll, events, sizeof events / sizeof *events,
                             deadline == INT64_MAX ? NULL : &wait, NULL);
    attend_tell_time(control);
    if (control->now - before > NO_TIME)
        control->rested = control->now;
    else if (control->realtime)
        realtime_rest(&control->rested, control->now);
    for (int i = 0; i < count; i++)
        control->ready |= events[i].data.u32;
}

static bool is_ready(struct control *control, enum source source)
{
    bool ready = control->ready & source;
    control->ready &= ~(unsigned)source;
    return ready;
}

static void take_ready(struct control *control)
{
    if (is_ready(control, SIGNALS))
        take_signals(control);
    if (is_ready(control, CHANNEL))
        take_requests(control);
    if (is_ready(control, LOCAL))
        take_local(control);
    if (is_ready(control, MAIL))
        mail_take_reports(control);
}

static int64_t tend_channel(struct control *control)
{
    int64_t next = channel_tend(control->channel, control->now);
    if (next <= control->now)
        control->ready |= CHANNEL;
    return next;
}

/* A bus that cannot serve ends the gateway before it touches a rig. One that only takes its time must not
 * keep rigs from being made safe (promises S2 and S9). */
static void wait_for_bus(struct control *control)
{
    attend_tell_time(control);
    take_ready(control);
    if (control->working || control->stopping)
        return;
    int64_t until = control->started + BUS_AT_MOST;
    if (control->now < until) {
        sleep_until(control, least(until, tend_channel(control)));
        return;
    }
    journal_write(control->journal, JOURNAL_WARNING,
                  "the bus does not serve yet: the lines begin without it");
    begin_work(control);
}

static void work(struct control *control)
{
    turn_look(&control->turn, control->now);
    bool more = rigs_take_reports(control);
    take_ready(control);
    take_hasher(control);
    take_ledger(control);
    take_recorder(control);
    attend_tell_time(control);
    int64_t next = more ? 0 : INT64_MAX;
    next = least(next, rigs_look(control));
    next = least(next, rigs_tick(control));
    next = least(next, health_tick(control));
    next = least(next, presence_tick(control));
    next = least(next, sessions_tick(control));
    next = least(next, alerts_tick(control));
    next = least(next, refusals_tick(control));
    next = least(next, notices_tick(control));
    next = least(next, no_room_send(control));
    next = least(next, practice_tick(control));
    next = least(next, reload_tick(control));
    notes_tend(control);
    next = least(next, rigs_publish(control));
    next = least(next, traces_tick(control));
    if (!control->failed)
        next = least(next, tend_channel(control));
    next = least(next, housekeep(control));
    next = least(next, audit_gather(control->audit, control->now));
    if (control->stopping)
        next = least(next, control->stop_by);
    sleep_until(control, next);
}

static bool watch_all(struct control *control)
{
    control->ready = SIGNALS | CHANNEL; /* the channel has a bus to start */
    return watch(control, control->wake_links, BY_WAKE) && watch(control, control->wake_ledger, BY_WAKE) &&
           watch(control, control->wake_hasher, BY_WAKE) && watch(control, control->wake_recorder, BY_WAKE) &&
           watch(control, control->wake_reloader, BY_WAKE) &&
           (!control->mailer || watch(control, mailer_fd(control->mailer), MAIL)) &&
           watch(control, control->signals, SIGNALS) && watch(control, channel_fd(control->channel), CHANNEL);
}

/* With it whoever keeps the published heads checks them without the gateway (docs/ledger.md). */
static void publish_key(struct control *control)
{
    uint8_t key[CRYPTO_PUBLIC_SIZE];
    char text[2 * CRYPTO_PUBLIC_SIZE];
    crypto_public_key(control->crypto, key);
    crypto_encode(key, sizeof key, text, sizeof text);
    journal_write(control->journal, JOURNAL_INFO, "labgate-audit-key 1 %s", text);
}

/* The audit takes one batch at a time, and the others a few: what is behind must not be lost by stopping. */
static void finish_storing(struct control *control)
{
    int64_t until = control->now + FINISH_AT_MOST;
    while ((audit_waiting(control->audit) || notices_unstored(control) || no_room_unstored(control)) &&
           control->now < until) {
        audit_submit(control->audit, control->now);
        notices_send(control);
        no_room_send(control);
        sleep_until(control, control->now + SECOND / 50);
        take_ledger(control);
    }
    if (notices_unstored(control))
        journal_write(control->journal, JOURNAL_ERROR,
                      "%zu notices are lost: the ledger did not store them in %d s; the bookings show what "
                      "became of them",
                      notices_unstored(control), (int)(FINISH_AT_MOST / SECOND));
}

int control_run(const struct config *config)
{
    struct control *control = malloc(sizeof *control);
    char why[512] = "no memory";
    if (!control) {
        fprintf(stderr, "labgate: %s\n", why);
        return 1;
    }
    int status = 1;
    if (!start_all(control, config, why, sizeof why)) {
        fprintf(stderr, "labgate: %s\n", why);
    } else if (!watch_all(control)) {
        fprintf(stderr, "labgate: watching descriptors: %s\n", strerror(errno));
    } else {
        notes_event(control, "start", 0, NULL, "", LABGATE_VERSION);
        publish_key(control);
        while (!control->working && !control->stopping)
            wait_for_bus(control);
        while (!control->stopping || (!rigs_all_settled(control) && control->now < control->stop_by))
            work(control);
        refusals_finish(control);
        bool safe = report_stop(control);
        finish_storing(control);
        status = control->failed || !safe;
    }
    start_undo(control);
    free(control);
    return status;
}
