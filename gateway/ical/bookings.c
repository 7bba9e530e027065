#include "gateway/ical/bookings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define REFRESH 15 /* minutes */
#define ALARM   10

#define TITLE_MAX 400
#define TEXT_MAX  800

static const char *why_text(const char *why, bool chinese)
{
    static const struct {
        const char *name, *english, *chinese;
    } texts[] = {
        {"no-show",     "it was not used",             "未使用"            },
        {"quarantine",  "the rig was out of service",  "设备停用"         },
        {"maintenance", "maintenance took its place",  "设备维护占用"   },
        {"expired",     "nobody approved it in time",  "未及时获得批准"},
        {"down",        "the gateway was not running", "网关未运行"      },
        {"staff",       "the laboratory cancelled it", "已被实验室取消"},
        {"declined",    "it was not approved",         "未获批准"         },
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!strcmp(texts[i].name, why))
            return chinese ? texts[i].chinese : texts[i].english;
    return why;
}

/* "Water tank level control (tank-1)"; of a rig's calendar who has it instead. */
static void summarize(const Labgate__CalendarEvent *event, bool of_rig, bool chinese, char *text, size_t size)
{
    const char *title = chinese && event->title_zh[0] ? event->title_zh : event->title;
    const char *taken = chinese ? "已预约" : "booked";
    if (of_rig)
        snprintf(text, size, "%s: %s", event->rig, event->group[0] ? event->group : taken);
    else if (title[0])
        snprintf(text, size, chinese ? "%s（%s）" : "%s (%s)", title, event->rig);
    else
        snprintf(text, size, "%s", event->rig);
}

static void describe(const Labgate__CalendarEvent *event, bool chinese, char *text, size_t size)
{
    int at = snprintf(text, size, chinese ? "预约 %" PRIu64 : "Booking %" PRIu64, event->booking);
    if (event->group[0])
        at += snprintf(text + at, size - (size_t)at, chinese ? "\n班组：%s" : "\nGroup: %s", event->group);
    if (event->state == LABGATE__BOOKING_STATE__PENDING)
        at += snprintf(text + at, size - (size_t)at, "\n%s",
                       chinese ? "等待批准" : "It waits for an approval.");
    if (event->why[0])
        snprintf(text + at, size - (size_t)at, "\n%s", why_text(event->why, chinese));
}

static enum ical_status status_of(const Labgate__CalendarEvent *event)
{
    return event->state == LABGATE__BOOKING_STATE__CANCELLED ? ICAL_CANCELLED
           : event->state == LABGATE__BOOKING_STATE__PENDING ? ICAL_TENTATIVE
                                                             : ICAL_CONFIRMED;
}

static void add(struct ical *ical, const Labgate__CalendarData *calendar, const Labgate__CalendarEvent *event,
                bool chinese)
{
    bool of_rig = calendar->rig[0];
    char uid[120], summary[TITLE_MAX], description[TEXT_MAX];
    snprintf(uid, sizeof uid, "booking-%" PRIu64 "@%s", event->booking, calendar->lab);
    summarize(event, of_rig, chinese, summary, sizeof summary);
    describe(event, chinese, description, sizeof description);
    const struct ical_event wanted = {
        .uid = uid,
        .summary = summary,
        .location = event->rig,
        .description = description,
        .starts = (int64_t)event->starts,
        .ends = (int64_t)event->ends,
        .revised = (int64_t)event->revised,
        .sequence = event->revision,
        .status = status_of(event),
        .alarm = of_rig ? 0 : ALARM,
    };
    ical_add(ical, &wanted);
}

bool ical_of_bookings(struct ical *ical, const Labgate__CalendarData *calendar, bool chinese, bool *cut)
{
    char name[TITLE_MAX];
    snprintf(name, sizeof name, "%s%s%s", calendar->title, calendar->title[0] ? ": " : "",
             calendar->rig[0] ? calendar->rig : calendar->whose);
    ical_begin(ical, &(struct ical_calendar){.name = name, .zone = calendar->zone, .refresh = REFRESH});
    for (size_t i = 0; i < calendar->n_events; i++)
        add(ical, calendar, calendar->events[i], chinese);
    return ical_end(ical, cut);
}
