/* tree.h - a YAML file as a tree with marks.
 *
 * What is refused is refused here: anchors, aliases and merge keys (so there are no alias bombs), tags,
 * second documents, keys that are not plain scalars, duplicate keys, files that are too large, too deep or
 * not UTF-8. Each is reported and the rest of the file is still read where its structure allows. Nodes live
 * in the loader's scratch. */
#ifndef GATEWAY_CONFIG_TREE_H
#define GATEWAY_CONFIG_TREE_H

#include <stdbool.h>
#include <stddef.h>

struct loader;

enum {
    TREE_FILE_MAX = 1024 * 1024, /* bytes */
    TREE_SCALAR_MAX = 4096,      /* bytes */
    TREE_NODES_MAX = 200000,     /* a file */
    TREE_DEPTH_MAX = 16,
};

enum node_kind {
    NODE_SCALAR,
    NODE_SEQUENCE,
    NODE_MAPPING,
    NODE_BROKEN, /* given, but refused and reported: whoever meets it says nothing more */
};

struct mark {
    size_t line, column; /* from 1; columns count characters */
};

struct node {
    enum node_kind kind;
    const char *file;
    const struct node *parent; /* NULL: the root */
    struct mark at, key_at;
    const char *key;  /* NULL unless an entry of a mapping */
    size_t index;     /* among its siblings, from 0 */
    const char *text; /* scalars */
    size_t length;
    bool quoted; /* in quotes or a block: cannot be meant as a number */
    bool exact;  /* the text stands in the file as it is here, on one line: columns can be counted into it */
    struct node *first, *next;
    size_t count; /* of children */
};

/* NULL when nothing could be read; it was reported. */
struct node *tree_read(struct loader *loader, const char *path);
/* Releases what a tree_read() that was jumped out of still holds. */
void tree_abandon(struct loader *loader);

/* The entry of a mapping; NULL when there is none, or when `mapping` is NULL or no mapping. */
const struct node *node_get(const struct node *mapping, const char *key);
/* Reports what stands there instead, and returns false, unless the node is of this kind. */
bool node_is(struct loader *loader, const struct node *node, enum node_kind kind);

#endif
