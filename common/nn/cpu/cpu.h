/* Private parts of the CPU backend: oneDNN (v2 C API) for convolutions, pooling and conversions, own loops for the rest.
 *
 * Activations have one layout for all channel counts, the one that oneDNN's convolutions prefer: blocks of 16 or 8 channels, rows
 * (blocks of 1) or channels last (one block). All four are [n][blocks][h * w][block], over which the own loops run; lanes beyond
 * the last channel are zero.
 *
 * The backend is a plugin (nn/plugin.h), so that only programs that run networks load oneDNN and OpenMP. */
#ifndef MM_NN_CPU_CPU_H
#define MM_NN_CPU_CPU_H

#include <dnnl.h>

#include "common/nn/backend.h"

typedef struct cpu_kernels cpu_kernels;

typedef struct cpu_format {
    mm_format base;
    dnnl_memory_desc_t md;
    size_t block; /* of an activation, else 0 */
} cpu_format;

#define CPU_CHANNELS_LAST SIZE_MAX

typedef struct cpu_device {
    mm_device base;
    char description[64];
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    cpu_format **formats;
    size_t nformats, formats_room;
    const cpu_kernels *kernels;
    size_t block_f32, block_bf16; /* channels in a block, or CPU_CHANNELS_LAST */
} cpu_device;

/* An activation as the own loops see it: n images of `tiles` groups of up to 16 channels. Element (image, tile, position, lane)
 * is at image * image_step + tile * tile_step + position * step + lane. */
typedef struct cpu_view {
    size_t n, channels, tiles, lanes, positions;
    size_t image_step, tile_step, step;
} cpu_view;

#define CPU_MEMORIES 5

typedef struct cpu_op cpu_op;
typedef int cpu_run(cpu_device *device, cpu_op *op, void *const *args, char *scratch, mm_error *error);

struct cpu_op {
    mm_op base;
    cpu_run *run;
    dnnl_primitive_t primitive;
    dnnl_memory_t memory[CPU_MEMORIES];
    mm_op *convert;    /* convolutions: converts weights if the primitive takes or makes another layout; else NULL */
    size_t scratch[2]; /* convolutions: offsets of parts of the scratch space */
    cpu_view view;     /* own loops: layout of the activation */
    cpu_view second;   /* depthwise convolutions and crops: layout of x; view is that of dy or y */
    bool blocked;      /* depthwise convolutions: the weights are in blocks of channels, not rows */
};

const mm_backend *mm_backend_cpu(void); /* device.c */

/* ---- formats.c ---- */

int cpu_check(dnnl_status_t status, const char *what, mm_error *error); /* MM_FAILURE with the status' name */
int cpu_attributes(dnnl_primitive_attr_t *attr, mm_error *error); /* the caller provides scratch space */
dnnl_memory_t cpu_memory(cpu_device *d, const dnnl_memory_desc_t *md, mm_error *error); /* without data yet */

/* Return the device's format with that description, or dtype and shape; it lives as long as the device. NULL with an error. */
const cpu_format *cpu_format_of(cpu_device *d, const dnnl_memory_desc_t *md, mm_error *error);
const cpu_format *cpu_activation(cpu_device *d, mm_dtype dtype, mm_shape shape, mm_error *error);
const cpu_format *cpu_rows(cpu_device *d, mm_dtype dtype, int ndim, const size_t *dim, mm_error *error);

/* Sets *block to the channels in a block that a 3x3 convolution prefers, or to CPU_CHANNELS_LAST; 1 if oneDNN has no such
 * convolution. */
int cpu_probe_block(cpu_device *d, dnnl_data_type_t type, size_t *block, mm_error *error);

/* Returns the view of an activation. */
cpu_view cpu_view_of(const cpu_format *f);

/* Returns the lanes of a tile that memory has: blocked tiles are padded, channels-last ones are not. */
static inline size_t cpu_lanes_of(const cpu_view *v, size_t tile)
{
    const size_t left = v->channels - tile * v->lanes;
    return v->step > 16 && left < v->lanes ? left : v->lanes;
}

/* Writes zeros to the lanes beyond the last channel. size: bytes of a number. */
void cpu_clear_padding(const cpu_view *v, void *data, size_t size);

/* Prepare an operation: fill run, scratch_bytes, saved_bytes and weights. Each one has its own file. 0 or MM_FAILURE. */
int cpu_prepare_conv(cpu_device *d, cpu_op *op, mm_error *error);
int cpu_prepare_norm(cpu_device *d, cpu_op *op, mm_error *error);
int cpu_prepare_elementwise(cpu_device *d, cpu_op *op, mm_error *error);
int cpu_prepare_channels(cpu_device *d, cpu_op *op, mm_error *error);
int cpu_prepare_pool(cpu_device *d, cpu_op *op, mm_error *error);
int cpu_prepare_dense(cpu_device *d, cpu_op *op, mm_error *error);
int cpu_prepare_update(cpu_device *d, cpu_op *op, mm_error *error);
int cpu_prepare_move(cpu_device *d, cpu_op *op, mm_error *error);

/* True if depthwise.c computes the operation: the weight gradient of a convolution whose channels are the groups. */
bool cpu_is_depthwise(const mm_op_desc *desc);
int cpu_prepare_depthwise(cpu_device *d, cpu_op *op, mm_error *error);
const cpu_format *cpu_depthwise_storage(cpu_device *d, const mm_op_desc *conv, mm_error *error);

/* Returns the storage format of a convolution's weights. NULL with an error. */
const cpu_format *cpu_conv_storage(cpu_device *d, const mm_op_desc *conv, mm_error *error);

/* Convert from bf16 and to bf16, rounding to nearest even; NaN stays NaN. They are written so that compilers vectorise them. */
static inline float cpu_from_bf16(uint16_t v)
{
    union { uint32_t u; float f; } x = {.u = (uint32_t)v << 16};
    return x.f;
}

static inline uint16_t cpu_to_bf16(float v)
{
    union { float f; uint32_t u; } x = {.f = v};
    uint32_t rounded = (x.u + 0x7fff + (x.u >> 16 & 1)) >> 16;
    uint32_t quiet = x.u >> 16 | 0x40;
    return (uint16_t)((x.u & 0x7fffffff) > 0x7f800000 ? quiet : rounded);
}

/* Return and set number i of fp32 or bf16. */
static inline float cpu_get(const void *numbers, size_t i, bool bf16)
{
    return bf16 ? cpu_from_bf16(((const uint16_t *)numbers)[i]) : ((const float *)numbers)[i];
}

static inline void cpu_put(void *numbers, size_t i, bool bf16, float v)
{
    if (bf16)
        ((uint16_t *)numbers)[i] = cpu_to_bf16(v);
    else
        ((float *)numbers)[i] = v;
}

static inline size_t cpu_pad64(size_t bytes) { return (bytes + 63) / 64 * 64; }

#endif
