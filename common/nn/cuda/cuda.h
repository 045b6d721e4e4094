/* The CUDA backend: NHWC in bf16 or fp32, convolutions by cuDNN's graph API, fully connected layers by cuBLASLt, everything else
 * by our kernels. One stream runs operations, with a CUDA graph for each recorded part; another uploads input meanwhile. Private
 * to cuda/.
 *
 *   device.c   the card, memory, uploads through pinned buffers, recording; the table of nn/backend.h
 *   check.c    status codes of the runtime as errors
 *   ops.c      operations as kernels; formats
 *   ranks.c    sums over several processes: by NCCL or through the host
 *   linear.c   fully connected layers: cuBLASLt
 *   conv.c     convolutions: plans chosen by cuDNN's heuristics and by timing
 *   kernels.h  what runs on the card
 *
 * It is built as a plugin (nn/plugin.h), so that programs do not depend on CUDA, and again for the host, where tests compare it
 * with nn/plain/ (tests/support/cuda_host). */
#ifndef MM_NN_CUDA_CUDA_H
#define MM_NN_CUDA_CUDA_H

#include "common/nn/backend.h"
#include "common/nn/cuda/kernels.h"

typedef struct cuda_format {
    mm_format base;
    mm_layout layout;
    struct cuda_format *next;
} cuda_format;

typedef struct cuda_conv cuda_conv; /* a plan of a convolution */
typedef struct cuda_plans cuda_plans; /* state of conv.c for a device */
typedef struct cuda_linear cuda_linear; /* a product of matrices */
typedef struct cuda_linears cuda_linears; /* state of linear.c for a device */
typedef struct cuda_ring cuda_ring; /* pinned memory for uploads */
typedef struct cuda_ranks cuda_ranks; /* state of ranks.c for a device */
typedef struct cuda_results cuda_results; /* pinned memory for results */
typedef void *mm_event; /* a cudaEvent_t */

typedef struct cuda_device {
    mm_device base;
    int card;
    bool tf32;    /* fp32 convolutions may round their inputs to 10 bits */
    bool atomics; /* convolutions may add up in any order */
    char name[256];
    mm_stream stream, copies; /* streams of operations, and of input uploaded meanwhile */
    mm_event used[2], here;   /* for used and arrived of backend.h */
    cuda_plans *plans;
    cuda_linears *linears; /* NULL: the device is imagined and runs nothing */
    cuda_ring *ring, *ahead;
    cuda_results *results;
    cuda_ranks *ranks; /* NULL: no group has been joined yet */
    cuda_format *formats;
} cuda_device;

typedef struct cuda_op cuda_op;
typedef int cuda_run(cuda_device *d, cuda_op *op, void *const *args, char *scratch, mm_error *error);

struct cuda_op {
    mm_op base;
    cuda_run *run;
    cuda_conv *conv;
    cuda_linear *linear;
    size_t at[3]; /* offsets of parts of scratch */
};

const mm_backend *mm_backend_cuda(void); /* device.c */

/* ---- ops.c: functions of mm_backend ---- */

const mm_format *cuda_rows(mm_device *device, mm_dtype dtype, int ndim, const size_t *dim, mm_error *error);
const mm_format *cuda_activation(mm_device *device, mm_dtype dtype, mm_shape shape, mm_error *error);
const mm_format *cuda_weights(mm_device *device, const mm_op_desc *conv, mm_error *error);
bool cuda_casts(const mm_format *from, const mm_format *to);
int cuda_prepare(mm_device *device, const mm_op_desc *desc, mm_op **op, mm_error *error);
void cuda_release(mm_device *device, mm_op *op);
int cuda_run_op(mm_device *device, mm_op *op, void *const *args, void *scratch, mm_error *error);

/* ---- ranks.c: join, sum and summed of mm_backend; sum works without join, through the host ---- */

