/* timetable_private.h - what the files of the timetable share. */
#ifndef GATEWAY_BOOKING_TIMETABLE_PRIVATE_H
#define GATEWAY_BOOKING_TIMETABLE_PRIVATE_H

#include "gateway/booking/people.h"
#include "gateway/booking/queue.h"
#include "gateway/booking/share.h"
#include "gateway/booking/timeline.h"
#include "gateway/booking/timetable.h"

#define BOOKING_MILLISECOND 1000000
#define BOOKING_RETRY                                                                                        \
    ((int64_t)1000 * BOOKING_MILLISECOND) /* after the ledger failed, or there was no memory */

struct entry {
    struct booking booking; /* first: a view of an entry is its booking */
    struct person *person;  /* its holder */
    bool holds;             /* is in the timelines of its rig and of what that shares */
    uint16_t held_rig;
    int64_t held_from, held_until;
    int64_t retry;    /* monotonic: no STORE before */
    int64_t until;    /* LIVE and begun: monotonic end */
    int64_t begun_at; /* LIVE and begun: monotonic */
    double charge;    /* seconds that its shares were charged at `charged_at` for its session */
    int64_t charged_at;
    uint64_t asked;                /* who hears that it has ended when the ledger is told of it; 0: nobody */
    bool unsaved;                  /* it changed at once; the ledger hears of it after */
    bool waits;                    /* is in the list of those with something unsaved or a note */
    bool warned;                   /* its holder knows that it is not used, or that its rig is out */
    enum booking_note note;        /* to be told; while unsaved it goes with what tells the ledger */
    enum booking_note stored_note; /* to be told, and stored with what it was about */
    uint16_t moved_from;           /* while its new rig is on its way to the ledger with what made it move */
    int64_t setup_before, teardown_before; /* there */
    int64_t starts_before, ends_before;
    /* Where the ledger has it as long as it has not heard that it moved at once; BOOKING_ANY_RIG: nowhere
     * else. */
    struct {
        uint16_t rig;
        int64_t setup, teardown;
    } left;
    struct entry *next; /* that waits */
    uint64_t party[];
};

struct entry_list {
    struct entry **list;
    size_t count, room;
};

/* What a STORE of bookings that are there changes, when it has been stored. */
enum change {
    CHANGE_NOTHING, /* it has taken effect already */
    CHANGE_STATE,   /* and why, and whether it is charged */
    CHANGE_LIVE,    /* with a session's number */
    CHANGE_END,
    CHANGE_HOLDER,
    CHANGE_PLACE, /* it is there already, and keeps where it was until the ledger has answered */
    CHANGE_NEW,   /* new ones, behind those that made room */
};

/* A STORE that is on its way. */
struct flight {
    uint64_t ticket;
    uint64_t request; /* who waits for it; 0: nobody */
    uint64_t offer;   /* the queue's ticket whose offer is taken with it; 0: none */
    enum change change;
    bool had_unsaved;
    size_t moved; /* NEW: how many make room, in front */
    size_t count;
    struct booking *rows;
    enum booking_note *notes; /* of each row */
    bool carries;             /* they are of what took effect before it */
    struct entry *entries[];
};

struct flight_list {
    struct flight **list;
    size_t count, room;
};

struct rig_table {
    struct timetable_rig policy;
    /* What holds time: tentative, pending, offered, confirmed, live, and ended until that is stored. Owners
     * are entries. */
    struct timeline coming;
    int64_t latest_live; /* latest start of any that was live: a clock set back does not hide it */
    enum booking_rig_state state;
    int64_t out_since;  /* monotonic, when it is not ready */
    int64_t back_since; /* monotonic, while people are still to be told that it is ready; 0: they are not */
    bool waited;        /* it has not been ready for a minute or longer, when that was last looked at */
    bool closing;
};

/* Entries by account and key: open addressing, never more than half full. */
struct key_table {
    struct entry **slots;
    size_t room, count;
};

struct timetable {
    struct timetable_setup setup; /* what it points to is copied, or the caller's (timetable.h) */
    struct rig_table *rigs;
    size_t rig_count;
    struct timeline *shared;
    size_t shared_count;
    uint64_t capabilities;        /* of all rigs */
    struct entry_list by_id;      /* stored ones, of every state */
    struct entry_list by_session; /* those that were ever live */
    struct key_table keys;        /* of those */
    struct people people;
    struct share *schools; /* one more than there are: of who books for no group */
    struct share *groups;  /* likewise */
    struct queue queue;
    struct flight_list flights;
    struct entry *waiting, **waiting_end;
    int64_t newest;
    uint64_t next_session, next_ticket;
};

