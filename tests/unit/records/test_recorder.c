/* Recordings: what is written can be read back, names lead nowhere else, and the oldest make room. */
#include "gateway/records/recordings.h"
#include "tests/unit/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define SECOND INT64_C(1000000000)
#define WALL   INT64_C(1772352000000) /* 2026-03-01T08:00:00Z */

struct fixture {
    struct scratch scratch;
    struct recorder *recorder;
    struct recorder_options options;
    uint64_t request;
    char trouble[192]; /* the last one that was said */
};

static const struct rig_unit metre = {.name = "m"}, strange = {.name = "a,b"};
static const struct rig_choice modes[] = {
    {"manual",     0},
    {"auto, slow", 1},
    {NULL,         0}
};
static const struct rig_point_spec points[] = {
    {.name = "plc.level",  .type = RIG_NUMBER, .unit = &metre},
    {.name = "plc.name",   .type = RIG_TEXT  },
    {.name = "plc.mode",  .type = RIG_CHOICE,   .choices = modes              },
    {.name = "plc.pump_on", .type = RIG_BOOLEAN,   .unit = &strange},
};
static const struct rig_spec spec = {.name = "tank-1", .points = points, .point_count = 4};

static void open_recorder(struct fixture *fixture)
{
    char why[256];
    fixture->options.state = fixture->scratch.directory;
    fixture->options.wake = fixture->scratch.wake;
    assert_int_equal(recorder_create(&fixture->options, &fixture->recorder, why, sizeof why), RECORDER_OK);
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    scratch_init(&fixture->scratch);
    open_recorder(fixture);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    recorder_destroy(fixture->recorder);
    scratch_finish(&fixture->scratch);
    free(fixture);
    return 0;
}

static void begin(struct fixture *fixture, uint64_t session)
{
    struct recorder_session what = {.session = session,
                                    .rig = "tank-1",
                                    .account = 3,
                                    .spec = &spec,
                                    .starts = WALL,
                                    .ends = WALL + 3600000,
                                    .wall = WALL + 250,
                                    .monotonic = 77 * SECOND};
    assert_int_equal(recorder_begin(fixture->recorder, &what), RECORDER_OK);
}

static void change(struct fixture *fixture, uint64_t session, uint16_t point, double number, const char *text,
                   int64_t after)
{
    struct rig_value value = {.number = number, .quality = RIG_GOOD, .at = 1};
    recorder_change(fixture->recorder, session, point, &value, text, 77 * SECOND + after);
}

/* The next event of a kind; others that come before are dropped. */
static struct recorder_event next_event(struct fixture *fixture, enum recorder_event_kind kind)
{
    struct recorder_event event;
    for (;;) {
        while (!recorder_next_event(fixture->recorder, &event))
            scratch_wait(&fixture->scratch);
        if (event.kind == RECORDER_EVENT_TROUBLE)
            memcpy(fixture->trouble, event.why, sizeof fixture->trouble);
        if (event.kind == kind)
            return event;
        free(event.files);
        free(event.bytes);
    }
}

static struct recorder_event list(struct fixture *fixture, uint64_t session)
{
    assert_int_equal(recorder_list(fixture->recorder, ++fixture->request, session), RECORDER_OK);
    struct recorder_event event = next_event(fixture, RECORDER_EVENT_LIST);
    assert_int_equal(event.request, fixture->request);
    return event;
}

static struct recorder_event read_part(struct fixture *fixture, uint64_t session, const char *name,
                                       uint64_t offset, uint32_t length)
{
    assert_int_equal(recorder_read(fixture->recorder, ++fixture->request, session, name, offset, length),
                     RECORDER_OK);
    return next_event(fixture, RECORDER_EVENT_PART);
}

/* changes.csv so far; the caller's to free(). */
static char *changes(struct fixture *fixture, uint64_t session)
{
    struct recorder_event event = read_part(fixture, session, "changes.csv", 0, RECORDER_PART_MAX);
    assert_int_equal(event.result, RECORDER_OK);
    char *text = realloc(event.bytes, event.length + 1);
    text[event.length] = '\0';
    return text;
}

/* ---- changes ------------------------------------------------------------------------------------------- */

