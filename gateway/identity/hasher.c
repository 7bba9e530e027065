#include "gateway/identity/hasher.h"

#include "gateway/thread/thread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STACK_SIZE ((size_t)128 * 1024)

struct job {
    struct job *next;
    struct hasher_done done;
    size_t length;
    char password[HASHER_PASSWORD_MAX];
};

struct job_list {
    struct job *first, **last;
};

enum queue { LOGINS, PATIENT, QUEUES };

struct hasher {
    struct crypto_password_cost cost;
    int wake;
    pthread_t thread;

    pthread_mutex_t mutex; /* all below; held for moments only */
    pthread_cond_t work;
    bool stopping;
    struct job *free[QUEUES]; /* each class has its own places, so that neither can take the other's */
    struct job_list waiting[QUEUES], done;
    struct job jobs[QUEUES][HASHER_QUEUE_MAX];
};

static void list_init(struct job_list *list)
{
    list->first = NULL;
    list->last = &list->first;
}

static void list_push(struct job_list *list, struct job *job)
{
    job->next = NULL;
    *list->last = job;
    list->last = &job->next;
}

static struct job *list_pop(struct job_list *list)
{
    struct job *job = list->first;
    if (job != NULL && (list->first = job->next) == NULL)
        list->last = &list->first;
    return job;
}

static void free_job(struct hasher *hasher, struct job *job)
{
    enum queue queue = job >= hasher->jobs[PATIENT] ? PATIENT : LOGINS;
    crypto_wipe(job->password, sizeof job->password);
    job->next = hasher->free[queue];
    hasher->free[queue] = job;
}

static void hash(const struct hasher *hasher, struct job *job)
{
    struct hasher_done *done = &job->done;
    int result = done->kind == HASHER_CHECK
                     ? crypto_check_password(done->hash, job->password, job->length)
                     : crypto_hash_password(job->password, job->length, &hasher->cost, done->hash);
    done->matches = done->kind == HASHER_CHECK && result == CRYPTO_OK;
    done->result = result == CRYPTO_NO_MEMORY ? HASHER_NO_MEMORY : HASHER_OK;
    crypto_wipe(job->password, sizeof job->password);
}

static struct job *next_job(struct hasher *hasher)
{
    struct job *job = list_pop(&hasher->waiting[LOGINS]);
    return job != NULL ? job : list_pop(&hasher->waiting[PATIENT]);
}

static void *work(void *context)
{
    struct hasher *hasher = context;
    pthread_mutex_lock(&hasher->mutex);
    while (!hasher->stopping) {
        struct job *job = next_job(hasher);
        if (job == NULL) {
            pthread_cond_wait(&hasher->work, &hasher->mutex);
            continue;
        }
        pthread_mutex_unlock(&hasher->mutex);
        hash(hasher, job);
        pthread_mutex_lock(&hasher->mutex);
        list_push(&hasher->done, job);
        uint64_t one = 1;
        if (write(hasher->wake, &one, sizeof one) < 0)
            continue; /* the eventfd is full: the caller is awake */
    }
    pthread_mutex_unlock(&hasher->mutex);
    return NULL;
}

int hasher_create(const struct crypto_password_cost *cost, int wake, struct hasher **result)
{
    struct hasher *hasher = calloc(1, sizeof *hasher);
    if (hasher == NULL)
        return HASHER_NO_MEMORY;
    hasher->cost = *cost;
    hasher->wake = wake;
    list_init(&hasher->done);
    for (size_t queue = 0; queue < QUEUES; queue++) {
        list_init(&hasher->waiting[queue]);
        for (size_t i = 0; i < HASHER_QUEUE_MAX; i++)
            free_job(hasher, &hasher->jobs[queue][i]);
    }
    thread_mutex_init(&hasher->mutex);
    pthread_cond_init(&hasher->work, NULL);
    if (thread_start(&hasher->thread, STACK_SIZE, 0, work, hasher) != 0) {
        free(hasher);
        return HASHER_NO_THREAD;
    }
    *result = hasher;
    return HASHER_OK;
}

void hasher_destroy(struct hasher *hasher)
{
    if (hasher == NULL)
        return;
    pthread_mutex_lock(&hasher->mutex);
    hasher->stopping = true;
    pthread_cond_signal(&hasher->work);
    pthread_mutex_unlock(&hasher->mutex);
    pthread_join(hasher->thread, NULL);
    pthread_cond_destroy(&hasher->work);
    pthread_mutex_destroy(&hasher->mutex);
    crypto_wipe(hasher->jobs, sizeof hasher->jobs);
    free(hasher);
}

int hasher_submit(struct hasher *hasher, const struct hasher_job *wanted)
{
    enum queue queue = wanted->patient ? PATIENT : LOGINS;
    if (wanted->length > HASHER_PASSWORD_MAX)
        return HASHER_TOO_LONG;
    pthread_mutex_lock(&hasher->mutex);
    struct job *job = hasher->free[queue];
    if (job != NULL) {
        hasher->free[queue] = job->next;
        job->done = (struct hasher_done){.request = wanted->request, .kind = wanted->kind};
        if (wanted->kind == HASHER_CHECK)
            snprintf(job->done.hash, sizeof job->done.hash, "%s", wanted->hash);
        memcpy(job->password, wanted->password, wanted->length);
        job->length = wanted->length;
        list_push(&hasher->waiting[queue], job);
        pthread_cond_signal(&hasher->work);
    }
    pthread_mutex_unlock(&hasher->mutex);
    return job != NULL ? HASHER_OK : HASHER_FULL;
}

bool hasher_next(struct hasher *hasher, struct hasher_done *done)
{
    pthread_mutex_lock(&hasher->mutex);
    struct job *job = list_pop(&hasher->done);
    if (job != NULL) {
        *done = job->done;
        free_job(hasher, job);
    }
    pthread_mutex_unlock(&hasher->mutex);
    return job != NULL;
}
