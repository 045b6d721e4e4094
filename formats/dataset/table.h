/* A checked manifest of a user's own table (CSV, semicolons or tabs; csv.h).
 *
 * The header names the columns as a manifest does, in any order and letter case; other columns are kept. `image` is required. Without
 * `key` the key is made of the image's name. Sides L and R, and labels benign and malignant, are replaced by a manifest's words. White
 * space around a cell is removed, inside it becomes a blank. A relative path of an image or mask is searched for in the current
 * folder, then in the table's. */
#ifndef MM_FORMATS_DATASET_TABLE_H
#define MM_FORMATS_DATASET_TABLE_H

#include "common/table/manifest.h"
#include "common/base/notice.h"

typedef struct mm_table_report {
    size_t lines, bad; /* lines of data; lines with a problem, which the manifest lacks */
    bool has_patient, has_lesions;
    /* Receives every problem, with the number of the table's line: an image or mask that cannot be read, a word that is not a
     * pathology, abnormality, side or label, too few cells, lines of a key that contradict each other. */
    mm_notice listener;
} mm_table_report;

/* Makes the manifest of the lines without problems. MM_DAMAGED: the text is not a table, or has no column `image`. */
int mm_table_manifest(const char *text, size_t size, const char *folder, mm_manifest *manifest, mm_table_report *report,
                      mm_error *error);

#endif
