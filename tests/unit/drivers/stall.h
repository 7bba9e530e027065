/* stall.h - a reader that is kept from the processor until the time for its answer is over, while the answer
 * comes: a signal's handler holds its thread, and the peer waits for that before it answers. One at a time.
 */
#ifndef TESTS_STALL_H
#define TESTS_STALL_H

#include "tests/unit/drivers/peer.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>

static struct {
    atomic_bool over, answered;
    int64_t deadline;
} stall;

static inline void stall_wait_for(const atomic_bool *flag)
{
    while (!atomic_load(flag))
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static inline void stall_hold(int signal)
{
    (void)signal;
    while (peer_now() <= stall.deadline)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    atomic_store(&stall.over, true);
    stall_wait_for(&stall.answered);
}

/* As peer_start(); the peer's thread is not the one that will be held. */
static inline void stall_start(struct peer *peer, bool serial, void (*serve)(struct peer *), void *context)
{
    sigset_t alarm;
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    atomic_store(&stall.over, false);
    atomic_store(&stall.answered, false);
    signal(SIGALRM, stall_hold);
    pthread_sigmask(SIG_BLOCK, &alarm, NULL);
    peer_start(peer, serial, serve, context);
    pthread_sigmask(SIG_UNBLOCK, &alarm, NULL);
}

/* The caller, which now waits for an answer until `deadline`, is held soon. */
static inline void stall_soon(int64_t deadline)
{
    stall.deadline = deadline;
    setitimer(ITIMER_REAL, &(struct itimerval){.it_value.tv_usec = 5000}, NULL);
}

/* Answers when the caller has been held for too long. */
static inline void stall_answer(struct peer *peer, const void *bytes, size_t length)
{
    stall_wait_for(&stall.over);
    peer_give(peer, bytes, length);
    atomic_store(&stall.answered, true);
}

#endif
