/* What a device must offer so that networks run on it: memory, formats, and the twenty operations below.
 *
 * A backend fills one mm_backend; cpu/ and cuda/ are plugins (plugin.h), plain/ is for tests. common/nn knows no device but
 * through it. The caller (executor.h) first prepares every operation for its shapes, then runs them in a fixed order,
 * again and again, with addresses that stay the same. Running only enqueues: a device works through its operations in
 * order, as on one stream, and `download` or `sync` waits. Where a device can record a sequence and replay it (a CUDA
 * graph), it fills begin/end/replay, else it leaves them NULL.
 *
 * Memory. Device addresses are void pointers that the host never reads or writes; adding an offset to one is allowed.
 * Every address handed to an operation is a multiple of 64 bytes.
 *
 * Formats. What lies in a buffer is described by an mm_format. Same device, same arguments: the same pointer; formats
 * live as long as the device. There are three families, all chosen by the backend:
 *   rows        C order without gaps, logical dimensions in the order given; the same on every device
 *   activation  N C H W in the layout the device computes in (blocked, NHWC), fp32 or bf16; depends on nothing but
 *               dtype and shape, so that no operation needs a conversion of its input
 *   weights     fp32 storage of a convolution's weights (O I K K), as its weight gradient comes out. Gaps (padding) are
 *               zero and must stay zero under COPY, ADAM and SUM, which see buffers as flat.
 * Weights of a convolution are handed to CONV and CONV_DX in the format that the prepared operation asks for in
 * mm_op.weights; the caller keeps such copies and renews them with COPY. It may be the storage format itself.
 *
 * Determinism: the same inputs and number of threads give the same bits.
 * Everything of one device is called from one thread at a time. */
#ifndef MM_NN_BACKEND_H
#define MM_NN_BACKEND_H

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
    size_t threads; /* host threads it computes with (cpu, plain), else 1 */
    bool fast_bf16; /* bf16 is faster than fp32 here: what --precision=auto asks */
    bool estimated; /* imagined: the work space of some of the prepared operations is an estimate */
    size_t refused; /* bytes of the last allocation that failed for want of memory; 0: none did */
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

/* The operations. Shapes: x and y are the input and output of the layer, for gradients too (dx has the shape of x).
 * "act" means an activation in the format activation(dtype, shape); vectors and fully connected layers are rows of
 * fp32. `args` is the order of addresses given to run; [..?] may be NULL when the description says it is not there.
 * No output may overlap an input except where stated. */
