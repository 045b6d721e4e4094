/* Thresholds on P(positive). */
#ifndef MM_STATS_THRESHOLD_H
#define MM_STATS_THRESHOLD_H

/* A named threshold. A record is called positive if its score is at least the value. */
typedef struct mm_threshold {
    char name[32]; /* "youden", "sensitivity_0.90", ... */
    double value;
} mm_threshold;

enum { MM_THRESHOLDS = 16 }; /* largest number in a table or a model; more are ignored */

#endif
