/* The rows of a plane that streams in and is resized meanwhile. They wait, in memory that stays in the processor's cache, until no pixel
 * needs them any more. */
#ifndef MM_IMAGE_ROW_WINDOW_H
#define MM_IMAGE_ROW_WINDOW_H

#include <stdbool.h>

#include "common/image/resize.h"

typedef struct mm_row_window {
    char *data;
    size_t room, have; /* bytes of the window, and how many of them wait */
    size_t row, first; /* bytes of a row; number of the row at the window's beginning */
    size_t left;       /* bytes of the plane that are still to come; 0: no plane is under way */
} mm_row_window;

/* Makes a window for rows of up to `row` bytes, where one pixel needs up to `taps` of them. 0 or MM_FAILURE (memory). */
int mm_row_window_init(mm_row_window *window, size_t row, size_t taps, mm_error *error);
void mm_row_window_free(mm_row_window *window);

/* Begins a plane of `rows` rows, at least one, of `row` bytes each. */
void mm_row_window_start(mm_row_window *window, size_t row, size_t rows);

/* Returns a buffer for the plane's next bytes: *bytes of them, at least 1. */
void *mm_row_window_buffer(mm_row_window *window, size_t *bytes);

/* Resizes what it can after so many bytes of the buffer were filled. Returns true when the plane is whole. */
bool mm_row_window_filled(mm_row_window *window, mm_resizing *resizing, size_t bytes);

#endif
