/* Lines and blocks over TCP and ptys: complete, or an error. */
#include "drivers/stream.h"

#include "tests/unit/drivers/stall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* To each line that it reads the peer sends the next answer; NULL: it hangs up. */
struct script {
    const char *answers[8];
};

static void serve(struct peer *peer)
{
    const struct script *script = peer->context;
    char byte;
    for (size_t next = 0; peer_take(peer, &byte, 1);) {
        if (byte != '\n')
            continue;
        const char *answer = script->answers[next];
        if (!answer)
            return;
        size_t length = strlen(answer);
        next++;
        /* Dribbled, so that no reader can rely on getting all at once. */
        for (size_t sent = 0; sent < length; sent += 3)
            peer_give(peer, answer + sent, length - sent < 3 ? length - sent : 3);
    }
}

struct rig {
    struct peer peer;
    struct driver_line_spec spec;
    struct driver_line *line;
    struct driver_fault fault;
    int64_t deadline;
};

static void begin(struct rig *rig, bool serial, struct script *script)
{
    peer_start(&rig->peer, serial, serve, script);
    rig->spec = peer_line(&rig->peer);
    rig->deadline = peer_now() + 20 * PEER_SECOND;
    if (stream_transport.open(&rig->spec, rig->deadline, &rig->line, &rig->fault))
        fail_msg("%s", rig->fault.text);
}

static void end(struct rig *rig)
{
    stream_transport.close(rig->line);
    peer_stop(&rig->peer);
}

static void ask(struct rig *rig)
{
    assert_int_equal(stream_send(rig->line, "?\n", 2, rig->deadline, &rig->fault), 0);
}

static void lines_end_at_lf(void **state)
{
    (void)state;
    for (int serial = 0; serial < 2; serial++) {
        struct script script = {
            {"plain\n", "with cr\r\n", "\n", "two\nthree\n"}
        };
        static const char *const expected[] = {"plain", "with cr", "", "two", "three"};
        struct rig rig;
        begin(&rig, serial, &script);
        for (size_t i = 0; i < 5; i++) {
            if (i < 4)
                ask(&rig);
            char text[32];
            assert_int_equal(stream_read_line(rig.line, text, sizeof text, rig.deadline, &rig.fault), 0);
            assert_string_equal(text, expected[i]);
        }
        end(&rig);
    }
}

static void a_line_that_does_not_fit_is_garbled(void **state)
{
    (void)state;
    struct script script = {
        {"0123456789\n", "0123456\n"}
    };
    struct rig rig;
    begin(&rig, false, &script);
    ask(&rig);
    char text[8];
    assert_int_equal(stream_read_line(rig.line, text, sizeof text, rig.deadline, &rig.fault), DRIVER_GARBLED);
    end(&rig);
    script.answers[0] = script.answers[1];
    begin(&rig, false, &script);
    ask(&rig);
    assert_int_equal(stream_read_line(rig.line, text, sizeof text, rig.deadline, &rig.fault), 0);
    assert_string_equal(text, "0123456");
    end(&rig);
}

static int read_block(struct rig *rig, bool serial, const char *answer, int64_t patience)
{
    struct script script = {{answer}};
    begin(rig, serial, &script);
    ask(rig);
    char bytes[4];
    int result = stream_read_block(rig->line, bytes, sizeof bytes,
                                   patience ? peer_now() + patience : rig->deadline, &rig->fault);
    if (!result)
        assert_memory_equal(bytes, "a\nb\r", 4);
    end(rig);
    return result;
}

static void blocks_are_read_by_their_length(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        int result;
    } cases[] = {
        {"#14a\nb\r\n",         DRIVER_OK     },
        {"#14a\nb\r",           DRIVER_OK     },
        {"#9000000004a\nb\r\n", DRIVER_OK     },
        {"#13a\nb\n",           DRIVER_GARBLED},
        {"#15a\nb\rc\n",        DRIVER_GARBLED},
        {"#0a\nb\r\n",          DRIVER_GARBLED},
        {"#1xa\nb\r\n",         DRIVER_GARBLED},
        {"#2-4a\nb\r\n",        DRIVER_GARBLED},
        {"#2 4a\nb\r\n",        DRIVER_GARBLED},
        {"#2+4a\nb\r\n",        DRIVER_GARBLED},
        {"4a\nb\r\n",           DRIVER_GARBLED},
        {"#x4a\nb\r\n",         DRIVER_GARBLED},
        {"0,\"No error\"\n",    DRIVER_GARBLED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int serial = 0; serial < 2; serial++) {
            struct rig rig;
            int result = read_block(&rig, serial, cases[i].answer, 0);
            if (result != cases[i].result)
                fail_msg("case %zu: %s (%s)", i, driver_result_name(result), rig.fault.text);
            if (!strncmp(cases[i].answer, "#0", 2))
                assert_non_null(strstr(rig.fault.text, "#0"));
        }
}

