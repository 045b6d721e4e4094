/* A checked manifest of a user's own table (CSV, semicolons or tabs; csv.h).
 *
 * The header names the columns as a manifest does, in any order and letter case, or as `map` says; other columns are kept. What pandas
 * and spreadsheets add is left out (table_header.h), as are empty rows. `image` is required. Without `key` the key is made of the
 * image's name, and of more of its path where two images have the same name. Words are replaced by a manifest's (vocabulary.h), places
 * in columns become masks (places.h), labels that are words a number and a class (labels.h), cells such as NaN are emptied. White space
 * around a cell is removed, inside it becomes a blank. A relative path of an image or mask is searched for in the current folder, then
 * in the table's; then with slashes for backslashes. */
#ifndef MM_FORMATS_DATASET_TABLE_H
#define MM_FORMATS_DATASET_TABLE_H

#include "common/table/classes.h"
#include "common/table/manifest.h"
#include "common/base/notice.h"

typedef struct mm_table_options {
    const char *folder;            /* the table's, or NULL */
    const char *const *map;        /* [nmap] "COLUMN=NAME" each */
    size_t nmap;
    const mm_class_names *classes; /* of the labels, or NULL */
} mm_table_options;

typedef struct mm_table_report {
    size_t lines, bad; /* lines of data; lines with a problem, which the manifest lacks */
    bool has_patient, has_lesions;
    /* Receives every problem, with the number of the table's line: an image or mask that cannot be read, a word that is not in the
     * vocabulary, a place or label that is invalid, too few cells, lines of a key that contradict each other. */
    mm_notice listener;
} mm_table_report;

/* Makes the manifest of the lines without problems. MM_DAMAGED: the text is not a table, has no column `image`, has a place that is not
 * understood, or labels of one number and two classes. MM_USAGE: `map` does not fit the table. */
int mm_table_manifest(const char *text, size_t size, const mm_table_options *options, mm_manifest *manifest, mm_table_report *report,
                      mm_error *error);

#endif
