/* Which numbers dropout keeps, for any processor, also for C++ and for graphics cards.
 *
 * Number `at` of an image (in the order channel, row, column) gets word at % 4 of Philox4x32-10 (common/base/random.h) with the
 * image's seed as key and the counter (at / 4, 0, layer, 0); it is kept if the word is not below rate * 2^32. */
#ifndef MM_NN_DROPOUT_H
#define MM_NN_DROPOUT_H

#include <stdint.h>

#ifdef __CUDACC__
#define MM_DROPOUT_CODE static __host__ __device__ inline
#else
#define MM_DROPOUT_CODE static inline
#endif

/* Returns the words below which numbers are dropped; rate is 0..1. */
MM_DROPOUT_CODE uint32_t mm_dropout_limit(float rate) { return rate >= 1 ? UINT32_MAX : (uint32_t)((double)rate * 4294967296.0); }

/* Returns true if the number is kept. */
MM_DROPOUT_CODE int mm_dropout_keeps(uint64_t seed, uint32_t layer, uint32_t at, uint32_t limit)
{
    uint32_t c0 = at / 4, c1 = 0, c2 = layer, c3 = 0, k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++) {
        const uint64_t a = (uint64_t)0xD2511F53 * c0, b = (uint64_t)0xCD9E8D57 * c2;
        c0 = (uint32_t)(b >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)b;
        c2 = (uint32_t)(a >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)a;
        k0 += 0x9E3779B9;
        k1 += 0xBB67AE85;
    }
    const uint32_t word = at % 4 == 0 ? c0 : at % 4 == 1 ? c1 : at % 4 == 2 ? c2 : c3;
    return word >= limit;
}

#endif
