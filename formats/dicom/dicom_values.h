/* The way from stored values of a DICOM file to grey: padding, modality rescale or LUT, VOI LUT or window, palette, inversion. */
#ifndef MM_FORMATS_DICOM_DICOM_VALUES_H
#define MM_FORMATS_DICOM_DICOM_VALUES_H

#include "formats/dicom/dicom_lookup.h"
#include "formats/dicom/dicom_notes.h"
#include "formats/dicom/window.h"

/* A table in the file. Entry i belongs to the value first + i; values beyond the ends take the first or last entry. */
typedef struct mm_dicom_lut {
    mm_data_set data;
    size_t n;
    double first;
    unsigned bits;   /* of an entry: white is 2^bits - 1 */
    unsigned width;  /* bytes of an entry */
    bool exchanged;  /* two entries of a byte lie in a big-endian word, the first in its lower byte */
} mm_dicom_lut;

typedef struct mm_dicom_values {
    double slope, intercept;
    bool has_modality, has_voi, has_palette, has_window, has_padding;
    mm_dicom_lut modality, voi, palette[3]; /* red, green, blue */
    mm_window window;
    double lowest, highest; /* the smallest and largest value that can be stored */
    double black, white;    /* both after the modality, the smaller first: the range without a window */
    double padding[2];      /* from, to: stored values that are no image but fill it up */
    bool inverted;          /* MONOCHROME1, or Presentation LUT Shape INVERSE */
} mm_dicom_values;

/* Reads the tables and windows of a frame, from 0; `info` is complete (dicom_format.h). Notes say which wanted window the file lacks,
 * what is damaged, and what contradicts. MM_DAMAGED: an invalid palette, or a rescale beyond all numbers. */
int mm_dicom_values_of(const mm_data_set *set, const mm_dicom_info *info, const mm_window *window, size_t frame,
                       mm_dicom_values *values, mm_dicom_notes *notes, mm_error *error);

/* True if a stored value is padding. */
bool mm_dicom_is_padding(const mm_dicom_values *values, double stored);

/* Returns the grey of a stored, signed value: 0 black, 1 white. Padding is black. Values beyond the stored bits are clipped. */
double mm_dicom_grey(const mm_dicom_values *values, double stored);

/* True if stored values are the grey values already: 0 is black, 2^bits - 1 white. */
bool mm_dicom_values_plain(const mm_dicom_values *values);

#endif
