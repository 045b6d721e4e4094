/* Philox4x32-10 and what is drawn from it: see random.h. */
#include "common/base/random.h"

#include <math.h>

void mm_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0;
        uint64_t p1 = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

uint64_t mm_hash_string(const char *text)
{
    return mm_hash_more(0xCBF29CE484222325u, text);
}

uint64_t mm_hash_more(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001B3u;
    return hash;
}

void mm_random_init(mm_random *r, uint64_t seed, uint64_t hash, uint32_t epoch)
{
    *r = (mm_random){
        .key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
        .counter = {0, epoch, (uint32_t)hash, (uint32_t)(hash >> 32)},
    };
}

uint32_t mm_random_u32(mm_random *r)
{
    if (r->left == 0) {
        mm_philox4x32(r->counter, r->key, r->block);
        r->counter[0]++;
        r->left = 4;
    }
    return r->block[4 - r->left--];
}

uint64_t mm_random_u64(mm_random *r)
{
    uint64_t low = mm_random_u32(r);
    return low | (uint64_t)mm_random_u32(r) << 32;
}

double mm_random_double(mm_random *r)
{
    return (double)(mm_random_u64(r) >> 11) * 0x1p-53;
}

double mm_random_range(mm_random *r, double low, double high)
{
    double x = low + (high - low) * mm_random_double(r);
    return x < high ? x : low; /* the sum may round up to high */
}

uint64_t mm_random_below(mm_random *r, uint64_t n)
{
    uint64_t rejected = -n % n; /* 2^64 mod n: below it lie the values that would come once too often */
    uint64_t x;
    do
        x = mm_random_u64(r);
    while (x < rejected);
    return x % n;
}

double mm_random_normal(mm_random *r)
{
    /* Box and Muller; the second of the pair is dropped so that a draw always takes as many words */
    double radius = sqrt(-2 * log(1 - mm_random_double(r)));
    return radius * cos(6.283185307179586 * mm_random_double(r));
}

/* Gamma(a) of scale 1; below 1 a power of a uniform number reduces Gamma(a + 1). */
static double gamma_of(mm_random *r, double a)
{
    const double power = a < 1 ? pow(1 - mm_random_double(r), 1 / a) : 1, d = (a < 1 ? a + 1 : a) - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        const double x = mm_random_normal(r), root = 1 + c * x, v = root * root * root, u = 1 - mm_random_double(r);
        if (root > 0 && log(u) < x * x / 2 + d * (1 - v + log(v)))
            return power * d * v;
    }
}

double mm_random_beta(mm_random *r, double a)
{
    const double one = gamma_of(r, a), other = gamma_of(r, a);
    return one / (one + other);
}

void mm_random_shuffle(mm_random *r, size_t *items, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)mm_random_below(r, i);
        size_t item = items[i - 1];
        items[i - 1] = items[j];
        items[j] = item;
    }
}
