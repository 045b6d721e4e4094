/* One image of a manifest, with its lesions, as a record.
 *
 * Tensors: `image`; `mask` (N,H,W) u8, 1 inside, one plane for each lesion with a place, in the manifest's order. There is no
 * `mask` when no lesion has a place. Attributes, where known: label and class (labels.h), patient, side, view, split,
 * to_original (the identity); for lesion N (from 0, like the planes) lesion.N.class (classes.h), lesion.N.abnormality, lesion.N.type,
 * lesion.N.pathology. Lesions without a place come after the others, so their N has no plane. A user's column
 * becomes the attribute NAME if all lines of the key agree, else lesion.N.NAME. */
#ifndef MM_FORMATS_DATASET_MANIFEST_RECORD_H
#define MM_FORMATS_DATASET_MANIFEST_RECORD_H

#include "common/table/classes.h"
#include "common/table/manifest.h"
#include "common/stream/record.h"
#include "formats/image/image.h"

struct mm_pseudonym_key;

typedef struct mm_read_options {
    const char *root;       /* folder of relative paths, or NULL */
    double full_scale;      /* white of the images; 0: full scale of their type */
    mm_image_options image; /* window and frame of images, not of masks */
    const mm_class_names *classes; /* names of a manifest's labels, or NULL */
    const struct mm_pseudonym_key *pseudonyms; /* replaces patients' identifiers (pseudonym.h); NULL: they stay */
    bool keep_going;        /* a damaged mask leaves its lesion without a place, with a warning; else it is an error */
    /* Receives warnings, without the key; may be NULL. */
    void (*warn)(void *context, const char *text);
    void *context;
} mm_read_options;

/* Formats a warning as printf does and passes it to the options' `warn`, if there is one. */
void mm_read_warn(const mm_read_options *options, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Makes the record without its tensors, from the manifest alone. `images` groups the manifest's lines by key; i is a group. */
int mm_manifest_attributes(const mm_manifest *m, const mm_row_groups *images, size_t i, const mm_class_names *classes, mm_record **record,
                           mm_error *error);

/* Makes the whole record. Errors name the file, or the line of the manifest. MM_FAILURE: a file cannot be read. MM_DAMAGED: a file's
 * content is damaged, a mask is empty, or a shape is outside of the image; with `keep_going` such a lesion is left without a place,
 * with a warning. A mask of another size than its image is resized by coverage, with a warning. If their aspects differ by more than
 * 2 % the lesion is always left without a place, with a warning. A mask that is a label map (image/mask.h) gives a lesion for each
 * label, in rising order, with the attributes of its line and the label as lesion.N.value; it must not be the mask of two lines. */
int mm_manifest_record(const mm_manifest *m, const mm_row_groups *images, size_t i, const mm_read_options *options,
                       mm_record **record, mm_error *error);

/* Puts an image's pixels into the record's tensor `name` and takes them over. Warns of conversions, and of a largest value below a
 * quarter of full scale. The tensor `image` of a DICOM file also sets the attributes patient, side, view and spacing ("ROWS COLUMNS" in
 * mm). */
int mm_manifest_image(mm_record *record, const char *name, mm_image *image, const mm_read_options *options, mm_error *error);

/* The last step before a record is handed out: checks that all pixels of its tensor `image` are finite numbers (MM_DAMAGED). If the
 * options have a key, replaces the attribute patient by its pseudonym, moves study_date (pseudonym.h), and takes away study_description
 * and series_description. */
int mm_read_finish(mm_record *record, const mm_read_options *options, mm_error *error);

#endif