static void changes_are_lines_of_csv(void **state)
{
    struct fixture *fixture = *state;
    begin(fixture, 5);
    change(fixture, 5, 0, 0.1, NULL, 0);
    change(fixture, 5, 1, 0, "a \"b\", c", SECOND / 2);
    change(fixture, 5, 2, 1, NULL, SECOND);
    change(fixture, 5, 2, 9, NULL, SECOND);
    change(fixture, 5, 3, 1, NULL, 3600 * SECOND);
    struct rig_value never = {.quality = RIG_BAD};
    recorder_change(fixture->recorder, 5, 0, &never, NULL, 77 * SECOND);
    change(fixture, 5, 0, 1.0 / 3, NULL, 0);
    change(fixture, 5, 0, 16777217, NULL, 0);
    change(fixture, 6, 0, 1, NULL, 0); /* of no session: dropped */
    char *text = changes(fixture, 5);
    assert_string_equal(text, "time,seconds,point,value,unit,quality\r\n"
                              "2026-03-01T08:00:00.250Z,0.250000,plc.level,0.1,m,good\r\n"
                              "2026-03-01T08:00:00.750Z,0.750000,plc.name,\"a \"\"b\"\", c\",,good\r\n"
                              "2026-03-01T08:00:01.250Z,1.250000,plc.mode,\"auto, slow\",,good\r\n"
                              "2026-03-01T08:00:01.250Z,1.250000,plc.mode,9,,good\r\n"
                              "2026-03-01T09:00:00.250Z,3600.250000,plc.pump_on,1,\"a,b\",good\r\n"
                              "2026-03-01T08:00:00.250Z,0.250000,plc.level,,m,bad\r\n"
                              "2026-03-01T08:00:00.250Z,0.250000,plc.level,0.33333333333333331,m,good\r\n"
                              "2026-03-01T08:00:00.250Z,0.250000,plc.level,16777217,m,good\r\n");
    free(text);
}

static void a_session_goes_on_after_a_crash(void **state)
{
    struct fixture *fixture = *state;
    begin(fixture, 5);
    change(fixture, 5, 0, 1, NULL, 0);
    recorder_destroy(fixture->recorder);
    /* Half a line, as a crash leaves it. */
    int fd = open(scratch_path(&fixture->scratch, "recordings/5/changes.csv"), O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, "2026-03-01T08:0", 15), 15);
    close(fd);
    open_recorder(fixture);
    begin(fixture, 5);
    change(fixture, 5, 0, 2, NULL, 0);
    char *text = changes(fixture, 5);
    assert_string_equal(text, "time,seconds,point,value,unit,quality\r\n"
                              "2026-03-01T08:00:00.250Z,0.250000,plc.level,1,m,good\r\n"
                              "2026-03-01T08:00:00.250Z,0.250000,(resumed),,,bad\r\n"
                              "2026-03-01T08:00:00.250Z,0.250000,plc.level,2,m,good\r\n");
    free(text);
}

/* More than the ring holds in one go: the file says how many are missing, and with them it is complete. */
static void an_overflow_becomes_a_gap(void **state)
{
    struct fixture *fixture = *state;
    begin(fixture, 5);
    const size_t count = 60000;
    for (size_t i = 0; i < count; i++)
        change(fixture, 5, 0, (double)i, NULL, (int64_t)i);
    assert_int_equal(recorder_end(fixture->recorder, 5, WALL), RECORDER_OK);
    free(list(fixture, 5).files);
    size_t length, lines = 0, lost = 0;
    FILE *file = fopen(scratch_path(&fixture->scratch, "recordings/5/changes.csv"), "r");
    char line[256];
    while (fgets(line, sizeof line, file) != NULL) {
        const char *gap = strstr(line, "(gap),");
        length = strlen(line);
        assert_true(length > 2 && line[length - 2] == '\r');
        lines += gap == NULL;
        lost += gap != NULL ? strtoul(gap + 6, NULL, 10) : 0;
    }
    fclose(file);
    assert_int_equal(lines - 1 + lost, count);
}

