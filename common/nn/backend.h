/* The interface of a device that runs networks: memory, formats, and the operations below.
 *
 * A backend fills one mm_backend; cpu/ and cuda/ are plugins (plugin.h), plain/ is for tests. The rest of common/nn uses devices
 * only through it. The caller (executor.h) first prepares every operation for its shapes, then runs them in a fixed order, again
 * and again, with the same addresses. Running only enqueues: a device executes its operations in order, as on one stream, and
 * `download` or `sync` waits. A device that can record a sequence and replay it (a CUDA graph) fills begin, end, replay and
 * forget; others leave them NULL.
 *
 * Memory. Device addresses are void pointers that the host never reads or writes; adding an offset to one is allowed. Every
 * address handed to an operation is a multiple of 64 bytes.
 *
 * Formats. An mm_format describes the contents of a buffer. The same arguments give the same pointer on one device; formats live
 * as long as the device. There are three families, all chosen by the backend:
 *   rows        C order without gaps, logical dimensions in the order given; the same on every device
 *   activation  N C H W in the layout the device computes in (blocked, NHWC), fp32 or bf16; depends on dtype and shape
 *               alone, so that no operation needs a conversion of its input
 *   weights     fp32 storage of a convolution's weights (O I/groups K K) and of their gradient. Gaps (padding) are zero and must
 *               stay zero under COPY and the operations on all trained weights, which treat buffers as flat.
 * CONV and CONV_DX take weights in the format mm_op.weights of the prepared operation, which may be the storage format. The
 * caller keeps copies in that format and renews them with COPY.
 *
 * Determinism: the same inputs and number of threads give the same bits.
 * Threads: only one thread at a time calls functions of a device. */
#ifndef MM_NN_BACKEND_H
#define MM_NN_BACKEND_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/dtype.h"
#include "common/base/error.h"
#include "common/image/warp_plan.h"
#include "common/nn/group.h"
#include "common/nn/chunk.h"

typedef struct mm_backend mm_backend;

/* An opened device. Backends begin their own structure with it. */
typedef struct mm_device {
    const mm_backend *backend;
    const char *description; /* for people: "CPU, 2 threads", "NVIDIA H100 80GB HBM3"; lives as long as the device */
    size_t threads; /* host threads that it computes with (cpu, plain), else 1 */
    bool fast_bf16; /* bf16 is faster than fp32 here (for --precision=auto) */
    bool estimated; /* imagined devices: the work space of some prepared operations is an estimate */
    size_t refused; /* size of the last allocation that failed, in bytes; 0: none has failed */
} mm_device;

typedef struct mm_shape {
    size_t n, c, h, w; /* batch, channels, rows, columns */
} mm_shape;

typedef struct mm_format {
    mm_dtype dtype;
    int ndim;
    size_t dim[4];
    size_t bytes; /* size of a buffer that holds it, padding included */
} mm_format;

/* The operations. Shapes: x and y are the input and output of the layer, for gradients too (dx has the shape of x). "act" means
 * an activation in the format activation(dtype, shape); vectors and fully connected layers are rows of fp32. `args` lists the
 * addresses given to run, in order; one marked ? is NULL if the description leaves it out. No output may overlap an input
 * unless stated. */
