/* The CUDA backend as a plugin: see nn/plugin.h. */
#include "common/nn/plugin.h"
#include "common/nn/cuda/cuda.h"

const mm_backend *mm_backend_plugin(unsigned version)
{
    return version == MM_PLUGIN_VERSION ? mm_backend_cuda() : NULL;
}
