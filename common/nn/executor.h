/* Running a network: its weights on a device (mm_model), and the operations compiled for one batch size (mm_executor).
 *
 *     mm_model_new(net, device, precision, 32, 224, 224, &model, &e);
 *     mm_model_set(model, &params, &e);                          weights in, by name
 *     mm_model_stage(model, trained, NULL, &e);                  a stage begins: new optimiser
 *     mm_executor_new(model, &config, &ex, &e);                  config.mode = MM_TRAIN
 *     for each step:
 *         mm_executor_input(ex, images, n, MM_U16, 65535, mean, std, &e);
 *         mm_executor_labels(ex, labels, weights, &e);           weights[i] = 1 / (images of the whole step)
 *         mm_executor_step(ex, true, true, &lr, wd, &e);         forward, backward, update
 *         mm_executor_loss(ex, &loss, &e);                       waits for the device
 * or, in single steps,
 *         mm_executor_forward(ex, &e);
 *         mm_executor_backward(ex, false, &e);                   true: adds to the present gradients
 *         mm_model_update(model, &lr, wd, &e);
 *
 * All executors of a model share its parameters and one arena, so any number may be compiled (full batch, last batch,
 * validation). But running another executor overwrites the results of a forward: read logits and loss before, and call backward
 * right after its forward. All functions only enqueue work, except those that read results or parameters or wait.
 *
 * Precision bf16: activations and the working copies of convolution weights are bf16; master weights, gradients of parameters,
 * optimiser, statistics, fc and loss are fp32. Only one thread at a time uses a device. */
#ifndef MM_NN_EXECUTOR_H
#define MM_NN_EXECUTOR_H

#include "common/nn/backend.h"
#include "common/nn/net.h"
#include "common/nn/optimiser.h"
#include "common/nn/params.h"

typedef struct mm_model mm_model;
typedef struct mm_executor mm_executor;

/* ---- the numbers ---- */

/* Makes a model whose weights are all zero. precision: MM_F32 or MM_BF16. batch, height, width: the most frequent sizes, for
 * which layouts are chosen. net and device are borrowed and must outlive the model. */
int mm_model_new(const mm_net *net, mm_device *device, mm_dtype precision, size_t batch, size_t height, size_t width,
                 mm_model **model, mm_error *error);
void mm_model_free(mm_model *model); /* executors must be freed before; NULL is fine */
size_t mm_model_bytes(const mm_model *model); /* device memory that it holds, without the executors' folded weights and input */

/* Sets every weight of the network from the table, by name. A missing num_batches_tracked is 0; other names are ignored.
 * MM_DAMAGED: a weight is missing or has another shape; the model's weights are then undefined. */
int mm_model_set(mm_model *model, const mm_params *table, mm_error *error);

/* Adds every weight (state_dict order, fp32, num_batches_tracked i64) to the table, or overwrites it in place if the table holds
 * it. Waits for the device. */
int mm_model_get(mm_model *model, mm_params *table, mm_error *error);

/* Sets the optimiser of all stages; that of a new model is Adam. Call it before mm_model_stage. */
void mm_model_optimiser(mm_model *model, const mm_optimiser *optimiser);

/* A stage's layers may be divided into parts, each with its own learning rate. */
enum { MM_PARTS = 8 };

/* Begins a stage: from now on layers with trained[layer] are trained; the optimiser's moments and step count become zero.
 * part[layer] < MM_PARTS is the part of a layer; NULL: all are in part 0. Compile executors for training after it and free older
 * ones. Before the first call nothing is trained. */
int mm_model_stage(mm_model *model, const bool *trained, const uint8_t *part, mm_error *error);
int64_t mm_model_steps(const mm_model *model); /* updates since the stage began */

/* Adds the gradients of all trained weights to the table under the weights' names, or overwrites them there. */
int mm_model_gradients(mm_model *model, mm_params *table, mm_error *error);

/* Sets the gradients of all trained weights from the table (fp32). For tests of the optimiser. */
int mm_model_set_gradients(mm_model *model, const mm_params *table, mm_error *error);

/* Add the optimiser's state to the table, and set it from there: "adam.m.NAME" and "adam.v.NAME" (fp32, shape of the weight) for
 * every trained weight, and "adam.step" (i64 scalar); with MM_SGD "sgd.m.NAME" and "sgd.step". Set it after mm_model_stage with
 * the same layers. MM_DAMAGED: an entry is missing. */
int mm_model_get_optimiser(mm_model *model, mm_params *table, mm_error *error);
int mm_model_set_optimiser(mm_model *model, const mm_params *table, mm_error *error);

