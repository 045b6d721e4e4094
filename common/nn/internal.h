/* The inside of models and executors, for the files of common/nn alone. */
#ifndef MM_NN_INTERNAL_H
#define MM_NN_INTERNAL_H

#include "common/nn/executor.h"

/* Where a weight lives on the device. Trainable ones (weights, biases) lie in `master`, and at the same offset in the
 * buffers of gradients and moments; running statistics in `running`; num_batches_tracked is counted on the host. */
typedef struct mm_slot {
    const mm_format *rows, *storage; /* storage differs from rows for convolutions, where the device wants it */
    size_t offset;
    bool trainable;
    mm_op *to_rows, *from_rows; /* NULL where storage is rows */
} mm_slot;

/* A copy of a convolution's weights in the format (layout and precision) that operations compute with. */
typedef struct mm_copy {
    struct mm_copy *next;
    size_t weight;
    const mm_format *format;
    void *data;
    mm_op *op;
    bool cast; /* the optimiser writes it */
} mm_copy;

/* A run of neighbouring trained weights. */
typedef struct mm_span {
    size_t offset, bytes;
} mm_span;

/* What is done to all trained weights at once, and its chunks on the device. */
typedef struct mm_multi_tensor {
    mm_op *adam, *sum;
    void *chunks;
    size_t room; /* for chunks */
} mm_multi_tensor;

#define MM_NORM_MOMENTUM 0.1f /* of batch norm, as torchvision's */

struct mm_model {
    const mm_net *net;
    mm_device *device;
    const mm_backend *b;
    mm_dtype precision;
    mm_slot *slots;     /* for each weight of the net */
    int64_t *batches;   /* for each weight; used for MM_BATCHES */
    bool *trained;      /* for each layer */
    mm_span *ranges;
    size_t nranges;
    mm_multi_tensor multi_tensor;
    bool ready;         /* multi_tensor fits the trained weights and the copies there are */
    mm_copy *copies;
    void *master, *grad, *m, *v, *total, *running, *scalars, *staging;
    size_t trainable_bytes, running_bytes, staging_bytes;
    int64_t step;
    mm_adam adam;
    bool summed;        /* `grad` is that of all ranks */
    bool pending;       /* `total` holds gradients of earlier micro-batches */
    void *arena, *scratch;
    size_t arena_bytes, scratch_bytes;
    unsigned long generation; /* of the addresses of arena and scratch */
    mm_group *group;          /* the ranks that it has joined, or NULL */
    struct mm_data_parallel *data_parallel; /* what sums over them need */
    unsigned long set, moved; /* how often weights were set, or changed at all: what folded copies go by */
};

/* An argument of a step: tensor >= 0: in the arena; else base + offset (NULL: not there). */
typedef struct mm_ref {
    void *const *base;
    size_t offset;
    int tensor;
} mm_ref;

typedef struct mm_prepared {
    mm_op *op;
    mm_ref ref[MM_OP_ARGS];
    void *args[MM_OP_ARGS];
} mm_prepared;

/* Something that lives in the arena from step `first` to step `last`. Tensors with the same root share their place. */
typedef struct mm_lifetime {
    size_t bytes, offset;
    int first, last, root;
} mm_lifetime;

/* Tensor `dst` may lie where `src` lies, if step `step`, which makes dst, is the last to use src. */
typedef struct mm_alias {
    int dst, src, step;
} mm_alias;

/* Batch norm folded into a convolution's weights: executor-owned copies at `weights` and `bias`. */
typedef struct mm_fold {
    size_t conv, norm; /* layers */
    size_t weights, bias;
    mm_op *copy;       /* from rows; NULL when rows is what the convolution wants */
} mm_fold;

enum { MM_RAW_KINDS = 6 };


/* A part of the gradients that goes to the other ranks in one message, after that step. */
typedef struct mm_bucket {
    size_t step, offset, bytes;
} mm_bucket;

/* What is recorded at once: a forward, a backward; a step of one batch, or of one of its micro-batches, with the sums and the
 * update that belong to it. */
typedef enum mm_recorded {
    MM_FORWARD, MM_BACKWARD, MM_STEP_WHOLE, MM_STEP_FIRST, MM_STEP_MIDDLE, MM_STEP_LAST, MM_RECORDINGS
} mm_recorded;

