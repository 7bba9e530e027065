/* compare.h - what the parts of a comparison share: each looks at one part of two configurations, and tells
 * of what differs there in rows (change.h). */
#ifndef GATEWAY_CHANGE_COMPARE_H
#define GATEWAY_CHANGE_COMPARE_H

#include "gateway/change/change.h"

struct comparing {
    change_taker *take;
    void *context;
    size_t told; /* rows of tell_part() */
    bool no_memory;
};

/* --- telling (tell.c) --- */

void tell_part(struct comparing *comparing, const char *kind, const char *name, const char *part,
               enum change_how how);
/* Each tells of a change where the two differ, with both as text. Lengths are in ms. */
void tell_values(struct comparing *comparing, const char *kind, const char *name, const char *part,
                 const char *before, const char *after);
void tell_numbers(struct comparing *comparing, const char *kind, const char *name, const char *part,
                  double before, double after);
void tell_lengths(struct comparing *comparing, const char *kind, const char *name, const char *part,
                  int64_t before, int64_t after);

/* --- looking (compare_*.c) --- */

void compare_rigs(struct comparing *comparing, const struct config_lab *before,
                  const struct config_lab *after);
/* Terms, holidays and make-up workdays, class periods, opening hours. */
void compare_calendar(struct comparing *comparing, const struct term_calendar *before,
                      const struct term_calendar *after);
/* Policies, schools, groups. */
void compare_people(struct comparing *comparing, const struct config_timetable *before,
                    const struct config_timetable *after);

#endif