typedef enum mm_op_kind {
    /* raw grey values, rows [n, h, w] of desc.raw (u8, u16 or f32) -> act y [n, 1, h, w]:
     * y = (v * s[0] - s[1]) / s[2], in fp32; s: 3 floats on the device (255 / full scale, mean, std).
     * warp: v is a value of the warped image. plans: n mm_warp_plan on the device, one for each image. image/warp_plan.h
     * defines the arithmetic, so that all devices compute the same.
     * args: raw, s, y, plans? */
    MM_OP_INPUT,

    /* act y [n, 1, h, w], in place: image i becomes share[i] times itself and 1 - share[i] times image n - 1 - i as it was (mixup,
     * Zhang et al. 2018). share: fp32 [n]. args: y, share */
    MM_OP_MIX,

    /* the same numbers from desc.from to desc.to (rounded to nearest even if the dtype narrows; padding zeroed).
     * args: from, to */
    MM_OP_COPY,

    /* columns of act y, the others stay: desc.columns columns of image i from column desc.at on are those of image place[2 i] of
     * act x [n, c, h, w] from column place[2 i + 1] on; x.c = y.c, x.h = y.h. place: i32 [y.n, 2] on the device. args: x, place, y */
    MM_OP_CROP,

    /* convolution, square kernel, zero padding: act x [n, c, h, w], weights [y.c, c / groups, kernel, kernel] -> act y.
     * With desc.groups inputs and outputs are cut into as many runs of equal length, and each run reads its own; the groups
     * divide both numbers of channels.
     * same: of the zeros that windows need besides the input, half of a row's or column's lie in front, rounded down (TensorFlow's
     * "same" padding, where y is x / stride, rounded up); else desc.pad lie in front.
     * With desc.bias fp32 [y.c] is added, with desc.add act [y], and with desc.relu the result is max(0, .), at most desc.limit.
     * grey: the c channels of x are equal, and x is held as [n, 1, h, w]; weights are then always in storage format.
     * args: x, w, bias?, addend?, y   The addend may be y itself. */
    MM_OP_CONV,
    /* args: dy, w, dx */
    MM_OP_CONV_DX,
    /* gradient of the weights, fp32, in the storage format desc.weights, and with desc.bias the gradient of the bias, fp32
     * [y.c]; both are overwritten. args: x, dy, dw, db? */
    MM_OP_CONV_DW,

    /* batch norm per channel, then (add) an addend, then (relu) max(0, .), at most desc.limit. gamma, beta, mean, var: fp32 [c].
     * Statistics of the batch (biased variance, in fp32 or better) normalise. The running statistics move by momentum, with
     * the unbiased variance, n / (n - 1) (biased if n = 1). fixed: running statistics normalise and do not move.
     * group: statistics are of all ranks' batches; gradients of gamma and beta (NORM_DX) are of this rank's part only.
     * keep: leaves in `saved` (op.saved_bytes, private to the backend) what NORM_DX needs besides x.
     * args: x, gamma, beta, mean, var, addend?, y, saved?   y may be x if keep is off. */
    MM_OP_NORM,
    /* g = (dy + dy2?) where the output was positive and below desc.limit, or everywhere without relu; dx, dgamma, dbeta follow from g;
     * add: daddend = g. dy2 is given if desc.two. Without desc.parameters dgamma and dbeta are NULL.
     * args: dy, dy2?, x, saved, gamma, mean, var, dx, daddend?, dgamma?, dbeta?
     * dx may be x, daddend may be dy or dy2. */
    MM_OP_NORM_DX,

    MM_OP_ADD, /* act (or rows) y = a + b. args: a, b, y   y may be a or b */

    MM_OP_RELU,    /* act (or rows) y = max(0, x), at most desc.limit. args: x, y   y may be x */
    MM_OP_RELU_DX, /* dx = dy where y > 0 and y < desc.limit, else 0. args: dy, y, dx   dx may be dy */

    MM_OP_SIGMOID,    /* act (or rows) y = 1 / (1 + exp(-x)). args: x, y   y may be x */
    MM_OP_SIGMOID_DX, /* dx = dy y (1 - y). args: dy, y, dx   dx may be dy */

    /* act y = x s, channel by channel of each image: s fp32 rows [n, c]. args: x, s, y   y may be x */
    MM_OP_SCALE,
    /* dx = dy s, and ds = the sum of dy x over all positions. args: dy, x, s, dx?, ds?
     * dx may be dy. One of dx and ds may be NULL: it is not wanted. */
    MM_OP_SCALE_DX,

    /* act (or rows) y = the channels of a, then those of b: a [n, x.c, h, w], b [n, y.c - x.c, h, w]. args: a, b, y */
    MM_OP_CONCAT,
    MM_OP_CONCAT_DX, /* args: dy, da?, db?   One of them may be NULL: it is not wanted. */

    /* maximum over kernel x kernel at stride, padding counts as minus infinity. args: x, y, saved? (keep) */
    MM_OP_MAXPOOL,
    MM_OP_MAXPOOL_DX, /* the first maximum in row order takes the gradient. args: dy, saved, dx */

    /* mean over kernel x kernel at stride, padding counts as zeros (torch's count_include_pad). args: x, y */
    MM_OP_AVGPOOL,
    MM_OP_AVGPOOL_DX, /* args: dy, dx */

    /* parameter-free shortcut: every stride-th row and column, (y.c - x.c) / 2 channels of zeros before and the rest
     * after. args: x, y */
    MM_OP_SHORTCUT,
    MM_OP_SHORTCUT_DX, /* args: dy, dx */

    /* mean over kernel x kernel (square) at stride 1 without padding, or over all positions if kernel = 0:
     * act x -> fp32 rows [n, y.h, y.w, y.c] (position by position). args: x, y */
    MM_OP_MEAN,
    MM_OP_MEAN_DX, /* kernel = 0 only. args: dy (fp32 rows [n, c]), dx (act) */

    /* mean over kernel x kernel bins: bin i covers rows floor(i h / kernel) .. ceil((i + 1) h / kernel) - 1, and columns likewise
     * (adaptive average pooling): act x -> fp32 rows [n, y.c = x.c kernel kernel]. args: x, y */
    MM_OP_BINS,
    MM_OP_BINS_DX, /* args: dy (fp32 rows), dx (act) */

    /* act (or rows) y = x / (1 - rate) where dropout.h keeps the number, else 0. seeds: u64 [n]. args: x, seeds, y   y may be x */
    MM_OP_DROPOUT,
    MM_OP_DROPOUT_DX, /* args: dy, seeds, dx   dx may be dy */

    /* fully connected, all fp32 rows: x [x.n, x.c], w [y.c, x.c], b [y.c] -> y [x.n, y.c]. args: x, w, b, y */
    MM_OP_FC,
    MM_OP_FC_DX, /* args: dy, w, dx */
    MM_OP_FC_DW, /* args: x, dy, dw, db */

    /* softmax and cross-entropy, fp32: logits [x.n, x.c], labels i32 [x.n] (0 <= label < x.c), weights [x.n]
     * -> losses [x.n] = weight * -sum q log p, p [x.n, x.c], dlogits = weight * (p - q), where the target q is
     * (1 - smoothing) * onehot(label) + smoothing / x.c; with desc.mix, share * onehot(label) + (1 - share) * onehot(other)
     * stands for onehot(label). others: i32 [x.n], shares: fp32 [x.n].
     * args: logits, labels, weights, losses, p, dlogits, others?, shares? */
    MM_OP_LOSS,

    /* Adam (Kingma, Ba 2015) over all numbers of desc.chunks chunks, in the order of torch.optim.Adam and AdamW:
     *   w = s[7] w;  g += s[1] w;  m += s[2] (g - m);  v = s[3] v + s[4] g g;  w -= s[0] m / (sqrt(v) s[5] + s[6])
     * s: floats on the device, 8 for each part: lr / (1 - b1^t), weight decay in the gradient (L2), 1 - b1, b2, 1 - b2,
     * 1 / sqrt(1 - b2^t), epsilon, and 1 - lr * decoupled weight decay. s[1] is 0 or s[7] is 1.
     * The new w is also written as bf16 to the chunk's address (mm_backend.casts).
     * args: w, g, m, v, s, chunks: mm_chunk[desc.chunks] on the device   (g does not change) */
    MM_OP_ADAM,
    /* gradient descent in the order of torch.optim.SGD: g += s[1] w;  m = s[2] m + g;  w -= s[0] m, and bf16 as in ADAM.
     * s: 3 floats for each part: lr, weight decay, momentum. args: w, g, m, s, chunks   (g does not change) */
    MM_OP_SGD,
    /* g *= min(1, desc.max_norm / (norm + 1e-6)), norm: the root of the sum of squares of all numbers of the chunks, as
     * torch.nn.utils.clip_grad_norm_. args: g, chunks */
    MM_OP_CLIP,
    MM_OP_LERP, /* y += desc.rate (a - y), x.n numbers of fp32, a multiple of 16. args: a, y */
    MM_OP_SUM, /* y += a over all numbers of the chunks. args: a, y, chunks */

    MM_NUM_OPS
} mm_op_kind;

