/* people.c - students, a teacher and a technician, and control's side of what they ask. They repeat, flood,
 * lie about epochs and fall silent; when their connection is gone they come back, take their seats again and
 * repeat what they have no answer to. */
#include "tests/simulation/world.h"

#include <math.h>
#include <string.h>

static void send_event(struct lab *lab, size_t person, const struct rig_event *event, uint64_t sequence)
{
    struct message message = {
        .kind = MESSAGE_RIG, .lab = lab->index, .person = person, .sequence = sequence, .event = *event};
    bus_send(lab->world, &message);
}

static struct rig_event event_of(const struct lab *lab, size_t person, enum rig_event_kind kind)
{
    return (struct rig_event){.kind = kind, .seat = lab->people[person].seat};
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
    send_event(lab, index, &event, 0);
}

static void take(struct lab *lab, size_t index)
{
    struct rig_event event = event_of(lab, index, RIG_EVENT_TAKE);
    event.take.force = random_chance(&lab->random, 0.5);
    if (random_chance(&lab->random, 0.2))
        event.take.to = lab->people[random_below(&lab->random, PEOPLE)].seat;
    send_event(lab, index, &event, 0);
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

static void send_command(struct lab *lab, size_t index, const struct sent *sent)
{
    struct random *random = &lab->random;
    struct rig_event event = event_of(lab, index, RIG_EVENT_COMMAND);
    uint64_t epoch = rig_epoch(lab->rig);
    event.command.epoch = random_chance(random, 0.05) ? epoch - 1 - random_below(random, 3) : epoch;
    event.command.sequence = sent->sequence;
    event.command.body = sent->body;
    event.command.age = random_chance(random, 0.03) ? 5 * S : random_time(random, 0, 500 * MS);
    event.command.point = sent->point;
    event.command.number = sent->number;
    send_event(lab, index, &event, sent->sequence);
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
            send_command(lab, index, other.body == sent->body ? sent : &other);
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
    send_command(lab, index, sent);
}

static void capture(struct lab *lab, size_t index)
{
    struct person *person = &lab->people[index];
    struct rig_event event = event_of(lab, index, RIG_EVENT_CAPTURE);
    event.capture.epoch = rig_epoch(lab->rig);
    event.capture.sequence = ++person->sequence;
    event.capture.body = random_next(&lab->random) & ~1ULL;
    event.capture.instrument = SCOPE;
    person->sent[event.capture.sequence % SENT] = (struct sent){.seat = person->seat};
    send_event(lab, index, &event, 0);
}

static void simple(struct lab *lab, size_t index, enum rig_event_kind kind)
{
    struct rig_event event = event_of(lab, index, kind);
    send_event(lab, index, &event, 0);
}

/* On a new connection: the seat, and the same commands under the same numbers. */
static void come_back(struct lab *lab, size_t index)
{
    struct person *person = &lab->people[index];
    person->rejoins = false;
    join(lab, index);
    for (uint64_t back = 0; back < 4 && back < person->sequence; back++) {
        const struct sent *sent = &person->sent[(person->sequence - back) % SENT];
        if (sent->sequence == person->sequence - back && !sent->answered)
            send_command(lab, index, sent);
    }
}

bool people_are_staff(const struct lab *lab, uint64_t account)
{
    for (size_t i = 0; i < PEOPLE; i++)
        if (lab->people[i].account == account)
            return lab->people[i].role != RIG_STUDENT;
    return false;
}

void people_step(struct lab *lab, size_t index)
{
    struct person *person = &lab->people[index];
    struct random *random = &lab->random;
    person->next = lab->now + (lab->world->calm ? random_time(random, 2 * S, 30 * S)
                                                : random_time(random, 200 * MS, 3 * S));
    if (lab->now < person->silent_until) {
        person->next = person->silent_until;
        return;
    }
    if (person->rejoins) {
        come_back(lab, index);
        return;
    }
    if (lab->among_staff && person->role == RIG_STUDENT) {
        person->next = lab->now + random_time(random, S, 20 * S);
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

void people_disconnected(struct lab *lab)
{
    lab->next = 0;
    for (size_t i = 0; i < PEOPLE; i++) {
        lab->people[i].rejoins = true;
        int64_t back = lab->now + random_time(&lab->random, 100 * MS, 15 * S);
        lab->people[i].next = back > lab->people[i].silent_until ? back : lab->people[i].silent_until;
    }
}

/* ---- control's side
 * ----------------------------------------------------------------------------------------- */

uint64_t people_request(struct lab *lab, const struct request *request)
{
    uint64_t id = ++lab->last_request;
    struct request *slot = &lab->requests[id % REQUESTS];
    if (slot->open && slot->kind != RIG_EVENT_TAKE)
        lab_fail(lab, "a request of kind %d was never answered", (int)slot->kind);
    *slot = *request;
    slot->open = true;
    return id;
}

static void reply(struct lab *lab, const struct request *request, const struct rig_action *answer)
{
    struct message message = {.kind = MESSAGE_ANSWER,
                              .lab = lab->index,
                              .person = request->person,
                              .sequence = request->sequence,
                              .was = request->kind,
                              .refusal = answer->refusal,
                              .seat = answer->seat,
                              .last = answer->sequence};
    if (request->generation == lab->world->bus.generation)
        bus_send(lab->world, &message);
}

/* As requests.c does before the core hears of it: a seat must be the account's. */
static bool has_seat(const struct lab *lab, uint64_t account, uint32_t seat)
{
    size_t count;
    const struct rig_seat *seats = rig_seats(lab->rig, &count);
    for (size_t i = 0; i < count; i++)
        if (seats[i].id == seat && seats[i].account == account)
            return true;
    return false;
}

void people_message(struct lab *lab, const struct message *message)
{
    struct person *person = &lab->people[message->person];
    struct rig_event event = message->event;
    struct request request = {.kind = event.kind,
                              .person = message->person,
                              .sequence = message->sequence,
                              .generation = lab->world->bus.generation};
    if (event.kind != RIG_EVENT_JOIN && !has_seat(lab, person->account, event.seat)) {
        reply(lab, &request, &(struct rig_action){.refusal = RIG_NO_SEAT});
        return;
    }
    person->heard = lab->now;
    if (event.kind == RIG_EVENT_COMMAND)
        request.body = event.command.body;
    event.request = event.kind == RIG_EVENT_HEARD ? 0 : people_request(lab, &request);
    lab_handle(lab, &event);
    if (event.kind == RIG_EVENT_JOIN && person->sitting != 0)
        office_joined(lab->world, lab->index, person->account);
    if (event.kind == RIG_EVENT_LEAVE)
        person->sitting = 0;
}

/* The same command gets the same answer, however often it is asked. */
static void check_repeat(struct lab *lab, const struct request *request, const struct rig_action *answer)
{
    struct sent *sent = &lab->people[request->person].sent[request->sequence % SENT];
    if (request->kind != RIG_EVENT_COMMAND || request->sequence == 0 || sent->sequence != request->sequence ||
        sent->seat != answer->seat || request->body != sent->body)
        return;
    if (answer->refusal == RIG_REUSED_SEQUENCE && sent->answered)
        lab_fail(lab, "command %llu is refused when it is repeated", (unsigned long long)sent->sequence);
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

void people_answer(struct lab *lab, const struct rig_action *answer)
{
    struct request *request = &lab->requests[answer->request % REQUESTS];
    if (!request->open)
        lab_fail(lab, "request %llu is answered twice, or was never made",
                 (unsigned long long)answer->request);
    request->open = false;
    struct person *person = &lab->people[request->person];
    if (request->kind == RIG_EVENT_JOIN && answer->refusal == RIG_ACCEPTED)
        person->sitting = answer->seat;
    check_repeat(lab, request, answer);
    reply(lab, request, answer);
}

/* ---- and the answer reaches the person
 * ------------------------------------------------------------------------ */

void people_told(struct lab *lab, const struct message *message)
{
    struct person *person = &lab->people[message->person];
    if (message->was == RIG_EVENT_JOIN && message->refusal == RIG_ACCEPTED) {
        if (person->seat != message->seat) {
            memset(person->sent, 0, sizeof person->sent);
            person->sequence = message->last;
        }
        person->seat = message->seat;
        if (message->last > person->sequence)
            person->sequence = message->last;
    }
    if (message->refusal == RIG_NO_SEAT || message->refusal == RIG_NO_SESSION ||
        message->was == RIG_EVENT_LEAVE)
        person->seat = 0;
}
