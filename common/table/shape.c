/* Shapes to masks. */
#include "common/table/shape.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool mm_lesion_shape_is(const char *text)
{
    return !strncmp(text, "circle:", 7) || !strncmp(text, "box:", 4);
}

/* Exactly n numbers with commas between them. */
static bool numbers(const char *text, double *value, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char *end;
        value[i] = strtod(text, &end);
        if (end == text || !isfinite(value[i]) || fabs(value[i]) > 1e9 || *end != (i + 1 < n ? ',' : '\0'))
            return false;
        text = end + 1;
    }
    return true;
}

int mm_lesion_shape_parse(const char *text, mm_lesion_shape *shape, mm_error *error)
{
    double v[4] = {0};
    shape->circle = !strncmp(text, "circle:", 7);
    bool good = shape->circle ? numbers(text + 7, v, 3) && v[2] > 0
                              : !strncmp(text, "box:", 4) && numbers(text + 4, v, 4) && v[2] > v[0] && v[3] > v[1];
    if (!good)
        return mm_fail(error, MM_DAMAGED, "'%.80s' is not a shape: expected circle:cx,cy,r or box:x0,y0,x1,y1", text);
    shape->x0 = v[0];
    shape->y0 = v[1];
    shape->x1 = v[2];
    shape->y1 = v[3];
    return MM_OK;
}

/* The whole numbers p with low <= p < high, as a range inside 0 .. n. */
static void clip(double low, double high, size_t n, size_t *from, size_t *to)
{
    low = ceil(low);
    high = ceil(high);
    *from = low > 0 ? low < (double)n ? (size_t)low : n : 0;
    *to = high > 0 ? high < (double)n ? (size_t)high : n : 0;
}

size_t mm_lesion_shape_fill(const mm_lesion_shape *s, size_t height, size_t width, uint8_t *plane)
{
    size_t top, bottom, left, right, count = 0;
    if (s->circle)
        clip(s->y0 - s->x1, nextafter(s->y0 + s->x1, INFINITY), height, &top, &bottom);
    else
        clip(s->y0, s->y1, height, &top, &bottom);
    for (size_t y = top; y < bottom; y++) {
        if (s->circle) {
            double dy = (double)y - s->y0, rest = s->x1 * s->x1 - dy * dy;
            if (rest < 0)
                continue;
            double half = sqrt(rest);
            clip(s->x0 - half, nextafter(s->x0 + half, INFINITY), width, &left, &right);
        } else {
            clip(s->x0, s->x1, width, &left, &right);
        }
        for (size_t x = left; x < right; x++)
            plane[y * width + x] = 1;
        count += right > left ? right - left : 0;
    }
    return count;
}
