/* How much memory a training needs, found out without it: its stages are prepared as for a real one (nn/stage.h), on a device
 * that counts what is asked of it, hands out nothing and runs nothing. So the plan holds for every network, batch and device, and
 * is never older than the code that it is about.
 *
 *     mm_device_imagine("cuda", 0, &device, &e);
 *     mm_plan_training(device, net, MM_BF16, &options, &plan, &e); */
#ifndef MM_NN_PLAN_H
#define MM_NN_PLAN_H

#include "common/nn/trainer.h"

/* Bytes of the device, at the stage that needs most. */
typedef struct mm_plan {
    size_t parameters;  /* weights, and the copies that compute */
    size_t optimiser;   /* gradients, Adam's moments, and the sum of micro-batches */
    size_t activations; /* and their gradients: the arena that all batch sizes share */
    size_t workspace;   /* of operations while they run */
    size_t input;       /* images and labels of a batch */
    size_t total;       /* of these */
    size_t best;        /* host memory: the best epoch's weights */
    size_t checkpoint;  /* host memory: a checkpoint while it is put together */
    size_t step_moves;  /* bytes that a step's operations read and write, each operand once: less cannot pass through memory */
    size_t batch_moves; /* the same of the prediction of as many images as are computed at once; 0 without validation */
    size_t stage;       /* that stage, from 0 */
    bool estimated;     /* some of `workspace` is an estimate (mm_device.estimated) */
} mm_plan;

/* A training of that configuration on u16 images of its height and width, with a last batch that is not full where
 * micro-batches do not divide the batch, and with validation where epochs are compared by one. The device is one that was
 * opened or imagined; as with mm_executor_new, preparing takes a moment and some memory of the host. MM_USAGE,
 * MM_FAILURE. */
int mm_plan_training(mm_device *device, const mm_net *net, mm_dtype precision, const mm_trainer_options *options, mm_plan *plan,
                     mm_error *error);

/* For a training that ran out of the device's memory (mm_device.refused), of which `held` bytes would be given back: puts
 * behind the error's text which micro-batch would fit, or that none does. */
void mm_plan_advise(mm_device *device, size_t held, const mm_net *net, mm_dtype precision, const mm_trainer_options *options,
                    mm_error *error);

#endif
