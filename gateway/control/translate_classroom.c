#include "gateway/control/translate_private.h"

#include <stdlib.h>

_Static_assert((int)LABGATE__OUTCOME__REPLACED == 7, "enum press_outcome of classroom.h");

void translate_press(Labgate__Press *to, const struct answer_press *from)
{
    labgate__press__init(to);
    to->number = from->number;
    to->time = (uint64_t)from->time;
    to->seat = from->seat;
    to->who = translate_text(from->who);
    to->kind = translate_text(from->kind);
    to->point = translate_text(from->point);
    to->before = from->before;
    to->value = from->value;
    to->outcome = (Labgate__Outcome)from->outcome;
    to->reason = translate_text(from->reason);
    to->rule = translate_text(from->rule);
    to->times = from->times > 1 ? from->times : 0;
}

void translate_feed(struct answer_buffer *buffer, const struct answer_head *head,
                    const struct answer_press *presses, size_t count, bool gap)
{
    struct rows rows = translate_rows(count, sizeof(Labgate__Press));
    if (!rows.pointers) {
        translate_no_memory(buffer, head);
        return;
    }
    for (size_t i = 0; i < count; i++)
        translate_press(rows.pointers[i], &presses[i]);
    Labgate__FeedPage page = LABGATE__FEED_PAGE__INIT;
    page.presses = (Labgate__Press **)rows.pointers;
    page.n_presses = count;
    page.gap = gap;
    Labgate__Answer answer = translate_begin(head);
    answer.body_case = LABGATE__ANSWER__BODY_FEED;
    answer.feed = &page;
    translate_finish(buffer, &answer);
    free(rows.pointers);
}

void translate_people(struct answer_buffer *buffer, const struct answer_head *head,
                      const struct answer_people *people)
{
    struct rows seats = translate_rows(people->seat_count, sizeof(Labgate__Seat));
    struct rows rooms = translate_rows(people->room_count, sizeof(Labgate__Room));
    if (!seats.pointers || !rooms.pointers) {
        translate_no_memory(buffer, head);
        free(seats.pointers);
        free(rooms.pointers);
        return;
    }
    for (size_t i = 0; i < people->seat_count; i++)
        translate_seat(seats.pointers[i], &people->seats[i]);
    for (size_t i = 0; i < people->room_count; i++) {
        const struct answer_room *from = &people->rooms[i];
        Labgate__Room *to = rooms.pointers[i];
        labgate__room__init(to);
        to->name = translate_text(from->name);
        to->title = translate_text(from->title);
        to->title_zh = translate_text(from->title_zh);
        to->people = from->people;
        to->hands = from->hands;
    }
    Labgate__PeopleList list = LABGATE__PEOPLE_LIST__INIT;
    list.seats = (Labgate__Seat **)seats.pointers;
    list.n_seats = people->seat_count;
    list.rooms = (Labgate__Room **)rooms.pointers;
    list.n_rooms = people->room_count;
    list.room = translate_text(people->room);
    Labgate__Answer answer = translate_begin(head);
    answer.body_case = LABGATE__ANSWER__BODY_PEOPLE;
    answer.people = &list;
    translate_finish(buffer, &answer);
    free(seats.pointers);
    free(rooms.pointers);
}

void translate_practice(struct answer_buffer *buffer, const struct answer_head *head,
                        const struct answer_practice *from)
{
    Labgate__PracticeState state = LABGATE__PRACTICE_STATE__INIT;
    state.rig = translate_text(from->rig);
    state.ends = (uint64_t)from->ends;
    state.place = from->place;
    state.waiting = from->waiting;
    state.available = from->available;
    state.at_most = from->at_most;
    Labgate__Answer answer = translate_begin(head);
    answer.body_case = LABGATE__ANSWER__BODY_PRACTICE;
    answer.practice = &state;
    translate_finish(buffer, &answer);
}
