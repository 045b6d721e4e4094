/* Pixels that can be computed with: see finite.h. */
#include "common/image/finite.h"

#include <float.h>
#include <math.h>

#include "common/base/clones.h"

enum { PART = 1 << 12 }; /* values between two looks at the result */

/* It counts, which compiles to vectors; a branch for each value would not. */
MM_CLONES static unsigned count_f32(const float *v, size_t n, float most)
{
    unsigned wrong = 0;
    for (size_t i = 0; i < n; i++)
        wrong += !(fabsf(v[i]) <= most);
    return wrong;
}

/* Returns where the part of f32 values begins that holds the first wrong one; n if none does. */
static size_t skip_f32(const float *v, size_t n, float most)
{
    size_t i = 0;
    while (i < n && !count_f32(v + i, n - i < PART ? n - i : PART, most))
        i += PART;
    return i < n ? i : n;
}

size_t mm_first_not_finite(mm_dtype dtype, const void *data, size_t n, double factor)
{
    const double most = FLT_MAX / fmax(factor, 1);
    if (dtype != MM_F32 && dtype != MM_F16 && dtype != MM_BF16 && dtype != MM_F64)
        return n;
    size_t i = dtype == MM_F32 ? skip_f32(data, n, (float)most) : 0;
    while (i < n && fabs(mm_number(dtype, data, i)) <= (dtype == MM_F32 ? (float)most : most))
        i++;
    return i;
}

int mm_fail_not_finite(const mm_tensor *t, size_t index, double value, mm_error *error)
{
    size_t width = t->ndim > 0 ? t->dim[t->ndim - 1] : 1, height = t->ndim > 1 ? t->dim[t->ndim - 2] : 1;
    return mm_fail(error, MM_FAILURE, "tensor '%s' holds %g at row %zu, column %zu: %s", t->name, value, index / width % height,
                   index % width, isfinite(value) ? "too large to compute with" : "not a finite number");
}

int mm_check_finite(const mm_tensor *t, double factor, mm_error *error)
{
    size_t at = mm_first_not_finite(t->dtype, t->data, t->count, factor);
    return at == t->count ? MM_OK : mm_fail_not_finite(t, at, mm_number(t->dtype, t->data, at), error);
}
