#include "gateway/config/profile.h"

#include "gateway/config/suggest.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define WAVEFORMS_MAX 64

struct profile_form {
    char *profile, *driver, *local_mode;
    struct config_text title;
    const struct node *options, *points, *waveforms;
};

static const struct option profile_options[] = {
    {.name = "profile",
     .type = OPTION_TEXT,
     .offset = offsetof(struct profile_form, profile),
     .minimum = 1,
     .maximum = 80,
     .help = "its own name, modbus/tank-trainer in profiles/modbus/tank-trainer.yaml"},
    {.name = "driver",
     .type = OPTION_TEXT,
     .offset = offsetof(struct profile_form, driver),
     .minimum = 1,
     .maximum = 40,
     .help = "which driver speaks to it (see Drivers)"},
    {.name = "local_mode",
     .type = OPTION_TEXT,
     .offset = offsetof(struct profile_form, local_mode),
     .minimum = 1,
     .maximum = 40,
     .fallback = "",
     .help = "boolean point that is true while somebody operates the instrument on the spot: the rig is then "
             "locked out"},
    {.name = NULL},
};

static const struct part profile_parts[] = {
    {.name = "title",
     .kind = PART_TITLE,
     .offset = offsetof(struct profile_form, title),
     .form = "Water tank trainer, or {en: ..., zh: ...}",
     .help = "what people read"},
    {.name = "options",
     .kind = PART_TABLE,
     .offset = offsetof(struct profile_form, options),
     .form = "{unit: 1, baud: 19200}",
     .help =
         "options of the driver's instruments and of the line; a rig may say otherwise at its instrument"},
    {.name = "points",
     .kind = PART_TABLE,
     .offset = offsetof(struct profile_form, points),
     .form = "name: {...}",
     .help = "its points by name"},
    {.name = "waveforms",
     .kind = PART_TABLE,
     .offset = offsetof(struct profile_form, waveforms),
     .form = "name: {...}",
     .help = "records that it can acquire, by name"},
    {.name = NULL                                 },
};

const struct section section_profile = {
    .title = "profile",
    .where = "A file of its own, profiles/KIND/NAME.yaml beside lab.yaml or where labgate is installed.",
    .options = profile_options,
    .parts = profile_parts,
};

struct waveform_form {
    struct config_text title;
    char *unit;
    const struct node *at;
};

static const struct option waveform_options[] = {
    {.name = "unit",
     .type = OPTION_TEXT,
     .offset = offsetof(struct waveform_form, unit),
     .minimum = 1,
     .maximum = 16,
     .help = "unit of its values after scaling"},
    {.name = NULL},
};

static const struct part waveform_parts[] = {
    {.name = "title",
     .kind = PART_TITLE,
     .offset = offsetof(struct waveform_form, title),
     .form = "Channel 1, or {en: ..., zh: ...}",
     .help = "what people read"},
    {.name = "at",
     .kind = PART_TABLE,
     .offset = offsetof(struct waveform_form, at),
     .required = true,
     .form = "{source: CHAN1}",
     .help = "where the driver finds it: see the driver's waveforms"},
    {.name = NULL},
};

const struct section section_waveform = {
    .title = "waveform",
    .where = "One entry of a profile's `waveforms`, under its name.",
    .options = waveform_options,
    .parts = waveform_parts,
};

uint16_t profile_point_index(const struct profile *profile, const char *name, size_t length)
{
    for (size_t i = 0; i < profile->point_count; i++)
        if (strlen(profile->points[i].spec.name) == length &&
            !memcmp(profile->points[i].spec.name, name, length))
            return (uint16_t)i;
    return RIG_NONE;
}

/* --- contents --- */

static void find_driver(struct loader *loader, struct profile *profile, const struct node *node,
                        const char *name)
{
    profile->driver = driver_find(name);
    if (profile->driver)
        return;
    struct suggestion near;
    suggest_begin(&near, name);
    for (const struct driver *const *driver = driver_table; *driver; driver++)
        suggest_offer(&near, (*driver)->name);
    char hint[80];
    suggest_text(&near, hint, sizeof(hint));
    report(loader, node_get(node, "driver"), "there is no driver %.40s%s", name,
           *hint ? hint : "; `labgate reference` lists them");
}

static void read_points(struct loader *loader, struct profile *profile, const struct node *points)
{
    size_t count = points ? points->count : 0;
    if (count > CONFIG_RIG_POINTS_MAX) {
        report_key(loader, points, "%zu points; a rig can have at most %d", count, CONFIG_RIG_POINTS_MAX);
        return;
    }
    profile->points = arena_array(&loader->scratch, count, sizeof(*profile->points));
    profile->driver_points = arena_array(loader->memory, count, sizeof(*profile->driver_points));
    profile->point_count = count;
    uint16_t index = 0;
    for (const struct node *entry = points ? points->first : NULL; entry; entry = entry->next)
        point_read(loader, profile, index++, entry);
    point_link_readbacks(loader, profile);
}

static void read_waveform(struct loader *loader, const struct profile *profile, const struct node *node,
                          struct driver_waveform *waveform, struct config_text *title)
{
    struct waveform_form form = {0};
    waveform->name = arena_copy(loader->memory, node->key, strlen(node->key));
    name_check(loader, node, node->key, NAME_WORD);
    section_fill(loader, &section_waveform, node, &form);
    waveform->unit = form.unit ? form.unit : "";
    *title = form.title.en ? form.title : (struct config_text){waveform->name, waveform->name};
    if (!profile->driver || !form.at)
        return;
    const struct option_table *table = profile->driver->waveform_options;
    const struct option *const tables[] = {table->options, NULL};
    const struct node *const sources[2] = {form.at, NULL};
    void *options = arena_allocate(loader->memory, table->size);
    section_check_keys(loader, form.at, NULL, tables);
    section_fill_options(loader, table->options, sources, options);
    waveform->options = options;
}

