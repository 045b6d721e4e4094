/* PNM, plain and raw. */
#include <stdlib.h>

#include "formats/image/pnm.h"
#include "tests/fuzz/harness/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mm_error error = {0};
    mm_pnm_info info;
    if (mm_pnm_probe(data, size, &info, &error))
        return 0;
    size_t bytes = info.height * info.width * (info.bits / 8);
    void *pixels = malloc(bytes);
    MM_MUST(pixels && bytes);
    if (!mm_pnm_decode(data, size, &info, pixels, &error))
        mm_fuzz_touch(pixels, bytes);
    free(pixels);
    return 0;
}
