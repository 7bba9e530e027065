/* Who may book what: policies, schools and groups. */
#include "gateway/config/suggest.h"
#include "gateway/config/timetable.h"

#include <string.h>

#define LIST_MAX 2000 /* policies, schools, groups */

static const char *copy_name(struct loader *loader, const struct node *node)
{
    return arena_copy(loader->memory, node->key, strlen(node->key));
}

/* The entries of a table that may be NULL. */
static size_t entries_of(struct loader *loader, const struct node *node)
{
    if (!node)
        return 0;
    if (node->count <= LIST_MAX)
        return node->count;
    report_key(loader, node, "at most %d entries", LIST_MAX);
    return 0;
}

/* --- policies: the rows are those of gateway/booking/policy.h --- */

static const char *const approval_choices[] = {"none", "teacher", "scheduler", NULL};

#define TYPE_DURATION OPTION_DURATION
#define TYPE_COUNT    OPTION_INTEGER
#define TYPE_FLAG     OPTION_BOOLEAN
#define TYPE_NAME     OPTION_TEXT
#define TYPE_APPROVAL OPTION_CHOICE
#define CHOICES(kind) (TYPE_##kind == OPTION_CHOICE ? approval_choices : NULL)
#define ROW(field, kind, least, most, default_text, refusal, text)                                           \
    {.name = #field,                                                                                         \
     .type = TYPE_##kind,                                                                                    \
     .offset = offsetof(struct booking_policy, field),                                                       \
     .minimum = (least),                                                                                     \
     .maximum = (most),                                                                                      \
     .choices = CHOICES(kind),                                                                               \
     .fallback = (default_text),                                                                             \
     .help = (text)},
static const struct option policy_options[] = {POLICY_OPTIONS(ROW){.name = NULL}};

const struct section section_policy = {
    .title = "policy",
    .where = "An entry of `policies`, under its name. The one that is called `everybody` holds for who "
             "belongs to no group.",
    .options = policy_options,
};

/* The configuration reads ns, the timetable has ms. */
static void to_milliseconds(struct booking_policy *policy)
{
#define CONVERT_DURATION(field) policy->field /= 1000000;
#define CONVERT_COUNT(field)
#define CONVERT_FLAG(field)
#define CONVERT_NAME(field)
#define CONVERT_APPROVAL(field)
#define CONVERT(field, kind, least, most, fallback, refusal, help) CONVERT_##kind(field)
    POLICY_OPTIONS(CONVERT)
#undef CONVERT
}

static void check_policy(struct loader *loader, const struct node *node, const struct booking_policy *policy)
{
    if (policy->longest && policy->shortest > policy->longest)
        report_key(loader, node, "nothing can be booked: shortest is more than longest");
    if (policy->horizon && policy->latest_start > policy->horizon)
        report_key(loader, node, "nothing can be booked: latest_start is more than horizon");
}

static void read_policies(struct loader *loader, const struct node *node, struct config_timetable *timetable)
{
    size_t count = entries_of(loader, node);
    struct booking_policy *policies = arena_array(loader->memory, count, sizeof(*policies));
    timetable->policies = policies;
    for (const struct node *entry = count ? node->first : NULL; entry; entry = entry->next) {
        struct booking_policy *policy = &policies[timetable->policy_count++];
        policy->name = copy_name(loader, entry);
        name_check(loader, entry, entry->key, NAME_LABEL);
        if (section_fill(loader, &section_policy, entry, policy))
            check_policy(loader, entry, policy);
        to_milliseconds(policy);
        if (!strcmp(policy->name, "everybody"))
            timetable->everybody = policy;
    }
}

/* --- schools and groups --- */

struct share_form {
    double weight;
    struct config_text title;
    char *school, *policy;
};

