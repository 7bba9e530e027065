/* line.h - a line as it is planned: what it carries, how much of it that takes, and how long anything on it
 * may have to wait. Pure arithmetic over the plan that the link's thread carries out (drivers/line_time.h);
 * times in ns.
 *
 * What is assumed, and printed by `labgate check`:
 * - an instrument that a rule depends on answers, within the turnaround of its line;
 * - on each line one other instrument at a time may fail in any way: it does not answer, answers wrongly, or
 * answers once more while the line is held; then it is given up, and its rig made safe;
 * - the rig itself may be made safe once at the same moment, and the others on the line as often as somebody
 * who leans on their e-stops makes them: a press a second is an edge (RIG_STOP_EDGES_APART), and what is
 * written at once is written again by the run that follows. A safe write waits for one of each output only,
 * because each has one place in the line's queue and keeps its turn there;
 * - a laboratory's TCP network adds 0.1 ms to a transaction, and connects within 20 ms;
 * - the gateway itself decides within ANALYSIS_DECISION.
 *
 * The order of service is that of gateway/link/link.h: of the polls that are due the least recently served
 * goes first, so each other poll goes at most once before one that is due; one command or awaited read before
 * each; an instrument that does not answer yields after its first failure. The wait is the least fixed point
 * of what can arrive in it (Joseph and Pandya, Finding response times in a real-time system, 1986). */
#ifndef GATEWAY_ANALYSIS_LINE_H
#define GATEWAY_ANALYSIS_LINE_H

#include "drivers/driver.h"

#define ANALYSIS_DECISION INT64_C(10000000)
#define ANALYSIS_NEVER    INT64_MAX

struct analysis_read {
    int64_t period; /* 0: on request only */
    int64_t time;   /* when the instrument takes its whole turnaround */
    const uint16_t *points;
    size_t count;
    bool other_way; /* its points can be asked for so that a late answer cannot be taken for the right one */
};

struct analysis_unit {
    uint16_t rig; /* in the lab's rigs */
    const struct analysis_read *reads;
    size_t read_count;
    const int64_t *writes; /* by point: what writing it takes; 0: it is not written */
    size_t point_count;
    size_t outputs; /* that a safe sequence writes */
    int64_t beat;   /* period of the heartbeat that is written to it, 0: none */
    int64_t beat_time;
    bool greets, captures;
};

struct analysis_line {
    const struct driver_line_spec *spec;
    int64_t longest; /* no transaction takes longer */
    const struct analysis_unit *units;
    size_t unit_count;
};

struct analysis_load {
    double share; /* of the line's time, 1 is all of it, when every instrument takes its whole turnaround */
    double wire;  /* the same when they answer at once */
    double per_second; /* transactions */
};

void analysis_load(const struct analysis_line *line, struct analysis_load *load);

/* The read that shows a point; NULL: none that is scheduled. */
const struct analysis_read *analysis_read_of(const struct analysis_unit *unit, uint16_t point);

/* From when a read of this unit is due to when it goes on the line; the line's thread may wake a little late.
 * ANALYSIS_NEVER when there is no bound. */
int64_t analysis_wait(const struct analysis_line *line, size_t unit, const struct analysis_read *read);

/* From when a read of this unit, instead of being answered, begins to fail to when it has been made again:
 * with the wait for late answers where this line may need it. ANALYSIS_NEVER when there is no bound. */
int64_t analysis_again(const struct analysis_line *line, size_t unit, const struct analysis_read *read);
/* What a safe write to this unit takes longer when its request or its acknowledgement is lost. ANALYSIS_NEVER
 * when there is no bound. */
int64_t analysis_write_again(const struct analysis_line *line, size_t unit);

/* From when this unit stops answering, just after it did, to when `lost_after` of its polls in a row have
 * failed and it is given up. ANALYSIS_NEVER when there is no bound, or it is not polled. */
int64_t analysis_given_up(const struct analysis_line *line, size_t unit, unsigned lost_after);

/* What something urgent may find in its way: the hold after a doubtful reply, the transaction in flight with
 * its timeout, and the hold after that (promise S9). */
int64_t analysis_blocked(const struct analysis_line *line);
/* How long the link waits for a reply of this unit, or for a part of a capture. */
int64_t analysis_failure(const struct analysis_line *line, const struct analysis_unit *unit);
/* Longest of a transaction that fails, without the hold. */
int64_t analysis_in_flight(const struct analysis_line *line);
/* The safe writes of all other rigs on the line, once. */
int64_t analysis_others_safe(const struct analysis_line *line, uint16_t rig);
/* Those that somebody who leans on their e-stops can bring about in this time. */
int64_t analysis_others_pressed(const struct analysis_line *line, uint16_t rig, int64_t wait);
/* How late a heartbeat of this rig may be: safe writes, its own once, and the others' heartbeats go first.
 * ANALYSIS_NEVER when there is no bound. */
int64_t analysis_beat_wait(const struct analysis_line *line, uint16_t rig);
/* Those of this rig. */
int64_t analysis_own_safe(const struct analysis_line *line, uint16_t rig);
/* What all instruments of a rig on the line ask to be greeted with after a hold, where they do: some
 * exchanges of a usual size. */
int64_t analysis_greetings(const struct analysis_line *line, uint16_t rig);
/* The longest read or write on the line when all goes well. */
int64_t analysis_longest_good(const struct analysis_line *line);

#endif