/* Returns the name of a kind for messages. */
static inline const char *mm_op_name(mm_op_kind kind)
{
    static const char *const names[MM_NUM_OPS] = {
        [MM_OP_INPUT] = "network input", [MM_OP_MIX] = "mixture of images", [MM_OP_COPY] = "copy", [MM_OP_CROP] = "crop",
        [MM_OP_CONV] = "convolution",
        [MM_OP_CONV_DX] = "convolution's data gradient", [MM_OP_CONV_DW] = "convolution's weight gradient", [MM_OP_NORM] = "batch norm",
        [MM_OP_NORM_DX] = "batch norm's gradient", [MM_OP_ADD] = "addition", [MM_OP_RELU] = "relu", [MM_OP_RELU_DX] = "relu's gradient",
        [MM_OP_SIGMOID] = "sigmoid", [MM_OP_SIGMOID_DX] = "sigmoid's gradient", [MM_OP_SCALE] = "scaling",
        [MM_OP_SCALE_DX] = "scaling's gradient", [MM_OP_CONCAT] = "concatenation", [MM_OP_CONCAT_DX] = "concatenation's gradient",
        [MM_OP_MAXPOOL] = "maximum pooling", [MM_OP_MAXPOOL_DX] = "maximum pooling's gradient", [MM_OP_AVGPOOL] = "average pooling",
        [MM_OP_AVGPOOL_DX] = "average pooling's gradient", [MM_OP_SHORTCUT] = "shortcut",
        [MM_OP_SHORTCUT_DX] = "shortcut's gradient", [MM_OP_MEAN] = "mean pooling", [MM_OP_MEAN_DX] = "mean pooling's gradient",
        [MM_OP_BINS] = "mean over bins", [MM_OP_BINS_DX] = "gradient of a mean over bins", [MM_OP_DROPOUT] = "dropout",
        [MM_OP_DROPOUT_DX] = "dropout's gradient", [MM_OP_FC] = "linear layer", [MM_OP_FC_DX] = "linear layer's data gradient",
        [MM_OP_FC_DW] = "linear layer's weight gradient", [MM_OP_LOSS] = "loss", [MM_OP_ADAM] = "optimiser", [MM_OP_SGD] = "optimiser",
        [MM_OP_CLIP] = "gradient clipping", [MM_OP_LERP] = "average of weights", [MM_OP_SUM] = "sum of gradients",
    };
    const char *name = (unsigned)kind < MM_NUM_OPS ? names[kind] : NULL;
    return name ? name : "unknown operation";
}

