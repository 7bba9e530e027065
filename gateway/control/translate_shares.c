#include "gateway/control/translate_private.h"

#include <stdlib.h>

void translate_alternatives(struct answer_buffer *buffer, const struct answer_head *head,
                            const struct answer_alternative *list, size_t count, size_t wish,
                            const char *option)
{
    struct rows rows = translate_rows(count, sizeof(Labgate__Alternative));
    if (!rows.pointers) {
        translate_no_memory(buffer, head);
        return;
    }
    for (size_t i = 0; i < count; i++)
        translate_alternative(rows.pointers[i], &list[i]);
    Labgate__AlternativeList message = LABGATE__ALTERNATIVE_LIST__INIT;
    message.alternatives = (Labgate__Alternative **)rows.pointers;
    message.n_alternatives = count;
    message.wish = (uint32_t)wish;
    message.option = translate_text(option);
    Labgate__Answer answer = translate_begin(head);
    answer.body_case = LABGATE__ANSWER__BODY_ALTERNATIVES;
    answer.alternatives = &message;
    translate_finish(buffer, &answer);
    free(rows.pointers);
}

void translate_notices(struct answer_buffer *buffer, const struct answer_head *head,
                       const struct answer_notice *list, size_t count)
{
    struct rows rows = translate_rows(count, sizeof(Labgate__Notice));
    if (!rows.pointers) {
        translate_no_memory(buffer, head);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        Labgate__Notice *to = rows.pointers[i];
        const struct answer_notice *from = &list[i];
        labgate__notice__init(to);
        to->number = from->number;
        to->booking = from->booking;
        to->wall = (uint64_t)from->wall;
        to->kind = translate_text(from->kind);
        to->text = translate_text(from->text);
        to->more = from->more;
        to->reason = translate_text(from->reason);
        to->who = translate_text(from->who);
        to->rig = translate_text(from->rig);
        to->starts = (uint64_t)from->starts;
        to->ends = (uint64_t)from->ends;
        to->state = (Labgate__BookingState)from->state;
    }
    Labgate__NoticeList message = LABGATE__NOTICE_LIST__INIT;
    message.notices = (Labgate__Notice **)rows.pointers;
    message.n_notices = count;
    Labgate__Answer answer = translate_begin(head);
    answer.body_case = LABGATE__ANSWER__BODY_NOTICES;
    answer.notices = &message;
    translate_finish(buffer, &answer);
    free(rows.pointers);
}

void translate_queue(struct answer_buffer *buffer, const struct answer_head *head,
                     const struct answer_ticket *list, size_t count)
{
    struct rows rows = translate_rows(count, sizeof(Labgate__Ticket));
    if (!rows.pointers) {
        translate_no_memory(buffer, head);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        Labgate__Ticket *to = rows.pointers[i];
        const struct answer_ticket *from = &list[i];
        labgate__ticket__init(to);
        to->id = from->id;
        to->rig = translate_text(from->rig);
        to->capability = translate_text(from->capability);
        to->group = translate_text(from->group);
        to->who = translate_text(from->who);
        to->offered = translate_text(from->offered);
        to->length = (uint64_t)from->length;
        to->asked = (uint64_t)from->asked;
        to->until = (uint64_t)from->until;
        to->estimate = (uint64_t)from->estimate;
        to->offer_starts = (uint64_t)from->offer_starts;
        to->offer_ends = (uint64_t)from->offer_ends;
        to->take_until = (uint64_t)from->take_until;
        to->place = from->place;
        to->mine = from->mine;
    }
    Labgate__QueueList message = LABGATE__QUEUE_LIST__INIT;
    message.tickets = (Labgate__Ticket **)rows.pointers;
    message.n_tickets = count;
    Labgate__Answer answer = translate_begin(head);
    answer.body_case = LABGATE__ANSWER__BODY_QUEUE;
    answer.queue = &message;
    translate_finish(buffer, &answer);
    free(rows.pointers);
}

void translate_standings(struct answer_buffer *buffer, const struct answer_head *head,
                         const struct answer_standing *list, size_t count)
{
    struct rows rows = translate_rows(count, sizeof(Labgate__Standing));
    if (!rows.pointers) {
        translate_no_memory(buffer, head);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        Labgate__Standing *to = rows.pointers[i];
        const struct answer_standing *from = &list[i];
        labgate__standing__init(to);
        to->account = translate_text(from->account);
        to->name = translate_text(from->name);
        to->kind = (Labgate__StandingKind)from->kind;
        to->since = (uint64_t)from->since;
        to->until = (uint64_t)from->until;
    }
    Labgate__StandingList message = LABGATE__STANDING_LIST__INIT;
    message.standings = (Labgate__Standing **)rows.pointers;
    message.n_standings = count;
    Labgate__Answer answer = translate_begin(head);
    answer.body_case = LABGATE__ANSWER__BODY_STANDINGS;
    answer.standings = &message;
    translate_finish(buffer, &answer);
    free(rows.pointers);
}
