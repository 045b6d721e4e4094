/* Free-response ROC of heatmaps: the share of lesions found against the number of false marks per image.
 *
 * The free-response task (Bunch et al. 1977; Chakraborty 1989) asks for marks, each with a rating. A heatmap becomes marks as in
 * the CAMELYON16 challenge (Ehteshami Bejnordi et al. 2017, JAMA 318, 2199): of the cells where marks may lie (those of the breast)
 * the hottest is a mark rated with its value, all cells nearer to it than `min_distance` pixels are removed, and so on until no
 * cell is left. A mark finds every lesion that
 * has a pixel within `near` pixels of it (0: inside). A lesion counts once, with its best mark. A mark that finds no lesion is
 * false, on images with and without lesions.
 *
 * At a threshold, sensitivity = lesions found by a mark of at least that rating / all lesions, and false marks per image =
 * false marks of at least that rating / all images. The summary is, as in CAMELYON16, the sensitivity at 1/4, 1/2, 1, 2, 4 and 8
 * false marks per image and the mean of these six. There is no interpolation: each is the highest sensitivity of a threshold
 * with at most that many false marks. */
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

/* The marks of a set of images. Zero it before the first image. */
typedef struct mm_froc_set {
    size_t images, lesions, falses;
    size_t lesion_room, false_room;
    mm_mark *lesion; /* [lesions] each one's best mark, rated -infinity if no mark finds it */
    mm_mark *wrong;  /* [falses] false marks */
} mm_froc_set;

/* Adds an image: heat[height][width], ranks of which mm_hit_check must accept the values; marked[height][width], not 0 where marks may
 * lie (NULL: everywhere); and mask[lesions][H][W]. Planes without a pixel do not count as lesions. min_distance > 0 and near >= 0 are in
 * pixels of the image. 0 or MM_FAILURE (memory). */
int mm_froc_add(mm_froc_set *set, const double *heat, const mm_heat_geometry *geometry, const uint8_t *marked, const uint8_t *mask,
                size_t lesions, size_t H, size_t W, double min_distance, double near, mm_error *error);
void mm_froc_set_free(mm_froc_set *set);

/* The curve. */
typedef struct mm_froc {
    size_t points;             /* distinct ratings + 1 */
    double *threshold;         /* descending; the first is +infinity */
    double *sensitivity, *false_marks; /* false marks per image */
} mm_froc;

typedef struct mm_froc_summary {
    size_t images, patients, lesions, falses;
    size_t found;                               /* lesions found by any mark */
    mm_estimate sensitivity[MM_FROC_RATES], mean;
} mm_froc_summary;

/* Computes the curve. MM_FAILURE: no lesion, or memory. */
int mm_froc_make(mm_froc *froc, const mm_froc_set *set, mm_error *error);
void mm_froc_free(mm_froc *froc);

/* Returns the lowest threshold of the curve with at most `rate` false marks per image; infinity: every mark's rating has more. */
double mm_froc_threshold(const mm_froc *froc, double rate);

/* Computes the summary; the sample has a patient for each image. MM_FAILURE: no lesion, or memory. */
int mm_froc_summarise(mm_froc_summary *summary, const mm_froc_set *set, const mm_sample *sample, mm_error *error);

/* Compares the mean sensitivities of two sets of heatmaps of the same images. The sample has a patient for each image of the first; second_patient[second->images] numbers the same patients.
 * MM_FAILURE: no lesion, or memory. */
int mm_froc_compare(mm_paired *comparison, const mm_froc_set *first, const mm_froc_set *second, const size_t *second_patient,
                    const mm_sample *sample, mm_error *error);

#endif
