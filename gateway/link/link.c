/* The thread of a link, and what joins it to the control loop. */
#include "gateway/link/link.h"
#include "gateway/link/internal.h"
#include "gateway/thread/thread.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* Memory is locked at start, so a thread gets what it needs and not the 8 MB of the default. Name resolution
 * is the deepest thing that runs on it. */
#define STACK_SIZE (192 * 1024)
#define BACKGROUND 10 /* niceness */
/* Without real-time priority; with it the kernel is exact. */
#define TIMER_SLACK 1000ul

static int64_t monotonic(void *context)
{
    struct timespec now;
    (void)context;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * LINK_SECOND + now.tv_nsec;
}

int64_t link_now(const struct link *link)
{
    return link->clock.now(link->clock.context);
}

void link_lock(struct link *link)
{
    pthread_mutex_lock(&link->mutex);
}

void link_unlock(struct link *link)
{
    const uint64_t one = 1;
    bool tell = link->reports.fresh && !link->reports.signalled;
    link->reports.signalled |= tell;
    link->reports.untold &= !link->reports.fresh;
    link->reports.fresh = false;
    pthread_mutex_unlock(&link->mutex);
    if (tell && write(link->reports.wake, &one, sizeof(one)) < 0)
        return; /* the counter is at its limit: the loop has been woken long ago */
}

void link_tell(struct link *link)
{
    link_lock(link);
    link->reports.fresh |= link->reports.untold;
    link_unlock(link);
}

void link_nudge(struct link *link)
{
    link->nudged = true;
    atomic_store(&link->asked, true);
    if (link->waiting)
        sem_post(&link->bell);
    link->waiting = false;
}

/* --- the thread ------------------------------------------------------------------------------- */

static int64_t on_grid(const struct link *link, int64_t time)
{
    int64_t beyond = time % link->grid;
    return beyond && time < INT64_MAX - link->grid ? time + link->grid - beyond : time;
}

/* Sleeps until `until`, or the next point of the grid, or a nudge. False: stop. A semaphore costs one system
 * call; waiting on a condition with a mutex that inherits priority would cost two. */
static bool rest(struct link *link, int64_t until)
{
    until = on_grid(link, until);
    const struct timespec deadline = {.tv_sec = until / LINK_SECOND, .tv_nsec = until % LINK_SECOND};
    bool rung = false;
    link_lock(link);
    bool wait = link->waiting = !link->nudged && !link->stop;
    link_unlock(link);
    while (wait && !rung) {
        rung = sem_clockwait(&link->bell, CLOCK_MONOTONIC, &deadline) == 0;
        wait = errno == EINTR;
    }
    link_lock(link);
    if (!rung)
        (void)sem_trywait(&link->bell); /* it rang just after the time was up */
    link->waiting = link->nudged = false;
    bool stop = link->stop;
    link_unlock(link);
    return !stop;
}

static void *run(void *context)
{
    struct link *link = context;
    prctl(PR_SET_TIMERSLACK, TIMER_SLACK);
    if (link->spec->background)
        setpriority(PRIO_PROCESS, (id_t)gettid(), BACKGROUND); /* of this thread alone */
    for (bool go = true; go;) {
        int64_t next = link_step(link);
        go = next > link_now(link) ? rest(link, next) : !atomic_load(&link->stop);
    }
    link_finish(link);
    atomic_store(&link->ended, true);
    return NULL;
}

static int start(struct link *link)
{
    link->running = thread_start(&link->thread, STACK_SIZE, link->spec->priority, run, link) == 0;
    return link->running ? LINK_OK : LINK_NO_THREAD;
}

/* --- beginning and end ------------------------------------------------------------------------ */

static int make_locks(struct link *link)
{
    if (thread_mutex_init(&link->mutex) != 0)
        return LINK_NO_MEMORY;
    sem_init(&link->bell, 0, 0);
    return LINK_OK;
}

int link_assemble(const struct link_spec *spec, int wake, const struct link_clock *clock, struct link **link,
                  struct driver_fault *fault)
{
    struct link *made = calloc(1, sizeof(*made));
    *link = NULL;
    *fault = (struct driver_fault){0};
    if (!made)
        return LINK_NO_MEMORY;
    made->spec = spec;
    made->clock = *clock;
    made->reports.wake = wake;
    int result = make_locks(made);
    if (result) {
        free(made);
        return result;
    }
    result = link_build(made, fault);
    if (result)
        link_destroy(made);
    else
        *link = made;
    return result;
}

int link_create(const struct link_spec *spec, int wake, struct link **link, struct driver_fault *fault)
{
    const struct link_clock clock = {.now = monotonic};
    int result = link_assemble(spec, wake, &clock, link, fault);
    if (result)
        return result;
    result = start(*link);
    if (result) {
        snprintf(fault->text, sizeof(fault->text), "%s: starting its thread failed", spec->name);
        link_destroy(*link);
        *link = NULL;
    }
    return result;
}

void link_stop(struct link *link)
{
    if (!link || !link->running)
        return;
    link_lock(link);
    link->stop = true;
    link_nudge(link);
    link_unlock(link);
}

bool link_has_ended(const struct link *link)
{
    return !link->running || atomic_load(&link->ended);
}

void link_destroy(struct link *link)
{
    if (!link)
        return;
    if (link->running) {
        link_stop(link);
        pthread_join(link->thread, NULL);
    } else if (link->transport) {
        link_finish(link);
    }
    link_dismantle(link);
    sem_destroy(&link->bell);
    pthread_mutex_destroy(&link->mutex);
    free(link);
}

#define LOAD(field) .field = atomic_load_explicit(&counters->field, memory_order_relaxed)

static void load_tally(const struct link_tally *counters, struct link_tallies *tallies)
{
    *tallies = (struct link_tallies){
        LOAD(transactions), LOAD(timeouts),     LOAD(garbled),
        LOAD(rejected),     LOAD(disconnected), LOAD(last_reply),
    };
}

void link_health(const struct link *link, struct link_health *health)
{
    const struct link_counters *counters = &link->counters;
    *health = (struct link_health){
        LOAD(unopened),        LOAD(reconnects), LOAD(recoveries),   LOAD(dropped_samples),
        LOAD(dropped_reports), LOAD(polls),      LOAD(missed_polls), LOAD(lateness),
        LOAD(worst_lateness),  LOAD(busy),       LOAD(held),         LOAD(open),
    };
    load_tally(&counters->all, &health->all);
}

void link_instrument_health(const struct link *link, uint16_t instrument, struct link_tallies *tallies)
{
    load_tally(&link->instruments[instrument].tally, tallies);
}

#undef LOAD
