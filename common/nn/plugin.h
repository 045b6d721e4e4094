/* The interface between programs and a backend, a plugin that is opened with the first device of its kind. So programs load
 * oneDNN and OpenMP only when they run a network, and do not need CUDA. */
#ifndef MM_NN_PLUGIN_H
#define MM_NN_PLUGIN_H

#include "common/nn/backend.h"

/* Changes whenever nn/backend.h does. A plugin of another version is refused. */
enum { MM_PLUGIN_VERSION = 5 };
#define MM_PLUGIN_CPU "mmpipe-cpu.so"
#define MM_PLUGIN_CUDA "mmpipe-cuda.so"
#define MM_PLUGIN_SYMBOL "mm_backend_plugin"

/* The function MM_PLUGIN_SYMBOL of every plugin. Returns its backend, or NULL if it was made for another version. */
typedef const mm_backend *mm_plugin_entry(unsigned version);
__attribute__((visibility("default"))) mm_plugin_entry mm_backend_plugin;

#endif
