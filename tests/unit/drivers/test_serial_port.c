/* The way through libserialport, which no pty can take by itself: a pty has no entry in /sys/class/tty and
 * no control lines. So this program gives it both: realpath() answers with a name that leads there from
 * /dev and from /sys/class/tty alike, and ioctl() answers for the control lines. Everything else is the
 * library's and the kernel's. */
#include "drivers/stream.h"

#include "tests/unit/drivers/peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include <cmocka.h>

#define VISIBLE __attribute__((visibility("default")))

static char port_name[128];
static int modem_lines_asked;

VISIBLE char *realpath(const char *restrict name, char *restrict resolved);
VISIBLE char *realpath(const char *restrict name, char *restrict resolved)
{
    (void)name;
    (void)resolved;
    return strdup(port_name);
}

VISIBLE int ioctl(int descriptor, unsigned long request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    if (request == TIOCMGET || request == TIOCMSET || request == TIOCMBIS || request == TIOCMBIC) {
        modem_lines_asked++;
        if (request == TIOCMGET)
            *(int *)argument = 0;
        return 0;
    }
    return (int)syscall(SYS_ioctl, descriptor, request, argument);
}

static void serve(struct peer *peer)
{
    char byte;
    while (peer_take(peer, &byte, 1))
        if (byte == '\n')
            peer_give(peer, "here\n", 5);
}

struct port {
    struct peer peer;
    struct driver_line_spec spec;
    char directory[32], link[64];
    int64_t deadline;
};

static void begin(struct port *port)
{
    strcpy(port->directory, "/tmp/labgate-port-XXXXXX");
    assert_non_null(mkdtemp(port->directory));
    snprintf(port->link, sizeof port->link, "%s/tty", port->directory);
    snprintf(port_name, sizeof port_name, "/dev/../../..%s", port->link);
    peer_start(&port->peer, true, serve, NULL);
    assert_int_equal(symlink(port->peer.device, port->link), 0);
    port->spec = peer_line(&port->peer);
    port->deadline = peer_now() + 20 * PEER_SECOND;
    modem_lines_asked = 0;
}

static void end(struct port *port)
{
    peer_stop(&port->peer);
    unlink(port->link);
    rmdir(port->directory);
}

static void a_port_is_opened_read_and_written(void **state)
{
    (void)state;
    struct port port;
    struct driver_line *line;
    struct driver_fault fault;
    begin(&port);
    if (stream_transport.open(&port.spec, port.deadline, &line, &fault))
        fail_msg("%s", fault.text);
    assert_true(modem_lines_asked > 0); /* the library was on the way */
    char text[16];
    assert_int_equal(stream_send(line, "?\n", 2, port.deadline, &fault), 0);
    assert_int_equal(stream_read_line(line, text, sizeof text, port.deadline, &fault), 0);
    assert_string_equal(text, "here");
    stream_transport.close(line);
    end(&port);
}

static void the_settings_reach_the_port(void **state)
{
    (void)state;
    struct port port;
    struct driver_line *line;
    struct driver_fault fault;
    begin(&port);
    port.spec.baud = 57600;
    port.spec.stop_bits = 2;
    assert_int_equal(stream_transport.open(&port.spec, port.deadline, &line, &fault), 0);
    struct termios settings;
    assert_int_equal(tcgetattr(port.peer.holder, &settings), 0);
    assert_int_equal(cfgetospeed(&settings), B57600);
    assert_true(settings.c_cflag & CSTOPB);
    assert_false(settings.c_lflag & (ICANON | ECHO));
    stream_transport.close(line);
    end(&port);
}

static void a_port_is_held_alone(void **state)
{
    (void)state;
    struct port port;
    struct driver_line *line, *second;
    struct driver_fault fault;
    begin(&port);
    assert_int_equal(stream_transport.open(&port.spec, port.deadline, &line, &fault), 0);
    assert_int_equal(stream_transport.open(&port.spec, port.deadline, &second, &fault), DRIVER_DISCONNECTED);
    assert_non_null(strstr(fault.text, "another program"));
    stream_transport.close(line);
    assert_int_equal(stream_transport.open(&port.spec, port.deadline, &line, &fault), 0);
    stream_transport.close(line);
    end(&port);
}

static void a_port_that_goes_is_noticed_at_once(void **state)
{
    (void)state;
    struct port port;
    struct driver_line *line;
    struct driver_fault fault;
    begin(&port);
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    char device[64], text[16];
    assert_true(master >= 0 && !grantpt(master) && !unlockpt(master) &&
                !ptsname_r(master, device, sizeof device));
    unlink(port.link);
    assert_int_equal(symlink(device, port.link), 0);
    assert_int_equal(stream_transport.open(&port.spec, port.deadline, &line, &fault), 0);
    close(master);
    assert_int_equal(stream_read_line(line, text, sizeof text, port.deadline, &fault), DRIVER_DISCONNECTED);
    assert_true(peer_now() < port.deadline);
    stream_transport.close(line);
    end(&port);
}

static void an_unknown_port_says_so(void **state)
{
    (void)state;
    struct driver_line *line;
    struct driver_fault fault;
    struct driver_line_spec spec = {.serial = true, .device = "/dev/ttyX", .baud = 9600};
    strcpy(port_name, "/dev/ttyX-that-is-not-there");
    assert_int_equal(stream_transport.open(&spec, peer_now() + PEER_SECOND, &line, &fault),
                     DRIVER_DISCONNECTED);
    assert_non_null(strstr(fault.text, "no such device"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_port_is_opened_read_and_written),
        cmocka_unit_test(the_settings_reach_the_port),
        cmocka_unit_test(a_port_is_held_alone),
        cmocka_unit_test(a_port_that_goes_is_noticed_at_once),
        cmocka_unit_test(an_unknown_port_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
