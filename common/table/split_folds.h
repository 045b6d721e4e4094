/* Folds of patients, for cross-validation: each patient is tested once, by a training on the others.
 *
 * Patients are sorted by the SHA-256 of their names, those with a lesion and those without apart, and dealt out in turn to folds 1 to
 * n. So it takes no seed, and the folds depend on the patients' names and on who has a lesion alone. */
#ifndef MM_TABLE_SPLIT_FOLDS_H
#define MM_TABLE_SPLIT_FOLDS_H

#include "common/table/split.h"

typedef struct mm_split_folds {
    size_t n, fold;         /* 1 <= fold <= n, n >= 2: the fold that is the test */
    const char *training;   /* text, a patient a line: these are in training whatever the fold; NULL: none */
} mm_split_folds;

/* Parses "2/5", fold 2 of 5. 0 or MM_USAGE. */
int mm_split_folds_parse(const char *text, mm_split_folds *folds, mm_error *error);

/* Fills the column `split`: test, or train. A lesion is a line with a mask, or with a pathology. MM_DAMAGED: a line has no patient, there
 * are no lines, the manifest has a test set, a name in `training` is not a patient's, or there are fewer patients than folds. */
int mm_split_into_folds(mm_manifest *m, const mm_split_folds *folds, mm_split_report *report, mm_error *error);

#endif