/* entries.c: the lists. */
bool entries_insert(struct entry_list *entries, size_t at, struct entry *entry); /* false: no memory */
bool entries_reserve(struct entry_list *entries, size_t more);
size_t entries_find_id(const struct entry_list *by_id, uint64_t id); /* where it is or would be */
size_t entries_find_session(const struct entry_list *by_session, uint64_t session);
struct entry *timetable_entry(const struct timetable *timetable, uint64_t id);
bool keys_reserve(struct key_table *keys, size_t more);     /* false: no memory */
void keys_add(struct key_table *keys, struct entry *entry); /* room was reserved; none without a key */
void keys_rebuild(struct key_table *keys, const struct entry_list *entries,
                  const struct booking_attend *attend);
bool keys_match(const struct booking *booking, uint64_t account, const char *key);
struct entry *keys_find(const struct key_table *keys, uint64_t account, const char *key);
/* Of a booking whose party is copied; it is on its holder's list. NULL: no memory. */
struct entry *entry_create(struct timetable *timetable, const struct booking *booking);
/* Lets its time go. */
void entry_destroy(struct timetable *timetable, struct entry *entry);
/* Another holder; without memory it stays whose it is. */
void entry_give(struct timetable *timetable, struct entry *entry, uint64_t account, uint16_t group);

/* hold.c: the time that entries hold. */
bool entry_is_settled(const struct entry *entry); /* ended or cancelled */
/* Whoever holds the rig, or what it shares, between these times, set-up and tear-down included, but for one.
 * NULL: it is free. */
struct entry *timetable_in_the_way(const struct timetable *timetable, uint16_t rig, int64_t from,
                                   int64_t until, const struct entry *but);
/* Whether what an entry holds would be in the way of that time on another rig. */
bool entry_would_meet(const struct timetable *timetable, const struct entry *entry, uint16_t rig,
                      int64_t from, int64_t until);
/* Whether two wishes, each of which names its rig, could not both be had: set-up and tear-down count, and
 * what their rigs share. */
bool places_meet(const struct timetable *timetable, const struct booking_wish *place,
                 const struct booking_wish *other);
/* Holds the rig and what it shares, or nothing. */
enum timeline_result entry_hold(struct timetable *timetable, struct entry *entry);
void entry_let_go(struct timetable *timetable, struct entry *entry);
void entry_set_state(struct timetable *timetable, struct entry *entry, enum booking_state state);
/* What it holds reaches to another end of the booking; earlier ones always fit. What ended as it began keeps
 * a moment, until that is stored. */
bool entry_hold_until(struct timetable *timetable, struct entry *entry, int64_t ends);
/* Notes where it is: until `moved_from` is BOOKING_ANY_RIG again that place is nobody else's. */
void entry_note_place(struct entry *entry);

/* actions.c. The list has room: timetable_actions_bound() counts what one event asks for. */
struct booking_action *action_add(struct booking_actions *actions, enum booking_action_kind kind,
                                  const struct booking *booking);
struct booking_action *action_answer(struct booking_actions *actions, uint64_t request,
                                     enum booking_result result, const struct booking *booking);
bool actions_have_room(const struct booking_actions *actions, size_t more);
/* Asks the ledger; `rows` are the entries as they are to be, NULL: as they are. NULL: no memory. */
struct flight *flight_start(struct timetable *timetable, struct entry *const *entries,
                            const struct booking *rows, size_t count, enum change change, uint64_t request,
                            struct booking_actions *actions);
/* One entry that is there, as `wanted`. False: no memory. */
bool flight_change(struct timetable *timetable, struct entry *entry, const struct booking *wanted,
                   enum change change, uint64_t request, struct booking_actions *actions);
/* Takes it off the list; the caller ends it. NULL: there is none. */
struct flight *flight_take(struct timetable *timetable, uint64_t ticket);
void flight_end(struct flight *flight); /* its entries stay */
/* What its people are told is stored with it, or is to be told still. */
void flight_notes_stored(struct timetable *timetable, const struct flight *flight, bool stored);

/* waiting.c: what changed at once is stored after, and notes are given out, as there is room. */
void entry_changed(struct timetable *timetable, struct entry *entry);
void entry_note(struct timetable *timetable, struct entry *entry, enum booking_note note);
/* Stored already, with what it is about. */
void entry_note_stored(struct timetable *timetable, struct entry *entry, enum booking_note note);
/* Says yes to whoever asked for its end: from now on its time can be had. */
void entry_answer_end(struct entry *entry, struct booking_actions *actions);
/* Tells the ledger of it now. False: no memory, it is tried again. */
bool entry_send(struct timetable *timetable, struct entry *entry, struct booking_time now,
                struct booking_actions *actions);
void timetable_settle(struct timetable *timetable, struct booking_time now, struct booking_actions *actions);
bool timetable_is_settling(const struct timetable *timetable, struct booking_time now, int64_t *due);
void timetable_unwait(struct timetable *timetable, struct entry *entry);

