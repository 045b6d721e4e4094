/* Sets of patients: train and val, or train, val and test.
 *
 * A patient is in one set with all of its images. Sets are drawn at random within two strata, patients with a malignant
 * lesion and those without, so that each set has its share of both. The draw depends on the seed and the patients'
 * names, not on the order of the lines or on what else the manifest holds about them. */
#ifndef MM_TABLE_SPLIT_H
#define MM_TABLE_SPLIT_H

#include <stdint.h>

#include "common/table/manifest.h"

enum { MM_SPLIT_SETS = 3 };
extern const char *const mm_split_names[MM_SPLIT_SETS]; /* "train", "val", "test" */

typedef struct mm_split_options {
    size_t sets;                 /* 2 (train, val; a `test` that is given stays) or 3 */
    double part[MM_SPLIT_SETS];  /* relative sizes, none negative, one above 0 */
    uint64_t seed;
    bool keep_leaking;           /* patients of a given test keep their other lines, in training (as published) */
} mm_split_options;

typedef struct mm_split_report {
    size_t patients[MM_SPLIT_SETS], malignant[MM_SPLIT_SETS], images[MM_SPLIT_SETS], lines[MM_SPLIT_SETS];
    size_t leaking, dropped; /* patients of the given test with lines outside of it; those lines, when left out */
} mm_split_report;

/* "80:20", "60:20:20": 0 or MM_USAGE. */
int mm_split_ratio(const char *text, mm_split_options *options, mm_error *error);

/* Fills the column `split`. Lines whose split is "test" are kept as they are; with two sets every other line is drawn
 * anew. Patients who are in the given test lose their other lines (keep_leaking: put them into train). MM_DAMAGED: a line
 * without a patient, three sets asked for where a test is given, no patients. */
int mm_split(mm_manifest *m, const mm_split_options *options, mm_split_report *report, mm_error *error);

/* Counts the sets of a manifest and checks them: every line has a known set and a patient, and no patient is in two sets.
 * MM_FAILURE names the first patient in two. */
int mm_split_check(const mm_manifest *m, mm_split_report *report, mm_error *error);

#endif
