/* people.c - students, a teacher, a technician, and trouble. They repeat, flood, lie about epochs and fall
 * silent. */
#include "tests/simulation/lab.h"

#include <math.h>
#include <string.h>

uint64_t people_request(struct lab *lab, enum rig_event_kind kind, size_t person, uint64_t sequence)
{
    uint64_t id = ++lab->last_request;
    struct request *request = &lab->requests[id % REQUESTS];
    if (request->open && request->kind != RIG_EVENT_TAKE)
        lab_fail(lab, "a request of kind %d was never answered", (int)request->kind);
    *request = (struct request){true, kind, lab->now, person, sequence};
    return id;
}

static struct rig_event event_of(struct lab *lab, size_t person, enum rig_event_kind kind)
{
    struct rig_event event = {.kind = kind, .seat = lab->people[person].seat};
    event.request = people_request(lab, kind, person, 0);
    return event;
}

static void join(struct lab *lab, size_t index)
{
    struct person *person = &lab->people[index];
    struct rig_event event = event_of(lab, index, RIG_EVENT_JOIN);
    event.join.session = lab->session;
    event.join.account = person->account;
    event.join.role = person->role;
    event.join.wanted = person->wanted;
    event.join.may_control = person->may_control;
    lab_handle(lab, &event);
}

static void take(struct lab *lab, size_t index)
{
    struct rig_event event = event_of(lab, index, RIG_EVENT_TAKE);
    event.take.force = random_chance(&lab->random, 0.5);
    if (random_chance(&lab->random, 0.2))
        event.take.to = lab->people[random_below(&lab->random, PEOPLE)].seat;
    lab_handle(lab, &event);
}

static double some_value(struct lab *lab, uint16_t point)
{
    struct random *random = &lab->random;
    if (random_chance(random, 0.03))
        return random_chance(random, 0.5) ? NAN : INFINITY;
    if (random_chance(random, 0.05))
        return random_between(random, -50, 500);
    if (random_chance(random, 0.25) && point < POINTS)
        return lab->spec.points[point].safe;
    if (point == PUMP)
        return random_between(random, 0, 100);
    if (point == VOLTAGE)
        return random_between(random, 0, 12);
    return (double)random_below(random, 2);
}

static void send(struct lab *lab, size_t index, struct sent *sent)
{
    struct random *random = &lab->random;
    struct rig_event event = event_of(lab, index, RIG_EVENT_COMMAND);
    lab->requests[event.request % REQUESTS].sequence = sent->sequence;
    uint64_t epoch = rig_epoch(lab->rig);
    event.command.epoch = random_chance(random, 0.05) ? epoch - 1 - random_below(random, 3) : epoch;
    event.command.sequence = sent->sequence;
    event.command.body = sent->body;
    event.command.age = random_chance(random, 0.03) ? 5 * S : random_time(random, 0, 500 * MS);
    event.command.point = sent->point;
    event.command.number = sent->number;
    lab_handle(lab, &event);
}

static void command(struct lab *lab, size_t index)
{
    static const uint16_t likely[] = {PUMP,    HEATER, FILL,   FILL,  DRAIN,
                                      VOLTAGE, LAMP,   HEATER, LEVEL, POINTS + 900};
    struct person *person = &lab->people[index];
    struct random *random = &lab->random;
    if (random_chance(random, 0.15) && person->sequence > 0) {
        uint64_t back = random_below(random, SENT);
        struct sent *sent = &person->sent[(person->sequence - back) % SENT];
        if (back < person->sequence && sent->sequence == person->sequence - back) {
            struct sent other = *sent;
            other.body += random_chance(random, 0.1);
            send(lab, index, other.body == sent->body ? sent : &other);
            return;
        }
    }
    uint64_t sequence = ++person->sequence;
    struct sent *sent = &person->sent[sequence % SENT];
    uint16_t point = likely[random_below(random, sizeof likely / sizeof *likely)];
    *sent = (struct sent){.sequence = sequence,
                          .body = random_next(random) | 1,
                          .point = point,
                          .number = some_value(lab, point),
                          .seat = person->seat};
    send(lab, index, sent);
}

