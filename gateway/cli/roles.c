#include "gateway/cli/roles.h"

#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

static const char *const roles[] = {"?", "student", "teacher", "technician", "scheduler", "spectator"};

const char *role_name(Labgate__Role role)
{
    return (unsigned)role < COUNT(roles) ? roles[role] : "?";
}

bool role_find(const char *name, Labgate__Role *role)
{
    for (size_t i = LABGATE__ROLE__STUDENT; i <= LABGATE__ROLE__SCHEDULER; i++)
        if (strcmp(roles[i], name) == 0) {
            *role = (Labgate__Role)i;
            return true;
        }
    return false;
}

static const struct {
    const char *name;
    enum style style;
} conditions[] = {
    {"?",           STYLE_FAINT  },
    {"unavailable", STYLE_BAD    },
    {"making safe", STYLE_WARNING},
    {"safe",        STYLE_GOOD   },
    {"granting",    STYLE_WARNING},
    {"controlled",  STYLE_STRONG },
    {"quarantined", STYLE_BAD    },
};

const char *condition_name(Labgate__Condition condition)
{
    return (unsigned)condition < COUNT(conditions) ? conditions[condition].name : "?";
}

const char *booking_state_name(Labgate__BookingState state)
{
    static const char *const names[] = {"?", "confirmed", "live", "ended", "cancelled", "pending", "offered"};
    return (unsigned)state < COUNT(names) ? names[state] : "?";
}

enum style status_describe(const Labgate__RigStatus *status, struct text *text)
{
    if (!status) {
        text_add(text, "?");
        return STYLE_FAINT;
    }
    text_add(text, condition_name(status->condition));
    enum style style =
        (unsigned)status->condition < COUNT(conditions) ? conditions[status->condition].style : STYLE_FAINT;
    if (status->stopped)
        text_add(text, ", STOPPED");
    if (status->locked_out)
        text_add(text, ", LOCKED OUT");
    for (size_t i = 0; i < status->n_trips; i++)
        text_add_format(text, "%s%s", i ? ", " : ", TRIPPED: ", status->trips[i]);
    for (size_t i = 0; i < status->n_bypasses; i++)
        text_add_format(text, "%s%s", i ? ", " : ", BYPASSED: ", status->bypasses[i]->rule);
    if (status->proof && status->proof->overdue)
        text_add(text, ", PROOF TEST OVERDUE");
    bool bad = status->stopped || status->locked_out || status->n_trips || status->n_bypasses;
    return bad ? STYLE_BAD : style;
}
