/* Private parts of models and executors, for the files of common/nn only. */
#ifndef MM_NN_INTERNAL_H
#define MM_NN_INTERNAL_H

#include "common/nn/executor.h"

/* The place of a weight on the device. Trainable weights (weights, biases) lie in `master`, and at the same offset in the buffers
 * of gradients and moments. Running statistics lie in `running`. num_batches_tracked is counted on the host. */
typedef struct mm_slot {
    const mm_format *rows, *storage; /* storage may differ from rows for convolutions, as the device chooses */
    size_t offset;
    bool trainable;
    mm_op *to_rows, *from_rows; /* NULL if storage is rows */
} mm_slot;

/* A working copy of a convolution's weights in the format (layout and precision) of an operation. */
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

/* Operations on all trained weights at once, and their chunks on the device. */
typedef struct mm_multi_tensor {
    mm_op *update, *clip, *sum; /* clip: NULL if gradients stay as they are */
    void *chunks;
    size_t room; /* number of chunks that fit */
} mm_multi_tensor;

/* The running average of the weights. While it is used, `master` and `running` hold the weights, and the model's the average. */
typedef struct mm_average {
    void *master, *running; /* NULL: there is none */
    mm_op *lerp[2];
    bool used;
} mm_average;

struct mm_model {
    const mm_net *net;
    mm_device *device;
    const mm_backend *b;
    mm_dtype precision;
    mm_slot *slots;     /* for each weight of the net */
    int64_t *batches;   /* for each weight; used for MM_BATCHES */
    bool *trained;      /* for each layer */
    uint8_t *part;      /* for each layer */
    mm_span *ranges;
    size_t nranges;
    mm_multi_tensor multi_tensor;
    bool ready;         /* multi_tensor is up to date with the trained weights and the copies */
    mm_copy *copies;
    void *master, *grad, *m, *v, *total, *running, *scalars, *staging; /* v: NULL if the optimiser has no second moments */
    size_t trainable_bytes, running_bytes, staging_bytes;
    int64_t step;
    mm_optimiser optimiser;
    mm_average average;
    bool summed;        /* `grad` is summed over all ranks */
    bool pending;       /* `total` holds gradients of earlier micro-batches */
    void *arena, *scratch;
    size_t arena_bytes, scratch_bytes;
    unsigned long generation; /* changes with the addresses of arena, scratch and weights */
    mm_group *group;          /* the group that it has joined, or NULL */
    struct mm_data_parallel *data_parallel; /* working space for sums over the ranks */
    unsigned long set, moved; /* how often weights were set, and changed in any way, to see if folded copies are old */
};

/* An argument of a step. tensor >= 0: a tensor in the arena; else *base + offset, or NULL if base is NULL. */
typedef struct mm_ref {
    void *const *base;
    size_t offset;
    int tensor;
} mm_ref;

/* A step: a prepared operation with its arguments. */
typedef struct mm_prepared {
    mm_op *op;
    mm_ref ref[MM_OP_ARGS];
    void *args[MM_OP_ARGS];
} mm_prepared;

/* A tensor that is in the arena from step `first` to step `last`. Tensors with the same root share their place. */
typedef struct mm_lifetime {
    size_t bytes, offset;
    int first, last, root;
} mm_lifetime;

/* Tensor `dst` may take the place of `src` if step `step`, which makes dst, is the last to use src. */
typedef struct mm_alias {
    int dst, src, step;
} mm_alias;

/* A batch norm folded into a convolution: weights and bias at these offsets of the executor's `folded` buffer. */
typedef struct mm_fold {
    size_t conv, norm; /* layers */
    size_t weights, bias;
    mm_op *copy;       /* converts from rows; NULL if the convolution takes rows */
} mm_fold;

enum { MM_RAW_KINDS = 6 };

/* A part of the gradients that goes to the other ranks in one message after step `step`. */
typedef struct mm_bucket {
    size_t step, offset, bytes;
} mm_bucket;

/* The recordings: a forward, a backward, and a step on a whole batch or on its first, a middle or its last micro-batch, with the
 * sums and the update that belong to it. */
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
    mm_op *input[MM_RAW_KINDS]; /* for u8, u16, f32; then for the same with a warp */
    int input_kind;  /* 0 u8, 1 u16, 2 f32; -1: not known yet */
    bool warped;     /* the input is warped */
    size_t filled;   /* images in the batch */
    void *raw[2], *fixed; /* only raw[0] is used if the device has no `ahead` */
    int slot;        /* the element of raw that holds the batch */
    const void **staged; /* nstaged images that are in the other element of raw already */
    size_t nstaged;
    mm_dtype staged_type;
    size_t raw_bytes, fixed_bytes, labels_at, weights_at, warps_at, seeds_at; /* in fixed; the input's scalars lie at 0 */
    size_t shares_at, others_at, label_shares_at; /* in fixed, with config.mix: of mixed images, and of their labels */
    size_t places_at; /* in fixed, with config.first: places[MM_CUTS], of place_bytes each */
    size_t place_bytes;
    mm_op *mix;
    void *kept, *source[MM_CUTS]; /* the output of config.last; where config.cut are cut from */
    size_t kept_bytes;
    mm_bucket *buckets; /* in the order of their steps */
    size_t nbuckets;
    int input_tensor, logits, losses; /* tensors */
    int feature, gradient, seed;      /* tensors: config.feature and its gradient as fp32 rows; MM_EXPLAIN: gradient of the logits */
    bool warm[MM_RECORDINGS];                /* has run before */
    void *recording[MM_RECORDINGS];
    size_t *counted;                         /* layers whose num_batches_tracked a forward increases */
    size_t ncounted;
    bool ready;                              /* a forward has run */
};