static void capture(struct lab *lab, size_t index)
{
    struct rig_event event = event_of(lab, index, RIG_EVENT_CAPTURE);
    event.capture.epoch = rig_epoch(lab->rig);
    event.capture.sequence = ++lab->people[index].sequence;
    event.capture.body = random_next(&lab->random) & ~1ULL;
    event.capture.instrument = SCOPE;
    memset(&lab->people[index].sent[event.capture.sequence % SENT], 0, sizeof(struct sent));
    lab->people[index].sent[event.capture.sequence % SENT].seat = lab->people[index].seat;
    lab_handle(lab, &event);
}

static void simple(struct lab *lab, size_t index, enum rig_event_kind kind)
{
    struct rig_event event = event_of(lab, index, kind);
    if (event.seat == 0) {
        event.person.account = lab->people[index].account;
        event.person.role = lab->people[index].role;
    }
    if (kind == RIG_EVENT_HEARD) {
        lab->requests[event.request % REQUESTS].open = false;
        event.request = 0;
    }
    lab_handle(lab, &event);
    if (kind == RIG_EVENT_LEAVE)
        lab->people[index].seat = 0;
}

void people_step(struct lab *lab, size_t index)
{
    struct person *person = &lab->people[index];
    struct random *random = &lab->random;
    person->next = lab->now + random_time(random, 200 * MS, 3 * S);
    if (lab->now < person->silent_until) {
        person->next = person->silent_until;
        return;
    }
    if (lab->session == 0 || person->seat == 0) {
        join(lab, index);
        person->next = lab->now + random_time(random, S, 20 * S);
        return;
    }
    bool controls = rig_controller(lab->rig) == person->seat;
    double die = random_between(random, 0, 1);
    if (die < 0.002)
        simple(lab, index, RIG_EVENT_STOP);
    else if (die < 0.004)
        simple(lab, index, RIG_EVENT_LEAVE);
    else if (die < 0.008)
        simple(lab, index, RIG_EVENT_RELEASE);
    else if (die < 0.03)
        simple(lab, index, RIG_EVENT_RESET);
    else if (die < 0.033)
        person->silent_until = lab->now + random_time(random, S, 60 * S);
    else if (die < 0.036)
        for (int i = 0; i < 40; i++)
            command(lab, index);
    else if (die < 0.037)
        for (int i = 0; i < 30; i++)
            simple(lab, index, RIG_EVENT_STOP);
    else if (die < 0.05 && controls)
        capture(lab, index);
    else if (controls || die < 0.1)
        command(lab, index);
    else if (die < (person->may_control ? 0.3 : 0.12))
        take(lab, index);
    else
        simple(lab, index, RIG_EVENT_HEARD);
}

void people_answer(struct lab *lab, const struct rig_action *answer)
{
    struct request *request = &lab->requests[answer->request % REQUESTS];
    if (!request->open)
        lab_fail(lab, "request %llu is answered twice, or was never made",
                 (unsigned long long)answer->request);
    request->open = false;
    struct person *person = &lab->people[request->person];
    if (request->kind == RIG_EVENT_JOIN && answer->refusal == RIG_ACCEPTED) {
        if (person->seat != answer->seat)
            memset(person->sent, 0, sizeof person->sent);
        person->seat = answer->seat;
        person->sequence = answer->sequence;
    }
    if (answer->refusal == RIG_NO_SEAT || answer->refusal == RIG_NO_SESSION)
        person->seat = 0;
    struct sent *sent = &person->sent[request->sequence % SENT];
    if (request->kind != RIG_EVENT_COMMAND || request->sequence == 0 || sent->sequence != request->sequence ||
        sent->seat != answer->seat)
        return;
    if (answer->refusal == RIG_REUSED_SEQUENCE || answer->refusal == RIG_OLD_SEQUENCE ||
        answer->refusal == RIG_BUSY || answer->refusal == RIG_NO_SEAT || answer->refusal == RIG_NO_SESSION)
        return;
    if (sent->answered && (sent->refusal != answer->refusal || sent->verified != answer->verified ||
                           (sent->answer != answer->number && sent->answer == sent->answer)))
        lab_fail(lab, "command %llu got another answer when it was repeated",
                 (unsigned long long)sent->sequence);
    sent->answered = true;
    sent->refusal = answer->refusal;
    sent->answer = answer->number;
    sent->verified = answer->verified;
}

static void session_begin(struct lab *lab)
{
    struct rig_event event = {.kind = RIG_EVENT_SESSION_BEGIN};
    lab->session = (uint64_t)lab->now | 1;
    event.session_begin.session = lab->session;
    event.session_begin.ends = lab->now + random_time(&lab->random, 60 * S, 1800 * S);
    for (size_t i = 0; i < PEOPLE; i++)
        lab->people[i].seat = 0;
    lab_handle(lab, &event);
}

