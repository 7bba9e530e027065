/* What a running gateway cannot take up. */
#include "gateway/change/change.h"
#include "gateway/change/touched.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum field_kind { FIELD_TEXT, FIELD_LONG, FIELD_INT };

/* All that is read once, at the start. */
static const struct field {
    const char *name;
    size_t offset;
    enum field_kind kind;
} fields[] = {
    {"state",             offsetof(struct config_lab, state),             FIELD_TEXT},
    {"time_zone",         offsetof(struct config_lab, time_zone),         FIELD_TEXT},
    {"bus_user",          offsetof(struct config_lab, bus_user),          FIELD_TEXT},
    {"control_user",      offsetof(struct config_lab, control_user),      FIELD_TEXT},
    {"device_group",      offsetof(struct config_lab, device_group),      FIELD_TEXT},
    {"mail sendmail",     offsetof(struct config_lab, mail.sendmail),     FIELD_TEXT},
    {"mail from",         offsetof(struct config_lab, mail.from),         FIELD_TEXT},
    {"mail retry",        offsetof(struct config_lab, mail.retry),        FIELD_LONG},
    {"history",           offsetof(struct config_lab, history),           FIELD_LONG},
    {"history_bytes",     offsetof(struct config_lab, history_bytes),     FIELD_LONG},
    {"recording_budget",  offsetof(struct config_lab, recording_budget),  FIELD_LONG},
    {"recording_life",    offsetof(struct config_lab, recording_life),    FIELD_LONG},
    {"audit_buffer",      offsetof(struct config_lab, audit_buffer),      FIELD_LONG},
    {"realtime_priority", offsetof(struct config_lab, realtime_priority), FIELD_INT },
};

static bool same_text(const char *first, const char *second)
{
    return !strcmp(first ? first : "", second ? second : "");
}

static bool is_same(const struct field *field, const struct config_lab *first,
                    const struct config_lab *second)
{
    const char *one = (const char *)first + field->offset, *other = (const char *)second + field->offset;
    switch (field->kind) {
    case FIELD_TEXT:
        return same_text(*(const char *const *)(const void *)one, *(const char *const *)(const void *)other);
    case FIELD_LONG:
        return *(const int64_t *)(const void *)one == *(const int64_t *)(const void *)other;
    case FIELD_INT:
        return *(const int *)(const void *)one == *(const int *)(const void *)other;
    }
    return false;
}

static bool same_listeners(const struct config_lab *first, const struct config_lab *second)
{
    bool same = first->listener_count == second->listener_count;
    for (size_t i = 0; same && i < first->listener_count; i++) {
        const struct config_listener *one = &first->listeners[i], *other = &second->listeners[i];
        same = same_text(one->url, other->url) && same_text(one->certificate, other->certificate) &&
               same_text(one->key, other->key) && one->insecure == other->insecure;
    }
    return same;
}

static void tell_rigs(const struct config_lab *of, const struct config_lab *other, const char *how,
                      change_restart_taker *take, void *context)
{
    char what[120];
    for (size_t i = 0; i < of->rig_count; i++) {
        if (change_find_rig(other, of->rigs[i].spec.name))
            continue;
        snprintf(what, sizeof what, "rig %.80s was %s", of->rigs[i].spec.name, how);
        take(context, &(struct change_restart){what, true});
    }
}

static bool same_names(const char *const *first, size_t first_count, const char *const *second,
                       size_t second_count)
{
    bool same = first_count == second_count;
    for (size_t i = 0; same && i < first_count; i++)
        same = !strcmp(first[i], second[i]);
    return same;
}

/* Bookings hold them. */
static bool same_resources(const struct config_lab *before, const struct config_lab *after)
{
    const struct config_timetable *was = &before->timetable, *is = &after->timetable;
    bool same = same_names(was->resources, was->resource_count, is->resources, is->resource_count);
    for (size_t i = 0; same && i < before->rig_count; i++) {
        const struct config_rig *rig = &before->rigs[i], *other = change_find_rig(after, rig->spec.name);
        same = !other ||
               (rig->resource_count == other->resource_count &&
                !memcmp(rig->resources, other->resources, rig->resource_count * sizeof(*rig->resources)));
    }
    return same;
}

/* Places in the queue ask for them. */
static bool keeps_capabilities(const struct config_lab *before, const struct config_lab *after)
{
    for (size_t i = 0; i < before->timetable.capability_count; i++) {
        bool kept = false;
        for (size_t k = 0; k < after->timetable.capability_count; k++)
            kept |= !strcmp(before->timetable.capabilities[i], after->timetable.capabilities[k]);
        if (!kept)
            return false;
    }
    return true;
}

void change_needs_restart(const struct config_lab *start, const struct config_lab *before,
                          const struct config_lab *after, change_restart_taker *take, void *context)
{
    tell_rigs(before, after, "removed", take, context);
    tell_rigs(after, before, "added", take, context);
    if (!same_resources(before, after))
        take(context, &(struct change_restart){"resources that rigs share", true});
    if (!keeps_capabilities(before, after))
        take(context, &(struct change_restart){"a capability is no more", true});
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (!is_same(&fields[i], start, after))
            take(context, &(struct change_restart){fields[i].name, false});
    if (!same_listeners(start, after))
        take(context, &(struct change_restart){"listeners", false});
}