/* Rounds up to the next multiple of 64. */
static inline size_t mm_pad64(size_t bytes) { return (bytes + 63) / 64 * 64; }

/* device_model.c */
/* Makes arena and scratch at least as large as asked. MM_FAILURE: memory. */
int mm_model_reserve(mm_model *model, size_t arena, size_t scratch, mm_error *error);
/* Return a layer's weight (in master or running) and its gradient as arguments of a step. */
mm_ref mm_model_ref(const mm_model *model, size_t layer, mm_weight_kind kind);
mm_ref mm_model_grad_ref(const mm_model *model, size_t layer, mm_weight_kind kind);
/* Returns a working copy of a convolution's weights in a format, renewed whenever they change. base is NULL after an error. */
mm_ref mm_model_copy(mm_model *model, size_t layer, const mm_format *format, mm_error *error);
/* Renews the working copies: all of them, or those of trained weights that the optimiser does not write itself. */
int mm_model_renew(mm_model *model, bool all, mm_error *error);
void mm_model_drop_multi_tensor(mm_model *model); /* releases multi_tensor, which is made anew when next needed */
/* Return device memory in bytes: of weights and working copies; of gradients, moments and sums of micro-batches. */
size_t mm_model_parameter_bytes(const mm_model *model);
size_t mm_model_optimiser_bytes(const mm_model *model);
int mm_model_take(mm_model *model, void **buffer, size_t bytes, mm_error *error); /* allocates zeros on the device */
bool mm_model_trains(const mm_model *model, size_t i); /* true if weight number i is trained */
/* Copy weight i of the net, as rows of fp32, from or to one of the buffers master, running, grad, m, v. */
int mm_model_read(mm_model *model, size_t i, const void *buffer, float *rows, mm_error *error);
int mm_model_put(mm_model *model, size_t i, void *buffer, const float *rows, mm_error *error);

/* update.c */
/* Prepares sums and updates, which from then on only enqueue. total: sums of micro-batches too. */
int mm_model_ready(mm_model *model, bool total, mm_error *error);
/* Adds `grad` to `total`, before another micro-batch overwrites it. */
int mm_model_put_aside(mm_model *model, mm_error *error);
/* Adds `total` to `grad`, which becomes the gradient of all micro-batches. */
int mm_model_collect(mm_model *model, mm_error *error);
/* Clear `total`, and add `grad` to `total` (into_total) or `total` to `grad`, as operations that may be recorded. Call
 * mm_model_ready(model, true) before. They ignore `pending`. */
int mm_model_clear_total(mm_model *model, mm_error *error);
int mm_model_sum(mm_model *model, bool into_total, mm_error *error);
/* Uploads the learning rates and the step count for mm_model_run_update, which may be recorded and reads them from the device. */
int mm_model_begin_update(mm_model *model, const double *lr, double weight_decay, mm_error *error);
int mm_model_run_update(mm_model *model, mm_error *error);
void mm_model_end_update(mm_model *model);

/* average.c */
int mm_average_reserve(mm_model *model, mm_error *error); /* takes the memory of an average, if the optimiser has one */
void mm_average_free(mm_model *model);

/* shapes.c */
/* Returns the number of a layer's weight of a kind, which must exist. */
size_t mm_net_weight(const mm_net *net, size_t layer, mm_weight_kind kind);
/* Computes the shapes of all layers' outputs. MM_USAGE: one is empty, a layer reads two of different sizes, or with a window (see
 * mm_executor_options) the network is not a trunk, its mean and one layer. */
int mm_net_shapes(const mm_net *net, size_t batch, size_t height, size_t width, size_t window, mm_shape *shapes,
                  mm_error *error);

/* compile.c */
/* Fills the executor's steps and everything that they need. */
int mm_executor_compile(mm_executor *x, mm_error *error);

/* buckets.c */
#define MM_BUCKET ((size_t)4 << 20) /* bytes of a message: large enough for the links' full speed, small enough to begin early */
/* Cuts the gradients of all trained weights into buckets of at least `bytes` where neighbours are enough for that. Call it after
 * the steps are compiled. */
int mm_executor_buckets(mm_executor *x, size_t bytes, mm_error *error);
/* Begins the sums of the buckets that step `step` completes; *next is the first bucket whose sum has not begun. */
int mm_executor_exchange(mm_executor *x, size_t step, size_t *next, mm_error *error);
/* Sums the gradients of all trained weights over the ranks, those of earlier micro-batches in `total` included. */
int mm_model_exchange(mm_model *model, mm_error *error);

/* arena.c */
/* Aliases tensors where possible, and gives every tensor its offset; *bytes is the size of the arena. MM_FAILURE: memory. */
int mm_arena_plan(mm_lifetime *lifetimes, size_t n, const mm_alias *aliases, size_t naliases, size_t *bytes, mm_error *error);

#endif
