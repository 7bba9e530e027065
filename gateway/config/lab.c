#include "gateway/config/lab.h"

#include "gateway/config/analysis.h"
#include "gateway/config/rigs.h"
#include "gateway/config/saved.h"
#include "gateway/config/timetable.h"
#include "gateway/config/variables.h"
#include "gateway/rig/rig.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct lab_form {
    char *name, *time_zone, *state, *bus_user, *control_user, *device_group;
    struct config_text title;
    int64_t token_life, history, recording_budget, recording_life, audit_buffer, history_bytes,
        realtime_priority;
    const struct node *listeners, *rigs, *variables, *timetable, *resources, *capabilities, *mail;
    struct groups_nodes groups;
};

static const struct option lab_options[] = {
    {.name = "name",
     .type = OPTION_TEXT,
     .offset = offsetof(struct lab_form, name),
     .minimum = 1,
     .maximum = 40,
     .help = "name of the laboratory in records and certificates"},
    {.name = "time_zone",
     .type = OPTION_TEXT,
     .offset = offsetof(struct lab_form, time_zone),
     .minimum = 1,
     .maximum = 60,
     .fallback = "Asia/Shanghai",
     .help = "zone of the timetable"},
    {.name = "state",
     .type = OPTION_TEXT,
     .offset = offsetof(struct lab_form, state),
     .minimum = 1,
     .maximum = 400,
     .fallback = "/var/lib/labgate",
     .help = "directory for ledger, keys and recordings"},
    {.name = "bus_user",
     .type = OPTION_TEXT,
     .offset = offsetof(struct lab_form, bus_user),
     .minimum = 1,
     .maximum = 32,
     .fallback = "labgate-bus",
     .help = "user of the bus process when labgate is started as root"},
    {.name = "control_user",
     .type = OPTION_TEXT,
     .offset = offsetof(struct lab_form, control_user),
     .minimum = 1,
     .maximum = 32,
     .fallback = "labgate",
     .help = "user of the control process when labgate is started as root"},
    {.name = "device_group",
     .type = OPTION_TEXT,
     .offset = offsetof(struct lab_form, device_group),
     .minimum = 1,
     .maximum = 32,
     .fallback = "dialout",
     .help = "group that may open the serial devices"},
    {.name = "token_life",
     .type = OPTION_DURATION,
     .offset = offsetof(struct lab_form, token_life),
     .minimum = 5,
     .maximum = 90 * 86400,
     .fallback = "12 h",
     .help = "how long a login lasts"},
    {.name = "history",
     .type = OPTION_DURATION,
     .offset = offsetof(struct lab_form, history),
     .minimum = 1,
     .maximum = 3600,
     .fallback = "60 s",
     .help = "how far back a watcher who comes again can catch up"},
    {.name = "history_bytes",
     .type = OPTION_SIZE,
     .offset = offsetof(struct lab_form, history_bytes),
     .minimum = 4096,
     .maximum = 256.0 * 1024 * 1024,
     .fallback = "256 KiB",
     .help = "memory for each rig's history"},
    {.name = "recording_budget",
     .type = OPTION_SIZE,
     .offset = offsetof(struct lab_form, recording_budget),
     .minimum = 1e6,
     .maximum = 1e15,
     .fallback = "10 GB",
     .help = "disk for recordings; the oldest go first"},
    {.name = "recording_life",
     .type = OPTION_DURATION,
     .offset = offsetof(struct lab_form, recording_life),
     .minimum = 86400,
     .maximum = 3650.0 * 86400,
     .fallback = "180 d",
     .help = "how long recordings are kept"},
    {.name = "audit_buffer",
     .type = OPTION_INTEGER,
     .offset = offsetof(struct lab_form, audit_buffer),
     .minimum = 64,
     .maximum = 1000000,
     .fallback = "4096",
     .help = "records that may wait for the disk; when they are that many, commands are refused"},
    {.name = "realtime_priority",
     .type = OPTION_INTEGER,
     .offset = offsetof(struct lab_form, realtime_priority),
     .minimum = 0,
     .maximum = 49,
     .fallback = "10",
     .help =
         "SCHED_FIFO priority of what reads interlocks and acts on them, below the kernel's own threads; 0: "
         "ordinary scheduling"},
    {.name = NULL                                          },
};

