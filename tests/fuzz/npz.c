/* NPZ: arrays in a zip archive. */
#include "tests/fuzz/harness/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mm_fuzz_weights(mm_npz_decode, data, size);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    return mm_fuzz_mutate(data, size, most, seed, mm_fuzz_repair_zip);
}
