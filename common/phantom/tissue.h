/* The tissue inside the outline: fat, gland, fibres, vessels, the pectoral muscle, and harmless marks (lymph nodes, dense
 * islands, single grains) with the brightness of lesions but not their shape. */
#ifndef MM_PHANTOM_TISSUE_H
#define MM_PHANTOM_TISSUE_H

#include "common/phantom/draw.h"
#include "common/phantom/outline.h"

#include <stdint.h>

enum { MM_TISSUE_ISLANDS = 12, MM_TISSUE_CHUNK = 256 };

/* The nipple is a disc whose centre lies this far behind the foremost point of the outline, mm. */
#define MM_NIPPLE_RADIUS 5.5
#define MM_NIPPLE_BACK 3.6

/* Parameters that both views of a patient share. Levels are parts of full scale. */
typedef struct mm_breast {
    double size;      /* scales the outline */
    double density;   /* 0 fatty .. 1 dense */
    double fat, gland; /* level of full thickness of fat, and what gland adds */
    double fibre;     /* strength of the fibrous texture */
    double strand;    /* 0: gland like cloud, 1: drawn out into strands */
    double grain;     /* strength of fine texture */
    double vessels;   /* number of them */
} mm_breast;

typedef struct mm_island {
    float x, y, radius, stretch, ca, sa, level;
} mm_island;

/* One view's tissue; a plain value. */
typedef struct mm_tissue {
    mm_breast breast;
    uint32_t seed;              /* of all its noise */
    double focus_x, focus_y;    /* where ducts and fibres point to, beyond the nipple */
    double gland_x, gland_y, gland_a, gland_b; /* ellipse in which gland is likely */
    double threshold;
    double margin, roundness;   /* compressed edge: its width in mm and how it fades */
    bool muscle;
    double muscle_x, muscle_y, muscle_bend, muscle_level; /* line from (x, upper edge) to (0, y) */
    double fold_y, fold_x;      /* belly: below the line from (0, fold_y) to (fold_x, lower edge); fold_x 0: none */
    mm_island island[MM_TISSUE_ISLANDS];
    size_t islands;
} mm_tissue;

/* Draw the parameters at random: of a patient, and of one view. */
void mm_breast_draw(mm_breast *b, mm_random *r);
void mm_tissue_draw(mm_tissue *t, const mm_breast *b, const mm_outline *o, bool oblique, mm_random *r);

/* Draws a random number of strokes and grains of the view on a layer; the number is the same for every size of the layer. */
void mm_tissue_strokes(const mm_tissue *t, const mm_outline *o, mm_tissue_layer *l, mm_random *r);

/* True if the row at y, whose deepest point is `inside` mm from the skin, holds no tissue. */
bool mm_tissue_absent(const mm_tissue *t, double y, double inside);

/* Computes the level of n <= MM_TISSUE_CHUNK points (x, y) in mm with distances `inside` from the skin; 0 outside. `marks` is the
 * layer's value at each point, which is added. `shortest` is the finest wavelength of texture, about two pixels. */
void mm_tissue_level(const mm_tissue *t, const mm_outline *o, const float *x, const float *y, const float *inside,
                     const float *marks, size_t n, float shortest, float *out);

#endif
