/* The lesions of an image as planes (N,H,W) of u8, 1 inside, out of mask files and shapes.
 *
 * A mask of another size than its image is resized by coverage; mm_mask_fits says which can be. If the image was turned by EXIF
 * (orientation.h), places of lesions are those of the stored pixels and are turned alike. A mask file with an orientation of its own is
 * turned by that one, and a mask of the shown size that does not fit the stored one stays. If its size does not tell which it is, as
 * with a shape, a warning says that it was turned. */
#ifndef MM_FORMATS_DATASET_LESION_PLANES_H
#define MM_FORMATS_DATASET_LESION_PLANES_H

#include "common/table/shape.h"
#include "formats/dataset/manifest_record.h"

typedef struct mm_lesion_planes {
    size_t H, W;          /* of the image */
    unsigned orientation; /* by which the image was turned */
    const mm_read_options *options;
    bool empty;           /* a mask without a pixel is a plane of zeros; if false it is an error */
    uint8_t *data;        /* n planes, as from mm_room64 */
    unsigned *label;      /* n: the plane's value in a label map; 0: it is not of one */
    size_t n, room;
} mm_lesion_planes;

/* Makes room for n planes more. */
int mm_lesion_planes_reserve(mm_lesion_planes *planes, size_t n, mm_error *error);
void mm_lesion_planes_free(mm_lesion_planes *planes);

/* Adds the planes of a mask, one for each value of a label map (image/mask.h). MM_DAMAGED: the mask's values are refused, or it has
 * another aspect than the image, for which *fits becomes false. Messages and warnings name the file. */
int mm_lesion_planes_add_mask(mm_lesion_planes *planes, mm_image *mask, const char *name, bool *fits, mm_error *error);

/* Adds a shape. MM_DAMAGED: it lies outside of the image. The message does not name it. */
int mm_lesion_planes_add_shape(mm_lesion_planes *planes, const mm_lesion_shape *shape, mm_error *error);

/* Puts the planes, if there are any, into the record's tensor `mask`, which takes their data over. */
int mm_lesion_planes_give(mm_lesion_planes *planes, mm_record *record, mm_error *error);

/* True if a mask of h x w pixels can belong to an image of H x W: their aspects differ by at most 2 %. */
bool mm_mask_fits(size_t h, size_t w, size_t H, size_t W);

#endif