/* The description of an operation to prepare. Fields whose comment does not name the kind are ignored. */
typedef struct mm_op_desc {
    mm_op_kind kind;
    mm_dtype dtype; /* of activations: MM_F32 or MM_BF16 */
    mm_shape x, y;
    size_t kernel, stride, pad;
    bool same;                              /* CONV, CONV_DX, CONV_DW: in the place of pad */
    size_t groups;                          /* CONV, CONV_DX, CONV_DW; 0 and 1: there are none */
    bool bias, add, relu;                   /* CONV; bias also CONV_DW; add and relu also NORM, NORM_DX */
    float limit;                            /* with relu, and RELU, RELU_DX: the largest output, 6 in a relu6; 0: there is none */
    bool grey;                              /* CONV, CONV_DW */
    bool rows;                              /* ADD, RELU, SIGMOID, CONCAT, DROPOUT and gradients: all are fp32 rows, dtype MM_F32, not activations */
    bool fixed, keep;                       /* NORM; fixed also NORM_DX, keep also MAXPOOL */
    bool two, parameters;                   /* NORM_DX */
    float epsilon, momentum;                /* NORM, NORM_DX */
    mm_group *group;                        /* NORM, NORM_DX; NULL: this process only */
    mm_dtype raw;                           /* INPUT */
    bool warp;                              /* INPUT */
    const mm_format *from, *to;             /* COPY */
    const mm_format *weights;               /* CONV, CONV_DX, CONV_DW: storage format of the weights */
    float smoothing;                        /* LOSS */
    bool mix;                               /* LOSS */
    float rate;                             /* DROPOUT, DROPOUT_DX, LERP */
    uint32_t layer;                         /* DROPOUT, DROPOUT_DX: number of the layer */
    size_t chunks;                          /* ADAM, SGD, CLIP, SUM */
    float max_norm;                         /* CLIP */
    size_t at, columns;                     /* CROP */
} mm_op_desc;

