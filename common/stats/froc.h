/* Free-response ROC of heatmaps: which share of the lesions is found at how many false marks per image.
 *
 * The free-response task (Bunch et al. 1977; Chakraborty 1989) asks for marks with a rating each. A heatmap is turned
 * into marks as the CAMELYON16 challenge did (Ehteshami Bejnordi et al. 2017, JAMA 318, 2199): the hottest cell is a mark
 * rated with its value, everything nearer to it than `min_distance` pixels is taken away, and so on until nothing is left.
 * Where a mark counts: it finds every lesion that has a pixel within `near` pixels of it (0: inside). A lesion counts
 * once, with its best mark. A mark that finds none is false, wherever it lies, on images with and without lesions.
 *
 * At a threshold, sensitivity = lesions found by a mark of at least that rating / all lesions, and false marks per image =
 * false marks of at least that rating / all images. Summarised, as there, by the sensitivity at 1/4, 1/2, 1, 2, 4 and 8
 * false marks per image and the mean of these six; no interpolation: the highest sensitivity of a threshold that leaves no more
 * false marks than that. */
#ifndef MM_STATS_FROC_H
#define MM_STATS_FROC_H

#include <stddef.h>
#include <stdint.h>

#include "common/stats/hit.h"
#include "common/stats/proportion.h"

enum { MM_FROC_RATES = 6 };
extern const double mm_froc_rates[MM_FROC_RATES]; /* 1/4 1/2 1 2 4 8 */

typedef struct mm_mark {
    double rating;
    size_t image;
} mm_mark;

/* Zero it before the first image. */
typedef struct mm_froc_set {
    size_t images, lesions, falses;
    size_t lesion_room, false_room;
    mm_mark *lesion; /* [lesions] its best mark, -infinity when none finds it */
    mm_mark *wrong;  /* [falses] false marks */
} mm_froc_set;

/* Adds an image: heat[height][width] (finite numbers, as mm_hit_measure checks), mask[lesions][H][W]; planes without a
 * pixel are no lesions. min_distance > 0, near >= 0, in pixels of the image. */
int mm_froc_add(mm_froc_set *set, const double *heat, const mm_heat_geometry *geometry, const uint8_t *mask, size_t lesions,
                size_t H, size_t W, double min_distance, double near, mm_error *error);
void mm_froc_set_free(mm_froc_set *set);

typedef struct mm_froc {
    size_t points;             /* distinct ratings + 1 */
    double *threshold;         /* descending, the first +infinity */
    double *sensitivity, *false_marks; /* false marks per image */
} mm_froc;

typedef struct mm_froc_summary {
    size_t images, patients, lesions, falses;
    size_t found;                               /* lesions that any mark finds */
    mm_estimate sensitivity[MM_FROC_RATES], mean;
} mm_froc_summary;

/* MM_FAILURE without a lesion. */
int mm_froc_make(mm_froc *froc, const mm_froc_set *set, mm_error *error);
void mm_froc_free(mm_froc *froc);

/* sample: a patient for each image. */
int mm_froc_summarise(mm_froc_summary *summary, const mm_froc_set *set, const mm_sample *sample, mm_error *error);

#endif
