/* The same figures in each part of the records: by density, abnormality, assessment, lesion size, ... */
#ifndef MM_STATS_STRATA_H
#define MM_STATS_STRATA_H

#include "common/stats/evaluation.h"

/* One part. A part whose records are all of one kind (positive or not) is set against all records of the other kind of
 * the whole table: then `borrowed` of these are in `area`, and the operating points know one side only. */
typedef struct mm_stratum {
    char name[80];
    size_t records, positives, patients; /* of its own */
    size_t borrowed;
    mm_proportion accuracy;              /* of its own records */
    mm_area area;                        /* positive against not; known == false without a two-way question */
    mm_operating operating[MM_THRESHOLDS]; /* [thresholds], on its own records */
    size_t thresholds;
} mm_stratum;

typedef struct mm_strata {
    char *attribute; /* owned */
    mm_stratum *item;
    size_t n;
    size_t unknown; /* records in none of the parts */
} mm_strata;

enum { MM_MOST_STRATA = 40 };

/* Parts by value[n], NULL: in none of them. `what` is "NAME" or "NAME:EDGE,EDGE,..." (ascending). Where all values are
 * numbers, edges cut them (a value belongs below an edge when it is smaller); without edges, more than eight different
 * numbers are cut into thirds. Else each value is a part. MM_USAGE: edges that are none, or for values that are no
 * numbers; MM_FAILURE: no value at all, or more than MM_MOST_STRATA. */
int mm_strata_make(mm_strata *strata, const char *what, char *const *value, const mm_evaluation *evaluation,
                   const mm_predictions *table, const mm_evaluation_options *options, mm_error *error);
void mm_strata_free(mm_strata *strata);

/* The negatives apart by whether their finding led to a call-back: pathology[n] BENIGN_WITHOUT_CALLBACK (all lesions) or
 * anything else. MM_FAILURE when no negative record is of the first kind. */
int mm_strata_callback(mm_strata *strata, char *const *pathology, const mm_evaluation *evaluation,
                       const mm_predictions *table, const mm_evaluation_options *options, mm_error *error);

/* "NAME" of "NAME:EDGE,...", in malloc'd memory; NULL when memory is out. */
char *mm_strata_attribute(const char *what);

#endif
