/* Which configuration runs. Changing it is for whoever stands at the gateway's own machine. */
#include "gateway/control/requests.h"
#include "gateway/control/respond.h"

#include <stdlib.h>

/* Simulators stand last, and are no rigs and lines of the laboratory. */
static size_t count_lab(const struct control *control, struct answer_configuration *report,
                        struct answer_fingerprint *rigs)
{
    const struct config_lab *lab = control->lab;
    size_t count = 0;
    for (; count < lab->rig_count && !lab->rigs[count].practice_of; count++) {
        const struct rig_spec *spec = &lab->rigs[count].spec;
        rigs[count] = (struct answer_fingerprint){spec->name, control->rigs[count].fingerprint};
        report->points += spec->point_count;
        report->rules +=
            spec->trip_count + spec->permissive_count + spec->exclusive_count + spec->limit_count;
    }
    for (; report->links < lab->link_count && !lab->links[report->links].practice; report->links++)
        report->instruments += lab->links[report->links].instrument_count;
    return count;
}

void requests_configuration(struct control *control, const struct caller *caller,
                            const struct request *request)
{
    const struct running *running = &control->running;
    struct answer_configuration report = {
        .directory = running->directory,
        .digest = control->reload.digest,
        .version = LABGATE_VERSION,
        .socket = running->socket,
        .started = running->since,
    };
    (void)request;
    struct answer_fingerprint *rigs = calloc(control->rig_count + 1, sizeof *rigs);
    if (!rigs) {
        respond_refuse(control, &caller->origin, "busy", "reading the configuration: no memory; try again");
        return;
    }
    report.remarks = config_remarks(control->reload.config, &report.remark_count);
    report.rig_count = count_lab(control, &report, rigs);
    report.rigs = rigs;
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    translate_configuration(&buffer, &head, &report);
    respond_send(control, &caller->origin, &buffer);
    free(rigs);
}
