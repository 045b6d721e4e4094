/* The real files of weights at hand, by their sizes and sums. Skipped where they are not. */
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

enum { SKIPPED = 77 }; /* what tests/run takes for a skip */

static const char *shared(void)
{
    const char *s = getenv("SHARED");
    return s ? s : "../shared";
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

/* The files at hand. Sums were taken with PyTorch and numpy; tests/agreement/weights.sh compares every number. */
static void real_files(void **state)
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
        {"resnet-cifar10/resnet20-12fca82f.th", 0, MM_PTH_LEGACY, 97, "module.conv1.weight", 1.3100982},
        {"resnet-cifar10/resnet56-4bfd9763.th", 0, MM_PTH_LEGACY, 277, "module.linear.bias", -0.0014823153},
        {"resnet50-imagenet-f32/resnet50_v1_partial.npz", 0, MM_NPZ, 238, "fc.bias", -9.9444044e-05},
        {"formats/test.pt", 0, MM_PTH, 1, "test", 36},
        {"formats/test_with_key.pt", 0, MM_PTH, 1, "test", 36},
        {"formats/fortran_tensor_3d.pth", 0, MM_PTH, 1, "tensor_fortran", 300},
        {"formats/model.safetensors", 0, MM_SAFETENSORS, 2, "weight1", 0},
        {"formats/test.npz", 0, MM_NPZ, 2, "x_plus_one", 55},
        {"formats/safetensors_abuse_attempt_1.safetensors", MM_DAMAGED, MM_SAFETENSORS, 0, "", 0},
        {"formats/test.npy", MM_FAILURE, MM_NPZ, 0, "", 0},
    };
    char path[1024];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mm_weights w;
        mm_error e = {0};
        snprintf(path, sizeof path, "%s/data/weights/%s", shared(), cases[i].file);
        int code = mm_weights_load(&w, path, &e);
        if (code != cases[i].code)
            fail_msg("%s gave %d: %s", cases[i].file, code, e.text);
        if (code)
            continue;
        assert_int_equal(w.format, cases[i].format);
        assert_int_equal(w.params.count, cases[i].count);
        double s = sum(&w.params, cases[i].name);
        if (cases[i].sum != 0 && fabs(s - cases[i].sum) > 1e-6)
            fail_msg("%s: %s sums to %.6g", cases[i].file, cases[i].name, s);
        mm_weights_free(&w);
    }
}

static void real_array(void **state)
{
    (void)state;
    char path[1024];
    mm_error e;
    mm_tensor t;
    snprintf(path, sizeof path, "%s/data/weights/formats/test.npy", shared());
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(real_files), cmocka_unit_test(real_array)};
    char path[1024];
    snprintf(path, sizeof path, "%s/data/weights", shared());
    if (access(path, R_OK)) {
        printf("skipped: no real data at SHARED (data/weights)\n");
        return SKIPPED;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
