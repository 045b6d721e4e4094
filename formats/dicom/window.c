/* Windows of DICOM: see window.h. */
#include "formats/dicom/window.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int mm_window_check(const mm_window *w)
{
    bool good = isfinite(w->center) && isfinite(w->width) && (w->function == MM_WINDOW_LINEAR ? w->width >= 1 : w->width > 0);
    return good ? MM_OK : MM_DAMAGED;
}

int mm_window_parse(const char *text, mm_window *window, mm_error *error)
{
    static const char *const functions[] = {"linear", "linear-exact", "sigmoid"};
    char *end;
    *window = (mm_window){0};
    if (!strcmp(text, "none"))
        return MM_OK;
    window->kind = MM_WINDOW_FILE;
    if (!strcmp(text, "file"))
        return MM_OK;
    window->kind = MM_WINDOW_GIVEN;
    window->center = strtod(text, &end);
    bool good = end != text && *end == ',';
    const char *width = end + 1;
    if (good) {
        window->width = strtod(width, &end);
        good = end != width && (*end == '\0' || *end == ',');
    }
    if (good && *end == ',') {
        good = false;
        for (int f = 0; f < 3; f++)
            if (!strcmp(end + 1, functions[f])) {
                window->function = (mm_window_function)f;
                good = true;
            }
    }
    if (!good)
        return mm_fail(error, MM_USAGE, "--window '%.60s': expected none, file, or CENTER,WIDTH, optionally followed by "
                       ",linear ,linear-exact or ,sigmoid", text);
    if (mm_window_check(window))
        return mm_fail(error, MM_USAGE, "--window '%.60s': the width must be at least 1 for a linear window, above 0 for others", text);
    return MM_OK;
}

double mm_window_apply(const mm_window *w, double x)
{
    double y;
    switch (w->function) {
    case MM_WINDOW_SIGMOID: return 1 / (1 + exp(-4 * (x - w->center) / w->width));
    case MM_WINDOW_LINEAR_EXACT: y = (x - w->center) / w->width + 0.5; break;
    default: /* a window of one value is a step: below, black */
        if (w->width == 1)
            return x <= w->center - 0.5 ? 0 : 1;
        y = (x - (w->center - 0.5)) / (w->width - 1) + 0.5;
    }
    return y < 0 ? 0 : y > 1 ? 1 : y;
}
