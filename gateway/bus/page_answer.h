/* page_answer.h - what is answered to a request for the console's files: pure, so that it can be tested with
 * whatever a stranger may send. Source: RFC 9110 (HTTP semantics), RFC 9111 (caching), CSP level 3. */
#ifndef GATEWAY_BUS_PAGE_ANSWER_H
#define GATEWAY_BUS_PAGE_ANSWER_H

#include "gateway/bus/page_files.h"

/* Texts as they came, whatever they hold; NULL: absent. */
struct page_request {
    const char *method, *target; /* of the request line; the target with its query */
    const char *host;
    const char *accept_encoding, *if_none_match;
    const char *content_length, *transfer_encoding;
    const char *accept_language;
};

/* Of the listener. nng gives a WebSocket only to who names the listener's own host, so the page goes there as
 * well. */
struct page_place {
    const char *scheme; /* "http" or "https" */
    const char *host;   /* without brackets; "" or an unspecified address: whatever name is used */
    uint16_t port;
};

enum { PAGE_HEADERS_MOST = 20, PAGE_LOCATION_MOST = 300 };

struct page_header {
    const char *name, *value;
};

struct page_answer {
    uint16_t status;
    struct page_bytes body;
    bool transient; /* the body does not outlive the answer */
    size_t header_count;
    struct page_header headers[PAGE_HEADERS_MOST]; /* values live as long as the answer and the table */
    char location[PAGE_LOCATION_MOST];
};

/* A calendar as it is to be answered. */
struct page_calendar {
    uint16_t status; /* 200, 404: the key opens none, 503: control is busy */
    char *text;
    size_t size;
    char etag[20];
};

#define PAGE_KEY_MAX 44 /* of a feed, with its NUL */

/* Whether "/calendar/KEY.ics" is asked for, in a way that may be answered: read only, and over TLS or on this
 * machine alone, since the key stands in the line. Otherwise page_answer() has what is said instead. */
bool page_wants_calendar(const struct page_request *request, const struct page_place *place,
                         char key[PAGE_KEY_MAX]);
/* "?lang=zh", or else what the program prefers. */
bool page_wants_chinese(const struct page_request *request);
/* `answer` points to the calendar's text. */
void page_answer_calendar(const struct page_calendar *calendar, const char *if_none_match,
                          struct page_answer *answer);
void page_answer(const struct page_request *request, const struct page_place *place,
                 const struct page_file *files, size_t count, struct page_answer *answer);

#endif
