/* report_picture.h - the report as a picture. */
#ifndef GATEWAY_CLI_REPORT_PICTURE_H
#define GATEWAY_CLI_REPORT_PICTURE_H

#include "gateway/cli/cli.h"

/* SVG: of schools and groups the share that was due beside the one that was got; of rigs and weeks what
 * became of the time in which they could be used, or, divided among schools or groups, the shares of each. */
void report_picture(struct text *svg, const struct cli *cli, const Labgate__ReportData *data,
                    const Labgate__Report *report);
#define REPORT_TITLE_MAX 300
const char *report_row_title(const struct cli *cli, const Labgate__ReportRow *row, Labgate__Report__Per per,
                             char room[REPORT_TITLE_MAX]);
const char *report_row_of(const struct cli *cli, const Labgate__ReportRow *row);

#endif
