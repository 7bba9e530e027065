#include "gateway/control/presence.h"

#include "gateway/control/sessions.h"

#include <stdlib.h>

static struct presence_entry *find(struct presence *presence, uint64_t account)
{
    for (size_t i = 0; i < presence->count; i++)
        if (presence->list[i].account == account)
            return &presence->list[i];
    return NULL;
}

static void tell(struct control *control, struct presence_entry *entry, bool present)
{
    struct booking_event event = {
        .kind = BOOKING_EVENT_PRESENT,
        .present = {.account = entry->account, .present = present},
    };
    entry->present = present;
    sessions_handle(control, &event);
}

/* Those whose tickets are gone make room: of the others there are never more than tickets. */
static void forget(struct control *control)
{
    struct presence *presence = &control->presence;
    size_t kept = 0;
    for (size_t i = 0; i < presence->count; i++)
        if (timetable_waits(control->timetable, presence->list[i].account))
            presence->list[kept++] = presence->list[i];
    presence->count = kept;
}

static struct presence_entry *add(struct control *control, uint64_t account)
{
    struct presence *presence = &control->presence;
    if (presence->count == PRESENCE_MAX)
        forget(control);
    if (presence->count == PRESENCE_MAX)
        return NULL;
    presence->list[presence->count] = (struct presence_entry){.account = account};
    return &presence->list[presence->count++];
}

void presence_load(struct control *control)
{
    struct timetable_ticket *tickets = calloc(TIMETABLE_TICKETS_MAX, sizeof *tickets);
    size_t count =
        tickets ? timetable_queue(control->timetable, control->wall, tickets, TIMETABLE_TICKETS_MAX) : 0;
    for (size_t i = 0; i < count; i++)
        if (!find(&control->presence, tickets[i].account))
            add(control, tickets[i].account);
    free(tickets);
}

static void renew(const struct control *control, struct presence_entry *entry)
{
    entry->due = control->now + control->lab->timetable.presence;
}

void presence_heard(struct control *control, uint64_t account)
{
    struct presence_entry *entry = account ? find(&control->presence, account) : NULL;
    if (!entry)
        return;
    renew(control, entry);
    if (!entry->present)
        tell(control, entry, true);
}

void presence_waits(struct control *control, uint64_t account)
{
    struct presence_entry *entry = find(&control->presence, account);
    if (!entry)
        entry = add(control, account);
    if (!entry)
        return;
    renew(control, entry);
    entry->present = true; /* as the timetable takes whoever asks for a ticket to be */
}

int64_t presence_tick(struct control *control)
{
    struct presence *presence = &control->presence;
    int64_t next = INT64_MAX;
    bool gone = false;
    for (size_t i = 0; i < presence->count; i++) {
        struct presence_entry *entry = &presence->list[i];
        if (entry->present && entry->due <= control->now) {
            tell(control, entry, false);
            gone = true;
        }
        if (entry->present && entry->due < next)
            next = entry->due;
    }
    if (gone)
        forget(control);
    return next;
}
