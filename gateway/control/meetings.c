#include "gateway/control/meetings.h"

#include "gateway/control/respond.h"

#include <stdio.h>
#include <stdlib.h>

struct asking {
    struct control *control;
    const struct caller *caller;
    const char *attempt, *on;
};

/* "planning 'Circuits': " */
static const char *prefix(const struct asking *asking, char text[160])
{
    if (asking->on[0])
        snprintf(text, 160, "%s '%.120s'", asking->attempt, asking->on);
    else
        snprintf(text, 160, "%s", asking->attempt);
    return text;
}

static void refuse_term(const struct asking *asking, const char *name)
{
    const struct term_calendar *calendar = &asking->control->calendar;
    char begin[160], names[200] = "";
    size_t length = 0;
    for (size_t i = 0; i < calendar->term_count && length < sizeof names - 60; i++)
        length += (size_t)snprintf(names + length, sizeof names - length, "%s%.50s", i ? ", " : "",
                                   calendar->terms[i].name);
    respond_refuse(asking->control, &asking->caller->origin, term_result_name(TERM_NO_TERM),
                   "%s: there is no term called '%.60s'; %s%s", prefix(asking, begin), name,
                   calendar->term_count ? "there are " : "the laboratory's calendar has none", names);
}

static bool read_weeks(const struct asking *asking, const struct term *term, const char *text,
                       term_weeks *weeks)
{
    size_t at = 0;
    char begin[160];
    enum term_result result = term_read_weeks(text, term->weeks, weeks, &at);
    if (result == TERM_OK)
        return true;
    respond_refuse(asking->control, &asking->caller->origin, term_result_name(result),
                   "%s: weeks '%.80s', character %zu: %s; %s has weeks 1 to %d, each can be named once",
                   prefix(asking, begin), text, at + 1, term_result_text(result), term->name, term->weeks);
    return false;
}

static struct plan_slot slot_of(const struct request_slot *from)
{
    return (struct plan_slot){
        .weekday = from->weekday > 7 ? 0 : (int)from->weekday,
        .first_period = from->first_period > TERM_PERIODS_MAX ? 0 : (int)from->first_period,
        .last_period = from->last_period > TERM_PERIODS_MAX ? 0 : (int)from->last_period,
        .times = {from->from * CIVIL_MINUTE, from->until * CIVIL_MINUTE},
    };
}

static void refuse_slot(const struct asking *asking, const struct request_slot *slot,
                        const struct plan_meeting *meeting, enum term_result result)
{
    char begin[160], where[120] = "", date[CIVIL_TEXT];
    int periods = 0;
    while (periods < TERM_PERIODS_MAX && asking->control->calendar.periods[periods].until)
        periods++;
    if (result == TERM_SKIPPED)
        snprintf(where, sizeof where, " (%s)", civil_date_text(meeting->day, date));
    else if (result == TERM_NO_PERIOD)
        snprintf(where, sizeof where, " (%u-%u; the laboratory has periods 1 to %d)", slot->first_period,
                 slot->last_period, periods);
    else if (result == TERM_NO_WEEKDAY)
        snprintf(where, sizeof where, " (%u; Monday is 1, Sunday 7)", slot->weekday);
    respond_refuse(asking->control, &asking->caller->origin, term_result_name(result), "%s: %s%s",
                   prefix(asking, begin), term_result_text(result), where);
}

static bool schedule(const struct asking *asking, const struct request_meetings *request, term_weeks weeks,
                     struct meetings *meetings)
{
    struct plan_slot slots[MEETINGS_SLOTS_MAX];
    size_t wrong = 0;
    for (size_t i = 0; i < request->slot_count; i++)
        slots[i] = slot_of(&request->slots[i]);
    size_t term = (size_t)(meetings->term - asking->control->calendar.terms);
    enum term_result result = plan_schedule(&asking->control->calendar, term, weeks, slots,
                                            request->slot_count, meetings->list, &meetings->count, &wrong);
    if (result == TERM_OK)
        return true;
    refuse_slot(asking, &request->slots[wrong],
                &meetings->list[meetings->count * request->slot_count + wrong], result);
    return false;
}

bool meetings_find(struct control *control, const struct caller *caller, const char *attempt, const char *on,
                   const struct request_meetings *request, struct meetings *meetings)
{
    const struct asking asking = {control, caller, attempt, on};
    term_weeks weeks;
    char begin[160];
    *meetings = (struct meetings){.term = term_find(&control->calendar, request->term),
                                  .slot_count = request->slot_count};
    if (!meetings->term) {
        refuse_term(&asking, request->term);
        return false;
    }
    if (!request->slot_count || request->slot_count > MEETINGS_SLOTS_MAX) {
        respond_refuse(control, &caller->origin, "bad-value",
                       "%s: say 1 to %d times of the week at which it meets", prefix(&asking, begin),
                       MEETINGS_SLOTS_MAX);
        return false;
    }
    if (!read_weeks(&asking, meetings->term, request->weeks, &weeks))
        return false;
    meetings->list = calloc(TERM_WEEKS_MAX * request->slot_count, sizeof *meetings->list);
    if (!meetings->list) {
        respond_refuse(control, &caller->origin, "busy", "%s: no memory; try again", prefix(&asking, begin));
        return false;
    }
    if (schedule(&asking, request, weeks, meetings))
        return true;
    meetings_finish(meetings);
    return false;
}

void meetings_finish(struct meetings *meetings)
{
    free(meetings->list);
    meetings->list = NULL;
}

struct answer_fallen meetings_fallen(const struct control *control, const char *term,
                                     const struct plan_meeting *meeting, char date[CIVIL_TEXT])
{
    const struct term_holiday *holiday =
        meeting->result == TERM_HOLIDAY ? term_holiday_on(&control->calendar, meeting->day) : NULL;
    return (struct answer_fallen){
        .term = term,
        .week = meeting->week,
        .date = civil_date_text(meeting->day, date),
        .result = term_result_name(meeting->result),
        .why = holiday ? holiday->name : "",
        .why_zh = holiday ? holiday->name_zh : NULL,
    };
}