static const struct part lab_parts[] = {
    {.name = "title",
     .kind = PART_TITLE,
     .offset = offsetof(struct lab_form, title),
     .form = "Control laboratory, or {en: ..., zh: ...}",
     .help = "what people read; the name where it is not given"},
    {.name = "listeners",
     .kind = PART_LIST,
     .offset = offsetof(struct lab_form, listeners),
     .required = true,
     .form = "- {url: tcp://127.0.0.1:7600}",
     .help = "where the bus listens"},
    {.name = "rigs",
     .kind = PART_TABLE,
     .offset = offsetof(struct lab_form, rigs),
     .form = "tank-1: {...}",
     .help = "rigs by name; others may be in files of their own, rigs/NAME.yaml"},
    {.name = "mail",
     .kind = PART_TABLE,
     .offset = offsetof(struct lab_form, mail),
     .form = "{sendmail: /usr/sbin/sendmail, from: lab@example.edu}",
     .help = "notices as letters too"},
    {.name = "timetable",
     .kind = PART_TABLE,
     .offset = offsetof(struct lab_form, timetable),
     .form = "{terms: ..., periods: ..., open: ...}",
     .help = "terms, class periods, holidays, opening hours"},
    {.name = "schools",
     .kind = PART_TABLE,
     .offset = offsetof(struct lab_form, groups.schools),
     .form = "shihezi: {weight: 3}",
     .help = "who shares the laboratory"},
    {.name = "groups",
     .kind = PART_TABLE,
     .offset = offsetof(struct lab_form, groups.groups),
     .form = "ee-2024-1: {school: shihezi, policy: student}",
     .help = "whom people book for"},
    {.name = "policies",
     .kind = PART_TABLE,
     .offset = offsetof(struct lab_form, groups.policies),
     .form = "student: {horizon: 14 d, longest: 2 h}",
     .help = "what the people of a group may book"},
    {.name = "resources",
     .kind = PART_LIST,
     .offset = offsetof(struct lab_form, resources),
     .form = "[crane-camera]",
     .help = "equipment that several rigs need and only one can have at a time"},
    {.name = "capabilities",
     .kind = PART_TABLE,
     .offset = offsetof(struct lab_form, capabilities),
     .form = "process-control: {title: {en: Process control, zh: 过程控制}}",
     .help = "what people read of the tags that rigs share; the tag where it is not given"},
    {.name = "variables",
     .kind = PART_TABLE,
     .offset = offsetof(struct lab_form, variables),
     .form = "{tank: 10.0.0.5}",
     .help = "texts that values name as ${tank}, with their defaults; `--define tank=10.0.0.6` goes before"},
    {.name = NULL                                                             },
};

const struct section section_lab = {
    .title = "lab.yaml",
    .where = "The file that describes the laboratory as a whole.",
    .options = lab_options,
    .parts = lab_parts,
};

const char *path_from_directory(struct loader *loader, const char *path)
{
    if (path[0] == '/')
        return arena_copy(loader->memory, path, strlen(path));
    return arena_format(loader->memory, "%s/%s", loader->directory, path);
}

static void check_time_zone(struct loader *loader, const struct node *node, const char *zone)
{
    static const char root[] = "/usr/share/zoneinfo";
    const char *path = arena_format(&loader->scratch, "%s/%s", root, zone);
    bool outside = zone[0] == '/' || strstr(zone, "..");
    if (outside || (access(root, F_OK) == 0 && access(path, F_OK) != 0))
        report(loader, node, "there is no time zone %s; write it like Asia/Shanghai", zone);
}

