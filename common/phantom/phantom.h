/* Synthetic mammograms: a plan of one image, drawn from (seed, patient, view) alone, and its rendering at any size.
 *
 * A patient has one breast in two views and one or two lesions, visible in both. Classes are balanced: in each four consecutive
 * patients, each of the four lesion classes is once the class of the first lesion, in random order. A second lesion shares the
 * first one's pathology. Nothing else depends on the class: number, size, place, outline and contrast of the lesions, side,
 * breast, film and noise are drawn in the same way for all, so only the shape within the outline shows the class. Lesions lie
 * where a patch of 224/1152 of the film's height around them holds at least MM_PHANTOM_TISSUE of tissue. Each such place is as
 * likely for a lesion as for a background patch, so the place does not distinguish lesions from background.
 *
 * The film is 250 mm high (less of it is shown if the image is narrower than 140 mm would be). */
#ifndef MM_PHANTOM_PHANTOM_H
#define MM_PHANTOM_PHANTOM_H

#include "common/base/error.h"
#include "common/phantom/film.h"
#include "common/phantom/lesion.h"
#include "common/phantom/tissue.h"

#include <stdint.h>

enum { MM_PHANTOM_LESIONS = 2, MM_PHANTOM_VIEWS = 2 };
enum { MM_PHANTOM_SMALLEST = 32, MM_PHANTOM_LARGEST = 16384 };
#define MM_PHANTOM_TISSUE 0.8
#define MM_PHANTOM_PATCH (250.0 * 224 / 1152) /* side of a patch in mm */

/* One image before it is drawn; a plain value. */
typedef struct mm_phantom {
    size_t height, width;
    double scale;              /* pixels per mm */
    uint64_t seed;
    char patient[24], key[40]; /* "P_00001", "P_00001_LEFT_CC" */
    bool left, oblique;
    size_t lesions;
    mm_lesion lesion[MM_PHANTOM_LESIONS];
    int label;                 /* of the image: 1 if any lesion is malignant */
    mm_outline outline;
    mm_tissue tissue;
    mm_film film;
} mm_phantom;

/* Plans the image of a patient (0, 1, ...) in view 0 (CC) or 1 (MLO). MM_USAGE: a size is out of range. */
int mm_phantom_plan(mm_phantom *p, size_t height, size_t width, uint64_t seed, size_t patient, int view,
                    mm_error *error);

/* Renders a plan into image[H][W] and mask[lesions][H][W], both overwritten. With `null` the lesions are left out of the image;
 * everything else, and the masks, stays the same. 0 or MM_FAILURE (memory). */
int mm_phantom_render(const mm_phantom *p, bool null, uint16_t *image, uint8_t *mask, mm_error *error);

/* Writes breast[H][W]: 1 inside the skin, muscle and nipple included, where no film border covers it, else 0. */
void mm_phantom_breast(const mm_phantom *p, uint8_t *breast);

/* True if a lesion's label is one of a malignant lesion, or of a calcification. */
bool mm_phantom_malignant(int label);
bool mm_phantom_calcified(int label);

#endif
