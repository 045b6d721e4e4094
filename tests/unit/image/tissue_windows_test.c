/* Tissue of records, and its share in each window against a count pixel by pixel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/base/random.h"
#include "common/image/tissue_windows.h"

static double count(const uint8_t *plane, const mm_heatmap_axis *y, const mm_heatmap_axis *x, size_t i, size_t j)
{
    double n = 0;
    for (size_t a = 0; a < y->size; a++)
        for (size_t b = 0; b < x->size; b++) {
            long row = y->begin + (long)(i * y->stride + a), column = x->begin + (long)(j * x->stride + b);
            if (row >= 0 && column >= 0 && row < (long)y->extent && column < (long)x->extent)
                n += plane[(size_t)row * x->extent + (size_t)column] != 0;
        }
    return n / (double)(y->size * x->size);
}

/* Windows of any size, even and odd, within the image and beyond it. */
static void shares(void **state)
{
    (void)state;
    mm_random r;
    mm_random_init(&r, 3, 0, 1);
    for (int round = 0; round < 60; round++) {
        size_t H = 1 + mm_random_below(&r, 40), W = 1 + mm_random_below(&r, 40), stride = 1 + mm_random_below(&r, 9);
        size_t h = 1 + mm_random_below(&r, H < 20 ? H : 20), w = 1 + mm_random_below(&r, W < 20 ? W : 20);
        mm_heatmap_axis y, x;
        assert_int_equal(mm_heatmap_axis_make(&y, H, h, stride, (h + 1) / 2, NULL), MM_OK);
        assert_int_equal(mm_heatmap_axis_make(&x, W, w, stride, (w + 1) / 2, NULL), MM_OK);
        uint8_t *plane = malloc(H * W);
        double *share = malloc(y.n * x.n * sizeof *share), most = 0;
        for (size_t i = 0; i < H * W; i++)
            plane[i] = mm_random_below(&r, 3) == 0 ? 0 : (uint8_t)(1 + mm_random_below(&r, 255));
        assert_int_equal(mm_tissue_windows(plane, &y, &x, share, NULL), MM_OK);
        for (size_t i = 0; i < y.n * x.n; i++) {
            assert_true(share[i] == count(plane, &y, &x, i / x.n, i % x.n));
            most = share[i] > most ? share[i] : most;
        }
        assert_true(most <= 1);
        free(plane);
        free(share);
    }
}

/* The tensor `breast` is tissue if it is there; else the image, any channel and any byte of a pixel. */
static void planes(void **state)
{
    (void)state;
    const size_t dim[3] = {2, 2, 3};
    const mm_image_shape shape = {2, 2, 3};
    static const uint8_t wanted[2][6] = {{1, 0, 0, 0, 1, 1}, {0, 1, 0, 0, 0, 0}};
    mm_record *record = mm_record_new("k");
    assert_non_null(record);
    mm_tensor *image = mm_record_add(record, "image", MM_U16, 3, dim, NULL);
    assert_non_null(image);
    memset(image->data, 0, 24);
    uint16_t *v = image->data;
    v[0] = 1;
    v[4] = 256;
    v[6 + 5] = 65535;
    for (int with = 0; with < 2; with++) {
        uint8_t *plane = NULL;
        const mm_tensor *current = mm_record_tensor(record, "image");
        assert_int_equal(mm_tissue_of_record(record, current, &shape, &plane, NULL), MM_OK);
        for (size_t i = 0; i < 6; i++)
            assert_int_equal(plane[i] != 0, wanted[with][i]);
        free(plane);
        mm_tensor *breast = mm_record_add(record, "breast", MM_U8, 2, dim + 1, NULL);
        assert_non_null(breast);
        memset(breast->data, 0, 6);
        ((uint8_t *)breast->data)[1] = 255;
    }
    mm_record_free(record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(shares), cmocka_unit_test(planes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
