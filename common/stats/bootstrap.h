/* Intervals by drawing patients anew (bootstrap): as many as there are, with replacement, all records of a patient
 * together. A figure is computed in each draw; percentiles of these bound it. */
#ifndef MM_STATS_BOOTSTRAP_H
#define MM_STATS_BOOTSTRAP_H

#include <stddef.h>
#include <stdint.h>

#include "common/stats/metrics.h"
#include "common/base/error.h"

/* Draw d picks the same patients for the same seed and number of patients whatever is computed, so that two figures of
 * the same records may be subtracted draw by draw. */
typedef struct mm_sample {
    const size_t *patient; /* [n] numbers below patients */
    size_t n, patients, draws;
    uint64_t seed;
} mm_sample;

/* A figure with its 95 % interval. What does not exist is NaN. */
typedef struct mm_estimate {
    double value;
    mm_interval bootstrap;
} mm_estimate;

/* Picks for draw d: times[patients], how often each patient was drawn; their sum is `patients`. */
void mm_bootstrap_draw(uint64_t seed, size_t draw, size_t patients, size_t *times);

/* Figures of the records of which record i counts times[patient[i]] times; NaN where one does not exist. */
typedef void mm_figures_of_draw(const void *data, const size_t *times, double *figure);

/* estimate[figures]: the figures when each record counts once, with intervals from the sample's draws; of fewer than two
 * patients there are none. */
int mm_bootstrap(mm_figures_of_draw *compute, const void *data, size_t figures, const mm_sample *sample, mm_estimate *estimate,
                 mm_error *error);

/* The 2.5 % and 97.5 % quantiles (or as `level` says, 0.95) of the values that are numbers; NaN when fewer than 20 or
 * fewer than half of them are.
 * Sorts values in place, the NaN last; *numbers (may be NULL) is how many were none. */
mm_interval mm_percentile_interval(double *values, size_t n, double level, size_t *numbers);

#endif
