/* One image in memory. Files are recognised by their contents and decoded; formats.h lists the formats. */
#ifndef MM_FORMATS_IMAGE_IMAGE_H
#define MM_FORMATS_IMAGE_IMAGE_H

#include "common/stream/record.h"
#include "common/base/bytes.h"
#include "formats/dicom/dicom.h"
#include "formats/dicom/window.h"

/* Options for reading images; all zero is the default. */
typedef struct mm_image_options {
    mm_window window; /* of DICOM files */
    size_t frame;     /* of DICOM files with several, from 1; 0 is the first too */
    bool in_place;    /* the file's bytes outlive the image, so pixels that need no decoding need not be copied */
    bool is_mask;     /* what is transparent is 0 */
    bool no_results;  /* DICOM objects that are no images but made from them (formats/dicom/dicom_result.h) are MM_LEFT_OUT */
} mm_image_options;

enum { MM_IMAGE_NOTE = 640 };

typedef struct mm_image mm_image;
struct mm_image {
    mm_dtype dtype;   /* u8 or u16; DICOM of more than 16 bits, NPY: f32 too */
    int ndim;         /* 2: (H, W); 3: (C, H, W), NPY alone */
    size_t dim[3];
    void *data;       /* as from mm_alloc64, padded with zeros to 64 bytes; if in place, read only and aligned to its elements */
    bool in_place;    /* data lies in the file's bytes */
    mm_mapped_file *file;  /* the file that holds data, owned; or NULL */
    size_t frames;         /* of a DICOM file, of which the image is one; 0: another file */
    unsigned orientation;  /* of EXIF, by which the pixels were turned (orientation.h); 0 or 1: as they are stored */
    bool lossy;       /* values were changed by compression: JPEG */
    bool merged;      /* different colours of 8 bits became one value: PNG */
    char note[MM_IMAGE_NOTE]; /* what was converted ("alpha dropped") or repaired, or "" */
    /* Of DICOM files, see mm_dicom_info; "" or 0: not known. */
    char patient[MM_DICOM_TEXT], side[8], view[8];
    double spacing[2];
};

/* Allocates data for an image of H x W, clears its padding, and sets the image's type and shape. NULL with an error: the image is too
 * large (MM_DAMAGED), or memory (MM_FAILURE). */
void *mm_image_room(mm_image *image, mm_dtype dtype, size_t height, size_t width, mm_error *error);

/* Sets the note; NULL clears it. */
void mm_image_note(mm_image *image, const char *note);

/* Decodes a whole file bytes[size]; options NULL: the default. MM_DAMAGED: the file is not an image ("is a TIFF image: ..."), or is
 * damaged. MM_LEFT_OUT: it is a result, and the options want none. MM_FAILURE: memory. The caller adds the subject to the message
 * (mm_fail_in). On failure nothing is left to free. */
int mm_image_decode(const void *bytes, size_t size, const mm_image_options *options, mm_image *image, mm_error *error);
void mm_image_free(mm_image *image);

/* Reads the bytes of an image's file or pipe, of which `file` may hold the first already. If they do not begin an image, no more than
 * MM_SIGNATURE_BYTES are read, since the input may have no end. 0 or MM_FAILURE. */
int mm_image_bytes(mm_bytes *file, int fd, const char *name, mm_error *error);

/* Decodes the file at `path` as mm_image_decode does. Messages name the file. MM_FAILURE: it cannot be read; memory. The pixels of an
 * uncompressed DICOM file may stay in the file, which is then mapped. */
int mm_image_read(const char *path, const mm_image_options *options, mm_image *image, mm_error *error);

/* Copies the pixels of an image in place into memory of its own, where they can be changed. 0 or MM_FAILURE (memory). */
int mm_image_own(mm_image *image, mm_error *error);

/* Scales an image whose white is the value `white` (4095: 12 bits in a 16-bit file) to full scale: v * full scale / white, rounded and
 * clipped; f32: v / white. The image must not be in place. */
void mm_image_rescale(mm_image *image, double white);

/* Returns the largest value. */
double mm_image_maximum(const mm_image *image);

/* True if any value is at least this one. */
bool mm_image_reaches(const mm_image *image, double value);

#endif