/* Running average of all weights and running statistics (exponential moving average), if the optimiser has one (mm_optimiser.ema);
 * else these do nothing. Begin it after mm_model_stage; it then equals the present weights. mm_model_average takes the present
 * weights into it: average += (1 - ema) (weights - average). While it is used the model's weights are the average: for
 * prediction, mm_model_get and mm_model_set, not for steps. num_batches_tracked is the weights' own. */
int mm_model_begin_average(mm_model *model, mm_error *error);
int mm_model_average(mm_model *model, mm_error *error);
int mm_model_use_average(mm_model *model, bool use, mm_error *error);

int mm_model_wait(mm_model *model, mm_error *error); /* waits until the device has done everything */

/* Makes one step of the optimiser on all trained weights with the present gradients, which are clipped in place if it says so.
 * lr: the learning rate of each part that layers are in. */
int mm_model_update(mm_model *model, const double *lr, double weight_decay, mm_error *error);

/* ---- the operations ---- */

typedef enum mm_mode {
    MM_TRAIN,   /* forward, loss, backward */
    MM_PREDICT, /* forward only, running statistics, batch norm folded into the convolutions */
    MM_EXPLAIN  /* the forward of MM_PREDICT, then backward from the logits down to the output of layer `feature`; no weight gets a
                 * gradient */
} mm_mode;

/* Batch norm of layers that are not trained, in MM_TRAIN. Trained layers always use batch statistics. */
typedef enum mm_bn {
    MM_BN_BATCH, /* batch statistics; running averages are updated */
    MM_BN_FROZEN /* running averages, not updated; folded where no gradient passes */
} mm_bn;

/* Columns `at` .. at + columns - 1 of what a part of the network computes with, out of outputs of `batch` images, `width` columns wide
 * and of the same height. columns 0: none. */
typedef struct mm_cut {
    size_t batch, width, at, columns;
} mm_cut;

enum { MM_CUTS = 3 };

typedef struct mm_executor_options {
    mm_mode mode;
    mm_bn bn;
    size_t batch, height, width;
    size_t window; /* MM_PREDICT: 0 for one result per image (global mean); k for k x k means of the last features at
                    * stride 1, each with its own result (dense heatmaps) */
    /* MM_TRAIN, if the model has joined other ranks (nn/data_parallel.h): */
    bool sync;       /* batch norm takes its statistics over the batches of all ranks */
    bool exchange;   /* backward sums gradients over all ranks, each part as soon as it is done, if the device can
                      * (mm_backend.sum); not with accumulation */
    bool mix;        /* MM_TRAIN: images are mixed in pairs, see mm_executor_mix */
    float smoothing; /* MM_TRAIN: this share of each label is spread evenly over all classes */
    /* MM_PREDICT: a part of the network, of layers that all read only one another and the output of one layer (mm_shared_find).
     * first: that layer, 0 for the images. Its output is put together of columns of other executors' outputs: cut, in their order.
     * last: the part's last layer, whose output is kept on the device; 0: the network's last layer, and there are results. */
    size_t first, last;
    mm_cut cut[MM_CUTS];
    size_t feature;  /* number of a layer whose output is kept for mm_executor_feature, and in MM_EXPLAIN its gradient for
                      * mm_executor_gradient; 0: none, not in MM_EXPLAIN */
    bool pool;       /* keep the mean over its positions instead */
} mm_executor_options;

/* Compiles an executor. MM_USAGE: the image is too small for the network; MM_FAILURE: memory is out, or the device cannot. */
int mm_executor_new(mm_model *model, const mm_executor_options *config, mm_executor **executor, mm_error *error);
void mm_executor_free(mm_executor *executor); /* NULL is fine */

/* Returns the size of an image's map of results, 1 x 1 unless window is set. A forward gives rows = batch * map height * map
 * width results of `classes` numbers each; an image's positions are in row order. */
void mm_executor_map(const mm_executor *executor, size_t *map_height, size_t *map_width);

/* Puts n grey images (height x width, C order, u8, u16 or f32; all of one dtype and full scale) into the batch. Network input is
 * (v * 255 / full_scale - mean) / std. MM_TRAIN: n = batch; else 1 <= n <= batch, and the rest is zeros. The images may be
 * reused at return. MM_USAGE: another dtype or n. */
int mm_executor_input(mm_executor *executor, const void *const *images, size_t n, mm_dtype dtype, double full_scale,
                      double mean, double std, mm_error *error);

/* Sets what the executor (config.first) computes with, for each of its cuts k: columns of the output of `source` (config.last), whose
 * forward has run. Those of image i < n are of image place[2 i] there, from column place[2 i + 1] on. */
