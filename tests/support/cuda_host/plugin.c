/* The CUDA backend for the host as a plugin, so that tests can run whole programs on it: they lie it where the programs look
 * for the real one. The stand-in for the runtime cannot record. */
#include "nn/cuda/cuda.h"
#include "nn/cuda/plugin.h"

const mm_backend *mm_backend_plugin(unsigned version)
{
    static mm_backend table;
    table = *mm_backend_cuda();
    table.begin = NULL;
    return version == MM_PLUGIN_VERSION ? &table : NULL;
}
