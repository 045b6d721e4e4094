/* The course of a training from a log of mmtrain: loss, accuracy and AUC by epoch, with the borders of stages. */
#ifndef MM_FILTERS_PICTURE_CURVES_H
#define MM_FILTERS_PICTURE_CURVES_H

#include <stddef.h>

#include "common/base/error.h"

enum { MM_CURVE_LOSS, MM_CURVE_ACCURACY, MM_CURVE_VAL_LOSS, MM_CURVE_VAL_ACCURACY, MM_CURVE_VAL_AUC, MM_CURVES };

/* The lines of kind `epoch`, in their order. */
typedef struct mm_curves {
    size_t n;
    size_t *epoch, *stage;      /* [n] */
    double (*value)[MM_CURVES]; /* [n], NaN where the log has NA */
    size_t best;                /* index of the last epoch that was the best so far; n if the log marks none */
} mm_curves;

/* Parses the zero-terminated text of a log, which it overwrites. `name` is the subject of messages. MM_DAMAGED: the text is not a log
 * of mmtrain. MM_FAILURE: it holds no epoch yet; memory. */
int mm_curves_parse(mm_curves *curves, char *text, const char *name, mm_error *error);
void mm_curves_free(mm_curves *curves);

/* Draws the log into the file `picture`, PNG or SVG by its name. MM_USAGE: the name has neither ending, or there is no name. */
int mm_curves_draw(const char *log, const char *picture, mm_error *error);

#endif
