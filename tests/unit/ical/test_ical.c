/* The form of calendars: escapes, folding, what is not UTF-8, the bound on the size. */
#include "gateway/ical/ical.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static const struct ical_calendar lab = {.name = "Lab", .zone = "Asia/Shanghai", .refresh = 15};

static struct ical_event event_of(const char *summary)
{
    return (struct ical_event){.uid = "booking-1@lab",
                               .summary = summary,
                               .location = "tank-1",
                               .description = "",
                               .starts = 1789000000000,
                               .ends = 1789003600000,
                               .revised = 1788000000000,
                               .sequence = 3,
                               .alarm = 10};
}

static char *written(const char *summary)
{
    struct ical ical;
    struct ical_event event = event_of(summary);
    bool cut;
    ical_begin(&ical, &lab);
    ical_add(&ical, &event);
    assert_true(ical_end(&ical, &cut));
    assert_false(cut);
    assert_int_equal(strlen(ical.bytes), ical.length);
    return ical.bytes;
}

static void has(const char *summary, const char *line)
{
    char *text = written(summary);
    if (strstr(text, line) == NULL)
        fail_msg("no '%s' in:\n%s", line, text);
    free(text);
}

static void an_event(void **state)
{
    (void)state;
    has("x", "\r\nUID:booking-1@lab\r\nDTSTAMP:20260829T");
    has("x", "\r\nDTSTART:20260910T002640Z\r\nDTEND:20260910T012640Z\r\n");
    has("x", "\r\nSEQUENCE:3\r\n");
    has("x",
        "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:x\r\nTRIGGER:-PT10M\r\nEND:VALARM\r\nEND:VEVENT\r\n");
}

static void texts_cannot_leave_their_line(void **state)
{
    (void)state;
    has("a;b,c\\d", "\r\nSUMMARY:a\\;b\\,c\\\\d\r\n");
    has("a\nEND:VEVENT", "\r\nSUMMARY:a\\nEND:VEVENT\r\n");
    has("a\r\nb", "\r\nSUMMARY:a\xef\xbf\xbd\\nb\r\n");
    has("\xff\xc0\xaf", "\r\nSUMMARY:\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\r\n");
    has("\x1b[2J\x7f", "\r\nSUMMARY:\xef\xbf\xbd[2J\xef\xbf\xbd\r\n");
}

/* No line is longer than 75 bytes or ends within a character, and unfolded it is whole. */
static void long_lines_are_folded(void **state)
{
    (void)state;
    char summary[1300] = "";
    for (size_t i = 0; i < 400; i++)
        strcat(summary, i % 3 ? "水" : "a");
    char *text = written(summary), unfolded[1400] = "";
    for (char *line = text, *end; (end = strstr(line, "\r\n")) != NULL; line = end + 2) {
        assert_true(end - line <= 75);
        assert_true(((unsigned char)line[line[0] == ' '] & 0xc0) != 0x80);
        if (strncmp(line, "SUMMARY:", 8) == 0 || (unfolded[0] && line[0] == ' '))
            strncat(unfolded, line + (line[0] == ' ' ? 1 : 8),
                    (size_t)(end - line) - (line[0] == ' ' ? 1 : 8));
        else if (unfolded[0])
            break;
    }
    assert_string_equal(unfolded, summary);
    free(text);
}

static void a_calendar_is_bounded(void **state)
{
    (void)state;
    struct ical ical;
    struct ical_event event = event_of("x");
    bool cut;
    ical_begin(&ical, &lab);
    for (size_t i = 0; i < 10000; i++)
        ical_add(&ical, &event);
    assert_true(ical_end(&ical, &cut));
    assert_true(cut);
    assert_true(ical.length <= ICAL_BYTES_MOST);
    static const char end[] = "END:VEVENT\r\nEND:VCALENDAR\r\n";
    assert_string_equal(ical.bytes + ical.length - strlen(end), end);
    free(ical.bytes);
}

static void tags_tell_contents_apart(void **state)
{
    (void)state;
    char one[ICAL_ETAG_MAX], two[ICAL_ETAG_MAX], again[ICAL_ETAG_MAX];
    ical_etag("abc", 3, one);
    ical_etag("abd", 3, two);
    ical_etag("abc", 3, again);
    assert_string_equal(one, again);
    assert_string_not_equal(one, two);
    assert_int_equal(one[0], '"');
    assert_int_equal(strlen(one), 18);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event),
        cmocka_unit_test(texts_cannot_leave_their_line),
        cmocka_unit_test(long_lines_are_folded),
        cmocka_unit_test(a_calendar_is_bounded),
        cmocka_unit_test(tags_tell_contents_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