static void read_form(struct loader *loader, const struct node *root, const struct lab_form *form,
                      struct config_lab *lab)
{
    lab->name = form->name ? form->name : "";
    lab->title = form->title.en ? form->title : (struct config_text){lab->name, lab->name};
    lab->time_zone = form->time_zone;
    lab->state = path_from_directory(loader, form->state);
    lab->bus_user = form->bus_user;
    lab->control_user = form->control_user;
    lab->device_group = form->device_group;
    lab->token_life = form->token_life;
    lab->history = form->history;
    lab->history_bytes = form->history_bytes;
    lab->recording_budget = form->recording_budget;
    lab->recording_life = form->recording_life;
    lab->audit_buffer = form->audit_buffer;
    lab->realtime_priority = (int)form->realtime_priority;
    lab->timetable.calendar.zone.name = form->time_zone;
    calendar_read(loader, form->timetable, &lab->timetable);
    mail_read(loader, form->mail, lab);
    groups_read(loader, &form->groups, &lab->timetable);
    resources_read(loader, form->resources, &lab->timetable);
    const struct node *zone = node_get(root, "time_zone");
    if (zone && zone->kind == NODE_SCALAR)
        check_time_zone(loader, zone, form->time_zone);
    listeners_read(loader, form->listeners, lab);
}

/* --- rigs, wherever they are --- */

struct rig_list {
    struct rig_build *first, **end;
    size_t count;
};

static struct rig_build *add_rig(struct loader *loader, struct rig_list *list, const struct node *node,
                                 const char *name)
{
    for (const struct rig_build *other = list->first; other; other = other->next) {
        if (strcmp(other->name, name) != 0)
            continue;
        const struct mark at = other->node->key ? other->node->key_at : other->node->at;
        report(loader, node, "there is a rig %s already, at %s:%zu", name, other->node->file, at.line);
        return NULL;
    }
    if (list->count == CONFIG_RIGS_MAX) {
        report(loader, node, "more than %d rigs, those for practice included", CONFIG_RIGS_MAX);
        return NULL;
    }
    struct rig_build *rig = arena_allocate(&loader->scratch, sizeof(*rig));
    *rig = (struct rig_build){.loader = loader,
                              .node = node,
                              .name = arena_copy(loader->memory, name, strlen(name)),
                              .index = (uint16_t)list->count++};
    *list->end = rig;
    list->end = &rig->next;
    return rig;
}

