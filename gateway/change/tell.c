/* How a difference becomes a row: numbers and lengths of time as people write them. */
#include "gateway/change/compare.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *change_how_name(enum change_how how)
{
    static const char *const names[] = {"added", "removed", "changed"};
    return names[how];
}

void tell_part(struct comparing *comparing, const char *kind, const char *name, const char *part,
               enum change_how how)
{
    comparing->told++;
    comparing->take(comparing->context, &(struct change_row){kind, name, part, how, "", ""});
}

void tell_values(struct comparing *comparing, const char *kind, const char *name, const char *part,
                 const char *before, const char *after)
{
    if (strcmp(before, after) != 0)
        comparing->take(comparing->context,
                        &(struct change_row){kind, name, part, CHANGE_CHANGED, before, after});
}

void tell_numbers(struct comparing *comparing, const char *kind, const char *name, const char *part,
                  double before, double after)
{
    char was[40], is[40];
    snprintf(was, sizeof was, "%.10g", before);
    snprintf(is, sizeof is, "%.10g", after);
    tell_values(comparing, kind, name, part, was, is);
}

/* "2 h", "90 s"; ms. */
static const char *length_text(int64_t ms, char text[40])
{
    static const struct {
        int64_t ms;
        const char *unit;
    } units[] = {
        {86400000, "d"  },
        {3600000,  "h"  },
        {60000,    "min"},
        {1000,     "s"  },
        {1,        "ms" },
    };
    size_t unit = 0;
    while (unit < 4 && (ms == 0 ? unit != 3 : ms % units[unit].ms != 0))
        unit++;
    snprintf(text, 40, "%" PRId64 " %s", ms / units[unit].ms, units[unit].unit);
    return text;
}

void tell_lengths(struct comparing *comparing, const char *kind, const char *name, const char *part,
                  int64_t before, int64_t after)
{
    char was[40], is[40];
    tell_values(comparing, kind, name, part, length_text(before, was), length_text(after, is));
}
