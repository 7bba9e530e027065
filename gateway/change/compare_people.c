#include "gateway/change/compare.h"

#include <string.h>

#define TEXT_DURATION(field)                                                                                 \
    tell_lengths(comparing, "policy", before->name, #field, before->field, after->field)
#define TEXT_COUNT(field)                                                                                    \
    tell_numbers(comparing, "policy", before->name, #field, (double)before->field, (double)after->field)
#define TEXT_FLAG(field)                                                                                     \
    tell_values(comparing, "policy", before->name, #field, before->field ? "true" : "false",                 \
                after->field ? "true" : "false")
#define TEXT_NAME(field) tell_values(comparing, "policy", before->name, #field, before->field, after->field)
#define TEXT_APPROVAL(field)                                                                                 \
    tell_values(comparing, "policy", before->name, #field, approvals[before->field], approvals[after->field])

static void compare_policy(struct comparing *comparing, const struct booking_policy *before,
                           const struct booking_policy *after)
{
    static const char *const approvals[] = {"none", "teacher", "scheduler"};
#define COMPARE_OPTION(field, kind, least, most, fallback, refusal, help) TEXT_##kind(field);
    POLICY_OPTIONS(COMPARE_OPTION)
#undef COMPARE_OPTION
}

static const struct booking_policy *find_policy(const struct config_timetable *timetable, const char *name)
{
    for (size_t i = 0; i < timetable->policy_count; i++)
        if (!strcmp(timetable->policies[i].name, name))
            return &timetable->policies[i];
    return NULL;
}

static void compare_policies(struct comparing *comparing, const struct config_timetable *before,
                             const struct config_timetable *after)
{
    for (size_t i = 0; i < before->policy_count; i++) {
        const struct booking_policy *other = find_policy(after, before->policies[i].name);
        if (other)
            compare_policy(comparing, &before->policies[i], other);
        else
            tell_part(comparing, "policy", before->policies[i].name, "", CHANGE_REMOVED);
    }
    for (size_t i = 0; i < after->policy_count; i++)
        if (!find_policy(before, after->policies[i].name))
            tell_part(comparing, "policy", after->policies[i].name, "", CHANGE_ADDED);
}

static const struct config_group *find_group(const struct config_timetable *timetable, const char *name)
{
    for (size_t i = 0; i < timetable->group_count; i++)
        if (!strcmp(timetable->groups[i].name, name))
            return &timetable->groups[i];
    return NULL;
}

static const struct config_school *find_school(const struct config_timetable *timetable, const char *name)
{
    for (size_t i = 0; i < timetable->school_count; i++)
        if (!strcmp(timetable->schools[i].name, name))
            return &timetable->schools[i];
    return NULL;
}

static void compare_groups(struct comparing *comparing, const struct config_timetable *before,
                           const struct config_timetable *after)
{
    for (size_t i = 0; i < before->group_count; i++) {
        const struct config_group *was = &before->groups[i], *is = find_group(after, was->name);
        if (!is) {
            tell_part(comparing, "group", was->name, "", CHANGE_REMOVED);
            continue;
        }
        tell_values(comparing, "group", was->name, "policy", was->policy ? was->policy->name : "",
                    is->policy ? is->policy->name : "");
        tell_values(comparing, "group", was->name, "school", before->schools[was->school].name,
                    after->schools[is->school].name);
        tell_numbers(comparing, "group", was->name, "weight", was->weight, is->weight);
    }
    for (size_t i = 0; i < after->group_count; i++)
        if (!find_group(before, after->groups[i].name))
            tell_part(comparing, "group", after->groups[i].name, "", CHANGE_ADDED);
}

static void compare_schools(struct comparing *comparing, const struct config_timetable *before,
                            const struct config_timetable *after)
{
    for (size_t i = 0; i < before->school_count; i++) {
        const struct config_school *is = find_school(after, before->schools[i].name);
        if (is)
            tell_numbers(comparing, "school", is->name, "weight", before->schools[i].weight, is->weight);
        else
            tell_part(comparing, "school", before->schools[i].name, "", CHANGE_REMOVED);
    }
    for (size_t i = 0; i < after->school_count; i++)
        if (!find_school(before, after->schools[i].name))
            tell_part(comparing, "school", after->schools[i].name, "", CHANGE_ADDED);
}

void compare_people(struct comparing *comparing, const struct config_timetable *before,
                    const struct config_timetable *after)
{
    compare_policies(comparing, before, after);
    compare_schools(comparing, before, after);
    compare_groups(comparing, before, after);
}
