/* report.h - a report while it is made: report_rows.c makes its rows, report.c reads what is in them. */
#ifndef GATEWAY_CONTROL_REPORT_H
#define GATEWAY_CONTROL_REPORT_H

#include "gateway/control/state.h"

enum report_per { PER_SCHOOL = 1, PER_GROUP, PER_RIG, PER_WEEK };

struct report_row {
    struct answer_report_row told;
    double weight; /* schools and groups */
    size_t parent; /* whose siblings it is one of: below `siblings` */
    int64_t held;  /* what the share is charged, undecayed */
    bool wanted;
    char name[CIVIL_TEXT]; /* weeks */
};

/* Each thing has a row for each of those whom it is divided among. Of schools and groups the last one is of
 * those who book for none; behind the rigs stand the capabilities, which are told of only where somebody
 * found no room for one. */
struct report {
    struct ledger_used part;
    bool used_read;          /* now who found no room is read */
    enum report_per per, of; /* of 0: not divided */
    int32_t monday;          /* weeks: of the first */
    size_t things, among, siblings;
    struct report_row rows[];
};

int32_t report_day(const struct control *control, int64_t instant);
/* How many rows a request would have. */
size_t report_rows_of(const struct control *control, const struct request *request);
/* With nothing in its rows yet. NULL: no memory. */
struct report *report_make(struct control *control, const struct request *request);

static inline int64_t report_later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static inline int64_t report_earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

#endif
