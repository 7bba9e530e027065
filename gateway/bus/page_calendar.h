/* page_calendar.h - calendars over HTTP, between nng's threads and the bus's loop: who asks for one waits
 * here while the loop asks control. A bounded number waits, none for longer than PAGE_CALENDAR_WAIT. Knows
 * nothing of nng: `finish` is the page's. */
#ifndef GATEWAY_BUS_PAGE_CALENDAR_H
#define GATEWAY_BUS_PAGE_CALENDAR_H

#include "gateway/bus/page_answer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_CALENDARS_MOST 32
#define PAGE_CALENDAR_WAIT  (INT64_C(5) * 1000 * 1000 * 1000)

struct page_calendars;

/* Answers one of those who asked; `answer` and its texts live until it returns. On the loop's thread. */
typedef void page_finish(void *asker, const struct page_answer *answer);

/* Before the process is confined: it makes a descriptor. NULL: no memory, or no descriptor. */
struct page_calendars *page_calendars_create(page_finish *finish);

/* On nng's threads. False: too many wait, and `asker` was not taken. */
bool page_calendars_ask(struct page_calendars *calendars, void *asker, const struct page_request *request,
                        const char *key);

/* On the loop's thread. */
int page_calendars_fd(const struct page_calendars *calendars); /* readable: somebody has asked */
/* Reads the descriptor empty. */
void page_calendars_woken(struct page_calendars *calendars);
/* The oldest that control has not been asked for: its number, and the Request to send. 0: none. */
uint32_t page_calendars_next(struct page_calendars *calendars, uint8_t *bytes, size_t capacity, size_t *size);
/* That Request is on its way. */
void page_calendars_asked(struct page_calendars *calendars, uint32_t number);
/* Control's Answer to it. */
void page_calendars_answered(struct page_calendars *calendars, uint32_t number, const uint8_t *bytes,
                             size_t size);
/* Ends those who have waited too long. */
void page_calendars_expire(struct page_calendars *calendars, int64_t now);

#endif