static void staff_event(struct lab *lab, enum rig_event_kind kind, bool set)
{
    struct rig_event event = {.kind = kind};
    if (kind == RIG_EVENT_LOCKOUT) {
        event.lockout.set = set;
        event.lockout.account = 900 + random_below(&lab->random, 2);
        event.lockout.reasoned = !set && random_chance(&lab->random, 0.5);
    } else if (kind == RIG_EVENT_RECORDING) {
        event.recording.takes = set;
    } else {
        event.person.account = 900;
        event.person.role = RIG_TECHNICIAN;
    }
    if (kind != RIG_EVENT_RECORDING)
        event.request = people_request(lab, kind, 0, 0);
    lab_handle(lab, &event);
}

void staff_step(struct lab *lab)
{
    struct random *random = &lab->random;
    lab->staff_at = lab->now + random_time(random, S, 30 * S);
    if (rig_session(lab->rig) == 0)
        lab->session = 0;
    if (lab->session == 0 && random_chance(random, 0.7))
        session_begin(lab);
    if (rig_condition(lab->rig) == RIG_QUARANTINED && random_chance(random, 0.3))
        staff_event(lab, RIG_EVENT_CLEAR, true);
    const struct rig_durable *durable = rig_durable(lab->rig);
    if (durable->stopped && random_chance(random, 0.4))
        staff_event(lab, RIG_EVENT_RESET, true);
    if (durable->locked_out ? random_chance(random, 0.5) : random_chance(random, 0.004))
        staff_event(lab, RIG_EVENT_LOCKOUT, !durable->locked_out);
    if (random_chance(random, 0.3))
        staff_event(lab, RIG_EVENT_RESET, true);
    if (!lab->oracle.recording || random_chance(random, 0.005))
        staff_event(lab, RIG_EVENT_RECORDING, !lab->oracle.recording);
    if (lab->session != 0 && random_chance(random, 0.01)) {
        struct rig_event event = {.kind = RIG_EVENT_SESSION_END};
        event.request = people_request(lab, RIG_EVENT_SESSION_END, 0, 0);
        lab->session = 0;
        lab_handle(lab, &event);
    }
    if (random_chance(random, 0.001)) {
        struct rig_event event = {.kind = RIG_EVENT_SHUTDOWN};
        event.request = people_request(lab, RIG_EVENT_SHUTDOWN, 0, 0);
        lab_handle(lab, &event);
    }
    if (random_chance(random, lab->oracle.closing ? 0.5 : 0.002))
        lab_restart(lab);
}

void trouble_step(struct lab *lab)
{
    static const uint16_t stuck[] = {PUMP, HEATER, FILL, DRAIN, VOLTAGE},
                          bad[] = {LEVEL, TEMPERATURE, GUARD, DRAIN_OPEN};
    struct random *random = &lab->random;
    struct plant *plant = &lab->plant;
    lab->trouble_at = lab->now + random_time(random, S, 60 * S);
    plant_step(plant, lab->now);
    double die = random_between(random, 0, 1);
    if (die < 0.05) {
        struct line *line = &lab->lines[random_below(random, LINKS)];
        line->dead_until = lab->now + random_time(random, 100 * MS, 20 * S);
    } else if (die < 0.09) {
        plant->stuck_until[stuck[random_below(random, 5)]] = lab->now + random_time(random, S, 60 * S);
    } else if (die < 0.13) {
        plant->bad_until[bad[random_below(random, 4)]] = lab->now + random_time(random, 100 * MS, 10 * S);
    } else if (die < 0.18) {
        uint16_t point = stuck[random_below(random, 5)];
        plant->set[point] = point == PUMP ? 30 : point == VOLTAGE ? 3 : !(lab->spec.points[point].safe != 0);
        plant->tampered_at = lab->now;
    } else if (die < 0.22 || plant->guard_open) {
        plant->guard_open = !plant->guard_open;
    } else if (die < 0.24 || plant->local) {
        plant->local = !plant->local;
    } else if (die < 0.3) {
        plant->temperature = random_between(random, 60, 90);
    } else if (die < 0.36) {
        plant->level = random_between(random, 0, 0.3);
    }
}