static void read_waveforms(struct loader *loader, struct profile *profile, const struct node *waveforms)
{
    if (!waveforms || !waveforms->count)
        return;
    if (profile->driver && !profile->driver->waveform_options) {
        report_key(loader, waveforms, "driver %s has no waveforms; remove them", profile->driver->name);
        return;
    }
    if (waveforms->count > WAVEFORMS_MAX) {
        report_key(loader, waveforms, "%zu waveforms; at most %d", waveforms->count, WAVEFORMS_MAX);
        return;
    }
    profile->waveforms = arena_array(loader->memory, waveforms->count, sizeof(*profile->waveforms));
    profile->waveform_titles =
        arena_array(loader->memory, waveforms->count, sizeof(*profile->waveform_titles));
    size_t index = 0;
    for (const struct node *entry = waveforms->first; entry; entry = entry->next, index++)
        read_waveform(loader, profile, entry, &profile->waveforms[index], &profile->waveform_titles[index]);
    profile->waveform_count = waveforms->count;
}

static void read_local_mode(struct loader *loader, struct profile *profile, const struct node *node,
                            const char *name)
{
    if (!name || !*name)
        return;
    profile->local_mode = profile_point_index(profile, name, strlen(name));
    const struct rig_point_spec *point =
        profile->local_mode == RIG_NONE ? NULL : &profile->points[profile->local_mode].spec;
    if (!point || point->type != RIG_BOOLEAN || !point->readable || !point->poll)
        report(loader, node_get(node, "local_mode"),
               "must name a boolean point of the profile that is polled");
}

static void read_contents(struct loader *loader, struct profile *profile, const struct node *node)
{
    struct profile_form form = {0};
    size_t before = reported(loader);
    section_fill(loader, &section_profile, node, &form);
    if (form.profile && strcmp(form.profile, profile->name) != 0)
        report(loader, node_get(node, "profile"), "the file is named for %s; make both alike", profile->name);
    if (form.driver)
        find_driver(loader, profile, node, form.driver);
    profile->title = form.title;
    profile->options = form.options;
    /* A mapping that could not be taken as one is reported; its points are then not known. */
    profile->broken = reported(loader) != before;
    read_points(loader, profile, form.points);
    read_waveforms(loader, profile, form.waveforms);
    read_local_mode(loader, profile, node, form.local_mode);
}

/* --- files --- */

/* Parts of letters, digits, - and _ between slashes: no way out of the directory. */
static bool is_profile_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
    for (;;) {
        size_t length = strspn(name, letters);
        if (!length)
            return false;
        if (!name[length])
            return true;
        if (name[length] != '/')
            return false;
        name += length + 1;
    }
}

/* What may not be looked at counts as there, so that reading it says why it cannot be read. */
static bool is_there(const char *path)
{
    return access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

static const char *find_file(struct loader *loader, const char *name)
{
    const char *own = arena_format(&loader->scratch, "%s/profiles/%s.yaml", loader->directory, name);
    if (is_there(own) || !loader->profiles)
        return is_there(own) ? own : NULL;
    const char *installed = arena_format(&loader->scratch, "%s/%s.yaml", loader->profiles, name);
    return is_there(installed) ? installed : NULL;
}

/* Offers the profiles of one directory that share the name's folder. */
static void offer_files(struct loader *loader, const char *root, const char *name, struct suggestion *near)
{
    const char *slash = strrchr(name, '/');
    int folder = slash ? (int)(slash - name) + 1 : 0;
    DIR *directory = opendir(arena_format(&loader->scratch, "%s/%.*s", root, folder, name));
    if (!directory)
        return;
    for (const struct dirent *entry; (entry = readdir(directory));) {
        char offered[300];
        size_t length = strlen(entry->d_name);
        if (length <= 5 || strcmp(entry->d_name + length - 5, ".yaml") != 0)
            continue;
        snprintf(offered, sizeof(offered), "%.*s%.*s", folder, name, (int)length - 5, entry->d_name);
        suggest_offer(near, offered);
    }
    closedir(directory);
}

static void report_no_file(struct loader *loader, const struct node *name)
{
    const char *own = arena_format(&loader->scratch, "%s/profiles", loader->directory);
    struct suggestion near;
    suggest_begin(&near, name->text);
    offer_files(loader, own, name->text, &near);
    if (loader->profiles)
        offer_files(loader, loader->profiles, name->text, &near);
    char hint[SUGGESTION_MAX + 32];
    report(loader, name, "no profile %s in %s%s%s%s", name->text, own, loader->profiles ? " or " : "",
           loader->profiles ? loader->profiles : "", suggest_text(&near, hint, sizeof(hint)));
}

struct profile *profile_get(struct loader *loader, const struct node *name)
{
    for (struct profile *profile = loader->profile_list; profile; profile = profile->next)
        if (!strcmp(profile->name, name->text))
            return profile;
    if (!is_profile_name(name->text)) {
        report(loader, name, "\"%.60s\" is no profile name; it looks like modbus/tank-trainer", name->text);
        return NULL;
    }
    const char *path = find_file(loader, name->text);
    if (!path) {
        report_no_file(loader, name);
        return NULL;
    }
    struct profile *profile = arena_allocate(&loader->scratch, sizeof(*profile));
    profile->name = arena_copy(loader->memory, name->text, name->length);
    profile->local_mode = RIG_NONE;
    profile->next = loader->profile_list;
    loader->profile_list = profile;
    const struct node *root = tree_read(loader, path);
    profile->broken = !root;
    if (root)
        read_contents(loader, profile, root);
    return profile;
}
