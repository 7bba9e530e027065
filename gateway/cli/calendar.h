/* calendar.h - calendars as files. */
#ifndef GATEWAY_CLI_CALENDAR_H
#define GATEWAY_CLI_CALENDAR_H

#include "gateway/cli/cli.h"

/* One's own bookings, or a rig's (NULL: none), as an iCalendar file, "-" for standard output; complains. */
int calendar_save(struct cli *cli, const char *rig, const char *path);

#endif
