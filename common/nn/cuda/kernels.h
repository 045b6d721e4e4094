/* The kernels of the CUDA backend, as C functions that enqueue them on a stream. nn/backend.h and nn/plain define the operations.
 * Shapes are those of the description; channels in memory are padded to a multiple of 8 (lanes.h). bf16: activations are bf16,
 * else fp32. No kernel uses atomics: the same input gives the same bits. */
#ifndef MM_NN_CUDA_KERNELS_H
#define MM_NN_CUDA_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/image/warp_plan.h"
#include "common/nn/chunk.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef void *mm_stream; /* a cudaStream_t */

/* The layout in memory of a tensor of logical dimensions (d0 d1 d2 d3). */
typedef enum mm_layout {
    MM_LAYOUT_ROWS,  /* C order, no padding */
    MM_LAYOUT_NHWC,  /* d1 last, padded to a multiple of 8 */
    MM_LAYOUT_KRSC,  /* d1 last, d0 and d1 padded to multiples of 8: a convolution's weights [out, k, k, in] */
    MM_LAYOUT_KRSG   /* d1 last, d0 padded: weights with groups [out, k, k, in / groups] */
} mm_layout;

typedef struct mm_kernel_shape {
    size_t n, c, h, w;
} mm_kernel_shape;

static inline size_t mm_padded(size_t channels) { return (channels + 7) / 8 * 8; }

typedef struct mm_channels {
    size_t count, width; /* in memory there are `width` numbers at a position: channels, then zeros */
} mm_channels;

/* ---- kernels_input.cu ---- */

/* Converts raw images, rows [n, h, w] of 0 u8, 1 u16 or 2 f32, to one channel, with 7 zeros behind each value. s: scale, mean,
 * std. plans: n warps of the images, or NULL. */
void mm_k_input(mm_stream stream, bool bf16, int raw, mm_kernel_shape y, const void *from, const float *s,
                const mm_warp_plan *plans, void *to);
/* Mixes image i of n with image n - 1 - i, in place; `each` numbers an image, padding included. */
void mm_k_mix(mm_stream stream, bool bf16, size_t n, size_t each, void *y, const float *share);

/* ---- kernels_move.cu ---- */

/* Converts from any layout and precision to any other; dim is logical. Padding of `to` becomes zero. */
void mm_k_permute(mm_stream stream, bool from_bf16, mm_layout from, bool to_bf16, mm_layout to, const size_t dim[4],
                  const void *a, void *y);
/* Convert n numbers, a multiple of 8, to another precision in the same layout. */
void mm_k_narrow(mm_stream stream, size_t n, const float *a, void *y); /* fp32 -> bf16 */
void mm_k_widen(mm_stream stream, size_t n, const void *a, float *y);  /* bf16 -> fp32 */
/* Sums weights, fp32 rows [out, in, k, k], over the input channels, for one grey channel: [out padded, k, k, 8] with seven
 * zeros. */
void mm_k_grey(mm_stream stream, bool bf16, size_t out, size_t in, size_t taps, const float *w, void *grey);
/* Gives each input channel the gradient of the grey one. */
void mm_k_spread(mm_stream stream, bool bf16, size_t out, size_t in, size_t taps, const void *grey, float *dw);
/* Computes y = relu?(a + bias?[c] + b?) over `lanes` lanes; bias has c floats. y may be a or b. */
void mm_k_add(mm_stream stream, bool bf16, bool relu, float limit, size_t lanes, size_t c, const void *a, const float *bias,
              const void *b, void *y);
/* Copies `columns` columns of image place[2 i] of x, from column place[2 i + 1] on, to image i of y, from column `at` on. */
void mm_k_crop(mm_stream stream, bool bf16, mm_kernel_shape x, mm_kernel_shape y, size_t at, size_t columns, const void *from,
               const int32_t *place, void *to);
void mm_k_shortcut(mm_stream stream, bool bf16, mm_kernel_shape x, mm_kernel_shape y, size_t stride, const void *from,
                   void *to);
void mm_k_shortcut_dx(mm_stream stream, bool bf16, mm_kernel_shape x, mm_kernel_shape y, size_t stride, const void *dy,
                      void *dx);

/* ---- kernels_elementwise.cu: over n numbers, the same index of each array ---- */

void mm_k_add_rows(mm_stream stream, size_t n, const float *a, const float *b, float *y); /* y may be a or b */
void mm_k_relu(mm_stream stream, bool bf16, float limit, size_t n, const void *x, void *y); /* y may be x */
void mm_k_relu_dx(mm_stream stream, bool bf16, float limit, size_t n, const void *dy, const void *y, void *dx); /* dx may be dy */

/* y may be x. Zeros beyond the channels stay zeros. */
void mm_k_sigmoid(mm_stream stream, bool bf16, size_t positions, mm_channels c, const void *x, void *y);
void mm_k_sigmoid_dx(mm_stream stream, bool bf16, size_t n, const void *dy, const void *y, void *dx); /* dx may be dy */

/* Dropout of n images of `positions` positions, c channels each, `padded` in memory: dropout.h. y may be x. */
void mm_k_dropout(mm_stream stream, bool bf16, size_t n, size_t positions, size_t c, size_t padded, float rate, uint32_t layer,
                  const void *x, const uint64_t *seeds, void *y);

/* ---- kernels_channels.cu ---- */

/* Computes y: the channels of a, then those of b; y has `width` numbers at a position. */
void mm_k_concat(mm_stream stream, bool bf16, size_t positions, mm_channels a, mm_channels b, size_t width, const void *from,
                 const void *second, void *y);
