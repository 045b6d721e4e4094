/* Warmth inside and outside of lesions: positions, lesions between cells, the hottest point, sums over patients. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "common/stats/hit.h"

enum { H = 20, W = 30, h = 5, w = 8 };
static const mm_heat_geometry geometry = {h, w, 4, 4, 2, 1}; /* cells at rows 2 6 10 14 18, columns 1 5 ... 29 */

static void positions(void **state)
{
    (void)state;
    uint8_t mask[2 * H * W] = {0}, breast[H * W];
    double heat[h * w];
    memset(breast, 1, sizeof breast);
    for (size_t i = 0; i < h * w; i++)
        heat[i] = 0.1;
    for (size_t y = 6; y <= 10; y++)
        for (size_t x = 5; x <= 9; x++)
            mask[y * W + x] = 255;          /* cells (1,1) (1,2) (2,1) (2,2) */
    mask[H * W + 15 * W + 20] = 1;          /* between cells: nearest is (3, 5), at row 14, column 21 */
    heat[1 * w + 1] = heat[1 * w + 2] = heat[2 * w + 1] = heat[2 * w + 2] = 0.5;
    heat[3 * w + 5] = 1;
    for (size_t x = 0; x < W; x++)
        breast[2 * W + x] = 0;              /* the first row of cells lies outside of the breast */
    heat[0] = 0.9;
    mm_hit r;
    assert_int_equal(mm_hit_measure(&r, heat, heat, &geometry, NULL, mask, 2, breast, H, W, 0, NULL), 0);
    assert_int_equal(r.inside_cells, 5);
    assert_int_equal(r.outside_cells, 4 * w - 5);
    assert_true(fabs(r.inside - 0.6) < 1e-12);
    assert_true(fabs(r.outside - 0.1) < 1e-12);
    assert_true(fabs(r.distance - sqrt(2)) < 1e-12);
    assert_true(fabs(r.chance - 4.0 / (h * w)) < 1e-12); /* the lesion between the cells is hit by none */

    /* A mask moved away by two cells must be seen. */
    memmove(mask + 8, mask, (H * W) - 8);
    assert_int_equal(mm_hit_measure(&r, heat, heat, &geometry, NULL, mask, 1, breast, H, W, 0, NULL), 0);
    assert_true(r.inside < 0.35);
}

/* The hottest point is one of the marked cells; without one it is nowhere. */
static void hottest(void **state)
{
    (void)state;
    uint8_t mask[H * W] = {0}, marked[h * w] = {0};
    double heat[h * w] = {0};
    mm_hit r;
    mask[2 * W + 1] = 1; /* cell (0, 0) */
    heat[0] = 0.5;
    heat[h * w - 1] = 0.9;
    assert_int_equal(mm_hit_measure(&r, heat, heat, &geometry, NULL, mask, 1, NULL, H, W, 0, NULL), 0);
    assert_true(r.distance > 25);
    marked[0] = marked[1] = 1;
    assert_int_equal(mm_hit_measure(&r, heat, heat, &geometry, marked, mask, 1, NULL, H, W, 0, NULL), 0);
    assert_true(r.distance == 0);
    assert_true(r.chance == 0.5);
    assert_int_equal(mm_hit_measure(&r, heat, heat, &geometry, marked, mask, 1, NULL, H, W, 3.9, NULL), 0);
    assert_true(r.chance == 0.5); /* cell (0, 1) lies 4 pixels away */
    assert_int_equal(mm_hit_measure(&r, heat, heat, &geometry, marked, mask, 1, NULL, H, W, 4, NULL), 0);
    assert_true(r.chance == 1);
    memset(marked, 0, sizeof marked);
    assert_int_equal(mm_hit_measure(&r, heat, heat, &geometry, marked, mask, 1, NULL, H, W, 0, NULL), 0);
    assert_true(isnan(r.distance) && r.chance == 0);
}

static void refused(void **state)
{
    (void)state;
    uint8_t mask[H * W] = {0};
    double heat[h * w] = {0};
    mm_hit r;
    mm_error e;
    assert_int_equal(mm_hit_measure(&r, heat, heat, &geometry, NULL, mask, 1, NULL, H, W, 0, &e), MM_FAILURE);
    mask[0] = 1;
    assert_int_equal(mm_hit_measure(&r, heat, heat, &geometry, NULL, mask, 1, NULL, H, W, 0, &e), 0);
    assert_int_equal(mm_hit_measure(&r, heat, heat, &geometry, NULL, mask, 1, NULL, H - 2, W, 0, &e), MM_FAILURE);
    heat[3] = NAN;
    assert_int_equal(mm_hit_measure(&r, heat, heat, &geometry, NULL, mask, 1, NULL, H, W, 0, &e), MM_FAILURE);
}

static void summary(void **state)
{
    (void)state;
    const mm_hit heat[4] = {{1, 1, 0.6, 0.1, 0, 0.2}, {1, 1, 0.4, 0.3, 5, 0}, {1, 1, 0.2, 0.2, 50, 0.1}, {1, 0, 0.9, NAN, 3, 0.5}};
    const size_t patient[4] = {0, 0, 1, 1};
    mm_hit_summary s;
    assert_int_equal(mm_hit_summarise(&s, heat, patient, 2, 4, 5, 500, 1, NULL), 0);
    assert_true(fabs(s.inside - 0.4) < 1e-12 && fabs(s.outside - 0.2) < 1e-12 && fabs(s.ratio.value - 2) < 1e-12);
    assert_int_equal(s.hits, 3);
    assert_int_equal(s.hotter, 2);
    assert_true(fabs(s.chance - 0.2) < 1e-12);
    assert_true(s.ratio.bootstrap.low >= 1 - 1e-12 && s.ratio.bootstrap.high <= 2.5 + 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(positions), cmocka_unit_test(hottest), cmocka_unit_test(refused), cmocka_unit_test(summary)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