/* attempt.c: a bundle that is being put together. */
struct attempt {
    struct timetable *timetable;
    const struct booking_event *event;
    int64_t now;
    const struct entry *repeat; /* a booking with this key is there already, so nothing is held */
    struct entry_list moved;    /* to make room */
    struct entry_list made;     /* in the order of the wishes */
    enum booking_result result; /* of what was added last */
    enum policy_option option;
    const struct booking *conflict;
};
struct attempt attempt_begin(struct timetable *timetable, const struct booking_event *event, int64_t now);
/* One wish more: it holds its time, or `result` says why not. */
void attempt_add(struct attempt *attempt, const struct booking_wish *wish);
/* All of it is given back, what moved returns. */
void attempt_forget(struct attempt *attempt);
void attempt_finish(struct attempt *attempt); /* its memory */
/* Whose request it is, as keys know it: of the first wish's holder. */
uint64_t attempt_holder(const struct booking_event *event);
/* The request with this key that is on its way. */
struct flight *flight_of_key(const struct timetable *timetable, uint64_t account, const char *key);

/* One event each: ask.c, */
void timetable_book(struct timetable *timetable, const struct booking_event *event, struct booking_time now,
                    struct booking_actions *actions);
/* change.c: one that may change now; NULL: it was refused, */
struct entry *timetable_take(struct timetable *timetable, const struct booking_event *event, uint64_t id,
                             struct booking_actions *actions);
void timetable_cancel(struct timetable *timetable, const struct booking_event *event, struct booking_time now,
                      struct booking_actions *actions);
void timetable_extend(struct timetable *timetable, const struct booking_event *event, struct booking_time now,
                      struct booking_actions *actions);
void timetable_shorten(struct timetable *timetable, const struct booking_event *event,
                       struct booking_time now, struct booking_actions *actions);
void timetable_transfer(struct timetable *timetable, const struct booking_event *event,
                        struct booking_time now, struct booking_actions *actions);
void timetable_approve(struct timetable *timetable, const struct booking_event *event,
                       struct booking_time now, struct booking_actions *actions);
void timetable_use(struct timetable *timetable, uint64_t booking);
/* move.c, */
void timetable_move(struct timetable *timetable, const struct booking_event *event, struct booking_time now,
                    struct booking_actions *actions);
/* One that has moved goes back to the place that it noted. */
void entry_return(struct timetable *timetable, struct entry *entry);
/* stored.c, */
void timetable_stored(struct timetable *timetable, const struct booking_event *event, struct booking_time now,
                      struct booking_actions *actions);
/* tickets.c */
void timetable_enqueue(struct timetable *timetable, const struct booking_event *event,
                       struct booking_time now, struct booking_actions *actions);
void timetable_leave(struct timetable *timetable, const struct booking_event *event,
                     struct booking_actions *actions);
void timetable_ticket_stored(struct timetable *timetable, const struct booking_event *event,
                             struct booking_time now, struct booking_actions *actions);
/* What it asks for, as a booking on a rig, or on none yet. */
struct booking ticket_booking(const struct queue_ticket *ticket, uint16_t rig, int64_t starts, int64_t ends);
/* Whether it could be booked now. */
enum booking_result ticket_check(const struct timetable *timetable, const struct queue_ticket *ticket,
                                 int64_t now, const struct entry *but, enum policy_option *option);
/* Whoever asks has it, and it waits. NULL: it was refused. */
struct queue_ticket *ticket_own(struct timetable *timetable, const struct booking_event *event,
                                struct booking_actions *actions);
void ticket_drop_offer(struct timetable *timetable, struct queue_ticket *ticket);
/* Tells the ledger of what has changed, if it is time to. */
void ticket_send(struct queue_ticket *ticket, struct booking_time now, struct booking_actions *actions);
struct timetable_ticket ticket_place(const struct queue_ticket *ticket);
/* offers.c */
void timetable_take_offer(struct timetable *timetable, const struct booking_event *event,
                          struct booking_time now, struct booking_actions *actions);
/* What was offered on a rig is not there any more; who was offered it waits again. */
void timetable_withdraw(struct timetable *timetable, uint16_t rig);
bool timetable_queue_due(const struct timetable *timetable, struct booking_time now, int64_t *due);
/* Ends what is over, offers what is free, and tells the ledger of places that have changed. */
void timetable_serve(struct timetable *timetable, struct booking_time now, struct booking_actions *actions);
/* Whether somebody else waits for what this rig could give. */
bool timetable_is_wanted(const struct timetable *timetable, uint16_t rig, uint64_t but);

/* The tickets as they are served. */
size_t timetable_queue_order(const struct timetable *timetable, int64_t wall, uint64_t ids[QUEUE_MAX]);

