#include "gateway/control/requests.h"

#include "gateway/config/suggest.h"
#include "gateway/control/presence.h"
#include "gateway/control/refusals.h"
#include "gateway/control/request_value.h"
#include "gateway/control/respond.h"
#include "gateway/control/rigs.h"
#include "gateway/control/sessions.h"

#include <string.h>

/* What a request asks of its caller, checked before its handler sees it. */
enum need {
    NEED_NOTHING = 0,
    NEED_TOKEN = 1 << 0,   /* an account, or the operator on the local socket */
    NEED_OR_CODE = 1 << 1, /* a spectator's token will do */
    NEED_RIG = 1 << 2,     /* names a rig that exists, or has a seat on one */
    NEED_SEAT = 1 << 3,    /* a seat that is the account's */
    NEED_TECHNICIAN = 1 << 4,
    NEED_LOCAL = 1 << 5,   /* the gateway's own socket */
    NEED_OR_LATE = 1 << 6, /* from a seat, a token that has expired, or is of an older password, will do: it
                              only makes safer */
    NEED_OR_KEY = 1 << 7,  /* a feed's key in the request will do, whoever sends it */
    NEED_TECHNICIAN_HERE = NEED_TOKEN | NEED_RIG | NEED_TECHNICIAN | NEED_LOCAL,
};

struct row {
    const char *name;
    request_handler *handle;
    unsigned needs;
};

