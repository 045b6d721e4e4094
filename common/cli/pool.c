/* See pool.h. A ring of slots, numbered by the jobs' order, joins the workers to the one thread that finishes. */
#include "common/cli/pool.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

typedef struct slot {
    void *job;
    bool ready;
} slot;

typedef struct ring {
    const mm_pool *pool;
    void *context;
    slot *slots;
    size_t room;             /* largest number of unfinished jobs */
    size_t taken, finished;  /* jobs so far */
    bool ended, stopped;     /* nothing more to take; an error: throw away what is left */
    int code;                /* of take */
    mm_error error;
    pthread_mutex_t lock, take_lock;
    pthread_cond_t ready, space;
} ring;

static int run_alone(const mm_pool *pool, void *context, mm_error *error)
{
    for (;;) {
        void *job = NULL;
        int code = pool->take(context, &job, error);
        if (code || !job)
            return code;
        pool->work(context, job);
        if ((code = pool->finish(context, job, error)))
            return code;
    }
}

/* The next job and its number; NULL when there is none. */
static void *take(ring *r, size_t *number)
{
    void *job = NULL;
    mm_error error = {0};
    pthread_mutex_lock(&r->take_lock);
    pthread_mutex_lock(&r->lock);
    while (!r->ended && !r->stopped && r->taken - r->finished >= r->room)
        pthread_cond_wait(&r->space, &r->lock);
    bool over = r->ended || r->stopped;
    pthread_mutex_unlock(&r->lock);
    if (!over) {
        int code = r->pool->take(r->context, &job, &error);
        pthread_mutex_lock(&r->lock);
        if (code || !job) {
            r->ended = true;
            r->code = code;
            r->error = error;
            job = NULL;
            pthread_cond_broadcast(&r->ready);
        } else {
            *number = r->taken++;
        }
        pthread_mutex_unlock(&r->lock);
    }
    pthread_mutex_unlock(&r->take_lock);
    return job;
}

static void *worker(void *argument)
{
    ring *r = argument;
    size_t number;
    for (void *job; (job = take(r, &number));) {
        r->pool->work(r->context, job);
        pthread_mutex_lock(&r->lock);
        r->slots[number % r->room] = (slot){job, true};
        pthread_cond_signal(&r->ready);
        pthread_mutex_unlock(&r->lock);
    }
    return NULL;
}

/* Finishes jobs in order until there are no more; after an error drops them. */
static int finish_all(ring *r, mm_error *error)
{
    int code = MM_OK;
    pthread_mutex_lock(&r->lock);
    for (;;) {
        slot *s = &r->slots[r->finished % r->room];
        while (!s->ready && !((r->ended || r->stopped) && r->finished == r->taken))
            pthread_cond_wait(&r->ready, &r->lock);
        if (!s->ready)
            break;
        void *job = s->job;
        s->ready = false;
        pthread_mutex_unlock(&r->lock);
        if (code)
            r->pool->drop(r->context, job);
        else
            code = r->pool->finish(r->context, job, error);
        pthread_mutex_lock(&r->lock);
        r->finished++;
        if (code)
            r->stopped = true;
        pthread_cond_broadcast(&r->space);
    }
    pthread_mutex_unlock(&r->lock);
    return code;
}

int mm_pool_run(const mm_pool *pool, void *context, long threads, mm_error *error)
{
    if (threads <= 1)
        return run_alone(pool, context, error);
    ring r = {.pool = pool, .context = context, .room = 2 * (size_t)threads + 1};
    pthread_t *workers = calloc((size_t)threads, sizeof *workers);
    r.slots = calloc(r.room, sizeof *r.slots);
    if (!workers || !r.slots) {
        free(workers);
        free(r.slots);
        return mm_no_memory(error);
    }
    pthread_mutex_init(&r.lock, NULL);
    pthread_mutex_init(&r.take_lock, NULL);
    pthread_cond_init(&r.ready, NULL);
    pthread_cond_init(&r.space, NULL);
    long started = 0;
    while (started < threads && pthread_create(&workers[started], NULL, worker, &r) == 0)
        started++;
    int code = started ? finish_all(&r, error) : mm_fail(error, MM_FAILURE, "cannot start a thread");
    for (long i = 0; i < started; i++)
        pthread_join(workers[i], NULL);
    for (size_t i = 0; i < r.room; i++) /* what a worker was still taking when an error ended the rest */
        if (r.slots[i].ready)
            pool->drop(context, r.slots[i].job);
    if (!code && r.code) {
        code = r.code;
        if (error)
            *error = r.error;
    }
    pthread_cond_destroy(&r.ready);
    pthread_cond_destroy(&r.space);
    pthread_mutex_destroy(&r.lock);
    pthread_mutex_destroy(&r.take_lock);
    free(workers);
    free(r.slots);
    return code;
}
