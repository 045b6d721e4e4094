/* Pictures of an evaluation, as PNG or SVG. */
#ifndef MM_FILTERS_PICTURE_PLOT_H
#define MM_FILTERS_PICTURE_PLOT_H

#include <stdio.h>

#include "common/stats/evaluation.h"
#include "common/stats/froc.h"
#include "common/base/error.h"
#include "filters/picture/canvas.h"

typedef struct mm_plot_curve {
    const mm_roc *roc;
    const char *name; /* for the legend, e.g. "malignant  0.86 (0.81 to 0.90)" */
} mm_plot_curve;

/* ROC curves and, if they are given, a reliability diagram and a confusion matrix. */
typedef struct mm_plot {
    const char *title;
    const mm_plot_curve *curves; /* the first is drawn boldly; at most 12 have colours of their own */
    size_t ncurves;
    const mm_reliability *reliability; /* of the score that `positive` names, or NULL */
    const char *positive;
    const size_t *confusion;     /* [K][K], rows the truth, or NULL */
    char *const *class_name;     /* [K] */
    size_t K;
} mm_plot;

/* Draws the panels beside each other. MM_FAILURE: cannot write or draw. */
int mm_plot_write(const mm_plot *plot, mm_canvas_format format, FILE *out, mm_error *error);

/* Draws a whole evaluation: the curve of the positive classes, which the legend calls `positive`, and a curve of each class
 * against the rest that is not the same curve. The legend gives areas with bootstrap intervals. */
int mm_plot_evaluation(const mm_evaluation *evaluation, const mm_evaluation_data *data, const char *positive,
                       mm_canvas_format format, FILE *out, mm_error *error);

/* Draws the free-response curve with the summary's intervals; false marks per image are on a logarithmic axis. */
int mm_plot_froc(const mm_froc *froc, const mm_froc_summary *summary, mm_canvas_format format, FILE *out, mm_error *error);

#endif