typedef enum mm_op_kind {
    /* raw grey values, rows [n, h, w] of desc.raw (u8, u16 or f32) -> act y [n, 1, h, w]:
     * y = (v * s[0] - s[1]) / s[2], in fp32; s: 3 floats on the device (255 / full scale, mean, std).
     * warp: v is what a warp makes of the raw image: n mm_warp_plan (image/warp_plan.h) on the device, one for each, in
     * the arithmetic that is told there, so that all devices see the same.
     * args: raw, s, y, plans? */
    MM_OP_INPUT,

    /* the same numbers from desc.from to desc.to (rounded to nearest even where the dtype narrows; padding zeroed).
     * args: from, to */
    MM_OP_COPY,

    /* convolution, square kernel, zero padding: act x [n, c, h, w], weights [y.c, c, kernel, kernel] -> act y.
     * bias: fp32 [y.c] is added; add: act [y] is added; then relu: max(0, .); each where the description says so.
     * grey: the c channels of x are equal and x is held as [n, 1, h, w]; weights then always are in storage format.
     * args: x, w, bias?, addend?, y   The addend may be y itself. */
    MM_OP_CONV,
    /* args: dy, w, dx */
    MM_OP_CONV_DX,
    /* weight gradient, fp32, in the storage format desc.weights, and with desc.bias that of the bias, fp32 [y.c]; both
     * overwritten. args: x, dy, dw, db? */
    MM_OP_CONV_DW,

    /* batch norm per channel, then (add) an addend, then (relu) max(0, .). gamma, beta, mean, var: fp32 [c].
     * Statistics of the batch (biased variance, in fp32 or better) normalise; the running ones move by momentum, the
     * variance unbiased, n / (n - 1) (as it is when n = 1). fixed: running statistics normalise and do not move.
     * group: the batch is that of all its ranks; gradients of gamma and beta (NORM_DX) stay those of this rank's part.
     * keep: leaves in `saved` (op.saved_bytes, the backend's own) what NORM_DX needs beside x.
     * args: x, gamma, beta, mean, var, addend?, y, saved?   y may be x when keep is off. */
    MM_OP_NORM,
    /* g = (dy + dy2?) where the output was positive, or everywhere without relu; dx, dgamma, dbeta from g;
     * add: daddend = g. dy2 is there when desc.two. Without desc.parameters dgamma and dbeta are NULL.
     * args: dy, dy2?, x, saved, gamma, mean, var, dx, daddend?, dgamma?, dbeta?
     * dx may be x, daddend may be dy or dy2. */
    MM_OP_NORM_DX,

    MM_OP_ADD, /* act y = a + b. args: a, b, y   y may be a or b */

    /* maximum over kernel x kernel at stride, padding counts as minus infinity. args: x, y, saved? (keep) */
    MM_OP_MAXPOOL,
    MM_OP_MAXPOOL_DX, /* the first maximum in row order takes the gradient. args: dy, saved, dx */

    /* parameter-free shortcut: every stride-th row and column, (y.c - x.c) / 2 channels of zeros before and the rest
     * after. args: x, y */
    MM_OP_SHORTCUT,
    MM_OP_SHORTCUT_DX, /* args: dy, dx */

    /* mean over kernel x kernel (square) at stride 1 without padding, or over all when kernel = 0:
     * act x -> fp32 rows [n, y.h, y.w, y.c] (position by position). args: x, y */
    MM_OP_MEAN,
    MM_OP_MEAN_DX, /* kernel = 0 only. args: dy (fp32 rows [n, c]), dx (act) */

    /* fully connected, all fp32 rows: x [x.n, x.c], w [y.c, x.c], b [y.c] -> y [x.n, y.c]. args: x, w, b, y */
    MM_OP_FC,
    MM_OP_FC_DX, /* args: dy, w, dx */
    MM_OP_FC_DW, /* args: x, dy, dw, db */

    /* softmax and cross-entropy, fp32: logits [x.n, x.c], labels i32 [x.n] (0 <= label < x.c), weights [x.n]
     * -> losses [x.n] = weight * -sum q log p, p [x.n, x.c], dlogits = weight * (p - q), where the target q is
     * (1 - smoothing) * onehot(label) + smoothing / x.c.
     * args: logits, labels, weights, losses, p, dlogits */
    MM_OP_LOSS,

    /* Adam (Kingma, Ba 2015) with L2 in the gradient, over all numbers of desc.chunks chunks, in the order of
     * torch.optim.Adam:
     *   g += s[1] w;  m += s[2] (g - m);  v = s[3] v + s[4] g g;  w -= s[0] m / (sqrt(v) s[5] + s[6])
     * s: 7 floats on the device: lr / (1 - b1^t), weight decay, 1 - b1, b2, 1 - b2, 1 / sqrt(1 - b2^t), epsilon.
     * The new w also goes, as bf16, where a chunk says so (mm_backend.casts).
     * args: w, g, m, v, s, chunks: mm_chunk[desc.chunks] on the device   (g is left as it was) */
    MM_OP_ADAM,
    MM_OP_SUM, /* y += a over all numbers of the chunks. args: a, y, chunks */

    MM_NUM_OPS
} mm_op_kind;

/* What to prepare. Fields that a kind does not name are ignored. */
typedef struct mm_op_desc {
    mm_op_kind kind;
    mm_dtype dtype; /* of activations: MM_F32 or MM_BF16 */
    mm_shape x, y;
    size_t kernel, stride, pad;
    bool bias, add, relu;                   /* CONV; bias also CONV_DW; add and relu also NORM, NORM_DX */
    bool grey;                              /* CONV, CONV_DW */
    bool fixed, keep;                       /* NORM; fixed also NORM_DX, keep also MAXPOOL */
    bool two, parameters;                   /* NORM_DX */
    float epsilon, momentum;                /* NORM, NORM_DX */
    mm_group *group;                        /* NORM, NORM_DX; NULL: this process alone */
    mm_dtype raw;                           /* INPUT */
    bool warp;                              /* INPUT */
    const mm_format *from, *to;             /* COPY */
    const mm_format *weights;               /* CONV, CONV_DX, CONV_DW: storage format of the weights */
    float smoothing;                        /* LOSS */
    size_t chunks;                           /* ADAM, SUM */
} mm_op_desc;

#define MM_OP_ARGS 11 /* addresses an operation takes at most */

/* A prepared operation. Backends begin their own structure with it. */
typedef struct mm_op {
    mm_op_desc desc;
    const mm_format *weights; /* CONV, CONV_DX: the format in which it wants w */
    size_t saved_bytes;       /* NORM, MAXPOOL with keep: what stays between forward and backward */
    size_t scratch_bytes;     /* work space during run; shared by all operations */
} mm_op;

struct mm_backend {
    const char *name; /* "cpu", "plain", "cuda" */
    bool groups;      /* NORM and NORM_DX know desc.group */

    /* where: what stands behind the colon of --device=cuda:1, or NULL: then those there are in turn, with `nth` of several
     * processes on this machine. threads: at most that many host threads (0: as many as cores). MM_FAILURE where
     * there is no such device. */
    int (*open)(const char *where, size_t nth, size_t threads, mm_device **device, mm_error *error);
    void (*close)(mm_device *device); /* operations and memory must be given back before */