static void a_cut_block_is_never_a_success(void **state)
{
    (void)state;
    static const char whole[] = "#14a\nb\r";
    for (int serial = 0; serial < 2; serial++)
        for (size_t length = 1; length < sizeof whole - 1; length++) {
            struct rig rig;
            char cut[sizeof whole] = "";
            memcpy(cut, whole, length);
            assert_int_equal(read_block(&rig, serial, cut, PEER_SECOND / 20), DRIVER_TIMED_OUT);
        }
}

/* The terminator after a block may come with it, late, or not at all; the next answer is the same. */
static void what_follows_a_block_is_the_next_answer(void **state)
{
    (void)state;
    static const struct {
        const char *block, *next, *text;
    } cases[] = {
        {"#12ab\n",   "1.5\n",     "1.5"},
        {"#12ab\r\n", "1.5\n",     "1.5"},
        {"#12ab",     "1.5\n",     "1.5"},
        {"#12ab",     "\n1.5\n",   "1.5"},
        {"#12ab",     "\r\n1.5\n", "1.5"},
        {"#12ab\n",   "\n",        ""   },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int serial = 0; serial < 2; serial++) {
            struct script script = {
                {cases[i].block, cases[i].next}
            };
            struct rig rig;
            char bytes[2], text[16];
            begin(&rig, serial, &script);
            ask(&rig);
            assert_int_equal(stream_read_block(rig.line, bytes, 2, rig.deadline, &rig.fault), 0);
            assert_int_equal(stream_check_in_step(rig.line, &rig.fault), 0);
            ask(&rig);
            assert_int_equal(stream_read_line(rig.line, text, sizeof text, rig.deadline, &rig.fault), 0);
            assert_string_equal(text, cases[i].text);
            end(&rig);
        }
}

static void what_nobody_asked_for_is_found(void **state)
{
    (void)state;
    for (int serial = 0; serial < 2; serial++) {
        struct script script = {
            {"one\ntwo\n", "three\n"}
        };
        struct rig rig;
        char text[16];
        begin(&rig, serial, &script);
        assert_int_equal(stream_check_in_step(rig.line, &rig.fault), 0);
        ask(&rig);
        assert_int_equal(stream_read_line(rig.line, text, sizeof text, rig.deadline, &rig.fault), 0);
        int result = 0;
        while (!result && peer_now() < rig.deadline)
            result = stream_check_in_step(rig.line, &rig.fault);
        assert_int_equal(result, DRIVER_GARBLED);
        end(&rig);
    }
}

static void recovery_throws_away_what_was_on_the_line(void **state)
{
    (void)state;
    struct script script = {
        {"old\n", "new\n"}
    };
    struct rig rig;
    char text[16];
    begin(&rig, true, &script);
    ask(&rig);
    assert_int_equal(stream_transport.recover(rig.line, PEER_SECOND / 5, rig.deadline, &rig.fault), 0);
    ask(&rig);
    assert_int_equal(stream_read_line(rig.line, text, sizeof text, rig.deadline, &rig.fault), 0);
    assert_string_equal(text, "new");
    end(&rig);

    script = (struct script){{"old\nold\nold\n"}};
    begin(&rig, false, &script);
    ask(&rig);
    assert_int_equal(stream_read_line(rig.line, text, sizeof text, rig.deadline, &rig.fault), 0);
    assert_int_equal(stream_transport.recover(rig.line, 0, rig.deadline, &rig.fault), 0);
    script.answers[0] = "new\n"; /* a new connection begins the script anew */
    ask(&rig);
    assert_int_equal(stream_read_line(rig.line, text, sizeof text, rig.deadline, &rig.fault), 0);
    assert_string_equal(text, "new");
    end(&rig);
}

