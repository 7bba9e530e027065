/* Maintenance and closures: rigs out of use for a time, over what others have booked. */
#include "gateway/control/notes.h"
#include "gateway/control/requests.h"
#include "gateway/control/respond.h"
#include "gateway/control/rigs.h"
#include "gateway/control/sessions.h"
#include "gateway/control/timetable_make.h"
#include "gateway/identity/crypto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AFFECTED_LISTED MAINTENANCE_AFFECTED /* the rest is counted */

struct maintenance {
    struct booking_wish *wishes;
    char (*codes)[CRYPTO_CODE_MAX];
    size_t count;
    char reason[MAINTENANCE_REASON_MAX];
    struct timetable_finding *findings; /* one for each wish at most */
    struct timetable_displaced displaced[AFFECTED_LISTED];
    struct booking before[AFFECTED_LISTED]; /* as they were; without party */
    struct timetable_examination examination;
};

static void destroy(struct maintenance *maintenance)
{
    if (!maintenance)
        return;
    free(maintenance->wishes);
    free(maintenance->codes);
    free(maintenance->findings);
    free(maintenance);
}

static struct maintenance *create(size_t count)
{
    struct maintenance *maintenance = calloc(1, sizeof *maintenance);
    if (!maintenance)
        return NULL;
    maintenance->wishes = calloc(count, sizeof *maintenance->wishes);
    maintenance->codes = calloc(count, sizeof *maintenance->codes);
    maintenance->findings = calloc(count, sizeof *maintenance->findings);
    maintenance->count = count;
    if (maintenance->wishes && maintenance->codes && maintenance->findings)
        return maintenance;
    destroy(maintenance);
    return NULL;
}

/* ---- answers --------------------------------------------------------------------------------- */

struct listing {
    struct answer_booking *bookings;
    struct answer_affected *affected;
    struct answer_conflict *conflicts;
    struct answer_maintenance answer;
};

static void list_affected(struct control *control, const struct maintenance *maintenance, uint64_t account,
                          struct listing *listing)
{
    size_t count = maintenance->examination.displaced_count;
    listing->answer.affected_count = count;
    listing->answer.affected_listed = count < AFFECTED_LISTED ? count : AFFECTED_LISTED;
    for (size_t i = 0; i < listing->answer.affected_listed; i++) {
        uint16_t rig = maintenance->displaced[i].rig;
        sessions_answer(control, &maintenance->before[i], account, true, &listing->affected[i].booking);
        listing->affected[i].rig = rig == BOOKING_ANY_RIG ? "" : control->rigs[rig].config->spec.name;
    }
    listing->answer.affected = listing->affected;
}

static void list_conflicts(const struct control *control, const struct maintenance *maintenance,
                           struct listing *listing)
{
    listing->answer.conflict_count = maintenance->examination.finding_count;
    for (size_t i = 0; i < maintenance->examination.finding_count; i++) {
        const struct timetable_finding *finding = &maintenance->findings[i];
        const struct booking_wish *wish = &maintenance->wishes[finding->wish];
        const struct booking *other = timetable_find(control->timetable, finding->in_the_way);
        const struct account *holder = other ? accounts_get(control->accounts, other->account) : NULL;
        listing->conflicts[i] = (struct answer_conflict){
            .starts = wish->starts,
            .ends = wish->ends,
            .rig = control->rigs[wish->rig].config->spec.name,
            .reason = booking_result_name(finding->result),
            .text = booking_result_text(finding->result),
            .booking = finding->in_the_way,
            .holder = holder ? holder->name : "",
        };
    }
    listing->answer.conflicts = listing->conflicts;
}

static void list_stored(struct control *control, const struct booking *stored, uint64_t account,
                        size_t capacity, struct listing *listing)
{
    const struct booking **list = calloc(capacity, sizeof *list);
    size_t count = list ? timetable_bundle(control->timetable, stored, list, capacity) : 0;
    for (size_t i = 0; i < count && i < capacity; i++)
        sessions_answer(control, list[i], account, true, &listing->bookings[i]);
    listing->answer.stored = true;
    listing->answer.bookings = listing->bookings;
    listing->answer.booking_count = count < capacity ? count : capacity;
    free(list);
}

