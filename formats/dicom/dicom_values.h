/* From the values that a DICOM file stores to grey: modality rescale or LUT, VOI LUT or window, palette, inversion. */
#ifndef MM_FORMATS_DICOM_DICOM_VALUES_H
#define MM_FORMATS_DICOM_DICOM_VALUES_H

#include "formats/dicom/dicom_lookup.h"
#include "formats/dicom/window.h"

/* A table of the file: entry i is of value first + i; values beyond the ends take the entries there. */
typedef struct mm_dicom_lut {
    mm_data_set data;
    size_t n;
    double first;
    unsigned bits;   /* of an entry: white is 2^bits - 1 */
    unsigned width;  /* bytes of an entry */
} mm_dicom_lut;

typedef struct mm_dicom_values {
    double slope, intercept;
    bool has_modality, has_voi, has_palette, has_window;
    mm_dicom_lut modality, voi, palette[3]; /* red, green, blue */
    mm_window window;
    double lowest, highest; /* stored values can be */
    double black, white;    /* without a window: what the modality makes of these, the smaller first */
    bool inverted;          /* MONOCHROME1 */
    const char *note;       /* what was asked for and is not there, or NULL; static */
} mm_dicom_values;

/* What applies to a frame (from 0). MM_DAMAGED: a palette that is none. */
int mm_dicom_values_of(const mm_data_set *set, const mm_dicom_info *info, const mm_window *window, size_t frame,
                       mm_dicom_values *values, mm_error *error);

/* Grey of a stored value, its sign already known: 0 black, 1 white. */
double mm_dicom_grey(const mm_dicom_values *values, double stored);

/* Stored values from 0 to 2^bits - 1 are the grey values, without anything to compute. */
bool mm_dicom_values_plain(const mm_dicom_values *values);

#endif
