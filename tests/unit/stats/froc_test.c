/* Marks of heatmaps and the free-response curve: worked by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "common/stats/froc.h"

enum { H = 40, W = 40, CELLS = 10 };
static const mm_heat_geometry geometry = {CELLS, CELLS, 4, 4, 2, 2}; /* cell (i, j) at pixel (2 + 4 i, 2 + 4 j) */

static void near(double got, double wanted, double tolerance)
{
    if (!(fabs(got - wanted) <= tolerance))
        fail_msg("%.9g where %.9g was due", got, wanted);
}

static void fill(uint8_t *plane, size_t top, size_t left, size_t size)
{
    for (size_t y = top; y < top + size; y++)
        memset(plane + y * W + left, 1, size);
}

/* Image 1: two lesions; marks 0.9 in the first, 0.8 nowhere, 0.3 beside the second. Image 2: no lesion, one mark 0.85.
 * What else the maps hold is 0 and lies far from lesions. */
static void two_images(mm_froc_set *s, double near_pixels)
{
    static uint8_t mask[3 * H * W];
    double heat[CELLS * CELLS] = {0};
    memset(mask, 0, sizeof mask);
    fill(mask, 0, 0, 8);               /* cells 0 and 1 */
    fill(mask + 2 * H * W, 30, 30, 4); /* pixels 30..33: cell 7 at 30; plane 1 is empty and no lesion */
    heat[1 * CELLS + 1] = 0.9;
    heat[1 * CELLS + 2] = 0.7;         /* beside the mark: taken away with it */
    heat[1 * CELLS + 8] = 0.8;
    heat[8 * CELLS + 9] = 0.3;         /* pixel (34, 38): 5.1 pixels from (33, 33) */
    assert_int_equal(mm_froc_add(s, heat, &geometry, NULL, mask, 3, H, W, 12, near_pixels, NULL), 0);
    memset(heat, 0, sizeof heat);
    heat[55] = 0.85;
    assert_int_equal(mm_froc_add(s, heat, &geometry, NULL, NULL, 0, H, W, 12, near_pixels, NULL), 0);
}

static void marks(void **state)
{
    (void)state;
    mm_froc_set s = {0};
    two_images(&s, 0);
    assert_int_equal(s.images, 2);
    assert_int_equal(s.lesions, 2);
    near(s.lesion[0].rating, 0.9, 0);
    assert_true(s.lesion[1].rating <= 0); /* the mark beside it does not count */
    double best[3] = {0};
    for (size_t i = 0; i < s.falses; i++)
        for (size_t k = 0; k < 3; k++)
            if (s.wrong[i].rating > best[k]) {
                memmove(best + k + 1, best + k, (2 - k) * sizeof *best);
                best[k] = s.wrong[i].rating;
                break;
            }
    near(best[0], 0.85, 0);
    near(best[1], 0.8, 0);
    near(best[2], 0.3, 0);
    mm_froc_set_free(&s);
    two_images(&s, 6); /* near enough now */
    near(s.lesion[1].rating, 0.3, 0);
    mm_froc_set_free(&s);
}

static void curve(void **state)
{
    (void)state;
    mm_froc_set s = {0};
    mm_froc f;
    two_images(&s, 6);
    assert_int_equal(mm_froc_make(&f, &s, NULL), 0);
    static const double threshold[5] = {INFINITY, 0.9, 0.85, 0.8, 0.3}, found[5] = {0, 0.5, 0.5, 0.5, 1}, wrong[5] = {0, 0, 0.5, 1, 1};
    for (size_t i = 0; i < 5; i++) {
        assert_true(f.threshold[i] == threshold[i]);
        near(f.sensitivity[i], found[i], 0);
        near(f.false_marks[i], wrong[i], 0);
    }
    assert_int_equal(f.points, 6); /* and one for all cells of value 0 */
    near(f.sensitivity[5], 1, 0);
    mm_froc_free(&f);

    const size_t patient[2] = {0, 1};
    const mm_sample sample = {patient, 2, 2, 400, 1};
    mm_froc_summary r;
    assert_int_equal(mm_froc_summarise(&r, &s, &sample, NULL), 0);
    near(r.sensitivity[0].value, 0.5, 0); /* at 1/4, no false mark allowed in two images */
    near(r.sensitivity[1].value, 0.5, 0);
    near(r.sensitivity[2].value, 1, 0);   /* at 1: threshold 0.3 */
    near(r.sensitivity[5].value, 1, 0);
    near(r.mean.value, 5. / 6, 1e-12);
    assert_int_equal(r.found, 2);
    assert_true(r.mean.bootstrap.low <= r.mean.value && r.mean.value <= r.mean.bootstrap.high);
    mm_froc_set_free(&s);
}

