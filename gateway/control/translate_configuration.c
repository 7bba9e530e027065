#include "gateway/control/translate_private.h"

#include <stdlib.h>

static void fill_remarks(const struct answer_configuration *from, struct rows *rows)
{
    for (size_t i = 0; i < from->remark_count; i++) {
        Labgate__Remark *to = rows->pointers[i];
        labgate__remark__init(to);
        to->file = translate_text(from->remarks[i].file);
        to->line = (uint32_t)from->remarks[i].line;
        to->column = (uint32_t)from->remarks[i].column;
        to->text = translate_text(from->remarks[i].text);
    }
}

static void fill_rigs(const struct answer_configuration *from, struct rows *rows)
{
    for (size_t i = 0; i < from->rig_count; i++) {
        Labgate__RigFingerprint *to = rows->pointers[i];
        labgate__rig_fingerprint__init(to);
        to->name = translate_text(from->rigs[i].name);
        to->fingerprint = translate_text(from->rigs[i].fingerprint);
    }
}

void translate_configuration(struct answer_buffer *buffer, const struct answer_head *head,
                             const struct answer_configuration *configuration)
{
    struct rows remarks = translate_rows(configuration->remark_count, sizeof(Labgate__Remark));
    struct rows rigs = translate_rows(configuration->rig_count, sizeof(Labgate__RigFingerprint));
    if (remarks.pointers && rigs.pointers) {
        fill_remarks(configuration, &remarks);
        fill_rigs(configuration, &rigs);
        Labgate__ConfigurationReport report = LABGATE__CONFIGURATION_REPORT__INIT;
        report.directory = translate_text(configuration->directory);
        report.digest = translate_text(configuration->digest);
        report.started = (uint64_t)configuration->started;
        report.version = translate_text(configuration->version);
        report.socket = translate_text(configuration->socket);
        report.remarks = (Labgate__Remark **)remarks.pointers;
        report.n_remarks = configuration->remark_count;
        report.rigs = (Labgate__RigFingerprint **)rigs.pointers;
        report.n_rigs = configuration->rig_count;
        report.links = (uint32_t)configuration->links;
        report.instruments = (uint32_t)configuration->instruments;
        report.points = (uint32_t)configuration->points;
        report.rules = (uint32_t)configuration->rules;
        Labgate__Answer answer = translate_begin(head);
        answer.body_case = LABGATE__ANSWER__BODY_CONFIGURATION;
        answer.configuration = &report;
        translate_finish(buffer, &answer);
    } else {
        translate_no_memory(buffer, head);
    }
    free(remarks.pointers);
    free(rigs.pointers);
}
