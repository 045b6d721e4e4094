/* One image of a manifest, with its lesions, as a record.
 *
 * Tensors: `image`; `mask` (N,H,W) u8, 1 inside, one plane per lesion that has a place, in the manifest's order; none when
 * no lesion has one. Attributes, where known: label, class (benign, malignant), patient, side, view, split,
 * to_original (the identity); of lesion N (from 0, as the planes) lesion.N.class, lesion.N.abnormality, lesion.N.type,
 * lesion.N.pathology (as the manifest says it). Lesions without a place come after those that have one, so their N has no
 * plane. A column of the user's becomes the attribute NAME when all lines of the key agree, else lesion.N.NAME.
 *
 * The label is the manifest's, else 1 when a lesion is malignant, else 0 when all that is said is benign or normal; a
 * label of 0 for a malignant lesion is an error. */
#ifndef MM_FORMATS_DATASET_MANIFEST_RECORD_H
#define MM_FORMATS_DATASET_MANIFEST_RECORD_H

#include "common/table/manifest.h"
#include "common/stream/record.h"
#include "formats/image/image.h"

struct mm_pseudonym_key;

typedef struct mm_read_options {
    const char *root;   /* where relative paths begin, or NULL */
    double full_scale;  /* the images' white, 0: that of their type */
    mm_image_options image;              /* window and frame, of images, not of masks */
    const struct mm_pseudonym_key *hiding;  /* patients' identifiers are replaced (identity.h); NULL: they stay */
    bool keep_going;    /* a damaged mask makes its lesion one without a place, with a warning */
    /* Told of everything odd that is no error: text without the key. */
    void (*warn)(void *context, const char *text);
    void *context;
} mm_read_options;

/* Tells `warn` of the rules, if they have one. */
void mm_read_warn(const mm_read_options *rules, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What the manifest alone tells: the record without its tensors. `images` comes from mm_manifest_images, i is a group. */
int mm_manifest_attributes(const mm_manifest *m, const mm_row_groups *images, size_t i, mm_record **record, mm_error *error);

/* The whole record. Errors name the file, or the line of the manifest; MM_FAILURE: a file cannot be read; MM_DAMAGED: its
 * content, an empty mask, a shape outside of the image. A mask of another size than its image is resized, by coverage, with a
 * warning; when their aspects differ by more than 2 %, its lesion becomes one without a place, with a warning. */
int mm_manifest_record(const mm_manifest *m, const mm_row_groups *images, size_t i, const mm_read_options *rules,
                   mm_record **record, mm_error *error);

/* Whether a mask of h x w pixels can be one of an image of H x W: their aspects differ by at most 2 %. */
bool mm_mask_fits(size_t h, size_t w, size_t H, size_t W);

/* An image file's or archive member's pixels into a record's tensor `name`, with the warnings that belong to images:
 * conversions, and a largest value below a quarter of full scale. Takes over the pixels. Of the tensor `image` of a DICOM
 * file the attributes patient, side, view and spacing come with it (spacing: "ROWS COLUMNS" in mm). */
int mm_manifest_image(mm_record *record, const char *name, mm_image *image, const mm_read_options *rules, mm_error *error);

/* The last step to a record that is handed out: its attribute patient, whoever set it, is replaced where rules say so. */
int mm_read_pseudonym(mm_record *record, const mm_read_options *rules, mm_error *error);

#endif
