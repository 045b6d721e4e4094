/* Files of weights that other libraries wrote (tests/vectors/weights), by their sizes and sums. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "formats/image/npy.h"
#include "formats/weights/weights.h"

static const char *file(const char *name)
{
    static char path[1024];
    const char *root = getenv("ROOT");
    snprintf(path, sizeof path, "%s/tests/vectors/weights/%s", root ? root : ".", name);
    return path;
}

static double sum(const mm_params *table, const char *name)
{
    const mm_param *p = mm_params_find(table, name);
    assert_non_null(p);
    float *v = malloc(p->count * sizeof *v);
    mm_error e;
    assert_non_null(v);
    assert_int_equal(mm_param_floats(p, v, &e), 0);
    double s = 0;
    for (size_t i = 0; i < p->count; i++)
        s += (double)v[i];
    free(v);
    return s;
}

/* tests/agreement/weights.sh compares every number, weights_real.sh those of real files. */
static void read_files(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        int code;
        mm_weights_format format;
        size_t count;
        const char *name;
        double sum;
    } cases[] = {
        {"legacy.th", 0, MM_PTH_LEGACY, 2, "module.conv.bias", 0.25},
        {"plain.pt", 0, MM_PTH, 1, "test", 36},
        {"nested.pt", 0, MM_PTH, 1, "test", 36},
        {"transposed.pth", 0, MM_PTH, 1, "tensor_fortran", 300},
        {"two.safetensors", 0, MM_SAFETENSORS, 2, "weight1", 16},
        {"table.npz", 0, MM_NPZ, 2, "x_plus_one", 55},
        {"long-header.safetensors", MM_DAMAGED, MM_SAFETENSORS, 0, "", 0},
        {"array.npy", MM_FAILURE, MM_NPZ, 0, "", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mm_weights w;
        mm_error e = {0};
        int code = mm_weights_load(&w, file(cases[i].file), &e);
        if (code != cases[i].code)
            fail_msg("%s gave %d: %s", cases[i].file, code, e.text);
        if (code)
            continue;
        assert_int_equal(w.format, cases[i].format);
        assert_int_equal(w.params.count, cases[i].count);
        double s = sum(&w.params, cases[i].name);
        if (fabs(s - cases[i].sum) > 1e-6)
            fail_msg("%s: %s sums to %.6g", cases[i].file, cases[i].name, s);
        mm_weights_free(&w);
    }
}

static void read_array(void **state)
{
    (void)state;
    const char *path = file("array.npy");
    mm_error e;
    mm_tensor t;
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(mm_npy_read(fd, path, &t, &e), 0);
    close(fd);
    assert_int_equal(t.dtype, MM_I64);
    assert_int_equal(t.count, 10);
    for (int i = 0; i < 10; i++)
        assert_int_equal(((int64_t *)t.data)[i], i);
    free(t.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(read_files), cmocka_unit_test(read_array)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
