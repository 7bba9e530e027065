/* page.h - the console's files over HTTP, on the port of a WebSocket listener: nng keeps one HTTP server for
 * each host and port. */
#ifndef GATEWAY_BUS_PAGE_H
#define GATEWAY_BUS_PAGE_H

/* Where the bus is on such a listener; the page is at "/". */
#define PAGE_BUS_PATH "/bus"

struct page_answer;
struct page_calendars;

/* Before the listener with this ws:// or wss:// URL starts, which starts the page with it. It is served until
 * the process ends; `calendars` lives as long. 0, or an error of nng's. */
int page_serve(const char *url, struct page_calendars *calendars);
/* For page_calendars_create(). */
void page_finish_later(void *asker, const struct page_answer *answer);

#endif
