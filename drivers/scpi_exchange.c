#include "drivers/scpi.h"

#include "drivers/fault.h"
#include "drivers/stream.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AND_TOKEN       ";*ESE?"
#define SCPI_TOKEN_MAX  5  /* ";255" and its terminator */
#define JOIN_TRIES      3  /* one of them may be lost */
#define ERROR_QUEUE_MAX 64 /* longer than any that is known; beyond it the queue is cleared */

/* Puts who and what before the reason that the stream gave. */
static int explain(const struct driver_instrument *instrument, const char *what, int result,
                   struct driver_fault *fault)
{
    if (!result || !fault)
        return result;
    struct driver_fault reason = *fault;
    return driver_fail(fault, result, reason.code, "%.30s, %.40s: %.84s", instrument->spec->name, what,
                       reason.text); /* and a stray stays one */
}

/* The reply may begin to come when the question has gone out. */
static int64_t answer_deadline(const struct driver_line *line, size_t sent, size_t expected, int64_t deadline)
{
    const struct driver_line_spec *spec = stream_spec(line);
    int64_t until = driver_now() + spec->timeout + stream_time(spec, sent + expected);
    return until < deadline ? until : deadline;
}

static int send_text(struct driver_instrument *instrument, struct driver_line *line, const char *text,
                     int64_t deadline, struct driver_fault *fault)
{
    char message[SCPI_ANSWER_MAX];
    int length = snprintf(message, sizeof message, "%s%s", text,
                          instrument->options->terminator == SCPI_CRLF ? "\r\n" : "\n");
    if (length < 0 || (size_t)length >= sizeof message)
        return driver_fail(fault, DRIVER_INVALID, 0, "the message is too long");
    return stream_send(line, message, (size_t)length, deadline, fault);
}

