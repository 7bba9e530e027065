#include "gateway/control/rigs.h"

#include "gateway/control/proof.h"
#include <string.h>

#define PUBLISH_EVERY                                                                                        \
    (50 * INT64_C(1000000)) /* 20 frames a second are more than an eye or a phone's link takes */
#define PUBLISH_IDLE (4 * INT64_C(1000000000)) /* a Watch is answered every 5 s even without news */

static const char *seat_kind(const struct control_rig *rig, const struct rig_seat *seat)
{
    if (seat->id == rig_controller(rig->core))
        return "controller";
    switch (seat->kind) {
    case RIG_SEAT_TEACHER:
        return "teacher";
    case RIG_SEAT_TECHNICIAN:
        return "technician";
    default:
        return "observer";
    }
}

const char *rigs_person(const struct control *control, uint64_t account)
{
    const struct account *found = accounts_get(control->accounts, account);
    return !found ? "" : found->title[0] ? found->title : found->name;
}

static const char *why_not(const struct control *control, const struct control_rig *rig,
                           struct status_room *room, enum rig_condition condition)
{
    lockouts_list(control, rig, false, room->lockouts, sizeof room->lockouts);
    if (rig_durable(rig->core)->lockout_count > 0)
        return room->lockouts;
    if (condition == RIG_QUARANTINED)
        return rig->why_quarantined;
    if (condition == RIG_UNAVAILABLE)
        return rig->why;
    if (!rig_is_local(rig->core))
        return "";
    rigs_local_text(rig, room->local, sizeof room->local);
    return room->local;
}

static size_t collect_blocked(const struct control_rig *rig, struct answer_blocked *blocked)
{
    size_t count = 0;
    const char *rule;
    for (uint16_t i = 0; i < rig->config->spec.point_count && count < ANSWER_BLOCKED_MAX; i++)
        if (rig_point_blocked(rig->core, i, &rule) && rule)
            blocked[count++] = (struct answer_blocked){i, rule};
    return count;
}

static void describe_bypasses(const struct control *control, const struct control_rig *rig,
                              struct status_room *room, struct answer_status *status)
{
    const struct rig_spec *spec = &rig->config->spec;
    size_t rules = spec->trip_count + spec->permissive_count;
    status->bypasses = room->bypasses;
    for (size_t i = 0; i < rules && status->bypass_count < BYPASSES_SHOWN; i++) {
        int64_t until = rig_bypassed_until(rig->core, i);
        if (until)
            room->bypasses[status->bypass_count++] = (struct answer_bypass){
                .rule =
                    i < spec->trip_count ? spec->trips[i].name : spec->permissives[i - spec->trip_count].name,
                .reason = rig->bypass_reasons[i],
                .until = control->wall + (until - control->now) / 1000000,
            };
    }
}

static void describe_proof(const struct control *control, const struct control_rig *rig,
                           struct status_room *room, struct answer_status *status)
{
    const struct control_proof *proof = &rig->proof;
    status->proof = &room->proof;
    room->proof = (struct answer_proof){
        .overdue = *proof_overdue(control, rig, room->proof_why) != 0,
        .passed = proof->passed,
        .why = room->proof_why,
        .by = proof->by,
        .fingerprint = rig->fingerprint,
        .tested = proof->tested,
        .due = proof->tested ? proof->tested + rig->config->proof_every / 1000000 : control->wall,
    };
}

void rigs_name_seats(const struct control *control, const struct control_rig *rig, struct status_room *room,
                     bool hiding)
{
    size_t count;
    const struct rig_seat *seats = rig_seats(rig->core, &count);
    for (size_t i = 0; i < count; i++) {
        bool hidden = hiding && rig->config->rooms_apart && seats[i].role == RIG_STUDENT &&
                      seats[i].id != rig_controller(rig->core);
        room->seats[i].name = hidden ? "" : rigs_person(control, seats[i].account);
    }
}

static const char *room_of(const struct control *control, const struct control_rig *rig, uint32_t seat)
{
    uint16_t school = classroom_school(rig, seat);
    return school == ROOM_NONE ? "" : control->lab->timetable.schools[school].name;
}

void rigs_status(struct control *control, const struct control_rig *rig, struct status_room *room,
                 struct answer_status *status)
{
    const struct rig_durable *durable = rig_durable(rig->core);
    const struct rig_spec *spec = &rig->config->spec;
    size_t count;
    const struct rig_seat *seats = rig_seats(rig->core, &count);
    *status = (struct answer_status){
        .condition = rig_condition(rig->core),
        .stopped = durable->stopped,
        .locked_out = durable->lockout_count > 0,
        .trips = room->trips,
        .session = rig_session(rig->core),
        .ends = rig_session(rig->core) ? rig->ends_wall : 0,
        .epoch = rig_epoch(rig->core),
        .controller = rigs_wire_seat(rig, rig_controller(rig->core)),
        .controller_name = "",
        .why = why_not(control, rig, room, rig_condition(rig->core)),
        .seats = room->seats,
        .seat_count = count,
        .blocked = room->blocked,
        .blocked_count = collect_blocked(rig, room->blocked),
        .hands = room->hands,
        .hand_count = rig->classroom.hand_count,
        .spectators = rig->spectators,
    };
    for (size_t i = 0; i < spec->trip_count; i++)
        if (durable->trips[i / 64] >> (i % 64) & 1)
            room->trips[status->trip_count++] = spec->trips[i].name;
    describe_bypasses(control, rig, room, status);
    if (rig->config->proof_every)
        describe_proof(control, rig, room, status);
    for (size_t i = 0; i < count; i++) {
        room->seats[i] = (struct answer_seat){
            .id = rigs_wire_seat(rig, seats[i].id),
            .role = seats[i].role,
            .kind = seat_kind(rig, &seats[i]),
            .present = control->now - seats[i].heard < spec->presence,
            .room = room_of(control, rig, seats[i].id),
        };
        if (seats[i].id == rig_controller(rig->core))
            status->controller_name = rigs_person(control, seats[i].account);
    }
    rigs_name_seats(control, rig, room, true);
    for (size_t i = 0; i < rig->classroom.hand_count; i++)
        room->hands[i] = rigs_wire_seat(rig, rig->classroom.hands[i]);
}

