/* image.c - the process image: samples in, quality and age, and what they say about the safe state. */
#include "gateway/rig/state.h"

#include <math.h>
#include <string.h>

bool image_point_up(const struct rig *rig, uint16_t point)
{
    return rig->image.up[rig->spec->points[point].instrument];
}

/* Without it the rig is unavailable; its loss and return are edges. */
bool image_required(const struct rig *rig, size_t instrument)
{
    const struct rig_instrument_spec *spec = &rig->spec->instruments[instrument];
    return spec->outputs || !spec->on_loss_continue;
}

bool image_matches(const struct rig *rig, uint16_t point, double number, double tolerance)
{
    const struct rig_value *value = &rig->image.values[point];
    return value->quality == RIG_GOOD && fabs(value->number - number) <= tolerance;
}

bool image_shows_since(const struct rig *rig, uint16_t point, double number, double tolerance, int64_t since)
{
    return rig->image.asked[point] >= since && image_matches(rig, point, number, tolerance);
}

/* The read-back of an output shows `number`, in a sample that was asked for since. */
bool image_output_shows(const struct rig *rig, uint16_t point, double number, int64_t since)
{
    const struct rig_point_spec *spec = &rig->spec->points[point];
    return spec->readback != RIG_NONE &&
           image_shows_since(rig, spec->readback, number, spec->tolerance, since);
}

/* While nobody commands, a point that verifies must go on showing what is safe. Under a lock-out or in local
 * mode it is the technician's hands that move things, and the gateway does not move them back. */
static void check_departure(struct rig *rig, uint16_t point)
{
    const struct expectation *expected = &rig->image.expected[point];
    if (!expected->present || !rig->verified || rig->durable.lockout_count > 0 || rig->local)
        return;
    if (!image_matches(rig, point, demand_or(rig, point, expected->number), expected->tolerance))
        rig_edge(rig, RIG_EDGE_DEPARTED, rig->spec->points[point].name);
}

/* True when it changed. */
static bool set_quality(struct rig *rig, uint16_t point, enum rig_quality quality)
{
    struct rig_value *value = &rig->image.values[point];
    if (value->quality == quality)
        return false;
    value->quality = quality;
    touch_point(rig, point);
    return true;
}

/* True when value or quality changed. */
static bool store(struct rig *rig, const struct rig_sample *sample, bool good)
{
    struct image *image = &rig->image;
    struct rig_value *value = &image->values[sample->point];
    uint16_t slot = image->text_slot[sample->point];
    bool changed = false;
    if (good && slot != RIG_NONE && strncmp(image->texts[slot], sample->text, RIG_TEXT_MAX - 1) != 0) {
        strncpy(image->texts[slot], sample->text, RIG_TEXT_MAX - 1);
        changed = true;
    } else if (good && slot == RIG_NONE && value->number != sample->number) {
        value->number = sample->number;
        changed = true;
    }
    if (changed)
        touch_point(rig, sample->point);
    return set_quality(rig, sample->point, good ? RIG_GOOD : RIG_BAD) || changed;
}

static void take_sample(struct rig *rig, const struct rig_sample *sample, int64_t at, int64_t asked)
{
    struct image *image = &rig->image;
    if (sample->point >= rig->spec->point_count || !image_point_up(rig, sample->point))
        return;
    const struct rig_point_spec *point = &rig->spec->points[sample->point];
    struct rig_value *value = &image->values[sample->point];
    if (at < value->at)
        return; /* overtaken by a later one */
    bool text = point->type == RIG_TEXT;
    bool good = sample->good && (text ? sample->text != NULL : isfinite(sample->number));
    bool ages = good && point->stale_after > 0;
    int64_t aged_at = ages ? time_after(at, point->stale_after + 1) : DEADLINE_NEVER;
    bool changed = store(rig, sample, good);
    if (aged_at <= rig->now) { /* it was that long on its way */
        set_quality(rig, sample->point, RIG_STALE);
        aged_at = DEADLINE_NEVER;
        changed = true;
    }
    value->at = at;
    image->asked[sample->point] = asked;
    image->reads[sample->point]++;
    timer_set(rig, TIMER_STALE, sample->point, aged_at);
    if (changed)
        interlock_dirty(rig, sample->point, true);
    else
        interlock_read(rig, sample->point);
    check_departure(rig, sample->point);
}