int scpi_send(struct driver_instrument *instrument, struct driver_line *line, int64_t deadline,
              struct driver_fault *fault, const char *format, ...)
{
    char text[SCPI_ANSWER_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    int result = stream_check_in_step(line, fault);
    if (!result)
        result = send_text(instrument, line, text, deadline, fault);
    return explain(instrument, text, result, fault);
}

int scpi_ask(struct driver_instrument *instrument, struct driver_line *line, const char *question,
             char answer[SCPI_ANSWER_MAX], int64_t deadline, struct driver_fault *fault)
{
    int result = stream_check_in_step(line, fault);
    if (!result)
        result = send_text(instrument, line, question, deadline, fault);
    if (!result)
        result = stream_read_line(line, answer, SCPI_ANSWER_MAX,
                                  answer_deadline(line, strlen(question), SCPI_ANSWER_MAX, deadline), fault);
    if (!result)
        result = stream_check_in_step(line, fault); /* of two answers, neither is known to be the one */
    return explain(instrument, question, result, fault);
}

/* The token behind a joined answer. */
static int check_token(const struct driver_instrument *instrument, const char *answer,
                       struct driver_fault *fault)
{
    char *end;
    long number = strtol(answer, &end, 10);
    if (end != answer && !*end && number == instrument->token)
        return 0;
    driver_fail(fault, DRIVER_GARBLED, 0, "an answer to an older question came");
    if (fault)
        fault->stray = true;
    return DRIVER_GARBLED;
}

int scpi_ask_named(struct driver_instrument *instrument, struct driver_line *line, const char *question,
                   char answer[SCPI_ANSWER_MAX], int64_t deadline, struct driver_fault *fault)
{
    char joined[SCPI_ANSWER_MAX];
    if (!instrument->joins)
        return scpi_ask(instrument, line, question, answer, deadline, fault);
    snprintf(joined, sizeof joined, "%.240s" AND_TOKEN, question);
    int result = scpi_ask(instrument, line, joined, answer, deadline, fault);
    if (result)
        return result;
    char *token = strrchr(answer, ';');
    result = check_token(instrument, token ? token + 1 : "", fault);
    if (token)
        *token = '\0';
    return explain(instrument, question, result, fault);
}

static int read_token(const struct driver_instrument *instrument, struct driver_line *line, int64_t deadline,
                      struct driver_fault *fault)
{
    char answer[SCPI_ANSWER_MAX];
    int result = stream_read_line(line, answer, sizeof answer, deadline, fault);
    return result ? result : check_token(instrument, *answer == ';' ? answer + 1 : "", fault);
}

int scpi_ask_block(struct driver_instrument *instrument, struct driver_line *line, const char *question,
                   void *bytes, size_t length, int64_t deadline, struct driver_fault *fault)
{
    char message[SCPI_ANSWER_MAX];
    snprintf(message, sizeof message, "%.240s%s", question, instrument->joins ? AND_TOKEN : "");
    int result = stream_check_in_step(line, fault);
    if (!result)
        result = send_text(instrument, line, message, deadline, fault);
    int64_t until = answer_deadline(line, strlen(message), length + SCPI_TOKEN_MAX, deadline);
    if (!result)
        result = stream_read_block(line, bytes, length, until, fault);
    if (!result && instrument->joins)
        result = read_token(instrument, line, until, fault);
    return explain(instrument, question, result, fault);
}

/* --- the error queue --- */

static int ask_error(struct driver_instrument *instrument, struct driver_line *line,
                     char answer[SCPI_ANSWER_MAX], int *code, const char **text, int64_t deadline,
                     struct driver_fault *fault)
{
    int result = scpi_ask(instrument, line, "SYST:ERR?", answer, deadline, fault);
    if (result)
        return result;
    if (!scpi_parse_error(answer, code, text))
        return driver_fail(fault, DRIVER_GARBLED, 0,
                           "%.30s, SYST:ERR?: the answer is not an error number: %.40s",
                           instrument->spec->name, answer);
    return 0;
}

int scpi_check_errors(struct driver_instrument *instrument, struct driver_line *line, const char *what,
                      int64_t deadline, struct driver_fault *fault)
{
    char answer[SCPI_ANSWER_MAX];
    const char *text;
    int code;
    int result = ask_error(instrument, line, answer, &code, &text, deadline, fault);
    if (result || !code)
        return result;
    driver_fail(fault, 0, code, "%.30s, %.60s: %d (%.50s)", instrument->spec->name, what, code, text);
    /* What else is in the queue must not be blamed on the next command. */
    struct driver_fault ignored;
    for (int i = 0; i < ERROR_QUEUE_MAX; i++) {
        result = ask_error(instrument, line, answer, &code, &text, deadline, &ignored);
        if (!result && !code)
            return DRIVER_REJECTED;
        if (result) {
            if (fault)
                *fault = ignored;
            return result;
        }
    }
    result = scpi_send(instrument, line, deadline, &ignored, "*CLS");
    return result ? result : DRIVER_REJECTED;
}

/* --- greeting --- */

/* Reads answers until one is accepted; those before it are late ones to questions of before. */
static int read_until(struct driver_instrument *instrument, struct driver_line *line, const char *question,
                      bool (*accept)(struct driver_instrument *, const char *), int64_t deadline,
                      struct driver_fault *fault)
{
    int result = send_text(instrument, line, question, deadline, fault);
    int64_t until = answer_deadline(line, strlen(question), SCPI_ANSWER_MAX, deadline);
    char answer[SCPI_ANSWER_MAX] = "";
    do {
        if (!result)
            result = stream_read_line(line, answer, sizeof answer, until, fault);
    } while (!result && !accept(instrument, answer));
    return explain(instrument, question, result, fault);
}

static bool is_known_identity(struct driver_instrument *instrument, const char *answer)
{
    if (!strchr(answer, ',') || strlen(answer) >= sizeof instrument->identity)
        return false;
    if (*instrument->identity)
        return !strcmp(answer, instrument->identity);
    if (!strstr(answer, instrument->options->identity))
        return false;
    memcpy(instrument->identity, answer, strlen(answer) + 1);
    return true;
}

static bool is_token(struct driver_instrument *instrument, const char *answer)
{
    char *end;
    long number = strtol(answer, &end, 10);
    return end != answer && !*end && number == instrument->token;
}

static int exchange_token(struct driver_instrument *instrument, struct driver_line *line, int64_t deadline,
                          struct driver_fault *fault)
{
    instrument->token++;
    char message[16];
    snprintf(message, sizeof message, "*ESE %u", instrument->token);
    int result = send_text(instrument, line, message, deadline, fault);
    return result ? explain(instrument, message, result, fault)
                  : read_until(instrument, line, "*ESE?", is_token, deadline, fault);
}

static bool is_joined_token(struct driver_instrument *instrument, const char *answer)
{
    char expected[16];
    snprintf(expected, sizeof expected, "%u;%u", instrument->token, instrument->token);
    instrument->joins = !strcmp(answer, expected);
    return instrument->joins;
}

/* An instrument that cannot join answers gives one of the two, or none. */
static int try_joining(struct driver_instrument *instrument, struct driver_line *line, int64_t deadline,
                       struct driver_fault *fault)
{
    if (!instrument->options->compound || instrument->joins || instrument->join_tries == JOIN_TRIES)
        return 0;
    instrument->join_tries++;
    return read_until(instrument, line, "*ESE?" AND_TOKEN, is_joined_token, deadline, fault);
}

static int identify(struct driver_instrument *instrument, struct driver_line *line, int64_t deadline,
                    struct driver_fault *fault)
{
    int result = read_until(instrument, line, "*IDN?", is_known_identity, deadline, fault);
    if (result != DRIVER_TIMED_OUT || !fault)
        return result;
    const char *wanted = *instrument->identity ? instrument->identity : instrument->options->identity;
    return driver_fail(fault, result, 0, "%.30s, *IDN?: no answer with \"%.80s\" in it came",
                       instrument->spec->name, wanted);
}

/* What an instrument that is not known yet was taken to say of itself may have been a late answer to a
 * question of before: after the token there are none. */
static int identify_again(struct driver_instrument *instrument, struct driver_line *line, int64_t deadline,
                          struct driver_fault *fault)
{
    *instrument->identity = '\0';
    return identify(instrument, line, deadline, fault);
}

static int greet_with_token(struct driver_instrument *instrument, struct driver_line *line, bool stranger,
                            int64_t deadline, struct driver_fault *fault)
{
    int result = exchange_token(instrument, line, deadline, fault);
    if (!result && stranger)
        result = identify_again(instrument, line, deadline, fault);
    if (result && stranger)
        *instrument->identity = '\0';
    return result ? result : try_joining(instrument, line, deadline, fault);
}

int scpi_greet(struct driver_instrument *instrument, struct driver_line *line, int64_t deadline,
               struct driver_fault *fault)
{
    bool stranger = !*instrument->identity;
    int result = identify(instrument, line, deadline, fault);
    if (!result && instrument->options->token)
        result = greet_with_token(instrument, line, stranger, deadline, fault);
    if (result || !instrument->options->error_queue)
        return result;
    result = scpi_check_errors(instrument, line, "*IDN?", deadline, fault);
    return result == DRIVER_REJECTED ? 0 : result; /* old errors are nobody's now */
}
