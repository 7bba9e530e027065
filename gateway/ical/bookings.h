/* bookings.h - the gateway's answer to Calendar (proto/lab.proto) as an iCalendar. */
#ifndef GATEWAY_ICAL_BOOKINGS_H
#define GATEWAY_ICAL_BOOKINGS_H

#include "gateway/ical/ical.h"
#include "proto/lab.pb-c.h"

/* As ical_end(). `chinese`: titles, and what the gateway itself says. */
bool ical_of_bookings(struct ical *ical, const Labgate__CalendarData *calendar, bool chinese, bool *cut);

#endif
