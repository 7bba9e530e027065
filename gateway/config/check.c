/* What `labgate check` prints. */
#include "gateway/config/check.h"
#include "gateway/config/analysis.h"
#include "gateway/config/loader.h"
#include "gateway/config/rigs.h"
#include "gateway/config/scalar.h"
#include "gateway/terminal/terminal.h"

static size_t count_polls(const struct config_instrument *instrument, double *rate)
{
    size_t count = 0;
    for (size_t i = 0; i < instrument->instrument.point_count; i++) {
        if (!instrument->polls[i])
            continue;
        count++;
        *rate += 1e9 / (double)instrument->polls[i];
    }
    return count;
}

static void print_load(const struct config_link *link, FILE *file)
{
    char urgent[40], rate[40] = "TCP";
    if (link->line.serial)
        snprintf(rate, sizeof(rate), "%d baud", link->line.baud);
    fprintf(
        file,
        "  load %.0f %% at %s: %.1f transactions/s (%.0f %% if every instrument answered at once); what is "
        "urgent waits at most %s\n",
        100 * link->load.share, rate, link->load.per_second, 100 * link->load.wire,
        milliseconds_text(analysis_blocked(&link->plan), urgent));
}

static void print_links(const struct config_lab *lab, FILE *file)
{
    for (size_t i = 0; i < lab->link_count; i++) {
        const struct config_link *link = &lab->links[i];
        if (link->practice)
            continue;
        char timeout[40], longest[40];
        fprintf(file, "line %s: %zu instrument%s, timeout %s, longest transaction %s\n", link->name,
                link->instrument_count, link->instrument_count == 1 ? "" : "s",
                duration_text(link->line.timeout, timeout, sizeof(timeout)),
                duration_text(link->longest, longest, sizeof(longest)));
        print_load(link, file);
        for (size_t j = 0; j < link->instrument_count; j++) {
            const struct config_instrument *instrument = &link->instruments[j];
            double rate = 0;
            size_t polled = count_polls(instrument, &rate);
            fprintf(file, "  %s: %s, %zu point%s, %zu polled (%.4g values/s)\n", instrument->instrument.name,
                    instrument->profile, instrument->instrument.point_count,
                    instrument->instrument.point_count == 1 ? "" : "s", polled, rate);
        }
    }
}

static void print_unverified(const struct rig_spec *spec, FILE *file)
{
    for (size_t i = 0; i < spec->point_count; i++)
        if (spec->points[i].output && spec->points[i].readback == RIG_NONE)
            fprintf(file, "  %s has no read-back: what is written to it is sent, not verified\n",
                    spec->points[i].name);
}

static void print_heartbeat(const struct config_lab *lab, const struct config_rig *rig, FILE *file)
{
    const struct rig_heartbeat_spec *heartbeat = &rig->spec.heartbeat;
    if (heartbeat->point == RIG_NONE) {
        fprintf(file, "  no heartbeat: if the gateway dies, the rig stays as it is\n");
        return;
    }
    char every[40], drops[40];
    fprintf(file, "  heartbeat %s every %s, at most %lld ms late; drops after %s\n",
            rig->spec.points[heartbeat->point].name, duration_text(heartbeat->every, every, sizeof(every)),
            (long long)(heartbeat_delay(lab, rig) / 1000000),
            duration_text(heartbeat->drops_after, drops, sizeof(drops)));
}

static void print_rigs(const struct config_lab *lab, FILE *file)
{
    for (size_t i = 0; i < lab->rig_count; i++) {
        const struct rig_spec *spec = &lab->rigs[i].spec;
        size_t outputs = 0;
        if (lab->rigs[i].practice_of)
            continue;
        for (size_t j = 0; j < spec->point_count; j++)
            outputs += spec->points[j].output;
        fprintf(file,
                "rig %s: %zu points, %zu outputs, %zu waveforms, %zu safe steps, %zu trips, %zu permissives, "
                "%zu exclusives, %zu limits\n",
                spec->name, spec->point_count, outputs, lab->rigs[i].waveform_count, spec->safe_count,
                spec->trip_count, spec->permissive_count, spec->exclusive_count, spec->limit_count);
        print_unverified(spec, file);
        if (outputs)
            print_heartbeat(lab, &lab->rigs[i], file);
        print_reactions(&lab->rigs[i], file);
        config_print_stays_on(spec, file);
        if (lab->rigs[i].practice)
            fprintf(file, "  practice: up to %zu simulators\n", lab->rigs[i].practice->at_most);
    }
}

static void print_remarks(const struct config *config, FILE *file)
{
    for (size_t i = 0; i < config->remark_count; i++)
        terminal_print(file, "%s:%zu:%zu: remark: %s", config->remarks[i].file, config->remarks[i].line,
                       config->remarks[i].column, config->remarks[i].text);
}

static void print_counts(const struct config_lab *lab, FILE *file)
{
    size_t rigs = 0, lines = 0, instruments = 0, points = 0, rules = 0;
    for (size_t i = 0; i < lab->link_count; i++) {
        lines += !lab->links[i].practice;
        instruments += lab->links[i].practice ? 0 : lab->links[i].instrument_count;
    }
    for (size_t i = 0; i < lab->rig_count; i++) {
        const struct rig_spec *spec = &lab->rigs[i].spec;
        if (lab->rigs[i].practice_of)
            continue;
        rigs++;
        points += spec->point_count;
        rules += spec->trip_count + spec->permissive_count + spec->exclusive_count + spec->limit_count;
    }
    fprintf(file, "good: %zu rigs, %zu lines, %zu instruments, %zu points, %zu interlocks, %zu listeners\n",
            rigs, lines, instruments, points, rules, lab->listener_count);
}

bool config_print_check(const struct config *config, FILE *file)
{
    const struct config_lab *lab = config_lab(config);
    if (!lab) {
        size_t count = config->error_count + config->errors_not_kept;
        config_print_errors(config, file);
        print_remarks(config, file);
        fprintf(file, "%zu error%s\n", count, count == 1 ? "" : "s");
        return false;
    }
    print_links(lab, file);
    print_rigs(lab, file);
    print_assumptions(file);
    print_remarks(config, file);
    print_counts(lab, file);
    return true;
}
