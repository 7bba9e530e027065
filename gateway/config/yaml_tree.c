/* The only file that knows libyaml. Its parser keeps its own stack; the recursion here ends at
 * TREE_DEPTH_MAX. */
#include "gateway/config/loader.h"
#include "gateway/config/source.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct tree_reader {
    struct loader *loader;
    struct source source;
    yaml_parser_t parser;
    yaml_event_t event; /* the present one; YAML_NO_EVENT once reading has failed */
    size_t nodes;
    bool open;
};

static struct mark mark_of(yaml_mark_t mark)
{
    return (struct mark){mark.line + 1, mark.column + 1};
}

static void drop_event(struct tree_reader *reader)
{
    yaml_event_delete(&reader->event);
    reader->event.type = YAML_NO_EVENT;
}

static void report_syntax(struct tree_reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    struct mark at = mark_of(parser->problem_mark);
    const char *problem = parser->problem ? parser->problem : "cannot be parsed";
    if (source_at(&reader->source, at.line, at.column) == '\t')
        problem = "a tab cannot stand here; indent with spaces";
    report_file(reader->loader, reader->source.path, at, "not YAML: %s%s%s", problem,
                parser->context ? " " : "", parser->context ? parser->context : "");
}

static void next_event(struct tree_reader *reader)
{
    drop_event(reader);
    if (!reader->open || yaml_parser_parse(&reader->parser, &reader->event))
        return;
    reader->event.type = YAML_NO_EVENT;
    if (reader->parser.error == YAML_MEMORY_ERROR)
        arena_exhausted(&reader->loader->scratch);
    report_syntax(reader);
    yaml_parser_delete(&reader->parser);
    reader->open = false;
}

/* Nothing more is read. */
static void give_up(struct tree_reader *reader)
{
    drop_event(reader);
    if (reader->open)
        yaml_parser_delete(&reader->parser);
    reader->open = false;
}

static struct node *new_node(struct tree_reader *reader, const struct node *parent)
{
    struct node *node = arena_allocate(&reader->loader->scratch, sizeof(*node));
    *node = (struct node){.kind = NODE_BROKEN,
                          .file = reader->source.path,
                          .parent = parent,
                          .at = mark_of(reader->event.start_mark)};
    return node;
}

/* Aliases are refused, so an anchor can only mislead; tags would choose types that the option tables choose.
 */
static bool check_properties(struct tree_reader *reader, const struct node *node, const yaml_char_t *anchor,
                             const yaml_char_t *tag)
{
    if (anchor)
        report(reader->loader, node,
               "anchors (&%.40s) are not allowed; write the value out where it is needed",
               (const char *)anchor);
    if (tag)
        report(reader->loader, node, "tags (%.40s) are not allowed; remove it", (const char *)tag);
    return !anchor && !tag;
}

static size_t characters(const char *text, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)text[i] & 0xC0) != 0x80;
    return count;
}

static bool check_scalar(struct tree_reader *reader, const struct node *node, const char *text, size_t length)
{
    if (length > TREE_SCALAR_MAX) {
        report(reader->loader, node, "%zu bytes of text; at most %d are allowed", length, TREE_SCALAR_MAX);
        return false;
    }
    for (size_t i = 0; i < length;) {
        unsigned code = 0;
        size_t size = source_character(text + i, length - i, &code);
        if (!size || source_is_control(code)) {
            report(reader->loader, node, "an escape makes the control character U+%04X; remove it", code);
            return false;
        }
        i += size;
    }
    return true;
}

static void read_scalar(struct tree_reader *reader, struct node *node)
{
    const yaml_event_t *event = &reader->event;
    const char *text = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    bool fine = check_properties(reader, node, event->data.scalar.anchor, event->data.scalar.tag);
    if (!check_scalar(reader, node, text, length) || !fine)
        return;
    node->kind = NODE_SCALAR;
    node->text = arena_copy(&reader->loader->scratch, text, length);
    node->length = length;
    node->quoted = !plain;
    node->exact =
        event->start_mark.line == event->end_mark.line &&
        event->end_mark.column - event->start_mark.column == characters(text, length) + (plain ? 0 : 2);
}

static void fill_node(struct tree_reader *reader, struct node *node, unsigned depth);

static void read_sequence(struct tree_reader *reader, struct node *node, unsigned depth)
{
    const yaml_event_t *event = &reader->event;
    if (check_properties(reader, node, event->data.sequence_start.anchor, event->data.sequence_start.tag))
        node->kind = NODE_SEQUENCE;
    struct node **end = &node->first;
    next_event(reader);
    while (reader->event.type != YAML_SEQUENCE_END_EVENT && reader->event.type != YAML_NO_EVENT) {
        struct node *item = new_node(reader, node);
        item->index = node->count++;
        fill_node(reader, item, depth + 1);
        *end = item;
        end = &item->next;
        next_event(reader);
    }
}

/* Reads the key and moves to the value's event; NULL: refused and reported. */
static const char *read_key(struct tree_reader *reader, const struct node *mapping, struct mark *at,
                            unsigned depth)
{
    *at = mark_of(reader->event.start_mark);
    struct node *key = new_node(reader, mapping);
    key->key = "";
    fill_node(reader, key, depth + 1);
    bool scalar = key->kind == NODE_SCALAR && key->length > 0;
    bool merge = scalar && !key->quoted && !strcmp(key->text, "<<");
    if (merge)
        report(reader->loader, key, "merge keys (<<) are not allowed; write the keys out");
    else if (!scalar && key->kind != NODE_BROKEN)
        report(reader->loader, key, "a key must be a word");
    next_event(reader);
    return scalar && !merge ? key->text : NULL;
}

