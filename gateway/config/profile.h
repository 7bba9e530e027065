/* profile.h - an instrument's profile: what it is made of, whichever rig it stands in.
 *
 * A profile is read once, however many instruments have it; a rig copies its points and may tune them. */
#ifndef GATEWAY_CONFIG_PROFILE_H
#define GATEWAY_CONFIG_PROFILE_H

#include "gateway/config/loader.h"
#include "gateway/config/section.h"

struct profile_point {
    struct rig_point_spec spec; /* name without instrument; readback counts in the profile's points */
    struct config_text title;
    const struct node *node;
    bool broken; /* reported: its values cannot be judged */
};

struct profile {
    struct profile *next;
    const char *name;
    bool broken; /* reported: what it does not have may be in the part that could not be read */
    const struct driver *driver; /* NULL: unknown and reported */
    struct config_text title;
    const struct node *options; /* of the instrument and its line; NULL: none */
    struct profile_point *points;
    struct driver_point *driver_points;
    size_t point_count;
    struct driver_waveform *waveforms;
    struct config_text *waveform_titles;
    size_t waveform_count;
    uint16_t local_mode; /* point, or RIG_NONE */
};

/* `name` is the scalar that names it. NULL: no such file, reported there. */
struct profile *profile_get(struct loader *loader, const struct node *name);
/* RIG_NONE when there is none. */
uint16_t profile_point_index(const struct profile *profile, const char *name, size_t length);

/* points.c: one entry of a profile's `points`. */
void point_read(struct loader *loader, struct profile *profile, uint16_t index, const struct node *node);
/* readbacks.c: once all points are read. */
void point_link_readbacks(struct loader *loader, struct profile *profile);
/* Of an output that is read back. */
void point_check_tolerance(struct loader *loader, const struct node *node,
                           const struct rig_point_spec *output);
/* What a rig says about one of its points over its profile. */
bool point_tune(struct loader *loader, const struct node *node, struct rig_point_spec *point,
                struct config_text *title);

extern const struct section section_profile, section_point, section_tuning, section_waveform;

#endif
