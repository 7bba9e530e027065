/* thread.h - how control's threads are made. The loop and the lines' threads may run before everything else
 * on the machine (SCHED_FIFO), so all others have to be kept from inheriting that, and no lock that they
 * share with the loop may keep it waiting for a thread that the machine does not run. */
#ifndef GATEWAY_THREAD_THREAD_H
#define GATEWAY_THREAD_THREAD_H

#include <pthread.h>

/* `priority`: of SCHED_FIFO; 0, and where the system does not permit it: ordinary scheduling. The thread
 * takes no signals. 0 or an errno. */
int thread_start(pthread_t *thread, size_t stack_size, int priority, void *(*run)(void *), void *context);

/* Whoever holds it has the priority of whoever waits for it. 0 or an errno. */
int thread_mutex_init(pthread_mutex_t *mutex);

/* SCHED_FIFO for the calling thread, as whose privileges or RLIMIT_RTPRIO permit; thread_start() from it
 * needs neither. 0 or an errno: it stays as it was. */
int thread_set_priority(int priority);

#endif