void rigs_head(const struct control *control, struct answer_head *head)
{
    *head = (struct answer_head){
        .ok = true, .time = (uint64_t)control->now, .boot = control->boot, .wall = (uint64_t)control->wall};
}

/* Values that are newer than `revision`; 0: all. */
static size_t collect(const struct control *control, const struct control_rig *rig, uint64_t revision)
{
    const struct rig_spec *spec = &rig->config->spec;
    size_t length = 0;
    for (uint16_t i = 0; i < spec->point_count; i++)
        if (rig_point_revision(rig->core, i) > revision || !revision)
            length +=
                translate_frame_value(control->value_bytes + length, VALUES_MAX - length, spec, rig->core, i);
    return length;
}

static int send_frame(struct control *control, const struct control_rig *rig, enum envelope_kind kind,
                      const struct frame_head *frame, size_t values)
{
    struct answer_head head;
    rigs_head(control, &head);
    struct answer_buffer buffer = {.bytes = control->answer_bytes, .size = ENVELOPE_ANSWER_MAX};
    translate_frame(&buffer, &head, frame, control->value_bytes, values);
    struct envelope envelope = {
        .kind = (uint8_t)kind,
        .class = ENVELOPE_WATCHING,
        .stream = rig->index,
        .frame = frame->frame,
        .length = (uint32_t)buffer.length,
    };
    return channel_send(control->channel, &envelope, buffer.bytes);
}

static void publish_delta(struct control *control, struct control_rig *rig, bool status_changed)
{
    size_t length = collect(control, rig, rig->published ? rig->published : 1);
    length += classroom_take_news(control, rig, control->value_bytes + length, VALUES_MAX - length);
    uint64_t number = stream_append(rig->stream, control->value_bytes, length, control->now);
    rig->published = rig_revision(rig->core);
    rig->published_status = rig_status_revision(rig->core);
    rig->published_at = control->now;
    rig->classroom.status_changed = false;
    rig->published_spectators = rig->spectators;
    if (!rig->watched)
        return;

    struct status_room room;
    struct answer_status status;
    if (status_changed)
        rigs_status(control, rig, &room, &status);
    struct frame_head frame = {
        .rig = rig->config->spec.name,
        .boot = control->boot,
        .frame = number,
        .layout = rig->layout,
        .press = rig->classroom.newest,
        .status = status_changed ? &status : NULL,
    };
    if (send_frame(control, rig, ENVELOPE_DELTA, &frame, length) != CHANNEL_OK)
        rig->owes_full = true;
}

static void publish_full(struct control *control, struct control_rig *rig)
{
    struct status_room room;
    struct answer_status status;
    rigs_status(control, rig, &room, &status);
    struct frame_head frame = {
        .rig = rig->config->spec.name,
        .boot = control->boot,
        .frame = stream_newest(rig->stream),
        .layout = rig->layout,
        .press = rig->classroom.newest,
        .full = true,
        .status = &status,
    };
    if (send_frame(control, rig, ENVELOPE_FULL, &frame, collect(control, rig, 0)) == CHANNEL_OK)
        rig->owes_full = false;
}

static int64_t publish(struct control *control, struct control_rig *rig)
{
    const struct classroom *classroom = &rig->classroom;
    bool status_changed = rig_status_revision(rig->core) != rig->published_status ||
                          classroom->status_changed || rig->spectators != rig->published_spectators;
    bool changed = status_changed || classroom->unpublished || rig_revision(rig->core) != rig->published;
    bool soon = changed || (rig->watched && rig->owes_full);
    int64_t idle = rig->watched ? PUBLISH_IDLE : INT64_MAX - control->now;
    int64_t due = rig->published_at + (soon ? PUBLISH_EVERY : idle);
    if (rig->published_at && control->now < due)
        return due;
    publish_delta(control, rig, status_changed);
    if (rig->watched && rig->owes_full)
        publish_full(control, rig);
    return control->now + idle;
}

int64_t rigs_publish(struct control *control)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < control->rig_count; i++) {
        int64_t due = publish(control, &control->rigs[i]);
        if (due < next)
            next = due;
    }
    return next;
}

void rigs_watch(struct control *control, struct control_rig *rig)
{
    if (rig->watched)
        return;
    rig->watched = rig->owes_full = true;
    publish_full(control, rig);
}

size_t rigs_watched(const struct control *control)
{
    size_t count = 0;
    for (size_t i = 0; i < control->rig_count; i++)
        count += control->rigs[i].watched;
    return count;
}

/* A bus that has forgotten its frames while another grant was under way needs all values again. */
void rigs_unwatched(struct control *control, uint32_t index, uint64_t grants)
{
    if (index >= control->rig_count)
        return;
    struct control_rig *rig = &control->rigs[index];
    rig->watched = rig->grants != grants;
    rig->owes_full = true;
}

void rigs_spectators(struct control *control, uint32_t index, uint64_t count)
{
    if (index < control->rig_count)
        control->rigs[index].spectators = count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
}

void rigs_forget_watchers(struct control *control)
{
    for (size_t i = 0; i < control->rig_count; i++) {
        control->rigs[i].spectators = 0;
        control->rigs[i].watched = false;
        control->rigs[i].grants = 0;
    }
}