/* A line that never falls silent is given up at the deadline. */
static void serve_noise(struct peer *peer)
{
    char noise[64];
    memset(noise, 'x', sizeof noise);
    while (send(peer->line, noise, sizeof noise, MSG_NOSIGNAL) > 0)
        continue;
}

static void noise_without_end_is_given_up(void **state)
{
    (void)state;
    struct peer peer;
    peer_start(&peer, false, serve_noise, NULL);
    struct driver_line_spec spec = peer_line(&peer);
    struct driver_line *line;
    struct driver_fault fault;
    assert_int_equal(stream_transport.open(&spec, peer_now() + 20 * PEER_SECOND, &line, &fault), 0);
    assert_int_equal(stream_drain(line, PEER_SECOND / 2, peer_now() + PEER_SECOND, &fault), DRIVER_TIMED_OUT);
    stream_transport.close(line);
    peer_stop(&peer);
}

static void a_hang_up_is_noticed_at_once(void **state)
{
    (void)state;
    struct script script = {{NULL}};
    struct rig rig;
    char text[16];
    begin(&rig, false, &script);
    ask(&rig);
    assert_int_equal(stream_read_line(rig.line, text, sizeof text, rig.deadline, &rig.fault),
                     DRIVER_DISCONNECTED);
    end(&rig);

    /* On a pty the other end goes when the master is closed: the peer's thread is not needed for that. */
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    char device[64];
    assert_true(master >= 0 && !grantpt(master) && !unlockpt(master) &&
                !ptsname_r(master, device, sizeof device));
    struct driver_line_spec spec = {
        .serial = true, .device = device, .baud = 9600, .data_bits = 8, .stop_bits = 1};
    struct driver_line *line;
    int64_t deadline = peer_now() + 20 * PEER_SECOND;
    assert_int_equal(stream_transport.open(&spec, deadline, &line, &rig.fault), 0);
    close(master);
    assert_int_equal(stream_read_line(line, text, sizeof text, deadline, &rig.fault), DRIVER_DISCONNECTED);
    assert_int_equal(stream_send(line, "?\n", 2, deadline, &rig.fault), DRIVER_DISCONNECTED);
    assert_true(peer_now() < deadline);
    stream_transport.close(line);
}

static void serve_too_late(struct peer *peer)
{
    char question[2];
    if (!peer_take(peer, question, sizeof question))
        return;
    stall_answer(peer, "late\n", 5);
    peer_take(peer, question, 1);
}

static void what_is_read_after_its_time_is_no_answer(void **state)
{
    (void)state;
    for (int serial = 0; serial < 2; serial++) {
        struct peer peer;
        struct driver_line *line;
        struct driver_fault fault;
        char text[16];
        stall_start(&peer, serial, serve_too_late, NULL);
        struct driver_line_spec spec = peer_line(&peer);
        assert_int_equal(stream_transport.open(&spec, peer_now() + 20 * PEER_SECOND, &line, &fault), 0);
        assert_int_equal(stream_send(line, "?\n", 2, peer_now() + PEER_SECOND, &fault), 0);
        int64_t deadline = peer_now() + PEER_SECOND / 20;
        stall_soon(deadline);
        assert_int_equal(stream_read_line(line, text, sizeof text, deadline, &fault), DRIVER_TIMED_OUT);
        assert_true(atomic_load(&stall.answered));
        stream_transport.close(line);
        peer_stop(&peer);
    }
}

/* What came while a drain waited for silence is taken off the line, however late that is noticed. */
static void a_drain_that_was_held_up_reads_what_came(void **state)
{
    (void)state;
    struct peer peer;
    struct driver_line *line;
    struct driver_fault fault;
    int64_t quiet = PEER_SECOND / 20;
    stall_start(&peer, true, serve_too_late, NULL);
    struct driver_line_spec spec = peer_line(&peer);
    assert_int_equal(stream_transport.open(&spec, peer_now() + 20 * PEER_SECOND, &line, &fault), 0);
    assert_int_equal(stream_send(line, "?\n", 2, peer_now() + PEER_SECOND, &fault), 0);
    stall_soon(peer_now() + 2 * quiet);
    assert_int_equal(stream_drain(line, quiet, peer_now() + 20 * PEER_SECOND, &fault), 0);
    assert_true(atomic_load(&stall.answered));
    assert_int_equal(stream_check_in_step(line, &fault), 0);
    stream_transport.close(line);
    peer_stop(&peer);
}

