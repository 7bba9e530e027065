/* The C client against a real bus process, over every transport. */
#include "gateway/client/client.h"
#include "tests/unit/control/bus_host.h"

#include <sys/stat.h>

#define CERTIFICATES "tests/unit/control/certificates/"
#define PATIENCE     SECONDS(30)

static struct host host;
static char folder[] = "/tmp/labgate-test-XXXXXX", ipc[64];

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(ipc, sizeof ipc, "ipc://%s/bus", folder);
    struct config_listener listeners[] = {
        {.url = "tcp://127.0.0.1:0",     .scheme = CONFIG_TCP},
        {.url = "ws://127.0.0.1:0/bus",  .scheme = CONFIG_WS },
        {.url = ipc,                     .scheme = CONFIG_IPC},
        {.url = "tls+tcp://127.0.0.1:0", .scheme = CONFIG_TLS},
        {.url = "wss://127.0.0.1:0/bus", .scheme = CONFIG_WSS},
    };
    for (size_t i = 0; i < 5; i++) {
        listeners[i].certificate = CERTIFICATES "localhost.crt";
        listeners[i].key = CERTIFICATES "localhost.key";
    }
    host_start(&host, listeners, 5);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    host_end(&host);
    unlink(ipc + strlen("ipc://"));
    return rmdir(folder);
}

static void count_changes(void *context, bool connected)
{
    int *changes = context;
    changes[connected]++;
}

static struct client *connect_to(const char *url, int *changes)
{
    struct client *client;
    char why[512];
    struct client_options options = {.url = url,
                                     .authority = CERTIFICATES "localhost.crt",
                                     .server_name = "localhost",
                                     .token = "a token",
                                     .connection = count_changes,
                                     .context = changes};
    if (client_create(&options, &client, why, sizeof why) != CLIENT_OK)
        fail_msg("%s", why);
    return client;
}

static int ask_rigs(struct client *client, int64_t timeout, Labgate__Answer **answer)
{
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Rigs rigs = LABGATE__RIGS__INIT;
    request.body_case = LABGATE__REQUEST__BODY_RIGS;
    request.rigs = &rigs;
    return client_call(client, &request, timeout, answer);
}

static void expect_rigs(struct client *client)
{
    Labgate__Answer *answer;
    assert_int_equal(ask_rigs(client, PATIENCE, &answer), CLIENT_OK);
    assert_true(answer->ok);
    assert_string_equal(answer->message, "secure");
    client_free(answer);
}

static void expect_file(struct client *client, uint32_t length)
{
    Labgate__Answer *answer;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__ReadFile read_file = LABGATE__READ_FILE__INIT;
    read_file.length = length;
    request.body_case = LABGATE__REQUEST__BODY_READ_FILE;
    request.read_file = &read_file;
    assert_int_equal(client_call(client, &request, PATIENCE, &answer), CLIENT_OK);
    assert_non_null(answer->read_file);
    assert_int_equal(answer->read_file->data.len, length);
    client_free(answer);
}

static uint64_t next_frame(struct client *client, bool *full)
{
    Labgate__Answer *answer;
    assert_int_equal(client_next_frame(client, PATIENCE, &answer), CLIENT_OK);
    assert_true(answer->ok);
    assert_non_null(answer->frame);
    uint64_t number = answer->frame->cursor->frame;
    *full = answer->frame->full;
    client_free(answer);
    return number;
}

static void watch_for(struct client *client, int frames)
{
    bool full;
    uint64_t last = next_frame(client, &full);
    assert_true(full);
    for (int i = 0; i < frames; i++) {
        uint64_t next = next_frame(client, &full);
        assert_true(next > last);
        last = next;
        if (i % 16 == 0)
            expect_rigs(client); /* calls and frames don't disturb each other */
    }
}

static void test_calls_and_frames_over_every_transport(void **state)
{
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        int changes[2] = {0};
        struct client *client = connect_to(host.urls[i], changes);
        for (int n = 0; n < 50; n++)
            expect_rigs(client);
        expect_file(client, 1);
        expect_file(client, 60000);
        assert_int_equal(client_watch(client, "tank-1"), CLIENT_OK);
        watch_for(client, 100);
        client_unwatch(client);
        expect_rigs(client);
        client_destroy(client);
        assert_int_equal(changes[0] + changes[1], 0);
    }
}

static void test_a_new_bus_costs_no_more_than_a_reconnect(void **state)
{
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        int changes[2] = {0};
        bool full;
        struct client *client = connect_to(host.urls[i], changes);
        assert_int_equal(client_watch(client, "tank-1"), CLIENT_OK);
        uint64_t last = next_frame(client, &full);
        host_kill_bus(&host);
        expect_rigs(client);
        for (int n = 0; n < 30; n++) {
            uint64_t next = next_frame(client, &full);
            assert_true(next > last);
            last = next;
        }
        client_destroy(client);
        assert_int_equal(changes[0], 1);
        assert_int_equal(changes[1], 1);
    }
}

static int call_with(const char *url, const char *authority, const char *name)
{
    struct client *client;
    char why[512];
    struct client_options options = {.url = url, .authority = authority, .server_name = name};
    assert_int_equal(client_create(&options, &client, why, sizeof why), CLIENT_OK);
    Labgate__Answer *answer;
    int result = ask_rigs(client, PATIENCE, &answer);
    assert_null(answer);
    client_destroy(client);
    return result;
}

static void test_a_certificate_that_is_not_the_one_expected(void **state)
{
    (void)state;
    for (size_t i = 3; i < 5; i++) {
        assert_int_equal(call_with(host.urls[i], CERTIFICATES "stranger.crt", "localhost"), CLIENT_UNTRUSTED);
        assert_int_equal(call_with(host.urls[i], CERTIFICATES "localhost.crt", "elsewhere"),
                         CLIENT_UNTRUSTED);
    }
}

int main(int argument_count, char **arguments)
{
    if (argument_count > 1 && strcmp(arguments[1], "bus") == 0)
        return bus_main(argument_count, arguments);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls_and_frames_over_every_transport),
        cmocka_unit_test(test_a_new_bus_costs_no_more_than_a_reconnect),
        cmocka_unit_test(test_a_certificate_that_is_not_the_one_expected),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
