/* Reduced copies of a plane: see reduce.h. */
#include "common/image/reduce.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clones.h"

MM_CLONES static void add_u8(float *restrict sum, const uint8_t *restrict row, size_t n, float share)
{
    for (size_t x = 0; x < n; x++)
        sum[x] += share * (float)row[x];
}

MM_CLONES static void add_u16(float *restrict sum, const uint16_t *restrict row, size_t n, float share)
{
    for (size_t x = 0; x < n; x++)
        sum[x] += share * (float)row[x];
}

MM_CLONES static void add_f32(float *restrict sum, const float *restrict row, size_t n, float share)
{
    for (size_t x = 0; x < n; x++)
        sum[x] += share * row[x];
}

/* The source pixels that output pixel `i` of `n` covers: first .. end - 1, of which the first and the last may be shared. */
typedef struct cover {
    size_t first, end;
    double from, to;
} cover;

static cover covered(size_t i, size_t n, size_t source)
{
    double step = (double)source / (double)n;
    cover c = {.from = step * (double)i, .to = step * (double)(i + 1)};
    c.first = (size_t)c.from;
    c.end = (size_t)ceil(c.to - 1e-9);
    c.end = c.end > source ? source : c.end;
    return c;
}

static float share(const cover *c, size_t k)
{
    return (float)(fmin(c->to, (double)(k + 1)) - fmax(c->from, (double)k));
}

static void add_rows(const mm_plane *plane, const cover *c, float *sum)
{
    memset(sum, 0, plane->w * sizeof *sum);
    for (size_t y = c->first; y < c->end; y++) {
        const void *row = mm_plane_row(plane, y);
        if (plane->dtype == MM_U8)
            add_u8(sum, row, plane->w, share(c, y));
        else if (plane->dtype == MM_U16)
            add_u16(sum, row, plane->w, share(c, y));
        else
            add_f32(sum, row, plane->w, share(c, y));
    }
}

static uint16_t mean_of(const float *sum, const cover *c, float scale)
{
    float s = 0;
    for (size_t x = c->first; x < c->end; x++)
        s += share(c, x) * sum[x];
    s = s * scale + 0.5f;
    return (uint16_t)(s > 0 ? s < 65535 ? s : 65535 : 0);
}

static size_t scaled(size_t length, size_t longer, size_t side)
{
    size_t n = longer > side ? (length * side + longer / 2) / longer : length;
    return n ? n : 1;
}

int mm_reduce(const mm_plane *plane, double maximum, size_t side, mm_reduced *r, mm_error *error)
{
    size_t longer = plane->h > plane->w ? plane->h : plane->w;
    *r = (mm_reduced){scaled(plane->h, longer, side), scaled(plane->w, longer, side), NULL};
    float *sum = malloc(plane->w * sizeof *sum);
    cover *column = malloc(r->w * sizeof *column);
    r->grey = malloc(r->h * r->w * sizeof *r->grey);
    int code = sum && column && r->grey ? MM_OK : mm_no_memory(error);
    for (size_t x = 0; !code && x < r->w; x++)
        column[x] = covered(x, r->w, plane->w);
    double area = (double)plane->h / (double)r->h * ((double)plane->w / (double)r->w);
    for (size_t y = 0; !code && y < r->h; y++) {
        cover row = covered(y, r->h, plane->h);
        add_rows(plane, &row, sum);
        for (size_t x = 0; x < r->w; x++)
            r->grey[y * r->w + x] = mean_of(sum, &column[x], (float)(65535 / (maximum * area)));
    }
    free(sum);
    free(column);
    if (code)
        mm_reduced_free(r);
    return code;
}

void mm_reduced_free(mm_reduced *r)
{
    free(r->grey);
    r->grey = NULL;
}

mm_plane mm_reduced_plane(const mm_reduced *r)
{
    return (mm_plane){MM_U16, r->grey, r->h, r->w, r->w};
}
