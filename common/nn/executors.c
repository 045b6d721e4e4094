/* Kept executors: see executors.h. */
#include "common/nn/executors.h"

static bool same(const mm_executor_options *a, const mm_executor_options *b)
{
    if (a->mode != b->mode || a->batch != b->batch || a->height != b->height || a->width != b->width || a->window != b->window ||
        a->feature != b->feature || a->pool != b->pool || a->first != b->first || a->last != b->last)
        return false;
    for (size_t k = 0; k < MM_CUTS; k++) {
        const mm_cut *c = &a->cut[k], *d = &b->cut[k];
        if (c->batch != d->batch || c->width != d->width || c->at != d->at || c->columns != d->columns)
            return false;
    }
    return a->mode != MM_TRAIN ||
           (a->bn == b->bn && a->smoothing == b->smoothing && a->sync == b->sync && a->exchange == b->exchange);
}

/* Which it is; MM_KEPT_EXECUTORS: none. */
static size_t index_of(const mm_executors *cache, const mm_executor_options *config)
{
    size_t i = 0;
    while (i < MM_KEPT_EXECUTORS && !(cache->kept[i].executor && same(&cache->kept[i].config, config)))
        i++;
    return i;
}

mm_executor *mm_executors_find(mm_executors *cache, const mm_executor_options *config)
{
    size_t i = index_of(cache, config);
    return i < MM_KEPT_EXECUTORS ? cache->kept[i].executor : NULL;
}

int mm_executors_get(mm_executors *cache, const mm_executor_options *config, mm_executor **executor, mm_error *error)
{
    size_t oldest = 0, at = index_of(cache, config);
    *executor = NULL;
    if (at < MM_KEPT_EXECUTORS) {
        cache->kept[at].used = ++cache->clock;
        *executor = cache->kept[at].executor;
        return MM_OK;
    }
    for (size_t i = 0; i < MM_KEPT_EXECUTORS; i++)
        if (cache->kept[i].used < cache->kept[oldest].used)
            oldest = i;
    mm_executor_free(cache->kept[oldest].executor);
    cache->kept[oldest].executor = NULL;
    cache->kept[oldest].used = 0;
    if (mm_executor_new(cache->model, config, executor, error))
        return error->code;
    cache->kept[oldest].executor = *executor;
    cache->kept[oldest].config = *config;
    cache->kept[oldest].used = ++cache->clock;
    return MM_OK;
}

void mm_executors_clear(mm_executors *cache, mm_mode mode)
{
    for (size_t i = 0; i < MM_KEPT_EXECUTORS; i++)
        if (cache->kept[i].executor && cache->kept[i].config.mode == mode) {
            mm_executor_free(cache->kept[i].executor);
            cache->kept[i].executor = NULL;
            cache->kept[i].used = 0;
        }
}

void mm_executors_free(mm_executors *cache)
{
    mm_executors_clear(cache, MM_TRAIN);
    mm_executors_clear(cache, MM_PREDICT);
    mm_executors_clear(cache, MM_EXPLAIN);
}