int mm_executor_crop(mm_executor *executor, size_t k, mm_executor *source, const int32_t *place, size_t n, mm_error *error);

/* Allocates the memory that images of a type need, before the first of them arrive. warp: they will be warped. */
int mm_executor_reserve_input(mm_executor *executor, mm_dtype dtype, bool warp, mm_error *error);

/* Warps the images of the last mm_executor_input. plans holds one plan for each, made by mm_warp_prepare (image/warp.h) for their
 * type and size. */
int mm_executor_warp(mm_executor *executor, const mm_warp_plan *plans, mm_error *error);

/* Sets labels and weights of the batch (MM_TRAIN). The loss is the sum of weight * cross-entropy. A weight is 1 / (images of the
 * step), times a class weight if classes are balanced. MM_DAMAGED: a label is negative or not below classes. */
int mm_executor_labels(mm_executor *executor, const int32_t *labels, const float *weights, mm_error *error);

/* Sets labels and weights of the batch as mm_executor_labels, and how its images are mixed (config.mix): image i becomes share[i] times
 * itself and 1 - share[i] times image batch - 1 - i, and its loss is as much of either one's loss. */
int mm_executor_mix(mm_executor *executor, const int32_t *labels, const float *weights, const float *share, mm_error *error);

/* Sets what dropout draws from (MM_TRAIN, if net->random): a number for each image of the batch, which should depend on the
 * training's seed, the step and the record. */
int mm_executor_seeds(mm_executor *executor, const uint64_t *seeds, mm_error *error);

/* Uploads images of the next batch while the device computes, if it can. Call it after the preceding step is enqueued. The images
 * must stay valid until the next mm_executor_input, which then need not upload them. */
int mm_executor_ahead(mm_executor *executor, const void *const *images, size_t n, mm_dtype dtype, mm_error *error);

/* Runs the network, in MM_TRAIN with the loss. */
int mm_executor_forward(mm_executor *executor, mm_error *error);

/* Computes the gradients of all trained weights. accumulate: adds them to those of earlier micro-batches; false for the first. */
int mm_executor_backward(mm_executor *executor, bool accumulate, mm_error *error);

/* MM_EXPLAIN: computes the gradient of a score, the sum of seed[rows * classes] times the logits, with respect to the output of
 * config.feature. Call it right after a forward, once for each. */
int mm_executor_explain(mm_executor *executor, const float *seed, mm_error *error);

/* Runs forward, backward and, after the last micro-batch of a step, the update (mm_model_update). With other ranks, gradients are
 * summed before the update. first, last: this is the first, the last micro-batch of the step. A device that can record runs it as
 * one recording, which reads learning rates and step count from device memory. Without other ranks it never waits. */
int mm_executor_step(mm_executor *executor, bool first, bool last, const double *lr, double weight_decay, mm_error *error);

/* Returns rows and columns of a layer's output. */
void mm_executor_shape(const mm_executor *executor, size_t layer, size_t *height, size_t *width);

/* Copies losses[batch] (MM_TRAIN, or NULL) and logits[rows * classes] of the last forward without waiting; they have arrived once
 * mm_model_wait returns. */
int mm_executor_fetch(mm_executor *executor, float *losses, float *logits, mm_error *error);

/* Wait for the device and return results of the last forward: the sum of the losses, and rows * classes logits or probabilities,
 * row by row. With n < batch images only those of the first n are meaningful. */
int mm_executor_loss(mm_executor *executor, double *loss, mm_error *error); /* MM_TRAIN; may be NaN */
int mm_executor_logits(mm_executor *executor, float *logits, mm_error *error);
int mm_executor_probabilities(mm_executor *executor, float *probabilities, mm_error *error);
size_t mm_executor_batch(const mm_executor *executor); /* images that it was compiled for */

/* Waits and copies the output of config.feature, for each image of the batch its numbers. */
int mm_executor_feature(mm_executor *executor, float *feature, mm_error *error);
int mm_executor_gradient(mm_executor *executor, float *gradient, mm_error *error); /* of the last mm_executor_explain, as many numbers */
size_t mm_executor_feature_size(const mm_executor *executor); /* numbers of an image */
/* Returns their shape: ndim 3 [channels, rows, columns]; of rows or with config.pool ndim 1 [channels]. */
void mm_executor_feature_shape(const mm_executor *executor, int *ndim, size_t dim[3]);

void mm_executor_softmax(float *p, size_t rows, size_t classes); /* logits become probabilities */

/* Return what was compiled, for tests and messages: the number of operations of a kind, and the bytes of the arena. */
size_t mm_executor_count(const mm_executor *executor, mm_op_kind kind);
size_t mm_executor_arena(const mm_executor *executor);

#endif
