/* attend.h - long work is interrupted for what cannot wait.
 *
 * What looks at many bookings calls this after each few dozen microseconds of work, so that whoever owns the
 * timetable can look after the rigs meanwhile. In it the timetable may be asked and not be changed. */
#ifndef GATEWAY_BOOKING_ATTEND_H
#define GATEWAY_BOOKING_ATTEND_H

#include <stddef.h>

/* All zero: nothing else is to be done. */
struct booking_attend {
    void (*function)(void *context);
    void *context;
};

static inline void booking_attend(const struct booking_attend *attend)
{
    if (attend->function != NULL)
        attend->function(attend->context);
}

#endif
