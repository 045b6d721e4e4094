/* A manifest of a folder with a folder for each class, as torchvision's ImageFolder has it.
 *
 * The folders right below the root are the classes, and files at any depth below one belong to it; or, if they all are words for sets
 * (vocabulary.h: train, validation, test), they are the sets, and the folders below them the classes. The image's label is that of the
 * class, by its word or the user's list (labels.h); a class of another name has no label. Hidden files, and what is not an image, are
 * passed over. */
#ifndef MM_FORMATS_DATASET_FOLDERS_H
#define MM_FORMATS_DATASET_FOLDERS_H

#include "common/base/notice.h"
#include "common/table/classes.h"
#include "common/table/manifest.h"

typedef struct mm_folders_report {
    size_t images;    /* in the manifest */
    size_t unlabelled; /* of them without a label */
    size_t others;    /* files that are not images */
    size_t bad;       /* images that cannot be read, or are in no class; each is reported */
    mm_notice listener;
} mm_folders_report;

/* Makes the manifest: key (the path below the root, keys.h), image, label, class, split. `classes` may be NULL. MM_FAILURE: a folder
 * cannot be read. MM_DAMAGED: a class has no image, is not in the list, or there are folders of sets and others side by side. */
int mm_folders_manifest(const char *dir, const mm_class_names *classes, mm_manifest *manifest, mm_folders_report *report,
                        mm_error *error);

#endif
