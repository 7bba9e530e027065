#include "gateway/control/sessions.h"

#include "gateway/control/attend.h"
#include "gateway/control/feeds.h"
#include "gateway/control/no_room.h"
#include "gateway/control/notices.h"
#include "gateway/control/practice.h"
#include "gateway/control/rigs.h"
#include "gateway/control/service.h"
#include "gateway/control/standings.h"
#include "gateway/control/timetable_make.h"

#include <stdio.h>
#include <stdlib.h>

static struct booking_time now_of(const struct control *control)
{
    return (struct booking_time){.wall = control->wall, .monotonic = control->now};
}

/* ---- actions out ----------------------------------------------------------------------------- */

/* False: the ledger's queue is full, or there is no memory. */
static bool store(struct control *control, const struct booking_action *action)
{
    struct ledger_booking *rows = calloc(action->count, sizeof *rows);
    struct ledger_with with = {.ticket = action->drops};
    if (!rows || !notices_with(control, action, &with)) {
        free(rows);
        return false;
    }
    for (size_t i = 0; i < action->count; i++) {
        attend(control);
        booking_to_row(control, &action->rows[i], &rows[i]);
    }
    if (ledger_store(control->ledger, LEDGER_FOR_BOOKING | action->ticket, rows, action->count, &with) ==
        LEDGER_OK)
        return true;
    free(with.notices);
    free(rows);
    return false;
}

/* False: the ledger's queue is full. */
static bool put_ticket(struct control *control, const struct timetable_ticket *place)
{
    struct ledger_ticket row;
    ticket_to_row(control, place, &row);
    return ledger_put_ticket(control->ledger, LEDGER_FOR_TICKET | place->id, &row) == LEDGER_OK;
}

/* Whoever is not known is taken for a student. */
static bool is_students(const struct control *control, uint64_t account)
{
    const struct account *found = accounts_get(control->accounts, account);
    return !found || found->role == RIG_STUDENT;
}

static void begin(struct control *control, const struct booking_action *action)
{
    const struct booking *booking = &action->booking;
    struct control_rig *rig = &control->rigs[booking->rig];
    rig->booking = booking->id;
    rig->commanded = false;
    rig->ends_wall = booking->ends;
    struct recorder_session session = {
        .session = booking->session,
        .rig = rig->config->spec.name,
        .account = booking->account,
        .spec = rig->spec,
        .starts = booking->starts,
        .ends = booking->ends,
        .wall = control->wall,
        .monotonic = control->now,
    };
    if (recorder_begin(control->recorder, &session) != RECORDER_OK)
        journal_write(control->journal, JOURNAL_ERROR,
                      "rig %s: session %llu is not recorded: the recorder is behind", rig->config->spec.name,
                      (unsigned long long)booking->session);
    struct rig_event event = {
        .kind = RIG_EVENT_SESSION_BEGIN,
        .session_begin = {.session = booking->session,
                          .ends = action->until,
                          .student = is_students(control, booking->account)},
    };
    rigs_handle(control, rig, &event);
    for (uint16_t i = 0; i < rig->config->spec.point_count; i++)
        recorder_change(control->recorder, booking->session, i, &rig_values(rig->core)[i],
                        rig->config->spec.points[i].type == RIG_TEXT ? rig_text(rig->core, i) : NULL,
                        control->now);
}

static void end(struct control *control, const struct booking_action *action)
{
    struct control_rig *rig = &control->rigs[action->booking.rig];
    struct rig_event event = {.kind = RIG_EVENT_SESSION_END};
    rigs_handle(control, rig, &event);
    recorder_end(control->recorder, action->booking.session, control->wall);
    rig->booking = 0;
    if (action->booking.used)
        standings_rehearsed(control, &action->booking);
}

static void extend(struct control *control, const struct booking_action *action)
{
    struct control_rig *rig = &control->rigs[action->booking.rig];
    rig->ends_wall = action->booking.ends;
    struct rig_event event = {
        .kind = RIG_EVENT_SESSION_END_AT,
        .session_begin = {.session = action->booking.session, .ends = action->until},
    };
    rigs_handle(control, rig, &event);
}

/* False: the ledger had no place for it, and the timetable must hear of that. */
static bool carry_out(struct control *control, const struct booking_action *action)
{
    switch (action->kind) {
    case BOOKING_ACTION_STORE:
        return store(control, action);
    case BOOKING_ACTION_ANSWER:
        sessions_answer_request(control, action);
        break;
    case BOOKING_ACTION_BEGIN:
        begin(control, action);
        break;
    case BOOKING_ACTION_END:
        end(control, action);
        break;
    case BOOKING_ACTION_EXTEND:
        extend(control, action);
        break;
    case BOOKING_ACTION_NOTIFY:
        notices_tell(control, action);
        if (action->note == BOOKING_NOTE_GAVE_UP)
            no_room_waited(control, &action->place);
        break;
    case BOOKING_ACTION_PUT_TICKET:
        return put_ticket(control, &action->place);
    case BOOKING_ACTION_DROP_TICKET:
        return ledger_drop_ticket(control->ledger, LEDGER_FOR_TICKET | action->ticket, action->ticket) ==
               LEDGER_OK;
    }
    return true;
}

