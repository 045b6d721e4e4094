/* What is known of records beside their predictions: chosen attributes by key, from a manifest or from records.
 *
 * Of an image the value of NAME is its column or attribute NAME, else the value that its lesions share (lines of its key;
 * attributes lesion.N.NAME), or "mixed" when they differ. Of a patch that was cut around lesion N it is that lesion's,
 * and of a background patch only the image's own. Empty values are unknown (NULL).
 *
 * "lesion_size", where no column or attribute has that name, is the diameter in pixels of the original image of a circle
 * as large as the largest lesion: of shapes in a manifest (circle, box), of the planes of `mask` in a record. */
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

/* An empty collection of these attributes. */
int mm_attributes_begin(mm_attributes *attributes, const char *const *name, size_t names, mm_error *error);
void mm_attributes_free(mm_attributes *attributes);

int mm_attributes_add_record(mm_attributes *attributes, const mm_record *record, mm_error *error);
int mm_attributes_add_manifest(mm_attributes *attributes, const mm_manifest *manifest, mm_error *error);

/* Returns the number of a name among attributes->name; attributes->names without such a name. */
size_t mm_attributes_column(const mm_attributes *attributes, const char *name);

/* The values of one attribute for n keys: *value, [n] in malloc'd memory, its strings staying the collection's, NULL
 * where unknown; NULL on failure. *found (may be NULL): how many of the keys are there. */
int mm_attributes_of(const mm_attributes *attributes, const char *name, char *const *key, size_t n, char ***value,
                     size_t *found, mm_error *error);

#endif
