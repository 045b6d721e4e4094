/* Folds of cross-validation by patient. */
#ifndef MM_STATS_FOLDS_H
#define MM_STATS_FOLDS_H

#include <stddef.h>

#include "common/base/error.h"

/* Records of patients, in borrowed arrays. */
typedef struct mm_fold_data {
    const size_t *patient; /* [n] numbers below patients, each of which occurs */
    const size_t *label;   /* [n] classes, below K */
    size_t n, patients, K;
} mm_fold_data;

/* Gives each record the number of a fold below `folds`: all records of a patient the same one. Patients with many records go first,
 * each to the fold that has least of the classes that it brings, so that the folds are as alike as patients allow. No chance is
 * involved. 0 or MM_FAILURE (memory). */
int mm_folds_by_patient(const mm_fold_data *data, size_t folds, size_t *fold, mm_error *error);

#endif
