/* Who is told what: the words, and what waits until the ledger has room for it. */
#include "gateway/control/attend.h"
#include "gateway/control/notes.h"
#include "gateway/control/notices.h"
#include "gateway/control/standings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define APPROVERS_MOST 20
#define STORING_MOST   32 /* at once, so that requests find room in the ledger's queue, too */
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

/* Whoever waits for a capability has no rig yet. */
static const char *what_of(const struct control *control, const struct booking *booking)
{
    if (booking->rig != BOOKING_ANY_RIG)
        return control->rigs[booking->rig].config->spec.name;
    return booking->capability != BOOKING_NO_CAPABILITY
               ? control->lab->timetable.capabilities[booking->capability - 1]
               : "?";
}

/* NULL: it is not maintenance that did this. */
static const char *reason_of(const struct control *control, const struct booking *booking,
                             enum booking_note note)
{
    const struct maintenance_told *told = &control->maintenance;
    bool may_be = note == BOOKING_NOTE_MOVED || note == BOOKING_NOTE_CANCELLED;
    for (size_t i = 0; may_be && i < told->count; i++)
        if (told->bookings[i] == booking->id)
            return told->reason;
    return NULL;
}

/* `more`: so many other bookings that the same is said of. The page, which says the kind in its own words,
 * reads both endings (gateway/console/src/views/news/words.ts). */
static void tell(struct control *control, const struct booking *booking, enum booking_note note,
                 uint64_t account, size_t more)
{
    const char *reason = reason_of(control, booking, note);
    struct ledger_notice notice = {
        .account = account,
        .booking = booking->id,
        .wall = control->wall,
        .kind = (int)note,
    };
    int at = snprintf(notice.text, sizeof notice.text, "%s: %s", what_of(control, booking),
                      booking_note_text(note));
    if (reason)
        snprintf(notice.text + at, sizeof notice.text - (size_t)at, " (maintenance: %s)", reason);
    else if (more)
        snprintf(notice.text + at, sizeof notice.text - (size_t)at, ", and %zu more with it", more);
    put(control, &notice);
}

/* ---- whom -------------------------------------------------------------------------------------- */

void notices_tell(struct control *control, const struct booking_action *action)
{
    const struct booking *booking = &action->booking;
    notes_event(control, "notice", booking->account,
                booking->rig != BOOKING_ANY_RIG ? &control->rigs[booking->rig] : NULL, "",
                booking_note_name(action->note));
    tell(control, booking, action->note, booking->account, 0);
    for (size_t i = 0; i < booking->party_count; i++)
        tell(control, booking, action->note, booking->party[i], 0);
}

/* Its teachers where it has any, otherwise whoever has the role. */
void notices_ask_approval(struct control *control, const struct booking *booking)
{
    const struct booking_policy *policy = timetable_policy(control->timetable, booking);
    if (!policy || policy->approval == POLICY_APPROVAL_NONE)
        return;
    enum rig_role role = policy->approval == POLICY_APPROVAL_TEACHER ? RIG_TEACHER : RIG_SCHEDULER;
    const char *group =
        booking->group == BOOKING_NO_GROUP ? "" : control->lab->timetable.groups[booking->group - 1].name;
    size_t told = 0, count = accounts_count(control->accounts);
    for (int members = group[0] != 0; members >= 0 && !told; members--)
        for (size_t i = 0; i < count && told < APPROVERS_MOST; i++) {
            const struct account *account = accounts_at(control->accounts, i);
            bool asked = account->role == role && !account->disabled &&
                         (!members || standings_has(control, account->id, STANDING_MEMBER, group));
            if (asked)
                tell(control, booking, BOOKING_NOTE_TO_APPROVE, account->id, 0);
            told += asked;
        }
}

void notices_transferred(struct control *control, const struct booking *booking, uint64_t by, uint64_t former)
{
    if (booking->account != by)
        tell(control, booking, BOOKING_NOTE_GIVEN, booking->account, 0);
    if (former != by && former != booking->account)
        tell(control, booking, BOOKING_NOTE_GIVEN_AWAY, former, 0);
}

/* Somebody's part in a booking. */
struct part {
    uint64_t account;
    const struct booking *booking;
};

static int by_account(const void *left, const void *right)
{
    const struct part *a = left, *b = right;
    if (a->account != b->account)
        return a->account < b->account ? -1 : 1;
    return (a->booking->starts > b->booking->starts) - (a->booking->starts < b->booking->starts);
}

static size_t take_parts(struct control *control, const struct booking *const *list, size_t count,
                         struct part *parts)
{
    size_t filled = 0;
    for (size_t i = 0; i < count; i++) {
        attend(control);
        if (parts)
            parts[filled] = (struct part){list[i]->account, list[i]};
        filled++;
        for (size_t k = 0; k < list[i]->party_count; k++, filled++)
            if (parts)
                parts[filled] = (struct part){list[i]->party[k], list[i]};
    }
    return filled;
}

void notices_booked(struct control *control, const struct booking *first, uint64_t by)
{
    size_t count = timetable_bundle(control->timetable, first, NULL, 0);
    const struct booking **list = calloc(count, sizeof *list);
    struct part *parts = NULL;
    bool told = false;
    if (!list)
        goto done;
    timetable_bundle(control->timetable, first, list, count);
    size_t part_count = take_parts(control, list, count, NULL);
    parts = calloc(part_count, sizeof *parts);
    if (!parts)
        goto done;
    take_parts(control, list, count, parts);
    qsort(parts, part_count, sizeof *parts, by_account);
    for (size_t i = 0, next; i < part_count; i = next) {
        for (next = i + 1; next < part_count && parts[next].account == parts[i].account;)
            next++;
        if (parts[i].account != by)
            tell(control, parts[i].booking, BOOKING_NOTE_BOOKED, parts[i].account, next - i - 1);
    }
    told = true;
done:
    if (!told)
        journal_write(control->journal, JOURNAL_ERROR,
                      "nobody is told of booking %" PRIu64 " and what was booked with it: no memory",
                      first->id);
    free(parts);
    free(list);
}
