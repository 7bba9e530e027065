/* admit.c - may this command act? One function, in the order of section 4 of the design and of refusal.h: who
 * asks, is the lease theirs and current, is the rig fit, is the value legal, do the interlocks allow it
 * (promise S5). It changes nothing. Repeats were answered before it is asked. */
#include "gateway/rig/state.h"

#include <math.h>

bool role_covers(enum rig_role have, enum rig_role need)
{
    static const unsigned covers[] = {
        [RIG_STUDENT] = 1u << RIG_STUDENT,
        [RIG_TEACHER] = 1u << RIG_STUDENT | 1u << RIG_TEACHER,
        [RIG_TECHNICIAN] = 1u << RIG_STUDENT | 1u << RIG_TEACHER | 1u << RIG_TECHNICIAN,
        [RIG_SCHEDULER] = 1u << RIG_SCHEDULER,
    };
    return (unsigned)have < sizeof covers / sizeof *covers && covers[have] >> need & 1;
}

static bool of_type(const struct rig_point_spec *point, double number)
{
    switch (point->type) {
    case RIG_BOOLEAN:
        return number == 0 || number == 1;
    case RIG_INTEGER:
        return number == nearbyint(number);
    case RIG_NUMBER:
        return true;
    case RIG_CHOICE:
        for (const struct rig_choice *choice = point->choices; choice->name; choice++)
            if (choice->number == number)
                return true;
        return false;
    default:
        return false;
    }
}

/* The safe value itself needs no permission, only an untripped rig. */
enum rig_refusal admit_interlocks(const struct rig *rig, uint16_t point, double number,
                                  struct objection *objection)
{
    if ((objection->rule = trip_on(rig, point)))
        return RIG_TRIPPED;
    if (number == rig->spec->points[point].safe)
        return RIG_ACCEPTED;
    if ((objection->rule = permissive_against(rig, point)))
        return RIG_NOT_PERMITTED;
    if ((objection->rule = exclusive_against(rig, point)))
        return RIG_EXCLUDED;
    return RIG_ACCEPTED;
}

static bool is_number(const struct rig_point_spec *point)
{
    return point->type == RIG_NUMBER || point->type == RIG_INTEGER;
}

static enum rig_refusal sequence_objection(const struct rig *rig, const struct admission *admission)
{
    if (seat_past(rig, admission->seat, admission->sequence))
        return RIG_REUSED_SEQUENCE;
    return admission->sequence > admission->seat->sequence ? RIG_ACCEPTED : RIG_OLD_SEQUENCE;
}

static enum rig_refusal value_objection(const struct rig *rig, const struct admission *admission,
                                        struct objection *objection)
{
    const struct rig_point_spec *point = &rig->spec->points[admission->point];
    if (!point->output)
        return RIG_READ_ONLY;
    if (!role_covers(admission->seat->role, point->role))
        return RIG_NOT_ALLOWED;
    if (!isfinite(admission->number))
        return RIG_NOT_A_NUMBER;
    if (!of_type(point, admission->number))
        return RIG_WRONG_TYPE;
    if (is_number(point) && !limit_in_range(rig, admission, objection))
        return RIG_OUT_OF_RANGE;
    if (admission->number != point->safe) {
        if (!limit_slow_enough(rig, admission->point, objection))
            return RIG_TOO_FAST;
        enum rig_refusal refusal = limit_against(rig, admission->point, objection);
        if (refusal != RIG_ACCEPTED)
            return refusal;
    }
    return admit_interlocks(rig, admission->point, admission->number, objection);
}

enum rig_refusal admit_unfit(const struct rig *rig)
{
    if (!rig->recording)
        return RIG_NO_RECORD;
    if (rig->closing)
        return RIG_CLOSING;
    if (rig->durable.stopped)
        return RIG_STOPPED;
    if (rig->durable.lockout_count > 0)
        return RIG_LOCKED_OUT;
    if (rig->durable.quarantined)
        return RIG_IS_QUARANTINED;
    if (rig->image.down > 0)
        return RIG_NOT_AVAILABLE;
    return rig->local ? image_local_refusal(rig) : RIG_ACCEPTED; /* it cannot be read while it is down */
}

enum rig_refusal rig_admit(const struct rig *rig, const struct admission *admission,
                           struct objection *objection)
{
    *objection = (struct objection){0};
    if (rig->session == 0)
        return RIG_NO_SESSION;
    if (!admission->seat)
        return RIG_NO_SEAT;
    enum rig_refusal refusal = sequence_objection(rig, admission);
    if (refusal != RIG_ACCEPTED)
        return refusal;
    if (!rig->lease.held || admission->seat->id != rig->lease.holder)
        return RIG_NOT_CONTROLLER;
    if (admission->epoch != rig->lease.epoch)
        return RIG_OLD_EPOCH;
    if (admission->age > rig->spec->command_age)
        return RIG_TOO_OLD;
    refusal = admit_unfit(rig);
    if (refusal != RIG_ACCEPTED)
        return refusal;
    if (!rig->lease.granted)
        return RIG_IS_MAKING_SAFE;
    if (admission->capture)
        return admission->instrument >= rig->spec->instrument_count ? RIG_UNKNOWN_POINT
               : rig->image.up[admission->instrument]               ? RIG_ACCEPTED
                                                                    : RIG_NOT_AVAILABLE;
    if (admission->point >= rig->spec->point_count)
        return RIG_UNKNOWN_POINT;
    if (rig->outputs[admission->point].drive.state != DRIVE_NONE)
        return RIG_IS_MAKING_SAFE;
    refusal = value_objection(rig, admission, objection);
    if (refusal != RIG_ACCEPTED)
        return refusal;
    return rig->command_count == COMMANDS_MAX ? RIG_BUSY : RIG_ACCEPTED;
}

bool rig_point_blocked(const struct rig *rig, uint16_t point, const char **rule)
{
    struct objection objection = {0};
    *rule = NULL;
    if (point >= rig->spec->point_count || !rig->spec->points[point].output)
        return false;
    const double away = NAN; /* whatever is not the safe value */
    bool blocked = limit_against(rig, point, &objection) != RIG_ACCEPTED ||
                   admit_interlocks(rig, point, away, &objection) != RIG_ACCEPTED;
    *rule = objection.rule;
    return blocked;
}
