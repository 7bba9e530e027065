/* views.c - what the shell may look at between events. */
#include "gateway/rig/state.h"

const struct rig_durable *rig_durable(const struct rig *rig)
{
    return &rig->durable;
}

const struct rig_value *rig_values(const struct rig *rig)
{
    return rig->image.values;
}

const char *rig_text(const struct rig *rig, uint16_t point)
{
    uint16_t slot = point < rig->spec->point_count ? rig->image.text_slot[point] : RIG_NONE;
    return slot == RIG_NONE ? "" : rig->image.texts[slot];
}

uint64_t rig_revision(const struct rig *rig)
{
    return rig->revision;
}

uint64_t rig_status_revision(const struct rig *rig)
{
    return rig->status_revision;
}

uint64_t rig_point_revision(const struct rig *rig, uint16_t point)
{
    return point < rig->spec->point_count ? rig->image.revisions[point] : 0;
}

bool rig_is_making_safe(const struct rig *rig)
{
    return rig->sequence.wanted || rig->sequence.phase != SEQUENCE_IDLE;
}

bool rig_is_verified_safe(const struct rig *rig)
{
    return rig->verified;
}

enum rig_refusal rig_unfit(const struct rig *rig)
{
    return admit_unfit(rig);
}

bool rig_needs(const struct rig *rig, uint16_t instrument)
{
    return image_required(rig, instrument);
}

bool rig_is_local(const struct rig *rig)
{
    return rig->local;
}

bool rig_controller_missing(const struct rig *rig)
{
    return rig->lease.missing;
}

uint64_t rig_session(const struct rig *rig)
{
    return rig->session;
}

uint64_t rig_epoch(const struct rig *rig)
{
    return rig->lease.epoch;
}

uint32_t rig_controller(const struct rig *rig)
{
    return rig->lease.held ? rig->lease.holder : 0;
}

const struct rig_seat *rig_seats(const struct rig *rig, size_t *count)
{
    *count = rig->seat_count;
    return rig->seats;
}

int64_t rig_bypassed_until(const struct rig *rig, size_t rule)
{
    return rig->interlocks.bypassed_until[rule];
}

bool rig_permits(const struct rig *rig, size_t permissive)
{
    return rig->interlocks.permissives[permissive].permits;
}