static void the_end_is_noted(void **state)
{
    struct fixture *fixture = *state;
    begin(fixture, 5);
    assert_int_equal(recorder_end(fixture->recorder, 5, WALL + 60000), RECORDER_OK);
    assert_int_equal(recorder_end(fixture->recorder, 5, WALL + 60000), RECORDER_NOT_FOUND);
    struct recorder_event event = list(fixture, 5);
    assert_int_equal(event.result, RECORDER_OK);
    assert_string_equal(event.rig, "tank-1");
    assert_int_equal(event.account, 3);
    assert_int_equal(event.starts, WALL);
    assert_int_equal(event.ends, WALL + 60000);
    assert_int_equal(event.count, 1);
    assert_string_equal(event.files[0].name, "changes.csv");
    free(event.files);
    struct stat status;
    assert_int_equal(stat(scratch_path(&fixture->scratch, "recordings/5"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    assert_int_equal(stat(scratch_path(&fixture->scratch, "recordings/5/changes.csv"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    event = list(fixture, 6);
    assert_int_equal(event.result, RECORDER_NOT_FOUND);
    assert_non_null(strstr(event.why, "session 6"));
}

/* ---- captures ------------------------------------------------------------------------------------------ */

static struct recorder_capture capture_of(uint64_t session, uint64_t samples)
{
    return (struct recorder_capture){
        .session = session,
        .waveform = "scope.ch1",
        .unit = "V",
        .wall = WALL + 1,
        .record = {.format = DRIVER_INT16_LITTLE,
                   .samples = samples,
                   .time_first = -1e-3,
                   .time_step = 1e-9,
                   .code_zero = 127,
                   .value_step = 0.1}
    };
}

static void write_codes(struct fixture *fixture, uint64_t file, size_t length)
{
    uint8_t codes[5000];
    for (size_t done = 0; done < length;) {
        size_t some = length - done < sizeof codes ? length - done : sizeof codes;
        for (size_t i = 0; i < some; i++)
            codes[i] = (uint8_t)((done + i) * 31 >> 3);
        if (recorder_capture_space(fixture->recorder) < some) {
            assert_int_equal(recorder_capture_data(fixture->recorder, file, codes, some), RECORDER_FULL);
            next_event(fixture, RECORDER_EVENT_SPACE);
            continue;
        }
        assert_int_equal(recorder_capture_data(fixture->recorder, file, codes, some), RECORDER_OK);
        done += some;
    }
}

static void a_capture_can_be_read_back_in_parts(void **state)
{
    struct fixture *fixture = *state;
    const size_t length = 6000000; /* many times the ring */
    struct recorder_capture capture = capture_of(5, length / 2);
    uint64_t file;
    begin(fixture, 5);
    assert_int_equal(recorder_capture_begin(fixture->recorder, &capture, &file), RECORDER_OK);
    struct recorder_event event = next_event(fixture, RECORDER_EVENT_CAPTURE);
    assert_int_equal(event.file, file);
    assert_string_equal(event.name, "1-scope.ch1.capture");
    write_codes(fixture, file, length);
    assert_int_equal(recorder_capture_end(fixture->recorder, file), RECORDER_OK);
    event = next_event(fixture, RECORDER_EVENT_CAPTURED);
    assert_int_equal(event.file, file);
    assert_int_equal(event.result, RECORDER_OK);
    event = list(fixture, 5);
    assert_int_equal(event.count, 2);
    const struct recorder_file *there = &event.files[1];
    assert_int_equal(there->kind, RECORDER_CAPTURE);
    assert_string_equal(there->waveform, "scope.ch1");
    assert_string_equal(there->unit, "V");
    assert_int_equal(there->record.format, DRIVER_INT16_LITTLE);
    assert_int_equal(there->record.samples, length / 2);
    assert_true(there->record.time_first == -1e-3 && there->record.time_step == 1e-9);
    assert_true(there->record.code_zero == 127 && there->record.value_step == 0.1);
    assert_int_equal(there->wall, WALL + 1);
    assert_int_equal(there->data, length);
    assert_true(there->complete);
    uint64_t size = there->bytes;
    free(event.files);
    for (uint64_t offset = size - length, done = 0; offset < size; offset += event.length) {
        event = read_part(fixture, 5, "1-scope.ch1.capture", offset, 1000000);
        assert_int_equal(event.size, size);
        assert_true(event.length > 0 && event.length <= RECORDER_PART_MAX);
        for (size_t i = 0; i < event.length; i++, done++)
            if (((uint8_t *)event.bytes)[i] != (uint8_t)(done * 31 >> 3))
                fail_msg("byte %zu differs", (size_t)done);
        free(event.bytes);
    }
    event = read_part(fixture, 5, "1-scope.ch1.capture", size + 10, 100);
    assert_int_equal(event.length, 0);
    free(event.bytes);
}

static void captures_are_numbered_and_a_short_one_is_not_complete(void **state)
{
    struct fixture *fixture = *state;
    struct recorder_capture capture = capture_of(5, 100);
    uint64_t first, second;
    begin(fixture, 5);
    recorder_capture_begin(fixture->recorder, &capture, &first);
    recorder_capture_begin(fixture->recorder, &capture, &second);
    assert_int_not_equal(first, second);
    write_codes(fixture, first, 200);
    write_codes(fixture, second, 199);
    recorder_capture_end(fixture->recorder, first);
    recorder_capture_end(fixture->recorder, second);
    struct recorder_event event = list(fixture, 5);
    assert_int_equal(event.count, 3);
    assert_string_equal(event.files[1].name, "1-scope.ch1.capture");
    assert_true(event.files[1].complete);
    assert_string_equal(event.files[2].name, "2-scope.ch1.capture");
    assert_false(event.files[2].complete);
    free(event.files);
    capture.waveform = "../../../etc/passwd";
    recorder_capture_begin(fixture->recorder, &capture, &first);
    assert_string_equal(next_event(fixture, RECORDER_EVENT_CAPTURE).name, "3-.._.._.._etc_passwd.capture");
}

/* ---- names --------------------------------------------------------------------------------------------- */

static void names_lead_nowhere_else(void **state)
{
    struct fixture *fixture = *state;
    static const char *const bad[] = {"../keys",
                                      "/etc/passwd",
                                      "..",
                                      ".",
                                      "",
                                      "session.json",
                                      "changes.csv/..",
                                      "1-../x.capture",
                                      "1-a/b.capture",
                                      "x-a.capture",
                                      "1-.captur",
                                      "1-.capture",
                                      "1-a\\b.capture",
                                      "changes.csv ",
                                      "1-a\n.capture",
                                      "-a.capture",
                                      "1a.capture"};
    begin(fixture, 5);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct recorder_event event = read_part(fixture, 5, bad[i], 0, 100);
        if (event.result != RECORDER_BAD_NAME)
            fail_msg("%s gave %d", bad[i], event.result);
        assert_null(event.bytes);
    }
    char long_name[200];
    memset(long_name, '1', sizeof long_name);
    strcpy(long_name + 180, "-a.capture");
    assert_int_equal(recorder_read(fixture->recorder, 1, 5, long_name, 0, 1), RECORDER_BAD_NAME);
    /* Links are not followed. */
    assert_int_equal(symlink("/etc/passwd", scratch_path(&fixture->scratch, "recordings/5/1-a.capture")), 0);
    struct recorder_event event = read_part(fixture, 5, "1-a.capture", 0, 100);
    assert_int_equal(event.result, RECORDER_IO);
    event = list(fixture, 5);
    assert_int_equal(event.count, 1);
    free(event.files);
    event = read_part(fixture, 5, "2-a.capture", 0, 100);
    assert_int_equal(event.result, RECORDER_NOT_FOUND);
    free(event.bytes);
}

static void reads_are_bounded(void **state)
{
    struct fixture *fixture = *state;
    begin(fixture, 5);
    size_t taken = 0;
    while (recorder_read(fixture->recorder, 1, 5, "changes.csv", 0, 10) == RECORDER_OK)
        assert_true(++taken < 1000);
    assert_int_equal(taken, 32);
    for (size_t i = 0; i < taken; i++)
        free(next_event(fixture, RECORDER_EVENT_PART).bytes);
    assert_int_equal(recorder_list(fixture->recorder, 1, 5), RECORDER_OK);
    free(next_event(fixture, RECORDER_EVENT_LIST).files);
}

/* ---- retention and trouble ----------------------------------------------------------------------------- */

static void record(struct fixture *fixture, uint64_t session, size_t bytes, int64_t ended)
{
    struct recorder_capture capture = capture_of(session, bytes / 2);
    uint64_t file;
    begin(fixture, session);
    recorder_capture_begin(fixture->recorder, &capture, &file);
    write_codes(fixture, file, bytes);
    recorder_capture_end(fixture->recorder, file);
    recorder_end(fixture->recorder, session, ended);
}

static bool is_there(struct fixture *fixture, uint64_t session)
{
    struct recorder_event event = list(fixture, session);
    free(event.files);
    return event.result == RECORDER_OK;
}

static void the_oldest_goes_when_the_budget_is_used_up(void **state)
{
    struct fixture *fixture = *state;
    recorder_destroy(fixture->recorder);
    fixture->options.budget = 1000000;
    open_recorder(fixture);
    begin(fixture, 1); /* live: it stays, although it is the oldest */
    for (uint64_t session = 9; session < 13; session++)
        record(fixture, session, 300000, WALL);
    assert_false(is_there(fixture, 9));
    assert_true(is_there(fixture, 1));
    for (uint64_t session = 10; session < 13; session++)
        assert_true(is_there(fixture, session));
}

static void recordings_go_at_the_end_of_their_life(void **state)
{
    struct fixture *fixture = *state;
    recorder_destroy(fixture->recorder);
    fixture->options.life = 3600 * SECOND;
    open_recorder(fixture);
    record(fixture, 2, 100, WALL);
    record(fixture, 3, 100, WALL + 10000);
    begin(fixture, 1);
    recorder_retain(fixture->recorder, WALL + 3600000);
    assert_true(is_there(fixture, 2));
    recorder_retain(fixture->recorder, WALL + 3600001);
    struct recorder_event event = next_event(fixture, RECORDER_EVENT_DELETED);
    assert_int_equal(event.session, 2);
    assert_non_null(strstr(event.why, "time"));
    assert_false(is_there(fixture, 2));
    assert_true(is_there(fixture, 3));
    recorder_retain(fixture->recorder, WALL + 1000 * 3600000LL);
    assert_false(is_there(fixture, 3));
    assert_true(is_there(fixture, 1));
}

static void a_live_session_does_not_exceed_the_budget(void **state)
{
    struct fixture *fixture = *state;
    recorder_destroy(fixture->recorder);
    fixture->options.budget = 200000;
    open_recorder(fixture);
    struct recorder_capture capture = capture_of(1, 1000000);
    uint64_t file;
    begin(fixture, 1);
    recorder_capture_begin(fixture->recorder, &capture, &file);
    write_codes(fixture, file, 2000000);
    recorder_capture_end(fixture->recorder, file);
    struct recorder_event event = list(fixture, 1);
    assert_non_null(strstr(fixture->trouble, "recording_budget"));
    assert_int_equal(event.count, 2);
    assert_true(event.files[1].bytes < 1500000);
    assert_false(event.files[1].complete);
    free(event.files);
    /* The next one has room again, since the first may go when it has ended. */
    recorder_end(fixture->recorder, 1, WALL);
    begin(fixture, 2);
    change(fixture, 2, 0, 7, NULL, 0);
    char *text = changes(fixture, 2);
    assert_non_null(strstr(text, "plc.level,7,m"));
    free(text);
}

/* In a process of its own: the limit is for good. */
static int fill_the_disk(struct fixture *fixture)
{
    signal(SIGXFSZ, SIG_IGN);
    open_recorder(fixture);
    struct rlimit limit = {.rlim_cur = 100000, .rlim_max = RLIM_INFINITY};
    begin(fixture, 5);
    setrlimit(RLIMIT_FSIZE, &limit);
    size_t sent = 0;
    for (; sent < 4000; sent++)
        change(fixture, 5, 0, (double)sent, NULL, (int64_t)sent);
    struct recorder_event event = next_event(fixture, RECORDER_EVENT_TROUBLE);
    if (event.session != 5 || strstr(event.why, "failed") == NULL)
        return 1;
    limit.rlim_cur = RLIM_INFINITY;
    setrlimit(RLIMIT_FSIZE, &limit);
    change(fixture, 5, 0, -1, NULL, 10 * SECOND);
    sent++;
    next_event(fixture, RECORDER_EVENT_WORKS);
    recorder_end(fixture->recorder, 5, WALL);
    recorder_destroy(fixture->recorder);
    size_t length, lines = 0, lost = 0;
    char *text = scratch_read(&fixture->scratch, "recordings/5/changes.csv", &length);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        const char *gap = strstr(line, "(gap),");
        lines += gap == NULL;
        lost += gap != NULL ? strtoul(gap + 6, NULL, 10) : 0;
        if (line[strlen(line) - 1] != '\r')
            return 2;
    }
    return lost > 0 && lines - 1 + lost == sent ? 0 : 3;
}

static void a_full_disk_is_told_and_survived(void **state)
{
    struct fixture *fixture = *state;
    recorder_destroy(fixture->recorder);
    pid_t child = fork();
    if (child == 0)
        _exit(fill_the_disk(fixture));
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    open_recorder(fixture);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define WITH_RECORDER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
        WITH_RECORDER(changes_are_lines_of_csv),
        WITH_RECORDER(a_session_goes_on_after_a_crash),
        WITH_RECORDER(an_overflow_becomes_a_gap),
        WITH_RECORDER(the_end_is_noted),
        WITH_RECORDER(a_capture_can_be_read_back_in_parts),
        WITH_RECORDER(captures_are_numbered_and_a_short_one_is_not_complete),
        WITH_RECORDER(names_lead_nowhere_else),
        WITH_RECORDER(reads_are_bounded),
        WITH_RECORDER(the_oldest_goes_when_the_budget_is_used_up),
        WITH_RECORDER(recordings_go_at_the_end_of_their_life),
        WITH_RECORDER(a_live_session_does_not_exceed_the_budget),
        WITH_RECORDER(a_full_disk_is_told_and_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
