#include "drivers/sim/control_verbs.h"

#include "drivers/sim/control.h"
#include "drivers/sim/generator.h"
#include "drivers/sim/scope.h"
#include "drivers/sim/simulator.h"

#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 24

struct call {
    struct simulator *simulator;
    struct instrument *instrument; /* NULL where the verb names none */
    char **words;                  /* after the verb and the instrument */
    size_t count;
    int64_t now;
    FILE *answer;
};

static void show_fields(FILE *answer, const char *prefix, const struct field *fields, const void *state)
{
    char text[64];
    for (const struct field *field = fields; field->name; field++) {
        field_print(state, field, text, sizeof text);
        fprintf(answer, "%s%s=%s\n", prefix, field->name, text);
    }
}

/* True content: what the plant holds, not what a frozen answer would show. */
static void show_registers(FILE *answer, const struct instrument *instrument)
{
    const struct register_map *map = instrument->server.map;
    for (size_t i = 0; i < map->window_count; i++) {
        const struct register_window *window = &map->windows[i];
        for (unsigned address = window->first; address <= window->last; address++) {
            uint16_t word;
            if (!registers_read(map, instrument->state, NULL, window->table, (uint16_t)address, 1, &word))
                fprintf(answer, "%s.%u=%u\n", register_table_name(window->table), address, word);
        }
    }
}

static int verb_state(struct call *call)
{
    struct instrument *instrument = call->instrument;
    fprintf(call->answer, "time=%lld\n", (long long)call->now);
    fprintf(call->answer, "requests=%llu\n", (unsigned long long)instrument->requests);
    fprintf(call->answer, "faults_armed=%zu\n", instrument->faults.count);
    fprintf(call->answer, "faults_struck=%llu\n", (unsigned long long)instrument->faults.struck);
    fprintf(call->answer, "hung_up=%d\n", instrument->endpoint->hung_up);
    show_fields(call->answer, "", instrument->fields, instrument->state);
    if (instrument->plant)
        show_registers(call->answer, instrument);
    if (instrument->bench)
        show_fields(call->answer, "bench.", bench_fields, instrument->bench);
    return 0;
}

static int verb_list(struct call *call)
{
    FILE *answer = call->answer;
    for (const struct instrument *instrument = call->simulator->instruments; instrument;
         instrument = instrument->next) {
        fprintf(answer, "instrument ");
        instrument_print_address(instrument, answer);
        for (size_t i = 0; i < instrument->faults.count; i++)
            fprintf(answer, "  fault %s struck=%llu\n", instrument->faults.armed[i].kind->name,
                    (unsigned long long)instrument->faults.armed[i].struck);
    }
    for (const struct fault_kind *kind = fault_kinds; kind->name; kind++)
        fprintf(answer, "kind %s: %s\n", kind->name, kind->help);
    return 0;
}

/* "bench.resistance" is the bench's; everything else the instrument's own. */
static int verb_force(struct call *call)
{
    struct instrument *instrument = call->instrument;
    const char *name = call->words[0];
    bool of_bench = instrument->bench && !strncmp(name, "bench.", 6);
    const struct field *fields = of_bench ? bench_fields : instrument->fields;
    void *state = of_bench ? (void *)instrument->bench : instrument->state;
    const struct field *field = field_find(fields, of_bench ? name + 6 : name);
    if (!field)
        return simulator_fail(call->simulator,
                              "%s has no variable '%s'; `state %s` shows those that there are",
                              instrument->name, name, instrument->name);
    if (field->type != FIELD_TEXT && field->minimum == field->maximum)
        return simulator_fail(call->simulator, "'%s' follows from the others and cannot be forced", name);
    if (!field_parse(state, field, call->words[1]))
        return simulator_fail(call->simulator, "'%s' is no value for '%s'; it takes %g to %g", call->words[1],
                              name, field->minimum, field->maximum);
    if (of_bench)
        bench_changed(instrument->bench);
    else if (instrument->plant && instrument->plant->forced)
        instrument->plant->forced(state, field->offset);
    instrument_changed(instrument, call->now);
    return 0;
}

static int hold_registers(struct call *call, enum register_table table, unsigned address, size_t count,
                          int64_t until)
{
    struct instrument *instrument = call->instrument;
    struct register_overlay *overlay = &instrument->server.overlay;
    uint16_t words[32];
    if (overlay->count + count > OVERLAY_MAX || count > sizeof words / sizeof *words ||
        registers_read(instrument->server.map, instrument->state, NULL, table, (uint16_t)address, count,
                       words))
        return simulator_fail(call->simulator, "%s has no register %s:%u to freeze", instrument->name,
                              register_table_name(table), address);
    for (size_t i = 0; i < count; i++) {
        overlay->held[overlay->count].table = table;
        overlay->held[overlay->count].address = (uint16_t)(address + i);
        overlay->held[overlay->count].until = until;
        overlay->held[overlay->count++].content = words[i];
    }
    return 0;
}

static int freeze(struct call *call, const struct fault *fault)
{
    const char *name = fault->name;
    const struct register_map *map = call->instrument->server.map;
    const char *colon = strchr(name, ':');
    for (enum register_table table = TABLE_COIL; colon && table <= TABLE_HOLDING; table++) {
        const char *word = register_table_name(table);
        char *end;
        unsigned long address = strtoul(colon + 1, &end, 10);
        if (strlen(word) == (size_t)(colon - name) && !strncmp(word, name, strlen(word)) && !*end &&
            address <= 0xFFFF)
            return hold_registers(call, table, (unsigned)address, 1, fault->until);
    }
    /* A name may stand at several addresses; a point is frozen wherever it shows. */
    bool found = false;
    for (size_t i = 0; i < map->row_count; i++)
        if (!strcmp(map->rows[i].name, name)) {
            found = true;
            if (hold_registers(call, map->rows[i].table, map->rows[i].address,
                               register_row_width(&map->rows[i]), fault->until))
                return -1;
        }
    if (!found)
        return simulator_fail(call->simulator, "%s has no point '%s'; docs/simulator.md lists them",
                              call->instrument->name, name);
    return 0;
}

