/* A table of named parameters in host memory: see params.h. */
#include "nn/params.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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
        mm_fail(error, MM_DAMAGED, "parameter '%s' is there twice", name);
        return NULL;
    }
    mm_param p = {.dtype = dtype, .ndim = ndim};
    if (ndim < 0 || ndim > MM_PARAM_DIMS || shape_bytes(dtype, ndim, dim, &p.count, &p.bytes)) {
        mm_fail(error, MM_DAMAGED, "parameter '%s' has no usable shape", name);
        return NULL;
    }
    if (ndim)
        memcpy(p.dim, dim, (size_t)ndim * sizeof *dim);
    if (table->count == table->room) {
        size_t room = table->room ? 2 * table->room : 64;
        mm_param *more = realloc(table->item, room * sizeof *more);
        if (!more)
            goto memory;
        table->item = more;
        table->room = room;
    }
    p.name = strdup(name);
    size_t padded = (p.bytes + 63) / 64 * 64;
    p.data = aligned_alloc(64, padded ? padded : 64);
    if (!p.name || !p.data) {
        free(p.name);
        free(p.data);
        goto memory;
    }
    memset(p.data, 0, padded);
    table->item[table->count] = p;
    return &table->item[table->count++];
memory:
    mm_fail(error, MM_FAILURE, "no memory for parameter '%s'", name);
    return NULL;
}

static float from_half(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, e = h >> 10 & 31, m = h & 0x3ff, bits;
    if (e == 0 && m) { /* subnormal: m * 2^-24 is exact in a float */
        float f = (float)m * 0x1p-24f;
        return sign ? -f : f;
    }
    if (e == 31)
        bits = sign | 0x7f800000 | m << 13;
    else
        bits = e ? sign | (e + 112) << 23 | m << 13 : sign;
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static float from_bfloat(uint16_t h)
{
    uint32_t bits = (uint32_t)h << 16;
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

int mm_param_floats(const mm_param *p, float *out, mm_error *error)
{
    const void *d = p->data;
    for (size_t i = 0; i < p->count; i++)
        switch (p->dtype) {
        case MM_F32: out[i] = ((const float *)d)[i]; break;
        case MM_F64: out[i] = (float)((const double *)d)[i]; break;
        case MM_F16: out[i] = from_half(((const uint16_t *)d)[i]); break;
        case MM_BF16: out[i] = from_bfloat(((const uint16_t *)d)[i]); break;
        case MM_U8: out[i] = ((const uint8_t *)d)[i]; break;
        case MM_I8: out[i] = ((const int8_t *)d)[i]; break;
        case MM_U16: out[i] = ((const uint16_t *)d)[i]; break;
        case MM_I16: out[i] = ((const int16_t *)d)[i]; break;
        case MM_U32: out[i] = (float)((const uint32_t *)d)[i]; break;
        case MM_I32: out[i] = (float)((const int32_t *)d)[i]; break;
        case MM_I64: out[i] = (float)((const int64_t *)d)[i]; break;
        default: return mm_fail(error, MM_DAMAGED, "parameter '%s' holds no numbers", p->name);
        }
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
