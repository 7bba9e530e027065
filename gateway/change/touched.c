#include "gateway/change/touched.h"

#include "gateway/change/change.h"
#include "gateway/change/rig_text.h"

#include <stdlib.h>
#include <string.h>

const struct config_rig *change_find_rig(const struct config_lab *lab, const char *name)
{
    for (size_t i = 0; i < lab->rig_count; i++)
        if (!strcmp(lab->rigs[i].spec.name, name))
            return &lab->rigs[i];
    return NULL;
}

bool change_rig_differs(const struct config_lab *before, const struct config_rig *was,
                        const struct config_lab *after, const struct config_rig *is)
{
    char *first = change_rig_text(before, was), *second = change_rig_text(after, is);
    bool same = first && second && !strcmp(first, second);
    free(first);
    free(second);
    return !same;
}

static bool *place_of(const struct config_lab *lab, const struct config_rig *rig, bool *touched)
{
    const struct config_rig *found = change_find_rig(lab, rig->spec.name);
    return found ? &touched[found - lab->rigs] : NULL;
}

/* Whoever shares a line with a rig that is touched is touched, too: the line ends. True: there was one more.
 */
static bool spread(const struct config_lab *lab, const struct config_lab *after, bool *touched)
{
    bool more = false;
    for (size_t i = 0; i < lab->link_count; i++) {
        const struct config_link *link = &lab->links[i];
        bool ends = false;
        for (size_t k = 0; k < link->instrument_count; k++) {
            const bool *place = place_of(after, &lab->rigs[link->instruments[k].rig], touched);
            ends |= !place || *place;
        }
        for (size_t k = 0; ends && k < link->instrument_count; k++) {
            bool *place = place_of(after, &lab->rigs[link->instruments[k].rig], touched);
            more |= place && !*place;
            if (place)
                *place = true;
        }
    }
    return more;
}

void change_touched(const struct config_lab *before, const struct config_lab *after, bool *touched)
{
    for (size_t i = 0; i < after->rig_count; i++) {
        const struct config_rig *was = change_find_rig(before, after->rigs[i].spec.name);
        touched[i] = !was || change_rig_differs(before, was, after, &after->rigs[i]);
    }
    while (spread(before, after, touched) || spread(after, after, touched))
        ;
}
