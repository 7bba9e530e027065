/* seats.c - the live session and who sits in it. */
#include "gateway/rig/state.h"

#include <string.h>

struct rig_seat *seat_find(struct rig *rig, uint32_t id)
{
    for (size_t i = 0; id != 0 && i < rig->seat_count; i++)
        if (rig->seats[i].id == id)
            return &rig->seats[i];
    return NULL;
}

struct seat_memory *seat_memory(struct rig *rig, const struct rig_seat *seat)
{
    return &rig->memories[seat - rig->seats];
}

const struct stored_answer *seat_past(const struct rig *rig, const struct rig_seat *seat, uint64_t sequence)
{
    const struct stored_answer *past = &rig->memories[seat - rig->seats].window[sequence % WINDOW];
    return sequence != 0 && past->sequence == sequence ? past : NULL;
}

struct rig_seat *seat_heard(struct rig *rig, uint32_t id)
{
    struct rig_seat *seat = seat_find(rig, id);
    if (!seat)
        return NULL;
    seat->heard = rig->now;
    if (rig->lease.holder == id)
        lease_heard(rig);
    return seat;
}

void seat_was_heard(struct rig *rig, const struct rig_event *event)
{
    seat_heard(rig, event->seat);
}

static void end_session(struct rig *rig)
{
    if (rig->session == 0)
        return;
    lease_end(rig, RIG_NO_SESSION);
    emit_record(rig, RIG_RECORD_SESSION_END);
    rig_edge(rig, RIG_EDGE_SESSION_END, NULL);
    lease_fence(rig); /* while the seats are still there to take their answers */
    rig->session = 0;
    rig->student_session = false;
    rig->seat_count = 0;
    timer_set(rig, TIMER_SESSION, 0, DEADLINE_NEVER);
}

void seat_session_begin(struct rig *rig, const struct rig_event *event)
{
    end_session(rig);
    rig->session = event->session_begin.session;
    if (event->session_begin.student)
        bypass_student(rig);
    limit_session(rig);
    timer_set(rig, TIMER_SESSION, 0, event->session_begin.ends);
    emit_record(rig, RIG_RECORD_SESSION_BEGIN);
    touch_status(rig);
}

void seat_session_end_at(struct rig *rig, const struct rig_event *event)
{
    if (!rig->session || rig->session != event->session_begin.session)
        return;
    timer_set(rig, TIMER_SESSION, 0, event->session_begin.ends);
    if (event->session_begin.ends <= rig->now)
        end_session(rig);
}

void seat_session_end(struct rig *rig, const struct rig_event *event)
{
    end_session(rig);
    emit_answer(rig, event->request, 0, RIG_ACCEPTED, NULL);
}

void seat_session_due(struct rig *rig, size_t unused)
{
    (void)unused;
    end_session(rig);
}

static struct rig_seat *seat_of(struct rig *rig, uint64_t account)
{
    for (size_t i = 0; i < rig->seat_count; i++)
        if (rig->seats[i].account == account)
            return &rig->seats[i];
    return NULL;
}

static void remove_seat(struct rig *rig, struct rig_seat *seat)
{
    size_t index = (size_t)(seat - rig->seats), last = rig->seat_count - 1;
    struct rig_action *record = emit_record(rig, RIG_RECORD_LEAVE);
    record->seat = seat->id;
    record->account = seat->account;
    rig->seats[index] = rig->seats[last];
    if (index != last)
        rig->memories[index] = rig->memories[last];
    rig->seat_count--;
    touch_status(rig);
}

/* When all seats are taken, that of whoever has been away longest, beyond the resume window. */
static void make_room(struct rig *rig)
{
    struct rig_seat *longest = NULL;
    int64_t limit = rig->now - rig->spec->presence - rig->spec->resume_window;
    for (size_t i = 0; i < rig->seat_count; i++) {
        struct rig_seat *seat = &rig->seats[i];
        if (seat->id != rig->lease.holder && seat->heard < limit &&
            (!longest || seat->heard < longest->heard))
            longest = seat;
    }
    if (longest)
        remove_seat(rig, longest);
}

static struct rig_seat *add_seat(struct rig *rig, uint64_t account)
{
    if (rig->seat_count == RIG_SEATS_MAX)
        make_room(rig);
    if (rig->seat_count == RIG_SEATS_MAX)
        return NULL;
    struct rig_seat *seat = &rig->seats[rig->seat_count++];
    *seat = (struct rig_seat){.id = ++rig->last_seat, .account = account};
    memset(seat_memory(rig, seat), 0, sizeof(struct seat_memory));
    return seat;
}

static enum rig_refusal join_objection(const struct rig *rig, const struct rig_event *event)
{
    static const enum rig_role least[] = {
        [RIG_SEAT_TEACHER] = RIG_TEACHER,
        [RIG_SEAT_TECHNICIAN] = RIG_TECHNICIAN,
    };
    enum rig_seat_kind wanted = event->join.wanted;
    if (rig->session == 0 || event->join.session != rig->session)
        return RIG_NO_SESSION;
    if (wanted == RIG_SEAT_OBSERVER)
        return RIG_ACCEPTED;
    if ((wanted != RIG_SEAT_TEACHER && wanted != RIG_SEAT_TECHNICIAN) ||
        !role_covers(event->join.role, least[wanted]))
        return RIG_NOT_ALLOWED;
    return RIG_ACCEPTED;
}

void seat_join(struct rig *rig, const struct rig_event *event)
{
    enum rig_refusal refusal = join_objection(rig, event);
    struct rig_seat *seat = refusal == RIG_ACCEPTED ? seat_of(rig, event->join.account) : NULL;
    bool resumes = seat != NULL;
    if (refusal == RIG_ACCEPTED && !seat && !(seat = add_seat(rig, event->join.account)))
        refusal = RIG_FULL;
    if (refusal != RIG_ACCEPTED) {
        emit_answer(rig, event->request, 0, refusal, NULL);
        return;
    }
    struct seat_memory *memory = seat_memory(rig, seat);
    seat->role = event->join.role;
    if (seat->role == RIG_STUDENT)
        bypass_student(rig);
    memory->wanted = event->join.wanted;
    memory->may_control |= event->join.may_control;
    memory->own |= event->join.may_control;
    if (!rig->lease.held || rig->lease.holder != seat->id)
        seat->kind = memory->wanted;
    seat_heard(rig, seat->id);
    touch_status(rig);
    if (!resumes) {
        struct rig_action *record = emit_record(rig, RIG_RECORD_JOIN);
        record->seat = seat->id;
        record->account = seat->account;
    }
    emit_answer(rig, event->request, seat->id, RIG_ACCEPTED, NULL);
}

void seat_leave(struct rig *rig, const struct rig_event *event)
{
    struct rig_seat *seat = seat_find(rig, event->seat);
    if (!seat) {
        emit_answer(rig, event->request, 0, rig->session ? RIG_NO_SEAT : RIG_NO_SESSION, NULL);
        return;
    }
    if (rig->lease.holder == seat->id) {
        lease_end(rig, RIG_NO_SEAT);
        rig_edge(rig, RIG_EDGE_RELEASE, NULL);
        lease_fence(rig); /* while the seat is still there to take its answers */
    }
    remove_seat(rig, seat);
    emit_answer(rig, event->request, event->seat, RIG_ACCEPTED, NULL);
}
