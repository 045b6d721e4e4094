/* The pickle interpreter, with the globals of PyTorch's files. */
#include "formats/weights/pth.h"
#include "tests/fuzz/harness/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mm_error error = {0};
    mm_pth_objects objects;
    mm_weights w = {0};
    size_t used = 0;
    if (!mm_pth_run(&objects, data, size, "pickle", &used, &error)) {
        MM_MUST(used <= size && objects.root);
        for (size_t i = 0; i < objects.n; i++) { /* every storage is found, at the pickle's own bytes */
            objects.storages[i]->data = data;
            objects.storages[i]->data_count = size / mm_dtype_size(objects.storages[i]->dtype);
        }
        mm_pth_flatten(&objects, size, &w, &error);
    }
    mm_weights_free(&w);
    mm_pth_objects_free(&objects);
    return 0;
}
