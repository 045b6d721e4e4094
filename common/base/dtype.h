/* Element types of tensors. Streams, images, files of weights and networks share them. */
#ifndef MM_BASE_DTYPE_H
#define MM_BASE_DTYPE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef enum mm_dtype {
    MM_U8, MM_I8, MM_U16, MM_I16, MM_U32, MM_I32, MM_I64, MM_F16, MM_BF16, MM_F32, MM_F64, MM_NUM_DTYPES
} mm_dtype;

const char *mm_dtype_name(mm_dtype dtype);              /* "u8", ... */
int mm_dtype_parse(const char *name, mm_dtype *dtype);  /* 0, or MM_DAMAGED for an unknown name */
size_t mm_dtype_size(mm_dtype dtype);                   /* bytes of an element */

/* Returns element i of data as a double (i64: the nearest one). */
double mm_number(mm_dtype dtype, const void *data, size_t i);

/* Return the float that the bits h stand for. */
static inline float mm_from_bf16(uint16_t h)
{
    uint32_t bits = (uint32_t)h << 16;
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static inline float mm_from_f16(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 31, fraction = h & 1023;
    if (exponent == 0) { /* zero and subnormal: fraction * 2^-24 */
        float f = (float)fraction * 0x1p-24f;
        return sign ? -f : f;
    }
    uint32_t bits = sign | (exponent == 31 ? 255 : exponent + 112) << 23 | fraction << 13;
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

#endif
