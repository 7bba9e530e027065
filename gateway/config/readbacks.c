/* Which point shows what was written to an output. */
#include "gateway/config/profile.h"
#include "gateway/config/suggest.h"

#include <string.h>

static bool same_choices(const struct rig_choice *left, const struct rig_choice *right)
{
    for (; left && right && left->name && right->name; left++, right++)
        if (left->number != right->number || strcmp(left->name, right->name) != 0)
            return false;
    return (!left || !left->name) && (!right || !right->name);
}

static bool is_number(const struct rig_point_spec *point)
{
    return point->type == RIG_NUMBER || point->type == RIG_INTEGER;
}

static bool same_kind(const struct rig_point_spec *left, const struct rig_point_spec *right)
{
    if (is_number(left) && is_number(right))
        return left->unit == right->unit;
    return left->type == right->type && same_choices(left->choices, right->choices);
}

static void report_no_point(struct loader *loader, const struct profile *profile, const struct node *node)
{
    struct suggestion near;
    suggest_begin(&near, node->text);
    for (size_t i = 0; i < profile->point_count; i++)
        suggest_offer(&near, profile->points[i].spec.name);
    char hint[80];
    report(loader, node, "the profile has no point %.60s%s", node->text,
           suggest_text(&near, hint, sizeof(hint)));
}

static bool check_readback(struct loader *loader, const struct node *node,
                           const struct rig_point_spec *output, struct rig_point_spec *shown)
{
    size_t before = reported(loader);
    if (!shown->readable)
        report(loader, node, "%s cannot be read; name a point that shows what was written", shown->name);
    else if (!same_kind(output, shown))
        report(loader, node, "%s is not of the same type and unit as %s", shown->name, output->name);
    else if (!shown->poll)
        report(loader, node, "%s shows what is written to %s and must be polled; give it a poll period",
               shown->name, output->name);
    else
        point_check_tolerance(loader, node, output);
    if (shown->tolerance == 0)
        shown->tolerance = output->tolerance;
    return reported(loader) == before;
}

void point_link_readbacks(struct loader *loader, struct profile *profile)
{
    for (uint16_t i = 0; i < profile->point_count; i++) {
        struct profile_point *entry = &profile->points[i];
        const struct node *name = node_get(entry->node, "readback");
        if (!entry->spec.output || entry->broken || (name && name->kind != NODE_SCALAR))
            continue;
        uint16_t shown = entry->spec.readable ? i : RIG_NONE;
        if (name)
            shown = profile_point_index(profile, name->text, name->length);
        if (name && shown == RIG_NONE) {
            report_no_point(loader, profile, name);
            entry->broken = true;
        }
        if (shown == RIG_NONE || profile->points[shown].broken)
            continue;
        entry->broken =
            !check_readback(loader, name ? name : entry->node, &entry->spec, &profile->points[shown].spec);
        entry->spec.readback = shown;
    }
}
