/* Thresholds on P(positive). */
#ifndef MM_STATS_THRESHOLD_H
#define MM_STATS_THRESHOLD_H

/* A named threshold. A record is called positive if its rank (rank.h) is at least that of the threshold. */
typedef struct mm_threshold {
    char name[32]; /* "youden", "sensitivity_0.90", ... */
    double value;  /* as a probability, 1 by rounding where the rank is large */
    double rank;
} mm_threshold;

enum { MM_THRESHOLDS = 16 }; /* largest number in a table or a model; more are ignored */

/* Makes a threshold; a longer name is cut. One given as a probability also calls a record positive whose probability differs from
 * it by rounding alone. */
mm_threshold mm_threshold_probability(const char *name, double probability);
mm_threshold mm_threshold_rank(const char *name, double rank);

/* Makes a threshold that was stored with its log-odds: they hold if they agree with the probability and are not NaN. */
mm_threshold mm_threshold_stored(const char *name, double probability, double log_odds);

#endif
