#include "gateway/control/classroom.h"

#include "gateway/control/requests.h"
#include "gateway/control/respond.h"
#include "gateway/control/rigs.h"
#include "gateway/control/standings.h"
#include "gateway/control/timetable_make.h"

#include <string.h>

/* ---- the feed -------------------------------------------------------------------------------- */

static struct press *press_at(struct classroom *room, uint64_t number)
{
    return &room->presses[number % PRESSES_KEPT];
}

static void touch(struct classroom *room, struct press *press)
{
    room->unpublished += !press->unpublished;
    press->unpublished = true;
}

static void forget_presses(struct classroom *room)
{
    room->oldest = room->newest + 1;
    room->unpublished = 0;
}

static struct press *add_press(struct classroom *room)
{
    struct press *press = press_at(room, ++room->newest);
    if (room->newest - room->oldest == PRESSES_KEPT) {
        room->unpublished -= press->unpublished;
        room->oldest++;
    }
    *press = (struct press){.number = room->newest, .times = 1};
    touch(room, press);
    return press;
}

/* The latest of which `is` holds; NULL: none is kept. */
static struct press *find_press(struct classroom *room, const struct rig_action *record,
                                bool (*is)(const struct press *, const struct rig_action *))
{
    for (uint64_t number = room->newest; number >= room->oldest && number; number--)
        if (is(press_at(room, number), record))
            return press_at(room, number);
    return NULL;
}

static bool is_its_command(const struct press *press, const struct rig_action *record)
{
    return press->outcome == PRESS_UNDER_WAY && press->seat == record->seat &&
           press->sequence == record->sequence;
}

static bool is_its_ramp(const struct press *press, const struct rig_action *record)
{
    return press->outcome == PRESS_RAMPING && press->point == record->point;
}

static void end_press(struct classroom *room, struct press *press, const struct rig_action *record)
{
    if (!press)
        return;
    bool ramp_goes_on = record->record == RIG_RECORD_CONFIRMED && record->ramping;
    press->outcome = record->refusal == RIG_SUPERSEDED ? PRESS_REPLACED
                     : record->refusal != RIG_ACCEPTED ? PRESS_FAILED
                     : ramp_goes_on                    ? PRESS_RAMPING
                     : record->verified                ? PRESS_VERIFIED
                                                       : PRESS_SENT;
    if (!ramp_goes_on && press->outcome == PRESS_VERIFIED)
        press->value = record->number;
    if (press->outcome == PRESS_FAILED) {
        press->refusal = record->refusal;
        press->rule = record->rule;
    }
    touch(room, press);
}

/* How a record shows in the feed. */
enum showing {
    HIDDEN, /* not at all */
    SHOWN,
    AS_COMMAND,  /* begins */
    AS_OUTCOME,  /* of a command */
    AS_RAMP_END, /* of a command */
    AS_REFUSAL,  /* of a command */
};

static enum showing showing_of(enum rig_record_kind kind)
{
    static const enum showing showings[] = {
        [RIG_RECORD_COMMAND] = AS_COMMAND,
        [RIG_RECORD_REFUSAL] = AS_REFUSAL,
        [RIG_RECORD_CONFIRMED] = AS_OUTCOME,
        [RIG_RECORD_NOT_CONFIRMED] = AS_OUTCOME,
        [RIG_RECORD_SUPERSEDED] = AS_OUTCOME,
        [RIG_RECORD_RAMP_ENDED] = AS_RAMP_END,
        [RIG_RECORD_TRIP] = SHOWN,
        [RIG_RECORD_STOP] = SHOWN,
        [RIG_RECORD_RESET] = SHOWN,
        [RIG_RECORD_GRANT] = SHOWN,
        [RIG_RECORD_REVOKE] = SHOWN,
        [RIG_RECORD_CAPTURE] = SHOWN,
        [RIG_RECORD_DRIVEN] = SHOWN,
        [RIG_RECORD_TIME_LIMIT] = SHOWN,
        [RIG_RECORD_TOTAL_LIMIT] = SHOWN,
    };
    return (size_t)kind < sizeof showings / sizeof *showings ? showings[kind] : HIDDEN;
}

static bool is_same_refusal(const struct press *press, const struct rig_action *record)
{
    return press->outcome == PRESS_REFUSED && press->seat == record->seat && press->point == record->point &&
           press->refusal == record->refusal && press->rule == record->rule;
}

static void begin_press(struct control *control, struct classroom *room, const struct rig_action *record,
                        enum press_outcome outcome)
{
    struct press *press = add_press(room);
    press->at = control->now;
    press->seat = record->seat;
    press->account = record->account;
    press->sequence = record->sequence;
    press->kind = outcome == PRESS_REFUSED ? RIG_RECORD_COMMAND : record->record;
    press->point = record->point;
    press->before = record->before;
    press->value = record->number;
    press->outcome = outcome;
    press->refusal = record->refusal;
    press->rule = record->rule;
}