/* rules.c: what may be asked, apart from room. */
const struct booking_policy *policy_of(const struct timetable *timetable, uint16_t group, bool *known);
/* Sums of its times mean something. Of what is asked for with a wish nobody has looked at that yet. */
bool wish_is_sound(const struct booking_wish *wish);
enum booking_result rules_interval(const struct timetable *timetable, const struct timetable_rig *rig,
                                   int64_t starts, int64_t ends, int64_t now);
/* Whether that day is one without classes. */
bool rules_holiday(const struct timetable *timetable, int64_t instant);
struct rules_person {
    const struct person *person;
    uint16_t group;
    bool qualified, rehearsed, planned;
    const struct booking_wish *beside; /* counts as theirs, though it is not in the timetable yet */
    size_t beside_count;
    const struct booking_wish *apart; /* of those one that does not count; NULL: all do */
    uint64_t asker;                   /* whose those are that name nobody */
};
/* `but`: a booking that is not counted. *option is touched only by a refusal of the policy's. */
enum booking_result rules_policy(const struct timetable *timetable, const struct rules_person *who,
                                 const struct booking *wish, const struct entry *but, int64_t now,
                                 enum policy_option *option);
/* What it is once it is granted: pending where its group's policy asks for approval and no scheduler planned
 * it. */
enum booking_state rules_granted(const struct timetable *timetable, const struct booking *booking,
                                 bool planned);
/* A later end: it goes against what is about length in the policy of its group. */
enum booking_result rules_extension(const struct timetable *timetable, const struct entry *entry,
                                    int64_t ends, bool planned, enum policy_option *option);

/* Somebody who is in `people`, as holder or party, and in another booking in that time, but for one; set-up
 * and tear-down are no time of people's. NULL: all are free. */
const struct entry *timetable_people_busy(const struct timetable *timetable, const struct booking *people,
                                          int64_t starts, int64_t ends, const struct entry *but);

/* bind.c: which rig. */
uint64_t rig_bit(uint16_t capability);
bool rig_is_out(const struct timetable *timetable, uint16_t rig, int64_t starts, int64_t now);
/* Of the rigs with all these capabilities that are free for it the one with the fewest bookings;
 * BOOKING_ANY_RIG: none. */
uint16_t bind_find(const struct timetable *timetable, uint64_t capabilities, int64_t starts, int64_t ends,
                   uint16_t but_rig, const struct entry *but, int64_t now);
/* The rigs that a booking of another's place may be on instead. */
uint16_t bind_elsewhere(const struct timetable *timetable, const struct entry *entry, int64_t now);
/* Whose move the ledger has still to hear of; where it was when it has not heard of an earlier one either. */
void entry_left(struct entry *entry, const struct booking *before);
bool entry_move(struct timetable *timetable, struct entry *entry, uint16_t rig);
/* Puts a new entry on its rig, or on one of its capability; floating bookings that are in the way move to
 * other rigs, and for maintenance everything that has not begun moves or is cancelled. Those are added to
 * `moved`. *conflict: who is in the way. */
enum booking_result bind_entry(struct timetable *timetable, struct entry *entry, int64_t now,
                               struct entry_list *moved, const struct booking **conflict);
/* They go back to where they were, or stay where they are if that is taken. */
void bind_undo(struct timetable *timetable, struct entry_list *moved);
/* What the ledger is to be told of one that made room. */
struct booking bind_row(const struct entry *entry);

/* alternatives.c: as timetable_alternatives() of seeker.c, where only those count that a filter lets pass. */
struct alternatives_filter {
    bool (*suits)(const void *context, uint16_t rig, int64_t starts, int64_t ends); /* NULL: all do */
    const void *context;
    bool asks_for_rig;                 /* false: what it says of a time it says for every rig */
    const struct booking_wish *beside; /* is to be had, too; each names its rig */
    size_t beside_count;
};
size_t alternatives_find(const struct timetable *timetable, const struct booking_wish *wish, int64_t now,
                         const struct alternatives_filter *filter,
                         struct booking_wish alternatives[TIMETABLE_ALTERNATIVES_MAX]);

/* shares.c: what sessions cost their school, group and holder. */
void shares_begin(struct timetable *timetable, struct entry *entry, int64_t wall);
void shares_end(struct timetable *timetable, struct entry *entry);
/* At the start: what it used. */
void shares_load(struct timetable *timetable, struct entry *entry);
struct share_rank shares_rank(const struct timetable *timetable, const struct person *person, uint16_t group,
                              int64_t wall, int64_t asked, uint64_t id);

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
/* rehome.c: its moves take effect at once, and the same event has room to tell of them. */
#define REHOME_ACTIONS 8
void timetable_rig_state(struct timetable *timetable, const struct booking_event *event,
                         struct booking_time now);
void timetable_rehome(struct timetable *timetable, struct booking_time now);

#endif
