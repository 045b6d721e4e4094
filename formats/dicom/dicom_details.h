/* What tells the images of a hospital's folder apart, beside what is needed to read them (dicom.h). */
#ifndef MM_FORMATS_DICOM_DICOM_DETAILS_H
#define MM_FORMATS_DICOM_DICOM_DETAILS_H

#include "formats/dicom/dicom.h"
#include "formats/dicom/dicom_elements.h"

/* Texts of a header; "" if it lacks one. Several values have commas between them. */
typedef struct mm_dicom_details {
    char intent[MM_DICOM_TEXT];         /* Presentation Intent Type: FOR PRESENTATION, FOR PROCESSING */
    char image_type[MM_DICOM_TEXT];     /* ORIGINAL,PRIMARY,... */
    char modifiers[MM_DICOM_TEXT];      /* View Modifier Codes (PS3.16 CID 4015): ID implant displaced, M magnification, S spot
                                         * compression, ...; of other codes the meaning */
    char implant[MM_DICOM_TEXT];        /* Breast Implant Present: YES, NO */
    char manufacturer[MM_DICOM_TEXT], model[MM_DICOM_TEXT];
    char study_description[MM_DICOM_TEXT], series_description[MM_DICOM_TEXT];
    char study_date[MM_DICOM_TEXT];     /* YYYYMMDD */
} mm_dicom_details;

/* Reads them from an open file. */
void mm_dicom_details_of(const mm_dicom_file *file, mm_dicom_details *details);

#endif
