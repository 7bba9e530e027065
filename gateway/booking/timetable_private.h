/* timetable_private.h - what the files of the timetable share. */
#ifndef GATEWAY_BOOKING_TIMETABLE_PRIVATE_H
#define GATEWAY_BOOKING_TIMETABLE_PRIVATE_H

#include "gateway/booking/timetable.h"

#define BOOKING_MILLISECOND 1000000
#define BOOKING_RETRY                                                                                        \
    ((int64_t)1000 * BOOKING_MILLISECOND) /* after the ledger failed, or there was no memory */

struct entry {
    struct booking booking;    /* first: a view of an entry is its booking */
    bool holds;                /* is in its rig's list */
    enum booking_state wanted; /* what the STORE on its way asks for */
    uint64_t request;          /* who waits for it; 0: nobody */
    int64_t retry;             /* monotonic: no STORE before */
    int64_t until;             /* LIVE and begun: monotonic end */
};

struct entry_list {
    struct entry **list;
    size_t count, room;
};

struct rig_table {
    struct timetable_rig policy;
    struct entry_list
        coming; /* what holds time: tentative, confirmed, live, and ended until that is stored; by start */
};

struct timetable {
    struct rig_table *rigs;
    size_t rig_count;
    struct entry_list by_id;     /* stored ones, of every state */
    struct entry_list in_flight; /* a STORE is on its way */
    int64_t newest;
    uint64_t next_session, next_ticket;
};

/* entries.c: the lists. */
bool entries_insert(struct entry_list *entries, size_t at, struct entry *entry); /* false: no memory */
void entries_remove(struct entry_list *entries,
                    const struct entry *entry);                      /* none happens when it is not there */
size_t entries_find_id(const struct entry_list *by_id, uint64_t id); /* where it is or would be */

int64_t entry_busy_from(const struct entry *entry);
int64_t entry_busy_until(const struct entry *entry);
/* How many of a rig's entries begin to be busy before this time. */
size_t entries_before(const struct entry_list *coming, int64_t time);
bool entry_is_settled(const struct entry *entry); /* ended or cancelled */
struct entry *timetable_entry(const struct timetable *timetable, uint64_t id);

/* actions.c. The list has room: timetable_actions_bound() counts what one event asks for. */
struct booking_action *action_add(struct booking_actions *actions, enum booking_action_kind kind,
                                  const struct booking *booking);
void action_answer(struct booking_actions *actions, uint64_t request, enum booking_result result,
                   const struct booking *booking);
/* Asks the ledger to make the booking `wanted`; what it is here changes with the ledger's event. False: no
 * memory. */
bool entry_store(struct timetable *timetable, struct entry *entry, enum booking_state wanted,
                 struct booking_actions *actions);
void entry_store_or_retry(struct timetable *timetable, struct entry *entry, enum booking_state wanted,
                          struct booking_time now, struct booking_actions *actions);

/* advance.c */
/* Takes effect at once; the ledger hears of it after. */
void entry_end_session(struct timetable *timetable, struct entry *entry, struct booking_time now,
                       struct booking_actions *actions);
/* One step of one entry: two actions at most. */
void entry_advance(struct timetable *timetable, struct entry *entry, struct booking_time now,
                   struct booking_actions *actions);
/* Live sessions first; of the rest as many as there is room for, the others with the next event. */
void timetable_pass_time(struct timetable *timetable, struct booking_time now,
                         struct booking_actions *actions);

#endif
