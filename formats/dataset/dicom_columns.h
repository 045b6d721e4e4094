/* The columns of a manifest of DICOM files, and what is hidden of them under a key. */
#ifndef MM_FORMATS_DATASET_DICOM_COLUMNS_H
#define MM_FORMATS_DATASET_DICOM_COLUMNS_H

#include "formats/dataset/pseudonym.h"
#include "formats/dicom/dicom_details.h"

enum { MM_DICOM_COLUMNS = 20 };
extern const char *const mm_dicom_columns[MM_DICOM_COLUMNS]; /* key, image, patient, ... */

typedef struct mm_dicom_cells {
    char cell[MM_DICOM_COLUMNS][MM_DICOM_TEXT]; /* those of key and image are empty */
} mm_dicom_cells;

/* Fills the cells of an image. With a key, nothing that identifies is left: the patient's identifier is its pseudonym, the study's date
 * is shifted (mm_pseudonym_days), descriptions are empty, and a text that is not a term of DICOM or the name of a known manufacturer
 * becomes its pseudonym, which still tells it from others. */
void mm_dicom_cells_fill(mm_dicom_cells *cells, const mm_dicom_info *info, const mm_dicom_details *details, const mm_pseudonym_key *key);

#endif
