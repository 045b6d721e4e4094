/* Gradient noise and its power-law sums: see noise.h. */
#include "common/phantom/noise.h"

#include "common/base/clones.h"

#include <math.h>

static inline uint32_t mix(uint32_t h)
{
    h ^= h >> 15;
    h *= 0x2C1B3C6Du;
    h ^= h >> 12;
    h *= 0x297A2D39u;
    return h ^ h >> 15;
}

/* Gradient of a lattice point, components uniform in [-1, 1), times the way (dx, dy) from it. */
static inline float slope(uint32_t h, float dx, float dy)
{
    h = mix(h);
    float gx = (float)(int32_t)(h & 0xFFFFu) * 0x1p-15f - 1;
    float gy = (float)(int32_t)(h >> 16) * 0x1p-15f - 1;
    return gx * dx + gy * dy;
}

static inline float fade(float t)
{
    return t * t * t * (t * (t * 6 - 15) + 10);
}

MM_CLONES
void mm_noise_add(float *restrict out, const float *restrict x, const float *restrict y, size_t n, float length,
                  float amplitude, uint32_t seed)
{
    const uint32_t step_x = 0x8DA6B343u, step_y = 0xD8163841u;
    const float unit = 5.68f * amplitude; /* one over the standard deviation of the sum below */
    float rate = 1 / length;
    for (size_t i = 0; i < n; i++) {
        float u = x[i] * rate + 4096.5f, v = y[i] * rate + 4096.5f; /* positive: conversion rounds down */
        int32_t iu = (int32_t)u, iv = (int32_t)v;
        float fu = u - (float)iu, fv = v - (float)iv;
        uint32_t h = (uint32_t)iu * step_x + (uint32_t)iv * step_y + seed;
        float a = slope(h, fu, fv), b = slope(h + step_x, fu - 1, fv);
        float c = slope(h + step_y, fu, fv - 1), d = slope(h + step_x + step_y, fu - 1, fv - 1);
        float su = fade(fu), sv = fade(fv);
        float top = a + su * (b - a), bottom = c + su * (d - c);
        out[i] += unit * (top + sv * (bottom - top));
    }
}

void mm_noise_power(float *restrict out, const float *restrict x, const float *restrict y, size_t n, float longest,
                    float shortest, float beta, float amplitude, uint32_t seed)
{
    float gain = exp2f((2 - beta) / 2);
    float size = amplitude * sqrtf(1 - gain * gain);
    for (float length = longest; length >= shortest; length /= 2) {
        mm_noise_add(out, x, y, n, length, size, seed);
        size *= gain;
        seed = mix(seed + 0x9E3779B9u);
    }
}
