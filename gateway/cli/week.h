/* week.h - what the forms of the timetable share. */
#ifndef GATEWAY_CLI_WEEK_H
#define GATEWAY_CLI_WEEK_H

#include "gateway/cli/cli.h"

/* Calls `take` with each list of everybody's bookings in [from, until), in parts; complains. */
typedef void week_take(void *context, const Labgate__BookingList *list);
int week_each(struct cli *cli, int64_t from, int64_t until, week_take *take, void *context);

struct week_page {
    const Labgate__RigList *rigs;
    int64_t instant;    /* in the week that is wanted */
    const char *zone;   /* IANA's name; NULL: this machine's */
    const char *beside; /* likewise, shown beside it; NULL: none */
    const char *path;   /* "-": standard output */
};
/* What keeps people from a rig now: "quarantined", or "" when nothing does. */
const char *week_out(const struct cli *cli, const Labgate__RigSummary *rig);
/* A page of HTML that needs nothing else, for a screen of any width and for paper. */
int week_page(struct cli *cli, const struct week_page *wanted);

#endif
