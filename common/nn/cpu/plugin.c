/* The CPU backend as a plugin: see nn/plugin.h. */
#include "common/nn/plugin.h"
#include "common/nn/cpu/cpu.h"

const mm_backend *mm_backend_plugin(unsigned version)
{
    return version == MM_PLUGIN_VERSION ? mm_backend_cpu() : NULL;
}