/* Returns the zeros in front of the rows (in and out: x.h, y.h) or columns of a convolution's or pooling's input. */
static inline size_t mm_op_pad(const mm_op_desc *desc, size_t in, size_t out)
{
    const size_t covered = (out - 1) * desc->stride + desc->kernel;
    return !desc->same ? desc->pad : covered > in ? (covered - in) / 2 : 0;
}

/* Returns the largest output of a relu. */
static inline float mm_op_limit(const mm_op_desc *desc) { return desc->limit > 0 ? desc->limit : INFINITY; }

/* Returns the number of groups of a convolution, at least 1. */
static inline size_t mm_op_groups(const mm_op_desc *desc) { return desc->groups ? desc->groups : 1; }

/* Returns true if the groups of a convolution divide its channels, and a grey input has none. */
static inline bool mm_op_groups_fit(const mm_op_desc *desc)
{
    const size_t groups = mm_op_groups(desc);
    return groups == 1 || (desc->x.c % groups == 0 && desc->y.c % groups == 0 && !desc->grey);
}

#define MM_OP_ARGS 11 /* largest number of addresses of an operation */

/* A prepared operation. Backends begin their own structure with it. */
typedef struct mm_op {
    mm_op_desc desc;
    const mm_format *weights; /* CONV, CONV_DX: the format that w must have */
    size_t saved_bytes;       /* NORM, MAXPOOL with keep: size of what is kept between forward and backward */
    size_t scratch_bytes;     /* work space during run; shared by all operations */
} mm_op;

struct mm_backend {
    const char *name; /* "cpu", "plain", "cuda" */
    bool groups;      /* NORM and NORM_DX support desc.group */

    /* Opens a device. where: the part behind the colon of --device=cuda:1, or NULL: process number `nth` of those on this
     * machine takes the cards in turn. threads: number of host threads (0: as many as processors). MM_FAILURE: there is
     * no such device. */
    int (*open)(const char *where, size_t nth, size_t threads, mm_device **device, mm_error *error);
    void (*close)(mm_device *device); /* operations and memory must be released before */

    void *(*alloc)(mm_device *device, size_t bytes, mm_error *error); /* 64-aligned zeros; NULL: no memory */
    void (*free)(mm_device *device, void *memory);                    /* NULL is fine */
    size_t (*available)(mm_device *device); /* returns the bytes that are free; NULL: not offered */

    /* Imagines a device: it has formats and prepares operations as an opened one does, but needs no card, and can neither hold
     * memory nor run. where: as in open. like: an opened device to imitate, or NULL. The function is NULL if `open` serves. */
    int (*imagine)(const char *where, const mm_device *like, mm_device **device, mm_error *error);

    /* Move and clear bytes, in stream order. upload: `from` may be reused at return. download waits. */
    int (*upload)(mm_device *device, void *to, const void *from, size_t bytes, mm_error *error);
    int (*download)(mm_device *device, void *to, const void *from, size_t bytes, mm_error *error);
    int (*zero)(mm_device *device, void *to, size_t bytes, mm_error *error);

    /* Downloads without waiting: the bytes have arrived once `download` or `sync` has returned. NULL: not offered. */
    int (*fetch)(mm_device *device, void *to, const void *from, size_t bytes, mm_error *error);

