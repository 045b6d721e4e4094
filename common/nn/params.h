/* A table of named parameters in host memory: networks, optimisers and files of weights exchange their numbers in it.
 *
 * Names are torchvision's. Data is C order, 64-aligned, owned by the table. Order is the order of adding. */
#ifndef MM_NN_PARAMS_H
#define MM_NN_PARAMS_H

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

/* All zero is an empty table. */
typedef struct mm_params {
    mm_param *item;
    size_t count, room;
} mm_params;

/* Adds a parameter of zeros; the pointer holds until the next add. NULL with an error: memory, overflow, or
 * MM_DAMAGED when the name is there already. */
mm_param *mm_params_add(mm_params *table, const char *name, mm_dtype dtype, int ndim, const size_t *dim,
                        mm_error *error);

/* Returns the parameter of that name, or NULL. */
mm_param *mm_params_find(const mm_params *table, const char *name);

/* Converts its numbers (f16, bf16, f32, f64 and whole ones) to floats; `out` has room for p->count. MM_DAMAGED for another
 * dtype. */
int mm_param_floats(const mm_param *p, float *out, mm_error *error);

/* Frees what the table owns and leaves it empty. */
void mm_params_free(mm_params *table);

#endif
