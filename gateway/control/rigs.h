/* rigs.h - the shell around the rigs' cores: events in from links and requests, actions out to links, audit,
 * bus. */
#ifndef GATEWAY_CONTROL_RIGS_H
#define GATEWAY_CONTROL_RIGS_H

#include "gateway/control/lockouts.h"
#include "gateway/control/proof.h"
#include "gateway/control/state.h"

/* Bytes of encoded values in one frame: what an answer holds beside its head and the rig's status. */
#define VALUES_MAX (ENVELOPE_ANSWER_MAX - 16384)

/* Hands one event to a rig's core and carries out what it decides, in its order. */
void rigs_handle(struct control *control, struct control_rig *rig, const struct rig_event *event);
/* Events from the lines: a bounded number, so that requests are served too. True: there are more. */
bool rigs_take_reports(struct control *control);
/* By when to take them though no line has woken the loop; INT64_MAX: whenever one has. */
int64_t rigs_look(const struct control *control);
/* Gives every rig whose deadline has come its tick; returns the next deadline. */
int64_t rigs_tick(struct control *control);
/* Publishes what changed; returns when to be called next. Frames go into the history always, and to the bus
 * while somebody watches. */
int64_t rigs_publish(struct control *control);
/* Somebody is about to watch: the bus gets all values now and frames from now on. */
void rigs_watch(struct control *control, struct control_rig *rig);
size_t rigs_watched(const struct control *control); /* how many */
/* The bus has had nobody watching it since so many grants. */
void rigs_unwatched(struct control *control, uint32_t rig, uint64_t grants);
/* So many watch it without a seat; of another stream than a rig's own it is ignored. */
void rigs_spectators(struct control *control, uint32_t rig, uint64_t count);
void rigs_forget_watchers(struct control *control); /* of a bus that has ended */

/* How many rigs are real: the first ones, before the simulators. Only these are in the timetable. */
size_t rigs_real(const struct control *control);
struct control_rig *rigs_find(struct control *control, const char *name); /* NULL: none of that name */

#define LOCAL_TEXT_MAX 192
/* Why a rig that is local (rig_is_local) counts as that: its switch, or that it cannot be read. Returns
 * `text`. */
const char *rigs_local_text(const struct control_rig *rig, char *text, size_t size);
/* Seats on the wire carry their rig, so that a request needs only one number. 0: no seat. */
uint32_t rigs_wire_seat(const struct control_rig *rig, uint32_t seat);
struct control_rig *rigs_of_seat(struct control *control, uint32_t wire, uint32_t *seat);

#define BYPASSES_SHOWN 64

/* What a status points into. */
struct status_room {
    struct answer_seat seats[RIG_SEATS_MAX];
    uint32_t hands[RIG_SEATS_MAX];
    const char *trips[RIG_TRIPS_MAX];
    struct answer_blocked blocked[ANSWER_BLOCKED_MAX];
    struct answer_bypass bypasses[BYPASSES_SHOWN];
    struct answer_proof proof;
    char proof_why[PROOF_WHY_MAX], lockouts[LOCKOUTS_TEXT_MAX], local[LOCAL_TEXT_MAX];
};
void rigs_status(struct control *control, const struct control_rig *rig, struct status_room *room,
                 struct answer_status *status);
/* Fills in the seats' names: with `hiding`, not those of students where the rig keeps rooms apart. */
void rigs_name_seats(const struct control *control, const struct control_rig *rig, struct status_room *room,
                     bool hiding);
const char *rigs_person(const struct control *control,
                        uint64_t account);                               /* as others see them; "": unknown */
void rigs_head(const struct control *control, struct answer_head *head); /* ok, with the times set */
/* No rig that can be reached is being made safe any more: nothing is left to wait for. */
bool rigs_all_settled(const struct control *control);
/* The first after `rig` (NULL: the first of all) that can be reached and is not verified safe; NULL: none. */
const struct control_rig *rigs_next_unsafe(const struct control *control, const struct control_rig *rig);

#endif
