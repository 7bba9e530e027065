#include "gateway/bus/page_calendar.h"

#include "gateway/bus/translate.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct place {
    uint32_t number; /* 0: free */
    bool asked;
    void *asker;
    int64_t since;
    bool chinese;
    char key[PAGE_KEY_MAX];
    char if_none_match[64]; /* cut: then it matches nothing, and the calendar is sent */
};

struct page_calendars {
    page_finish *finish;
    int wake;
    pthread_mutex_t mutex; /* all below; held for moments only */
    uint32_t last;
    struct place places[PAGE_CALENDARS_MOST];
};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct page_calendars *page_calendars_create(page_finish *finish)
{
    struct page_calendars *calendars = calloc(1, sizeof *calendars);
    if (!calendars)
        return NULL;
    calendars->finish = finish;
    calendars->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (calendars->wake < 0 || pthread_mutex_init(&calendars->mutex, NULL) != 0) {
        free(calendars);
        return NULL;
    }
    return calendars;
}

int page_calendars_fd(const struct page_calendars *calendars)
{
    return calendars->wake;
}

void page_calendars_woken(struct page_calendars *calendars)
{
    uint64_t count;
    while (read(calendars->wake, &count, sizeof count) > 0)
        ;
}

bool page_calendars_ask(struct page_calendars *calendars, void *asker, const struct page_request *request,
                        const char *key)
{
    struct place *place = NULL;
    pthread_mutex_lock(&calendars->mutex);
    for (size_t i = 0; i < PAGE_CALENDARS_MOST && !place; i++)
        if (!calendars->places[i].number)
            place = &calendars->places[i];
    if (place) {
        *place = (struct place){.asker = asker, .since = now_ns(), .chinese = page_wants_chinese(request)};
        place->number = ++calendars->last ? calendars->last : ++calendars->last;
        snprintf(place->key, sizeof place->key, "%s", key);
        snprintf(place->if_none_match, sizeof place->if_none_match, "%s",
                 request->if_none_match ? request->if_none_match : "");
    }
    pthread_mutex_unlock(&calendars->mutex);
    uint64_t one = 1;
    /* Its only failure is that it is full, and then the loop is awake. */
    return place && write(calendars->wake, &one, sizeof one) != 0;
}

uint32_t page_calendars_next(struct page_calendars *calendars, uint8_t *bytes, size_t capacity, size_t *size)
{
    const struct place *first = NULL;
    pthread_mutex_lock(&calendars->mutex);
    for (size_t i = 0; i < PAGE_CALENDARS_MOST; i++) {
        const struct place *place = &calendars->places[i];
        if (place->number && !place->asked && (!first || place->number - first->number > UINT32_MAX / 2))
            first = place;
    }
    uint32_t number = first ? first->number : 0;
    *size = first ? translate_calendar_request(first->key, bytes, capacity) : 0;
    pthread_mutex_unlock(&calendars->mutex);
    return number;
}

void page_calendars_asked(struct page_calendars *calendars, uint32_t number)
{
    pthread_mutex_lock(&calendars->mutex);
    for (size_t i = 0; i < PAGE_CALENDARS_MOST; i++)
        if (calendars->places[i].number == number)
            calendars->places[i].asked = true;
    pthread_mutex_unlock(&calendars->mutex);
}

/* Takes one out; false: it is gone already. */
static bool take(struct page_calendars *calendars, uint32_t number, struct place *taken)
{
    bool found = false;
    pthread_mutex_lock(&calendars->mutex);
    for (size_t i = 0; i < PAGE_CALENDARS_MOST && !found; i++)
        if (number && calendars->places[i].number == number) {
            *taken = calendars->places[i];
            calendars->places[i].number = 0;
            found = true;
        }
    pthread_mutex_unlock(&calendars->mutex);
    return found;
}

void page_calendars_answered(struct page_calendars *calendars, uint32_t number, const uint8_t *bytes,
                             size_t size)
{
    struct place place;
    if (!take(calendars, number, &place))
        return;
    struct page_calendar calendar;
    struct page_answer answer;
    translate_calendar_answer(bytes, size, place.chinese, &calendar);
    page_answer_calendar(&calendar, place.if_none_match, &answer);
    calendars->finish(place.asker, &answer);
    free(calendar.text);
}

void page_calendars_expire(struct page_calendars *calendars, int64_t now)
{
    for (size_t i = 0; i < PAGE_CALENDARS_MOST; i++) {
        struct place place;
        pthread_mutex_lock(&calendars->mutex);
        bool late = calendars->places[i].number && now - calendars->places[i].since > PAGE_CALENDAR_WAIT;
        uint32_t number = late ? calendars->places[i].number : 0;
        pthread_mutex_unlock(&calendars->mutex);
        if (!take(calendars, number, &place))
            continue;
        struct page_answer answer;
        page_answer_calendar(&(struct page_calendar){.status = 503}, NULL, &answer);
        calendars->finish(place.asker, &answer);
    }
}