static int verb_fault(struct call *call)
{
    struct instrument *instrument = call->instrument;
    struct fault fault;
    if (fault_parse(call->words, call->count, instrument->endpoint->protocol->medium, call->now, &fault,
                    call->simulator->problem, sizeof call->simulator->problem))
        return -1;
    if (faults_arm(&instrument->faults, &fault))
        return simulator_fail(call->simulator, "%s has %d faults armed already; `clear %s` first",
                              instrument->name, FAULTS_MAX, instrument->name);
    if (fault.kind->id == FAULT_FROZEN && freeze(call, &fault)) {
        instrument->faults.count--;
        return -1;
    }
    if (fault.kind->id == FAULT_ERROR_QUEUE) {
        for (int i = 0; i <= SCPI_QUEUE_MAX; i++)
            scpi_raise(&instrument->device, SCPI_UNDEFINED);
        instrument->faults.count--;
        instrument->faults.struck++;
    }
    return 0;
}

static void clear_faults(struct instrument *instrument)
{
    faults_clear(&instrument->faults);
    instrument->server.overlay.count = 0;
    instrument->deferred_count = 0;
}

static int verb_clear(struct call *call)
{
    for (struct instrument *instrument = call->simulator->instruments; instrument;
         instrument = instrument->next)
        if (!call->count || !strcmp(call->words[0], instrument->name))
            clear_faults(instrument);
    if (call->count && !simulator_find(call->simulator, call->words[0]))
        return simulator_fail(call->simulator, "there is no instrument '%s'", call->words[0]);
    return 0;
}

static int verb_hangup(struct call *call)
{
    endpoint_hang_up(call->instrument->endpoint);
    return 0;
}

static int verb_restore(struct call *call)
{
    return call->instrument->endpoint->hung_up ? endpoint_open(call->simulator, call->instrument->endpoint)
                                               : 0;
}

static int verb_trace(struct call *call)
{
    bool off = !strcmp(call->words[0], "off");
    return instrument_trace(call->simulator, call->instrument, off ? NULL : call->words[0], call->now);
}

static int verb_stop(struct call *call)
{
    call->simulator->stop = true;
    return 0;
}

static const struct verb {
    const char *name;
    bool instrument;
    size_t least, most;
    int (*perform)(struct call *call);
    const char *usage, *help;
} verbs[] = {
    {"list",    false, 0, 0,  verb_list,    "list",
     "instruments with their addresses and faults, and the kinds of faults"                                                                  },
    {"state",   true,  0, 0,  verb_state,   "state INSTRUMENT",
     "the true state and every register's true content, key=value"                                                                           },
    {"force",   true,  2, 2,  verb_force,   "force INSTRUMENT VARIABLE VALUE",                        "set a variable of the state once"     },
    {"fault",   true,  1, 16, verb_fault,
     "fault INSTRUMENT KIND [ARGUMENT] [count N] [for DURATION] [rate PERCENT] [seed N] [on FILTER]", "arm a fault"                          },
    {"clear",   false, 0, 1,  verb_clear,   "clear [INSTRUMENT]",                                     "disarm faults"                        },
    {"hangup",  true,  0, 0,  verb_hangup,  "hangup INSTRUMENT",                                      "take the instrument's whole line away"},
    {"restore", true,  0, 0,  verb_restore, "restore INSTRUMENT",                                     "bring the line back"                  },
    {"trace",   true,  1, 1,  verb_trace,   "trace INSTRUMENT PATH|off",
     "append requests, replies and changes of registers, with times, to a file"                                                              },
    {"stop",    false, 0, 0,  verb_stop,    "stop",                                                   "end the simulator"                    },
};

void control_help(FILE *file)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        fprintf(file, "  %s\n      %s\n", verbs[i].usage, verbs[i].help);
    fputs("Kinds of faults:\n", file);
    for (const struct fault_kind *kind = fault_kinds; kind->name; kind++)
        fprintf(file, "  %-19s%s\n", kind->name, kind->help);
}

int control_perform(struct simulator *simulator, char *line, int64_t now, FILE *answer)
{
    char *words[WORDS_MAX] = {NULL}, *rest = line, *word;
    size_t count = 0;
    while (count < WORDS_MAX && (word = strsep(&rest, " \t\r")))
        if (*word)
            words[count++] = word;
    for (size_t i = 0; count && i < sizeof verbs / sizeof *verbs; i++) {
        const struct verb *verb = &verbs[i];
        if (strcmp(words[0], verb->name) != 0)
            continue;
        size_t skip = verb->instrument ? 2 : 1;
        if (count < skip + verb->least || count > skip + verb->most)
            return simulator_fail(simulator, "usage: %s", verb->usage);
        struct call call = {.simulator = simulator,
                            .words = words + skip,
                            .count = count - skip,
                            .now = now,
                            .answer = answer};
        if (verb->instrument && !(call.instrument = simulator_find(simulator, words[1])))
            return simulator_fail(simulator, "there is no instrument '%s'; `list` shows those that there are",
                                  words[1]);
        return verb->perform(&call);
    }
    return simulator_fail(simulator,
                          "there is no verb '%s'; there are list, state, force, fault, clear, hangup, "
                          "restore, trace and stop",
                          count ? words[0] : "");
}
