/* Who is told what: the words, and what waits until the ledger has room for it. */
#include "gateway/control/attend.h"
#include "gateway/control/notes.h"
#include "gateway/control/notices.h"
#include "gateway/control/requests.h"
#include "gateway/control/standings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define APPROVERS_MOST 20  /* are asked about one booking */
#define APPROVALS_MOST 200 /* bookings of one bundle that they are asked about */
#define ACCOUNTS_SEEN  64  /* between two looks at what cannot wait */
#define STORING_MOST   32  /* at once, so that requests find room in the ledger's queue, too */
#define RETRY          INT64_C(1000000000) /* after the ledger could not store one */
#define FULL           INT64_C(10000000)   /* while its queue is */

/* ---- on their way to the ledger ---------------------------------------------------------------- */

static void put(struct control *control, const struct ledger_notice *notice)
{
    if (!unsent_put(&control->notices.unsent, notice))
        journal_write(control->journal, JOURNAL_ERROR, "a notice about booking %" PRIu64 " is lost: %s",
                      notice->booking, "too much is waiting to be stored");
}

int64_t notices_send(struct control *control)
{
    struct notices *notices = &control->notices;
    const struct ledger_notice *next = unsent_next(&notices->unsent);
    if (control->now < notices->retry)
        return next ? notices->retry : INT64_MAX;
    for (; next && notices->storing < STORING_MOST; next = unsent_next(&notices->unsent)) {
        if (ledger_put_notice(control->ledger, LEDGER_FOR_NOTICE, next) != LEDGER_OK)
            return control->now + FULL;
        unsent_remove(&notices->unsent);
        notices->storing++;
    }
    return INT64_MAX; /* what is stored wakes the loop */
}

void notices_sent(struct control *control, const struct ledger_event *event)
{
    struct notices *notices = &control->notices;
    notices->storing--;
    if (event->result == LEDGER_OK) {
        notices->retry = 0;
        return;
    }
    if (!notices->retry)
        journal_write(control->journal, JOURNAL_ERROR, "a notice was not stored, and is tried again: %s",
                      event->why);
    notices->retry = control->now + RETRY;
    put(control, &event->notice);
}

size_t notices_unstored(const struct control *control)
{
    return control->notices.unsent.count + control->notices.storing;
}

/* ---- the words --------------------------------------------------------------------------------- */

/* Notices on their way: to the ledger with the bookings that they are about, or by themselves. */
struct telling {
    struct control *control;
    const char *reason; /* of the maintenance that did this; NULL: it was none */
    struct ledger_notice *list;
    size_t count, room;
    bool failed; /* no memory for all of them */
};

/* Whoever waits for a capability has no rig yet. */
static const char *what_of(const struct control *control, const struct booking *booking)
{
    if (booking->rig != BOOKING_ANY_RIG)
        return control->rigs[booking->rig].config->spec.name;
    return booking->capability != BOOKING_NO_CAPABILITY
               ? control->lab->timetable.capabilities[booking->capability - 1]
               : "?";
}

/* `more`: so many other bookings that the same is said of. */
static struct ledger_notice word(const struct telling *telling, const struct booking *booking,
                                 enum booking_note note, uint64_t account, size_t more)
{
    struct control *control = telling->control;
    bool is_theirs = note == BOOKING_NOTE_MOVED || note == BOOKING_NOTE_CANCELLED;
    struct ledger_notice notice = {
        .account = account,
        .booking = booking->id,
        .wall = control->wall,
        .kind = (int)note,
        .more = (uint32_t)more,
    };
    int at = snprintf(notice.text, sizeof notice.text, "%s: %s", what_of(control, booking),
                      booking_note_text(note));
    if (telling->reason && is_theirs)
        snprintf(notice.reason, sizeof notice.reason, "%s", telling->reason);
    if (notice.reason[0])
        snprintf(notice.text + at, sizeof notice.text - (size_t)at, " (maintenance: %s)", telling->reason);
    else if (more)
        snprintf(notice.text + at, sizeof notice.text - (size_t)at, ", and %zu more with it", more);
    return notice;
}

static void add(struct telling *telling, const struct ledger_notice *notice, size_t row)
{
    if (telling->count == telling->room) {
        size_t room = telling->room ? 2 * telling->room : 8;
        struct ledger_notice *list = realloc(telling->list, room * sizeof *list);
        if (!list) {
            telling->failed = true;
            return;
        }
        telling->list = list;
        telling->room = room;
    }
    telling->list[telling->count] = *notice;
    telling->list[telling->count++].row = row;
}

/* Somebody's part in a booking. */
struct part {
    uint64_t account;
    const struct booking *booking;
    size_t row; /* of the STORE */
};

static void tell(struct telling *telling, const struct part *part, enum booking_note note, size_t more)
{
    struct ledger_notice notice = word(telling, part->booking, note, part->account, more);
    add(telling, &notice, part->row);
}

/* ---- whom, apart from the holder and the party ---------------------------------------------------- */

/* Those who have the role, in this group or ("") at all; how many there are, at most APPROVERS_MOST. */
static size_t ask_those(struct telling *telling, const struct booking *booking, size_t row,
                        enum rig_role role, const char *group)
{
    struct control *control = telling->control;
    size_t told = 0, count = accounts_count(control->accounts);
    for (size_t i = 0; i < count && told < APPROVERS_MOST; i++) {
        const struct account *account = accounts_at(control->accounts, i);
        if (i % ACCOUNTS_SEEN == 0)
            attend(control);
        if (account->role != role || account->disabled ||
            (group[0] && !standings_has(control, account->id, STANDING_MEMBER, group)))
            continue;
        tell(telling, &(struct part){account->id, booking, row}, BOOKING_NOTE_TO_APPROVE, 0);
        told++;
    }
    return told;
}

