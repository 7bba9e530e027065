/* Days of the laboratory's calendar. */
#include "gateway/control/translate_private.h"

#include <stdlib.h>

static void fill_day(Labgate__Day *to, const struct answer_day *from)
{
    labgate__day__init(to);
    to->starts = (uint64_t)from->starts;
    to->term = translate_text(from->term);
    to->term_title = translate_text(from->term_title);
    to->term_title_zh = translate_text(from->term_title_zh);
    to->week = (uint32_t)from->week;
    to->holiday = translate_text(from->holiday);
    to->holiday_zh = translate_text(from->holiday_zh);
    to->taught_as = translate_text(from->taught_as);
    to->opens = (uint64_t)from->opens;
    to->closes = (uint64_t)from->closes;
}

void translate_days(struct answer_buffer *buffer, const struct answer_head *head,
                    const struct answer_days *answered)
{
    struct rows days = translate_rows(answered->count, sizeof(Labgate__Day));
    struct rows terms = translate_rows(answered->term_count, sizeof(Labgate__Term));
    char(*dates)[CIVIL_TEXT] = calloc(answered->term_count + 1, sizeof *dates);
    char **groups = calloc(answered->group_count + 1, sizeof *groups);
    if (days.pointers && terms.pointers && dates && groups) {
        for (size_t i = 0; i < answered->count; i++)
            fill_day(days.pointers[i], &answered->days[i]);
        for (size_t i = 0; i < answered->term_count; i++) {
            Labgate__Term *to = terms.pointers[i];
            labgate__term__init(to);
            to->name = translate_text(answered->terms[i].name);
            to->starts = translate_text(civil_date_text(answered->terms[i].start, dates[i]));
            to->weeks = (uint32_t)answered->terms[i].weeks;
            to->title = translate_text(answered->terms[i].title);
            to->title_zh = translate_text(answered->terms[i].title_zh);
        }
        for (size_t i = 0; i < answered->group_count; i++)
            groups[i] = translate_text(answered->groups[i].name);
        Labgate__DayList message = LABGATE__DAY_LIST__INIT;
        message.days = (Labgate__Day **)days.pointers;
        message.n_days = answered->count;
        message.terms = (Labgate__Term **)terms.pointers;
        message.n_terms = answered->term_count;
        message.groups = groups;
        message.n_groups = answered->group_count;
        Labgate__Answer answer = translate_begin(head);
        answer.body_case = LABGATE__ANSWER__BODY_DAYS;
        answer.days = &message;
        translate_finish(buffer, &answer);
    } else {
        translate_no_memory(buffer, head);
    }
    free(days.pointers);
    free(terms.pointers);
    free(dates);
    free(groups);
}