/* What the timetable hears of an action that the ledger had no place for. */
static struct booking_event failure_of(const struct booking_action *action)
{
    if (action->kind == BOOKING_ACTION_STORE)
        return (struct booking_event){
            .kind = BOOKING_EVENT_STORED,
            .stored = {.ticket = action->ticket, .result = BOOKING_STORED_FAILED},
        };
    return (struct booking_event){.kind = BOOKING_EVENT_TICKET, .ticket = {.id = action->ticket}};
}

/* Those that failed before are kept; returns how many there are now. */
static size_t carry_out_all(struct control *control, size_t failed)
{
    const struct booking_actions *actions = &control->booking_actions;
    for (size_t i = 0; i < actions->count; i++)
        if (!carry_out(control, &actions->list[i]))
            control->booking_failed[failed++] = failure_of(&actions->list[i]);
    return failed;
}

/* ---- events in ------------------------------------------------------------------------------- */

void sessions_handle(struct control *control, const struct booking_event *event)
{
    struct booking_actions *actions = &control->booking_actions;
    actions->count = 0;
    timetable_handle(control->timetable, event, now_of(control), actions);
    size_t failed = carry_out_all(control, 0);
    while (failed) {
        actions->count = 0;
        timetable_not_taken(control->timetable, &control->booking_failed[--failed], now_of(control), actions);
        failed = carry_out_all(control, failed); /* of one failure comes at most one */
    }
}

/* What the ledger says of a STORE, as bookings: all that were asked for, or the one in the way. NULL: no
 * memory. */
static struct booking *take_rows(struct control *control, const struct ledger_event *event, size_t *count)
{
    bool stored = event->result == LEDGER_OK;
    bool blocked = event->result == LEDGER_CONFLICT || event->result == LEDGER_REUSED;
    const struct ledger_booking *from = stored ? event->rows : &event->booking;
    *count = stored ? event->row_count : blocked ? 1 : 0;
    struct booking *rows = calloc(*count + 1, sizeof *rows);
    for (size_t i = 0; rows && i < *count; i++) {
        attend(control);
        booking_from_row(control, &from[i], &rows[i]);
    }
    return rows;
}

void sessions_stored(struct control *control, const struct ledger_event *ledger_event)
{
    struct booking_event event = {
        .kind = BOOKING_EVENT_STORED,
        .stored = {.ticket = ledger_event->request & ~LEDGER_FOR_BOOKING},
    };
    switch (ledger_event->result) {
    case LEDGER_OK:
        event.stored.result = BOOKING_STORED;
        break;
    case LEDGER_REUSED:
        event.stored.result = BOOKING_STORED_REUSED;
        break;
    case LEDGER_CONFLICT:
        event.stored.result = BOOKING_STORED_CONFLICT;
        break;
    default:
        event.stored.result = BOOKING_STORED_FAILED;
        journal_write(control->journal, JOURNAL_ERROR, "a booking could not be stored: %s",
                      ledger_event->why);
    }
    event.stored.at = ledger_event->at;
    struct booking *rows = take_rows(control, ledger_event, &event.stored.count);
    event.stored.rows = rows;
    if (!rows) { /* what is stored is known again after a restart */
        event.stored.result = BOOKING_STORED_FAILED;
        event.stored.count = 0;
    }
    sessions_handle(control, &event);
    notices_stored_with(control, ledger_event);
    free(rows);
}

void sessions_ticket_stored(struct control *control, const struct ledger_event *ledger_event)
{
    /* One that is not there is forgotten, too. */
    bool stored = ledger_event->result == LEDGER_OK || ledger_event->result == LEDGER_NOT_FOUND;
    struct booking_event event = {
        .kind = BOOKING_EVENT_TICKET,
        .ticket = {.id = ledger_event->request & ~LEDGER_FOR_TICKET, .stored = stored},
    };
    if (!stored)
        journal_write(control->journal, JOURNAL_ERROR, "a place in the queue could not be stored: %s",
                      ledger_event->why);
    sessions_handle(control, &event);
}

void sessions_tell_rig(struct control *control, struct control_rig *rig)
{
    struct booking_event event = {
        .kind = BOOKING_EVENT_RIG_STATE,
        .rig_state = {.rig = rig->index,
                      .state = service_of(rig->core, rig->closing),
                      .closing = rig->closing},
    };
    if (event.rig_state.state == rig->told && rig->closing == rig->told_closing)
        return;
    rig->told = event.rig_state.state;
    rig->told_closing = rig->closing;
    sessions_handle(control, &event);
}

