/* A manifest of CBIS-DDSM (Lee et al. 2017) as it was downloaded: from its four tables (cbis_tables.h) and the files on disk
 * (cbis_disk.h), with one image for every view.
 *
 * A view may be in the tables of calcifications and of masses. It is one image if the pixels of its two files agree, or if only one
 * of them can be read. Its lesions are then merged, its label is 1 if any of them is malignant, and it is in the test set if either
 * table puts it there. Its key is "CalcMass-Test_P_..." or "CalcMass-Training_P_...". If the files differ, the view stays two images.
 * Every other key is the image's name in its table, "Calc-Test_P_00041_LEFT_CC".
 *
 * Columns: METHOD's; type, distribution, margins, density, assessment, subtlety as the tables have them (`type`: calc type
 * or mass shape); `case`: the lesion in its table, "Mass-Training_P_00001_LEFT_CC_1"; `table_label`: the label of its image
 * by that table alone. Lines are in the order of keys. A lesion whose mask is missing or rejected keeps its line without a mask, so
 * that the image's label stays correct. A lesion without an image has no line.
 *
 * The header of every file is read, and the pixels of at most 142 files, those of the 71 views in two tables: about 4 of 163 GB.
 * Masks are distinguished from crops by their headers, and by their pixels only if the headers do not suffice. */
#ifndef MM_FORMATS_DATASET_CBIS_H
#define MM_FORMATS_DATASET_CBIS_H

#include "common/table/manifest.h"
#include "formats/dataset/cbis_disk.h"

typedef struct mm_cbis_options {
    const char *dir;      /* everything below it is looked through */
    const char *tables;   /* folder of the tables; NULL: they are below `dir` */
    bool separate_tables; /* make two images of a view in two tables */
    bool drop_leaks;      /* leave patients of the test set out of the training set */
    mm_notice listener;
} mm_cbis_options;

/* Makes the manifest, and *report, a text table for people that the caller frees. MM_FAILURE: tables or folders cannot be read.
 * MM_DAMAGED: a table is malformed, or no image is on disk. */
int mm_cbis_manifest(const mm_cbis_options *options, mm_manifest *manifest, char **report, mm_error *error);

/* Counts lesions by their flags, with their images and patients, in a line each. The caller frees the text. NULL: memory. */
char *mm_cbis_report(const mm_cbis *c);

#endif
