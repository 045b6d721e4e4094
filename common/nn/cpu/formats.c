/* Formats of the CPU backend, each kept once, their views for the own loops, and helpers for oneDNN's status, attributes and
 * memory. */
#include <stdlib.h>
#include <string.h>

#include "common/base/grow.h"
#include "common/nn/cpu/cpu.h"

int cpu_check(dnnl_status_t status, const char *what, mm_error *error)
{
    static const char *const names[] = {"success", "out of memory", "invalid arguments", "unimplemented",
                                        "iterator ends", "runtime error", "not required"};
    if (status == dnnl_success)
        return 0;
    return mm_fail(error, MM_FAILURE, "oneDNN: %s: %s", what,
                   (size_t)status < sizeof names / sizeof *names ? names[status] : "unknown status");
}

int cpu_attributes(dnnl_primitive_attr_t *attr, mm_error *error)
{
    int code = cpu_check(dnnl_primitive_attr_create(attr), "attributes", error);
    if (code)
        return code;
    code = cpu_check(dnnl_primitive_attr_set_scratchpad_mode(*attr, dnnl_scratchpad_mode_user), "attributes", error);
    if (code)
        dnnl_primitive_attr_destroy(*attr);
    return code;
}

dnnl_memory_t cpu_memory(cpu_device *d, const dnnl_memory_desc_t *md, mm_error *error)
{
    dnnl_memory_t memory = NULL;
    cpu_check(dnnl_memory_create(&memory, md, d->engine, DNNL_MEMORY_NONE), "memory", error);
    return memory;
}

static dnnl_data_type_t dnnl_type(mm_dtype dtype)
{
    switch (dtype) {
    case MM_F32: return dnnl_f32;
    case MM_BF16: return dnnl_bf16;
    case MM_I32: return dnnl_s32;
    case MM_U8: return dnnl_u8;
    case MM_I8: return dnnl_s8;
    default: return dnnl_data_type_undef;
    }
}

/* The one format with that memory description (and dtype, for those that oneDNN does not know). */
static const cpu_format *intern(cpu_device *d, const cpu_format *wanted, mm_error *error)
{
    for (size_t i = 0; i < d->nformats; i++) {
        const cpu_format *f = d->formats[i];
        if (f->base.dtype == wanted->base.dtype && f->base.ndim == wanted->base.ndim &&
            !memcmp(f->base.dim, wanted->base.dim, sizeof f->base.dim) && f->block == wanted->block &&
            dnnl_memory_desc_equal(&f->md, &wanted->md))
            return f;
    }
    cpu_format *f = malloc(sizeof *f);
    if (!f || mm_grow(&d->formats, &d->formats_room, d->nformats + 1, sizeof *d->formats, error)) {
        free(f);
        mm_no_memory(error);
        return NULL;
    }
    *f = *wanted;
    d->formats[d->nformats++] = f;
    return f;
}

const cpu_format *cpu_format_of(cpu_device *d, const dnnl_memory_desc_t *md, mm_error *error)
{
    cpu_format f = {.md = *md};
    const int groups = md->ndims > 4; /* weights [groups, out / groups, in / groups, k, k], for the others [out, in / groups, k, k] */
    f.base.dtype = md->data_type == dnnl_bf16 ? MM_BF16 : MM_F32;
    f.base.ndim = md->ndims - groups;
    for (int i = 0; i < f.base.ndim; i++)
        f.base.dim[i] = (size_t)md->dims[i + groups];
    if (groups)
        f.base.dim[0] *= (size_t)md->dims[0];
    f.base.bytes = dnnl_memory_desc_get_size(md);
    return intern(d, &f, error);
}

/* dim as oneDNN's; the product with 8 bytes an element must fit. */
static int dims_of(int ndim, const size_t *dim, dnnl_dims_t out, mm_error *error)
{
    size_t count = 8;
    for (int i = 0; i < ndim; i++) {
        if (__builtin_mul_overflow(count, dim[i], &count) || count > PTRDIFF_MAX)
            return mm_fail(error, MM_FAILURE, "tensor is too large");
        out[i] = (dnnl_dim_t)dim[i];
    }
    return 0;
}

