/* ical.h - calendars as phones and calendar programs read them: RFC 5545 (iCalendar), with the names and
 * refresh times of RFC 7986 and those that programs knew before it.
 *
 * Only what the gateway shows is written: events with instants in UTC, so that no zone's rules need to travel
 * with them (a zone that a program has wrong would move a lesson), and alarms. Texts are UTF-8; what is not,
 * and control characters, become U+FFFD. Lines are folded at 75 bytes, never within a character. What would
 * make the calendar larger than its bound is left out, and ical_end() says so. Pure, but for malloc(). */
#ifndef GATEWAY_ICAL_ICAL_H
#define GATEWAY_ICAL_ICAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ICAL_BYTES_MOST ((size_t)1024 * 1024)
#define ICAL_ETAG_MAX   20 /* with its quotes and the NUL */

/* All zero before ical_begin(). `bytes` ends with a NUL that is not counted. */
struct ical {
    char *bytes; /* the caller's to free(), NULL: no memory */
    size_t length, room;
    bool failed, cut;
};

struct ical_calendar {
    const char *name;
    const char *zone; /* IANA's name of the laboratory's, for programs that show one */
    int refresh;      /* minutes after which it is worth looking again */
};

enum ical_status { ICAL_CONFIRMED, ICAL_TENTATIVE, ICAL_CANCELLED };

struct ical_event {
    const char *uid; /* the same for ever */
    const char *summary, *location, *description;
    int64_t starts, ends, revised; /* ms since 1970 */
    uint32_t sequence;             /* grows with each revision */
    enum ical_status status;
    int alarm; /* minutes before its start; 0: none */
};

void ical_begin(struct ical *ical, const struct ical_calendar *calendar);
void ical_add(struct ical *ical, const struct ical_event *event);
/* False: no memory, and nothing is there. *cut: not every event found room. */
bool ical_end(struct ical *ical, bool *cut);

/* A strong entity tag (RFC 9110, 8.8.3) of these bytes. */
void ical_etag(const char *bytes, size_t length, char etag[ICAL_ETAG_MAX]);

#endif