static void add_rig_file(struct loader *loader, struct rig_list *list, const char *directory,
                         const char *file)
{
    const char *path = arena_format(&loader->scratch, "%s/%s", directory, file);
    size_t length = strlen(file);
    if (length <= 5 || strcmp(file + length - 5, ".yaml") != 0) {
        report_file(loader, path, (struct mark){0, 0},
                    "only rigs belong here, in files named NAME.yaml; move it");
        return;
    }
    struct node *root = tree_read(loader, path);
    if (!root)
        return;
    variables_apply(loader, root, NULL);
    if (name_check(loader, root, arena_copy(&loader->scratch, file, length - 5), NAME_LABEL))
        add_rig(loader, list, root, arena_copy(&loader->scratch, file, length - 5));
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* The names in an open directory but hidden ones, sorted. */
static const char **list_names(struct loader *loader, size_t *count)
{
    struct name {
        const char *text;
        struct name *next;
    } *first = NULL;
    *count = 0;
    for (const struct dirent *entry; (entry = readdir(loader->listing));) {
        if (entry->d_name[0] == '.')
            continue;
        struct name *name = arena_allocate(&loader->scratch, sizeof(*name));
        name->text = arena_copy(&loader->scratch, entry->d_name, strlen(entry->d_name));
        name->next = first;
        first = name;
        ++*count;
    }
    const char **names = arena_array(&loader->scratch, *count, sizeof(*names)), **next = names;
    for (const struct name *name = first; name; name = name->next)
        *next++ = name->text;
    if (*count)
        qsort(names, *count, sizeof(*names), compare_names);
    return names;
}

static void add_rig_files(struct loader *loader, struct rig_list *list)
{
    const char *directory = arena_format(&loader->scratch, "%s/rigs", loader->directory);
    loader->listing = opendir(directory);
    if (!loader->listing) {
        if (errno != ENOENT)
            report_file(loader, directory, (struct mark){0, 0}, "cannot be read: %s", strerrordesc_np(errno));
        return;
    }
    size_t count;
    const char **names = list_names(loader, &count);
    closedir(loader->listing);
    loader->listing = NULL;
    for (size_t i = 0; i < count; i++)
        add_rig_file(loader, list, directory, names[i]);
}

/* After all real ones, so that those keep the low numbers. */
static void add_practice(struct loader *loader, struct rig_list *list)
{
    struct rig_build *rig = list->first;
    for (size_t real = list->count; real > 0; real--, rig = rig->next) {
        const struct config_practice *practice = practice_read(rig);
        rig->practice = practice;
        for (size_t i = 0; practice && i < practice->at_most; i++) {
            const char *name = arena_format(&loader->scratch, "%s-practice-%zu", rig->name, i + 1);
            struct rig_build *simulated = add_rig(loader, list, rig->node, name);
            if (!simulated)
                break;
            simulated->practice_of = rig;
        }
    }
}

static void number(struct rig_list *list, const char *name, bool *given, uint16_t *next)
{
    for (struct rig_build *rig = list->first; rig; rig = rig->next)
        if (!given[rig->index] && (!name || !strcmp(rig->name, name))) {
            given[rig->index] = true;
            rig->number = (*next)++;
        }
}

/* Those that run already keep their numbers. */
static void keep_numbers(struct loader *loader, struct rig_list *list)
{
    const struct config_lab *running = loader->running;
    bool *given = arena_array(&loader->scratch, list->count + 1, sizeof(*given));
    uint16_t next = 0;
    for (size_t i = 0; running && i < running->rig_count; i++)
        number(list, running->rigs[i].spec.name, given, &next);
    number(list, NULL, given, &next);
    for (struct rig_build *rig = list->first; rig; rig = rig->next)
        rig->index = rig->number;
}

static void find_decisive(struct rig_build *rig)
{
    bool *decisive = arena_array(rig->loader->memory, rig->point_count, sizeof(*decisive));
    rig_decisive_points(&rig->out->spec, decisive);
    rig->out->decisive = decisive;
}

static void read_rigs(struct loader *loader, const struct node *rigs, const struct node *capabilities,
                      struct config_lab *lab)
{
    struct rig_list list = {.end = &list.first};
    for (const struct node *entry = rigs ? rigs->first : NULL; entry; entry = entry->next)
        if (name_check(loader, entry, entry->key, NAME_LABEL))
            add_rig(loader, &list, entry, entry->key);
    add_rig_files(loader, &list);
    add_practice(loader, &list);
    keep_numbers(loader, &list);
    lab->rigs = arena_array(loader->memory, list.count, sizeof(*lab->rigs));
    lab->rig_count = list.count;
    for (struct rig_build *rig = list.first; rig; rig = rig->next) {
        rig->out = &lab->rigs[rig->index];
        if (rig->practice_of && !rig->practice_of->sound)
            continue; /* everything was said once */
        rig->out->practice = rig->practice;
        rig->out->practice_of = rig->practice_of ? rig->practice_of->out : NULL;
        size_t before = reported(loader);
        rig_read(rig);
        rig->sound = reported(loader) == before && !rig->incomplete;
        if (rig->sound)
            find_decisive(rig);
    }
    resources_finish(loader, list.first, capabilities, lab);
    links_finish(loader, lab);
    analysis_lines(loader, lab);
    for (struct rig_build *rig = list.first; rig; rig = rig->next) {
        if (rig->practice_of && !rig->sound)
            continue;
        heartbeat_check(rig, lab);
        analysis_rules(rig, lab);
    }
}

void lab_read(struct loader *loader, struct config_lab *lab, const char *const *defines, size_t define_count)
{
    struct lab_form form = {0};
    saved_begin(loader, defines, define_count);
    struct node *root = tree_read(loader, arena_format(&loader->scratch, "%s/lab.yaml", loader->directory));
    if (!root)
        return;
    const struct node *declared = node_get(root, "variables");
    variables_read(loader, declared, defines, define_count);
    variables_apply(loader, root, declared);
    section_fill(loader, &section_lab, root, &form);
    read_form(loader, root, &form, lab);
    read_rigs(loader, form.rigs, form.capabilities, lab);
    if (!lab->rig_count && !node_get(root, "rigs"))
        report_key(loader, root,
                   "rigs is missing: a laboratory has at least one rig, here or in rigs/NAME.yaml");
}
