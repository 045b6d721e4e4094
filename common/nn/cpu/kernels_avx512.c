/* The kernels for AVX-512: see kernels.h. */
#ifdef __x86_64__
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl")
#define CPU_KERNELS cpu_kernels_avx512
#include "common/nn/cpu/kernels_body.h"
#endif
