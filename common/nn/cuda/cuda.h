/* The CUDA backend: NHWC in bf16 or fp32, convolutions by cuDNN's graph API, fully connected layers by cuBLASLt, everything
 * else by our kernels; a stream of operations, with a CUDA graph for each recorded part, and one that brings input beside it.
 * Internal to cuda/.
 *
 *   device.c   the card, memory, uploads through pinned buffers, recording; the table of nn/backend.h
 *   check.c    status codes of the runtime as errors
 *   ops.c      from a description to kernels; formats
 *   ranks.c    sums over several processes: NCCL, or by way of the host
 *   linear.c   fully connected layers: cuBLASLt
 *   conv.c     convolutions: plans chosen by cuDNN's heuristics and by the clock
 *   kernels.h  what runs on the card
 *
 * It is built as a plugin (nn/plugin.h), so that programs do not depend on CUDA, and once more for the host,
 * where tests compare it with nn/plain/ (tests/support/cuda_host). */
#ifndef MM_NN_CUDA_CUDA_H
#define MM_NN_CUDA_CUDA_H

#include "common/nn/backend.h"
#include "common/nn/cuda/kernels.h"

typedef struct cuda_format {
    mm_format base;
    mm_layout layout;
    struct cuda_format *next;
} cuda_format;

typedef struct cuda_conv cuda_conv; /* a plan */
typedef struct cuda_plans cuda_plans; /* what conv.c keeps for a device */
typedef struct cuda_linear cuda_linear; /* a product of matrices */
typedef struct cuda_linears cuda_linears; /* what linear.c keeps for a device */
typedef struct cuda_ring cuda_ring; /* pinned memory for uploads */
typedef struct cuda_ranks cuda_ranks; /* what ranks.c keeps */
typedef struct cuda_results cuda_results; /* and for results */
typedef void *mm_event; /* a cudaEvent_t */

typedef struct cuda_device {
    mm_device base;
    int card;
    bool tf32;    /* fp32 convolutions may round their inputs to 10 bits */
    bool atomics; /* convolutions may add up in any order */
    char name[256];
    mm_stream stream, copies; /* of operations; of input that comes beside them */
    mm_event used[2], here;   /* backend.h's used and arrived */
    cuda_plans *plans;
    cuda_linears *linears; /* NULL: nothing is to be run on this device */
    cuda_ring *ring, *ahead;
    cuda_results *results;
    cuda_ranks *ranks; /* NULL: none were met yet */
    cuda_format *formats;
} cuda_device;

typedef struct cuda_op cuda_op;
typedef int cuda_run(cuda_device *d, cuda_op *op, void *const *args, char *scratch, mm_error *error);

struct cuda_op {
    mm_op base;
    cuda_run *run;
    cuda_conv *conv;
    cuda_linear *linear;
    size_t at[3]; /* parts of scratch */
};

const mm_backend *mm_backend_cuda(void); /* device.c */

/* ---- ops.c ---- */

const mm_format *cuda_rows(mm_device *device, mm_dtype dtype, int ndim, const size_t *dim, mm_error *error);
const mm_format *cuda_activation(mm_device *device, mm_dtype dtype, mm_shape shape, mm_error *error);
const mm_format *cuda_weights(mm_device *device, const mm_op_desc *conv, mm_error *error);
bool cuda_casts(const mm_format *from, const mm_format *to);
int cuda_prepare(mm_device *device, const mm_op_desc *desc, mm_op **op, mm_error *error);
void cuda_release(mm_device *device, mm_op *op);
int cuda_run_op(mm_device *device, mm_op *op, void *const *args, void *scratch, mm_error *error);

/* ---- ranks.c: see join, sum and summed in nn/backend.h; sum works without join, by way of the host ---- */

int cuda_join(mm_device *device, mm_group *group, char *how, size_t room, mm_error *error);
int cuda_sum(mm_device *device, mm_group *group, void *numbers, size_t count, mm_dtype dtype, mm_error *error);
int cuda_summed(mm_device *device, mm_error *error);
void cuda_leave(cuda_device *d);

/* ---- check.c ---- */

/* 0, or MM_FAILURE with `what` and the text of a status other than success; status is a cudaError_t. */
int cuda_check(int status, const char *what, mm_error *error);

/* The same for the launches so far: were they accepted? */
int cuda_launched(mm_error *error);

/* ---- linear.c ---- */

enum { CUDA_LINEAR_WORKSPACE = 4 << 20 }; /* bytes of scratch that a product may use */

int cuda_linears_open(cuda_device *d, mm_error *error);
void cuda_linears_close(cuda_device *d);
/* kind: FC, FC_DX, FC_DW. The device's; good until that is closed. NULL where nothing is to be run. */
int cuda_linear_get(cuda_device *d, mm_op_kind kind, size_t n, size_t in, size_t out, cuda_linear **linear, mm_error *error);
/* FC: w, x, bias -> y. FC_DX: w, dy -> dx. FC_DW: x, dy -> dw. */
int cuda_linear_run(cuda_device *d, cuda_linear *linear, const void *a, const void *b, const void *bias, void *c, void *workspace,
                    mm_error *error);

/* ---- conv.c ---- */

/* What conv.c needs to know of a convolution: memory shapes, channels padded. */
typedef struct cuda_conv_desc {
    mm_op_kind kind; /* CONV, CONV_DX, CONV_DW */
    bool bf16, bias, add, relu; /* the last three: CONV, in that order */
    size_t n, c, h, w, out, p, q, kernel, stride, pad;
} cuda_conv_desc;

int cuda_plans_open(cuda_device *d, mm_error *error);
/* Instead of it: plans for a card that is not here, from cuDNN's description of one in JSON. They can be made, not run. */
int cuda_plans_describe(cuda_device *d, const char *json, mm_error *error);
/* Instead of it: no plans, but what they need, as the file of earlier choices says, or else an estimate. */
int cuda_plans_imagine(cuda_device *d, mm_error *error);
void cuda_plans_close(cuda_device *d);
/* The best plan. MM_FAILURE when cuDNN has none (a fusion it does not know: ask for less). */
int cuda_conv_new(cuda_device *d, const cuda_conv_desc *desc, cuda_conv **conv, mm_error *error);
void cuda_conv_free(cuda_conv *conv);
size_t cuda_conv_workspace(const cuda_conv *conv);
/* CONV: x, w -> y (with bias: fp32 [out]; addend as y). CONV_DX: y, w -> x. CONV_DW: x, y -> w. w has the precision of
 * the activations. */
int cuda_conv_run(cuda_device *d, cuda_conv *conv, void *x, void *w, void *y, void *bias, void *addend, void *workspace,
                  mm_error *error);

#endif
