/* Objects in the pickles of PyTorch's two file formats. Internal to pth*.c. */
#ifndef MM_FORMATS_WEIGHTS_PTH_H
#define MM_FORMATS_WEIGHTS_PTH_H

#include "formats/weights/pickle.h"
#include "formats/weights/weights.h"

enum { MM_PTH_STORAGE = 1, MM_PTH_TENSOR = 2 }; /* tags of MM_VALUE_OBJECT */

/* A block of numbers that tensors share. `data` is set once it is found in the file. */
typedef struct mm_pth_storage {
    mm_dtype dtype;
    size_t size;  /* bytes of an element, of a kind that is not read too */
    size_t count; /* elements, of a view its own */
    size_t offset; /* elements, of a view in the block with the key; else 0 */
    char *key;    /* borrowed from the pickle's text */
    const unsigned char *data;
    size_t data_count; /* elements at data */
} mm_pth_storage;

typedef struct mm_pth_tensor {
    mm_pth_storage *storage;
    size_t offset; /* elements */
    int ndim;
    size_t dim[MM_PARAM_DIMS], stride[MM_PARAM_DIMS]; /* elements */
} mm_pth_tensor;

/* A pickle that has run, and all storages that it made. */
typedef struct mm_pth_objects {
    mm_pickle *pickle;
    mm_value *root;
    mm_pth_storage **storages; /* owned by the pickle */
    size_t n, room;
    size_t copied; /* items that calls have copied from container to container */
    const char *name;
} mm_pth_objects;

/* Runs the pickle of a file of weights. *used is the number of bytes consumed. */
int mm_pth_run(mm_pth_objects *o, const unsigned char *bytes, size_t n, const char *name, size_t *used, mm_error *error);
void mm_pth_objects_free(mm_pth_objects *o);

/* Checks that there are tensors. MM_FAILURE: there is none, but a call that is not run. */
int mm_pth_check(const mm_pth_objects *o, mm_error *error);

/* Copies the result's tensors into the table; all storages must have data. file_size bounds the size of all copies, since tensors may
 * share storages. MM_FAILURE: a tensor would have to be made by a call that is not run. */
int mm_pth_flatten(const mm_pth_objects *o, size_t file_size, mm_weights *w, mm_error *error);

#endif
