/* The kernels for any processor: see kernels.h. */
#define CPU_KERNELS cpu_kernels_base
#include "common/nn/cpu/kernels_body.h"
