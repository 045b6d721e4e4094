/* Shapes to masks. */
#include "common/table/shape.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const double PI = 3.14159265358979323846;

static const char *behind(const char *text, const char *name)
{
    size_t n = strlen(name);
    return strncasecmp(text, name, n) ? NULL : text + n;
}

bool mm_lesion_shape_is(const char *text)
{
    return behind(text, "circle:") || behind(text, "box:") || behind(text, "polygon:");
}

size_t mm_lesion_shape_numbers(const char *text)
{
    size_t n = 0;
    while (*text) {
        char *end;
        if (strchr(" ,;[](){}", *text)) {
            text++;
            continue;
        }
        if (!isdigit((unsigned char)*text) && !strchr("+-.", *text))
            return 0;
        strtod(text, &end);
        if (end == text)
            return 0;
        text = end;
        n++;
    }
    return n;
}

bool mm_lesion_shape_like(const char *text)
{
    static const char *const names[] = {"bbox", "ellipse", "rect", "rectangle", "point", "points", "contour", "linestring", "multipolygon",
                                        "box", "circle", "polygon"};
    size_t letters = 0;
    while (isalpha((unsigned char)text[letters]))
        letters++;
    const char *rest = text + letters + strspn(text + letters, " ");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == letters && !strncasecmp(text, names[i], letters) && (*rest == ':' || *rest == '('))
            return true;
    return strchr("[({", *text) && mm_lesion_shape_numbers(text) >= 4;
}

/* Reads a number that a comma or the end follows; NULL if there is none. */
static const char *number(const char *text, double *value)
{
    char *end;
    *value = strtod(text, &end);
    if (end == text || !isfinite(*value) || fabs(*value) > 1e9 || (*end && *end != ','))
        return NULL;
    return end;
}

/* Exactly n numbers with commas between them. */
static bool numbers(const char *text, double *value, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        text = number(text, &value[i]);
        if (!text || *text != (i + 1 < n ? ',' : '\0'))
            return false;
        text++;
    }
    return true;
}

static bool polygon(const char *text, mm_lesion_shape *s)
{
    for (size_t i = 0; i < 2 * s->points; i++, text++)
        if (!(text = number(text, &s->point[i])) || (*text == '\0') != (i + 1 == 2 * s->points))
            return false;
    s->x0 = s->x1 = s->point[0];
    s->y0 = s->y1 = s->point[1];
    for (size_t i = 1; i < s->points; i++) {
        s->x0 = fmin(s->x0, s->point[2 * i]);
        s->x1 = fmax(s->x1, s->point[2 * i]);
        s->y0 = fmin(s->y0, s->point[2 * i + 1]);
        s->y1 = fmax(s->y1, s->point[2 * i + 1]);
    }
    return s->x1 > s->x0 && s->y1 > s->y0;
}

static int parse_polygon(const char *text, mm_lesion_shape *s, mm_error *error)
{
    size_t commas = 0;
    for (const char *p = text; *p; p++)
        commas += *p == ',';
    s->points = (commas + 1) / 2;
    bool good = commas % 2 && s->points >= 3;
    if (good && !(s->point = calloc(2 * s->points, sizeof *s->point)))
        return mm_no_memory(error);
    if (good && polygon(text, s))
        return MM_OK;
    mm_lesion_shape_free(s);
    return mm_fail(error, MM_DAMAGED, "'polygon:%.80s' is not a polygon: expected polygon:x,y,x,y,x,y with three points or more", text);
}

int mm_lesion_shape_parse(const char *text, mm_lesion_shape *shape, mm_error *error)
{
    double v[4] = {0};
    const char *circle = behind(text, "circle:"), *box = behind(text, "box:"), *points = behind(text, "polygon:");
    *shape = (mm_lesion_shape){.circle = circle != NULL};
    if (points)
        return parse_polygon(points, shape, error);
    bool good = circle ? numbers(circle, v, 3) && v[2] > 0 : box && numbers(box, v, 4) && v[2] > v[0] && v[3] > v[1];
    if (!good)
        return mm_fail(error, MM_DAMAGED, "'%.80s' is not a shape: expected circle:cx,cy,r, box:x0,y0,x1,y1 or polygon:x,y,x,y,...", text);
    shape->x0 = v[0];
    shape->y0 = v[1];
    shape->x1 = v[2];
    shape->y1 = v[3];
    return MM_OK;
}

