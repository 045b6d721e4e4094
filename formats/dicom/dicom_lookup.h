/* Functions that the parts of the DICOM reader share: see dicom.h. */
#ifndef MM_FORMATS_DICOM_DICOM_LOOKUP_H
#define MM_FORMATS_DICOM_DICOM_LOOKUP_H

#include "formats/dicom/dicom.h"
#include "formats/dicom/dicom_elements.h"

/* Reads the header. `pixels`, if it is not NULL, becomes the element Pixel Data (tag 0: none). */
int mm_dicom_info_of(const mm_dicom_file *file, mm_dicom_info *info, mm_element *pixels, mm_error *error);

/* Finds the element `tag` of a frame, from 0. It is searched for in the first item of `macro` in the functional groups of multi-frame
 * images (those of the frame, then the shared ones), then at the top. */
bool mm_dicom_find(const mm_data_set *set, mm_tag macro, mm_tag tag, size_t frame, mm_element *element);

#endif