/* A lesion of equal rating as a false mark is not found before it; without a lesion there is no curve. */
static void ties(void **state)
{
    (void)state;
    mm_mark lesion[1] = {{0.5, 0}}, wrong[2] = {{0.5, 0}, {0.5, 0}};
    const mm_froc_set s = {.images = 1, .lesions = 1, .falses = 2, .lesion = lesion, .wrong = wrong};
    const size_t patient[1] = {0};
    const mm_sample sample = {patient, 1, 1, 10, 1};
    mm_froc_summary r;
    mm_froc f;
    mm_error e = {0};
    assert_int_equal(mm_froc_summarise(&r, &s, &sample, NULL), 0);
    near(r.sensitivity[2].value, 0, 0);
    near(r.sensitivity[3].value, 1, 0);
    assert_true(isnan(r.mean.bootstrap.low)); /* one patient has no spread */
    const mm_froc_set nothing = {.images = 3};
    assert_int_equal(mm_froc_make(&f, &nothing, &e), MM_FAILURE);
    assert_non_null(strstr(e.text, "no lesion to find in 3 images"));
}

/* Marks are no nearer to each other than they may be, and cover the map. */
static void spacing(void **state)
{
    (void)state;
    double heat[CELLS * CELLS];
    for (size_t i = 0; i < CELLS * CELLS; i++)
        heat[i] = (double)((i * 37) % 101);
    for (double apart = 3; apart < 30; apart += 4) {
        mm_froc_set s = {0};
        assert_int_equal(mm_froc_add(&s, heat, &geometry, NULL, NULL, 0, H, W, apart, 0, NULL), 0);
        size_t most = (size_t)(16 * 10 * 10 / (apart * apart / 4 * 0.7)) + 1;
        assert_true(s.falses <= (most < 100 ? most : 100));
        if (apart < 4)
            assert_int_equal(s.falses, CELLS * CELLS);
        mm_froc_set_free(&s);
    }
}

/* Marks lie in marked cells only; an image without one has no marks. */
static void marked_cells(void **state)
{
    (void)state;
    double heat[CELLS * CELLS];
    uint8_t marked[CELLS * CELLS] = {0};
    mm_froc_set s = {0};
    for (size_t i = 0; i < CELLS * CELLS; i++)
        heat[i] = 1 - (double)i / 1000;
    marked[37] = marked[93] = 1;
    assert_int_equal(mm_froc_add(&s, heat, &geometry, marked, NULL, 0, H, W, 3, 0, NULL), 0);
    assert_int_equal(s.falses, 2);
    near(s.wrong[0].rating, heat[37], 0);
    near(s.wrong[1].rating, heat[93], 0);
    memset(marked, 0, sizeof marked);
    assert_int_equal(mm_froc_add(&s, heat, &geometry, marked, NULL, 0, H, W, 3, 0, NULL), 0);
    assert_true(s.falses == 2 && s.images == 2);
    mm_froc_set_free(&s);
}

/* The lowest threshold with so many false marks: 0.3 for one per image of two_images, 0.9 for none, infinity below. */
static void threshold(void **state)
{
    (void)state;
    mm_froc_set s = {0};
    mm_froc f;
    two_images(&s, 6);
    assert_int_equal(mm_froc_make(&f, &s, NULL), 0);
    near(mm_froc_threshold(&f, 1), 0.3, 0);
    near(mm_froc_threshold(&f, 0.5), 0.85, 0);
    near(mm_froc_threshold(&f, 0), 0.9, 0);
    assert_true(isinf(mm_froc_threshold(&f, -1)));
    mm_froc_free(&f);
    mm_froc_set_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(marks), cmocka_unit_test(curve), cmocka_unit_test(ties), cmocka_unit_test(spacing),
                                       cmocka_unit_test(marked_cells), cmocka_unit_test(threshold)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