static const struct row rows[REQUEST_KINDS] = {
    [REQUEST_LOGIN] = {"login",           requests_login,           NEED_NOTHING                           },
    [REQUEST_LOGOUT] = {"logout",          requests_logout,          NEED_TOKEN | NEED_OR_CODE              },
    [REQUEST_CHANGE_PASSWORD] = {"change-password", requests_change_password, NEED_TOKEN                             },
    [REQUEST_RIGS] = {"rigs",            requests_rigs,            NEED_TOKEN | NEED_OR_CODE              },
    [REQUEST_SHOW] = {"show",            requests_show,            NEED_TOKEN | NEED_OR_CODE | NEED_RIG   },
    [REQUEST_BOOK] = {"book",            requests_book,            NEED_TOKEN                             },
    [REQUEST_BOOKINGS] = {"bookings",        requests_bookings,        NEED_TOKEN                             },
    [REQUEST_CANCEL] = {"cancel",          requests_cancel,          NEED_TOKEN                             },
    [REQUEST_JOIN] = {"join",            requests_join,            NEED_TOKEN | NEED_RIG                  },
    [REQUEST_LEAVE] = {"leave",           requests_leave,           NEED_TOKEN | NEED_SEAT                 },
    [REQUEST_TAKE] = {"take",            requests_take_control,    NEED_TOKEN | NEED_SEAT                 },
    [REQUEST_RELEASE] = {"release",         requests_release,         NEED_TOKEN | NEED_OR_LATE | NEED_SEAT  },
    [REQUEST_SET] = {"set",             requests_set,             NEED_TOKEN | NEED_SEAT                 },
    [REQUEST_GET] = {"get",             requests_get,             NEED_TOKEN | NEED_OR_CODE | NEED_RIG   },
    [REQUEST_WATCH] = {"watch",           requests_watch,           NEED_TOKEN | NEED_OR_CODE | NEED_RIG   },
    [REQUEST_CAPTURE] = {"capture",         requests_capture,         NEED_TOKEN | NEED_SEAT                 },
    [REQUEST_CAPTURE_STATE] = {"capture-state",   requests_capture_state,   NEED_TOKEN                             },
    [REQUEST_CAPTURE_CANCEL] = {"capture-cancel",  requests_capture_cancel,  NEED_TOKEN                             },
    [REQUEST_STOP] = {"stop",            requests_stop,            NEED_TOKEN | NEED_OR_LATE | NEED_RIG   },
    [REQUEST_RESET] = {"reset",           requests_reset,           NEED_TOKEN | NEED_RIG                  },
    [REQUEST_LOG] = {"log",             requests_log,             NEED_TOKEN                             },
    [REQUEST_FILES] = {"files",           requests_files,           NEED_TOKEN                             },
    [REQUEST_READ_FILE] = {"read-file",       requests_read_file,       NEED_TOKEN                             },
    [REQUEST_PRESENCE] = {"presence",        requests_presence,        NEED_TOKEN | NEED_SEAT                 },
    [REQUEST_CLEAR] = {"clear",           requests_clear,           NEED_TOKEN | NEED_RIG | NEED_TECHNICIAN},
    [REQUEST_LOCKOUT] = {"lockout",         requests_lockout,         NEED_TOKEN | NEED_RIG | NEED_TECHNICIAN},
    [REQUEST_HEALTH] = {"health",          requests_health,          NEED_TOKEN                             },
    [REQUEST_ACCOUNT_PUT] = {"account-put",     requests_account_put,     NEED_LOCAL                             },
    [REQUEST_ACCOUNTS] = {"accounts",        requests_accounts,        NEED_LOCAL                             },
    [REQUEST_AUDIT_VERIFY] = {"audit-verify",    requests_audit_verify,    NEED_LOCAL                             },
    [REQUEST_CLOCK] = {"clock",           requests_clock,           NEED_TOKEN                             },
    [REQUEST_BACKUP] = {"backup",          requests_backup,          NEED_LOCAL                             },
    [REQUEST_READ_BACKUP] = {"read-backup",     requests_read_backup,     NEED_LOCAL                             },
    [REQUEST_ALERTS] = {"alerts",          requests_alerts,          NEED_TOKEN                             },
    [REQUEST_NOTICES] = {"notices",         requests_notices,         NEED_TOKEN                             },
    [REQUEST_CHANGE_BOOKING] = {"change-booking",  requests_change_booking,  NEED_TOKEN                             },
    [REQUEST_QUEUE] = {"queue",           requests_queue,           NEED_TOKEN                             },
    [REQUEST_ENQUEUE] = {"enqueue",         requests_enqueue,         NEED_TOKEN                             },
    [REQUEST_LEAVE_QUEUE] = {"leave-queue",     requests_leave_queue,     NEED_TOKEN                             },
    [REQUEST_TAKE_OFFER] = {"take-offer",      requests_take_offer,      NEED_TOKEN                             },
    [REQUEST_STANDING_PUT] = {"standing-put",    requests_standing_put,    NEED_TOKEN                             },
    [REQUEST_STANDINGS] = {"standings",       requests_standings,       NEED_TOKEN                             },
    [REQUEST_HAND] = {"hand",            requests_hand,            NEED_TOKEN | NEED_SEAT                 },
    [REQUEST_FEED] = {"feed",            requests_feed,            NEED_TOKEN | NEED_OR_CODE | NEED_RIG   },
    [REQUEST_PEOPLE] = {"people",          requests_people,          NEED_TOKEN | NEED_RIG                  },
    [REQUEST_PLAN_COURSE] = {"plan-course",     requests_plan_course,     NEED_TOKEN                             },
    [REQUEST_MAINTAIN] = {"maintain",        requests_maintain,        NEED_TOKEN                             },
    [REQUEST_CALENDAR] = {"calendar",        requests_calendar,        NEED_TOKEN | NEED_OR_KEY               },
    [REQUEST_FEED_MAKE] = {"feed-make",       requests_feed_make,       NEED_TOKEN                             },
    [REQUEST_FEEDS] = {"feeds",           requests_feeds,           NEED_TOKEN                             },
    [REQUEST_FEED_REVOKE] = {"feed-revoke",     requests_feed_revoke,     NEED_TOKEN                             },
    [REQUEST_DAYS] = {"days",            requests_days,            NEED_TOKEN                             },
    [REQUEST_REPORT] = {"report",          requests_report,          NEED_TOKEN                             },
    [REQUEST_MAIL_WISH] = {"mail-wish",       requests_mail_wish,       NEED_TOKEN                             },
    [REQUEST_PRACTICE] = {"practice",        requests_practice,        NEED_TOKEN | NEED_RIG                  },
    [REQUEST_RELOAD] = {"reload",          requests_reload,          NEED_LOCAL                             },
    [REQUEST_CONFIGURATION] = {"configuration",   requests_configuration,   NEED_TOKEN | NEED_TECHNICIAN           },
    [REQUEST_BYPASS] = {"bypass",          requests_bypass,          NEED_TECHNICIAN_HERE                   },
    [REQUEST_PROOF_PLAN] = {"proof-plan",      requests_proof_plan,      NEED_TECHNICIAN_HERE                   },
    [REQUEST_HOLD_HEARTBEAT] = {"hold-heartbeat",  requests_hold_heartbeat,  NEED_TECHNICIAN_HERE                   },
    [REQUEST_PROOF_TEST] = {"proof-test",      requests_proof_test,      NEED_TECHNICIAN_HERE                   },
};

