/* days.h - what the laboratory's calendar says of the days that are shown. */
#ifndef GATEWAY_CLI_DAYS_H
#define GATEWAY_CLI_DAYS_H

#include "gateway/cli/cli.h"

#define DAYS_TEXT 160

struct days {
    Labgate__Answer *answer; /* NULL: the gateway does not tell, as an older one to students */
};

/* Of [from, until); complains when nothing can be asked. */
int days_ask(struct cli *cli, int64_t from, int64_t until, struct days *days);
void days_finish(struct days *days);
/* The day that this is in; NULL: it is not known. */
const Labgate__Day *days_at(const struct days *days, int64_t instant);
/* Whether the laboratory is open at all in [from, until). */
bool days_any_open(const struct days *days, int64_t from, int64_t until);
/* What is special about it, into `text`: a holiday's name, "as 2026-10-07", "". */
const char *days_remark(const struct cli *cli, const Labgate__Day *day, char text[DAYS_TEXT]);
/* The term and its week, "autumn-2026, week 3"; "": none. */
const char *days_week(const struct cli *cli, const Labgate__Day *day, char text[DAYS_TEXT]);

#endif
