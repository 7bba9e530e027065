/* line.c - a line as the gateway's link keeps it: one transaction at a time; safe writes first, then the
 * heartbeat, commands of the present epoch, reads that were asked for, polls. Lines die, and their reports
 * are late. */
#include "tests/simulation/oracle.h"
#include "tests/simulation/world.h"

#include <math.h>
#include <string.h>

static bool chance(struct lab *lab, double probability)
{
    bool happens = lab->world->weather.lost_reply && random_chance(&lab->random, probability);
    lab->world->tally.lost_reply += happens;
    return happens;
}

static void push(struct lab *lab, struct queue *queue, const struct item *item)
{
    if (queue->count == QUEUE)
        lab_fail(lab, "a line's queue overflows: the core writes without end");
    queue->items[(queue->first + queue->count++) % QUEUE] = *item;
}

static bool pop(struct queue *queue, struct item *item)
{
    if (queue->count == 0)
        return false;
    *item = queue->items[queue->first];
    queue->first = (queue->first + 1) % QUEUE;
    queue->count--;
    return true;
}

static struct delivery *deliver(struct lab *lab, struct line *line, enum rig_event_kind kind)
{
    if (line->delivery_count == DELIVERIES)
        lab_fail(lab, "deliveries overflow");
    struct delivery *delivery =
        &line->deliveries[(line->delivery_first + line->delivery_count++) % DELIVERIES];
    int64_t late = random_chance(&lab->random, 0.001) ? random_time(&lab->random, 0, 900 * MS)
                                                      : random_time(&lab->random, 1000, MS);
    int64_t at = lab->now + late;
    line->delivered_last = delivery->at = at > line->delivered_last ? at : line->delivered_last + 1;
    memset(&delivery->event, 0, sizeof delivery->event);
    delivery->event.kind = kind;
    return delivery;
}

static void ask(struct line *line, uint16_t point)
{
    line->asked_count += !line->asked[point];
    line->asked[point] = true;
}

/* Half of the sets are read back by the line itself, as one does that shows the point on the same instrument.
 */
static void report(struct lab *lab, struct line *line, const struct item *item, int result)
{
    if (item->ticket == 0)
        return;
    int copies = chance(lab, 0.002) ? 2 : 1;
    bool read_back = result == RIG_WRITE_DONE && item->read_back && random_chance(&lab->random, 0.5);
    if (read_back)
        ask(line, lab->spec.points[item->point].readback);
    while (copies-- > 0) {
        struct delivery *delivery = deliver(lab, line, RIG_EVENT_WRITTEN);
        delivery->event.written.ticket = item->ticket;
        delivery->event.written.result = result;
        delivery->event.written.at = lab->now;
        delivery->event.written.read_back = read_back;
    }
}

static void report_connection(struct lab *lab, struct line *line, bool up)
{
    line->connected = up;
    line->failures = 0;
    struct delivery *delivery = deliver(lab, line, RIG_EVENT_INSTRUMENT);
    delivery->event.instrument.instrument = line->index; /* each line has one instrument */
    delivery->event.instrument.up = up;
}

static void acknowledge(struct lab *lab, struct line *line)
{
    line->owes_ack = false;
    struct delivery *delivery = deliver(lab, line, RIG_EVENT_EPOCH_ACK);
    delivery->event.epoch_ack.link = line->index;
    delivery->event.epoch_ack.epoch = line->epoch;
}

void line_take(struct lab *lab, const struct rig_action *action)
{
    if (action->kind == RIG_ACTION_EPOCH) {
        struct line *line = &lab->lines[action->link];
        line->epoch = action->epoch;
        line->owes_ack = true;
        return;
    }
    struct line *line = &lab->lines[lab->spec.instruments[lab->spec.points[action->point].instrument].link];
    if (action->kind == RIG_ACTION_READ) {
        ask(line, action->point);
        return;
    }
    struct item item = {action->ticket, action->point, action->number,    action->epoch,
                        action->until,  action->safe,  action->heartbeat, action->read_back};
    push(lab, item.safe ? &line->safe : item.heartbeat ? &line->beat : &line->command, &item);
}

void line_forget(struct line *line)
{
    line->safe.count = line->command.count = line->beat.count = 0;
    line->delivery_count = 0;
    line->flight = IDLE;
    line->owes_ack = line->connected = false;
    line->failures = 0;
    line->epoch = 0;
    memset(line->asked, 0, sizeof line->asked);
    line->asked_count = 0;
}

static bool has_work(const struct line *line)
{
    return line->owes_ack || line->safe.count > 0 || line->beat.count > 0 || line->command.count > 0 ||
           (line->connected && line->asked_count > 0);
}

int64_t line_next(const struct lab *lab, const struct line *line)
{
    int64_t next = line->flight != IDLE ? line->ends
                   : lab->closed        ? INT64_MAX
                   : has_work(line)     ? 0
                                        : line->poll_at;
    if (!lab->closed && line->delivery_count > 0 && line->deliveries[line->delivery_first].at < next)
        next = line->deliveries[line->delivery_first].at;
    return next;
}