bool sessions_takes_part(const struct booking *booking, uint64_t account)
{
    if (booking->account == account)
        return true;
    for (size_t i = 0; i < booking->party_count; i++)
        if (booking->party[i] == account)
            return true;
    return false;
}

/* In a class that staff planned whoever is of its group uses it. */
static bool may_use(const struct control *control, const struct booking *booking, uint64_t account)
{
    if (sessions_takes_part(booking, account))
        return true;
    return booking->kind == BOOKING_CLASS && booking->group != BOOKING_NO_GROUP &&
           standings_has(control, account, STANDING_MEMBER,
                         control->lab->timetable.groups[booking->group - 1].name);
}

/* Its session, as long as nobody has used it. */
static const struct booking *unused(const struct control *control, const struct control_rig *rig)
{
    const struct booking *booking = rig->booking ? timetable_find(control->timetable, rig->booking) : NULL;
    return booking && !booking->used ? booking : NULL;
}

static void use(struct control *control, const struct booking *booking)
{
    sessions_handle(control, &(struct booking_event){.kind = BOOKING_EVENT_USED, .used = {booking->id}});
}

bool sessions_may_control(const struct control *control, const struct control_rig *rig, uint64_t account,
                          enum rig_role role)
{
    const struct booking *booking = timetable_live(control->timetable, rig->index);
    return (booking && booking->account == account) || practice_holds(rig, account, rig_session(rig->core)) ||
           role == RIG_TECHNICIAN || (role == RIG_TEACHER && rig->config->any_teacher);
}

void sessions_heard(struct control *control, const struct control_rig *rig, uint64_t account)
{
    const struct booking *booking = unused(control, rig);
    if (booking && may_use(control, booking, account))
        use(control, booking);
}

/* A command acted, whoever gave it. The core's answers come in the middle of an event of the timetable's,
 * which therefore hears of them in the next turn. */
static void tell_commanded(struct control *control, struct control_rig *rig)
{
    const struct booking *booking = rig->commanded ? unused(control, rig) : NULL;
    rig->commanded = false;
    if (booking)
        use(control, booking);
}

int64_t sessions_tick(struct control *control)
{
    for (size_t i = 0; i < control->rig_count; i++) {
        if (control->rigs[i].plant) /* simulators are not in the timetable */
            continue;
        sessions_tell_rig(control, &control->rigs[i]);
        tell_commanded(control, &control->rigs[i]);
    }
    /* "Within a second" is counted from when it was said first. */
    int64_t due = timetable_next_deadline(control->timetable, now_of(control));
    if (control->booking_due < due)
        due = control->booking_due;
    if (due <= control->now) {
        sessions_handle(control, &(struct booking_event){.kind = BOOKING_EVENT_TIME});
        due = timetable_next_deadline(control->timetable, now_of(control));
    }
    control->booking_due = due;
    return due;
}

static void load_ticket(struct control *control, const struct ledger_ticket *row)
{
    struct timetable_ticket place;
    struct booking offered;
    ticket_from_row(control, row, &place, &offered);
    struct standings_fitness fit = standings_fit(control, place.account, place.group);
    place.qualified = fit.qualified;
    place.rehearsed = fit.rehearsed;
    if (timetable_load_ticket(control->timetable, &place))
        return;
    journal_write(control->journal, JOURNAL_WARNING,
                  "place %llu in the queue is for %s, which is not configured: it is dropped",
                  (unsigned long long)row->id, row->rig[0] ? row->rig : row->capability);
    ledger_drop_ticket(control->ledger, LEDGER_FOR_TICKET | row->id, row->id);
}

bool sessions_load(struct control *control, struct ledger_contents *contents, char *why, size_t why_size)
{
    if (!timetable_make(control, contents, why, why_size))
        return false;
    if (!standings_load(control, contents)) {
        snprintf(why, why_size, "no memory for who is in which group");
        return false;
    }
    notices_load(control, contents);
    feeds_load(control, contents);
    for (size_t i = 0; i < contents->booking_count; i++) {
        struct booking booking;
        booking_from_row(control, &contents->bookings[i], &booking);
        if (booking.rig == BOOKING_ANY_RIG)
            journal_write(control->journal, JOURNAL_WARNING,
                          "booking %llu is for rig %s, which is not configured",
                          (unsigned long long)booking.id, contents->bookings[i].rig);
        else if (!timetable_load(control->timetable, &booking))
            journal_write(control->journal, JOURNAL_ERROR,
                          "booking %llu of rig %s does not fit the timetable", (unsigned long long)booking.id,
                          contents->bookings[i].rig);
    }
    timetable_believe_ticket(control->timetable, contents->last_ticket);
    for (size_t i = 0; i < contents->ticket_count; i++)
        load_ticket(control, &contents->tickets[i]);
    return true;
}
