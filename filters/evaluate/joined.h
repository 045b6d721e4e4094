/* Tables of predictions as the arrays that common/stats evaluates: names of patients, breasts and images become numbers, names of
 * classes become positive or not. */
#ifndef MM_FILTERS_EVALUATE_JOINED_H
#define MM_FILTERS_EVALUATE_JOINED_H

#include "common/stats/evaluation.h"
#include "common/table/predictions.h"

typedef struct mm_joined {
    mm_evaluation_data data; /* borrows from the table and from the arrays below */
    size_t *patient, *breast, *image;
} mm_joined;

/* Numbers the patients, breasts and images of a table, which must outlive *joined. side[n] is 'L', 'R' or 0; NULL: the keys name the
 * sides. If the side of any record is unknown there are no breasts. image[n] names the image that each record was cut from; NULL:
 * not known. 0 or MM_FAILURE (memory), after which nothing is left to free. */
int mm_join(mm_joined *joined, const mm_predictions *table, const char *side, char *const *image, mm_error *error);
void mm_joined_free(mm_joined *joined);

/* Finds the classes that count as positive: *positive_class is [K] in malloc'd memory. They are those of the list "a,b".
 * With list NULL they are the second of two classes, or all but a class "background"; if neither applies *positive_class is
 * NULL. MM_USAGE: a name that is not a class, or all classes. */
int mm_positive_classes(uint8_t **positive_class, const mm_predictions *table, const char *list, mm_error *error);

#endif
