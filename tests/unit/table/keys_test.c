/* Keys of paths: they differ, whatever the paths, and do not depend on their order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/table/keys.h"

enum { N = 9 };
static const struct {
    const char *path, *key;
} known[N] = {
    {"A/B_C/1.dcm", "B_C_1"}, {"A_B/C/1.dcm", "C_1"}, {"D/IM1", "D_IM1"}, {"D/IM1.dcm", "D_IM1.dcm"}, {"E/1.dcm", "E_1"},
    {"F/G_H/x.dcm", "G_H_x"}, {"F_G/H/x.dcm", "F_G_H_x-2"}, {"F/G/H_x", "F_G_H_x"}, {"F_G_H_x.dcm", "F_G_H_x.dcm"},
};

static size_t stem(const char *path)
{
    size_t n = strlen(path);
    return n > 4 && !strcmp(path + n - 4, ".dcm") ? n - 4 : n;
}

static void differ(void **state)
{
    (void)state;
    for (size_t turn = 0; turn < N; turn++) {
        mm_path_key keys[N] = {{0}};
        mm_error error = {0};
        for (size_t i = 0; i < N; i++)
            keys[i] = (mm_path_key){.path = known[(i * 2 + turn) % N].path, .stem = stem(known[(i * 2 + turn) % N].path)};
        assert_int_equal(mm_keys_of_paths(keys, N, true, &error), 0);
        for (size_t i = 0; i < N; i++)
            for (size_t k = 0; k < i; k++)
                assert_string_not_equal(keys[i].key, keys[k].key);
        for (size_t i = 0; i < 5; i++)
            for (size_t k = 0; k < N; k++)
                if (!strcmp(keys[k].path, known[i].path))
                    assert_string_equal(keys[k].key, known[i].key);
        mm_keys_free(keys, N);
    }
}

static void names(void **state)
{
    (void)state;
    mm_path_key keys[4] = {{.path = "x/a.png", .stem = 3}, {.path = "y/a.png", .stem = 3}, {.path = "y/b.png", .stem = 3},
                           {.path = "c", .stem = 1}};
    mm_error error = {0};
    assert_int_equal(mm_keys_of_paths(keys, 4, false, &error), 0);
    assert_string_equal(keys[0].key, "x_a");
    assert_string_equal(keys[1].key, "y_a");
    assert_string_equal(keys[2].key, "b");
    assert_string_equal(keys[3].key, "c");
    mm_keys_free(keys, 4);
    assert_int_equal(mm_keys_of_paths(NULL, 0, true, &error), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(differ), cmocka_unit_test(names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
