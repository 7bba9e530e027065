#include "gateway/booking/result.h"

#include "gateway/booking/timetable.h"

static const struct {
    const char *name, *text;
} results[] = {
#define BOOKING_RESULT_ROW(constant, name, text) {name, text},
    BOOKING_RESULTS(BOOKING_RESULT_ROW)
#undef BOOKING_RESULT_ROW
};

const char *booking_result_name(enum booking_result result)
{
    return results[result].name;
}

const char *booking_result_text(enum booking_result result)
{
    return results[result].text;
}

bool booking_result_depends_on_time(enum booking_result result)
{
    static const bool depends[BOOKING_BUSY + 1] = {
        [BOOKING_CLOSED] = true,         [BOOKING_PAST] = true,     [BOOKING_TOO_LATE] = true,
        [BOOKING_QUOTA_BOOKINGS] = true, [BOOKING_GAP] = true,      [BOOKING_QUOTA_HOURS] = true,
        [BOOKING_OUT_OF_SERVICE] = true, [BOOKING_OVERLAPS] = true, [BOOKING_PERSON_BUSY] = true,
    };
    return depends[result];
}

static const struct {
    const char *name, *text;
} notes[] = {
#define BOOKING_NOTE_ROW(constant, name, text) {name, text},
    BOOKING_NOTES(BOOKING_NOTE_ROW)
#undef BOOKING_NOTE_ROW
};

const char *booking_note_name(enum booking_note note)
{
    return notes[note].name;
}

const char *booking_note_text(enum booking_note note)
{
    return notes[note].text;
}
