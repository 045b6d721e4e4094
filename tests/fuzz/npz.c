/* NPZ: arrays in a zip archive. */
#include "formats/weights.h"
#include "tests/fuzz/harness/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mm_error error = {0};
    mm_weights w = {0};
    if (!mm_npz_decode(&w, data, size, "weights", &error))
        for (size_t i = 0; i < w.params.count; i++)
            mm_fuzz_touch(w.params.item[i].data, w.params.item[i].bytes);
    else
        MM_MUST(error.code && error.text[0]);
    mm_weights_free(&w);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    return mm_fuzz_mutate(data, size, most, seed, mm_fuzz_repair_zip);
}
