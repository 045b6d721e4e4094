/* Noise: mean, variance, spectrum, smoothness, and that it is a function of position and seed alone. */
#include "common/phantom/noise.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N = 4096 };

/* Points along a line that runs askew to the lattice. */
static void walk(float *x, float *y, float step)
{
    for (int i = 0; i < N; i++) {
        x[i] = (float)(i - N / 2) * step * 0.92f;
        y[i] = (float)(i - N / 2) * step * 0.39f;
    }
}

static double variance(const float *v, double *mean)
{
    double sum = 0, square = 0;
    for (int i = 0; i < N; i++) {
        sum += v[i];
        square += (double)v[i] * v[i];
    }
    *mean = sum / N;
    return square / N - *mean * *mean;
}

static void one_octave_has_unit_variance_and_is_smooth(void **state)
{
    (void)state;
    static float x[N], y[N], v[N], near[N];
    double mean;
    walk(x, y, 0.77f);
    memset(v, 0, sizeof v);
    mm_noise_add(v, x, y, N, 1, 1, 5);
    double var = variance(v, &mean);
    assert_true(fabs(mean) < 0.06);
    assert_true(var > 0.9 && var < 1.1);

    for (int i = 0; i < N; i++)
        x[i] += 1e-3f;
    memset(near, 0, sizeof near);
    mm_noise_add(near, x, y, N, 1, 1, 5);
    for (int i = 0; i < N; i++)
        assert_true(fabsf(near[i] - v[i]) < 0.03f);
}

static void any_order_gives_the_same_values(void **state)
{
    (void)state;
    static float x[N], y[N], v[N];
    walk(x, y, 0.31f);
    memset(v, 0, sizeof v);
    mm_noise_power(v, x, y, N, 8, 0.5f, 3, 1, 11);
    for (int i = 0; i < N; i += 97) {
        float one = 0;
        mm_noise_power(&one, x + i, y + i, 1, 8, 0.5f, 3, 1, 11);
        assert_memory_equal(&one, v + i, sizeof one);
    }
    float other = 0;
    mm_noise_power(&other, x, y, 1, 8, 0.5f, 3, 1, 12);
    assert_true(other != v[0]);
}

/* Differences over a distance d have variance ~ d^(beta - 2) for a spectrum f^-beta. */
static void power_law_has_its_exponent(void **state)
{
    (void)state;
    static float x[N], y[N], v[N];
    for (int b = 0; b < 2; b++) {
        float beta = b ? 3.4f : 2.6f;
        double rise = 0;
        for (uint32_t seed = 0; seed < 8; seed++) {
            walk(x, y, 0.05f);
            memset(v, 0, sizeof v);
            mm_noise_power(v, x, y, N, 64, 0.05f, beta, 1, 100 * seed);
            double near = 0, far = 0;
            for (int i = 0; i + 64 < N; i++) {
                near += (v[i + 8] - v[i]) * (v[i + 8] - v[i]);
                far += (v[i + 64] - v[i]) * (v[i + 64] - v[i]);
            }
            rise += log2(far / near) / 3 / 8;
        }
        assert_true(fabs(rise - (beta - 2)) < 0.25);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_octave_has_unit_variance_and_is_smooth),
        cmocka_unit_test(any_order_gives_the_same_values),
        cmocka_unit_test(power_law_has_its_exponent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
