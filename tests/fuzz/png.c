/* PNG: our fast path and libpng, which agree on every pixel of what the fast one takes. */
#include <stdlib.h>
#include <string.h>

#include "formats/image/png.h"
#include "tests/fuzz/harness/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mm_error error = {0};
    mm_png_info info;
    if (mm_png_probe(data, size, &info, &error))
        return 0;
    size_t bytes = info.height * info.width * (info.bits / 8);
    MM_MUST(info.height && info.width && bytes / info.width / info.height == info.bits / 8);
    unsigned char *fast = malloc(bytes), *slow = malloc(bytes);
    MM_MUST(fast && slow);
    bool taken = mm_png_decode_fast(data, size, &info, fast);
    int code = mm_png_decode_libpng(data, size, &info, slow, &error);
    MM_MUST(!taken || (!code && !memcmp(fast, slow, bytes)));
    if (!code)
        mm_fuzz_touch(slow, bytes);
    free(fast);
    free(slow);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    return mm_fuzz_mutate(data, size, most, seed, mm_fuzz_repair_png);
}
