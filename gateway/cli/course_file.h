/* course_file.h - a class list as a registrar exports it: CSV (RFC 4180) in UTF-8 with or without a byte
 * order mark, UTF-16 with one, or GB18030, with a heading line in English or Chinese (docs/course-import.md).
 */
#ifndef GATEWAY_CLI_COURSE_FILE_H
#define GATEWAY_CLI_COURSE_FILE_H

#include "gateway/cli/cli.h"

/* Students who meet at the same times for the same course. */
struct course_class {
    char *course, *group;
    char *weeks; /* as the gateway reads them */
    unsigned weekday, first_period, last_period;
    size_t line;     /* of its first student */
    char **students; /* accounts */
    size_t *lines;
    size_t count;
};

struct course_file {
    struct course_class *classes;
    size_t count, rows;
};

/* Complains about everything that is wrong, by line and column. Filled only with CLI_OK. */
int course_file_read(struct cli *cli, const char *path, struct course_file *file);
void course_file_finish(struct course_file *file);

#endif
