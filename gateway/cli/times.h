/* times.h - instants and durations as people write them. Instants are ms since 1970-01-01T00:00Z, durations
 * are ns.
 *
 * Instants:  now | +10m | 14:00 | today 14:00 | tomorrow 08:30 | 2026-11-23 | 2026-11-23 08:30[:15] | RFC
 * 3339 with Z or an offset. Without an offset the machine's time zone counts, and of a time that comes
 * twice the first; a bare time of day is the next one to come. Durations: 45m | 1h30m | 90 min | 2 h | 30 s |
 * 250 ms | 1 d; always with a unit. */
#ifndef GATEWAY_CLI_TIMES_H
#define GATEWAY_CLI_TIMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIMES_TEXT 48
#define NS_PER_MS  INT64_C(1000000)
#define NS_PER_S   INT64_C(1000000000)

enum times_result {
    TIMES_OK = 0,
    TIMES_NOT_UNDERSTOOD = -1,
    TIMES_NO_UNIT = -2,      /* a duration that is a bare number */
    TIMES_NO_SUCH_TIME = -3, /* the 30th of February */
    TIMES_TOO_LONG = -4,
    TIMES_SKIPPED = -5, /* summer time leaves that hour out */
};

int times_parse_instant(const char *text, int64_t now_ms, int64_t *ms);
/* What the text alone shows, whatever the gateway's clock says: TIMES_OK, or why no time can be meant. */
int times_check_instant(const char *text);
int times_parse_duration(const char *text, int64_t *ns);
const char *times_result_text(int result); /* what is wrong and what is understood instead */

/* Each writes into `text` (TIMES_TEXT bytes) and returns it. */
const char *times_local(int64_t ms, char *text);       /* 2026-11-23 14:00:00 +08:00 */
const char *times_local_short(int64_t ms, char *text); /* 2026-11-23 14:00 +08:00 */
const char *times_utc(int64_t ms, char *text);         /* 2026-11-23T06:00:00.000Z */
const char *times_duration(int64_t ns, char *text);    /* 1 h 30 min, 12 s, 250 ms */

int64_t times_now_ms(void);    /* the wall clock, ms since 1970 */
int64_t times_monotonic(void); /* ns */

/* The same local time of the day so many weeks later, whatever clocks do in between. */
int64_t times_add_weeks(int64_t ms, size_t weeks);

#endif