static const struct option school_options[] = {
    {.name = "weight",
     .type = OPTION_NUMBER,
     .offset = offsetof(struct share_form, weight),
     .minimum = 0.001,
     .maximum = 1e6,
     .fallback = "1",
     .help =
         "its share, compared with that of its like: one of weight 3 is due three times that of weight 1"},
    {.name = NULL},
};
static const struct part share_parts[] = {
    {.name = "title",
     .kind = PART_TITLE,
     .offset = offsetof(struct share_form, title),
     .form = "Shihezi University, or {en: ..., zh: ...}",
     .help = "what people read; the name where it is not given"},
    {.name = NULL},
};
const struct section section_school = {
    .title = "school",
    .where = "An entry of `schools`, under its name.",
    .options = school_options,
    .parts = share_parts,
};
static const struct option group_options[] = {
    {.name = "school",
     .type = OPTION_TEXT,
     .offset = offsetof(struct share_form, school),
     .minimum = 1,
     .maximum = 40,
     .help = "the school that it belongs to"},
    {.name = "policy",
     .type = OPTION_TEXT,
     .offset = offsetof(struct share_form, policy),
     .minimum = 1,
     .maximum = 40,
     .help = "the policy that its people book under"},
    {.name = NULL                        },
};
const struct section section_group = {
    .title = "group",
    .where = "An entry of `groups`, under its name: the people of a class, or whoever books together.",
    .options = group_options,
    .base = &section_school,
};

static void read_schools(struct loader *loader, const struct node *node, struct config_timetable *timetable)
{
    size_t count = entries_of(loader, node);
    struct config_school *schools = arena_array(loader->memory, count, sizeof(*schools));
    timetable->schools = schools;
    for (const struct node *entry = count ? node->first : NULL; entry; entry = entry->next) {
        struct share_form form = {.weight = 1};
        struct config_school *school = &schools[timetable->school_count++];
        name_check(loader, entry, entry->key, NAME_LABEL);
        section_fill(loader, &section_school, entry, &form);
        school->name = copy_name(loader, entry);
        school->title = form.title.en ? form.title : (struct config_text){school->name, school->name};
        school->weight = form.weight;
    }
}

static void say_unknown(struct loader *loader, const struct node *node, const char *what, const char *name,
                        struct suggestion *near)
{
    char hint[80];
    suggest_text(near, hint, sizeof(hint));
    report(loader, node, "there is no %s %s%s", what, name, hint);
}

static uint16_t find_school(struct loader *loader, const struct node *node, const char *name,
                            const struct config_timetable *timetable)
{
    struct suggestion near;
    suggest_begin(&near, name);
    for (size_t i = 0; i < timetable->school_count; i++) {
        if (!strcmp(timetable->schools[i].name, name))
            return (uint16_t)i;
        suggest_offer(&near, timetable->schools[i].name);
    }
    say_unknown(loader, node_get(node, "school"), "school", name, &near);
    return 0;
}

static const struct booking_policy *find_policy(struct loader *loader, const struct node *node,
                                                const char *name, const struct config_timetable *timetable)
{
    struct suggestion near;
    suggest_begin(&near, name);
    for (size_t i = 0; i < timetable->policy_count; i++) {
        if (!strcmp(timetable->policies[i].name, name))
            return &timetable->policies[i];
        suggest_offer(&near, timetable->policies[i].name);
    }
    say_unknown(loader, node_get(node, "policy"), "policy", name, &near);
    return NULL;
}

static void read_groups(struct loader *loader, const struct node *node, struct config_timetable *timetable)
{
    size_t count = entries_of(loader, node);
    struct config_group *groups = arena_array(loader->memory, count, sizeof(*groups));
    timetable->groups = groups;
    for (const struct node *entry = count ? node->first : NULL; entry; entry = entry->next) {
        struct share_form form = {.weight = 1};
        struct config_group *group = &groups[timetable->group_count++];
        name_check(loader, entry, entry->key, NAME_LABEL);
        section_fill(loader, &section_group, entry, &form);
        group->name = copy_name(loader, entry);
        group->title = form.title.en ? form.title : (struct config_text){group->name, group->name};
        group->weight = form.weight;
        if (form.school)
            group->school = find_school(loader, entry, form.school, timetable);
        if (form.policy)
            group->policy = find_policy(loader, entry, form.policy, timetable);
    }
}

void groups_read(struct loader *loader, const struct groups_nodes *nodes, struct config_timetable *timetable)
{
    read_policies(loader, nodes->policies, timetable);
    read_schools(loader, nodes->schools, timetable);
    read_groups(loader, nodes->groups, timetable);
}
