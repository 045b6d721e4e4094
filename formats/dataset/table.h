/* A user's own table (CSV, semicolons or tabs; csv.h) made a checked manifest.
 *
 * The header names the columns as a manifest does, in any order and letter case; other columns are kept. `image` must be there.
 * Without `key` the key is made of the image's name. Sides L and R, and labels benign and malignant, are written as a manifest
 * has them; white space around a cell goes, inside it becomes a blank. A relative path of an image or mask is looked for from
 * the current folder, then from the table's. */
#ifndef MM_FORMATS_DATASET_TABLE_H
#define MM_FORMATS_DATASET_TABLE_H

#include "common/table/manifest.h"
#include "common/base/notice.h"

typedef struct mm_table_report {
    size_t lines, bad; /* lines of data; those with a problem, which are left out of the manifest */
    bool has_patient, has_lesions;
    /* Receives every problem, with the number of the table's line: an image or mask that cannot be read, a word that is not a
     * pathology, abnormality, side or label, too few cells, lines of a key that contradict each other. */
    mm_notice listener;
} mm_table_report;

/* Makes the manifest of the lines without problems. MM_DAMAGED: the text is not a table, or has no column `image`. */
int mm_table_manifest(const char *text, size_t size, const char *folder, mm_manifest *manifest, mm_table_report *report,
                      mm_error *error);

#endif
