/* Element types: see base/dtype.h. */
#include "common/base/dtype.h"

#include <math.h>
#include <string.h>

#include "common/base/error.h"

static const struct { const char *name; size_t size; } dtypes[MM_NUM_DTYPES] = {
    [MM_U8] = {"u8", 1},   [MM_I8] = {"i8", 1},   [MM_U16] = {"u16", 2},   [MM_I16] = {"i16", 2},
    [MM_U32] = {"u32", 4}, [MM_I32] = {"i32", 4}, [MM_I64] = {"i64", 8},   [MM_F16] = {"f16", 2},
    [MM_BF16] = {"bf16", 2}, [MM_F32] = {"f32", 4}, [MM_F64] = {"f64", 8},
};

const char *mm_dtype_name(mm_dtype dtype) { return dtypes[dtype].name; }

size_t mm_dtype_size(mm_dtype dtype) { return dtypes[dtype].size; }

int mm_dtype_parse(const char *name, mm_dtype *dtype)
{
    for (int i = 0; i < MM_NUM_DTYPES; i++)
        if (strcmp(name, dtypes[i].name) == 0) {
            *dtype = (mm_dtype)i;
            return MM_OK;
        }
    return MM_DAMAGED;
}

double mm_number(mm_dtype dtype, const void *data, size_t i)
{
    switch (dtype) {
    case MM_U8: return ((const uint8_t *)data)[i];
    case MM_I8: return ((const int8_t *)data)[i];
    case MM_U16: return ((const uint16_t *)data)[i];
    case MM_I16: return ((const int16_t *)data)[i];
    case MM_U32: return ((const uint32_t *)data)[i];
    case MM_I32: return ((const int32_t *)data)[i];
    case MM_I64: return (double)((const int64_t *)data)[i];
    case MM_F16: return mm_from_f16(((const uint16_t *)data)[i]);
    case MM_BF16: return mm_from_bf16(((const uint16_t *)data)[i]);
    case MM_F32: return ((const float *)data)[i];
    case MM_F64: return ((const double *)data)[i];
    case MM_NUM_DTYPES: break;
    }
    return NAN;
}
