/* Safetensors, and what a model file says in its metadata. */
#include "formats/weights/model_file.h"
#include "common/nn/net.h"
#include "tests/fuzz/harness/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mm_error error = {0};
    mm_weights w = {0};
    mm_model_info info = {0};
    int code = mm_weights_decode(&w, data, size, "weights", &error);
    for (size_t i = 0; !code && i < w.params.count; i++)
        mm_fuzz_touch(w.params.item[i].data, w.params.item[i].bytes);
    if (!code && !mm_model_info_read(&info, &w, "model", &error)) {
        mm_net *net = NULL;
        MM_MUST(info.nclasses > 0);
        if (!mm_net_build(info.net, info.nclasses, &net, &error))
            mm_net_free(net);
        mm_model_info_free(&info);
    }
    mm_weights_free(&w);
    return 0;
}
