/* The CPU backend: device, memory, formats, and the table itself. */
#include "common/nn/cpu/kernels.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

int cpu_check(dnnl_status_t status, const char *what, mm_error *error)
{
    static const char *const names[] = {"success", "out of memory", "invalid arguments", "unimplemented",
                                        "iterator ends", "runtime error", "not required"};
    if (status == dnnl_success)
        return 0;
    return mm_fail(error, MM_FAILURE, "oneDNN: %s: %s", what,
                   (size_t)status < sizeof names / sizeof *names ? names[status] : "unknown status");
}

/* ---- formats ---- */

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
    if (d->nformats == d->formats_room) {
        size_t room = d->formats_room ? 2 * d->formats_room : 128;
        cpu_format **more = realloc(d->formats, room * sizeof *more);
        if (!more)
            goto memory;
        d->formats = more;
        d->formats_room = room;
    }
    cpu_format *f = malloc(sizeof *f);
    if (!f)
        goto memory;
    *f = *wanted;
    d->formats[d->nformats++] = f;
    return f;
memory:
    mm_fail(error, MM_FAILURE, "no memory for a tensor format");
    return NULL;
}

const cpu_format *cpu_format_of(cpu_device *d, const dnnl_memory_desc_t *md, mm_error *error)
{
    cpu_format f = {.md = *md};
    f.base.dtype = md->data_type == dnnl_bf16 ? MM_BF16 : MM_F32;
    f.base.ndim = md->ndims;
    for (int i = 0; i < md->ndims; i++)
        f.base.dim[i] = (size_t)md->dims[i];
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

/* What a 3x3 convolution likes its activations to be. */
static int probe_block(cpu_device *d, dnnl_data_type_t type, size_t *block, mm_error *error)
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

static const mm_format *backend_rows(mm_device *d, mm_dtype dtype, int ndim, const size_t *dim, mm_error *error)
{
    const cpu_format *f = cpu_rows((cpu_device *)d, dtype, ndim, dim, error);
    return f ? &f->base : NULL;
}

static const mm_format *backend_activation(mm_device *d, mm_dtype dtype, mm_shape shape, mm_error *error)
{
    const cpu_format *f = cpu_activation((cpu_device *)d, dtype, shape, error);
    return f ? &f->base : NULL;
}

static const mm_format *backend_weights(mm_device *d, const mm_op_desc *conv, mm_error *error)
{
    const cpu_format *f = cpu_conv_storage((cpu_device *)d, conv, error);
    return f ? &f->base : NULL;
}

/* ---- device and memory ---- */

static void cpu_close(mm_device *device)
{
    cpu_device *d = (cpu_device *)device;
    if (!d)
        return;
    for (size_t i = 0; i < d->nformats; i++)
        free(d->formats[i]);
    free(d->formats);
    if (d->stream)
        dnnl_stream_destroy(d->stream);
    if (d->engine)
        dnnl_engine_destroy(d->engine);
    free(d);
}

static const cpu_kernels *best_kernels(void)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        return &cpu_kernels_avx512;
    if (__builtin_cpu_supports("avx2"))
        return &cpu_kernels_avx2;
#endif
    return &cpu_kernels_base;
}

static int cpu_open(const char *where, size_t nth, size_t threads, mm_device **device, mm_error *error)
{
    (void)nth;
    if (where)
        return mm_fail(error, MM_FAILURE, "device 'cpu:%s': there is only 'cpu'", where);
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (!threads || (cores > 0 && threads > (size_t)cores)) /* more threads than cores wait for one another for ages */
        threads = cores > 0 ? (size_t)cores : 1;
    cpu_device *d = calloc(1, sizeof *d);
    if (!d)
        return mm_fail(error, MM_FAILURE, "no memory for a device");
    d->base.backend = mm_backend_cpu();
    d->base.threads = threads;
    snprintf(d->description, sizeof d->description, "CPU, %zu thread%s", threads, threads == 1 ? "" : "s");
    d->base.description = d->description;
    d->kernels = best_kernels();
    omp_set_num_threads((int)threads);
    dnnl_cpu_isa_t isa = dnnl_get_effective_cpu_isa();
    d->base.fast_bf16 = isa == dnnl_cpu_isa_avx512_core_bf16 || isa == dnnl_cpu_isa_avx512_core_amx;
    int code = cpu_check(dnnl_engine_create(&d->engine, dnnl_cpu, 0), "engine", error);
    if (!code)
        code = cpu_check(dnnl_stream_create(&d->stream, d->engine, dnnl_stream_default_flags), "stream", error);
    if (!code)
        code = probe_block(d, dnnl_f32, &d->block_f32, error);
    if (!code)
        code = probe_block(d, dnnl_bf16, &d->block_bf16, error);
    if (code)
        cpu_close(&d->base);
    else
        *device = &d->base;
    return code;
}

/* The number that stands behind `name` in a file of /proc, in bytes; `otherwise` where there is none. */
static size_t kilobytes_of(const char *path, const char *name, size_t otherwise)
{
    char line[256];
    size_t n = strlen(name), found = otherwise;
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (!strncmp(line, name, n))
            found = (size_t)strtoull(line + n, NULL, 10) << 10;
    if (f)
        fclose(f);
    return found;
}

