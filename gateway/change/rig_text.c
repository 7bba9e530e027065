#include "gateway/change/rig_text.h"

#include "gateway/matrix/matrix.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void describe_lines(const struct config_lab *lab, const struct config_rig *rig, FILE *file)
{
    for (size_t i = 0; i < rig->spec.instrument_count; i++) {
        const struct config_link *link = &lab->links[rig->instruments[i].link];
        const struct driver_line_spec *line = &link->line;
        const struct config_instrument *instrument = &link->instruments[rig->instruments[i].instrument];
        const struct driver_instrument_spec *spec = &instrument->instrument;
        fprintf(file,
                "line %s of %s timeout %" PRId64 " turnaround %" PRId64 " longest %" PRId64 " place %u\n",
                rig->spec.instruments[i].name, link->name, line->timeout, line->turnaround, link->longest,
                (unsigned)rig->instruments[i].instrument);
        for (size_t k = 0; k < spec->waveform_count; k++) {
            fprintf(file, "waveform %s.%s unit %s", rig->spec.instruments[i].name, spec->waveforms[k].name,
                    spec->waveforms[k].unit);
            matrix_print_options(instrument->driver->waveform_options, spec->waveforms[k].options, file);
        }
    }
}

/* Beside what a proof test tests: how a value is read and shown. */
static void describe_points(const struct rig_spec *spec, FILE *file)
{
    for (size_t i = 0; i < spec->point_count; i++) {
        const struct rig_point_spec *point = &spec->points[i];
        fprintf(file, "reading %s unit %s words %s %s", point->name, point->unit ? point->unit->name : "",
                point->on ? point->on : "", point->off ? point->off : "");
        if (point->output)
            fprintf(file, " poll %" PRId64 " stale %" PRId64 "\n", point->poll, point->stale_after);
        else
            fprintf(file, " range %a %a tolerance %a\n", point->minimum, point->maximum, point->tolerance);
    }
}

static void describe_limits(const struct rig_spec *spec, FILE *file)
{
    for (size_t i = 0; i < spec->limit_count; i++) {
        const struct rig_limit_spec *limit = &spec->limits[i];
        const struct rig_point_spec *point = &spec->points[limit->of];
        fprintf(file,
                "limit %s slew %a step %" PRId64 " rate %a on %" PRId64 " off %" PRId64
                " starts %u total %a flow %a of %u",
                limit->name, limit->slew, limit->ramp_step, limit->rate, limit->on_for, limit->off_for,
                limit->starts, limit->total, limit->flow, (unsigned)limit->totalized);
        for (size_t role = 0; role < RIG_LIMITED_ROLES; role++) {
            if (limit->range[role].minimum > point->minimum)
                fprintf(file, " from %zu %a", role, limit->range[role].minimum);
            if (limit->range[role].maximum < point->maximum)
                fprintf(file, " to %zu %a", role, limit->range[role].maximum);
        }
        fputc('\n', file);
    }
}

char *change_rig_text(const struct config_lab *lab, const struct config_rig *rig)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    if (!file)
        return NULL;
    matrix_fingerprint(lab, rig, file);
    describe_lines(lab, rig, file);
    describe_points(&rig->spec, file);
    describe_limits(&rig->spec, file);
    const struct rig_spec *spec = &rig->spec;
    fprintf(file, "session resume_window %" PRId64 " on_handover %d command_age %" PRId64 " retries %u\n",
            spec->resume_window, (int)spec->handover_keep, spec->command_age, spec->verify_retries);
    bool good = fclose(file) == 0;
    if (good)
        return text;
    free(text);
    return NULL;
}