/* The same no again is counted. Noes to who is not in control are between them and the gateway. */
static void take_refusal(struct control *control, struct control_rig *rig, const struct rig_action *record)
{
    struct classroom *room = &rig->classroom;
    struct press *last = room->newest >= room->oldest ? press_at(room, room->newest) : NULL;
    if (!record->seat || record->seat != rig_controller(rig->core))
        return;
    if (last && is_same_refusal(last, record)) {
        last->times++;
        last->at = control->now;
        last->value = record->number;
        touch(room, last);
        return;
    }
    begin_press(control, room, record, PRESS_REFUSED);
}

static void take_press(struct control *control, struct control_rig *rig, const struct rig_action *record)
{
    struct classroom *room = &rig->classroom;
    switch (showing_of(record->record)) {
    case HIDDEN:
        break;
    case SHOWN:
        begin_press(control, room, record, PRESS_NOTHING);
        break;
    case AS_COMMAND:
        begin_press(control, room, record, PRESS_UNDER_WAY);
        break;
    case AS_OUTCOME:
        end_press(room, find_press(room, record, is_its_command), record);
        break;
    case AS_RAMP_END:
        end_press(room, find_press(room, record, is_its_ramp), record);
        break;
    case AS_REFUSAL:
        take_refusal(control, rig, record);
        break;
    }
}

static void describe_press(const struct control *control, const struct control_rig *rig,
                           const struct press *press, struct answer_press *answer)
{
    const struct rig_spec *spec = &rig->config->spec;
    *answer = (struct answer_press){
        .number = press->number,
        .time = press->at,
        .seat = rigs_wire_seat(rig, press->seat),
        .who = rigs_person(control, press->account),
        .kind = rig_record_name(press->kind),
        .point = press->point < spec->point_count ? spec->points[press->point].name : "",
        .before = press->before,
        .value = press->value,
        .outcome = (int)press->outcome,
        .reason = press->refusal == RIG_ACCEPTED ? "" : rig_refusal_name(press->refusal),
        .rule = press->rule,
        .times = press->times,
    };
}

size_t classroom_take_news(struct control *control, struct control_rig *rig, uint8_t *bytes, size_t size)
{
    struct classroom *room = &rig->classroom;
    size_t length = 0, taken = 0;
    for (uint64_t number = room->oldest;
         room->unpublished && number <= room->newest && taken < PRESSES_A_FRAME; number++) {
        struct press *press = press_at(room, number);
        if (!press->unpublished)
            continue;
        struct answer_press answer;
        describe_press(control, rig, press, &answer);
        length += translate_frame_press(bytes + length, size - length, &answer);
        press->unpublished = false;
        room->unpublished--;
        taken++;
    }
    return length;
}

/* ---- hands ----------------------------------------------------------------------------------- */

static size_t find_hand(const struct classroom *room, uint32_t seat)
{
    size_t i = 0;
    while (i < room->hand_count && room->hands[i] != seat)
        i++;
    return i;
}

static void lower(struct classroom *room, uint32_t seat)
{
    size_t i = find_hand(room, seat);
    if (i == room->hand_count)
        return;
    memmove(&room->hands[i], &room->hands[i + 1], (--room->hand_count - i) * sizeof room->hands[0]);
    room->status_changed = true;
}

static void raise_hand(struct classroom *room, uint32_t seat)
{
    if (find_hand(room, seat) < room->hand_count || room->hand_count == RIG_SEATS_MAX)
        return;
    room->hands[room->hand_count++] = seat;
    room->status_changed = true;
}

/* ---- members --------------------------------------------------------------------------------- */

static void admit(const struct control *control, struct classroom *room, const struct rig_action *record)
{
    uint16_t group = standings_group(control, record->account);
    if (room->member_count == RIG_SEATS_MAX)
        return;
    room->members[room->member_count++] = (struct classroom_member){
        .seat = record->seat,
        .school = group == BOOKING_NO_GROUP ? ROOM_NONE : control->lab->timetable.groups[group - 1].school,
    };
}

static void dismiss(struct classroom *room, uint32_t seat)
{
    lower(room, seat);
    for (size_t i = 0; i < room->member_count; i++)
        if (room->members[i].seat == seat)
            room->members[i--] = room->members[--room->member_count];
}

uint16_t classroom_school(const struct control_rig *rig, uint32_t seat)
{
    for (size_t i = 0; i < rig->classroom.member_count; i++)
        if (rig->classroom.members[i].seat == seat)
            return rig->classroom.members[i].school;
    return ROOM_NONE;
}

void classroom_record(struct control *control, struct control_rig *rig, const struct rig_action *record)
{
    struct classroom *room = &rig->classroom;
    switch (record->record) {
    case RIG_RECORD_SESSION_BEGIN:
        forget_presses(room);
        break;
    case RIG_RECORD_SESSION_END:
        room->hand_count = room->member_count = 0;
        break;
    case RIG_RECORD_JOIN:
        admit(control, room, record);
        break;
    case RIG_RECORD_LEAVE:
        dismiss(room, record->seat);
        break;
    case RIG_RECORD_GRANT:
        lower(room, record->seat);
        break;
    default:
        break;
    }
    if (rig->session)
        take_press(control, rig, record);
}

