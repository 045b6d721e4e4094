/* Smooth random fields: gradient noise on a hashed lattice, and sums of its octaves with a power-law spectrum.
 *
 * A field is a pure function of position and seed. Nothing is stored, points may be computed in any order, and a point has the
 * same value at every image size. (Perlin 1985, "An image synthesizer"; the gradients are an integer hash of the lattice
 * point.) */
#ifndef MM_PHANTOM_NOISE_H
#define MM_PHANTOM_NOISE_H

#include <stddef.h>
#include <stdint.h>

/* Adds a field: out[i] += amplitude * f(x[i], y[i]) for i < n. f has mean 0, variance 1 and features of about `length`, in the
 * units of x and y. Coordinates may reach +-4000 lengths. Arrays must not overlap. */
void mm_noise_add(float *restrict out, const float *restrict x, const float *restrict y, size_t n, float length,
                  float amplitude, uint32_t seed);

/* Adds octaves from `longest` down to `shortest` with amplitudes that follow a spectral density f^-beta, 2 < beta. The infinite
 * sum would have the variance amplitude^2; octaves finer than `shortest` are left out. */
void mm_noise_power(float *restrict out, const float *restrict x, const float *restrict y, size_t n, float longest,
                    float shortest, float beta, float amplitude, uint32_t seed);

#endif
