/* Bootstrap intervals. A draw takes as many patients as there are, with replacement, each with all records. A figure is computed
 * in each draw, and percentiles of the results are its interval. */
#ifndef MM_STATS_BOOTSTRAP_H
#define MM_STATS_BOOTSTRAP_H

#include <stddef.h>
#include <stdint.h>

#include "common/stats/metrics.h"
#include "common/base/error.h"

/* The records of a bootstrap. Draw d depends only on the seed, d and the number of patients, so that two figures of the same
 * records may be subtracted draw by draw. */
typedef struct mm_sample {
    const size_t *patient; /* [n] numbers below patients */
    size_t n, patients, draws;
    uint64_t seed;
} mm_sample;

/* A figure with its 95 % interval; NaN where it does not exist. */
typedef struct mm_estimate {
    double value;
    mm_interval bootstrap;
} mm_estimate;

/* A figure of two kinds of scores or maps of the same records. */
typedef struct mm_paired {
    mm_estimate first, second, difference; /* first - second, of the same draws */
} mm_paired;

/* Draws patients for draw d: times[patients] is how often each one was drawn, with the sum `patients`. */
void mm_bootstrap_draw(uint64_t seed, size_t draw, size_t patients, size_t *times);

/* Computes figures in which record i counts times[patient[i]] times; NaN for a figure that does not exist. */
typedef void mm_figures_of_draw(const void *data, const size_t *times, double *figure);

/* Computes estimate[figures]: each figure with every record counted once, and its interval from the sample's draws. With fewer
 * than two patients the intervals are NaN. 0 or MM_FAILURE (memory). */
int mm_bootstrap(mm_figures_of_draw *compute, const void *data, size_t figures, const mm_sample *sample, mm_estimate *estimate,
                 mm_error *error);

/* Returns the central interval that holds `level` (0.95: the 2.5 % and 97.5 % quantiles) of the values, without NaN. It is NaN if
 * fewer than 20 or fewer than half of the values are numbers. Sorts values in place, NaN last. *numbers, which may be NULL,
 * becomes the number of NaN. */
mm_interval mm_percentile_interval(double *values, size_t n, double level, size_t *numbers);

#endif
