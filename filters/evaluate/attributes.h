/* Chosen attributes of records by key, from a manifest or from records: what is known beside their predictions.
 *
 * The value of NAME for an image is its column or attribute NAME. Without one it is the value that the image's lesions share
 * (lines of its key; attributes lesion.N.NAME), or "mixed" when they differ. A patch that was cut around lesion N has the value of
 * that lesion. A background patch has only attributes of its own. Empty values are unknown (NULL).
 *
 * "lesion_size", unless a column or attribute has that name, is the diameter of a circle with the area of the largest lesion, in
 * pixels of the original image. The area is measured on shapes in a manifest (circle, box), and on the planes of `mask` in a
 * record. */
#ifndef MM_FILTERS_EVALUATE_ATTRIBUTES_H
#define MM_FILTERS_EVALUATE_ATTRIBUTES_H

#include <stddef.h>

#include "common/table/manifest.h"
#include "common/base/error.h"
#include "common/stream/record.h"

typedef struct mm_attributes {
    size_t names, n;
    char **name;       /* [names], owned */
    char **key;        /* [n], owned */
    char **value;      /* [n][names], owned, NULL: unknown */
    size_t room, value_room;
} mm_attributes;

/* Begins an empty collection of these attributes; the names are copied. */
int mm_attributes_begin(mm_attributes *attributes, const char *const *name, size_t names, mm_error *error);
void mm_attributes_free(mm_attributes *attributes);

/* Add one record, or every image of a manifest. MM_FAILURE: memory. */
int mm_attributes_add_record(mm_attributes *attributes, const mm_record *record, mm_error *error);
int mm_attributes_add_manifest(mm_attributes *attributes, const mm_manifest *manifest, mm_error *error);

/* Returns the index of a name in attributes->name, or attributes->names if it is not there. */
size_t mm_attributes_column(const mm_attributes *attributes, const char *name);

/* Looks up one attribute for n keys. *value is [n] in malloc'd memory, NULL on failure; its strings stay the collection's and are
 * NULL where the value is unknown. *found (may be NULL) counts the keys that the collection has. */
int mm_attributes_of(const mm_attributes *attributes, const char *name, char *const *key, size_t n, char ***value,
                     size_t *found, mm_error *error);

#endif
