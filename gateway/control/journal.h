/* journal.h - log lines for the operator, on standard error, where the system's journal takes them.
 *
 * Lines go through a bounded ring to a thread of their own, so that a terminal or disk that stalls delays
 * nothing. When the ring is full lines are counted and the count is written when there is room again. A line
 * carries the syslog level that systemd understands ("<4>") when standard error is a journal. */
#ifndef GATEWAY_CONTROL_JOURNAL_H
#define GATEWAY_CONTROL_JOURNAL_H

enum journal_level {
    JOURNAL_ALERT = 1,
    JOURNAL_ERROR = 3,
    JOURNAL_WARNING = 4,
    JOURNAL_NOTICE = 5,
    JOURNAL_INFO = 6
};

struct journal;

/* NULL: no memory or no thread. */
struct journal *journal_create(int fd);
/* Writes what waits, for at most a second. Accepts NULL. */
void journal_destroy(struct journal *journal);
__attribute__((format(printf, 3, 4))) void journal_write(struct journal *journal, enum journal_level level,
                                                         const char *format, ...);

#endif
