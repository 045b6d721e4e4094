/* NPY: what is read is written and read again as it was. */
#include <stdlib.h>
#include <string.h>

#include "formats/image/npy.h"
#include "tests/fuzz/harness/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mm_error error = {0};
    mm_tensor a, b;
    if (mm_npy_decode(data, size, "array", &a, &error))
        return 0;
    unsigned char header[MM_NPY_HEADER_MAX];
    size_t length;
    MM_MUST(!mm_npy_header(header, &length, a.dtype, a.ndim, a.dim, &error) && length <= sizeof header && length % 64 == 0);
    unsigned char *file = malloc(length + a.bytes);
    MM_MUST(file);
    memcpy(file, header, length);
    if (a.bytes)
        memcpy(file + length, a.data, a.bytes);
    MM_MUST(!mm_npy_decode(file, length + a.bytes, "copy", &b, &error));
    MM_MUST(a.dtype == b.dtype && a.ndim == b.ndim && a.bytes == b.bytes && !memcmp(a.dim, b.dim, sizeof a.dim));
    MM_MUST(!memcmp(a.data, b.data, a.bytes));
    free(file);
    free(a.data);
    free(b.data);
    return 0;
}
