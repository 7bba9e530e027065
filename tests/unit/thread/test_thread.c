/* Priorities of threads. What only root may set is tried as root, in a child that then becomes nobody. */
#include "gateway/thread/thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK    65536
#define PRIORITY 5
#define NOBODY   65534

static int exit_status(int (*work)(void))
{
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(work());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static bool may_set_priorities(void)
{
    const struct sched_param how = {.sched_priority = PRIORITY};
    const struct sched_param ordinary = {0};
    return sched_setscheduler(0, SCHED_FIFO, &how) == 0 && sched_setscheduler(0, SCHED_OTHER, &ordinary) == 0;
}

static int skip_unless_permitted(void **state)
{
    (void)state;
    if (geteuid() != 0 || !may_set_priorities())
        skip();
    return 0;
}

static void *tell_priority(void *context)
{
    struct sched_param param = {0};
    sched_getparam(0, &param);
    *(int *)context = sched_getscheduler(0) == SCHED_FIFO ? param.sched_priority : 0;
    return NULL;
}

static int priority_of_thread(int wanted)
{
    pthread_t thread;
    int priority = -1;
    if (thread_start(&thread, STACK, wanted, tell_priority, &priority) != 0)
        return -1;
    pthread_join(thread, NULL);
    return priority;
}

static int start_after_giving_up_privileges(void)
{
    if (thread_set_priority(PRIORITY) != 0)
        return 1;
    setrlimit(RLIMIT_RTPRIO, &(struct rlimit){0, 0});
    if (setuid(NOBODY) != 0 || thread_set_priority(PRIORITY + 1) != EPERM)
        return 2;
    if (priority_of_thread(0) != 0)
        return 3;
    return priority_of_thread(PRIORITY) == PRIORITY ? 0 : 4;
}

static void test_a_thread_has_the_priority_that_was_asked_for_and_inherits_none(void **state)
{
    skip_unless_permitted(state);
    assert_int_equal(exit_status(start_after_giving_up_privileges), 0);
}

static int start_without_permission(void)
{
    setrlimit(RLIMIT_RTPRIO, &(struct rlimit){0, 0});
    if (geteuid() == 0 && setuid(NOBODY) != 0)
        return 1;
    if (thread_set_priority(PRIORITY) != EPERM)
        return 2;
    return priority_of_thread(PRIORITY) == 0 ? 0 : 3;
}

static void test_without_permission_a_thread_runs_all_the_same(void **state)
{
    (void)state;
    assert_int_equal(exit_status(start_without_permission), 0);
}

static void *tell_signals(void *context)
{
    pthread_sigmask(SIG_BLOCK, NULL, context);
    return NULL;
}

static void test_a_thread_takes_no_signals(void **state)
{
    (void)state;
    pthread_t thread;
    sigset_t blocked;
    assert_int_equal(thread_start(&thread, STACK, 0, tell_signals, &blocked), 0);
    pthread_join(thread, NULL);
    assert_true(sigismember(&blocked, SIGTERM));
    pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    assert_false(sigismember(&blocked, SIGTERM));
}

/* --- locks ------------------------------------------------------------------------------------ */

struct holder {
    pthread_mutex_t mutex;
    sem_t holds, may_release;
    int kernel_id;
};

static void *hold(void *context)
{
    struct holder *holder = context;
    holder->kernel_id = (int)syscall(SYS_gettid);
    pthread_mutex_lock(&holder->mutex);
    sem_post(&holder->holds);
    sem_wait(&holder->may_release);
    pthread_mutex_unlock(&holder->mutex);
    return NULL;
}

static void *wait_for(void *context)
{
    struct holder *holder = context;
    pthread_mutex_lock(&holder->mutex);
    pthread_mutex_unlock(&holder->mutex);
    return NULL;
}

/* What the kernel runs it at, field 18 of proc(5)'s stat: -1 - priority when it is real-time. */
static int running_priority(int kernel_id)
{
    char path[64], line[512] = "";
    int priority = 0;
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", kernel_id);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    const char *rest = fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
    if (!rest ||
        sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %d", &priority) != 1)
        priority = 0;
    fclose(file);
    return priority;
}

static int lend_priority(void)
{
    struct holder holder = {.kernel_id = 0};
    pthread_t low, high;
    sem_init(&holder.holds, 0, 0);
    sem_init(&holder.may_release, 0, 0);
    if (thread_set_priority(PRIORITY) != 0 || thread_mutex_init(&holder.mutex) != 0)
        return 1;
    if (thread_start(&low, STACK, 0, hold, &holder) != 0)
        return 2;
    sem_wait(&holder.holds);
    if (thread_start(&high, STACK, PRIORITY, wait_for, &holder) != 0)
        return 3;
    int tries = 5000;
    while (running_priority(holder.kernel_id) != -1 - PRIORITY && --tries)
        usleep(1000);
    sem_post(&holder.may_release);
    pthread_join(low, NULL);
    pthread_join(high, NULL);
    return tries ? 0 : 4;
}

static void test_who_holds_a_lock_has_the_priority_of_who_waits_for_it(void **state)
{
    skip_unless_permitted(state);
    assert_int_equal(exit_status(lend_priority), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_thread_has_the_priority_that_was_asked_for_and_inherits_none),
        cmocka_unit_test(test_without_permission_a_thread_runs_all_the_same),
        cmocka_unit_test(test_a_thread_takes_no_signals),
        cmocka_unit_test(test_who_holds_a_lock_has_the_priority_of_who_waits_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
