/* The memory that a training needs, computed without that memory. Its stages are prepared as for a real training (nn/stage.h), on
 * a device that only counts allocations and runs nothing. So a plan is possible for every network, batch and device, and always
 * agrees with the code.
 *
 *     mm_device_imagine("cuda", 0, &device, &e);
 *     mm_plan_training(device, net, MM_BF16, &options, &plan, &e); */
#ifndef MM_NN_PLAN_H
#define MM_NN_PLAN_H

#include "common/nn/trainer.h"

/* Bytes of device memory, except where stated, in the stage that needs most. */
typedef struct mm_plan {
    size_t parameters;  /* weights and their working copies */
    size_t optimiser;   /* gradients, Adam's moments, and the sum of micro-batches */
    size_t activations; /* activations and their gradients: the arena, which all batch sizes share */
    size_t workspace;   /* work space of operations while they run */
    size_t input;       /* images and labels of a batch */
    size_t total;       /* largest amount allocated at any time, in all stages */
    size_t best;        /* host memory: the best epoch's weights */
    size_t checkpoint;  /* host memory: a checkpoint while it is made */
    size_t step_moves;  /* bytes that a step's operations read and write, each operand once: the least memory traffic */
    size_t batch_moves; /* the same for predicting as many images as are computed at once; 0 without validation */
    size_t stage;       /* number of the stage that needs most, from 0 */
    bool estimated;     /* a part of `workspace` is an estimate (mm_device.estimated) */
} mm_plan;

/* Plans a training with these options on u16 images of their height and width. A last micro-batch that is not full is included if
 * micro-batches do not divide the batch, and validation if epochs are compared by it. The device may be opened or imagined. As
 * with mm_executor_new, preparing takes a moment and some host memory. MM_USAGE, MM_FAILURE. */
int mm_plan_training(mm_device *device, const mm_net *net, mm_dtype precision, const mm_trainer_options *options, mm_plan *plan,
                     mm_error *error);

/* Appends to the error's text which micro-batch would fit, or that none does, if a training ran out of device memory
 * (mm_device.refused). `held` bytes will be freed with the training. Does nothing if the device cannot report its free memory. */
void mm_plan_advise(mm_device *device, size_t held, const mm_net *net, mm_dtype precision, const mm_trainer_options *options,
                    mm_error *error);

#endif
