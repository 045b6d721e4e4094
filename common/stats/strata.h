/* Figures of parts of the records: by density, abnormality, assessment, lesion size, ... */
#ifndef MM_STATS_STRATA_H
#define MM_STATS_STRATA_H

#include "common/stats/evaluation.h"

/* One part. If its records are all positive, or all negative, it is compared with all records of the other kind: `area` then
 * includes `borrowed` such records, and the operating points have only a sensitivity or only a specificity. */
typedef struct mm_stratum {
    char name[80];
    size_t records, positives, patients; /* of its own */
    size_t borrowed;
    mm_proportion accuracy;              /* of its own records */
    mm_area area;                        /* positive against negative; known is false without a two-way question */
    mm_operating operating[MM_THRESHOLDS]; /* [thresholds], on its own records */
    size_t thresholds;
} mm_stratum;

typedef struct mm_strata {
    char *attribute; /* owned */
    mm_stratum *item;
    size_t n;
    size_t unknown; /* records in no part */
} mm_strata;

enum { MM_MOST_STRATA = 40 };

/* Divides the records by value[n]; a record whose value is NULL is in no part. `what` is "NAME" or "NAME:EDGE,EDGE,..." with
 * ascending edges. Edges cut numbers; a value equal to an edge belongs to the part above it. Without edges, more than eight
 * different numbers are cut into thirds. Otherwise each value is a part.
 *
 * MM_USAGE: invalid edges, or edges for values that are not numbers. MM_FAILURE: no record has a value, more than
 * MM_MOST_STRATA parts, memory. */
int mm_strata_make(mm_strata *strata, const char *what, char *const *value, const mm_evaluation *evaluation,
                   const mm_evaluation_data *data, const mm_evaluation_options *options, mm_error *error);
void mm_strata_free(mm_strata *strata);

/* Divides the negative records into those with pathology[n] BENIGN_WITHOUT_CALLBACK and the others. The evaluation must have
 * positive classes. MM_FAILURE: no negative record is benign without callback, or memory. */
int mm_strata_callback(mm_strata *strata, char *const *pathology, const mm_evaluation *evaluation,
                       const mm_evaluation_data *data, const mm_evaluation_options *options, mm_error *error);

/* Returns the NAME of "NAME:EDGE,...", which the caller frees. NULL when memory is out. */
char *mm_strata_attribute(const char *what);

#endif
