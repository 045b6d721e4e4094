/* Labelled examples from records: what the baselines learn from and are measured on. */
#ifndef MM_FILTERS_EVALUATE_EXAMPLES_H
#define MM_FILTERS_EVALUATE_EXAMPLES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/stats/logistic.h"
#include "common/stream/record.h"

/* The classes of examples: numbers of labels with their names. */
typedef struct mm_example_classes {
    size_t K, room[2];
    size_t *number; /* [K] */
    char **name;    /* [K] owned; NULL: no record names it */
} mm_example_classes;

/* Zero it, and set the fields up to `classes`, before the first record. */
typedef struct mm_examples {
    bool features;                     /* take tensor `features`; then an image may be missing */
    const struct mm_examples *trained; /* or NULL: examples with the same features, whose classes are all that there are */
    const char *trained_on;            /* their name, for messages */

    mm_example_classes classes; /* of these very examples; the classes of `trained` if that is set */
    size_t n;
    char **key, **patient; /* [n] owned; patient is the key where the record has none */
    bool *nameless;        /* [n] the record has no patient */
    size_t *label;         /* [n] the number of the label; an index among the classes after mm_examples_number */
    double *grey;          /* [n][MM_GREY_STATISTICS]: mean, sd, minimum, maximum of the image on the 0..255 scale */
    double *x;             /* [n][F] `features` in C order */
    size_t F;
    size_t bare;           /* records without an image, whose grey statistics are 0 */
    int ndim;              /* shape of `features` */
    size_t dim[MM_MAX_DIMS];
    size_t room[6];        /* of the arrays */
} mm_examples;

/* Adds a record. MM_FAILURE: its label, `image` or `features` is missing, invalid or not finite, the label has another name in other
 * records or is not a class of `trained`, `features` have another shape than those before; memory. */
int mm_examples_add(mm_examples *examples, const mm_record *record, mm_error *error);
void mm_examples_free(mm_examples *examples);

/* Sorts the classes by their numbers, names those that have no name class0, class1, ..., and turns each label into the index of its
 * class. Call it once, after the last record. MM_FAILURE: two numbers have one name, or a name cannot be
 * a column's; memory. */
int mm_examples_number(mm_examples *examples, mm_error *error);

/* Counts the patients of `examples` who are also among `others`. 0 or MM_FAILURE (memory). */
int mm_examples_shared(const mm_examples *examples, const mm_examples *others, size_t *shared, mm_error *error);

#endif