static int compare_keys(const void *left, const void *right)
{
    const struct node *a = *(const struct node *const *)left, *b = *(const struct node *const *)right;
    int order = strcmp(a->key, b->key);
    return order ? order : (a->index > b->index) - (a->index < b->index);
}

static void report_duplicates(struct tree_reader *reader, struct node *mapping)
{
    struct arena *scratch = &reader->loader->scratch;
    struct node **sorted = arena_array(scratch, mapping->count, sizeof(struct node *));
    size_t count = 0;
    for (struct node *entry = mapping->first; entry; entry = entry->next)
        sorted[count++] = entry;
    if (count)
        qsort(sorted, count, sizeof(struct node *), compare_keys);
    for (size_t i = 1; i < count; i++)
        if (!strcmp(sorted[i - 1]->key, sorted[i]->key))
            report_key(reader->loader, sorted[i], "given twice, first in line %zu; remove one",
                       sorted[i - 1]->key_at.line);
}

static void read_mapping(struct tree_reader *reader, struct node *node, unsigned depth)
{
    const yaml_event_t *event = &reader->event;
    if (check_properties(reader, node, event->data.mapping_start.anchor, event->data.mapping_start.tag))
        node->kind = NODE_MAPPING;
    struct node **end = &node->first;
    next_event(reader);
    while (reader->event.type != YAML_MAPPING_END_EVENT && reader->event.type != YAML_NO_EVENT) {
        struct mark at;
        const char *key = read_key(reader, node, &at, depth);
        if (reader->event.type == YAML_NO_EVENT)
            break;
        struct node *value = new_node(reader, node);
        value->key = key ? key : "?";
        value->key_at = at;
        value->index = node->count;
        fill_node(reader, value, depth + 1);
        if (key) {
            node->count++;
            *end = value;
            end = &value->next;
        }
        next_event(reader);
    }
    report_duplicates(reader, node);
}

/* Starts at the event that begins a node and ends at the one that ends it. */
static void fill_node(struct tree_reader *reader, struct node *node, unsigned depth)
{
    if (depth > TREE_DEPTH_MAX || ++reader->nodes > TREE_NODES_MAX) {
        if (depth > TREE_DEPTH_MAX)
            report(reader->loader, node, "nested deeper than %d; nothing here needs that", TREE_DEPTH_MAX);
        else
            report(reader->loader, node, "more than %d values in one file; split it", TREE_NODES_MAX);
        give_up(reader);
        return;
    }
    switch (reader->event.type) {
    case YAML_SCALAR_EVENT:
        read_scalar(reader, node);
        break;
    case YAML_SEQUENCE_START_EVENT:
        read_sequence(reader, node, depth);
        break;
    case YAML_MAPPING_START_EVENT:
        read_mapping(reader, node, depth);
        break;
    case YAML_ALIAS_EVENT:
        report(reader->loader, node, "aliases (*%.40s) are not allowed; write the value out",
               (const char *)reader->event.data.alias.anchor);
        break;
    default:
        break;
    }
}

static struct node *read_document(struct tree_reader *reader)
{
    next_event(reader); /* stream start */
    next_event(reader); /* document start */
    if (reader->event.type == YAML_STREAM_END_EVENT)
        report_file(reader->loader, reader->source.path, (struct mark){1, 1}, "the file is empty");
    if (reader->event.type != YAML_DOCUMENT_START_EVENT)
        return NULL;
    next_event(reader);
    if (reader->event.type == YAML_NO_EVENT)
        return NULL;
    struct node *root = new_node(reader, NULL);
    fill_node(reader, root, 0);
    if (reader->event.type == YAML_NO_EVENT)
        return NULL;    /* half a tree would only report what is in the other half as missing */
    next_event(reader); /* document end */
    next_event(reader);
    if (reader->event.type == YAML_DOCUMENT_START_EVENT)
        report_file(reader->loader, reader->source.path, mark_of(reader->event.start_mark),
                    "a second document begins; a file holds one");
    return root;
}

struct node *tree_read(struct loader *loader, const char *path)
{
    struct tree_reader *reader = arena_allocate(&loader->scratch, sizeof(*reader));
    reader->loader = loader;
    if (!source_read(loader, path, &reader->source))
        return NULL;
    loader->reader = reader;
    if (!yaml_parser_initialize(&reader->parser))
        arena_exhausted(&loader->scratch);
    reader->open = true;
    yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader->parser, (const unsigned char *)reader->source.text,
                                 reader->source.length);
    struct node *root = read_document(reader);
    tree_abandon(loader);
    return root;
}

void tree_abandon(struct loader *loader)
{
    if (loader->reader)
        give_up(loader->reader);
    loader->reader = NULL;
}

const struct node *node_get(const struct node *mapping, const char *key)
{
    if (!mapping || mapping->kind != NODE_MAPPING)
        return NULL;
    for (const struct node *entry = mapping->first; entry; entry = entry->next)
        if (!strcmp(entry->key, key))
            return entry;
    return NULL;
}

bool node_is(struct loader *loader, const struct node *node, enum node_kind kind)
{
    static const char *const wanted[] = {"one value", "a list ([a, b] or lines that begin with -)",
                                         "a table (key: value)", ""};
    static const char *const found[] = {"one value", "a list", "a table", ""};
    if (node->kind == kind)
        return true;
    bool nothing = node->kind == NODE_SCALAR && !node->length && !node->quoted;
    if (node->kind == NODE_BROKEN)
        loader->config->errors_repeated++; /* so that what it belongs to does not pass for sound */
    else
        report(loader, node, "must be %s, not %s", wanted[kind], nothing ? "empty" : found[node->kind]);
    return false;
}
