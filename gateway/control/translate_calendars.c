#include "gateway/control/translate_private.h"

#include <stdlib.h>

void translate_calendar(struct answer_buffer *buffer, const struct answer_head *head,
                        const struct answer_calendar *calendar)
{
    struct rows rows = translate_rows(calendar->count, sizeof(Labgate__CalendarEvent));
    if (!rows.pointers) {
        translate_no_memory(buffer, head);
        return;
    }
    for (size_t i = 0; i < calendar->count; i++) {
        Labgate__CalendarEvent *to = rows.pointers[i];
        const struct answer_event *from = &calendar->events[i];
        labgate__calendar_event__init(to);
        to->booking = from->booking;
        to->starts = (uint64_t)from->starts;
        to->ends = (uint64_t)from->ends;
        to->state = (Labgate__BookingState)from->state;
        to->revision = from->revision;
        to->revised = (uint64_t)from->revised;
        to->rig = translate_text(from->rig);
        to->title = translate_text(from->title);
        to->title_zh = translate_text(from->title_zh);
        to->group = translate_text(from->group);
        to->why = translate_text(from->why);
    }
    Labgate__CalendarData message = LABGATE__CALENDAR_DATA__INIT;
    message.lab = translate_text(calendar->lab);
    message.title = translate_text(calendar->title);
    message.zone = translate_text(calendar->zone);
    message.whose = translate_text(calendar->whose);
    message.rig = translate_text(calendar->rig);
    message.events = (Labgate__CalendarEvent **)rows.pointers;
    message.n_events = calendar->count;
    message.more = calendar->more;
    Labgate__Answer answer = translate_begin(head);
    answer.body_case = LABGATE__ANSWER__BODY_CALENDAR;
    answer.calendar = &message;
    translate_finish(buffer, &answer);
    free(rows.pointers);
}

void translate_feed_made(struct answer_buffer *buffer, const struct answer_head *head, uint64_t feed,
                         const char *key, const char *page)
{
    Labgate__FeedMade message = LABGATE__FEED_MADE__INIT;
    message.feed = feed;
    message.key = translate_text(key);
    message.page = translate_text(page);
    Labgate__Answer answer = translate_begin(head);
    answer.body_case = LABGATE__ANSWER__BODY_FEED_MADE;
    answer.feed_made = &message;
    translate_finish(buffer, &answer);
}

void translate_feeds(struct answer_buffer *buffer, const struct answer_head *head,
                     const struct answer_feed *list, size_t count)
{
    struct rows rows = translate_rows(count, sizeof(Labgate__CalendarFeed));
    if (!rows.pointers) {
        translate_no_memory(buffer, head);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        Labgate__CalendarFeed *to = rows.pointers[i];
        labgate__calendar_feed__init(to);
        to->feed = list[i].feed;
        to->made = (uint64_t)list[i].made;
        to->rig = translate_text(list[i].rig);
        to->whose = translate_text(list[i].whose);
    }
    Labgate__FeedList message = LABGATE__FEED_LIST__INIT;
    message.feeds = (Labgate__CalendarFeed **)rows.pointers;
    message.n_feeds = count;
    Labgate__Answer answer = translate_begin(head);
    answer.body_case = LABGATE__ANSWER__BODY_FEEDS;
    answer.feeds = &message;
    translate_finish(buffer, &answer);
    free(rows.pointers);
}

void translate_report(struct answer_buffer *buffer, const struct answer_head *head,
                      const struct answer_report_row *list, size_t count, int64_t from, int64_t until)
{
    struct rows rows = translate_rows(count, sizeof(Labgate__ReportRow));
    if (!rows.pointers) {
        translate_no_memory(buffer, head);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        Labgate__ReportRow *to = rows.pointers[i];
        const struct answer_report_row *row = &list[i];
        labgate__report_row__init(to);
        to->name = translate_text(row->name);
        to->title = translate_text(row->title);
        to->title_zh = translate_text(row->title_zh);
        to->of = translate_text(row->of);
        to->of_title = translate_text(row->of_title);
        to->of_title_zh = translate_text(row->of_title_zh);
        to->share_due = row->share_due;
        to->share_got = row->share_got;
        to->used = (uint64_t)row->used;
        to->booked = (uint64_t)row->booked;
        to->open = (uint64_t)row->open;
        to->maintenance = (uint64_t)row->maintenance;
        to->bookings = row->bookings;
        to->no_shows = row->no_shows;
        to->cancelled = row->cancelled;
        to->lost = row->lost;
        to->no_room = row->no_room;
        to->no_room_time = (uint64_t)row->no_room_time;
        to->capability = row->capability;
    }
    Labgate__ReportData message = LABGATE__REPORT_DATA__INIT;
    message.rows = (Labgate__ReportRow **)rows.pointers;
    message.n_rows = count;
    message.from = (uint64_t)from;
    message.until = (uint64_t)until;
    Labgate__Answer answer = translate_begin(head);
    answer.body_case = LABGATE__ANSWER__BODY_REPORT;
    answer.report = &message;
    translate_finish(buffer, &answer);
    free(rows.pointers);
}
