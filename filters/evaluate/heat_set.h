/* Heat inside and outside of lesions, collected from records. */
#ifndef MM_FILTERS_EVALUATE_HEAT_SET_H
#define MM_FILTERS_EVALUATE_HEAT_SET_H

#include <stddef.h>
#include <stdint.h>

#include "common/stats/froc.h"
#include "common/stream/record.h"

/* Set `near` and `min_distance`, and zero the rest, before the first record. */
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
