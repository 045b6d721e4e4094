/* A record as a small picture with a caption, for a contact sheet: image, outlines of its lesions, heat. */
#ifndef MM_FILTERS_PICTURE_DRAW_RECORD_H
#define MM_FILTERS_PICTURE_DRAW_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filters/picture/draw.h"
#include "common/stream/record.h"

typedef struct mm_draw_options {
    size_t cell_h, cell_w;   /* room for the image */
    size_t enlarge;          /* largest whole factor for small images */
    bool window_full;        /* the type's full scale instead of the image's own 0.5 to 99.5 % */
    double gain;             /* multiplies grey values after windowing */
    bool outlines, breast;   /* draw lesions; the tensor `breast` */
    bool heat;               /* draw the tensor `heatmap` */
    bool breast_only;        /* heat within the tensor `breast` only, or without one where the image is above 0 */
    double heat_low, heat_high, opacity;
    uint8_t (*colours)[3];   /* [MM_COLOURS] */
} mm_draw_options;

enum { MM_LESION_KINDS = 5 }; /* mass_mal calc_mal mass_ben calc_ben and others, for the legend */
extern const char *const mm_lesion_kinds[MM_LESION_KINDS];

typedef struct mm_picture {
    size_t height, width;
    uint8_t *rgb;        /* [height][width][3], owned */
    char *key, *label;   /* owned; label "calc_mal" or "label 1", "" when the record has none */
    uint8_t label_ink[3];
    bool kind[MM_LESION_KINDS]; /* outlines of these were drawn */
} mm_picture;

/* Draws a record; *picture is overwritten. MM_FAILURE: no image, a mask of another size or type, no heatmap where heat is asked for,
 * memory. On failure nothing is left to free. */
int mm_draw_record(mm_picture *picture, const mm_record *record, const mm_draw_options *options, mm_error *error);
void mm_picture_free(mm_picture *picture);

#endif