const cpu_format *cpu_rows(cpu_device *d, mm_dtype dtype, int ndim, const size_t *dim, mm_error *error)
{
    static const dnnl_format_tag_t tags[] = {dnnl_a, dnnl_a, dnnl_ab, dnnl_abc, dnnl_abcd};
    static const size_t one = 1;
    dnnl_dims_t dims = {0};
    cpu_format f = {.base = {.dtype = dtype, .ndim = ndim}};
    if (dims_of(ndim, dim, dims, error))
        return NULL;
    size_t count = 1;
    for (int i = 0; i < ndim; i++) {
        f.base.dim[i] = dim[i];
        count *= dim[i];
    }
    f.base.bytes = count * mm_dtype_size(dtype);
    if (!ndim)
        dims_of(1, &one, dims, error);
    if (dnnl_type(dtype) != dnnl_data_type_undef &&
        cpu_check(dnnl_memory_desc_init_by_tag(&f.md, ndim ? ndim : 1, dims, dnnl_type(dtype), tags[ndim]), "format",
                  error))
        return NULL;
    return intern(d, &f, error);
}

static dnnl_format_tag_t block_tag(size_t block)
{
    return block == 16 ? dnnl_nChw16c : block == 8 ? dnnl_nChw8c : block == CPU_CHANNELS_LAST ? dnnl_nhwc : dnnl_nchw;
}

int cpu_probe_block(cpu_device *d, dnnl_data_type_t type, size_t *block, mm_error *error)
{
    const dnnl_dims_t x = {16, 64, 28, 28}, w = {64, 64, 3, 3}, one = {1, 1};
    static const size_t candidates[] = {16, 8, CPU_CHANNELS_LAST};
    dnnl_memory_desc_t xm, wm;
    dnnl_convolution_desc_t cd;
    dnnl_primitive_desc_t pd;
    *block = 1;
    if (cpu_check(dnnl_memory_desc_init_by_tag(&xm, 4, x, type, dnnl_format_tag_any), "format", error) ||
        cpu_check(dnnl_memory_desc_init_by_tag(&wm, 4, w, type, dnnl_format_tag_any), "format", error) ||
        cpu_check(dnnl_convolution_forward_desc_init(&cd, dnnl_forward_training, dnnl_convolution_direct, &xm, &wm,
                                                     NULL, &xm, one, one, one), "convolution", error))
        return error->code;
    if (dnnl_primitive_desc_create(&pd, &cd, NULL, d->engine, NULL) != dnnl_success)
        return 0; /* no such convolution: rows */
    const dnnl_memory_desc_t *y = dnnl_primitive_desc_query_md(pd, dnnl_query_dst_md, 0);
    for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++)
        if (!dnnl_memory_desc_init_by_tag(&xm, 4, x, type, block_tag(candidates[i])) && dnnl_memory_desc_equal(&xm, y))
            *block = candidates[i];
    dnnl_primitive_desc_destroy(pd);
    return 0;
}

const cpu_format *cpu_activation(cpu_device *d, mm_dtype dtype, mm_shape s, mm_error *error)
{
    size_t block = s.c == 1 ? 1 : dtype == MM_BF16 ? d->block_bf16 : d->block_f32;
    const size_t padded = block == 16 || block == 8 ? (s.c + block - 1) / block * block : s.c;
    const size_t dim[4] = {s.n, padded, s.h, s.w};
    dnnl_dims_t dims = {0};
    cpu_format f = {.base = {dtype, 4, {s.n, s.c, s.h, s.w}, 0}, .block = block == CPU_CHANNELS_LAST ? s.c : block};
    if (dims_of(4, dim, dims, error))
        return NULL;
    dims[1] = (dnnl_dim_t)s.c;
    if (cpu_check(dnnl_memory_desc_init_by_tag(&f.md, 4, dims, dnnl_type(dtype), block_tag(block)), "format", error))
        return NULL;
    f.base.bytes = dnnl_memory_desc_get_size(&f.md);
    return intern(d, &f, error);
}

cpu_view cpu_view_of(const cpu_format *f)
{
    const size_t c = f->base.dim[1], positions = f->base.dim[2] * f->base.dim[3], block = f->block;
    cpu_view v = {.n = f->base.dim[0], .channels = c, .positions = positions, .step = block};
    size_t padded = (c + block - 1) / block * block;
    v.lanes = block < 16 ? block : 16;
    v.tiles = (padded + v.lanes - 1) / v.lanes;
    v.image_step = padded * positions;
    v.tile_step = block > 16 || (block == c && c > 1) ? v.lanes : positions * block;
    return v;
}

void cpu_clear_padding(const cpu_view *v, void *data, size_t size)
{
    const size_t last = v->tiles - 1, used = v->channels - last * v->lanes;
    if (v->image_step == v->channels * v->positions)
        return;
    for (size_t image = 0; image < v->n; image++)
        for (size_t p = 0; p < v->positions; p++)
            memset((char *)data + (image * v->image_step + last * v->tile_step + p * v->step + used) * size, 0, (v->lanes - used) * size);
}