static void answer(struct control *control, const struct origin *origin, uint64_t account,
                   const struct maintenance *maintenance, const struct answer_head *head,
                   const struct booking *stored)
{
    struct answer_head unused;
    struct answer_buffer buffer = respond_begin(control, &unused);
    struct listing listing = {
        .bookings = calloc(maintenance->count, sizeof *listing.bookings),
        .affected = calloc(AFFECTED_LISTED, sizeof *listing.affected),
        .conflicts = calloc(maintenance->count, sizeof *listing.conflicts),
    };
    if (listing.bookings && listing.affected && listing.conflicts) {
        list_affected(control, maintenance, account, &listing);
        list_conflicts(control, maintenance, &listing);
        if (stored)
            list_stored(control, stored, account, maintenance->count, &listing);
        translate_maintenance(&buffer, head, &listing.answer);
        respond_send(control, origin, &buffer);
    } else {
        respond_refuse(control, origin, "busy", "maintenance: no memory; try again");
    }
    free(listing.bookings);
    free(listing.affected);
    free(listing.conflicts);
}

static void refuse(struct control *control, const struct origin *origin, uint64_t account,
                   const struct maintenance *maintenance, const char *reason, const char *why)
{
    struct answer_head head;
    char message[200];
    respond_begin(control, &head);
    snprintf(message, sizeof message, "maintenance: %s; nothing was booked", why);
    respond_deny(&head, reason, message);
    notes_event(control, "maintain", account, NULL, reason, maintenance->reason);
    answer(control, origin, account, maintenance, &head, NULL);
}

const char *requests_maintenance_reason(const struct pending *pending)
{
    return pending->maintenance->reason;
}

