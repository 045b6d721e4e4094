/* PyTorch's legacy files: five pickles and blocks of numbers. */
#include "tests/fuzz/harness/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mm_fuzz_weights(mm_pth_decode, data, size);
    return 0;
}
