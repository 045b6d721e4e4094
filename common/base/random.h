/* Random numbers that depend on what they are for, not on when they are drawn.
 *
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"): a keyed permutation
 * of a 128-bit counter. The triple (seed, hash of a record's key, epoch) names a sequence. So each record draws the same
 * numbers for any number of threads and in any order, and two sequences are independent.
 *
 *     mm_random r;
 *     mm_random_init(&r, seed, mm_hash_string(record->key), epoch);
 *     double angle = mm_random_range(&r, -25, 25);
 *
 * Two uses of randomness for one record take separate sequences, so that a new draw in one does not shift the other; they hash
 * a longer string: mm_hash_more(mm_hash_string(key), "flip"). */
#ifndef MM_BASE_RANDOM_H
#define MM_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Computes one block of 4 words from a counter of 4 words and a key of 2. `out` may be the counter. */
void mm_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* Return the 64-bit FNV-1a hash of a string; mm_hash_more continues an earlier hash. */
uint64_t mm_hash_string(const char *text);
uint64_t mm_hash_more(uint64_t hash, const char *text);

/* A position in one sequence; a plain value that may be copied. Holds 2^34 words before it repeats. */
typedef struct mm_random {
    uint32_t key[2];
    uint32_t counter[4];  /* draw, epoch, hash low, hash high */
    uint32_t block[4];
    unsigned left;        /* words of block not handed out */
} mm_random;

/* Begins the sequence that (seed, hash, epoch) names. */
void mm_random_init(mm_random *r, uint64_t seed, uint64_t hash, uint32_t epoch);

/* Draw the next number. */
uint32_t mm_random_u32(mm_random *r);
uint64_t mm_random_u64(mm_random *r);

double mm_random_double(mm_random *r);                         /* [0, 1), a multiple of 2^-53 */
double mm_random_range(mm_random *r, double low, double high); /* [low, high), low <= high */
uint64_t mm_random_below(mm_random *r, uint64_t n);            /* 0 .. n-1, all equally likely; n > 0 */
double mm_random_normal(mm_random *r);                         /* mean 0, variance 1 */

/* Draws from Beta(a, a), a >= 0.1: the share of one of two Gamma(a) in their sum, which are drawn after Marsaglia, Tsang 2000, "A
 * simple method for generating gamma variables". */
double mm_random_beta(mm_random *r, double a);

/* Puts the n items into a random order, all n! of them equally likely (Fisher-Yates). */
void mm_random_shuffle(mm_random *r, size_t *items, size_t n);

#endif
