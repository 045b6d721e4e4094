/* A window on the rows of a plane that is resized while it arrives. It holds a row until no output pixel needs it any more, and
 * is small enough for the processor's cache. */
#ifndef MM_IMAGE_ROW_WINDOW_H
#define MM_IMAGE_ROW_WINDOW_H

#include <stdbool.h>

#include "common/image/resize.h"

typedef struct mm_row_window {
    char *data;
    size_t room, have; /* bytes of the window, and how many of them are filled */
    size_t row, first; /* bytes of a row; number of the row at the window's beginning */
    size_t left;       /* bytes of the plane that have not arrived; 0: no plane has begun */
} mm_row_window;

/* Makes a window for rows of up to `row` bytes if one output pixel needs up to `taps` rows. 0 or MM_FAILURE (memory). */
int mm_row_window_init(mm_row_window *window, size_t row, size_t taps, mm_error *error);
void mm_row_window_free(mm_row_window *window);

/* Begins a plane of `rows` rows, at least one, of `row` bytes each. */
void mm_row_window_start(mm_row_window *window, size_t row, size_t rows);

/* Returns a buffer of *bytes, at least 1, for the plane's next bytes. */
void *mm_row_window_buffer(mm_row_window *window, size_t *bytes);

/* Takes the first `bytes` of the buffer and resizes what is complete. Returns true at the end of the plane. */
bool mm_row_window_filled(mm_row_window *window, mm_resizing *resizing, size_t bytes);

#endif
