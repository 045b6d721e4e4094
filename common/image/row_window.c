/* Rows that wait for the pixels that need them: see row_window.h. */
#include "common/image/row_window.h"

#include <stdlib.h>
#include <string.h>

enum { BESIDE = 1 << 20 }; /* bytes beside the rows that one pixel needs: fewer switches between programs */

int mm_row_window_init(mm_row_window *w, size_t row, size_t taps, mm_error *error)
{
    *w = (mm_row_window){.room = (taps + 1) * row + BESIDE};
    return (w->data = malloc(w->room)) ? MM_OK : mm_no_memory(error);
}

void mm_row_window_free(mm_row_window *w)
{
    free(w->data);
    *w = (mm_row_window){0};
}

void mm_row_window_start(mm_row_window *w, size_t row, size_t rows)
{
    w->row = row;
    w->have = w->first = 0;
    w->left = row * rows;
}

void *mm_row_window_buffer(mm_row_window *w, size_t *bytes)
{
    *bytes = w->room - w->have < w->left ? w->room - w->have : w->left;
    return w->data + w->have;
}

bool mm_row_window_filled(mm_row_window *w, mm_resizing *resizing, size_t bytes)
{
    w->have += bytes;
    w->left -= bytes;
    size_t rows = w->have / w->row;
    if (rows) {
        size_t over = mm_resizing_rows(resizing, w->data, w->first, rows) - w->first;
        w->have -= over * w->row;
        memmove(w->data, w->data + over * w->row, w->have);
        w->first += over;
    }
    return w->left == 0;
}
