/* The order of records: see order.h. */
#include "common/table/order.h"

#include <stdlib.h>

#include "common/base/random.h"

static mm_random sequence(const mm_order_options *options, const char *purpose, size_t number, long epoch)
{
    mm_random r;
    mm_random_init(&r, options->seed, mm_hash_string(purpose) + number, (uint32_t)epoch);
    return r;
}

/* One class's share: its members in random order, again and again in new orders until there are enough. */
static void draw_class(const mm_order_options *options, size_t class, size_t *members, size_t n, size_t wanted, long epoch,
                       mm_pick *picks)
{
    mm_random r = sequence(options, "order.class", class, epoch);
    for (size_t done = 0, round = 0; done < wanted; round++) {
        mm_random_shuffle(&r, members, n);
        for (size_t i = 0; i < n && done < wanted; i++)
            picks[done++] = (mm_pick){members[i], round};
    }
}

static int draw_evenly(const mm_order_options *options, size_t n, long epoch, mm_pick *picks, mm_error *error)
{
    size_t *members = malloc((n ? n : 1) * sizeof *members), done = 0;
    int code = members ? MM_OK : mm_no_memory(error);
    for (size_t c = 0; c < options->classes && !code; c++) {
        size_t count = 0, wanted = n / options->classes + (c < n % options->classes);
        for (size_t i = 0; i < n; i++)
            if (options->class_of[i] == c)
                members[count++] = i;
        if (count == 0 && wanted > 0)
            code = mm_fail(error, MM_FAILURE, "class %zu has no records: classes cannot be drawn evenly", c);
        else
            draw_class(options, c, members, count, wanted, epoch, picks + done);
        done += wanted;
    }
    free(members);
    return code;
}

static void shuffle(const mm_order_options *options, mm_pick *picks, size_t n, long epoch)
{
    mm_random r = sequence(options, "order", 0, epoch);
    for (size_t i = n; i > 1; i--) {
        size_t k = (size_t)mm_random_below(&r, i);
        mm_pick t = picks[i - 1];
        picks[i - 1] = picks[k];
        picks[k] = t;
    }
}

/* Keeps this shard's picks; returns how many they are. */
static size_t keep_share(const mm_order_options *options, mm_pick *picks, size_t n, size_t *left_out)
{
    if (options->shards < 2)
        return n;
    size_t each = n / options->shards, rest = n % options->shards, mine = each + (options->uneven && options->shard < rest);
    for (size_t i = 0; i < mine; i++)
        picks[i] = picks[i * options->shards + options->shard];
    *left_out = options->uneven ? 0 : rest;
    return mine;
}

int mm_order(const mm_order_options *options, size_t n, long epoch, mm_pick **out, size_t *npicks, size_t *left_out,
             mm_error *error)
{
    mm_pick *picks = malloc((n ? n : 1) * sizeof *picks);
    *out = NULL;
    *npicks = *left_out = 0;
    if (!picks)
        return mm_no_memory(error);
    for (size_t i = 0; i < n; i++)
        picks[i] = (mm_pick){i, 0};
    if (options->class_of && draw_evenly(options, n, epoch, picks, error)) {
        free(picks);
        return error->code;
    }
    if (options->shuffle || options->class_of)
        shuffle(options, picks, n, epoch);
    *out = picks;
    *npicks = keep_share(options, picks, n, left_out);
    return MM_OK;
}
