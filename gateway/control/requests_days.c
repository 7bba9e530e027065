/* What the laboratory's calendar says of days; which groups there are, for who plans. */
#include "gateway/control/requests.h"
#include "gateway/control/respond.h"

static const struct term_makeup *makeup_on(const struct term_calendar *calendar, int32_t day)
{
    for (size_t i = 0; i < calendar->makeup_count; i++)
        if (calendar->makeups[i].on == day)
            return &calendar->makeups[i];
    return NULL;
}

static void find_term(const struct term_calendar *calendar, int32_t day, struct answer_day *answer)
{
    for (size_t i = 0; i < calendar->term_count && !answer->week; i++) {
        answer->week = term_week_of(&calendar->terms[i], day);
        if (!answer->week)
            continue;
        answer->term = calendar->terms[i].name;
        answer->term_title = calendar->terms[i].title;
        answer->term_title_zh = calendar->terms[i].title_zh;
    }
}

static struct answer_day look(const struct term_calendar *calendar, int32_t day, int64_t starts)
{
    const struct term_holiday *holiday = term_holiday_on(calendar, day);
    const struct term_makeup *makeup = makeup_on(calendar, day);
    struct answer_day answer = {.starts = starts};
    if (holiday && !makeup) {
        answer.holiday = holiday->name;
        answer.holiday_zh = holiday->name_zh;
    }
    find_term(calendar, day, &answer);
    if (makeup)
        civil_date_text(makeup->as, answer.taught_as);
    if (!term_open_on(calendar, day, &answer.opens, &answer.closes))
        answer.opens = answer.closes = 0;
    return answer;
}

void requests_days(struct control *control, const struct caller *caller, const struct request *request)
{
    const struct term_calendar *calendar = &control->calendar;
    const struct config_timetable *timetable = &control->lab->timetable;
    struct answer_days answer = {.terms = calendar->terms, .term_count = calendar->term_count};
    int64_t from = request->days.from, until = request->days.until;
    if (from < 0 || until <= from || until > BOOKING_TIME_MAX) {
        respond_refuse(control, &caller->origin, "empty-interval",
                       "the laboratory's calendar: it must end after it begins");
        return;
    }
    int32_t day;
    int64_t time, starts, unused;
    civil_local(&calendar->zone, from, &day, &time);
    for (; answer.count < ANSWER_DAYS_MAX; day++) {
        civil_instant(&calendar->zone, day, 0, &starts, &unused);
        if (starts >= until)
            break;
        if (starts >= from)
            answer.days[answer.count++] = look(calendar, day, starts);
    }
    answer.group_count = requests_is_staff(caller) ? timetable->group_count : 0;
    answer.groups = timetable->groups;
    struct answer_head head;
    struct answer_buffer buffer = respond_begin(control, &head);
    translate_days(&buffer, &head, &answer);
    respond_send(control, &caller->origin, &buffer);
}
