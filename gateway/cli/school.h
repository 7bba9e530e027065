/* school.h - weekdays, class periods and weeks as people and registrars write them, in English and Chinese:
 * "tue", "星期二", "3-4", "第3-4节", "1-16周(单)". */
#ifndef GATEWAY_CLI_SCHOOL_H
#define GATEWAY_CLI_SCHOOL_H

#include "gateway/cli/text.h"

#include <stdbool.h>

#define SCHOOL_WEEKS_MOST 60

/* ISO 8601: Monday 1; 0: not understood. */
int school_weekday(const char *text);
/* False: not understood. */
bool school_periods(const char *text, unsigned *first, unsigned *last);
/* As the gateway reads weeks ("odd", "1,3,5"), added to `weeks`. False: not understood, a range that ends
 * before it begins, or a week beyond SCHOOL_WEEKS_MOST. */
bool school_weeks(const char *text, struct text *weeks);
/* "14:00-15:30" in minutes since midnight. */
bool school_times(const char *text, unsigned *from, unsigned *until);

#endif
