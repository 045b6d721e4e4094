/* Labels of images: a number, and the name of its class where the table gives one.
 *
 * The number is the cell `label`. A name comes from words alone, never from the number: from the column `class`, from a `label` that is
 * a word, or from the lesions' pathology: malignant (label 1) if one is, benign (0) if all are benign or the image is normal. Without a
 * `label` the number comes from these words. A user's list of classes names the numbers 0, 1, ... instead. */
#ifndef MM_TABLE_LABELS_H
#define MM_TABLE_LABELS_H

#include "common/table/classes.h"
#include "common/table/manifest.h"

typedef struct mm_label {
    long number;       /* -1: unknown */
    const char *class; /* NULL: without a name; borrowed from the manifest, the list, or constant */
} mm_label;

/* Finds the label of an image, whose lines are a group of the manifest's keys. `classes` may be NULL or empty. MM_DAMAGED: the label is
 * neither a whole number ("1.0" is one) nor a word, is not in the list, contradicts the class or the pathology (whose labels are 0 and
 * 1 alone), or a word of a lesion is not in the vocabulary. The message names the line. */
int mm_label_of(const mm_manifest *m, const mm_row_groups *images, size_t image, const mm_class_names *classes, mm_label *label,
                mm_error *error);

/* Checks that the images of a manifest, grouped by key, agree about their classes: no number has two names, no name has two numbers, and
 * none is without a name and above 1 where words name 0 benign and 1 malignant. Images without a label, by an error too, are passed
 * over. MM_DAMAGED: they do not agree; the message names two lines. */
int mm_labels_check(const mm_manifest *m, const mm_row_groups *images, const mm_class_names *classes, mm_error *error);

#endif
