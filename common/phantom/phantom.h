/* Synthetic mammograms: a plan of one image, drawn from (seed, patient, view) alone, and its rendering at any size.
 *
 * A patient has one breast in two views and one or two lesions, seen in both. Classes are dealt evenly: of each four
 * patients in a row every one of the four lesion classes is the first lesion's once, in random order; a second lesion
 * shares the first's pathology. Nothing else depends on the class: number, size, place, outline and contrast of the
 * lesions, side, breast, film and noise are drawn alike for all, so only the shape within the outline shows the class.
 * Lesions lie where a patch of 224/1152 of the film's height around them holds at least MM_PHANTOM_TISSUE of tissue, as
 * likely at each such place as a background patch beside them, so that place does not tell lesion from background.
 *
 * Millimetres: the film is 250 mm high (less of it when the image is narrower than 140 mm would be). */
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

/* Plans the image of patient 0, 1, ... and view 0 (CC) or 1 (MLO). MM_USAGE for a size out of range. */
int mm_phantom_plan(mm_phantom *p, size_t height, size_t width, uint64_t seed, size_t patient, int view,
                    mm_error *error);

/* Draws it: image H, W and mask (lesions), H, W, both overwritten. With `null` the lesions are left out of the image,
 * all else and the masks stay. 0, or MM_FAILURE without memory. */
int mm_phantom_render(const mm_phantom *p, bool null, uint16_t *image, uint8_t *mask, mm_error *error);

/* The breast, H, W: 1 inside the skin (muscle and nipple belong to it) where no film border covers it, else 0. */
void mm_phantom_breast(const mm_phantom *p, uint8_t *breast);

/* Of a lesion's label. */
bool mm_phantom_malignant(int label);
bool mm_phantom_calcified(int label);

#endif