void requests_maintain_answered(struct control *control, struct pending *pending,
                                const struct booking_action *action)
{
    struct maintenance *maintenance = pending->maintenance;
    struct answer_head head;
    respond_begin(control, &head);
    if (action->result == BOOKING_OK) {
        notes_event(control, "maintain", pending->account, &control->rigs[action->booking.rig], "",
                    maintenance->reason);
        answer(control, &pending->origin, pending->account, maintenance, &head, &action->booking);
    } else {
        refuse(control, &pending->origin, pending->account, maintenance, booking_result_name(action->result),
               booking_result_text(action->result));
    }
    destroy(maintenance);
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* What is wrong with the request, or NULL. */
static const char *fault_of(const struct request *request)
{
    size_t key = strlen(request->maintain.key), reason = strlen(request->maintain.reason);
    if (key && (key < 16 || key >= BOOKING_KEY_MAX))
        return "the key is too short or too long";
    if (!reason || reason >= MAINTENANCE_REASON_MAX)
        return "say why, in at most 120 bytes (40 Chinese characters): who is affected reads it";
    if (request->maintain.every_rig == (request->maintain.rig_count > 0))
        return "name rigs, or say that it is every rig";
    return NULL;
}

/* False: refused already. */
static bool may_maintain(struct control *control, const struct caller *caller, const struct request *request)
{
    const char *fault = fault_of(request);
    if (caller->is_operator)
        respond_refuse(control, &caller->origin, "not-allowed",
                       "maintenance: a booking is somebody's; log in with an account");
    else if (!requests_plans(caller))
        respond_refuse(control, &caller->origin, "not-allowed",
                       "maintenance: this is for technicians and schedulers");
    else if (fault)
        respond_refuse(control, &caller->origin, "bad-value", "maintenance: %s", fault);
    else
        return true;
    return false;
}

static bool names_twice(const struct maintenance *maintenance, size_t wish)
{
    for (size_t i = 0; i < wish; i++)
        if (maintenance->wishes[i].rig == maintenance->wishes[wish].rig)
            return true;
    return false;
}

/* NULL: refused already. */
static struct maintenance *make(struct control *control, const struct caller *caller,
                                const struct request *request)
{
    size_t count = request->maintain.every_rig ? rigs_real(control) : request->maintain.rig_count;
    struct maintenance *maintenance = create(count);
    if (!maintenance) {
        respond_refuse(control, &caller->origin, "busy", "maintenance: no memory; try again");
        return NULL;
    }
    snprintf(maintenance->reason, sizeof maintenance->reason, "%s", request->maintain.reason);
    for (size_t i = 0; i < count; i++) {
        struct booking_wish *wish = &maintenance->wishes[i];
        uint16_t unused;
        crypto_make_code(maintenance->codes[i]);
        *wish = (struct booking_wish){
            .rig = (uint16_t)i,
            .starts = request->maintain.starts ? request->maintain.starts : control->wall,
            .ends = request->maintain.ends,
            .code = maintenance->codes[i],
        };
        if (!request->maintain.every_rig &&
            !requests_thing(control, caller, request->maintain.rigs[i], "", &wish->rig, &unused)) {
            destroy(maintenance);
            return NULL;
        }
        if (!names_twice(maintenance, i))
            continue;
        respond_refuse(control, &caller->origin, "bad-value", "maintenance: the rig %s is named twice",
                       request->maintain.rigs[i]);
        destroy(maintenance);
        return NULL;
    }
    return maintenance;
}

static struct booking_event event_of(const struct caller *caller, const struct request *request,
                                     const struct maintenance *maintenance)
{
    return (struct booking_event){
        .kind = BOOKING_EVENT_BOOK,
        .book = {.account = caller->identity.account,
                 .wishes = maintenance->wishes,
                 .count = maintenance->count,
                 .key = request->maintain.key,
                 .kind = BOOKING_MAINTENANCE,
                 .planned = true},
    };
}

/* Who is affected, as their bookings are before. */
static bool examine(struct control *control, const struct caller *caller, const struct request *request,
                    struct maintenance *maintenance)
{
    struct booking_event event = event_of(caller, request, maintenance);
    maintenance->examination = (struct timetable_examination){
        .findings = maintenance->findings,
        .finding_capacity = maintenance->count,
        .displaced = maintenance->displaced,
        .displaced_capacity = AFFECTED_LISTED,
    };
    if (!timetable_examine(control->timetable, &event, control->wall, &maintenance->examination)) {
        respond_refuse(control, &caller->origin, "busy", "maintenance: no memory; try again");
        return false;
    }
    size_t count = maintenance->examination.displaced_count;
    for (size_t i = 0; i < count && i < AFFECTED_LISTED; i++) {
        const struct booking *before = timetable_find(control->timetable, maintenance->displaced[i].booking);
        if (before)
            maintenance->before[i] = *before;
        maintenance->before[i].party = NULL;
        maintenance->before[i].party_count = 0;
    }
    return true;
}

/* True: it is the pending request's now. */
static bool book(struct control *control, const struct caller *caller, const struct request *request,
                 struct maintenance *maintenance)
{
    struct booking_event event = event_of(caller, request, maintenance);
    event.request = requests_wait(control, caller, request);
    if (!event.request)
        return false;
    pending_find(control->pending, event.request)->maintenance = maintenance;
    sessions_handle(control, &event);
    return true;
}

static bool decide(struct control *control, const struct caller *caller, const struct request *request,
                   struct maintenance *maintenance)
{
    bool waits;
    struct answer_head head;
    const struct booking *first =
        timetable_of_key(control->timetable, caller->identity.account, request->maintain.key, &waits);
    respond_begin(control, &head);
    if (waits)
        refuse(control, &caller->origin, caller->identity.account, maintenance, "busy",
               "the same request is being stored; ask again in a moment");
    else if (first)
        answer(control, &caller->origin, caller->identity.account, maintenance, &head, first);
    else if (!examine(control, caller, request, maintenance))
        return false;
    else if (request->maintain.dry_run)
        answer(control, &caller->origin, caller->identity.account, maintenance, &head, NULL);
    else if (maintenance->examination.finding_count)
        refuse(control, &caller->origin, caller->identity.account, maintenance, "conflicts",
               "a live session, other maintenance or the times are in the way");
    else
        return book(control, caller, request, maintenance);
    return false;
}

void requests_maintain(struct control *control, const struct caller *caller, const struct request *request)
{
    struct maintenance *maintenance =
        may_maintain(control, caller, request) ? make(control, caller, request) : NULL;
    if (maintenance && !decide(control, caller, request, maintenance))
        destroy(maintenance);
}
