/* HDF5 files, read by an isolated program: see hdf5.h and hdf5_walk.h. */
#include "formats/weights/hdf5.h"

#include <stdio.h>
#include <string.h>

#include "common/base/isolated.h"
#include "formats/weights/hdf5_walk.h"

bool mm_hdf5_is(const void *bytes, size_t n)
{
    return n >= 8 && !memcmp(bytes, "\x89HDF\r\n\x1a\n", 8);
}

/* Bytes of the result before *at are read: the next n, as a part of its own; NULL where there are fewer. */
static const void *next_part(const mm_isolated_result *r, size_t *at, size_t n)
{
    size_t begin = mm_isolated_next(*at);
    if (begin > r->size || n > r->size - begin)
        return NULL;
    *at = begin + n;
    return r->bytes + begin;
}

/* Bytes of an array's numbers; false: its description cannot be right. */
static bool bytes_of(const mm_hdf5_array *a, size_t *bytes)
{
    if (!memchr(a->path, 0, sizeof a->path) || a->ndim < 0 || a->ndim > MM_PARAM_DIMS || a->dtype >= MM_NUM_DTYPES)
        return false;
    *bytes = mm_dtype_size(a->dtype);
    for (int i = 0; i < a->ndim; i++)
        if (__builtin_mul_overflow(*bytes, a->dim[i], bytes))
            return false;
    return true;
}

/* The result is trusted no more than the file. */
static int add_array(mm_weights *w, const mm_isolated_result *r, size_t *at, const char *name, mm_error *error)
{
    mm_hdf5_array array;
    size_t bytes;
    const void *head = next_part(r, at, sizeof array), *numbers = NULL;
    if (head) {
        memcpy(&array, head, sizeof array);
        numbers = bytes_of(&array, &bytes) ? next_part(r, at, bytes) : NULL;
    }
    if (!numbers)
        return mm_fail(error, MM_DAMAGED, "'%s': HDF5 file is damaged", name);
    mm_param *p = mm_weights_add(w, array.path, array.dtype, array.ndim, array.dim, name, error);
    if (!p)
        return error->code;
    memcpy(p->data, numbers, p->bytes);
    return 0;
}

int mm_hdf5_read(mm_weights *w, const void *bytes, size_t n, const char *skip, const char *name, mm_error *error)
{
    enum { PART = sizeof(mm_hdf5_array) + 2 * 64, SECONDS = 10, BYTES_A_SECOND = 1000000 }; /* far more time than it takes */
    mm_hdf5_question question = {""};
    mm_isolated_result result;
    size_t allowance = mm_hdf5_allowance(n), at = 0;
    snprintf(question.skip, sizeof question.skip, "%s", skip);
    mm_isolated_job job = {
        .kind = MM_HDF5_JOB,
        .head = &question, .head_size = sizeof question,
        .bytes = bytes, .size = n,
        .room = allowance + (size_t)MM_MAX_WEIGHTS * PART,
        .memory = 2 * n + allowance, /* the library's copy of the file, and what it needs for itself */
        .seconds = SECONDS + (unsigned)(n / BYTES_A_SECOND),
    };
    int code = mm_isolated(MM_ISOLATED, &job, "HDF5 file", &result, error);
    if (code)
        return mm_fail_in(error, "'%s'", name);
    while (!code && at < result.size)
        code = add_array(w, &result, &at, name, error);
    mm_isolated_free(&result);
    return code;
}
