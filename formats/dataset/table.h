/* A user's own table (CSV, semicolons or tabs; csv.h) to a checked manifest.
 *
 * The header names the columns as a manifest does, in any order and letter case; others are kept. `image` must be there;
 * without `key` it is made of the image's name. What may be written in several ways is brought to one: side L, R; label
 * benign, malignant; white space around a cell goes, inside it becomes a blank. Relative paths of images and masks that
 * lead nowhere from the current folder are tried from the table's folder. */
#ifndef MM_FORMATS_DATASET_TABLE_H
#define MM_FORMATS_DATASET_TABLE_H

#include "common/table/manifest.h"
#include "common/base/notice.h"

typedef struct mm_table_report {
    size_t lines, bad;         /* of data; those with a problem, which are left out of the manifest */
    bool has_patient, has_lesions;
    /* Told of every problem, one line of text that names the line of the table: an image or mask that cannot be read,
     * a word that is no pathology, abnormality, side or label, too few cells, lines of a key that contradict each other. */
    mm_notice listener;
} mm_table_report;

/* 0 when a manifest could be made, whatever the problems; MM_DAMAGED: no table, or one without the column `image`. */
int mm_table_manifest(const char *text, size_t size, const char *folder, mm_manifest *manifest, mm_table_report *report,
                      mm_error *error);

#endif
