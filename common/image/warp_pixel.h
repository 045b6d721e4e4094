/* Arithmetic of a warp's pixels that every processor must do alike, also for C++ and for graphics cards: see image/warp_plan.h.
 * Additions and products are in single precision and not contracted. */
#ifndef MM_IMAGE_WARP_PIXEL_H
#define MM_IMAGE_WARP_PIXEL_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#ifdef __CUDACC__
#define MM_WARP static __device__ __forceinline__
#define MM_WARP_ADD(a, b) __fadd_rn(a, b)
#define MM_WARP_MUL(a, b) __fmul_rn(a, b)
#else
#define MM_WARP static inline
#define MM_WARP_ADD(a, b) ((a) + (b))
#define MM_WARP_MUL(a, b) ((a) * (b))
#endif

/* Returns the index within 0 .. n - 1 that a mirror on the first and the last element shows: ... 2 1 0 1 2 ... n-2 n-1 n-2 ... */
MM_WARP int32_t mm_warp_reflect(int32_t i, int32_t n)
{
    const int32_t period = n > 1 ? 2 * (n - 1) : 1;
    i %= period;
    i = i < 0 ? i + period : i;
    return i < n ? i : period - i;
}

MM_WARP float mm_warp_float(uint32_t bits)
{
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

/* Returns c[0] + c[1] x + ... + c[n - 1] x^(n - 1). */
MM_WARP float mm_warp_polynomial(const float *c, int n, float x)
{
    float sum = c[n - 1];
    for (int i = n - 2; i >= 0; i--)
        sum = MM_WARP_ADD(MM_WARP_MUL(sum, x), c[i]);
    return sum;
}

/* Returns v^gamma for 0 <= v <= 1, exact for 0 and 1, as 2^(gamma log2 v). log2 is a series in (m - 1) / (m + 1) of v = m 2^e,
 * sqrt(1/2) <= m < sqrt(2). The result differs from v^gamma by less than 1e-6. */
MM_WARP float mm_warp_power(float v, float gamma)
{
    const float log2s[] = {2.88539008f, 0.961796694f, 0.577078016f, 0.412198583f, 0.320598898f}; /* 2 / ln 2 / (1, 3, 5, 7, 9) */
    const float powers[] = {1, 0.693147181f, 0.240226507f, 0.0555041087f, 0.00961812911f, 0.00133335581f, 0.000154035304f,
                            1.52527338e-05f}; /* (ln 2)^k / k! */
    const uint32_t root = 0x3f3504f3, one = 0x3f800000; /* bits of sqrt(1/2) and 1 */
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    if (!(v >= 1e-37f))
        return 0;
    bits += one - root;
    const float e = (float)((int32_t)(bits >> 23) - 127), m = mm_warp_float((bits & 0x7fffff) + root);
    const float s = MM_WARP_ADD(m, -1) / MM_WARP_ADD(m, 1);
    const float y = MM_WARP_MUL(gamma, MM_WARP_ADD(e, MM_WARP_MUL(s, mm_warp_polynomial(log2s, 5, MM_WARP_MUL(s, s)))));
    if (y < -126)
        return 0;
    const float whole = floorf(MM_WARP_ADD(y, 0.5f));
    return MM_WARP_MUL(mm_warp_polynomial(powers, 8, MM_WARP_ADD(y, -whole)), mm_warp_float((uint32_t)((int32_t)whole + 127) << 23));
}

#endif
