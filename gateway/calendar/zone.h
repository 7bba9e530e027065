/* zone.h - a zone of the IANA database as the table of offsets that the timetable looks times up in.
 *
 * The C library reads the system's tzdata, exactly; libical, which was tried, makes rules of them that are
 * wrong in some years. The C library knows one zone at a time, that of the whole process, so this is for the
 * start, before there are threads. The process's own zone is what it was afterwards. */
#ifndef GATEWAY_CALENDAR_ZONE_H
#define GATEWAY_CALENDAR_ZONE_H

#include "gateway/booking/civil.h"

#define ZONE_DIRECTORY "/usr/share/zoneinfo"

/* Whether the system has this zone. */
bool zone_exists(const char *name);
/* `name` is kept by the zone and must outlive it. False: there is no such zone, or no memory. */
bool zone_read(const char *name, struct civil_zone *zone);
void zone_finish(struct civil_zone *zone);

#endif
