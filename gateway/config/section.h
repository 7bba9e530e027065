/* section.h - a table of a file, described by rows: what may stand in it, and where it goes in memory.
 *
 * Scalars are rows of drivers/option.h; what has a structure of its own, or whose type depends on a point, is
 * a part, kept as a node until it can be read. Parsing, errors and the printed reference all come from these
 * rows. */
#ifndef GATEWAY_CONFIG_SECTION_H
#define GATEWAY_CONFIG_SECTION_H

#include "gateway/config/loader.h"

enum part_kind { PART_VALUE, PART_LIST, PART_TABLE, PART_ANY, PART_TITLE };

struct part {
    const char *name;
    enum part_kind kind; /* of the node; PART_TITLE: text or {en, zh} */
    size_t offset; /* of a const struct node *, NULL when not given; PART_TITLE: of a struct config_text */
    bool required;
    const char *form; /* how it is written, for the reference */
    const char *help;
};

struct section {
    const char *title;            /* heading in the reference */
    const char *where;            /* what it describes and where it stands */
    const struct option *options; /* ends with a row whose name is NULL; NULL: none */
    const struct part *parts;     /* likewise */
    const struct section *base;   /* whose rows may stand here too, in the same structure; NULL: none */
};

/* All of them, in the order in which a person meets them; ends with NULL. */
extern const struct section *const config_sections[];

/* Fills *out, which the rows describe, with what is given and with defaults for the rest; reports unknown
 * keys, wrong values and missing ones. True when there was nothing to report. */
bool section_fill(struct loader *loader, const struct section *section, const struct node *node, void *out);

/* For a table that several tables share: each option is taken from the first source that has it; one that is
 * missing is reported at sources[0]. Sources may be NULL. */
bool section_fill_options(struct loader *loader, const struct option *options,
                          const struct node *const sources[2], void *out);
/* Reports the keys that neither the section nor one of the tables has. `tables` ends with NULL. */
bool section_check_keys(struct loader *loader, const struct node *node, const struct section *section,
                        const struct option *const *tables);

/* One scalar by a row; false: reported. */
bool section_read_scalar(struct loader *loader, const struct option *row, const struct node *node,
                         void *field);

/* Names that appear in rules, URLs and files. */
enum name_kind { NAME_WORD /* plc, ch1, fill_open */, NAME_LABEL /* tank-1 as well */ };
bool name_check(struct loader *loader, const struct node *node, const char *name, enum name_kind kind);

#endif
