/* The CPU backend: device, memory, and the table itself. */
#include "common/nn/cpu/kernels.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* ---- device ---- */

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
    threads = threads ? threads : (size_t)omp_get_num_procs();
    cpu_device *d = calloc(1, sizeof *d);
    if (!d)
        return mm_no_memory(error);
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
        code = cpu_probe_block(d, dnnl_f32, &d->block_f32, error);
    if (!code)
        code = cpu_probe_block(d, dnnl_bf16, &d->block_bf16, error);
    if (code)
        cpu_close(&d->base);
    else
        *device = &d->base;
    return code;
}

/* ---- memory ---- */

/* Returns the number after `name` in a file of /proc, in bytes; `otherwise` if there is none. */
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
        mm_fail(error, MM_FAILURE, "out of memory for %.2f GiB (%.2f GiB are free)", (double)bytes * gib,
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

/* ---- formats ---- */

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
        return mm_no_memory(error);
    op->base.desc = *desc;
    omp_set_num_threads((int)d->base.threads);
    int code;
    switch (desc->kind) {
    case MM_OP_CONV: case MM_OP_CONV_DX: case MM_OP_CONV_DW: code = cpu_prepare_conv(d, op, error); break;
    case MM_OP_NORM: case MM_OP_NORM_DX: code = cpu_prepare_norm(d, op, error); break;
    case MM_OP_ADD: case MM_OP_RELU: case MM_OP_RELU_DX: case MM_OP_SIGMOID: case MM_OP_SIGMOID_DX: case MM_OP_DROPOUT:
    case MM_OP_DROPOUT_DX:
        code = cpu_prepare_elementwise(d, op, error);
        break;
    case MM_OP_SCALE: case MM_OP_SCALE_DX: case MM_OP_CONCAT: case MM_OP_CONCAT_DX: code = cpu_prepare_channels(d, op, error); break;
    case MM_OP_MAXPOOL: case MM_OP_MAXPOOL_DX: case MM_OP_AVGPOOL: case MM_OP_AVGPOOL_DX: case MM_OP_MEAN: case MM_OP_MEAN_DX:
    case MM_OP_BINS: case MM_OP_BINS_DX: case MM_OP_SHORTCUT: case MM_OP_SHORTCUT_DX: code = cpu_prepare_pool(d, op, error); break;
    case MM_OP_INPUT: case MM_OP_MIX: case MM_OP_COPY: case MM_OP_CROP: code = cpu_prepare_move(d, op, error); break;
    case MM_OP_FC: case MM_OP_FC_DX: case MM_OP_FC_DW: case MM_OP_LOSS: code = cpu_prepare_dense(d, op, error); break;
    case MM_OP_ADAM: case MM_OP_SGD: case MM_OP_CLIP: case MM_OP_LERP: case MM_OP_SUM: code = cpu_prepare_update(d, op, error); break;
    default: code = mm_fail(error, MM_FAILURE, "%s %d", mm_op_name(desc->kind), (int)desc->kind);
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
