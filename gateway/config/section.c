#include "gateway/config/section.h"

#include "gateway/config/scalar.h"
#include "gateway/config/suggest.h"

#include <string.h>

typedef void visit_name(void *context, const char *name);

/* Every name that may stand in a table. */
static void visit_names(const struct section *section, const struct option *const *tables, visit_name *visit,
                        void *context)
{
    for (; *tables; tables++)
        for (const struct option *option = *tables; option->name; option++)
            visit(context, option->name);
    for (; section; section = section->base) {
        for (const struct option *option = section->options; option && option->name; option++)
            visit(context, option->name);
        for (const struct part *part = section->parts; part && part->name; part++)
            visit(context, part->name);
    }
}

struct search {
    const char *name;
    bool found;
};

static void compare_name(void *context, const char *name)
{
    struct search *search = context;
    search->found |= !strcmp(search->name, name);
}

static void offer_name(void *context, const char *name)
{
    suggest_offer(context, name);
}

bool section_check_keys(struct loader *loader, const struct node *node, const struct section *section,
                        const struct option *const *tables)
{
    size_t before = reported(loader);
    for (const struct node *entry = node->first; entry; entry = entry->next) {
        struct search search = {.name = entry->key};
        visit_names(section, tables, compare_name, &search);
        if (search.found)
            continue;
        struct suggestion near;
        suggest_begin(&near, entry->key);
        visit_names(section, tables, offer_name, &near);
        char hint[80];
        suggest_text(&near, hint, sizeof(hint));
        report_key(loader, entry, "unknown key%s",
                   *hint ? hint : "; `labgate reference` shows what may stand here");
    }
    return reported(loader) == before;
}

bool section_read_scalar(struct loader *loader, const struct option *row, const struct node *node,
                         void *field)
{
    char why[SCALAR_WHY];
    if (!node_is(loader, node, NODE_SCALAR))
        return false;
    if (scalar_read(row, (struct scalar){node->text, node->quoted}, loader->memory, field, why))
        return true;
    report(loader, node, "%s", why);
    return false;
}

/* Defaults are written by us and may lie outside the bounds ("0 s" for none), so these are not looked at. */
static void fill_default(struct loader *loader, const struct option *row, void *field)
{
    struct option open = *row;
    open.minimum = -1e300;
    open.maximum = 1e300;
    char why[SCALAR_WHY];
    bool quoted = row->type == OPTION_TEXT;
    scalar_read(&open, (struct scalar){row->fallback, quoted}, loader->memory, field, why);
}

bool section_fill_options(struct loader *loader, const struct option *options,
                          const struct node *const sources[2], void *out)
{
    size_t before = reported(loader);
    for (const struct option *row = options; row && row->name; row++) {
        void *field = (char *)out + row->offset;
        if (row->fallback)
            fill_default(loader, row, field);
        const struct node *given = node_get(sources[0], row->name);
        if (!given)
            given = node_get(sources[1], row->name);
        if (given)
            section_read_scalar(loader, row, given, field);
        else if (!row->fallback && sources[0] && sources[0]->kind == NODE_MAPPING)
            report_key(loader, sources[0], "%s is missing: %s", row->name, row->help);
    }
    return reported(loader) == before;
}

static void fill_title(struct loader *loader, const struct node *node, struct config_text *title)
{
    static const struct option rows[] = {
        {.name = "en",
         .type = OPTION_TEXT,
         .offset = offsetof(struct config_text, en),
         .minimum = 1,
         .maximum = 120,
         .help = "text in English"},
        {.name = "zh",
         .type = OPTION_TEXT,
         .offset = offsetof(struct config_text, zh),
         .minimum = 0,
         .maximum = 120,
         .fallback = "",
         .help = "text in Chinese; the English one where it is not given"},
        {.name = NULL                         },
    };
    static const struct section section = {.title = "title", .options = rows};
    struct config_text given = {0};
    bool filled = node->kind == NODE_SCALAR ? section_read_scalar(loader, &rows[0], node, &given.en)
                                            : section_fill(loader, &section, node, &given);
    if (!filled)
        return;
    if (!given.zh || !*given.zh)
        given.zh = given.en;
    *title = given;
}

static void fill_part(struct loader *loader, const struct part *part, const struct node *node, void *out)
{
    static const enum node_kind kinds[] = {
        [PART_VALUE] = NODE_SCALAR, [PART_LIST] = NODE_SEQUENCE, [PART_TABLE] = NODE_MAPPING};
    const struct node *given = node_get(node, part->name);
    void *field = (char *)out + part->offset;
    if (!given && part->required && node->kind == NODE_MAPPING)
        report_key(loader, node, "%s is missing: %s", part->name, part->help);
    else if (given && part->kind == PART_TITLE)
        fill_title(loader, given, field);
    else if (given && (part->kind == PART_ANY || node_is(loader, given, kinds[part->kind])))
        *(const struct node **)field = given;
}

/* The parts of a section without its options. */
static bool section_fill_parts(struct loader *loader, const struct section *section, const struct node *node,
                               void *out)
{
    size_t before = reported(loader);
    for (; section; section = section->base)
        for (const struct part *part = section->parts; part && part->name; part++)
            fill_part(loader, part, node, out);
    return reported(loader) == before;
}

bool section_fill(struct loader *loader, const struct section *section, const struct node *node, void *out)
{
    size_t before = reported(loader);
    const struct option *const no_tables[] = {NULL};
    const struct node *const sources[2] = {node, NULL};
    if (node_is(loader, node, NODE_MAPPING))
        section_check_keys(loader, node, section, no_tables);
    for (const struct section *part = section; part; part = part->base)
        section_fill_options(loader, part->options, sources, out);
    section_fill_parts(loader, section, node, out);
    return reported(loader) == before && node->kind == NODE_MAPPING;
}

bool name_check(struct loader *loader, const struct node *node, const char *name, enum name_kind kind)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    static const char *const others[] = {"abcdefghijklmnopqrstuvwxyz0123456789_",
                                         "abcdefghijklmnopqrstuvwxyz0123456789_-"};
    static const char *const words[] = {"lower-case letters, digits and _, beginning with a letter",
                                        "lower-case letters, digits, - and _, beginning with a letter"};
    size_t length = strlen(name);
    if (length > 0 && length <= 40 && strchr(letters, name[0]) && strspn(name, others[kind]) == length)
        return true;
    report_key(loader, node, "\"%.60s\" cannot be a name; use up to 40 %s", name, words[kind]);
    return false;
}