    void *(*alloc)(mm_device *device, size_t bytes, mm_error *error); /* 64-aligned zeros; NULL: no memory */
    void (*free)(mm_device *device, void *memory);                    /* NULL is fine */
    size_t (*available)(mm_device *device); /* bytes that could still be had; NULL: not known */

    /* A device that tells formats and prepares as one that was opened, but needs no card, and can neither hold memory nor
     * run. where: as in open; like: an opened device to take after, or NULL. NULL: `open` is as good. */
    int (*imagine)(const char *where, const mm_device *like, mm_device **device, mm_error *error);

    /* In stream order. upload: `from` may be reused at return. download and sync wait. */
    int (*upload)(mm_device *device, void *to, const void *from, size_t bytes, mm_error *error);
    int (*download)(mm_device *device, void *to, const void *from, size_t bytes, mm_error *error);
    int (*zero)(mm_device *device, void *to, size_t bytes, mm_error *error);

    /* As download, without waiting: the bytes are there once `download` or `sync` has returned. NULL: not offered. */
    int (*fetch)(mm_device *device, void *to, const void *from, size_t bytes, mm_error *error);

    /* Uploads beside what runs, all NULL where that is not offered. They come in slots 0 and 1: `ahead` brings bytes once
     * what was enqueued before the slot's last `used` is done; what is enqueued after `arrived` finds them there; `used`
     * is to be called when all is enqueued that reads them. `from` may be reused at return. Not to be recorded. */
    int (*ahead)(mm_device *device, int slot, void *to, const void *from, size_t bytes, mm_error *error);
    int (*arrived)(mm_device *device, int slot, mm_error *error);
    int (*used)(mm_device *device, int slot, mm_error *error);
    int (*sync)(mm_device *device, mm_error *error); /* reports what failed since the last one */

    /* NULL with an error when memory is out or the sizes overflow. */
    const mm_format *(*rows)(mm_device *device, mm_dtype dtype, int ndim, const size_t *dim, mm_error *error);
    const mm_format *(*activation)(mm_device *device, mm_dtype dtype, mm_shape shape, mm_error *error);
    /* conv: a description of MM_OP_CONV with the sizes that will be used most; other sizes work with the result too. */
    const mm_format *(*weights)(mm_device *device, const mm_op_desc *conv, mm_error *error);

    /* Whether `to` holds the numbers of `from` in the same places as bf16, so that ADAM can write it. NULL: never. */
    bool (*casts)(const mm_format *from, const mm_format *to);

    /* Prepares an operation; may take long. MM_FAILURE with an error that names it when the device cannot do it. */
    int (*prepare)(mm_device *device, const mm_op_desc *desc, mm_op **op, mm_error *error);
    void (*release)(mm_device *device, mm_op *op); /* NULL is fine */

    /* Enqueues. args as listed at the kind; scratch holds op->scratch_bytes. */
    int (*run)(mm_device *device, mm_op *op, void *const *args, void *scratch, mm_error *error);

    /* Sums over the ranks of a group, for devices with a way of their own between them (all NULL: not offered).
     * join: once, after open, by all ranks together, which then agree on the way; `how` says for people which it is.
     * sum: `count` f32 or f64 at `numbers` become the sum over all ranks, once what was enqueued before is done; what is
     * enqueued later may run beside it, up to `summed`: from there on, all sums are done. All ranks sum the same counts in
     * the same order; the same bits come out on all of them. Neither may be recorded. */
    int (*join)(mm_device *device, mm_group *group, char *how, size_t room, mm_error *error);
    int (*sum)(mm_device *device, mm_group *group, void *numbers, size_t count, mm_dtype dtype, mm_error *error);
    int (*summed)(mm_device *device, mm_error *error);

    /* Recording: what is run between begin and end is recorded, not done; replay does it. All NULL: not offered. */
    int (*begin)(mm_device *device, mm_error *error);
    int (*end)(mm_device *device, void **recording, mm_error *error);
    int (*replay)(mm_device *device, void *recording, mm_error *error);
    void (*forget)(mm_device *device, void *recording);
};

const mm_backend *mm_backend_plain(void); /* plain/: loops that say what each operation means; for tests */

/* Opens the device of --device=NAME: cpu, cuda[:N][,tf32][,atomics], or auto: cuda where there is a card and its plugin,
 * else cpu. nth: which of the processes on this machine this one is, from 0: they take the cards in turn. tf32: fp32
 * convolutions may round their inputs to 10 bits; atomics: convolutions may add up in any order, so that two runs differ in
 * their last bits. MM_USAGE for an unknown name, MM_FAILURE for a missing device. Close it
 * with device->backend->close(device). */
int mm_device_open(const char *name, size_t nth, size_t threads, mm_device **device, mm_error *error);

/* The same for planning (nn/plan.h): by mm_backend.imagine where the backend has it; "auto" is not known here. */
int mm_device_imagine(const char *name, size_t threads, mm_device **device, mm_error *error);

#endif
