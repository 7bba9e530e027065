/* The life of bus processes as control sees it, with real processes. */
#include "tests/unit/control/bus_host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define PATIENCE SECONDS(30)

struct fixture {
    struct launcher *launcher;
    struct channel *channel;
};

static void start(struct fixture *fixture, const char *url)
{
    char why[512];
    struct launcher_options launcher = {.user = NULL};
    if (launcher_create(&launcher, &fixture->launcher, why, sizeof why) != 0)
        fail_msg("%s", why);
    struct config_listener listener = {.url = url, .scheme = CONFIG_TCP};
    struct channel_options options = {
        .listeners = &listener, .listener_count = 1, .launcher = fixture->launcher};
    if (channel_create(&options, &fixture->channel, why, sizeof why) != 0)
        fail_msg("%s", why);
}

static void end(struct fixture *fixture)
{
    channel_destroy(fixture->channel);
    launcher_destroy(fixture->launcher);
}

/* Runs the channel until an envelope of this kind comes; its payload as text. */
static struct envelope await(struct fixture *fixture, uint8_t kind, char *text, size_t size)
{
    int64_t deadline = host_now() + PATIENCE;
    while (host_now() < deadline) {
        struct envelope envelope;
        const uint8_t *payload;
        while (channel_receive(fixture->channel, host_now(), &envelope, &payload) == 1) {
            if (envelope.kind != kind)
                continue;
            snprintf(text, size, "%.*s", (int)envelope.length, (const char *)payload);
            return envelope;
        }
        int64_t left = channel_tend(fixture->channel, host_now()) - host_now();
        struct pollfd wait = {.fd = channel_fd(fixture->channel), .events = POLLIN};
        (void)poll(&wait, 1, left > 0 ? (int)(left / 1000000) + 1 : 0);
    }
    fail_msg("no envelope of kind %u within 30 s", kind);
    return (struct envelope){0};
}

static void test_a_killed_bus_is_replaced_at_the_same_address(void **state)
{
    (void)state;
    struct fixture fixture;
    char first[256], why[256], second[256];
    start(&fixture, "tcp://127.0.0.1:0");
    struct envelope ready = await(&fixture, ENVELOPE_READY, first, sizeof first);
    assert_null(strstr(first, ":0"));
    kill(child_of(launcher_process(fixture.launcher)), SIGKILL);
    struct envelope lost = await(&fixture, ENVELOPE_LOST, why, sizeof why);
    assert_int_equal(lost.generation, ready.generation);
    assert_non_null(strstr(why, "signal 9"));
    struct envelope again = await(&fixture, ENVELOPE_READY, second, sizeof second);
    assert_true(again.generation > ready.generation);
    assert_string_equal(first, second);
    assert_int_equal(channel_counters(fixture.channel)->restarts, 1);
    end(&fixture);
}

static void test_restarts_back_off(void **state)
{
    (void)state;
    struct fixture fixture;
    char text[256];
    int64_t shortest[] = {0, 90, 190, 390}; /* ms between an end and the next start */
    start(&fixture, "tcp://127.0.0.1:0");
    (void)await(&fixture, ENVELOPE_READY, text, sizeof text);
    for (size_t i = 0; i < 4; i++) {
        kill(child_of(launcher_process(fixture.launcher)), SIGKILL);
        (void)await(&fixture, ENVELOPE_LOST, text, sizeof text);
        int64_t ended = host_now();
        (void)await(&fixture, ENVELOPE_READY, text, sizeof text);
        assert_true(host_now() - ended >= shortest[i] * 1000000);
    }
    end(&fixture);
}

static void test_a_bus_without_progress_is_killed(void **state)
{
    (void)state;
    struct fixture fixture;
    char text[256];
    start(&fixture, "tcp://127.0.0.1:0");
    (void)await(&fixture, ENVELOPE_READY, text, sizeof text);
    kill(child_of(launcher_process(fixture.launcher)), SIGSTOP);
    int64_t stopped = host_now();
    (void)await(&fixture, ENVELOPE_LOST, text, sizeof text);
    assert_non_null(strstr(text, "no progress"));
    assert_true(host_now() - stopped >= SECONDS(1));
    (void)await(&fixture, ENVELOPE_READY, text, sizeof text);
    end(&fixture);
}

