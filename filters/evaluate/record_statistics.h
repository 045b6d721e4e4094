/* Figures that mmeval collects from whole records: grey statistics of patches with their labels (for the logistic yardstick), and
 * heat inside and outside of lesions. */
#ifndef MM_FILTERS_EVALUATE_RECORD_STATISTICS_H
#define MM_FILTERS_EVALUATE_RECORD_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

#include "common/stats/froc.h"
#include "common/stats/logistic.h"
#include "common/stream/record.h"

#define MM_GREY_FEATURES 4

/* Zero it before the first record. */
typedef struct mm_grey_set {
    size_t n;
    char **key, **patient; /* [n] owned; patient is the key where the record names none */
    double *x;             /* [n][4]: mean, sd, minimum, maximum on the 0..255 scale */
    uint8_t *positive;     /* [n] label above 0 */
    size_t room[4];        /* of the four arrays */
} mm_grey_set;

/* Adds a record's tensor `image` and attribute `label`. MM_FAILURE: one is missing or invalid, a pixel is not finite,
 * memory. */
int mm_grey_set_add(mm_grey_set *set, const mm_record *record, mm_error *error);
void mm_grey_set_free(mm_grey_set *set);

/* Figures of heatmaps. Set `near` and `min_distance`, and zero the rest, before the first record. */
typedef struct mm_heat_set {
    double near;         /* a mark or a hottest point this near to a lesion finds it, in pixels */
    double min_distance; /* pixels between marks; 0: half of the record's heatmap.window, 112 without one */
    size_t n;            /* images with a lesion */
    mm_hit *heat;        /* [n] */
    size_t *image;       /* [n] its number among all images */
    char **patient;      /* [froc.images] owned */
    size_t room[3];      /* of the three arrays */
    mm_froc_set froc;    /* all images */
    size_t saturated;    /* images with several cells of probability 1, whose order is lost */
} mm_heat_set;

/* Adds a record: its heatmap (heatmap_record.h), `mask` and `breast`. Without a tensor `breast` of the image's size the breast is where
 * `image` is above 0. MM_FAILURE: another tensor or an attribute is missing or invalid, memory. */
int mm_heat_set_add(mm_heat_set *set, const mm_record *record, mm_error *error);
void mm_heat_set_free(mm_heat_set *set);

/* Summarises the set by mm_hit_summarise and mm_froc_summarise. MM_FAILURE: no image of it has a lesion. */
int mm_heat_set_summarise(mm_hit_summary *heat, mm_froc_summary *froc, const mm_heat_set *set, size_t draws, uint64_t seed,
                          mm_error *error);

#endif