static void a_serial_device_is_held_alone(void **state)
{
    (void)state;
    struct script script = {{NULL}};
    struct rig rig;
    begin(&rig, true, &script);
    struct driver_line *second;
    assert_int_equal(stream_transport.open(&rig.spec, rig.deadline, &second, &rig.fault),
                     DRIVER_DISCONNECTED);
    assert_null(second);
    end(&rig);
}

static void a_link_to_a_device_is_followed(void **state)
{
    (void)state;
    char directory[] = "/tmp/labgate-stream-XXXXXX", link[64];
    assert_non_null(mkdtemp(directory));
    snprintf(link, sizeof link, "%s/by-id", directory);
    struct script script = {{"here\n"}};
    struct peer peer;
    peer_start(&peer, true, serve, &script);
    assert_int_equal(symlink(peer.device, link), 0);
    struct driver_line_spec spec = peer_line(&peer);
    spec.device = link;
    struct driver_line *line;
    struct driver_fault fault;
    int64_t deadline = peer_now() + 20 * PEER_SECOND;
    assert_int_equal(stream_transport.open(&spec, deadline, &line, &fault), 0);
    char text[16];
    assert_int_equal(stream_send(line, "?\n", 2, deadline, &fault), 0);
    assert_int_equal(stream_read_line(line, text, sizeof text, deadline, &fault), 0);
    assert_string_equal(text, "here");
    stream_transport.close(line);
    peer_stop(&peer);
    unlink(link);
    rmdir(directory);
}

static void a_refused_connection_says_so(void **state)
{
    (void)state;
    struct peer peer;
    peer_start(&peer, false, serve, NULL);
    struct driver_line_spec spec = peer_line(&peer);
    peer_stop(&peer);
    struct driver_line *line;
    struct driver_fault fault;
    assert_int_equal(stream_transport.open(&spec, peer_now() + 20 * PEER_SECOND, &line, &fault),
                     DRIVER_DISCONNECTED);
    assert_non_null(strstr(fault.text, "refused"));
}

/* A line that is used reads no file: it knows addresses only. */
static void a_name_is_looked_up_before_the_line_is_used(void **state)
{
    (void)state;
    struct peer peer;
    peer_start(&peer, false, serve, NULL);
    struct driver_line_spec spec = peer_line(&peer);
    struct driver_line *line;
    struct driver_fault fault;
    spec.host = "localhost";
    assert_int_equal(stream_transport.open(&spec, peer_now() + 20 * PEER_SECOND, &line, &fault),
                     DRIVER_INVALID);
    assert_non_null(strstr(fault.text, "/etc/hosts"));
    char address[DRIVER_ADDRESS_MAX];
    if (access("/etc/hosts", R_OK)) {
        peer_stop(&peer);
        skip(); /* a root that holds the base packages only: nothing says what localhost is */
    }
    driver_find_host("localhost", address);
    assert_string_equal(address, "127.0.0.1");
    spec.host = address;
    assert_int_equal(stream_transport.open(&spec, peer_now() + 20 * PEER_SECOND, &line, &fault), DRIVER_OK);
    stream_transport.close(line);
    peer_stop(&peer);
    driver_find_host("::1", address);
    assert_string_equal(address, "::1");
    driver_find_host("no-such-host.invalid", address);
    assert_string_equal(address, "no-such-host.invalid");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_end_at_lf),
        cmocka_unit_test(a_line_that_does_not_fit_is_garbled),
        cmocka_unit_test(blocks_are_read_by_their_length),
        cmocka_unit_test(a_cut_block_is_never_a_success),
        cmocka_unit_test(what_follows_a_block_is_the_next_answer),
        cmocka_unit_test(what_nobody_asked_for_is_found),
        cmocka_unit_test(recovery_throws_away_what_was_on_the_line),
        cmocka_unit_test(noise_without_end_is_given_up),
        cmocka_unit_test(a_hang_up_is_noticed_at_once),
        cmocka_unit_test(what_is_read_after_its_time_is_no_answer),
        cmocka_unit_test(a_drain_that_was_held_up_reads_what_came),
        cmocka_unit_test(a_serial_device_is_held_alone),
        cmocka_unit_test(a_link_to_a_device_is_followed),
        cmocka_unit_test(a_refused_connection_says_so),
        cmocka_unit_test(a_name_is_looked_up_before_the_line_is_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
