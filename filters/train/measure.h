/* Mean and class counts of a training set, measured in one pass over its stream. */
#ifndef MM_FILTERS_TRAIN_MEASURE_H
#define MM_FILTERS_TRAIN_MEASURE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

typedef struct mm_measure {
    size_t records, pixels;
    double mean;   /* of all pixels of the tensors `image`, on the scale 0..255 */
    size_t *count; /* [classes] records of each label; the caller frees it */
} mm_measure;

/* Measures the stream in a file. Labels that are missing or out of range are not counted. MM_FAILURE: the file cannot be opened, holds
 * no record, or a record has no grey image with finite pixels; with `skip` such a record is named on stderr and left out. Other errors are
 * those of mm_input_next. */
int mm_measure_file(const char *path, size_t classes, bool skip, mm_measure *measure, mm_error *error);

#endif
