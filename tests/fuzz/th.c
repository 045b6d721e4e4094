/* PyTorch's legacy files: five pickles and blocks of numbers. */
#include "formats/weights.h"
#include "tests/fuzz/harness/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mm_error error = {0};
    mm_weights w = {0};
    if (!mm_pth_decode(&w, data, size, "weights", &error))
        for (size_t i = 0; i < w.params.count; i++)
            mm_fuzz_touch(w.params.item[i].data, w.params.item[i].bytes);
    else
        MM_MUST(error.code && error.text[0]);
    mm_weights_free(&w);
    return 0;
}
