/* Element types of tensors, shared by streams, images, files of weights and networks. */
#ifndef MM_DTYPE_H
#define MM_DTYPE_H

#include <stddef.h>

typedef enum mm_dtype {
    MM_U8, MM_I8, MM_U16, MM_I16, MM_U32, MM_I32, MM_I64, MM_F16, MM_BF16, MM_F32, MM_F64, MM_NUM_DTYPES
} mm_dtype;

const char *mm_dtype_name(mm_dtype dtype);              /* "u8", ... */
int mm_dtype_parse(const char *name, mm_dtype *dtype);  /* 0, or MM_DAMAGED for an unknown name */
size_t mm_dtype_size(mm_dtype dtype);                   /* bytes of an element */

#endif
