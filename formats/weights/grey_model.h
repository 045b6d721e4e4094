/* The model of grey statistics as a JSON file, from mmeval to mmheatmap:
 *
 *   {"statistics": ["mean", "sd", "minimum", "maximum"], "height": 56, "width": 56, "mean": [...], "scale": [...],
 *    "weight": [...], "intercept": -1.5}
 *
 * A window of height x width with the statistics x, of grey values from 0 to 255, is a lesion with the log-odds
 * intercept + sum of weight (x - mean) / scale. A statistic with scale 0, which was constant, is left out. */
#ifndef MM_FORMATS_WEIGHTS_GREY_MODEL_H
#define MM_FORMATS_WEIGHTS_GREY_MODEL_H

#include <stddef.h>

#include "common/base/error.h"
#include "common/stats/logistic.h"

typedef struct mm_grey_model {
    size_t height, width; /* of the patches that it was fitted on */
    mm_logistic logistic; /* of two classes and MM_GREY_STATISTICS features; freed with mm_logistic_free */
} mm_grey_model;

/* Writes the file, whole or not at all. */
int mm_grey_model_write(const char *path, const mm_grey_model *model, mm_error *error);

/* Reads a file. MM_FAILURE: it cannot be read. MM_DAMAGED: it is not such a file. Nothing is left to free then. */
int mm_grey_model_read(mm_grey_model *model, const char *path, mm_error *error);

#endif
