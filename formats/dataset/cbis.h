/* CBIS-DDSM (Lee et al. 2017), as it was downloaded, made a manifest: its four tables (cbis_tables.h), the files on disk
 * (cbis_disk.h), and one image for every view.
 *
 * A view may be in the tables of calcifications and of masses both. It is one image when the pixels of its two files agree, or
 * when only one of them can be read. Then its lesions are merged, its label is 1 when any of them is malignant, it is in the
 * test set when either table puts it there, and its key is "CalcMass-Test_P_..." or "CalcMass-Training_P_...". Views whose
 * files differ stay two. Every other key is the image's name in its table, "Calc-Test_P_00041_LEFT_CC".
 *
 * Columns: METHOD's; type, distribution, margins, density, assessment, subtlety as the tables have them (`type`: calc type
 * or mass shape); `case`: the lesion in its table, "Mass-Training_P_00001_LEFT_CC_1"; `table_label`: the label of its image
 * by that table alone. Lines are in the order of keys. A lesion whose mask is missing or rejected keeps its line without a
 * mask, so that the image's label stays true. A lesion without an image has no line.
 *
 * Read are a header of every file, and the pixels of the at most 142 files of the 71 views in two tables, about 4 GB of 163.
 * Masks are distinguished from crops by their headers; pixels are read only where the headers do not suffice. */
#ifndef MM_FORMATS_DATASET_CBIS_H
#define MM_FORMATS_DATASET_CBIS_H

#include "common/table/manifest.h"
#include "formats/dataset/cbis_disk.h"

typedef struct mm_cbis_options {
    const char *dir;      /* everything below it is looked through */
    const char *tables;   /* folder of the tables, NULL: they are below `dir` */
    bool separate_tables; /* a view in two tables is two images */
    bool drop_leaks;      /* patients of the test set are left out of the training set */
    mm_notice listener;
} mm_cbis_options;

/* Makes the manifest, and *report, a table for people in text that the caller frees. MM_FAILURE: tables or folders cannot be
 * read. MM_DAMAGED: a table is malformed, or no image is on disk. */
int mm_cbis_manifest(const mm_cbis_options *options, mm_manifest *manifest, char **report, mm_error *error);

/* Counts lesions by their flags, with their images and patients, a line for each count. NULL: memory. */
char *mm_cbis_report(const mm_cbis *c);

#endif
