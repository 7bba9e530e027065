/* import.h - accounts from a CSV file (RFC 4180): a heading line with name, role, password and perhaps title.
 */
#ifndef GATEWAY_CLI_IMPORT_H
#define GATEWAY_CLI_IMPORT_H

#include "gateway/cli/cli.h"

struct import {
    Labgate__Account **accounts;
    char **passwords;
    size_t count;
};

/* Complains about all wrong lines. Filled only with CLI_OK. */
int import_read(struct cli *cli, const char *path, struct import *import);
void import_finish(struct import *import); /* wipes the passwords */

/* One record of a CSV file: at most `most` fields, each malloc()ed. The number of fields, 0 at the file's
 * end, -1 when a quote is not closed or there are too many. *line counts lines; *first: in which the record
 * began. */
int csv_read_record(FILE *file, char **fields, int most, size_t *line, size_t *first);

#endif
