/* Letters: no text becomes a header, and a sendmail that fails or hangs keeps nobody waiting. */
#include "gateway/control/mailer.h"
#include "tests/unit/control/children.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/labgate-mailer-XXXXXX";

static struct mailer_letter letter_of(uint64_t number, const char *subject)
{
    struct mailer_letter letter = {.number = number, .to = "anna@example.edu", .body = "text"};
    snprintf(letter.subject, sizeof letter.subject, "%s", subject);
    return letter;
}

static void has(const struct mailer_letter *letter, const char *line)
{
    char text[MAILER_TEXT_MAX];
    size_t length = mailer_write(letter, "lab@example.edu", "Lab", 1789000000000, text, sizeof text);
    assert_int_equal(length, strlen(text));
    if (strstr(text, line) == NULL)
        fail_msg("no '%s' in:\n%s", line, text);
}

static void no_text_becomes_a_header(void **state)
{
    (void)state;
    struct mailer_letter letter = letter_of(7, "a\nBcc: bo@example.edu");
    has(&letter,
        "\nSubject: =?UTF-8?B?YQpCY2M6IGJvQGV4YW1wbGUuZWR1?=\nDate: Thu, 10 Sep 2026 00:26:40 +0000\n");
    has(&letter, "\nMessage-ID: <notice-7.1789000000@example.edu>\n");
    has(&letter, "From: =?UTF-8?B?TGFi?= <lab@example.edu>\nTo: anna@example.edu\n");
    has(&letter, "\n\ndGV4dA==\n");
    /* Words hold whole characters: 39 bytes are 13 of these. */
    letter = letter_of(7, "水水水水水水水水水水水水水水");
    has(&letter, "\nSubject: =?UTF-8?B?5rC05rC05rC05rC05rC05rC05rC05rC05rC05rC05rC05rC05rC0?=\n "
                 "=?UTF-8?B?5rC0?=\n");
}

static void the_longest_letter_has_room(void **state)
{
    (void)state;
    struct mailer_letter letter = {0};
    char text[MAILER_TEXT_MAX], from[255], title[255];
    memset(letter.to, 'a', sizeof letter.to - 1);
    memset(letter.subject, 'b', sizeof letter.subject - 1);
    memset(letter.body, 'c', sizeof letter.body - 1);
    memset(from, '@', sizeof from - 1);
    memset(title, 'd', sizeof title - 1);
    from[sizeof from - 1] = title[sizeof title - 1] = '\0';
    size_t length = mailer_write(&letter, from, title, 0, text, sizeof text);
    assert_true(length < sizeof text - 100);
    assert_true(length < 4096); /* which a pipe takes at once, however small the system made it */
}

static const int64_t pauses[MAILER_TRIES - 1] = {20, 20, 20, 20};

static struct mailer *mailer_with(const char *script)
{
    static char path[128];
    char why[200];
    struct mailer *mailer = NULL;
    snprintf(path, sizeof path, "%s/sendmail", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\ncd %s\n%s\n", folder, script);
    fclose(file);
    chmod(path, 0755);
    struct mailer_options options = {
        .sendmail = path, .from = "lab@example.edu", .title = "Lab", .pauses = pauses};
    assert_int_equal(mailer_create(&options, &mailer, why, sizeof why), 0);
    return mailer;
}

static struct mailer_report report_of(struct mailer *mailer)
{
    struct mailer_report report;
    struct pollfd wait = {.fd = mailer_fd(mailer), .events = POLLIN};
    assert_int_equal(poll(&wait, 1, 60000), 1);
    assert_int_equal(mailer_receive(mailer, &report), 1);
    return report;
}

static void a_letter_that_is_not_taken_is_tried_again(void **state)
{
    (void)state;
    struct mailer *mailer = mailer_with("echo x >> tries; [ $(wc -l < tries) -ge 3 ]");
    struct mailer_letter letter = letter_of(1, "subject");
    assert_int_equal(mailer_send(mailer, &letter), 0);
    struct mailer_report report = report_of(mailer);
    assert_int_equal(report.number, 1);
    assert_string_equal(report.why, "");
    mailer_destroy(mailer);
}

static void in_the_end_it_is_given_up(void **state)
{
    (void)state;
    struct mailer *mailer = mailer_with("exit 69");
    struct mailer_letter letter = letter_of(2, "subject");
    assert_int_equal(mailer_send(mailer, &letter), 0);
    assert_string_equal(report_of(mailer).why, "sendmail ended with 69");
    mailer_destroy(mailer);
}

/* Nobody waits for a sendmail that hangs; what has no room is refused or reported. */
static void what_waits_is_bounded(void **state)
{
    (void)state;
    struct mailer *mailer = mailer_with("exec sleep 60");
    size_t dropped = 0;
    for (uint64_t i = 0; dropped == 0; i++) {
        struct mailer_letter letter = letter_of(i, "subject");
        struct mailer_report report;
        (void)mailer_send(mailer, &letter); /* returns at once, whether there is room or not */
        struct pollfd wait = {.fd = mailer_fd(mailer), .events = POLLIN};
        if (poll(&wait, 1, 1) == 1 && mailer_receive(mailer, &report) == 1) {
            assert_string_equal(report.why, "too many letters wait: this one is not sent");
            assert_true(report.number >= MAILER_WAITING);
            dropped++;
        }
        assert_true(i < 100 * MAILER_WAITING);
    }
    mailer_destroy(mailer); /* after its 2 s */
}

/* As the service manager sends it to all of a unit's processes for a reload. */
static void what_is_meant_for_control_ends_no_mailer(void **state)
{
    (void)state;
    struct mailer *mailer = mailer_with("exec true");
    for (uint64_t number = 1; number <= 2; number++) {
        struct mailer_letter letter = letter_of(number, "subject");
        assert_int_equal(mailer_send(mailer, &letter), 0);
        assert_int_equal(report_of(mailer).number, number);
        assert_int_equal(kill(child_of(getpid()), SIGHUP), 0);
    }
    mailer_destroy(mailer);
}

static void the_end_of_the_mailer_is_told(void **state)
{
    (void)state;
    struct mailer *mailer = mailer_with("exec true");
    struct mailer_report report;
    assert_int_equal(mailer_receive(mailer, &report), 0);
    assert_int_equal(kill(child_of(getpid()), SIGKILL), 0);
    struct pollfd wait = {.fd = mailer_fd(mailer), .events = POLLIN};
    assert_int_equal(poll(&wait, 1, 60000), 1);
    assert_int_equal(mailer_receive(mailer, &report), -1);
    struct mailer_letter letter = letter_of(1, "subject");
    assert_int_equal(mailer_send(mailer, &letter), -1);
    mailer_destroy(mailer);
}

static int setup(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int teardown(void **state)
{
    (void)state;
    char command[160];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_text_becomes_a_header),
        cmocka_unit_test(the_longest_letter_has_room),
        cmocka_unit_test(a_letter_that_is_not_taken_is_tried_again),
        cmocka_unit_test(in_the_end_it_is_given_up),
        cmocka_unit_test(what_waits_is_bounded),
        cmocka_unit_test(what_is_meant_for_control_ends_no_mailer),
        cmocka_unit_test(the_end_of_the_mailer_is_told),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