/* The group's own where it has any, otherwise whoever has the role. */
static void ask_approval(struct telling *telling, const struct booking *booking, size_t row)
{
    struct control *control = telling->control;
    const struct booking_policy *policy = timetable_policy(control->timetable, booking);
    if (!policy || policy->approval == POLICY_APPROVAL_NONE)
        return;
    enum rig_role role = policy->approval == POLICY_APPROVAL_TEACHER ? RIG_TEACHER : RIG_SCHEDULER;
    const char *group =
        booking->group == BOOKING_NO_GROUP ? "" : control->lab->timetable.groups[booking->group - 1].name;
    if (!ask_those(telling, booking, row, role, group) && group[0])
        ask_those(telling, booking, row, role, "");
}

static void handed_over(struct telling *telling, const struct booking *booking, uint64_t by, uint64_t former)
{
    if (booking->account != by)
        tell(telling, &(struct part){booking->account, booking, 0}, BOOKING_NOTE_GIVEN, 0);
    if (former != by && former != booking->account)
        tell(telling, &(struct part){former, booking, 0}, BOOKING_NOTE_GIVEN_AWAY, 0);
    if (booking->state == BOOKING_PENDING)
        ask_approval(telling, booking, 0);
}

static int by_account(const void *left, const void *right)
{
    const struct part *a = left, *b = right;
    if (a->account != b->account)
        return a->account < b->account ? -1 : 1;
    return (a->booking->starts > b->booking->starts) - (a->booking->starts < b->booking->starts);
}

static size_t take_parts(struct control *control, const struct booking_action *action, struct part *parts)
{
    size_t filled = 0;
    for (size_t i = 0; i < action->count; i++) {
        const struct booking *row = &action->rows[i];
        attend(control);
        if (row->id)
            continue;
        if (parts)
            parts[filled] = (struct part){row->account, row, i};
        filled++;
        for (size_t k = 0; k < row->party_count; k++, filled++)
            if (parts)
                parts[filled] = (struct part){row->party[k], row, i};
    }
    return filled;
}

/* Whoever has a part in what somebody else books, of a bundle once. */
static void booked(struct telling *telling, const struct booking_action *action, uint64_t by)
{
    size_t count = take_parts(telling->control, action, NULL);
    struct part *parts = calloc(count + 1, sizeof *parts);
    if (!parts) {
        telling->failed = true;
        return;
    }
    take_parts(telling->control, action, parts);
    qsort(parts, count, sizeof *parts, by_account);
    for (size_t i = 0, next; i < count; i = next) {
        for (next = i + 1; next < count && parts[next].account == parts[i].account;)
            next++;
        if (parts[i].account != by)
            tell(telling, &parts[i], BOOKING_NOTE_BOOKED, next - i - 1);
    }
    free(parts);
}

/* ---- what is told with a STORE, and by itself ----------------------------------------------------- */

static void tell_asked(struct telling *telling, const struct booking_action *action,
                       const struct pending *pending)
{
    size_t asked = 0;
    if (pending->kind == REQUEST_CHANGE_BOOKING && pending->former_holder)
        handed_over(telling, &action->rows[0], pending->account, pending->former_holder);
    if (pending->kind == REQUEST_CHANGE_BOOKING || pending->kind == REQUEST_MAINTAIN)
        return;
    for (size_t i = 0; i < action->count && asked < APPROVALS_MOST; i++)
        if (!action->rows[i].id && action->rows[i].state == BOOKING_PENDING) {
            ask_approval(telling, &action->rows[i], i);
            asked++;
        }
    booked(telling, action, pending->account);
}

bool notices_with(struct control *control, const struct booking_action *action, struct ledger_with *with)
{
    const struct pending *pending = action->request ? pending_find(control->pending, action->request) : NULL;
    struct telling telling = {.control = control};
    if (pending && pending->kind == REQUEST_MAINTAIN)
        telling.reason = requests_maintenance_reason(pending);
    for (size_t i = 0; i < action->count; i++) {
        const struct booking *row = &action->rows[i];
        if (action->notes[i] == BOOKING_NOTE_NONE)
            continue;
        attend(control);
        tell(&telling, &(struct part){row->account, row, i}, action->notes[i], 0);
        for (size_t k = 0; k < row->party_count; k++)
            tell(&telling, &(struct part){row->party[k], row, i}, action->notes[i], 0);
    }
    if (pending)
        tell_asked(&telling, action, pending);
    if (telling.failed) {
        free(telling.list);
        return false;
    }
    with->notices = telling.list;
    with->notice_count = telling.count;
    return true;
}

void notices_tell(struct control *control, const struct booking_action *action)
{
    const struct booking *booking = &action->booking;
    const struct telling telling = {.control = control};
    notes_event(control, "notice", booking->account,
                booking->rig != BOOKING_ANY_RIG ? &control->rigs[booking->rig] : NULL, "",
                booking_note_name(action->note));
    if (action->is_stored)
        return;
    struct ledger_notice notice = word(&telling, booking, action->note, booking->account, 0);
    put(control, &notice);
    for (size_t i = 0; i < booking->party_count; i++) {
        notice.account = booking->party[i];
        put(control, &notice);
    }
}
