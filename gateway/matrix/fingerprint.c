#include "gateway/matrix/matrix.h"

#include <inttypes.h>

/* Numbers as hexadecimal floats: exact, and the same everywhere. */
static void print_items(const struct rig_spec *spec, const struct rig_assignment *items, size_t count,
                        FILE *file)
{
    for (size_t i = 0; i < count; i++)
        fprintf(file, " %s=%a", spec->points[items[i].point].name, items[i].number);
    fputc('\n', file);
}

static void print_option(const struct option *option, const char *field, FILE *file)
{
    fprintf(file, " %s=", option->name);
    switch (option->type) {
    case OPTION_BOOLEAN:
        fputs(*(const bool *)(const void *)field ? "true" : "false", file);
        break;
    case OPTION_INTEGER:
    case OPTION_DURATION:
    case OPTION_SIZE:
        fprintf(file, "%" PRId64, *(const int64_t *)(const void *)field);
        break;
    case OPTION_NUMBER:
        fprintf(file, "%a", *(const double *)(const void *)field);
        break;
    case OPTION_TEXT: {
        const char *text = *(const char *const *)(const void *)field;
        fprintf(file, "\"%s\"", text ? text : "");
        break;
    }
    case OPTION_CHOICE:
        fputs(option->choices[*(const int *)(const void *)field], file);
        break;
    }
}

/* Whatever the driver's table knows: addresses, encodings, scaling, questions. */
void matrix_print_options(const struct option_table *table, const void *options, FILE *file)
{
    for (const struct option *option = table ? table->options : NULL; option && option->name; option++)
        print_option(option, (const char *)options + option->offset, file);
    fputc('\n', file);
}

static void print_line(const struct driver_line_spec *line, FILE *file)
{
    if (line->serial)
        fprintf(file, "line serial %s %d %d %d %d\n", line->device, line->baud, line->data_bits,
                line->stop_bits, (int)line->parity);
    else
        fprintf(file, "line tcp %s %u\n", line->host, (unsigned)line->port);
}

static void print_wiring(const struct config_instrument *instrument, FILE *file)
{
    const struct driver_instrument_spec *spec = &instrument->instrument;
    fprintf(file, "driver %s", instrument->driver->name);
    matrix_print_options(instrument->driver->instrument_options, spec->options, file);
    for (size_t i = 0; i < spec->point_count; i++) {
        const struct driver_point *point = &spec->points[i];
        fprintf(file, "point %s type %d access %d%d", point->name, (int)point->type, point->readable,
                point->writable);
        for (const struct driver_choice *choice = point->choices; choice && choice->name; choice++)
            fprintf(file, " %s:%d", choice->name, choice->number);
        matrix_print_options(instrument->driver->point_options, point->options, file);
    }
}

static void print_points(const struct rig_spec *spec, FILE *file)
{
    for (size_t i = 0; i < spec->point_count; i++) {
        const struct rig_point_spec *point = &spec->points[i];
        if (point->output)
            fprintf(file, "output %s safe %a range %a %a readback %s tolerance %a within %lld role %d\n",
                    point->name, point->safe, point->minimum, point->maximum,
                    point->readback == RIG_NONE ? "-" : spec->points[point->readback].name, point->tolerance,
                    (long long)point->within, (int)point->role);
        else if (point->poll)
            fprintf(file, "input %s poll %lld stale %lld\n", point->name, (long long)point->poll,
                    (long long)point->stale_after);
    }
}

static void print_rules(const struct rig_spec *spec, FILE *file)
{
    for (size_t i = 0; i < spec->trip_count; i++) {
        const struct rig_trip_spec *trip = &spec->trips[i];
        fprintf(file, "trip %s when %s for %lld confirm %u reset %d fault %d bad %d drives", trip->name,
                trip->text, (long long)trip->hold, trip->confirm, (int)trip->reset, trip->fault_needs_reset,
                trip->ignore_bad);
        print_items(spec, trip->drives, trip->drive_count, file);
    }
    for (size_t i = 0; i < spec->permissive_count; i++) {
        const struct rig_permissive_spec *permissive = &spec->permissives[i];
        fprintf(file, "permissive %s of %s when %s for %lld start %d\n", permissive->name,
                spec->points[permissive->of].name, permissive->text, (long long)permissive->hold,
                permissive->only_to_start);
    }
    for (size_t i = 0; i < spec->exclusive_count; i++) {
        fprintf(file, "exclusive %s", spec->exclusives[i].name);
        for (size_t k = 0; k < spec->exclusives[i].count; k++)
            fprintf(file, " %s", spec->points[spec->exclusives[i].points[k]].name);
        fputc('\n', file);
    }
    for (size_t i = 0; i < spec->limit_count; i++) {
        const struct rig_limit_spec *limit = &spec->limits[i];
        fprintf(file, "limit %s of %s: %s\n", limit->name, spec->points[limit->of].name, limit->text);
    }
}

static void print_safe(const struct rig_spec *spec, FILE *file)
{
    static const char *const kinds[] = {
        [RIG_STEP_SET] = "set", [RIG_STEP_WAIT] = "wait", [RIG_STEP_VERIFY] = "verify"};
    for (size_t i = 0; i < spec->safe_count; i++) {
        fprintf(file, "%s within %lld", kinds[spec->safe[i].kind], (long long)spec->safe[i].within);
        print_items(spec, spec->safe[i].items, spec->safe[i].count, file);
    }
}

void matrix_fingerprint(const struct config_lab *lab, const struct config_rig *rig, FILE *file)
{
    const struct rig_spec *spec = &rig->spec;
    const struct rig_heartbeat_spec *heartbeat = &spec->heartbeat;
    fprintf(file, "rig %s\n", spec->name);
    for (size_t i = 0; i < spec->instrument_count; i++) {
        const struct config_link *link = &lab->links[rig->instruments[i].link];
        const struct config_instrument *instrument = &link->instruments[rig->instruments[i].instrument];
        fprintf(file, "instrument %s profile %s lost_after %u continue %d\n", spec->instruments[i].name,
                instrument->profile, instrument->lost_after, spec->instruments[i].on_loss_continue);
        print_line(&link->line, file);
        print_wiring(instrument, file);
    }
    print_points(spec, file);
    print_rules(spec, file);
    print_safe(spec, file);
    if (heartbeat->point != RIG_NONE)
        fprintf(file, "heartbeat %s every %lld drops %lld\n", spec->points[heartbeat->point].name,
                (long long)heartbeat->every, (long long)heartbeat->drops_after);
    if (spec->local_mode != RIG_NONE)
        fprintf(file, "local %s\n", spec->points[spec->local_mode].name);
    fprintf(file, "session %lld %lld %d %d\n", (long long)spec->presence, (long long)spec->resume_window,
            spec->handover_keep, spec->teacher_reset);
}