static void test_a_healthy_bus_lives_on_without_traffic(void **state)
{
    (void)state;
    struct fixture fixture;
    char text[256];
    start(&fixture, "tcp://127.0.0.1:0");
    (void)await(&fixture, ENVELOPE_READY, text, sizeof text);
    int64_t until = host_now() + SECONDS(3);
    while (host_now() < until) {
        struct envelope envelope;
        const uint8_t *payload;
        while (channel_receive(fixture.channel, host_now(), &envelope, &payload) == 1)
            assert_int_not_equal(envelope.kind, ENVELOPE_LOST);
        (void)channel_tend(fixture.channel, host_now());
        struct pollfd wait = {.fd = channel_fd(fixture.channel), .events = POLLIN};
        (void)poll(&wait, 1, 100);
    }
    end(&fixture);
}

static void test_a_taken_port_is_told_with_its_address(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    struct fixture fixture;
    char url[64], why[512];
    snprintf(url, sizeof url, "tcp://127.0.0.1:%u", ntohs(address.sin_port));
    start(&fixture, url);
    (void)await(&fixture, ENVELOPE_FAILED, why, sizeof why);
    assert_non_null(strstr(why, url));
    assert_non_null(strstr(why, "in use"));
    close(fd);
    end(&fixture);
}

static void test_a_missing_certificate_is_told_before_any_bus_starts(void **state)
{
    (void)state;
    struct launcher *launcher;
    struct channel *channel = NULL;
    char why[512];
    struct launcher_options options = {.user = NULL};
    assert_int_equal(launcher_create(&options, &launcher, why, sizeof why), 0);
    struct config_listener listener = {.url = "tls+tcp://127.0.0.1:0",
                                       .scheme = CONFIG_TLS,
                                       .certificate = "/nonexistent/lab.crt",
                                       .key = "/nonexistent/lab.key"};
    struct channel_options channel_options = {
        .listeners = &listener, .listener_count = 1, .launcher = launcher};
    assert_int_equal(channel_create(&channel_options, &channel, why, sizeof why), -1);
    assert_non_null(strstr(why, "/nonexistent/lab.crt"));
    assert_non_null(strstr(why, "No such file"));
    launcher_destroy(launcher);
}

static void test_sending_never_waits(void **state)
{
    (void)state;
    struct fixture fixture;
    char text[256];
    static const uint8_t payload[1000];
    start(&fixture, "tcp://127.0.0.1:0");
    struct envelope ready = await(&fixture, ENVELOPE_READY, text, sizeof text);
    kill(child_of(launcher_process(fixture.launcher)), SIGSTOP);
    struct envelope answer = {
        .kind = ENVELOPE_ANSWER, .generation = ready.generation, .length = sizeof payload};
    struct envelope frame = {.kind = ENVELOPE_DELTA, .length = sizeof payload};
    int frame_result, result;
    size_t frames = 0, answers = 0;
    do
        frame_result = channel_send(fixture.channel, &frame, payload);
    while (frame_result == CHANNEL_OK && ++frames < 100000);
    assert_int_equal(frame_result, CHANNEL_FULL);
    do
        result = channel_send(fixture.channel, &answer, payload);
    while (result == CHANNEL_OK && ++answers < 100000);
    assert_int_equal(result, CHANNEL_FULL);
    assert_true(answers >= 400 && answers < 600); /* 512 KiB wait, and no more */
    /* The urgent pair has room of its own. */
    answer.class = ENVELOPE_URGENT;
    assert_int_equal(channel_send(fixture.channel, &answer, payload), CHANNEL_OK);
    assert_int_equal(channel_counters(fixture.channel)->answers_dropped, 1);
    assert_int_equal(channel_counters(fixture.channel)->frames_dropped, 1);
    end(&fixture);
}