    /* Upload while operations run; all NULL if not offered. There are slots 0 and 1. `ahead` uploads bytes once everything
     * that was enqueued before the slot's last `used` is done. Operations enqueued after `arrived` see the bytes. Call `used`
     * after all operations that read them are enqueued. `from` may be reused at return. Must not be recorded. */
    int (*ahead)(mm_device *device, int slot, void *to, const void *from, size_t bytes, mm_error *error);
    int (*arrived)(mm_device *device, int slot, mm_error *error);
    int (*used)(mm_device *device, int slot, mm_error *error);
    int (*sync)(mm_device *device, mm_error *error); /* waits; returns errors since the last sync */

    /* Return a format of each family. NULL with an error: memory, or the sizes overflow. */
    const mm_format *(*rows)(mm_device *device, mm_dtype dtype, int ndim, const size_t *dim, mm_error *error);
    const mm_format *(*activation)(mm_device *device, mm_dtype dtype, mm_shape shape, mm_error *error);
    /* conv: a description of MM_OP_CONV with the most frequent sizes; the format works for other sizes too. */
    const mm_format *(*weights)(mm_device *device, const mm_op_desc *conv, mm_error *error);

    /* True if `to` holds the numbers of `from` in the same places as bf16, so that ADAM and SGD can write it. NULL: never. */
    bool (*casts)(const mm_format *from, const mm_format *to);

    /* Prepares an operation; may take long. MM_FAILURE, naming the operation, if the device cannot do it. */
    int (*prepare)(mm_device *device, const mm_op_desc *desc, mm_op **op, mm_error *error);
    void (*release)(mm_device *device, mm_op *op); /* NULL is fine */

    /* Enqueues an operation. args is as listed at its kind; scratch holds op->scratch_bytes. */
    int (*run)(mm_device *device, mm_op *op, void *const *args, void *scratch, mm_error *error);

    /* Sum over the ranks of a group, for devices with links between them; all NULL if not offered.
     * join: all ranks call it once, together, after open, and agree on a way of summing; `how` receives its description.
     * sum: replaces `count` f32 or f64 at `numbers` by the sum over all ranks, after what was enqueued before. Operations
     * enqueued later may run at the same time until `summed`: those enqueued after it see the sums. All ranks sum the same
     * counts in the same order and get the same bits. Neither may be recorded. */
    int (*join)(mm_device *device, mm_group *group, char *how, size_t room, mm_error *error);
    int (*sum)(mm_device *device, mm_group *group, void *numbers, size_t count, mm_dtype dtype, mm_error *error);
    int (*summed)(mm_device *device, mm_error *error);

    /* Record: operations run between begin and end are recorded, not executed; replay executes them, and forget frees the
     * recording. All NULL: not offered. */
    int (*begin)(mm_device *device, mm_error *error);
    int (*end)(mm_device *device, void **recording, mm_error *error);
    int (*replay)(mm_device *device, void *recording, mm_error *error);
    void (*forget)(mm_device *device, void *recording);
};

const mm_backend *mm_backend_plain(void); /* plain/: simple loops that define each operation; for tests */

/* Opens the device of --device=NAME: cpu, cuda[:N][,tf32][,atomics], or auto: cuda if it can be opened, else cpu. nth: number of
 * this process on this machine, from 0; processes take the cards in turn. tf32: fp32 convolutions may round their inputs to 10
 * bits. atomics: convolutions may add up in any order, so that two runs may differ in their last bits. MM_USAGE: an unknown name;
 * MM_FAILURE: a missing device. Close it with device->backend->close(device). */
int mm_device_open(const char *name, size_t nth, size_t threads, mm_device **device, mm_error *error);

/* Makes a device for planning (nn/plan.h): "cpu" is opened, "cuda..." is imagined (mm_backend.imagine). "auto" is not allowed. */
int mm_device_imagine(const char *name, size_t threads, mm_device **device, mm_error *error);

#endif
