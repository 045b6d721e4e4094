/* The CUDA backend for the host as a plugin, so that tests can run whole programs on it: they lie it where the programs look
 * for the real one. The stand-in for the runtime cannot record. */
#include "nn/cuda/cuda.h"
#include "nn/cuda/plugin.h"

static mm_backend table;

static int open_host(const char *where, size_t nth, size_t threads, mm_device **device, mm_error *error)
{
    int code = mm_backend_cuda()->open(where, nth, threads, device, error);
    if (!code)
        (*device)->backend = &table;
    return code;
}

const mm_backend *mm_backend_plugin(unsigned version)
{
    table = *mm_backend_cuda();
    table.open = open_host;
    table.begin = NULL;
    return version == MM_PLUGIN_VERSION ? &table : NULL;
}
