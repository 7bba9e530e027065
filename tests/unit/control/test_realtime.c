/* Real-time priority, and the end of who keeps a processor by it. The latter is tried where the system
 * permits it. */
#include "gateway/control/realtime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PRIORITY 5
#define SECOND   INT64_C(1000000000)

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * SECOND + time.tv_nsec;
}

enum { REFUSED = 100 };

static int status_of(int (*work)(void))
{
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(work());
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == REFUSED)
        skip();
    return status;
}

static int compute(int64_t how_long, bool rests)
{
    char note[400];
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    if (realtime_begin(PRIORITY, note, sizeof note) != PRIORITY)
        return REFUSED;
    realtime_limit();
    int64_t until = now() + how_long, rested = now();
    while (now() < until)
        if (rests)
            realtime_rest(&rested, now());
    return 0;
}

static int run_away(void)
{
    return compute(20 * SECOND, false);
}

static int work_long(void)
{
    return compute(3 * SECOND, true);
}

static void test_who_computes_without_end_is_ended(void **state)
{
    (void)state;
    int status = status_of(run_away);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGXCPU);
}

static void test_who_has_much_to_do_is_not(void **state)
{
    (void)state;
    assert_int_equal(status_of(work_long), 0);
}

static int ask_as_nobody(void)
{
    char note[400];
    setrlimit(RLIMIT_RTPRIO, &(struct rlimit){0, 0});
    if (geteuid() == 0 && setuid(65534) != 0)
        return 1;
    if (realtime_begin(0, note, sizeof note) != 0 || note[0])
        return 2;
    if (realtime_begin(PRIORITY, note, sizeof note) != 0)
        return 3;
    return strstr(note, "LimitRTPRIO=5") ? 0 : 4;
}

static void test_a_refusal_says_what_to_do(void **state)
{
    (void)state;
    assert_int_equal(status_of(ask_as_nobody), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_computes_without_end_is_ended),
        cmocka_unit_test(test_who_has_much_to_do_is_not),
        cmocka_unit_test(test_a_refusal_says_what_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
