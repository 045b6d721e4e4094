/* A table of named parameters in host memory: see params.h. */
#include "common/nn/params.h"

#include <float.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/grow.h"

mm_param *mm_params_find(const mm_params *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++)
        if (!strcmp(table->item[i].name, name))
            return &table->item[i];
    return NULL;
}

static int shape_bytes(mm_dtype dtype, int ndim, const size_t *dim, size_t *count, size_t *bytes)
{
    size_t n = 1;
    for (int i = 0; i < ndim; i++)
        if (__builtin_mul_overflow(n, dim[i], &n))
            return MM_FAILURE;
    *count = n;
    return __builtin_mul_overflow(n, mm_dtype_size(dtype), bytes) || *bytes > SIZE_MAX - 64 ? MM_FAILURE : 0;
}

mm_param *mm_params_add(mm_params *table, const char *name, mm_dtype dtype, int ndim, const size_t *dim,
                        mm_error *error)
{
    if (mm_params_find(table, name)) {
        mm_fail(error, MM_DAMAGED, "parameter '%s' appears twice", name);
        return NULL;
    }
    mm_param p = {.dtype = dtype, .ndim = ndim};
    if (ndim < 0 || ndim > MM_PARAM_DIMS || shape_bytes(dtype, ndim, dim, &p.count, &p.bytes)) {
        mm_fail(error, MM_DAMAGED, "parameter '%s' has an invalid shape", name);
        return NULL;
    }
    if (ndim)
        memcpy(p.dim, dim, (size_t)ndim * sizeof *dim);
    if (mm_grow(&table->item, &table->room, table->count + 1, sizeof p, error))
        return NULL;
    p.name = strdup(name);
    size_t padded = (p.bytes + 63) / 64 * 64;
    p.data = aligned_alloc(64, padded ? padded : 64);
    if (!p.name || !p.data) {
        free(p.name);
        free(p.data);
        mm_no_memory(error);
        return NULL;
    }
    memset(p.data, 0, padded);
    table->item[table->count] = p;
    return &table->item[table->count++];
}

/* Words of names, between dots and underscores. */
bool mm_param_is_average(const char *name)
{
    static const char *const words[] = {"ema", "modelema", "emamodel", "averaged", "swa", "teacher", "momentum", "target", "k"};
    for (const char *at = name; *at; at += strcspn(at, "._"), at += *at != 0) {
        const size_t n = strcspn(at, "._");
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (strlen(words[i]) == n && !strncasecmp(words[i], at, n))
                return true;
    }
    return false;
}

int mm_param_floats(const mm_param *p, float *out, mm_error *error)
{
    if (p->dtype >= MM_NUM_DTYPES)
        return mm_fail(error, MM_DAMAGED, "parameter '%s' holds no numbers", p->name);
    for (size_t i = 0; i < p->count; i++)
        out[i] = (float)mm_number(p->dtype, p->data, i);
    return 0;
}

int mm_param_check(const char *name, const float *number, size_t n, mm_error *error)
{
    static const char variance[] = "running_var";
    const size_t length = strlen(name), end = sizeof variance - 1;
    const float least = length >= end && !strcmp(name + length - end, variance) ? 0 : -FLT_MAX;
    for (size_t i = 0; i < n; i++)
        if (!(number[i] >= least && number[i] <= FLT_MAX))
            return mm_fail(error, MM_DAMAGED, "tensor '%s' holds %g, which no network can compute with", name, (double)number[i]);
    return 0;
}

void mm_params_free(mm_params *table)
{
    for (size_t i = 0; i < table->count; i++) {
        free(table->item[i].name);
        free(table->item[i].data);
    }
    free(table->item);
    *table = (mm_params){0};
}