static void test_answers_for_another_generation_are_dropped(void **state)
{
    (void)state;
    struct fixture fixture;
    char text[256];
    start(&fixture, "tcp://127.0.0.1:0");
    struct envelope ready = await(&fixture, ENVELOPE_READY, text, sizeof text);
    struct envelope answer = {.kind = ENVELOPE_ANSWER, .generation = ready.generation, .pipe = 1};
    assert_int_equal(channel_send(fixture.channel, &answer, NULL), CHANNEL_OK);
    answer.generation--;
    assert_int_equal(channel_send(fixture.channel, &answer, NULL), CHANNEL_STALE);
    kill(child_of(launcher_process(fixture.launcher)), SIGKILL);
    (void)await(&fixture, ENVELOPE_LOST, text, sizeof text);
    answer.generation = ready.generation;
    assert_int_equal(channel_send(fixture.channel, &answer, NULL), CHANNEL_STALE);
    assert_int_equal(channel_counters(fixture.channel)->stale, 2);
    end(&fixture);
}

static void await_death(pid_t process)
{
    int64_t deadline = host_now() + PATIENCE;
    while (kill(process, 0) == 0) {
        char path[64], state = '?';
        snprintf(path, sizeof path, "/proc/%d/stat", process);
        FILE *file = fopen(path, "r");
        if (file && fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
            state = '?';
        if (file)
            fclose(file);
        if (state == 'Z')
            return; /* nobody reaps it here */
        assert_true(host_now() < deadline);
        (void)poll(NULL, 0, 5);
    }
}

static void test_without_the_launcher_the_gateway_is_told_to_stop(void **state)
{
    (void)state;
    struct fixture fixture;
    char text[256];
    start(&fixture, "tcp://127.0.0.1:0");
    (void)await(&fixture, ENVELOPE_READY, text, sizeof text);
    pid_t bus = child_of(launcher_process(fixture.launcher));
    kill(launcher_process(fixture.launcher), SIGKILL);
    struct envelope failed = await(&fixture, ENVELOPE_FAILED, text, sizeof text);
    assert_int_equal(failed.generation, 0);
    await_death(bus);
    end(&fixture);
}

/* Control in a process of its own, which is killed. */
static void test_bus_and_launcher_die_with_control(void **state)
{
    (void)state;
    int pipe_fds[2];
    assert_int_equal(pipe(pipe_fds), 0);
    pid_t control = fork();
    if (control == 0) {
        struct fixture fixture;
        char text[256];
        start(&fixture, "tcp://127.0.0.1:0");
        (void)await(&fixture, ENVELOPE_READY, text, sizeof text);
        pid_t processes[2] = {launcher_process(fixture.launcher),
                              child_of(launcher_process(fixture.launcher))};
        (void)!write(pipe_fds[1], processes, sizeof processes);
        for (;;)
            pause();
    }
    pid_t processes[2];
    assert_int_equal(read(pipe_fds[0], processes, sizeof processes), sizeof processes);
    assert_true(processes[0] > 0 && processes[1] > 0);
    kill(control, SIGKILL);
    assert_int_equal(waitpid(control, NULL, 0), control);
    await_death(processes[0]);
    await_death(processes[1]);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

int main(int argument_count, char **arguments)
{
    if (argument_count > 1 && strcmp(arguments[1], "bus") == 0)
        return bus_main(argument_count, arguments);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_killed_bus_is_replaced_at_the_same_address),
        cmocka_unit_test(test_restarts_back_off),
        cmocka_unit_test(test_a_bus_without_progress_is_killed),
        cmocka_unit_test(test_a_healthy_bus_lives_on_without_traffic),
        cmocka_unit_test(test_a_taken_port_is_told_with_its_address),
        cmocka_unit_test(test_a_missing_certificate_is_told_before_any_bus_starts),
        cmocka_unit_test(test_sending_never_waits),
        cmocka_unit_test(test_answers_for_another_generation_are_dropped),
        cmocka_unit_test(test_without_the_launcher_the_gateway_is_told_to_stop),
        cmocka_unit_test(test_bus_and_launcher_die_with_control),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
