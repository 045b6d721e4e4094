/* The film around a phantom's breast: fog, border, label, noise, and the 16-bit scale. */
#ifndef MM_PHANTOM_FILM_H
#define MM_PHANTOM_FILM_H

#include "common/base/error.h"
#include "common/phantom/draw.h"
#include "common/phantom/outline.h"

#include <stdint.h>

enum { MM_LABEL_NONE, MM_LABEL_LETTERS, MM_LABEL_BOX };

/* Parameters of a film; a plain value. Levels are parts of full scale. */
typedef struct mm_film {
    uint32_t seed;          /* of the noise */
    double fog;             /* level where only air was exposed */
    double exposure;        /* factor of all tissue */
    double grain;           /* noise, standard deviation, in air; more in tissue */
    double border[4];       /* unexposed, hence white: mm at the chest wall, nipple side, top, bottom; 0: none */
    double corner;          /* radius of the exposed field's corners on the nipple side, mm; 0: square */
    double white;           /* level of the border */
    int label;              /* one of MM_LABEL_... */
    double label_x, label_y, label_turn, label_size, label_level;
    bool label_mirrored;    /* the film was scanned from the back */
} mm_film;

/* Draws the film's parameters at random. `height` and `width` are the film's in mm. The label is placed clear of the breast, or
 * left out. */
void mm_film_draw(mm_film *f, const mm_outline *o, double height, double width, mm_random *r);

/* Returns the depth of (x, y) under the white border in mm; negative on the exposed field. */
double mm_film_covered(const mm_film *f, double x, double y, double height, double width);

/* Turns the levels of n points of one row, x[n] and y in mm, into 16-bit values with fog, border and noise. `row` and `column`
 * are the first point's in pixels. */
void mm_film_expose(const mm_film *f, const float *level, const float *x, double y, size_t row, size_t column, size_t n,
                    double height, double width, uint16_t *out);

/* Writes the label on a finished image. Only size and scale of `l` are used. 0 or MM_FAILURE (memory). */
int mm_film_label(const mm_film *f, const mm_tissue_layer *l, bool oblique, uint16_t *image, mm_error *error);

#endif
