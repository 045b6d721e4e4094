/* A folder of DICOM files made a manifest by their headers: without labels, for prediction and heatmaps.
 *
 * Columns: key (the path below the folder without its ending, '/' turned into '_'), image, patient, side, view, and `spacing`,
 * millimetres between rows and between columns ("0.07 0.07"). Cells that a header does not fill are empty. Lines are in the
 * order of paths. A few pages of each file are read. */
#ifndef MM_FORMATS_DATASET_DICOM_INDEX_H
#define MM_FORMATS_DATASET_DICOM_INDEX_H

#include "common/table/manifest.h"
#include "common/base/notice.h"

typedef struct mm_dicom_index_report {
    size_t images, patients; /* in the manifest */
    size_t no_patient;       /* images without a patient */
    size_t others;           /* files that are not DICOM */
    size_t bad;              /* DICOM files that hold no image or are damaged (probe.h); each is reported to the listener */
    mm_notice listener;
} mm_dicom_index_report;

/* Makes the manifest. MM_FAILURE: the folder cannot be read. MM_DAMAGED: it has no DICOM image. */
int mm_dicom_index(const char *dir, mm_manifest *manifest, mm_dicom_index_report *report, mm_error *error);

#endif
