/* Affine maps of the plane: composition, inverse, and the text of the attribute `to_original`. */
#include "common/image/affine.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

mm_affine mm_affine_identity(void)
{
    return (mm_affine){1, 0, 0, 0, 1, 0};
}

mm_affine mm_affine_shift(double x0, double y0)
{
    return (mm_affine){1, 0, x0, 0, 1, y0};
}

mm_affine mm_affine_resized(size_t from_h, size_t to_h, double top, size_t from_w, size_t to_w, double left)
{
    double sy = (double)from_h / (double)to_h;
    double sx = (double)from_w / (double)to_w;
    /* Pixel edges, not centres, keep their place under scaling: (i - offset + 1/2) * s - 1/2. */
    return (mm_affine){sx, 0, (0.5 - left) * sx - 0.5, 0, sy, (0.5 - top) * sy - 0.5};
}

mm_affine mm_affine_compose(mm_affine o, mm_affine i)
{
    return (mm_affine){
        o.a * i.a + o.b * i.d, o.a * i.b + o.b * i.e, o.a * i.c + o.b * i.f + o.c,
        o.d * i.a + o.e * i.d, o.d * i.b + o.e * i.e, o.d * i.c + o.e * i.f + o.f,
    };
}

void mm_affine_apply(mm_affine m, double x, double y, double *out_x, double *out_y)
{
    *out_x = m.a * x + m.b * y + m.c;
    *out_y = m.d * x + m.e * y + m.f;
}

int mm_affine_invert(mm_affine m, mm_affine *inverse, mm_error *error)
{
    double det = m.a * m.e - m.b * m.d;
    if (!isfinite(det) || det == 0)
        return mm_fail(error, MM_FAILURE, "affine map has no inverse");
    mm_affine v = {m.e / det, -m.b / det, 0, -m.d / det, m.a / det, 0};
    v.c = -(v.a * m.c + v.b * m.f);
    v.f = -(v.d * m.c + v.e * m.f);
    *inverse = v;
    return MM_OK;
}

int mm_affine_parse(const char *text, mm_affine *m, mm_error *error)
{
    double v[6];
    *m = mm_affine_identity();
    if (!text)
        return MM_OK;
    const char *at = text;
    for (int i = 0; i < 6; i++) {
        char *end;
        v[i] = strtod(at, &end);
        if (end == at || !isfinite(v[i]))
            return mm_fail(error, MM_FAILURE, "'%s' is not an affine map of six numbers", text);
        at = end;
    }
    while (*at == ' ')
        at++;
    if (*at)
        return mm_fail(error, MM_FAILURE, "'%s' is not an affine map of six numbers", text);
    *m = (mm_affine){v[0], v[1], v[2], v[3], v[4], v[5]};
    return MM_OK;
}

/* `x` with as few digits as read back as the same number. */
static void shortest(double x, char *text, size_t size)
{
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, size, "%.*g", digits, x + 0.0); /* + 0.0: no "-0" */
        if (strtod(text, NULL) == x)
            return;
    }
}

void mm_affine_format(mm_affine m, char text[MM_AFFINE_TEXT])
{
    const double v[6] = {m.a, m.b, m.c, m.d, m.e, m.f};
    size_t used = 0;
    for (int i = 0; i < 6; i++) {
        char number[32];
        shortest(v[i], number, sizeof number);
        used += (size_t)snprintf(text + used, MM_AFFINE_TEXT - used, i ? " %s" : "%s", number);
    }
}
