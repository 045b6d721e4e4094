/* The one door between programs and a backend that is opened at run time. */
#ifndef MM_NN_CUDA_PLUGIN_H
#define MM_NN_CUDA_PLUGIN_H

#include "common/nn/backend.h"

/* Changes whenever nn/backend.h does: a plugin of another version is refused. */
enum { MM_PLUGIN_VERSION = 4 };
#define MM_PLUGIN_FILE "mmpipe-cuda.so"
#define MM_PLUGIN_SYMBOL "mm_backend_plugin"

typedef const mm_backend *mm_plugin_entry(unsigned version); /* NULL: made for another version */
mm_plugin_entry mm_backend_plugin;

#endif
