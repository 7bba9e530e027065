/* Points by name, within one rig. */
#include "gateway/config/rigs.h"
#include "gateway/config/suggest.h"
#include "gateway/config/values.h"

#include <string.h>

uint16_t rig_point_index(const struct rig_build *rig, const char *name, size_t length)
{
    for (size_t i = 0; i < rig->point_count; i++)
        if (!strncmp(rig->points[i].name, name, length) && !rig->points[i].name[length])
            return (uint16_t)i;
    return RIG_NONE;
}

/* Whether the name is one of an instrument whose points are not all known. */
bool rig_may_have(const struct rig_build *rig, const char *name, size_t length)
{
    const char *dot = memchr(name, '.', length);
    if (!rig->incomplete || !dot)
        return false;
    if (!rig->instrument_count)
        return true; /* which has been said */
    for (size_t i = 0; i < rig->instrument_count; i++) {
        const struct instrument_build *instrument = &rig->instruments[i];
        size_t own = strlen(instrument->name);
        if (own == (size_t)(dot - name) && !memcmp(instrument->name, name, own))
            return !instrument->profile || instrument->profile->broken;
    }
    return false;
}

/* A name without its instrument. */
static void offer_bare(const struct rig_build *rig, struct suggestion *near)
{
    for (size_t i = 0; i < rig->point_count; i++) {
        size_t distance = near->distance;
        suggest_offer(near, strchr(rig->points[i].name, '.') + 1);
        if (near->distance < distance)
            snprintf(near->best, sizeof(near->best), "%.*s", SUGGESTION_MAX - 1, rig->points[i].name);
    }
}

static const char *nearest(const struct rig_build *rig, const char *name, size_t length, char *hint,
                           size_t size)
{
    char wanted[SUGGESTION_MAX];
    snprintf(wanted, sizeof(wanted), "%.*s", (int)(length < sizeof(wanted) ? length : sizeof(wanted) - 1),
             name);
    struct suggestion near;
    suggest_begin(&near, wanted);
    for (size_t i = 0; i < rig->point_count; i++)
        suggest_offer(&near, rig->points[i].name);
    if (!*near.best && !memchr(name, '.', length))
        offer_bare(rig, &near);
    return suggest_text(&near, hint, size);
}

void rig_report_no_point(struct rig_build *rig, const struct node *node, size_t offset, const char *name,
                         size_t length)
{
    char hint[80];
    nearest(rig, name, length, hint, sizeof(hint));
    report_in(rig->loader, node, offset, "%s has no point %.*s%s", rig->name, (int)length, name, hint);
}

bool rig_point_at_key(struct rig_build *rig, const struct node *node, uint16_t *point)
{
    size_t length = strlen(node->key);
    *point = rig_point_index(rig, node->key, length);
    if (*point == RIG_NONE && !rig_may_have(rig, node->key, length)) {
        char hint[80];
        nearest(rig, node->key, length, hint, sizeof(hint));
        report_key(rig->loader, node, "%s has no point %s%s", rig->name, node->key, hint);
    }
    return *point != RIG_NONE;
}

bool rig_point_at(struct rig_build *rig, const struct node *node, uint16_t *point)
{
    if (!node_is(rig->loader, node, NODE_SCALAR))
        return false;
    *point = rig_point_index(rig, node->text, node->length);
    if (*point == RIG_NONE && !rig_may_have(rig, node->text, node->length))
        rig_report_no_point(rig, node, 0, node->text, node->length);
    return *point != RIG_NONE;
}

static bool read_assignment(struct rig_build *rig, const struct node *entry, bool outputs,
                            struct rig_assignment *item)
{
    if (!rig_point_at_key(rig, entry, &item->point) || rig->broken[item->point])
        return false;
    const struct rig_point_spec *point = &rig->points[item->point];
    if (outputs && rig->out->spec.heartbeat.point == item->point)
        report_key(rig->loader, entry, "%s is the heartbeat, which the gateway writes by itself; remove it",
                   point->name);
    else if (outputs && !point->output)
        report_key(rig->loader, entry, "%s is not an output and cannot be set", point->name);
    else if (outputs)
        return value_read_legal(rig->loader, entry, point, &item->number);
    else if (!point->readable)
        report_key(rig->loader, entry,
                   "%s cannot be read, so nothing can be verified by it; name its read-back", point->name);
    else if (!point->poll)
        report_key(rig->loader, entry, "%s is not polled; give it a poll period", point->name);
    else
        return value_read(rig->loader, entry, point, &item->number);
    return false;
}

bool rig_read_assignments(struct rig_build *rig, const struct node *node, bool outputs,
                          const struct rig_assignment **items, size_t *count)
{
    size_t before = reported(rig->loader);
    struct rig_assignment *list = arena_array(rig->loader->memory, node->count, sizeof(*list));
    *count = 0;
    for (const struct node *entry = node->first; entry; entry = entry->next)
        if (read_assignment(rig, entry, outputs, &list[*count]))
            (*count)++;
    if (!node->count)
        report(rig->loader, node, "names no point");
    *items = list;
    return reported(rig->loader) == before;
}
