/* What the plugin shows to the program that opens it (nn/device.c). */
#include "common/nn/cuda/cuda.h"
#include "common/nn/cuda/plugin.h"

__attribute__((visibility("default"))) const mm_backend *mm_backend_plugin(unsigned version)
{
    return version == MM_PLUGIN_VERSION ? mm_backend_cuda() : NULL;
}
