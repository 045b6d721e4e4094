/* The door between programs and a backend: a file beside the programs, opened when the first device of its kind is. So programs
 * neither load oneDNN and OpenMP before they run a network, nor need CUDA. */
#ifndef MM_NN_PLUGIN_H
#define MM_NN_PLUGIN_H

#include "common/nn/backend.h"

/* Changes whenever nn/backend.h does: a plugin of another version is refused. */
enum { MM_PLUGIN_VERSION = 5 };
#define MM_PLUGIN_CPU "mmpipe-cpu.so"
#define MM_PLUGIN_CUDA "mmpipe-cuda.so"
#define MM_PLUGIN_SYMBOL "mm_backend_plugin"

/* What every plugin defines under that name. NULL: it was made for another version. */
typedef const mm_backend *mm_plugin_entry(unsigned version);
__attribute__((visibility("default"))) mm_plugin_entry mm_backend_plugin;

#endif
