/* Grey values: see grey.h. */
#include "common/image/grey.h"

#include <math.h>
#include <stdint.h>

#include "common/base/clones.h"

double mm_full_scale(mm_dtype dtype)
{
    switch (dtype) {
    case MM_U8: return UINT8_MAX;
    case MM_I8: return INT8_MAX;
    case MM_U16: return UINT16_MAX;
    case MM_I16: return INT16_MAX;
    case MM_U32: return UINT32_MAX;
    case MM_I32: return INT32_MAX;
    case MM_I64: return (double)INT64_MAX;
    default: return 1;
    }
}

void mm_grey_values(mm_dtype dtype, const void *data, size_t first, size_t n, float *grey)
{
    double scale = 255 / mm_full_scale(dtype);
    switch (dtype) {
    case MM_U8: for (size_t i = 0; i < n; i++) grey[i] = ((const uint8_t *)data)[first + i]; break;
    case MM_U16: for (size_t i = 0; i < n; i++) grey[i] = (float)(((const uint16_t *)data)[first + i] * scale); break;
    case MM_I8: for (size_t i = 0; i < n; i++) grey[i] = (float)(((const int8_t *)data)[first + i] * scale); break;
    case MM_I16: for (size_t i = 0; i < n; i++) grey[i] = (float)(((const int16_t *)data)[first + i] * scale); break;
    case MM_U32: for (size_t i = 0; i < n; i++) grey[i] = (float)(((const uint32_t *)data)[first + i] * scale); break;
    case MM_I32: for (size_t i = 0; i < n; i++) grey[i] = (float)(((const int32_t *)data)[first + i] * scale); break;
    case MM_I64: for (size_t i = 0; i < n; i++) grey[i] = (float)((double)((const int64_t *)data)[first + i] * scale); break;
    case MM_F16: for (size_t i = 0; i < n; i++) grey[i] = (float)(mm_from_f16(((const uint16_t *)data)[first + i]) * scale); break;
    case MM_BF16: for (size_t i = 0; i < n; i++) grey[i] = (float)(mm_from_bf16(((const uint16_t *)data)[first + i]) * scale); break;
    case MM_F32: for (size_t i = 0; i < n; i++) grey[i] = (float)(((const float *)data)[first + i] * scale); break;
    case MM_F64: for (size_t i = 0; i < n; i++) grey[i] = (float)(((const double *)data)[first + i] * scale); break;
    case MM_NUM_DTYPES: break;
    }
}

double mm_sum(mm_dtype dtype, const void *data, size_t n)
{
    uint64_t whole = 0;
    double real = 0;
    if (dtype == MM_U8)
        for (size_t i = 0; i < n; i++)
            whole += ((const uint8_t *)data)[i];
    else if (dtype == MM_U16)
        for (size_t i = 0; i < n; i++)
            whole += ((const uint16_t *)data)[i];
    else
        for (size_t i = 0; i < n; i++)
            real += (double)((const float *)data)[i];
    return (double)whole + real;
}

MM_CLONES static unsigned maximum_u8(const uint8_t *v, size_t n)
{
    uint8_t most = 0;
    for (size_t i = 0; i < n; i++)
        most = v[i] > most ? v[i] : most;
    return most;
}

MM_CLONES static unsigned maximum_u16(const uint16_t *v, size_t n)
{
    uint16_t most = 0;
    for (size_t i = 0; i < n; i++)
        most = v[i] > most ? v[i] : most;
    return most;
}

MM_CLONES static float maximum_f32(const float *v, size_t n)
{
    float most = -INFINITY;
    for (size_t i = 0; i < n; i++)
        most = v[i] > most ? v[i] : most;
    return most;
}

static double maximum(mm_dtype dtype, const void *data, size_t n)
{
    return dtype == MM_U8 ? maximum_u8(data, n) : dtype == MM_U16 ? maximum_u16(data, n) : (double)maximum_f32(data, n);
}

/* The largest value up to the end of the first part of the data in which one reaches `enough`. */
static double climb(mm_dtype dtype, const void *data, size_t n, double enough)
{
    enum { PART = 1 << 16 };
    double most = maximum(dtype, data, n < PART ? n : PART);
    for (size_t i = PART; i < n && !(most >= enough); i += PART) {
        double next = maximum(dtype, (const char *)data + i * mm_dtype_size(dtype), n - i < PART ? n - i : PART);
        most = next > most ? next : most;
    }
    return most;
}

double mm_maximum(mm_dtype dtype, const void *data, size_t n)
{
    return climb(dtype, data, n, dtype == MM_F32 ? INFINITY : mm_full_scale(dtype));
}

bool mm_reaches(mm_dtype dtype, const void *data, size_t n, double value)
{
    return climb(dtype, data, n, value) >= value;
}
