/* Reduced copies of a plane: see reduce.h. */
#include "common/image/reduce.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clones.h"

MM_CLONES static void add_u8(float *restrict sum, const uint8_t *restrict row, size_t n)
{
    for (size_t x = 0; x < n; x++)
        sum[x] += (float)row[x];
}

MM_CLONES static void add_u16(float *restrict sum, const uint16_t *restrict row, size_t n)
{
    for (size_t x = 0; x < n; x++)
        sum[x] += (float)row[x];
}

MM_CLONES static void add_f32(float *restrict sum, const float *restrict row, size_t n)
{
    for (size_t x = 0; x < n; x++)
        sum[x] += row[x];
}

/* Sums of `factor` neighbours each, in place; the last of what is left. */
static void join_columns(float *sum, size_t n, size_t factor)
{
    for (size_t x = 0, i = 0; factor > 1 && x < n; x += factor, i++) {
        size_t end = x + factor < n ? x + factor : n;
        float s = 0;
        for (size_t k = x; k < end; k++)
            s += sum[k];
        sum[i] = s;
    }
}

MM_CLONES static void scale_row(uint16_t *restrict out, const float *restrict v, float scale, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float s = v[i] * scale + 0.5f;
        out[i] = (uint16_t)(int)(s < 0 ? 0 : s > 65535 ? 65535 : s);
    }
}

int mm_reduce(const mm_plane *plane, double maximum, size_t side, mm_reduced *r, mm_error *error)
{
    size_t h = plane->h, w = plane->w, factor = ((h > w ? h : w) + side - 1) / side;
    *r = (mm_reduced){(h + factor - 1) / factor, (w + factor - 1) / factor, factor, NULL};
    r->grey = malloc(r->h * r->w * sizeof *r->grey);
    float *sum = malloc(w * sizeof *sum);
    if (!r->grey || !sum) {
        free(sum);
        mm_reduced_free(r);
        return mm_no_memory(error);
    }
    for (size_t y = 0; y < r->h; y++) {
        size_t first = y * factor, rows = h - first < factor ? h - first : factor;
        memset(sum, 0, w * sizeof *sum);
        for (size_t k = first; k < first + rows; k++) {
            if (plane->dtype == MM_U8)
                add_u8(sum, mm_plane_row(plane, k), w);
            else if (plane->dtype == MM_U16)
                add_u16(sum, mm_plane_row(plane, k), w);
            else
                add_f32(sum, mm_plane_row(plane, k), w);
        }
        join_columns(sum, w, factor);
        size_t last = w - (r->w - 1) * factor; /* columns in the last pixel */
        sum[r->w - 1] *= (float)factor / (float)last;
        scale_row(r->grey + y * r->w, sum, (float)(65535 / (maximum * (double)(factor * rows))), r->w);
    }
    free(sum);
    return MM_OK;
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
