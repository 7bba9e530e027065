/* translate.h - the few things that the bus must understand or say in protobuf. All else passes through
 * unread. */
#ifndef GATEWAY_BUS_TRANSLATE_H
#define GATEWAY_BUS_TRANSLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct translator; /* its working memory: requests are unpacked into a bounded arena */

struct request_head {
    uint8_t class; /* enum envelope_class */
    bool is_stop;  /* an e-stop */
    /* Watch only: */
    uint32_t credit;
    bool has_cursor;
    uint64_t cursor;   /* its frame */
    uint32_t every;    /* ms between two frames at least */
    uint64_t likeness; /* the same for the same token, seat and rig */
};

struct translator *translator_create(void); /* NULL: no memory */
void translator_destroy(struct translator *translator);

enum translator_result {
    TRANSLATOR_MALFORMED = -1, /* no Request */
    TRANSLATOR_TOO_MUCH = -2,  /* larger unpacked than control takes */
};
/* Is this a Request, and what kind? 0 or a translator_result. */
int translator_read(struct translator *translator, const uint8_t *bytes, size_t size,
                    struct request_head *head);

/* A Request for the calendar that this key opens. Returns its size, 0 when it doesn't fit. */
size_t translate_calendar_request(const char *key, uint8_t *out, size_t capacity);
/* Control's Answer to it, as what the page says; its text is the caller's to free(). */
struct page_calendar;
void translate_calendar_answer(const uint8_t *bytes, size_t size, bool chinese,
                               struct page_calendar *calendar);

/* An Answer that refuses. Returns its size, at most capacity; 0 when it doesn't fit. */
size_t translator_refuse(const char *reason, const char *message, uint8_t *out, size_t capacity);

/* Applies the changes in `newer` to `older`, both Answers with a Frame. The result, at most capacity bytes,
 * is full if `older` is, and has the newer's cursor and time. Returns its size; 0 when either isn't such an
 * Answer, the layouts differ or it doesn't fit. */
size_t translator_merge(const uint8_t *older, size_t older_size, const uint8_t *newer, size_t newer_size,
                        uint8_t *out, size_t capacity);

#endif