/* On record with the uid of whoever asks it on the gateway's own socket without an account. */
static const bool acts[REQUEST_KINDS] = {
    [REQUEST_BOOK] = true,        [REQUEST_CANCEL] = true,         [REQUEST_STOP] = true,
    [REQUEST_RESET] = true,       [REQUEST_CLEAR] = true,          [REQUEST_LOCKOUT] = true,
    [REQUEST_ACCOUNT_PUT] = true, [REQUEST_BACKUP] = true,         [REQUEST_CHANGE_BOOKING] = true,
    [REQUEST_CLOCK] = true,       [REQUEST_STANDING_PUT] = true,   [REQUEST_PLAN_COURSE] = true,
    [REQUEST_MAINTAIN] = true,    [REQUEST_FEED_REVOKE] = true,    [REQUEST_BYPASS] = true,
    [REQUEST_PROOF_TEST] = true,  [REQUEST_HOLD_HEARTBEAT] = true,
};

const char *requests_name(enum request_kind kind)
{
    return rows[kind].name;
}

/* ---- who asks -------------------------------------------------------------------------------- */

static const char *const identity_reasons[] = {
    [-ACCOUNTS_INVALID] = "no-token",
    [-ACCOUNTS_EXPIRED] = "token-expired",
    [-ACCOUNTS_VOID] = "token-void",
};

static void refuse_token(struct control *control, const struct caller *caller, int result, bool has_token)
{
    respond_refuse(control, &caller->origin, identity_reasons[-result], "%s",
                   has_token ? accounts_result_text(result) : "this needs a login: log in");
}

/* For the record; a token of ours says whose it was also when it is void, and permits nothing then. */
static void know_asker(struct asker *asker, const struct identity *identity, int result)
{
    if (result == ACCOUNTS_INVALID)
        return;
    bool spectates = identity->claims.kind == CRYPTO_TOKEN_SPECTATOR;
    asker->who = spectates ? ASKER_SPECTATOR : ASKER_ACCOUNT;
    asker->account = spectates ? 0 : identity->claims.subject;
}

/* False: answered already. */
static bool identify(struct control *control, struct caller *caller, const struct request *request,
                     unsigned needs)
{
    if (caller->origin.local && !request->token[0]) {
        caller->is_operator = true;
        caller->identity.role = RIG_TECHNICIAN;
        caller->origin.asker.who = ASKER_OPERATOR;
        return true;
    }
    struct identity identity = {0};
    int result = ACCOUNTS_INVALID;
    if (needs & (NEED_TOKEN | NEED_LOCAL)) {
        result = accounts_identify(control->accounts, request->token, control->wall, &identity);
        know_asker(&caller->origin.asker, &identity, result);
    }
    if (needs & NEED_LOCAL && !caller->origin.local) {
        respond_refuse(control, &caller->origin, "not-allowed",
                       "this can be asked on the gateway's own machine only: run labctl there");
        return false;
    }
    if (!(needs & NEED_TOKEN) || (needs & NEED_OR_KEY && request->calendar.key[0]))
        return true;
    caller->identity = identity;
    bool was = result == ACCOUNTS_EXPIRED || result == ACCOUNTS_VOID;
    caller->late = was && needs & NEED_OR_LATE && caller->identity.account ? result : 0;
    if (result != ACCOUNTS_OK && !caller->late) {
        refuse_token(control, caller, result, request->token[0]);
        return false;
    }
    if (caller->identity.spectator && !(needs & NEED_OR_CODE)) {
        respond_refuse(control, &caller->origin, "not-allowed",
                       "a join code lets you watch: log in with an account");
        return false;
    }
    return true;
}

bool requests_is_staff(const struct caller *caller)
{
    return caller->is_operator || (!caller->identity.spectator && caller->identity.role != RIG_STUDENT);
}

bool requests_is_technician(const struct caller *caller)
{
    return caller->is_operator || (!caller->identity.spectator && caller->identity.role == RIG_TECHNICIAN);
}

bool requests_plans(const struct caller *caller)
{
    return requests_is_technician(caller) ||
           (!caller->identity.spectator && caller->identity.role == RIG_SCHEDULER);
}

static uint32_t seat_of_account(const struct rig *core, uint64_t account, uint32_t wanted)
{
    size_t count;
    const struct rig_seat *seats = rig_seats(core, &count);
    for (size_t i = 0; account && i < count; i++)
        if (seats[i].account == account && (!wanted || seats[i].id == wanted))
            return seats[i].id;
    return 0;
}

