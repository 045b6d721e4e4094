/* DICOM objects that are made from images, or say something of them, and are no images to be read. */
#ifndef MM_FORMATS_DICOM_DICOM_RESULT_H
#define MM_FORMATS_DICOM_DICOM_RESULT_H

#include "formats/dicom/dicom.h"

/* Returns what the object is: "a segmentation", "a parametric map", "a structured report", "a presentation state", "a capture of an
 * overlay", ...; static. NULL: it may be an image. The class decides, or where the file lacks it the modality. Secondary captures are
 * images, as are CBIS-DDSM's films, unless their image type or series description names an overlay, a segmentation or another result, or
 * they are mammography in colour. */
const char *mm_dicom_result(const mm_dicom_info *info);

#endif
