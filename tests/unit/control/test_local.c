/* The gateway's own socket when there is no descriptor left. */
#include "gateway/control/local.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define DESCRIPTORS 64

static char folder[] = "/tmp/labgate-local-XXXXXX";
static struct sockaddr_un address = {.sun_family = AF_UNIX};

static struct local *make(void)
{
    struct local *local = NULL;
    char why[200];
    snprintf(address.sun_path, sizeof address.sun_path, "%s/control.sock", folder);
    assert_int_equal(local_create(address.sun_path, &local, why, sizeof why), 0);
    return local;
}

static int unconnected(void)
{
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    return fd;
}

static void join(int fd)
{
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
}

static bool wakes(struct local *local)
{
    struct pollfd wait = {.fd = local_fd(local), .events = POLLIN};
    return poll(&wait, 1, 0) == 1;
}

static size_t receive(struct local *local, struct origin *origin)
{
    uint8_t bytes[16];
    return local_receive(local, bytes, sizeof bytes, origin);
}

/* Takes every descriptor that is left. */
static size_t take_all(int taken[DESCRIPTORS])
{
    size_t count = 0;
    while (count < DESCRIPTORS && (taken[count] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
        count++;
    assert_true(count < DESCRIPTORS);
    return count;
}

static void without_a_descriptor_nobody_keeps_the_loop_awake(void **state)
{
    (void)state;
    struct local *local = make();
    struct origin origin;
    char byte;
    int before = unconnected(), first = unconnected(), second = unconnected(), after = unconnected();
    join(before);
    assert_int_equal(receive(local, &origin), 0);
    int taken[DESCRIPTORS];
    size_t count = take_all(taken);
    join(first);
    join(second);
    assert_true(wakes(local));
    assert_int_equal(receive(local, &origin), 0);
    assert_false(wakes(local));
    assert_int_equal(recv(first, &byte, 1, MSG_DONTWAIT), 0); /* sees the end at once */
    assert_int_equal(recv(second, &byte, 1, MSG_DONTWAIT), 0);
    /* Who was there before is served on, and so is who comes when there are descriptors again. */
    assert_int_equal(send(before, "a", 1, 0), 1);
    assert_int_equal(receive(local, &origin), 1);
    while (count)
        close(taken[--count]);
    join(after);
    assert_int_equal(send(after, "ab", 2, 0), 2);
    assert_int_equal(receive(local, &origin), 2);
    local_destroy(local);
    close(before);
    close(first);
    close(second);
    close(after);
}

/* All that wait are taken, though the listener tells of them once. */
static void whoever_waits_is_admitted(void **state)
{
    (void)state;
    struct local *local = make();
    struct origin origin;
    int fds[8];
    for (size_t i = 0; i < 8; i++) {
        fds[i] = unconnected();
        join(fds[i]);
    }
    assert_int_equal(receive(local, &origin), 0);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(send(fds[i], "a", 1, 0), 1);
        assert_int_equal(receive(local, &origin), 1);
    }
    local_destroy(local);
    for (size_t i = 0; i < 8; i++)
        close(fds[i]);
}

static int setup(void **state)
{
    (void)state;
    struct rlimit limit;
    if (!mkdtemp(folder) || getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return -1;
    limit.rlim_cur = DESCRIPTORS;
    return setrlimit(RLIMIT_NOFILE, &limit);
}

static int teardown(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_descriptor_nobody_keeps_the_loop_awake),
        cmocka_unit_test(whoever_waits_is_admitted),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