static void fly(struct lab *lab, struct line *line, enum flight flight)
{
    line->flight = flight;
    line->began = lab->now;
    bool answers = line->alive && !chance(lab, 0.002);
    line->succeeds = answers;
    line->acts = answers || (line->alive && random_chance(&lab->random, 0.5));
    line->ends = lab->now + (answers ? random_time(&lab->random, MS, 15 * MS) : 150 * MS);
}

static bool start_write(struct lab *lab, struct line *line, struct queue *queue)
{
    struct item item;
    while (pop(queue, &item)) {
        bool command = !item.safe && !item.heartbeat;
        if (command && item.epoch != line->epoch) {
            report(lab, line, &item, RIG_WRITE_OLD_EPOCH);
            continue;
        }
        if (!line->connected || (command && lab->now > item.until)) {
            report(lab, line, &item, RIG_WRITE_FAILED);
            continue;
        }
        line->item = item;
        oracle_write_executes(lab, &item);
        fly(lab, line, WRITING);
        return true;
    }
    return false;
}

static void start(struct lab *lab, struct line *line)
{
    if (line->owes_ack)
        acknowledge(lab, line);
    if (start_write(lab, line, &line->safe) || start_write(lab, line, &line->beat) ||
        start_write(lab, line, &line->command))
        return;
    if (line->connected && (line->asked_count > 0 || lab->now >= line->poll_at)) {
        fly(lab, line, READING);
    } else if (!line->connected && lab->now >= line->poll_at) {
        fly(lab, line, CONNECTING);
    }
}

static void end_write(struct lab *lab, struct line *line)
{
    if (line->acts) {
        plant_step(&lab->plant, lab->now);
        lab->plant.set[line->item.point] = line->item.number;
    }
    bool rejected = line->succeeds && !line->item.heartbeat && chance(lab, 0.002);
    report(lab, line, &line->item,
           rejected         ? RIG_WRITE_REJECTED
           : line->succeeds ? RIG_WRITE_DONE
                            : RIG_WRITE_FAILED);
}

static void deliver_samples(struct lab *lab, struct line *line)
{
    plant_step(&lab->plant, lab->now);
    struct delivery *delivery = deliver(lab, line, RIG_EVENT_SAMPLES);
    size_t count = 0;
    for (uint16_t i = 0; i < POINTS; i++) {
        const struct rig_point_spec *point = &lab->spec.points[i];
        if (point->instrument != line->index || point->poll == 0)
            continue;
        bool bad = lab->now < lab->plant.bad_until[i];
        delivery->samples[count++] = (struct rig_sample){
            .point = i,
            .good = !bad || random_chance(&lab->random, 0.5),
            .number = bad ? NAN : plant_read(&lab->plant, i),
            .text = i == LABEL ? "tank" : NULL,
        };
    }
    delivery->event.samples.list = delivery->samples;
    delivery->event.samples.count = count;
    delivery->event.samples.at = lab->now;
    delivery->event.samples.asked = line->began;
}

static void end_read(struct lab *lab, struct line *line)
{
    memset(line->asked, 0, sizeof line->asked);
    line->asked_count = 0;
    line->poll_at = line->began +
                    lab->spec.points[line->index == PLC     ? LEVEL
                                     : line->index == MOTOR ? VOLTAGE_SHOWN
                                                            : MEAN]
                        .poll;
    if (line->succeeds)
        deliver_samples(lab, line);
}

static void end_flight(struct lab *lab, struct line *line)
{
    enum flight flight = line->flight;
    line->flight = IDLE;
    if (flight == CONNECTING) {
        line->poll_at = lab->now + (line->succeeds ? 0 : random_time(&lab->random, S / 2, 2 * S));
        if (line->succeeds)
            report_connection(lab, line, true);
        return;
    }
    if (flight == WRITING)
        end_write(lab, line);
    else
        end_read(lab, line);
    line->failures = line->succeeds ? 0 : line->failures + 1;
    if (line->failures == 3) {
        report_connection(lab, line, false);
        if (random_chance(&lab->random, 0.3))
            deliver_samples(lab, line); /* a reply that was late, after the line was given up */
    }
}

void line_step(struct lab *lab, struct line *line)
{
    bool reports = line->delivery_count > 0 && !lab->closed;
    if (reports && line->deliveries[line->delivery_first].at <= lab->now) {
        struct delivery *delivery = &line->deliveries[line->delivery_first];
        line->delivery_first = (line->delivery_first + 1) % DELIVERIES;
        line->delivery_count--;
        delivery->event.samples.list =
            delivery->event.kind == RIG_EVENT_SAMPLES ? delivery->samples : delivery->event.samples.list;
        lab_handle(lab, &delivery->event);
        return;
    }
    line->alive = lab->now >= line->dead_until;
    if (line->flight != IDLE && lab->now >= line->ends)
        end_flight(lab, line);
    if (line->flight == IDLE && !lab->closed)
        start(lab, line);
}