bool requests_may_see(struct control *control, const struct caller *caller, uint64_t session)
{
    if (requests_is_staff(caller) ||
        (caller->rig && practice_holds(caller->rig, caller->identity.account, session)))
        return true;
    const struct booking *booking = timetable_of_session(control->timetable, session);
    if (!booking)
        return false;
    const struct rig *core = control->rigs[booking->rig].core;
    return booking->account == caller->identity.account ||
           (rig_session(core) == session && seat_of_account(core, caller->identity.account, 0));
}

/* The rig that a request is about, and the seat that it wants to be asked from: 0 when it does not say. */
static uint32_t place_caller(struct control *control, struct caller *caller, const struct request *request)
{
    struct asker *asker = &caller->origin.asker;
    uint32_t wanted = 0;
    if (request->seat)
        caller->rig = rigs_of_seat(control, request->seat, &wanted);
    if (request->rig[0]) {
        struct control_rig *named = rigs_find(control, request->rig);
        if (named != caller->rig)
            wanted = 0;
        caller->rig = named;
    }
    if (caller->rig)
        asker->rig = caller->rig->index;
    else if (request->rig[0])
        request_copy_text(asker->about, sizeof asker->about, request->rig);
    return wanted;
}

void requests_no_rig(struct control *control, const struct caller *caller, const char *doing,
                     const char *name)
{
    struct suggestion near;
    char hint[SUGGESTION_MAX + 32];
    suggest_begin(&near, name);
    for (size_t i = 0; i < control->rig_count; i++)
        if (!control->rigs[i].plant)
            suggest_offer(&near, control->rigs[i].config->spec.name);
    suggest_text(&near, hint, sizeof hint);
    respond_refuse(control, &caller->origin, "unknown-rig", "%sthere is no rig called '%s'%s", doing, name,
                   hint[0] ? hint : ": see 'labctl rigs'");
}

/* False: answered already. */
static bool meets(struct control *control, const struct caller *caller, const struct request *request,
                  unsigned needs)
{
    if (needs & NEED_RIG && !caller->rig) {
        requests_no_rig(control, caller, "", request->rig);
        return false;
    }
    if (caller->identity.spectator && needs & NEED_RIG &&
        rig_session(caller->rig->core) != caller->identity.session) {
        respond_refuse(control, &caller->origin, "not-allowed",
                       "your join code is for another session, or it is over");
        return false;
    }
    if (caller->late && !caller->seat) {
        refuse_token(control, caller, caller->late, true);
        return false;
    }
    if (needs & NEED_SEAT && !caller->seat) {
        respond_refuse(control, &caller->origin, "no-seat", "%s", rig_refusal_text(RIG_NO_SEAT));
        return false;
    }
    if (needs & NEED_TECHNICIAN && !requests_is_technician(caller)) {
        respond_refuse(control, &caller->origin, "not-allowed", "only a technician may do this");
        return false;
    }
    return true;
}

static void name_about(struct asker *asker, const struct request *request)
{
    const char *about = request->kind == REQUEST_SET       ? request->set.point
                        : request->kind == REQUEST_CAPTURE ? request->capture.waveform
                        : request->kind == REQUEST_BYPASS  ? request->bypass.rule
                                                           : "";
    request_copy_text(asker->about, sizeof asker->about, about);
}

/* ---- in -------------------------------------------------------------------------------------- */

