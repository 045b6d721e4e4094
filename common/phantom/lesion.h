/* Lesions: their outlines and what is drawn inside.
 *
 * Size, place and outline are drawn before the class, in the same way for all classes. The mask is the area within the outline,
 * as a reader would draw it around the finding. Only the shape of the inside differs between classes:
 *   mass_ben  smooth oval body, its margin partly obscured     mass_mal  smaller irregular core with spicules
 *   calc_ben  round grains of one size, spread evenly          calc_mal  uneven grains and rods along branching lines
 * tests/bench/phantom_classes measures how hard this makes each class. */
#ifndef MM_PHANTOM_LESION_H
#define MM_PHANTOM_LESION_H

#include "common/table/classes.h"
#include "common/base/random.h"
#include "common/phantom/draw.h"

#include <stdint.h>

enum { MM_LESION_WAVES = 4 };

typedef struct mm_lesion {
    int label; /* MM_CALC_MAL, ... */
    double x, y;       /* centre in mm */
    double radius;     /* of the disc of about the same area, mm */
    double oval, angle; /* ratio of the axes (at most 1) and direction of the long one */
    double wave[MM_LESION_WAVES], phase[MM_LESION_WAVES]; /* waves 2, 3, 4, 5 of the outline */
    double level;      /* contrast, part of full scale */
} mm_lesion;

/* Draws all parameters but label, x and y at random. */
void mm_lesion_draw(mm_lesion *p, mm_random *r);

/* Returns the distance of the outline from the centre in direction phi, in mm. */
double mm_lesion_reach(const mm_lesion *p, double phi);

/* Sets mask (H, W, as the layer) to 1 within the outline; at least one pixel if the centre lies on the layer. */
void mm_lesion_mask(const mm_lesion *p, const mm_tissue_layer *l, uint8_t *mask);

/* Returns the radius around the centre that holds everything drawn, in mm. */
double mm_lesion_extent(const mm_lesion *p);

/* Draws the lesion on a layer of zeros. `toward` is the direction to the nipple, which ducts follow. */
void mm_lesion_render(const mm_lesion *p, mm_tissue_layer *l, double toward, mm_random *r);

#endif