/* What the machine has left, swap included, or what a limit of address space (ulimit -v) leaves, whichever is less. */
static size_t cpu_available(mm_device *device)
{
    struct rlimit limit;
    size_t left = kilobytes_of("/proc/meminfo", "MemAvailable:", SIZE_MAX / 2) + kilobytes_of("/proc/meminfo", "SwapFree:", 0);
    (void)device;
    if (!getrlimit(RLIMIT_AS, &limit) && limit.rlim_cur != RLIM_INFINITY) {
        size_t used = kilobytes_of("/proc/self/status", "VmSize:", 0), within = limit.rlim_cur > used ? limit.rlim_cur - used : 0;
        left = within < left ? within : left;
    }
    return left;
}

/* Large blocks lie on huge pages where the system has them. Those that there is no room for are refused here: the system
 * would give them, and end the process when they are used. */
static void *cpu_alloc(mm_device *device, size_t bytes, mm_error *error)
{
    const size_t huge = (size_t)2 << 20;
    const double gib = 1.0 / ((size_t)1 << 30);
    size_t alignment = bytes >= huge ? huge : 64;
    bool room = bytes < 32 * huge || bytes <= cpu_available(device);
    void *p = !room || bytes > SIZE_MAX - huge ? NULL : aligned_alloc(alignment, (bytes + alignment) / alignment * alignment);
    if (!p) {
        device->refused = bytes;
        mm_fail(error, MM_FAILURE, "no memory for %.2f GiB (%.2f GiB are free)", (double)bytes * gib,
                (double)cpu_available(device) * gib);
        return NULL;
    }
    if (bytes >= huge)
        madvise(p, bytes, MADV_HUGEPAGE);
    memset(p, 0, bytes);
    return p;
}

static void cpu_free(mm_device *device, void *memory)
{
    (void)device;
    free(memory);
}

static int cpu_move(mm_device *device, void *to, const void *from, size_t bytes, mm_error *error)
{
    (void)device;
    (void)error;
    memcpy(to, from, bytes);
    return 0;
}

static int cpu_zero(mm_device *device, void *to, size_t bytes, mm_error *error)
{
    (void)device;
    (void)error;
    memset(to, 0, bytes);
    return 0;
}

static int cpu_sync(mm_device *device, mm_error *error)
{
    return cpu_check(dnnl_stream_wait(((cpu_device *)device)->stream), "stream", error);
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

/* ---- operations ---- */

static void cpu_release(mm_device *device, mm_op *base)
{
    cpu_op *op = (cpu_op *)base;
    if (!op)
        return;
    if (op->primitive)
        dnnl_primitive_destroy(op->primitive);
    for (size_t i = 0; i < CPU_MEMORIES; i++)
        if (op->memory[i])
            dnnl_memory_destroy(op->memory[i]);
    cpu_release(device, op->convert);
    free(op);
}

/* oneDNN 2.6 takes it for granted that there is memory for the code that it generates, and writes to address 0 where
 * there is none. */
static bool room_for_code(void)
{
    enum { ROOM = 32 << 20 };
    void *p = mmap(NULL, ROOM, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p != MAP_FAILED && munmap(p, ROOM) == 0;
}

static int cpu_prepare(mm_device *device, const mm_op_desc *desc, mm_op **out, mm_error *error)
{
    cpu_device *d = (cpu_device *)device;
    cpu_op *op = room_for_code() ? calloc(1, sizeof *op) : NULL;
    if (!op)
        return mm_fail(error, MM_FAILURE, "no memory for an operation");
    op->base.desc = *desc;
    omp_set_num_threads((int)d->base.threads);
    int code;
    switch (desc->kind) {
    case MM_OP_CONV: case MM_OP_CONV_DX: case MM_OP_CONV_DW: code = cpu_prepare_conv(d, op, error); break;
    case MM_OP_NORM: case MM_OP_NORM_DX: case MM_OP_ADD: code = cpu_prepare_norm(d, op, error); break;
    case MM_OP_MAXPOOL: case MM_OP_MAXPOOL_DX: case MM_OP_MEAN: case MM_OP_MEAN_DX: case MM_OP_SHORTCUT:
    case MM_OP_SHORTCUT_DX: code = cpu_prepare_pool(d, op, error); break;
    case MM_OP_INPUT: case MM_OP_COPY: code = cpu_prepare_move(d, op, error); break;
    case MM_OP_FC: case MM_OP_FC_DX: case MM_OP_FC_DW: case MM_OP_LOSS: case MM_OP_ADAM: case MM_OP_SUM:
        code = cpu_prepare_dense(d, op, error);
        break;
    default: code = mm_fail(error, MM_FAILURE, "operation %d is not known", (int)desc->kind);
    }
    if (code)
        cpu_release(device, &op->base);
    else
        *out = &op->base;
    return code;
}

static int run_op(mm_device *device, mm_op *op, void *const *args, void *scratch, mm_error *error)
{
    cpu_device *d = (cpu_device *)device;
    omp_set_num_threads((int)d->base.threads);
    return ((cpu_op *)op)->run(d, (cpu_op *)op, args, scratch, error);
}

const mm_backend *mm_backend_cpu(void)
{
    static const mm_backend table = {
        .name = "cpu", .groups = true, .open = cpu_open, .close = cpu_close, .alloc = cpu_alloc, .free = cpu_free,
        .available = cpu_available, .upload = cpu_move,
        .download = cpu_move, .zero = cpu_zero, .sync = cpu_sync, .rows = backend_rows,
        .activation = backend_activation, .weights = backend_weights, .prepare = cpu_prepare, .release = cpu_release,
        .run = run_op,
    };
    return &table;
}