void image_samples(struct rig *rig, const struct rig_event *event)
{
    int64_t at = event->samples.at < rig->now ? event->samples.at : rig->now;
    int64_t asked = event->samples.asked > 0 && event->samples.asked < at ? event->samples.asked : at;
    for (size_t i = 0; i < event->samples.count; i++)
        take_sample(rig, &event->samples.list[i], at, asked);
    rig->image.sampled = true;
    image_local_mode(rig);
}

void image_point_aged(struct rig *rig, size_t point)
{
    set_quality(rig, (uint16_t)point, RIG_STALE);
    interlock_dirty(rig, (uint16_t)point, false);
    check_departure(rig, (uint16_t)point);
    image_local_mode(rig);
}

static void lose_points(struct rig *rig, uint16_t instrument)
{
    for (size_t i = 0; i < rig->spec->point_count; i++) {
        if (rig->spec->points[i].instrument != instrument)
            continue;
        set_quality(rig, (uint16_t)i, RIG_BAD);
        timer_set(rig, TIMER_STALE, i, DEADLINE_NEVER);
        interlock_dirty(rig, (uint16_t)i, false);
    }
    image_local_mode(rig);
}

void image_instrument(struct rig *rig, const struct rig_event *event)
{
    uint16_t instrument = event->instrument.instrument;
    bool up = event->instrument.up;
    if (instrument >= rig->spec->instrument_count || rig->image.up[instrument] == up)
        return;
    rig->image.up[instrument] = up;
    touch_status(rig);
    emit_record(rig, up ? RIG_RECORD_INSTRUMENT_BACK : RIG_RECORD_INSTRUMENT_LOST)->instrument = instrument;
    if (!up)
        lose_points(rig, instrument);
    uint16_t beat = rig->spec->heartbeat.point;
    if (beat != RIG_NONE && rig->spec->points[beat].instrument == instrument)
        rig->heartbeat.ticket = 0; /* its report went down with the line */
    if (!image_required(rig, instrument))
        return;
    rig->image.down += up ? (size_t)-1 : 1;
    if (!up) {
        emit_notice(rig, RIG_RECORD_INSTRUMENT_LOST)->instrument = instrument;
        if (!rig->lease.held && rig->lease.holder)
            lease_end(rig, RIG_NOT_AVAILABLE);
    }
    rig_edge(rig, up ? RIG_EDGE_INSTRUMENT_BACK : RIG_EDGE_INSTRUMENT_LOST,
             rig->spec->instruments[instrument].name);
}

/* That it cannot be read is nobody's doing. */
enum rig_refusal image_local_refusal(const struct rig *rig)
{
    return rig->image.values[rig->spec->local_mode].quality == RIG_GOOD ? RIG_LOCKED_OUT : RIG_NOT_AVAILABLE;
}

/* A local mode that cannot be read counts as local. */
void image_local_mode(struct rig *rig)
{
    uint16_t point = rig->spec->local_mode;
    if (point == RIG_NONE)
        return;
    const struct rig_value *value = &rig->image.values[point];
    bool local = value->quality != RIG_GOOD || value->number != 0;
    if (local == rig->local)
        return;
    rig->local = local;
    touch_status(rig);
    if (local)
        lease_end(rig, image_local_refusal(rig));
    emit_record(rig, local ? RIG_RECORD_LOCKOUT : RIG_RECORD_UNLOCK)->point = point;
    rig_edge(rig, RIG_EDGE_LOCKOUT, rig->spec->points[point].name);
}
