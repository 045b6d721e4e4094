/* A folder of DICOM files to a manifest, by their headers: no labels, ready for prediction and heatmaps.
 *
 * Columns: key (the path below the folder, '/' turned into '_', without its ending), image, patient, side, view, and
 * `spacing`, millimetres between rows and between columns ("0.07 0.07"), where the headers say them. Lines are in the order of
 * paths. Of each file a few pages are read. */
#ifndef MM_FORMATS_DATASET_DICOM_INDEX_H
#define MM_FORMATS_DATASET_DICOM_INDEX_H

#include "common/table/manifest.h"
#include "common/base/notice.h"

typedef struct mm_dicom_index_report {
    size_t images, patients;   /* in the manifest */
    size_t no_patient;         /* images without a patient */
    size_t others;             /* files that are no DICOM */
    size_t bad;                /* DICOM files that are no image, or damaged (probe.h): each is told of */
    mm_notice listener;
} mm_dicom_index_report;

/* MM_FAILURE: the folder cannot be read; MM_DAMAGED: it has no DICOM image. */
int mm_dicom_index(const char *dir, mm_manifest *manifest, mm_dicom_index_report *report, mm_error *error);

#endif
