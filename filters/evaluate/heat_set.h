/* Heat inside and outside of lesions, collected from records. */
#ifndef MM_FILTERS_EVALUATE_HEAT_SET_H
#define MM_FILTERS_EVALUATE_HEAT_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/text.h"
#include "common/image/heatmap_record.h"
#include "common/stats/froc.h"
#include "common/stream/record.h"

/* Set `near` and `min_distance`, and zero the rest, before the first record. */
typedef struct mm_heat_set {
    double near;         /* a mark or a hottest point this near to a lesion finds it, in pixels */
    double min_distance; /* pixels between marks; 0: half of the record's heatmap.window, 112 without one */
    size_t n;            /* images with a lesion */
    mm_hit *heat;        /* [n] */
    size_t *image;       /* [n] its number among all images */
    char **patient, **key; /* [froc.images] owned */
    double *hottest;     /* [froc.images] rank of the hottest point (heatmap_record.h); -infinity: no cell where marks may lie */
    bool *lesion;        /* [froc.images] the image has one, be it one whose place is not known */
    size_t room[6];      /* of the six arrays */
    mm_froc_set froc;    /* all images */
    size_t saturated;    /* images with several cells of probability 1, whose order is lost */
    size_t no_breast;    /* images without a tensor `breast`, whose marks may lie anywhere */
    mm_heat_scale scale; /* of all maps */
    bool several_modes;  /* they were not all made in one mode */
    char *mode;          /* what mm_heatmap_way says of the first; NULL: nothing */
} mm_heat_set;

/* Adds a record: its heatmap (heatmap_record.h), `mask` and `breast`. Marks and the hottest point lie within the tensor `breast`, in
 * cells that were computed; without that tensor in any computed cell, and the rest of the breast is then where `image` is not 0.
 * MM_FAILURE: another tensor or an attribute is missing or invalid, probabilities and log-odds are mixed, memory. */
int mm_heat_set_add(mm_heat_set *set, const mm_record *record, mm_error *error);
void mm_heat_set_free(mm_heat_set *set);

/* Makes a table (common/table/predictions.h) of the images: each has the probability of its hottest point as that of the class `lesion`, and
 * is of that class if it has a lesion. *table is overwritten and the caller frees its data. MM_FAILURE: the maps hold activations, an image
 * has no cell where its hottest point may lie; memory. */
int mm_heat_set_table(mm_text *table, const mm_heat_set *set, mm_error *error);

/* Summarises the set by mm_hit_summarise and mm_froc_summarise. MM_FAILURE: no image of it has a lesion. */
int mm_heat_set_summarise(mm_hit_summary *heat, mm_froc_summary *froc, const mm_heat_set *set, size_t draws, uint64_t seed,
                          mm_error *error);

/* Two kinds of heatmaps of the same records. */
typedef struct mm_heat_comparison {
    mm_paired froc; /* mean sensitivities */
    mm_paired hits; /* shares of images whose hottest point is a hit */
} mm_heat_comparison;

/* Compares two sets of heatmaps of the same records, matched by key. MM_FAILURE: a record is in one of them
 * only, or its lesions differ in number; a set has no lesion. */
int mm_heat_set_compare(mm_heat_comparison *comparison, const mm_heat_set *first, const mm_heat_set *second, size_t draws, uint64_t seed,
                        mm_error *error);

#endif
