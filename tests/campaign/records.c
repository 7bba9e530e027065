/* A scope's records: each that is called complete must be one that its channel sent meanwhile, byte for byte.
 */
#include "tests/campaign/campaign.h"

void records_reported(struct line *line, const struct link_report *report)
{
    struct recording *recording = &line->recording;
    if (!report->capture.done)
        return;
    recording->done = true;
    recording->result = report->capture.result;
    recording->ended = report->at;
    recording->length = link_capture_take(line->link, 0, recording->codes, sizeof recording->codes);
}

static void begin(struct line *line, int64_t now)
{
    struct recording *recording = &line->recording;
    size_t waveform = random_below(&line->choices, 2);
    const struct link_capture capture = {
        .waveform = waveform, .depth = DRIVER_SCREEN, .ticket = ++line->ticket};
    recording->next = now + 100 * MS;
    if (link_capture(line->link, &capture))
        return;
    recording->active = true;
    recording->done = false;
    recording->source = (int)waveform + 1;
    recording->asked = now;
}

static void judge(struct line *line, int64_t now)
{
    struct recording *recording = &line->recording;
    const struct episode *episode = &line->episode;
    bool wanted = episode->phase == STRIKING && episode->count && episode->armed[0]->on_records;
    recording->active = false;
    recording->next = now + (wanted ? 0 : (300 + random_below(&line->choices, 700)) * MS);
    totals.records++;
    if (recording->result) {
        totals.failed_records++;
        return;
    }
    if (recording->length == BLOCK_SIZE &&
        truth_sent(&line->units[0], recording->source, recording->codes, recording->asked, recording->ended))
        return;
    totals.wrong_records++;
    report_cell(episode_row(line), line->transport)->wrong++;
    fprintf(stderr, "campaign: WRONG RECORD: line %zu (%s): %zu samples of channel %d, while %s\n",
            line->number, transport_names[line->transport], recording->length, recording->source,
            episode_row(line)->name);
    truth_print_blocks(&line->units[0], recording->source, recording->codes, recording->asked,
                       recording->ended);
    calls_print(line, recording->asked, recording->ended);
}

void records_step(struct line *line, int64_t now)
{
    struct recording *recording = &line->recording;
    if (line->transport < SCPI_TCP)
        return;
    if (!recording->active && now >= recording->next)
        begin(line, now);
    else if (recording->active && recording->done && line->units[0].truth.seen > recording->ended)
        judge(line, now);
}
