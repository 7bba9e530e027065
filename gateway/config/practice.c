/* Practice: simulators of a rig. Each is a rig of its own by the same rules, on lines that end in a
 * simulator. */
#include "gateway/config/rigs.h"

#include "gateway/config/scalar.h"

#include <string.h>

#define INSTRUMENTS_MAX 8 /* of a rig that can be practised on: a simulator inherits so many sockets */

struct practice_form {
    int64_t at_most, longest;
    char *capability;
    const struct node *instruments;
};

static const struct option practice_options[] = {
    {.name = "at_most",
     .type = OPTION_INTEGER,
     .offset = offsetof(struct practice_form, at_most),
     .minimum = 1,
     .maximum = 200,
     .fallback = "20",
     .help = "how many people practise at once, each on a plant of their own; who comes later waits"},
    {.name = "longest",
     .type = OPTION_DURATION,
     .offset = offsetof(struct practice_form, longest),
     .minimum = 60,
     .maximum = 24 * 3600,
     .fallback = "30 min",
     .help = "how long one of them may practise while others wait"},
    {.name = "capability",
     .type = OPTION_TEXT,
     .offset = offsetof(struct practice_form, capability),
     .minimum = 1,
     .maximum = 40,
     .fallback = "",
     .help =
         "what a policy's `rehearsal` names: who set something here, and saw it confirmed, has rehearsed"},
    {.name = NULL                       },
};

static const struct part practice_parts[] = {
    {.name = "instruments",
     .kind = PART_TABLE,
     .offset = offsetof(struct practice_form, instruments),
     .required = true,
     .form = "{plc: tank}",
     .help = "what labsim plays each instrument with: tank, motor, scope, generator"},
    {.name = NULL},
};

const struct section section_practice = {
    .title = "practice",
    .where = "A rig's `practice`: simulators of it, started when somebody practises.",
    .options = practice_options,
    .parts = practice_parts,
};

static bool is_known(const char *kind)
{
    static const char *const kinds[] = {"tank", "motor", "scope", "generator"};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (!strcmp(kinds[i], kind))
            return true;
    return false;
}

/* What plays the rig's instruments, in their order; NULL: reported. */
static const char *const *read_kinds(const struct rig_build *rig, const struct node *node)
{
    struct loader *loader = rig->loader;
    const struct node *instruments = node_get(rig->node, "instruments");
    size_t count = instruments ? instruments->count : 0, at = 0;
    if (count > INSTRUMENTS_MAX) {
        report_key(loader, node, "at most %d instruments can be simulated together", INSTRUMENTS_MAX);
        return NULL;
    }
    const char **kinds = arena_array(loader->memory, count + 1, sizeof(*kinds));
    for (const struct node *entry = node->first; entry; entry = entry->next)
        if (!node_get(instruments, entry->key)) {
            report_key(loader, entry, "the rig has no instrument %.40s", entry->key);
            return NULL;
        }
    for (const struct node *entry = instruments ? instruments->first : NULL; entry; entry = entry->next) {
        const struct node *kind = node_get(node, entry->key);
        static const char wanted[] = "%.40s must be simulated by tank, motor, scope or generator";
        if (!kind || kind->kind != NODE_SCALAR) {
            report_key(loader, node, wanted, entry->key);
            return NULL;
        }
        if (!is_known(kind->text)) {
            report(loader, kind, wanted, entry->key);
            return NULL;
        }
        kinds[at++] = arena_copy(loader->memory, kind->text, kind->length);
    }
    return kinds;
}

const struct config_practice *practice_read(const struct rig_build *rig)
{
    struct loader *loader = rig->loader;
    const struct node *node = node_get(rig->node, "practice");
    struct practice_form form = {0};
    if (!node || node->kind != NODE_MAPPING || !section_fill(loader, &section_practice, node, &form))
        return NULL;
    const char *const *kinds = read_kinds(rig, form.instruments);
    if (!kinds)
        return NULL;
    struct config_practice *practice = arena_allocate(loader->memory, sizeof(*practice));
    *practice = (struct config_practice){
        .at_most = (size_t)form.at_most,
        .longest = form.longest / 1000000,
        .capability = form.capability ? form.capability : "",
        .kinds = kinds,
    };
    return practice;
}
