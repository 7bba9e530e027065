/* bind.c - which rig a booking is on: named ones are bound, those of a capability float until they begin.
 *
 * Assigning early, so that everybody has a place for certain, and binding late, so that nobody's place is
 * more particular than they asked for, is what Sahara Labs did (docs/timetable.md). */
#include "gateway/booking/timetable_private.h"

#include <string.h>

#define MOVES_MAX 16             /* bookings that one wish may move */
#define SOON      INT64_C(60000) /* ms in which a rig that is unavailable may not have returned */

uint64_t rig_bit(uint16_t capability)
{
    return capability >= 1 && capability <= 64 ? UINT64_C(1) << (capability - 1) : 0;
}

/* What begins soon does not begin on a rig that is out until a technician says otherwise. */
bool rig_is_out(const struct timetable *timetable, uint16_t rig, int64_t starts, int64_t now)
{
    return timetable->rigs[rig].state == BOOKING_RIG_QUARANTINED &&
           starts <= now + timetable->setup.rehome_ahead;
}

uint16_t bind_find(const struct timetable *timetable, uint64_t capabilities, int64_t starts, int64_t ends,
                   uint16_t but_rig, const struct entry *but, int64_t now)
{
    uint16_t best = BOOKING_ANY_RIG;
    for (uint16_t rig = 0; capabilities != 0 && rig < timetable->rig_count; rig++) {
        const struct rig_table *table = &timetable->rigs[rig];
        bool able = (table->policy.capabilities & capabilities) == capabilities;
        bool fewer = best == BOOKING_ANY_RIG || table->coming.count < timetable->rigs[best].coming.count;
        if (rig == but_rig || !able || !fewer || rig_is_out(timetable, rig, starts, now))
            continue;
        bool returns = table->state == BOOKING_RIG_READY || (!table->waited && starts > now + SOON);
        if (!returns || (table->policy.longest > 0 && ends - starts > table->policy.longest))
            continue;
        if (timetable_in_the_way(timetable, rig, starts - table->policy.setup, ends + table->policy.teardown,
                                 but) == NULL)
            best = rig;
    }
    return best;
}

uint16_t bind_elsewhere(const struct timetable *timetable, const struct entry *entry, int64_t now)
{
    const struct booking *booking = &entry->booking;
    uint64_t wanted = rig_bit(booking->capability);
    const struct booking_policy *policy = timetable_policy(timetable, booking);
    if (wanted == 0 && policy != NULL && policy->substitute)
        wanted = timetable->rigs[booking->rig].policy.capabilities;
    return bind_find(timetable, wanted, booking->starts, booking->ends, booking->rig, entry, now);
}

/* It takes over what that rig needs before and after. */
static void place_on(struct timetable *timetable, struct entry *entry, uint16_t rig)
{
    entry->booking.rig = rig;
    entry->booking.setup = timetable->rigs[rig].policy.setup;
    entry->booking.teardown = timetable->rigs[rig].policy.teardown;
}

void entry_left(struct entry *entry, const struct booking *before)
{
    if (entry->left.rig != BOOKING_ANY_RIG)
        return;
    entry->left.rig = before->rig;
    entry->left.setup = before->setup;
    entry->left.teardown = before->teardown;
}

bool entry_move(struct timetable *timetable, struct entry *entry, uint16_t rig)
{
    struct booking before = entry->booking;
    entry_let_go(timetable, entry);
    place_on(timetable, entry, rig);
    if (entry_hold(timetable, entry) == TIMELINE_OK)
        return true;
    entry->booking = before;
    entry_hold(timetable, entry); /* it was there a moment ago */
    return false;
}

/* ---- making room --------------------------------------------------------------------------------------- */

static bool is_new(const struct entry *entry)
{
    return entry->booking.id == 0;
}

static bool may_move(const struct entry *entry, const struct entry *whose, int64_t now)
{
    const struct booking *booking = &entry->booking;
    bool waits = booking->state == BOOKING_CONFIRMED || booking->state == BOOKING_PENDING ||
                 (is_new(entry) && booking->state == BOOKING_TENTATIVE && booking->capability != 0);
    bool displaced =
        whose->booking.kind == BOOKING_MAINTENANCE && booking->kind != BOOKING_MAINTENANCE && !is_new(entry);
    return waits && booking->ticket == 0 && entry->left.rig == BOOKING_ANY_RIG && booking->starts > now &&
           (booking->capability != BOOKING_NO_CAPABILITY || displaced);
}

/* What moves twice may go where somebody has left meanwhile: the ledger hears of it after them. False: it
 * cannot, as one of them went where it was at first, and so must come after it. */
static bool move_last(struct timetable *timetable, struct entry *entry, struct entry_list *moved)
{
    int64_t from = entry->booking.starts - entry->setup_before;
    int64_t until = entry->booking.ends + entry->teardown_before;
    size_t at = 0;
    while (moved->list[at] != entry)
        at++;
    for (size_t i = at + 1; i < moved->count; i++)
        if (entry_would_meet(timetable, moved->list[i], entry->moved_from, from, until))
            return false;
    memmove(moved->list + at, moved->list + at + 1, (moved->count - at - 1) * sizeof(struct entry *));
    moved->list[moved->count - 1] = entry;
    return true;
}

