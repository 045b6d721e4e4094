/* One image in memory, from PNG, JPEG, DICOM, PNM or NPY: recognised by content, decoded to a tensor. */
#ifndef MM_FORMATS_IMAGE_IMAGE_H
#define MM_FORMATS_IMAGE_IMAGE_H

#include "common/stream/record.h"
#include "common/base/bytes.h"
#include "formats/dicom/dicom.h"
#include "formats/dicom/window.h"

/* What is wanted of images; all zero is the default. */
typedef struct mm_image_options {
    mm_window window; /* of DICOM files */
    size_t frame;     /* of those with several, from 1; 0 is the first too */
    bool in_place;    /* what is decoded stays in memory: an image that lies ready in it need not be copied */
} mm_image_options;

typedef struct mm_image mm_image;
struct mm_image {
    mm_dtype dtype;   /* u8 or u16; DICOM of more than 16 bits, NPY: f32 too */
    int ndim;         /* 2: (H, W); 3: (C, H, W), NPY alone */
    size_t dim[3];
    void *data;       /* from mm_alloc64 or of its kind: padded with zeros to 64 bytes; in_place: read only, aligned to its elements */
    bool in_place;
    mm_mapped_file *file;  /* that it lies in, owned; or NULL */
    char note[160];   /* what was converted on the way ("alpha dropped"), or "" */
    /* Of DICOM files, see mm_dicom_info: "" or 0 where it is not known. */
    char patient[MM_DICOM_TEXT], side[8], view[8];
    double spacing[2];
};

/* Takes memory for an image of H x W: only the padding is cleared. NULL: too large, or no memory. */
void *mm_image_room(mm_image *image, mm_dtype dtype, size_t height, size_t width, mm_error *error);

/* Decodes bytes[size]; rules NULL: the default. MM_DAMAGED: no image, a damaged one, or of a format that is named ("is a TIFF image: ...");
 * MM_FAILURE: memory. The subject is left to the caller to add (mm_fail_in). */
int mm_image_decode(const void *bytes, size_t size, const mm_image_options *rules, mm_image *image, mm_error *error);
void mm_image_free(mm_image *image);

/* The bytes of an image's file or pipe, behind the first ones that `file` may hold already; of what is no image (formats/image/content.h) no
 * more than tell what it is, for it may have no end. 0 or MM_FAILURE. */
int mm_image_bytes(mm_bytes *file, int fd, const char *name, mm_error *error);

/* Reads a whole file and decodes it; messages name the file. MM_FAILURE when it cannot be read. An uncompressed DICOM image may
 * stay where it lies in the (then mapped) file. */
int mm_image_read(const char *path, const mm_image_options *rules, mm_image *image, mm_error *error);

/* Moves an image that lies in place into memory of its own, for writing to it. 0 or MM_FAILURE (memory). */
int mm_image_own(mm_image *image, mm_error *error);

/* v -> v * full scale / white, rounded and clipped (f32: v * 1 / white): what an image is that was said to have its
 * white at `white` (12 bits in a 16-bit file: 4095). Not of an image in place. */
void mm_image_rescale(mm_image *image, double white);

/* The largest value; and whether any is at least this one. */
double mm_image_maximum(const mm_image *image);
bool mm_image_reaches(const mm_image *image, double value);

#endif
