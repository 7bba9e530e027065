#include "gateway/bus/page_answer.h"
#include "gateway/bus/translate.h"
#include "gateway/ical/bookings.h"
#include "proto/lab.pb-c.h"

#include <string.h>

size_t translate_calendar_request(const char *key, uint8_t *out, size_t capacity)
{
    Labgate__Calendar calendar = LABGATE__CALENDAR__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    calendar.key = (char *)key;
    request.version = 1;
    request.body_case = LABGATE__REQUEST__BODY_CALENDAR;
    request.calendar = &calendar;
    if (labgate__request__get_packed_size(&request) > capacity)
        return 0;
    return labgate__request__pack(&request, out);
}

/* What came is control's, so it is unpacked without bounds of its own. */
void translate_calendar_answer(const uint8_t *bytes, size_t size, bool chinese,
                               struct page_calendar *calendar)
{
    *calendar = (struct page_calendar){.status = 503};
    Labgate__Answer *answer = labgate__answer__unpack(NULL, size, bytes);
    if (answer && !answer->ok && strcmp(answer->reason, "busy") != 0)
        calendar->status = 404;
    if (answer && answer->ok && answer->body_case == LABGATE__ANSWER__BODY_CALENDAR) {
        struct ical ical;
        bool cut;
        if (ical_of_bookings(&ical, answer->calendar, chinese, &cut)) {
            calendar->status = 200;
            calendar->text = ical.bytes;
            calendar->size = ical.length;
            ical_etag(ical.bytes, ical.length, calendar->etag);
        }
    }
    if (answer)
        labgate__answer__free_unpacked(answer, NULL);
}