/* It is noted where it was, once. */
static bool note_move(struct timetable *timetable, struct entry *entry, struct entry_list *moved)
{
    if (is_new(entry))
        return true;
    if (entry->moved_from != BOOKING_ANY_RIG)
        return move_last(timetable, entry, moved);
    if (!entries_insert(moved, moved->count, entry))
        return false;
    entry_note_place(entry);
    return true;
}

/* One booking goes elsewhere, or, for maintenance, goes. */
static bool send_away(struct timetable *timetable, struct entry *entry, const struct entry *whose,
                      int64_t now, struct entry_list *moved)
{
    if (!may_move(entry, whose, now))
        return false;
    uint16_t rig = bind_elsewhere(timetable, entry, now);
    if (rig != BOOKING_ANY_RIG && note_move(timetable, entry, moved))
        return entry_move(timetable, entry, rig);
    bool must_go = whose->booking.kind == BOOKING_MAINTENANCE && !is_new(entry) &&
                   entry->booking.kind != BOOKING_MAINTENANCE;
    bool noted = entry->moved_from != BOOKING_ANY_RIG; /* one that goes may stand where it is */
    if (!must_go || (!noted && !note_move(timetable, entry, moved)))
        return false;
    entry_let_go(timetable, entry);
    return true;
}

static enum booking_result make_room(struct timetable *timetable, struct entry *entry, uint16_t rig,
                                     int64_t now, struct entry_list *moved, const struct booking **conflict)
{
    size_t most = entry->booking.kind == BOOKING_MAINTENANCE ? SIZE_MAX : MOVES_MAX;
    place_on(timetable, entry, rig);
    const struct booking *booking = &entry->booking;
    for (size_t moves = 0; moves <= most; moves++) {
        booking_attend(&timetable->setup.attend);
        struct entry *other = timetable_in_the_way(timetable, rig, booking->starts - booking->setup,
                                                   booking->ends + booking->teardown, entry);
        if (other == NULL)
            return entry_hold(timetable, entry) == TIMELINE_OK ? BOOKING_OK : BOOKING_BUSY;
        *conflict = &other->booking;
        if (!send_away(timetable, other, entry, now, moved))
            break;
    }
    return BOOKING_OVERLAPS;
}

enum booking_result bind_entry(struct timetable *timetable, struct entry *entry, int64_t now,
                               struct entry_list *moved, const struct booking **conflict)
{
    struct booking *booking = &entry->booking;
    if (booking->rig != BOOKING_ANY_RIG) {
        if (booking->kind != BOOKING_MAINTENANCE && rig_is_out(timetable, booking->rig, booking->starts, now))
            return BOOKING_OUT_OF_SERVICE;
        return make_room(timetable, entry, booking->rig, now, moved, conflict);
    }
    uint64_t wanted = rig_bit(booking->capability);
    uint16_t rig = bind_find(timetable, wanted, booking->starts, booking->ends, BOOKING_ANY_RIG, NULL, now);
    if (rig != BOOKING_ANY_RIG)
        return make_room(timetable, entry, rig, now, moved, conflict);
    enum booking_result result = BOOKING_OUT_OF_SERVICE;
    for (rig = 0; rig < timetable->rig_count && result != BOOKING_OK; rig++)
        if ((timetable->rigs[rig].policy.capabilities & wanted) != 0 &&
            !rig_is_out(timetable, rig, booking->starts, now))
            result = make_room(timetable, entry, rig, now, moved, conflict);
    return result;
}

/* Where it was, or, when somebody else came there meanwhile, where it is. */
static void put_back(struct timetable *timetable, struct entry *entry)
{
    const struct booking here = entry->booking;
    entry->booking.rig = entry->moved_from;
    entry->booking.setup = entry->setup_before;
    entry->booking.teardown = entry->teardown_before;
    entry->moved_from = BOOKING_ANY_RIG;
    if (entry_hold(timetable, entry) == TIMELINE_OK)
        return;
    entry_left(entry, &entry->booking);
    entry->booking = here;
    bool stays = entry_hold(timetable, entry) == TIMELINE_OK;
    if (!stays) {
        entry->booking.why = BOOKING_WHY_MAINTENANCE;
        entry->booking.charged = false;
        entry_set_state(timetable, entry, BOOKING_CANCELLED);
    }
    entry_changed(timetable, entry);
    entry_note(timetable, entry, stays ? BOOKING_NOTE_MOVED : BOOKING_NOTE_CANCELLED);
}

/* They were all there at the same time, so none is in another's way once each has left where it went. */
void bind_undo(struct timetable *timetable, struct entry_list *moved)
{
    for (size_t i = 0; i < moved->count; i++)
        entry_let_go(timetable, moved->list[i]);
    for (size_t i = 0; i < moved->count; i++)
        put_back(timetable, moved->list[i]);
    moved->count = 0;
}

struct booking bind_row(const struct entry *entry)
{
    struct booking row = entry->booking;
    if (entry->holds)
        return row;
    row.state = BOOKING_CANCELLED;
    row.why = BOOKING_WHY_MAINTENANCE;
    row.charged = false;
    return row;
}