int64_t classroom_tick(struct control *control, struct control_rig *rig)
{
    struct classroom *room = &rig->classroom;
    const struct rig_spec *spec = &rig->config->spec;
    size_t count;
    const struct rig_seat *seats = rig_seats(rig->core, &count);
    int64_t next = INT64_MAX;
    uint64_t present = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t missing = seats[i].heard + spec->presence, lost = missing + spec->resume_window;
        if (control->now < missing)
            present |= UINT64_C(1) << i;
        if (lost <= control->now)
            lower(room, seats[i].id);
        int64_t due = control->now < missing ? missing : lost;
        if (due > control->now && due < next)
            next = due;
    }
    room->status_changed |= present != room->present;
    room->present = present;
    return next;
}

/* ---- asked ----------------------------------------------------------------------------------- */

static bool is_staff_here(const struct caller *caller)
{
    return requests_is_staff(caller) && caller->identity.role != RIG_SCHEDULER;
}

void requests_hand(struct control *control, const struct caller *caller, const struct request *request)
{
    struct classroom *room = &caller->rig->classroom;
    uint32_t seat = caller->seat;
    if (request->hand.seat && rigs_of_seat(control, request->hand.seat, &seat) != caller->rig) {
        respond_refuse(control, &caller->origin, "no-seat", "lowering a hand: that seat is not of this rig");
        return;
    }
    if (seat != caller->seat && (request->hand.up || !is_staff_here(caller))) {
        respond_refuse(control, &caller->origin, "not-allowed",
                       "hands: everybody raises their own; a teacher may lower another's");
        return;
    }
    if (request->hand.up && seat == rig_controller(caller->rig->core)) {
        respond_refuse(control, &caller->origin, "in-control",
                       "raising a hand: you are in control, or control is on its way to you");
        return;
    }
    if (request->hand.up)
        raise_hand(room, seat);
    else
        lower(room, seat);
    respond_done(control, &caller->origin);
}

void requests_feed(struct control *control, const struct caller *caller, const struct request *request)
{
    struct classroom *room = &caller->rig->classroom;
    struct answer_press list[PRESSES_KEPT];
    size_t count = 0;
    uint64_t after = request->feed.after;
    bool shown = rig_session(caller->rig->core) != 0;
    uint64_t first = shown && room->oldest ? room->oldest : room->newest + 1;
    for (uint64_t number = after >= first ? after + 1 : first; number <= room->newest; number++)
        describe_press(control, caller->rig, press_at(room, number), &list[count++]);
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    translate_feed(&buffer, &head, list, count, after && after + 1 < first);
    respond_send(control, &caller->origin, &buffer);
}

static const struct config_school *school_of(const struct control *control, const struct control_rig *rig,
                                             uint32_t seat)
{
    uint16_t school = classroom_school(rig, seat);
    return school == ROOM_NONE ? NULL : &control->lab->timetable.schools[school];
}

/* How many of each school are here, and how many hands are raised there. */
static size_t count_rooms(const struct control *control, const struct control_rig *rig,
                          struct answer_room *rooms)
{
    const struct classroom *room = &rig->classroom;
    size_t count = 0;
    for (size_t i = 0; i < room->member_count; i++) {
        const struct config_school *school = school_of(control, rig, room->members[i].seat);
        const char *name = school ? school->name : "";
        size_t at = 0;
        while (at < count && strcmp(rooms[at].name, name) != 0)
            at++;
        if (at == count)
            rooms[count++] = (struct answer_room){.name = name,
                                                  .title = school ? school->title.en : NULL,
                                                  .title_zh = school ? school->title.zh : NULL};
        rooms[at].people++;
        rooms[at].hands += find_hand(room, room->members[i].seat) < room->hand_count;
    }
    return count;
}

void requests_people(struct control *control, const struct caller *caller, const struct request *request)
{
    (void)request;
    struct status_room room;
    struct answer_status status;
    struct answer_seat seats[RIG_SEATS_MAX];
    struct answer_room rooms[RIG_SEATS_MAX];
    const struct config_school *own = school_of(control, caller->rig, caller->seat);
    bool all = requests_is_staff(caller);
    size_t count = 0;
    if (!all && !caller->seat) {
        respond_refuse(control, &caller->origin, "no-seat", "%s", rig_refusal_text(RIG_NO_SEAT));
        return;
    }
    rigs_status(control, caller->rig, &room, &status);
    rigs_name_seats(control, caller->rig, &room, false);
    for (size_t i = 0; i < status.seat_count; i++)
        if (all || status.seats[i].role != RIG_STUDENT || !strcmp(status.seats[i].room, own ? own->name : ""))
            seats[count++] = status.seats[i];
    struct answer_people people = {
        .seats = seats,
        .seat_count = count,
        .rooms = rooms,
        .room_count = count_rooms(control, caller->rig, rooms),
        .room = own ? own->name : "",
    };
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    translate_people(&buffer, &head, &people);
    respond_send(control, &caller->origin, &buffer);
}