int cuda_join(mm_device *device, mm_group *group, char *how, size_t room, mm_error *error);
int cuda_sum(mm_device *device, mm_group *group, void *numbers, size_t count, mm_dtype dtype, mm_error *error);
int cuda_summed(mm_device *device, mm_error *error);
void cuda_leave(cuda_device *d);

/* ---- check.c ---- */

/* Returns 0 for success, else MM_FAILURE with `what` and the text of the status, a cudaError_t. */
int cuda_check(int status, const char *what, mm_error *error);

/* Returns 0 if all launches so far were accepted, else MM_FAILURE. */
int cuda_launched(mm_error *error);

/* ---- linear.c ---- */

enum { CUDA_LINEAR_WORKSPACE = 4 << 20 }; /* bytes of scratch for a product */

int cuda_linears_open(cuda_device *d, mm_error *error);
void cuda_linears_close(cuda_device *d);
/* Finds or makes the product of a kind, FC, FC_DX or FC_DW. The device owns it. *linear is NULL if the device is imagined. */
int cuda_linear_get(cuda_device *d, mm_op_kind kind, size_t n, size_t in, size_t out, cuda_linear **linear, mm_error *error);
/* Enqueues a product. a, b, bias -> c are, for FC, w, x, bias -> y; for FC_DX w, dy -> dx; for FC_DW x, dy -> dw. */
int cuda_linear_run(cuda_device *d, cuda_linear *linear, const void *a, const void *b, const void *bias, void *c, void *workspace,
                    mm_error *error);

/* ---- conv.c ---- */

/* A convolution as conv.c sees it: shapes in memory, with padded channels. */
typedef struct cuda_conv_desc {
    mm_op_kind kind; /* CONV, CONV_DX, CONV_DW */
    bool bf16, bias, add, relu; /* bias, add and relu: CONV only, applied in that order */
    float limit;                /* of the relu: its largest output; 0: there is none */
    size_t n, c, h, w, out, p, q, kernel, stride, groups; /* groups: at least 1 */
    size_t before[2], after[2]; /* zeros around rows and columns */
} cuda_conv_desc;

/* Sets the zeros around rows and columns. */
static inline void cuda_conv_pad(const mm_op_desc *op, cuda_conv_desc *c)
{
    const size_t in[2] = {op->x.h, op->x.w}, out[2] = {op->y.h, op->y.w};
    for (int i = 0; i < 2; i++) {
        const size_t covered = (out[i] - 1) * op->stride + op->kernel;
        c->before[i] = mm_op_pad(op, in[i], out[i]);
        c->after[i] = !op->same ? op->pad : covered > in[i] ? covered - in[i] - c->before[i] : 0;
    }
}

/* Opens cuDNN for the device. */
int cuda_plans_open(cuda_device *d, mm_error *error);
/* Opens cuDNN for a card that is absent, from its description in JSON. Plans can be made, not run. */
int cuda_plans_describe(cuda_device *d, const char *json, mm_error *error);
/* Opens it without plans: their work space is read from the file of earlier choices, or estimated. */
int cuda_plans_imagine(cuda_device *d, mm_error *error);
void cuda_plans_close(cuda_device *d);
/* Makes the best plan. MM_FAILURE: cuDNN has none, for example if it does not know the fusion; try again with less fused. */
int cuda_conv_new(cuda_device *d, const cuda_conv_desc *desc, cuda_conv **conv, mm_error *error);
void cuda_conv_free(cuda_conv *conv);
size_t cuda_conv_workspace(const cuda_conv *conv);
/* Enqueues a convolution. CONV: x, w -> y (bias: fp32 [out]; addend: as y). CONV_DX: y, w -> x. CONV_DW: x, y -> w. w has the
 * precision of the activations. */
int cuda_conv_run(cuda_device *d, cuda_conv *conv, void *x, void *w, void *y, void *bias, void *addend, void *workspace,
                  mm_error *error);

#endif