struct mm_executor {
    mm_model *model;
    mm_executor_options config;
    mm_shape *shapes; /* of each layer's output */
    mm_prepared *steps;
    size_t nsteps, steps_room, nforward;
    mm_lifetime *lifetimes;
    size_t nlifetimes, lifetimes_room;
    mm_alias *aliases;
    size_t naliases, aliases_room;
    mm_fold *folds;
    size_t nfolds;
    void *folded;
    size_t folded_bytes;
    unsigned long fold_set, fold_moved;
    size_t arena_bytes, scratch_bytes;
    unsigned long generation;
    mm_op *input[MM_RAW_KINDS]; /* u8, u16, f32; the same with a warp */
    int input_kind;  /* of u8, u16, f32; -1: none yet */
    bool warped;     /* so is the input */
    size_t filled;   /* images in the batch */
    void *raw[2], *fixed; /* raw: one only where uploads come in the order of operations */
    int slot;        /* of raw: where the batch lies */
    const void **staged; /* images that lie in the other one already, */
    size_t nstaged;      /* as many */
    mm_dtype staged_type;
    size_t raw_bytes, fixed_bytes, labels_at, weights_at, warps_at; /* in fixed; the input's scalars lie at 0 */
    mm_bucket *buckets; /* in the order of their steps */
    size_t nbuckets;
    int input_tensor, logits, losses;        /* tensors */
    bool warm[MM_RECORDINGS];                /* has run before */
    void *recording[MM_RECORDINGS];
    size_t *counted;                         /* layers whose num_batches_tracked a forward moves */
    size_t ncounted;
    bool ready;                              /* a forward has run */
};

/* Where the next block begins behind so many bytes. */
static inline size_t mm_pad64(size_t bytes) { return (bytes + 63) / 64 * 64; }

/* device_model.c */
int mm_model_reserve(mm_model *model, size_t arena, size_t scratch, mm_error *error);
/* The address of a layer's weight as a step's argument: in master or running; of its gradient. */
mm_ref mm_model_ref(const mm_model *model, size_t layer, mm_weight_kind kind);
mm_ref mm_model_grad_ref(const mm_model *model, size_t layer, mm_weight_kind kind);
/* The weights of a convolution in a format, renewed whenever they change. base is NULL after an error. */
mm_ref mm_model_copy(mm_model *model, size_t layer, const mm_format *format, mm_error *error);
/* Renews copies of weights: all, or those of trained weights that the optimiser does not write itself. */
int mm_model_renew(mm_model *model, bool all, mm_error *error);
void mm_model_drop_multi_tensor(mm_model *model);
/* Bytes of the device: the weights and the copies that compute; gradients, moments and sums of micro-batches. */
size_t mm_model_parameter_bytes(const mm_model *model);
size_t mm_model_optimiser_bytes(const mm_model *model);
int mm_model_take(mm_model *model, void **buffer, size_t bytes, mm_error *error); /* zeros */
bool mm_model_trains(const mm_model *model, size_t i); /* weight number i */
/* Weight i of the net, as rows of fp32, out of one of the buffers (master, running, grad, m, v) or into it. */
int mm_model_read(mm_model *model, size_t i, const void *buffer, float *rows, mm_error *error);
int mm_model_put(mm_model *model, size_t i, void *buffer, const float *rows, mm_error *error);

/* update.c */
/* Makes all that sums and updates need; from then on they only enqueue. total: also for sums of micro-batches. */
int mm_model_ready(mm_model *model, bool total, mm_error *error);
/* Adds `grad` to `total`, before another micro-batch overwrites it. */
int mm_model_put_aside(mm_model *model, mm_error *error);
/* Adds `total` to `grad`, which becomes the gradient of all micro-batches. */
int mm_model_collect(mm_model *model, mm_error *error);
/* The same as operations that may be recorded, after mm_model_ready(model, true); `pending` is not read. */
int mm_model_clear_total(mm_model *model, mm_error *error);
int mm_model_sum(mm_model *model, bool into_total, mm_error *error);
/* Uploads learning rate and count of a step to where the update, which may be recorded, reads them. */
int mm_model_begin_update(mm_model *model, double lr, double weight_decay, mm_error *error);
int mm_model_run_update(mm_model *model, mm_error *error);
void mm_model_end_update(mm_model *model);

/* shapes.c */
/* The number of a layer's weight, which must have one of that kind. */
size_t mm_net_weight(const mm_net *net, size_t layer, mm_weight_kind kind);
/* Shapes of all outputs. MM_USAGE when one is empty. window: see mm_executor_options. */
int mm_net_shapes(const mm_net *net, size_t batch, size_t height, size_t width, size_t window, mm_shape *shapes,
                  mm_error *error);
mm_op_desc mm_conv_desc(const mm_net *net, size_t layer, const mm_shape *shapes, mm_dtype precision);

/* compile.c */
int mm_executor_compile(mm_executor *x, mm_error *error);

/* buckets.c */
#define MM_BUCKET ((size_t)4 << 20) /* bytes of a message: enough for the links' full speed, few enough to begin early */
/* Cuts the gradients of all trained weights into buckets of at least `bytes`, where neighbours reach that; needs steps. */
int mm_executor_buckets(mm_executor *x, size_t bytes, mm_error *error);
/* Hands those to the device that step `step` has completed; *next: the first that waits. */
int mm_executor_exchange(mm_executor *x, size_t step, size_t *next, mm_error *error);
/* Sums the gradients of all trained weights over the ranks, with what micro-batches put aside. */
int mm_model_exchange(mm_model *model, mm_error *error);

/* arena.c: aliases tensors where they may be, and gives every tensor its offset; *bytes is the size of the arena. MM_FAILURE:
 * no memory. */
int mm_arena_plan(mm_lifetime *lifetimes, size_t n, const mm_alias *aliases, size_t naliases, size_t *bytes, mm_error *error);

#endif
