/* The kernels for AVX2: see kernels.h. */
#ifdef __x86_64__
#pragma GCC target("avx2")
#define CPU_KERNELS cpu_kernels_avx2
#include "common/nn/cpu/kernels_body.h"
#endif
