/* timetable_private.h - what the files of the timetable share. */
#ifndef GATEWAY_BOOKING_TIMETABLE_PRIVATE_H
#define GATEWAY_BOOKING_TIMETABLE_PRIVATE_H

#include "gateway/booking/timeline.h"
#include "gateway/booking/timetable.h"

#define BOOKING_MILLISECOND 1000000
#define BOOKING_RETRY                                                                                        \
    ((int64_t)1000 * BOOKING_MILLISECOND) /* after the ledger failed, or there was no memory */

struct entry {
    struct booking booking; /* first: a view of an entry is its booking */
    bool holds;             /* is in the timelines of its rig and of what the rig shares */
    int64_t retry;          /* monotonic: no STORE before */
    int64_t until;          /* LIVE and begun: monotonic end */
};

struct entry_list {
    struct entry **list;
    size_t count, room;
};

/* A STORE that is on its way. */
struct flight {
    uint64_t ticket;
    uint64_t request; /* who waits for it; 0: nobody */
    enum booking_state wanted;
    bool is_new;
    size_t count;
    struct booking *rows;
    struct entry *entries[];
};

struct flight_list {
    struct flight **list;
    size_t count, room;
};

struct rig_table {
    struct timetable_rig policy;
    /* What holds time: tentative, confirmed, live, and ended until that is stored. Owners are entries. */
    struct timeline coming;
    int64_t latest_live; /* latest start of any that was live: a clock set back does not hide it */
};

/* Entries by account and key: open addressing, never more than half full. */
struct key_table {
    struct entry **slots;
    size_t room, count;
};

struct timetable {
    struct rig_table *rigs;
    size_t rig_count;
    struct timeline *shared;
    size_t shared_count;
    struct entry_list by_id; /* stored ones, of every state */
    struct key_table keys;   /* of those */
    struct flight_list flights;
    int64_t newest;
    uint64_t next_session, next_ticket;
};

/* entries.c: the lists. */
bool entries_insert(struct entry_list *entries, size_t at, struct entry *entry); /* false: no memory */
bool entries_reserve(struct entry_list *entries, size_t more);
size_t entries_find_id(const struct entry_list *by_id, uint64_t id); /* where it is or would be */
struct entry *timetable_entry(const struct timetable *timetable, uint64_t id);
bool keys_reserve(struct key_table *keys, size_t more);     /* false: no memory */
void keys_add(struct key_table *keys, struct entry *entry); /* room was reserved; none without a key */
void keys_rebuild(struct key_table *keys, const struct entry_list *entries);
bool keys_match(const struct booking *booking, uint64_t account, const char *key);
struct entry *keys_find(const struct key_table *keys, uint64_t account, const char *key);

/* hold.c: the time that entries hold. */
int64_t entry_busy_from(const struct entry *entry);
int64_t entry_busy_until(const struct entry *entry);
bool entry_is_settled(const struct entry *entry); /* ended or cancelled */
/* Whoever holds the rig, or what it shares, between these times, set-up and tear-down included. NULL: it is
 * free. */
const struct entry *timetable_in_the_way(const struct timetable *timetable, uint16_t rig, int64_t from,
                                         int64_t until);
/* Holds the rig and what it shares, or nothing. */
enum timeline_result entry_hold(struct timetable *timetable, struct entry *entry);
void entry_let_go(struct timetable *timetable, struct entry *entry);
void entry_set_state(struct timetable *timetable, struct entry *entry, enum booking_state state);
/* The entry's end has become earlier. What ended as it began keeps a moment, until that is stored. */
void entry_shorten(struct timetable *timetable, struct entry *entry);

/* actions.c. The list has room: timetable_actions_bound() counts what one event asks for. */
struct booking_action *action_add(struct booking_actions *actions, enum booking_action_kind kind,
                                  const struct booking *booking);
struct booking_action *action_answer(struct booking_actions *actions, uint64_t request,
                                     enum booking_result result, const struct booking *booking);
/* Asks the ledger to make the entries `wanted`; what they are here changes with the ledger's event. False: no
 * memory. */
bool flight_start(struct timetable *timetable, struct entry *const *entries, size_t count,
                  enum booking_state wanted, uint64_t request, struct booking_actions *actions);
void entry_store_or_retry(struct timetable *timetable, struct entry *entry, enum booking_state wanted,
                          struct booking_time now, struct booking_actions *actions);
/* Takes it off the list; the caller ends it. NULL: there is none. */
struct flight *flight_take(struct timetable *timetable, uint64_t ticket);
void flight_end(struct flight *flight); /* its entries stay */

/* ask.c, stored.c: one event each. */
void timetable_book(struct timetable *timetable, const struct booking_event *event, struct booking_time now,
                    struct booking_actions *actions);
void timetable_cancel(struct timetable *timetable, const struct booking_event *event, struct booking_time now,
                      struct booking_actions *actions);
void timetable_stored(struct timetable *timetable, const struct booking_event *event, struct booking_time now,
                      struct booking_actions *actions);

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