/* Copies the channels of dy from `first` on to dx; dy has `width` numbers at a position. */
void mm_k_part(mm_stream stream, bool bf16, size_t positions, size_t width, size_t first, mm_channels x, const void *dy, void *dx);

/* Scales channels of each image by s, rows [n, c]. y may be x. */
void mm_k_scale(mm_stream stream, bool bf16, mm_kernel_shape shape, const void *x, const float *s, void *y);
/* Computes dx and ds, each unless it is NULL. dx may be dy. */
void mm_k_scale_dx(mm_stream stream, bool bf16, mm_kernel_shape shape, const void *dy, const void *x, const float *s, void *dx, float *ds);

/* ---- kernels_norm.cu ---- */

typedef struct mm_norm {
    bool bf16, relu, fixed;
    float limit; /* of the relu: its largest output, which may be infinite */
    size_t positions, c; /* n h w, channels */
    float epsilon, momentum;
    /* The sums over all ranks that share the batch (mm_k_norm_sums); NULL without ranks. */
    const double *sums;
} mm_norm;

size_t mm_k_norm_saved(const mm_norm *d);   /* bytes: mean, 1 / deviation, a bit for each output that is positive and below the limit */
size_t mm_k_norm_scratch(const mm_norm *d); /* bytes */
/* Compute the mm_k_norm_count doubles that several ranks have to add up: for mm_k_norm the sums of x and x squared, for
 * mm_k_norm_dx the gradients of beta and gamma, and the number of positions. This rank's partial sums stay in scratch for
 * mm_k_norm_dx. */
size_t mm_k_norm_count(const mm_norm *d);
void mm_k_norm_sums(mm_stream stream, const mm_norm *d, const void *x, double *sums, void *scratch);
void mm_k_norm_dx_sums(mm_stream stream, const mm_norm *d, const void *dy, const void *dy2, const void *x,
                       const void *saved, double *sums, void *scratch);
/* Computes y = relu?(gamma (x - mean) / deviation + beta + addend?). saved may be NULL; y may then be x. */
void mm_k_norm(mm_stream stream, const mm_norm *d, const void *x, const float *gamma, const float *beta, float *mean,
               float *var, const void *addend, void *y, void *saved, void *scratch);
/* Computes the gradients. dy2, daddend, dgamma and dbeta may be NULL; dx may be x; daddend may be dy or dy2. */
void mm_k_norm_dx(mm_stream stream, const mm_norm *d, const void *dy, const void *dy2, const void *x,
                  const void *saved, const float *gamma, void *dx, void *daddend, float *dgamma, float *dbeta,
                  void *scratch);

/* Computes db[c], the sum of dy over all positions. scratch has the size mm_k_norm_scratch for them. */
void mm_k_bias_dw(mm_stream stream, bool bf16, size_t positions, size_t c, const void *dy, float *db, void *scratch);

/* ---- kernels_pool.cu ---- */

typedef struct mm_pooling {
    bool bf16;
    mm_kernel_shape x, y;
    size_t kernel, stride, pad;
} mm_pooling;

size_t mm_k_maxpool_saved(const mm_pooling *d); /* a byte for each output: which tap */
void mm_k_maxpool(mm_stream stream, const mm_pooling *d, const void *x, void *y, uint8_t *saved);
void mm_k_maxpool_dx(mm_stream stream, const mm_pooling *d, const void *dy, const uint8_t *saved, void *dx);
void mm_k_avgpool(mm_stream stream, const mm_pooling *d, const void *x, void *y);
void mm_k_avgpool_dx(mm_stream stream, const mm_pooling *d, const void *dy, void *dx);
/* Computes means over all positions (kernel 0) or over each kernel x kernel. y: fp32 rows [n, y.h, y.w, c]. */
void mm_k_mean(mm_stream stream, const mm_pooling *d, const void *x, float *y);
void mm_k_mean_dx(mm_stream stream, const mm_pooling *d, const float *dy, void *dx);

/* Computes means over kernel x kernel bins, fp32 rows [n, c, kernel, kernel], and their gradient. */
void mm_k_bins(mm_stream stream, const mm_pooling *d, const void *x, float *y);
void mm_k_bins_dx(mm_stream stream, const mm_pooling *d, const float *dy, void *dx);

/* ---- kernels_dense.cu: all fp32 rows ---- */

void mm_k_columns(mm_stream stream, size_t n, size_t out, const float *a, float *y); /* sums of rows [n, out] over n */
/* others and shares: NULL if no record is mixed. */
void mm_k_loss(mm_stream stream, size_t n, size_t classes, float smoothing, const float *logits, const int32_t *labels,
               const float *weights, const int32_t *others, const float *shares, float *losses, float *p, float *dlogits);

/* ---- kernels_update.cu: over n chunks, whose table is on the device ---- */

void mm_k_adam(mm_stream stream, size_t n, const mm_chunk *chunks, float *w, const float *g, float *m, float *v, const float *s);
void mm_k_sgd(mm_stream stream, size_t n, const mm_chunk *chunks, float *w, const float *g, float *m, const float *s);
/* Scales g so that its norm is at most `most`. sums: room for n numbers on the device. */
void mm_k_clip(mm_stream stream, size_t n, const mm_chunk *chunks, float *g, float most, double *sums);
/* Adds rate (a - y) to y: n numbers, not chunks. */
void mm_k_lerp(mm_stream stream, size_t n, float rate, const float *a, float *y);
void mm_k_sum(mm_stream stream, size_t n, const mm_chunk *chunks, const float *a, float *y);

#ifdef __cplusplus
}
#endif
#endif
