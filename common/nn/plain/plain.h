/* The plain backend: every operation as loops over arrays in C order, one thread, sums in double. It defines the operations of
 * nn/backend.h and is fast enough for tests only. Private to plain/.
 *
 * All formats are rows: activations N C H W in fp32 or bf16, weights O I K K in fp32. Convolutions take weights in the dtype of
 * their activations. */
#ifndef MM_NN_PLAIN_PLAIN_H
#define MM_NN_PLAIN_PLAIN_H

#include <math.h>
#include <string.h>

#include "common/nn/backend.h"

/* Runs one operation; returns 0. */
typedef int mm_plain_run(const mm_op *op, void *const *args, void *scratch);

mm_plain_run mm_plain_input, mm_plain_mix, mm_plain_copy, mm_plain_crop, mm_plain_add, mm_plain_relu, mm_plain_relu_dx;
mm_plain_run mm_plain_adam, mm_plain_sgd, mm_plain_clip, mm_plain_lerp, mm_plain_sum;
mm_plain_run mm_plain_sigmoid, mm_plain_sigmoid_dx, mm_plain_scale, mm_plain_scale_dx, mm_plain_concat, mm_plain_concat_dx;
mm_plain_run mm_plain_conv, mm_plain_conv_dx, mm_plain_conv_dw;
mm_plain_run mm_plain_norm, mm_plain_norm_dx;
mm_plain_run mm_plain_maxpool, mm_plain_maxpool_dx, mm_plain_avgpool, mm_plain_avgpool_dx;
mm_plain_run mm_plain_shortcut, mm_plain_shortcut_dx, mm_plain_mean, mm_plain_mean_dx;
mm_plain_run mm_plain_bins, mm_plain_bins_dx, mm_plain_dropout;
mm_plain_run mm_plain_fc, mm_plain_fc_dx, mm_plain_fc_dw, mm_plain_loss;

static inline size_t plain_count(mm_shape s)
{
    return s.n * s.c * s.h * s.w;
}

/* Returns what a relu makes of v: max(0, v), at most the limit. NaN stays. */
static inline double plain_relu(const mm_op_desc *desc, double v)
{
    const double limit = (double)mm_op_limit(desc);
    return v <= 0 ? 0 : v > limit ? limit : v;
}

/* Returns element i of an array of f32, bf16, u8 or u16. */
static inline double plain_get(const void *data, mm_dtype dtype, size_t i)
{
    switch (dtype) {
    case MM_U8: return ((const uint8_t *)data)[i];
    case MM_U16: return ((const uint16_t *)data)[i];
    case MM_BF16: {
        uint32_t bits = (uint32_t)((const uint16_t *)data)[i] << 16;
        float v;
        memcpy(&v, &bits, 4);
        return (double)v;
    }
    default: return (double)((const float *)data)[i];
    }
}

/* Writes element i of an array of f32 or bf16: rounds to f32, then for bf16 to the nearest (even) bf16; NaN stays NaN. */
static inline void plain_put(void *data, mm_dtype dtype, size_t i, double value)
{
    float v = (float)value;
    uint32_t bits;
    if (dtype != MM_BF16) {
        ((float *)data)[i] = v;
        return;
    }
    memcpy(&bits, &v, 4);
    bits = isnan(v) ? bits | 0x400000 : bits + 0x7fff + (bits >> 16 & 1);
    ((uint16_t *)data)[i] = (uint16_t)(bits >> 16);
}

#endif
