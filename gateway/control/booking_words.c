#include "gateway/control/booking_words.h"

#include "gateway/config/scalar.h"

#include <stdio.h>

#define SECOND 1000 /* ms */
#define MINUTE (60 * SECOND)
#define FAR    (3 * CIVIL_DAY)

/* The wish that was refused; NULL: the request has none. */
static const struct booking_wish *wish_of(const struct control *control, const struct booking_action *action)
{
    return control->asked.wishes ? &control->asked.wishes[action->at] : NULL;
}

const struct booking_wish *booking_words_twin(const struct control *control,
                                              const struct booking_action *action)
{
    const struct booking_wish *wish = wish_of(control, action);
    if (!wish || action->result != BOOKING_OVERLAPS || wish->rig == BOOKING_ANY_RIG)
        return NULL;
    for (size_t i = 0; i < action->at; i++) {
        const struct booking_wish *other = &control->asked.wishes[i];
        if (other->rig == wish->rig && other->starts < wish->ends && wish->starts < other->ends)
            return other;
    }
    return NULL;
}

static const char *duration(int64_t ms, char text[32])
{
    return duration_text(ms * 1000000, text, 32);
}

/* To a second, from ten minutes on to a minute: what a person asks for is no finer. */
static int64_t rounded(int64_t ms)
{
    int64_t unit = ms >= 10 * MINUTE ? MINUTE : ms >= SECOND ? SECOND : 1;
    return (ms + unit / 2) / unit * unit;
}

/* To a minute: the request has been on its way since somebody said "in two days". What is further is told in
 * days, and never on the other side of the bound: no less than it is where it is too far, no more where it is
 * too late. */
static int64_t ahead(int64_t time, enum booking_result result)
{
    int64_t minutes = time > 0 ? (time + MINUTE / 2) / MINUTE * MINUTE : 0;
    int64_t up = result == BOOKING_TOO_FAR ? CIVIL_DAY - 1 : 0;
    return minutes > FAR ? (minutes + up) / CIVIL_DAY * CIVIL_DAY : minutes;
}

/* How long it is, or how far ahead, as the bound is of one or the other; -1: of neither. */
static int64_t asked(const struct control *control, const struct booking_wish *wish,
                     enum booking_result result)
{
    switch (result) {
    case BOOKING_TOO_SHORT:
    case BOOKING_TOO_LONG:
        return rounded(wish->ends - wish->starts);
    case BOOKING_TOO_FAR:
    case BOOKING_TOO_LATE:
        return ahead(wish->starts - control->wall, result);
    default:
        return -1;
    }
}

struct bound {
    const char *whose, *name;
    const char *text; /* of one that is no number; NULL: it only forbids */
    int64_t value;    /* ms of a duration */
    bool is_number, is_duration;
};

/* False: what refused is no bound of a policy or of the rig. */
static bool find_bound(const struct control *control, const struct booking_wish *wish,
                       const struct booking_action *action, struct bound *bound)
{
    if (action->option < POLICY_OPTION_COUNT) {
        const struct booking about = {.group = wish ? wish->group : action->booking.group};
        const struct booking_policy *policy = timetable_policy(control->timetable, &about);
        *bound = (struct bound){.whose = "policy", .name = policy_option_name(action->option)};
        bound->is_number =
            policy && policy_option_bound(policy, action->option, &bound->value, &bound->is_duration);
        bound->text = policy ? policy_option_named(policy, action->option) : NULL;
        return true;
    }
    if (!wish || wish->rig == BOOKING_ANY_RIG || action->result != BOOKING_TOO_LONG)
        return false;
    *bound =
        (struct bound){.whose = "rig", .name = "longest_booking", .is_number = true, .is_duration = true};
    bound->value = control->rigs[wish->rig].config->longest_booking / 1000000;
    return bound->value > 0;
}

/* Rounded, it may look as if it kept the bound. */
static const char *given_text(const struct bound *bound, int64_t given, enum booking_result result,
                              char text[32])
{
    bool is_most = result == BOOKING_TOO_LONG || result == BOOKING_TOO_FAR;
    if (is_most ? given > bound->value : given < bound->value)
        return duration(given, text);
    return is_most ? "a little more" : "a little less";
}

/* "; the policy's shortest is 5 min, asked for is 4 min" */
static size_t add_bound(const struct control *control, const struct booking_action *action, char *text,
                        size_t size)
{
    const struct booking_wish *wish = wish_of(control, action);
    struct bound bound;
    char value[32];
    if (!find_bound(control, wish, action, &bound))
        return 0;
    if (bound.text)
        return (size_t)snprintf(text, size, "; the policy's %s is %s", bound.name, bound.text);
    if (!bound.is_number)
        return (size_t)snprintf(text, size, "; the policy's %s forbids it", bound.name);
    if (bound.is_duration)
        duration(bound.value, value);
    else
        snprintf(value, sizeof value, "%lld", (long long)bound.value);
    size_t at = (size_t)snprintf(text, size, "; the %s's %s is %s", bound.whose, bound.name, value);
    int64_t given = wish ? asked(control, wish, action->result) : -1;
    if (given >= 0)
        at += (size_t)snprintf(text + at, size - at, ", asked for is %s",
                               given_text(&bound, given, action->result, value));
    return at;
}

/* Staff are told whose it is; students see others' bookings without names. */
static void add_what_is_there(const struct control *control, const struct pending *pending,
                              const struct booking_action *action, char *text, size_t size)
{
    const struct account *asker = accounts_get(control->accounts, pending->account);
    const struct account *holder = accounts_get(control->accounts, action->booking.account);
    bool in_the_way = action->result == BOOKING_OVERLAPS || action->result == BOOKING_PERSON_BUSY;
    if (booking_words_twin(control, action))
        snprintf(text, size, " by this request itself, which names %s twice; name it once",
                 control->rigs[wish_of(control, action)->rig].config->spec.name);
    else if (in_the_way && action->booking.id && holder && asker && asker->role != RIG_STUDENT)
        snprintf(text, size, ": booking %llu of %s is in the way", (unsigned long long)action->booking.id,
                 holder->name);
}

void booking_words(const struct control *control, const struct pending *pending, const char *attempt,
                   const struct booking_action *action, char *text, size_t size)
{
    const struct booking_wish *wish = wish_of(control, action);
    const struct account *other =
        wish && wish->account ? accounts_get(control->accounts, wish->account) : NULL;
    size_t at = (size_t)snprintf(text, size, "%s%s%s: %s", attempt, other ? " for " : "",
                                 other ? other->name : "", booking_result_text(action->result));
    at += add_bound(control, action, text + at, size - at);
    add_what_is_there(control, pending, action, text + at, size - at);
}
