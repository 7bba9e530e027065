/* mailer.h - e-mail, handed to the system's sendmail by a process of its own, so that nothing here waits for
 * it.
 *
 * mailer_create() forks it before control gives its privileges up: a sendmail is often set-group-id, which
 * control's no_new_privs would take from it. The process becomes control's user, keeps no descriptor of
 * control's but the socket, and runs one sendmail at a time: up to MAILER_WAITING letters wait, each is tried
 * MAILER_TRIES times over about an hour and a half, and a sendmail that takes longer than 30 s is ended. What
 * has no room is dropped and counted: notices are on the bus all the same. It ends with control.
 *
 * A letter's form is RFC 5322 and 2045: UTF-8 in base64, headers in encoded words (RFC 2047), so that no text
 * of anybody's can become a header; the recipient is checked, and goes to sendmail as an argument behind
 * "--". */
#ifndef GATEWAY_CONTROL_MAILER_H
#define GATEWAY_CONTROL_MAILER_H

#include "gateway/control/privileges.h"

#include <stddef.h>
#include <stdint.h>

#define MAILER_WAITING 1024
#define MAILER_TRIES   5
#define MAILER_TO_MAX  255
#define MAILER_SUBJECT 200
#define MAILER_BODY    1600

struct mailer;

struct mailer_options {
    const char *sendmail, *from;        /* from: an address, as accounts_check_email() */
    const char *title;                  /* of the laboratory, beside it */
    const struct privileges_user *user; /* to become; NULL: stays who it is */
    const int64_t *pauses;              /* ms before each further try, MAILER_TRIES - 1 of them */
};

/* One datagram. Texts end with their NUL. */
struct mailer_letter {
    uint64_t number; /* of the notice: the same letter keeps its Message-ID */
    char to[MAILER_TO_MAX];
    char subject[MAILER_SUBJECT];
    char body[MAILER_BODY];
};

/* How a letter ended. */
struct mailer_report {
    uint64_t number;
    char why[160]; /* "": it was handed over */
};

/* Before the first thread. 0, or -1 with a sentence in `why`. */
int mailer_create(const struct mailer_options *options, struct mailer **mailer, char *why, size_t why_size);
void mailer_destroy(struct mailer *mailer); /* accepts NULL; what waits is tried once more, for up to 2 s */

/* Doesn't block. 0, or -1: too many wait, or the process is gone. */
int mailer_send(struct mailer *mailer, const struct mailer_letter *letter);
/* 1: *report is filled; 0: nothing now; -1: the process is gone, with what waited. */
int mailer_receive(struct mailer *mailer, struct mailer_report *report);
int mailer_fd(const struct mailer *mailer);

/* The letter as it goes to sendmail; `when` ms since 1970. Returns its length, at most `size`. */
#define MAILER_TEXT_MAX 8192
size_t mailer_write(const struct mailer_letter *letter, const char *from, const char *title, int64_t when,
                    char *text, size_t size);

#endif
