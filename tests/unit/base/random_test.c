/* Philox against its published vectors; the helpers against what they promise. */
#include "common/base/random.h"

#include <math.h>
#include <stdlib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void philox_gives_the_published_vectors(void **state)
{
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } known[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint32_t out[4];
        mm_philox4x32(known[i].counter, known[i].key, out);
        assert_memory_equal(out, known[i].out, sizeof out);
    }
    uint32_t inplace[4] = {0, 0, 0, 0};
    mm_philox4x32(inplace, (uint32_t[2]){0, 0}, inplace);
    assert_memory_equal(inplace, known[0].out, sizeof inplace);
}

static void hash_is_fnv1a(void **state)
{
    (void)state;
    assert_true(mm_hash_string("") == 0xcbf29ce484222325u);
    assert_true(mm_hash_string("a") == 0xaf63dc4c8601ec8cu);
    assert_true(mm_hash_string("foobar") == 0x85944171f73967e8u);
    assert_true(mm_hash_more(mm_hash_string("foo"), "bar") == mm_hash_string("foobar"));
}

static void sequence_follows_from_its_names(void **state)
{
    (void)state;
    mm_random a, b;
    mm_random_init(&a, 0, 0, 0);
    assert_int_equal(mm_random_u32(&a), 0x6627e8d5);
    assert_int_equal(mm_random_u32(&a), 0xe169c58d);

    mm_random_init(&a, 0x299f31d0a4093822u, 0x0370734413198a2eu, 0x85a308d3);
    a.counter[0] = 0x243f6a88;
    assert_int_equal(mm_random_u32(&a), 0xd16cfe09);

    uint64_t first[5];
    for (int i = 0; i < 5; i++) { /* another seed, key or epoch is another sequence */
        mm_random_init(&b, i == 1 ? 8 : i == 4 ? 7 + (UINT64_C(1) << 32) : 7, mm_hash_string(i == 2 ? "k2" : "k1"), i == 3);
        first[i] = mm_random_u64(&b);
        for (int j = 0; j < i; j++)
            assert_true(first[i] != first[j]);
    }
    mm_random_init(&b, 7, mm_hash_string("k1"), 0);
    assert_true(mm_random_u64(&b) == first[0]);
}

static void uniform_and_normal_have_their_moments(void **state)
{
    (void)state;
    enum { N = 100000 };
    mm_random r;
    mm_random_init(&r, 1, 2, 3);
    double sum = 0, square = 0, low = 1, high = 0;
    for (int i = 0; i < N; i++) {
        double x = mm_random_double(&r);
        assert_true(x >= 0 && x < 1);
        sum += x;
        square += x * x;
        low = fmin(low, x);
        high = fmax(high, x);
    }
    assert_true(fabs(sum / N - 0.5) < 0.004);
    assert_true(fabs(square / N - 1.0 / 3) < 0.004);
    assert_true(low < 1e-3 && high > 1 - 1e-3);

    double m1 = 0, m2 = 0, m4 = 0;
    for (int i = 0; i < N; i++) {
        double x = mm_random_normal(&r);
        m1 += x;
        m2 += x * x;
        m4 += x * x * x * x;
    }
    assert_true(fabs(m1 / N) < 0.015);
    assert_true(fabs(m2 / N - 1) < 0.02);
    assert_true(fabs(m4 / N - 3) < 0.2);

    for (int i = 0; i < 1000; i++) {
        double x = mm_random_range(&r, -25, 25);
        assert_true(x >= -25 && x < 25);
    }
    assert_true(mm_random_range(&r, 2, 2) == 2);
}

static void below_is_unbiased(void **state)
{
    (void)state;
    mm_random r;
    mm_random_init(&r, 4, 5, 6);
    assert_int_equal(mm_random_below(&r, 1), 0);
    unsigned count[7] = {0};
    for (int i = 0; i < 70000; i++)
        count[mm_random_below(&r, 7)]++;
    double chi = 0;
    for (int i = 0; i < 7; i++)
        chi += (count[i] - 10000.0) * (count[i] - 10000.0) / 10000.0;
    assert_true(chi < 22.5); /* 6 degrees of freedom: 0.001 */

    /* of n = 3 * 2^62 a bare remainder would give the lowest third twice as often */
    unsigned low = 0;
    for (int i = 0; i < 30000; i++)
        low += mm_random_below(&r, UINT64_C(3) << 62) < UINT64_C(1) << 62;
    assert_true(low > 9600 && low < 10400);
}

static void shuffle_gives_each_order_as_often(void **state)
{
    (void)state;
    mm_random r;
    mm_random_init(&r, 7, 8, 9);
    unsigned count[27] = {0};
    for (int i = 0; i < 6000; i++) {
        size_t items[3] = {0, 1, 2};
        mm_random_shuffle(&r, items, 3);
        count[items[0] * 9 + items[1] * 3 + items[2]]++;
    }
    unsigned orders = 0;
    for (int i = 0; i < 27; i++)
        if (count[i]) {
            orders++;
            assert_true(count[i] > 850 && count[i] < 1150);
        }
    assert_int_equal(orders, 6);
    mm_random_shuffle(&r, NULL, 0);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double arcsine(double x) { return 2 / 3.141592653589793 * asin(sqrt(x)); }
static double even(double x) { return x; }
static double parabola(double x) { return x * x * (3 - 2 * x); }

/* Kolmogorov's distance to the distributions that have a closed form. */
static void beta_has_its_distribution(void **state)
{
    enum { N = 20000 };
    static const struct { double a; double (*below)(double); } known[] = {{0.5, arcsine}, {1, even}, {2, parabola}};
    static double x[N];
    (void)state;
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        double distance = 0;
        for (uint32_t i = 0; i < N; i++) {
            mm_random r;
            mm_random_init(&r, 11, i, (uint32_t)k);
            x[i] = mm_random_beta(&r, known[k].a);
            assert_true(x[i] >= 0 && x[i] <= 1);
        }
        qsort(x, N, sizeof *x, ascending);
        for (int i = 0; i < N; i++)
            distance = fmax(distance, fabs(known[k].below(x[i]) - (i + 0.5) / N));
        assert_true(distance < 1.95 / sqrt(N)); /* 0.001 */
    }
    for (uint32_t i = 0; i < N; i++) {
        mm_random r;
        mm_random_init(&r, 12, i, 0);
        assert_true(isfinite(mm_random_beta(&r, 0.1)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_published_vectors),
        cmocka_unit_test(hash_is_fnv1a),
        cmocka_unit_test(sequence_follows_from_its_names),
        cmocka_unit_test(uniform_and_normal_have_their_moments),
        cmocka_unit_test(below_is_unbiased),
        cmocka_unit_test(beta_has_its_distribution),
        cmocka_unit_test(shuffle_gives_each_order_as_often),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
