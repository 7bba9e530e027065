#include "gateway/config/variables.h"

#include "gateway/config/section.h"
#include "gateway/config/suggest.h"

#include <string.h>

struct variable {
    struct variable *next;
    const char *name;
    const char *value; /* NULL: wrongly declared, which was reported */
};

static struct variable *find(const struct loader *loader, const char *name, size_t length)
{
    for (struct variable *variable = loader->variables; variable; variable = variable->next)
        if (strlen(variable->name) == length && !memcmp(variable->name, name, length))
            return variable;
    return NULL;
}

static const char *nearest(const struct loader *loader, const char *name, char *hint, size_t size)
{
    struct suggestion near;
    suggest_begin(&near, name);
    for (const struct variable *variable = loader->variables; variable; variable = variable->next)
        suggest_offer(&near, variable->name);
    return suggest_text(&near, hint, size);
}

static void override(struct loader *loader, const char *define)
{
    const struct mark nowhere = {0, 0};
    const char *equals = strchr(define, '=');
    if (!equals) {
        report_file(loader, "--define", nowhere, "\"%.60s\" must be name=value", define);
        return;
    }
    struct variable *variable = find(loader, define, (size_t)(equals - define));
    if (variable) {
        variable->value = equals + 1;
        return;
    }
    char hint[80];
    const char *name = arena_copy(&loader->scratch, define, (size_t)(equals - define));
    report_file(loader, "--define", nowhere, "lab.yaml declares no variable %.60s%s", name,
                nearest(loader, name, hint, sizeof(hint)));
}

void variables_read(struct loader *loader, const struct node *declared, const char *const *defines,
                    size_t define_count)
{
    for (const struct node *entry = declared ? declared->first : NULL; entry; entry = entry->next) {
        bool fine = name_check(loader, entry, entry->key, NAME_WORD) & node_is(loader, entry, NODE_SCALAR);
        struct variable *variable = arena_allocate(&loader->scratch, sizeof(*variable));
        *variable = (struct variable){loader->variables, entry->key, fine ? entry->text : NULL};
        loader->variables = variable;
    }
    for (size_t i = 0; i < define_count; i++)
        override(loader, defines[i]);
}

/* A growing text in the scratch. */
struct buffer {
    char text[TREE_SCALAR_MAX + 1];
    size_t length;
    bool full;
    bool broken; /* a part of it is not known */
};

static void append(struct buffer *buffer, const char *text, size_t length)
{
    if (length > TREE_SCALAR_MAX - buffer->length) {
        buffer->full = true;
        return;
    }
    memcpy(buffer->text + buffer->length, text, length);
    buffer->length += length;
}

/* One reference at `text`, which begins with "${"; returns what follows it. */
static const char *expand(struct loader *loader, const struct node *node, const char *text,
                          struct buffer *buffer)
{
    const char *name = text + 2, *end = strchr(name, '}');
    size_t offset = (size_t)(text - node->text);
    if (!end) {
        report_in(loader, node, offset, "${ without }; write $${ for the two characters themselves");
        return text + strlen(text);
    }
    const struct variable *variable = find(loader, name, (size_t)(end - name));
    if (variable && !variable->value)
        buffer->broken = true;
    else if (variable)
        append(buffer, variable->value, strlen(variable->value));
    if (variable)
        return end + 1;
    char hint[80];
    const char *wanted = arena_copy(&loader->scratch, name, (size_t)(end - name));
    report_in(loader, node, offset, "no variable %.60s is declared under variables in lab.yaml%s", wanted,
              nearest(loader, wanted, hint, sizeof(hint)));
    return end + 1;
}

static void apply_scalar(struct loader *loader, struct node *node)
{
    if (!strstr(node->text, "${"))
        return;
    size_t before = reported(loader);
    struct buffer *buffer = arena_allocate(&loader->scratch, sizeof(*buffer));
    for (const char *text = node->text; *text;) {
        if (!strncmp(text, "$${", 3)) {
            append(buffer, "${", 2);
            text += 3;
        } else if (!strncmp(text, "${", 2)) {
            text = expand(loader, node, text, buffer);
        } else {
            append(buffer, text++, 1);
        }
    }
    if (buffer->full)
        report(loader, node, "more than %d bytes of text", TREE_SCALAR_MAX);
    node->text = buffer->text;
    node->length = buffer->length;
    node->exact = false;
    if (buffer->broken || reported(loader) != before)
        node->kind = NODE_BROKEN;
}

void variables_apply(struct loader *loader, struct node *node, const struct node *declared)
{
    if (node == declared)
        return;
    if (node->kind == NODE_SCALAR)
        apply_scalar(loader, node);
    for (struct node *child = node->first; child; child = child->next)
        variables_apply(loader, child, declared);
}
