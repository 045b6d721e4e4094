/* A contact sheet: small pictures in rows with their keys and labels, a legend of outlines, a scale of heat; as PNG. */
#ifndef MM_FILTERS_PICTURE_SHEET_H
#define MM_FILTERS_PICTURE_SHEET_H

#include <stdio.h>

#include "common/base/error.h"
#include "filters/picture/draw_record.h"

typedef struct mm_sheet {
    const mm_picture *pictures;
    size_t n, columns;      /* columns 0: as many as make the sheet about 4 by 3, at most 1800 pixels wide */
    bool heat;              /* draw the scale from heat_low to heat_high */
    double heat_low, heat_high;
    uint8_t (*colours)[3];  /* [MM_COLOURS] */
    const char *note;       /* at the foot, or NULL */
    bool bare;              /* the pictures alone, side by side: no margins, keys, legend, scale or note */
} mm_sheet;

/* Draws a sheet of at least one picture. MM_FAILURE: it would be larger than a picture can be (32767 pixels), or a write error. */
int mm_sheet_write(const mm_sheet *sheet, FILE *out, mm_error *error);

#endif