void mm_lesion_shape_free(mm_lesion_shape *shape)
{
    free(shape->point);
    *shape = (mm_lesion_shape){0};
}

double mm_lesion_shape_area(const mm_lesion_shape *s)
{
    double twice = 0;
    if (!s->point)
        return s->circle ? PI * s->x1 * s->x1 : (s->x1 - s->x0) * (s->y1 - s->y0);
    for (size_t i = 0, j = s->points - 1; i < s->points; j = i++)
        twice += s->point[2 * j] * s->point[2 * i + 1] - s->point[2 * i] * s->point[2 * j + 1];
    return fabs(twice) / 2;
}

/* The whole numbers p with low <= p < high, as a range inside 0 .. n. */
static void clip(double low, double high, size_t n, size_t *from, size_t *to)
{
    low = ceil(low);
    high = ceil(high);
    *from = low > 0 ? low < (double)n ? (size_t)low : n : 0;
    *to = high > 0 ? high < (double)n ? (size_t)high : n : 0;
}

/* Where an edge crosses row y, all to the right of it changes sides. Of the edges that meet in a corner, one crosses its row. */
static size_t fill_polygon_row(const mm_lesion_shape *s, double y, size_t left, size_t right, uint8_t *row)
{
    size_t count = 0;
    for (size_t i = 0, j = s->points - 1; i < s->points; j = i++) {
        const double *a = s->point + 2 * j, *b = s->point + 2 * i;
        size_t from, to;
        if ((a[1] <= y) == (b[1] <= y))
            continue;
        clip(a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]), (double)right, right, &from, &to);
        for (size_t x = from > left ? from : left; x < right; x++)
            row[x] ^= 1;
    }
    for (size_t x = left; x < right; x++)
        count += row[x];
    return count;
}

static size_t fill_row(const mm_lesion_shape *s, size_t y, size_t width, uint8_t *row)
{
    size_t left, right;
    double half = 0;
    if (s->circle) {
        double dy = (double)y - s->y0, rest = s->x1 * s->x1 - dy * dy;
        if (rest < 0)
            return 0;
        half = sqrt(rest);
        clip(s->x0 - half, nextafter(s->x0 + half, INFINITY), width, &left, &right);
    } else {
        clip(s->x0, s->x1, width, &left, &right);
    }
    if (s->point)
        return fill_polygon_row(s, (double)y, left, right, row);
    for (size_t x = left; x < right; x++)
        row[x] = 1;
    return right > left ? right - left : 0;
}

/* The pixel in which the shape's centre lies, if the image has it. */
static size_t fill_nearest(const mm_lesion_shape *s, size_t height, size_t width, uint8_t *plane)
{
    double x = floor((s->circle ? s->x0 : (s->x0 + s->x1) / 2) + 0.5), y = floor((s->circle ? s->y0 : (s->y0 + s->y1) / 2) + 0.5);
    if (!(x >= 0 && y >= 0 && x < (double)width && y < (double)height))
        return 0;
    plane[(size_t)y * width + (size_t)x] = 1;
    return 1;
}

size_t mm_lesion_shape_fill(const mm_lesion_shape *s, size_t height, size_t width, uint8_t *plane)
{
    size_t top, bottom, count = 0;
    if (s->circle)
        clip(s->y0 - s->x1, nextafter(s->y0 + s->x1, INFINITY), height, &top, &bottom);
    else
        clip(s->y0, s->y1, height, &top, &bottom);
    for (size_t y = top; y < bottom; y++)
        count += fill_row(s, y, width, plane + y * width);
    return count ? count : fill_nearest(s, height, width, plane);
}
