/* Which breast a DICOM image shows, and from where. */
#ifndef MM_FORMATS_DICOM_DICOM_BREAST_H
#define MM_FORMATS_DICOM_DICOM_BREAST_H

#include <stdbool.h>

#include "formats/dicom/dicom_elements.h"

/* Reads a laterality in any case: l, left, lt; r, right, rt. `side` becomes LEFT, RIGHT or "". Returns false for "". */
bool mm_dicom_side(const char *text, char side[8]);

/* Reads a view in any case and spelling: "CC", "Cranio-caudal", "MEDIO LATERAL OBLIQUE"; a side beside it, "RCC" or "MLO left", goes to
 * `side`, else "". `view` becomes CC, MLO, ML, LM, LMO, FB, SIO, ISO, XCC, XCCL, XCCM or "". Returns false for "". */
bool mm_dicom_view(const char *text, char view[8], char side[8]);

/* Finds side and view in a header. The side is that of Image Laterality, Laterality, Frame Laterality or, without them, of the view. The
 * view is that of View Position, of the code or meaning in View Code Sequence, or of Patient Orientation, where CBIS-DDSM has it. */
void mm_dicom_breast(const mm_data_set *set, char side[8], char view[8]);

#endif
