/* Windows: the range of a DICOM image's values that is shown, from black to white (PS3.3 C.11.2). */
#ifndef MM_FORMATS_DICOM_WINDOW_H
#define MM_FORMATS_DICOM_WINDOW_H

#include <stdbool.h>

#include "common/base/error.h"

typedef enum mm_window_kind {
    MM_WINDOW_NONE,  /* the whole range that the stored bits can hold */
    MM_WINDOW_FILE,  /* the file's first VOI LUT, else its first window */
    MM_WINDOW_GIVEN  /* center and width */
} mm_window_kind;

typedef enum mm_window_function { MM_WINDOW_LINEAR, MM_WINDOW_LINEAR_EXACT, MM_WINDOW_SIGMOID } mm_window_function;

typedef struct mm_window {
    mm_window_kind kind;
    mm_window_function function;
    double center, width; /* in values after rescale slope and intercept */
} mm_window;

/* Parses "none", "file", "CENTER,WIDTH" or "CENTER,WIDTH,FUNCTION" with the functions linear, linear-exact and sigmoid. MM_USAGE:
 * anything else, or a width that mm_window_check refuses. */
int mm_window_parse(const char *text, mm_window *window, mm_error *error);

/* Checks center and width: finite, the width at least 1 for linear and above 0 for the others. MM_OK or MM_DAMAGED. */
int mm_window_check(const mm_window *window);

/* Returns the grey of value x, 0 (black) to 1 (white). */
double mm_window_apply(const mm_window *window, double x);

#endif
