/* Thresholds: see threshold.h. */
#include "common/stats/threshold.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

#include "common/stats/rank.h"

mm_threshold mm_threshold_probability(const char *name, double p)
{
    double rounded = fmin(fmax(p * (1 - 4 * DBL_EPSILON), 0), 1);
    mm_threshold t = {.value = p, .rank = mm_rank(rounded, 1 - rounded)};
    snprintf(t.name, sizeof t.name, "%s", name);
    return t;
}

mm_threshold mm_threshold_rank(const char *name, double rank)
{
    mm_threshold t = {.value = mm_rank_probability(rank), .rank = rank};
    snprintf(t.name, sizeof t.name, "%s", name);
    return t;
}

mm_threshold mm_threshold_stored(const char *name, double p, double log_odds)
{
    mm_threshold t = mm_threshold_rank(name, mm_rank_of_log_odds(log_odds));
    return fabs(t.value - p) < 1e-6 ? t : mm_threshold_probability(name, p);
}
