/* Sets of patients: train and val, or train, val and test.
 *
 * All images of a patient are in the same set. Sets are drawn at random within strata, so that each set has its share of all:
 * patients with a malignant lesion, by the pathology or the words of class or label, and patients without; where there are only
 * numbers, patients with the same largest label. The draw depends on the seed, the patients' names and their stratum, not on the order
 * of the lines or on other columns. */
#ifndef MM_TABLE_SPLIT_H
#define MM_TABLE_SPLIT_H

#include <stdint.h>

#include "common/table/manifest.h"

enum { MM_SPLIT_SETS = 3 };
extern const char *const mm_split_names[MM_SPLIT_SETS]; /* "train", "val", "test" */

typedef struct mm_split_options {
    size_t sets;                 /* 2 (train, val; a given `test` stays) or 3 */
    double part[MM_SPLIT_SETS];  /* relative sizes, at least 0, with a sum above 0 */
    uint64_t seed;
    bool keep_leaking;           /* patients of a given test keep their other lines, in training (as published) */
} mm_split_options;

typedef struct mm_split_report {
    size_t patients[MM_SPLIT_SETS], malignant[MM_SPLIT_SETS], images[MM_SPLIT_SETS], lines[MM_SPLIT_SETS];
    size_t leaking, dropped; /* patients of the given test with lines outside of it; the number of such lines left out */
} mm_split_report;

/* Parses "80:20" or "60:20:20" into sets and part. 0 or MM_USAGE. */
int mm_split_ratio(const char *text, mm_split_options *options, mm_error *error);

/* Fills the column `split`. Lines of a given set "test" are not changed; all others are drawn anew. Other lines of a test
 * patient are removed, or put into train if keep_leaking. MM_DAMAGED: a line has no patient, there are no lines, three sets
 * are wanted but a test set is given, or the column `split` is empty while another holds only words of sets, test among them. */
int mm_split(mm_manifest *m, const mm_split_options *options, mm_split_report *report, mm_error *error);

/* Counts the sets of a manifest and checks that every line has a known set and a patient, and that no patient is in two sets.
 * MM_FAILURE: a check fails; the message names the line or the patient. */
int mm_split_check(const mm_manifest *m, mm_split_report *report, mm_error *error);

#endif