void requests_take(struct control *control, const struct origin *origin, const uint8_t *address, bool secure,
                   const uint8_t *bytes, size_t length)
{
    struct request request;
    if (!translate_request(control->arena, bytes, length, &request)) {
        control->malformed_requests++;
        if (arena_was_exhausted(control->arena)) {
            respond_refuse(control, origin, "too-many-at-once", "this request: %s",
                           booking_result_text(BOOKING_BUNDLE_TOO_LARGE));
            return;
        }
        respond_refuse(
            control, origin, "malformed",
            "this is not a request that can be read, or has text that is not UTF-8: see docs/protocol.md");
        return;
    }
    const struct row *row = &rows[request.kind];
    if (!row->handle) {
        control->unknown_requests++;
        respond_refuse(control, origin, "unknown-request",
                       "this gateway does not know this request: it may be older");
        return;
    }
    if (reload_holds(control, request.kind)) {
        respond_refuse(control, origin, "busy",
                       "the laboratory's configuration is being changed: try again in a moment");
        return;
    }
    struct caller caller = {.origin = *origin, .address = address, .secure = secure};
    caller.origin.asker.kind = request.kind;
    caller.origin.asker.rig = ASKER_NO_RIG;
    name_about(&caller.origin.asker, &request);
    uint32_t wanted = place_caller(control, &caller, &request);
    if (!identify(control, &caller, &request, row->needs))
        return;
    /* It may be left out where the account has one on the rig named. */
    if (caller.rig)
        caller.seat = seat_of_account(caller.rig->core, caller.identity.account, wanted);
    if (!meets(control, &caller, &request, row->needs))
        return;
    if (control->attending && request.kind != REQUEST_STOP && request.kind != REQUEST_RELEASE) {
        respond_refuse(control, origin, "busy", "the gateway is at work: try again in a moment");
        return;
    }
    if (caller.seat)
        rigs_handle(control, caller.rig, &(struct rig_event){.kind = RIG_EVENT_HEARD, .seat = caller.seat});
    /* While it is attended to the timetable is not to be touched; it hears them with what comes next. */
    if (!control->attending) {
        presence_heard(control, caller.identity.account);
        if (caller.seat)
            sessions_heard(control, caller.rig, caller.identity.account);
    }
    if (caller.is_operator && acts[request.kind])
        refusals_note_operator(control, &caller.origin.asker);
    const char *about = control->about; /* of the request that this one came in the middle of */
    control->about = caller.origin.asker.about;
    row->handle(control, &caller, &request);
    control->about = about;
}

void requests_take_envelope(struct control *control, const struct envelope *envelope, const uint8_t *payload)
{
    const struct origin origin = {.class = envelope->class,
                                  .generation = envelope->generation,
                                  .pipe = envelope->pipe,
                                  .request = envelope->request,
                                  .tag = envelope->tag,
                                  .every = envelope->every};
    requests_take(control, &origin, envelope->address, envelope->secure, payload, envelope->length);
}

uint64_t requests_keep(struct control *control, const struct caller *caller, const struct request *request)
{
    struct pending pending = {
        .origin = caller->origin,
        .kind = request->kind,
        .rig = caller->rig ? caller->rig->index : UINT16_MAX,
        .account = caller->identity.account,
    };
    return pending_add(control->pending, &pending);
}

uint64_t requests_wait(struct control *control, const struct caller *caller, const struct request *request)
{
    uint64_t id = requests_keep(control, caller, request);
    if (!id)
        respond_refuse(control, &caller->origin, "busy",
                       "too much is waiting already: try again in a moment");
    return id;
}

/* ---- what others have done for a request ----------------------------------------------------- */

void requests_hashed(struct control *control, const struct hasher_done *done)
{
    const struct pending *pending = pending_find(control->pending, done->request);
    if (!pending)
        return;
    switch (pending->kind) {
    case REQUEST_LOGIN:
        requests_login_hashed(control, done->request, done);
        break;
    case REQUEST_CHANGE_PASSWORD:
        requests_password_hashed(control, done->request, done);
        break;
    default:
        requests_account_hashed(control, done->request, done);
    }
}

void requests_stored(struct control *control, const struct ledger_event *event)
{
    const struct pending *pending = pending_find(control->pending, event->request);
    if (!pending)
        return;
    switch (pending->kind) {
    case REQUEST_CHANGE_PASSWORD:
        requests_password_stored(control, event->request, event);
        break;
    case REQUEST_PROOF_TEST:
        requests_proof_stored(control, event->request, event);
        break;
    case REQUEST_LOG:
        requests_log_read(control, event->request, event);
        break;
    case REQUEST_AUDIT_VERIFY:
        requests_audit_read(control, event->request, event);
        break;
    case REQUEST_STANDING_PUT:
        requests_standing_stored(control, event->request, event);
        break;
    case REQUEST_FEED_MAKE:
        requests_feed_made(control, event->request, event);
        break;
    case REQUEST_FEED_REVOKE:
        requests_feed_revoked(control, event->request, event);
        break;
    case REQUEST_REPORT:
        requests_report_read(control, event->request, event);
        break;
    case REQUEST_CLOCK:
        requests_clock_stored(control, event->request, event);
        break;
    case REQUEST_BACKUP:
        requests_backup_made(control, event->request, event);
        break;
    case REQUEST_READ_BACKUP:
        requests_backup_read(control, event->request, event);
        break;
    default:
        requests_account_stored(control, event->request, event);
    }
}
