/* A manifest of a folder of DICOM files, from their headers: without labels, for prediction and heatmaps.
 *
 * Columns: key (the path below the folder, '_' for '/', without the ending .dcm, .dicom, .dic or .ima; keys.h says what decides where
 * two would be equal), image, and those of dicom_columns.h, to choose by. A cell is empty if the header has no value for it. Lines are in
 * the order of paths. Objects that are not images of a breast but results (dicom_result.h) are named and left out. Only a few pages of
 * each file are read.
 *
 * Under a key the manifest can be passed on: keys are their pseudonyms, the image's path is "-", and dicom_columns.h says what is hidden
 * beside. Messages name files by the pseudonyms of their paths. */
#ifndef MM_FORMATS_DATASET_DICOM_INDEX_H
#define MM_FORMATS_DATASET_DICOM_INDEX_H

#include "common/table/manifest.h"
#include "common/base/notice.h"
#include "formats/dataset/pseudonym.h"

typedef struct mm_dicom_index_report {
    size_t images, patients; /* in the manifest */
    size_t no_patient;       /* images without a patient */
    size_t others;           /* files that are not DICOM */
    size_t results;          /* DICOM objects that are not images; each is reported */
    size_t bad;              /* files that cannot be read, and DICOM files without an image or damaged (probe.h); each is reported */
    mm_notice listener;
} mm_dicom_index_report;

/* Makes the manifest; `key` may be NULL. MM_FAILURE: the folder cannot be read. MM_DAMAGED: it has no DICOM image. */
int mm_dicom_index(const char *dir, const mm_pseudonym_key *key, mm_manifest *manifest, mm_dicom_index_report *report, mm_error *error);

#endif
