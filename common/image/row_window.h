/* A plane that comes in pieces of any size and is resized meanwhile: its rows wait, in memory that stays in the processor's cache, until
 * no pixel needs them any more. */
#ifndef MM_IMAGE_ROW_WINDOW_H
#define MM_IMAGE_ROW_WINDOW_H

#include <stdbool.h>

#include "common/image/resize.h"

typedef struct mm_row_window {
    char *data;
    size_t room, have;  /* bytes: of the window, and how many of them wait */
    size_t row, first;  /* bytes of a row; number of the row at the window's beginning */
    size_t left;        /* bytes of the plane that have not come; 0: no plane is under way */
} mm_row_window;

/* For rows of up to `row` bytes of which one pixel needs up to `taps`. 0 or MM_FAILURE (memory). */
int mm_row_window_init(mm_row_window *window, size_t row, size_t taps, mm_error *error);
void mm_row_window_free(mm_row_window *window);

/* A plane of so many rows, more than none, of so many bytes begins. */
void mm_row_window_start(mm_row_window *window, size_t row, size_t rows);

/* Where its next bytes are to be put: *bytes of them, at least 1. */
void *mm_row_window_room(mm_row_window *window, size_t *bytes);

/* So many of them came: makes what they suffice for. True: the plane is whole. */
bool mm_row_window_came(mm_row_window *window, mm_resizing *resizing, size_t bytes);

#endif
