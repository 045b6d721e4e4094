/* Memory that is reused: see buffer_pool.h. */
#include "common/stream/buffer_pool.h"

#include <pthread.h>
#include <stdlib.h>

#include "common/base/grow.h"

typedef struct block {
    void *memory;
    size_t room;
} block;

struct mm_buffer_pool {
    pthread_mutex_t lock;
    size_t users;
    block *kept;
    size_t n, room;
};

mm_buffer_pool *mm_buffer_pool_new(void)
{
    mm_buffer_pool *s = calloc(1, sizeof *s);
    if (s && pthread_mutex_init(&s->lock, NULL)) {
        free(s);
        return NULL;
    }
    if (s)
        s->users = 1;
    return s;
}

mm_buffer_pool *mm_buffer_pool_join(mm_buffer_pool *s)
{
    pthread_mutex_lock(&s->lock);
    s->users++;
    pthread_mutex_unlock(&s->lock);
    return s;
}

void mm_buffer_pool_leave(mm_buffer_pool *s)
{
    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    size_t users = --s->users;
    pthread_mutex_unlock(&s->lock);
    if (users)
        return;
    for (size_t i = 0; i < s->n; i++)
        free(s->kept[i].memory);
    free(s->kept);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

void *mm_buffer_pool_take(mm_buffer_pool *s, size_t bytes, size_t *room)
{
    block found = {0};
    pthread_mutex_lock(&s->lock);
    if (s->n) {
        size_t at = 0; /* the smallest that suffices; when none does, one of them goes: a larger one will come instead */
        for (size_t i = 1; i < s->n; i++) {
            size_t a = s->kept[at].room, b = s->kept[i].room;
            if (b >= bytes && (a < bytes || b < a))
                at = i;
        }
        found = s->kept[at];
        s->kept[at] = s->kept[--s->n];
    }
    pthread_mutex_unlock(&s->lock);
    if (found.room < bytes) {
        free(found.memory);
        return NULL;
    }
    *room = found.room;
    return found.memory;
}

void mm_buffer_pool_keep(mm_buffer_pool *s, void *memory, size_t room)
{
    pthread_mutex_lock(&s->lock);
    if (!mm_grow(&s->kept, &s->room, s->n + 1, sizeof *s->kept, NULL)) {
        s->kept[s->n++] = (block){memory, room};
        memory = NULL;
    }
    pthread_mutex_unlock(&s->lock);
    free(memory);
}
