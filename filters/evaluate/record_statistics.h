/* Figures of whole records that mmeval collects: grey statistics of patches with their truth (for the logistic
 * yardstick), heat inside and outside of lesions. */
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
    size_t n, room;
    char **key, **patient; /* owned; patient is the key where the record names none */
    double *x;             /* [n][4]: mean, sd, minimum, maximum on the 0..255 scale */
    uint8_t *positive;     /* label above 0 */
} mm_grey_set;

/* Takes in a record's tensor `image` and attribute `label`. MM_FAILURE when one is missing or no good. */
int mm_grey_set_add(mm_grey_set *set, const mm_record *record, mm_error *error);
void mm_grey_set_free(mm_grey_set *set);

/* Heatmaps; zero it but near and min_distance before the first record. */
typedef struct mm_heat_set {
    double near;        /* pixels: a mark or a hottest point this near to a lesion finds it */
    double min_distance;       /* pixels between marks; 0: half of the window of the record (heatmap.window), 112 without */
    size_t n;           /* images with a lesion */
    mm_hit *heat;      /* [n] */
    size_t *image;      /* [n] which of all images */
    char **patient;     /* [froc.images] owned */
    mm_froc_set froc;   /* all images */
} mm_heat_set;

/* Takes in a record's `heatmap` (C,H,W with the attributes heatmap.stride and heatmap.offset; one map, or one per class
 * named in heatmap.classes, of which 1 - background is taken), `mask` and, where there is one, `breast`, else pixels of
 * `image` above 0. */
int mm_heat_set_add(mm_heat_set *set, const mm_record *record, mm_error *error);
void mm_heat_set_free(mm_heat_set *set);

/* mm_hit_summarise and mm_froc_summarise over the set; MM_FAILURE when it holds no image with a lesion. */
int mm_heat_set_summarise(mm_hit_summary *heat, mm_froc_summary *froc, const mm_heat_set *set, size_t draws, uint64_t seed,
                          mm_error *error);

/* Where the map of a record lies in its image, from heatmap.stride ("N" or "NY,NX") and heatmap.offset ("OY,OX"). */
int mm_heat_geometry_of(mm_heat_geometry *geometry, const mm_record *record, mm_error *error);

/* The map of warmth, height x width values in malloc'd memory: plane 0, or what heatmap.classes makes of several. */
int mm_heat_values(const mm_record *record, double **values, mm_error *error);

#endif
