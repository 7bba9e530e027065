#include "gateway/thread/thread.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>

static int start(pthread_t *thread, pthread_attr_t *attributes, int priority, void *(*run)(void *),
                 void *context)
{
    const struct sched_param how = {.sched_priority = priority};
    pthread_attr_setinheritsched(attributes, PTHREAD_EXPLICIT_SCHED);
    pthread_attr_setschedpolicy(attributes, priority ? SCHED_FIFO : SCHED_OTHER);
    int error = pthread_attr_setschedparam(attributes, &how);
    return error ? error : pthread_create(thread, attributes, run, context);
}

int thread_start(pthread_t *thread, size_t stack_size, int priority, void *(*run)(void *), void *context)
{
    pthread_attr_t attributes;
    sigset_t all, before;
    int error = pthread_attr_init(&attributes);
    if (error)
        return error;
    pthread_attr_setstacksize(&attributes, stack_size);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = start(thread, &attributes, priority, run, context);
    if (error == EPERM && priority)
        error = start(thread, &attributes, 0, run, context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return error;
}

int thread_mutex_init(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t attributes;
    int error = pthread_mutexattr_init(&attributes);
    if (error)
        return error;
    pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
    error = pthread_mutex_init(mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return error;
}

int thread_set_priority(int priority)
{
    const struct sched_param how = {.sched_priority = priority};
    return sched_setscheduler(0, SCHED_FIFO, &how) == 0 ? 0 : errno;
}
