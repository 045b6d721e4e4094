/* A table of named parameters in host memory, in which networks, optimisers and files of weights exchange their numbers.
 *
 * Names are torchvision's. Data is in C order, aligned to 64 bytes, and owned by the table. Parameters keep the order in which
 * they were added. */
#ifndef MM_NN_PARAMS_H
#define MM_NN_PARAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/dtype.h"
#include "common/base/error.h"

#define MM_PARAM_DIMS 8

typedef struct mm_param {
    char *name;
    mm_dtype dtype;
    int ndim; /* 0: a scalar */
    size_t dim[MM_PARAM_DIMS];
    size_t count; /* elements */
    size_t bytes;
    void *data;
} mm_param;

/* A table. Start from {0}. */
typedef struct mm_params {
    mm_param *item;
    size_t count, room;
} mm_params;

/* Adds a parameter of zeros. The pointer is valid until the next add. NULL with an error: MM_FAILURE (memory), or MM_DAMAGED (the
 * name exists already, the shape is invalid or overflows). */
mm_param *mm_params_add(mm_params *table, const char *name, mm_dtype dtype, int ndim, const size_t *dim,
                        mm_error *error);

/* Returns the parameter of that name, or NULL. */
mm_param *mm_params_find(const mm_params *table, const char *name);

/* True if a name has a part that says that its tensors are running averages of weights: ema, model_ema, swa, teacher, ... */
bool mm_param_is_average(const char *name);

/* Converts the numbers of a parameter to floats; `out` has room for p->count. MM_DAMAGED: an unknown dtype. */
int mm_param_floats(const mm_param *p, float *out, mm_error *error);

/* Checks n numbers of a weight. MM_DAMAGED, with an error that names it: one is NaN or infinite, or a running variance is below 0. A
 * network would turn these into ordinary probabilities, since the maximum of 0 and NaN is 0. */
int mm_param_check(const char *name, const float *number, size_t n, mm_error *error);

/* Frees what the table owns and leaves it empty. */
void mm_params_free(mm_params *table);

#endif
