/* NPY: what is written is read again, foreign orders are turned, damage is an error and never a crash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "formats/image/npy.h"

/* A file of version `major` from its header's text and its data. */
static size_t make(unsigned char *out, int major, const char *header, const void *data, size_t n)
{
    size_t start = major == 1 ? 10 : 12, length = strlen(header);
    memcpy(out, "\x93NUMPY", 6);
    out[6] = (unsigned char)major;
    out[7] = 0;
    memset(out + 8, 0, 4);
    out[8] = (unsigned char)length;
    out[9] = (unsigned char)(length >> 8);
    memcpy(out + start, header, length);
    if (n)
        memcpy(out + start + length, data, n);
    return start + length + n;
}

static int decode(const char *header, const void *data, size_t n, mm_tensor *t, mm_error *e)
{
    unsigned char file[1024];
    size_t size = make(file, 1, header, data, n);
    return mm_npy_decode(file, size, "x.npy", t, e);
}

static void every_dtype_returns(void **state)
{
    (void)state;
    mm_error e;
    for (int d = 0; d < MM_NUM_DTYPES; d++) {
        unsigned char data[6 * 8];
        for (size_t i = 0; i < sizeof data; i++)
            data[i] = (unsigned char)(i * 37 + 1);
        mm_tensor t = {.dtype = (mm_dtype)d, .ndim = 2, .dim = {2, 3}, .count = 6, .data = data}, back;
        t.bytes = 6 * mm_dtype_size(t.dtype);
        FILE *f = tmpfile();
        assert_non_null(f);
        int code = mm_npy_write(fileno(f), "x.npy", &t, &e);
        if (d == MM_BF16) {
            assert_int_equal(code, MM_FAILURE);
            fclose(f);
            continue;
        }
        assert_int_equal(code, 0);
        assert_int_equal(lseek(fileno(f), 0, SEEK_CUR) % 64, t.bytes % 64); /* data is aligned */
        lseek(fileno(f), 0, SEEK_SET);
        assert_int_equal(mm_npy_read(fileno(f), "x.npy", &back, &e), 0);
        fclose(f);
        assert_int_equal(back.dtype, d);
        assert_int_equal(back.ndim, 2);
        assert_int_equal(back.dim[0], 2);
        assert_int_equal(back.dim[1], 3);
        assert_int_equal(back.count, 6);
        assert_int_equal(back.bytes, t.bytes);
        assert_memory_equal(back.data, data, t.bytes);
        free(back.data);
    }
}

static void scalars_and_empty_arrays(void **state)
{
    (void)state;
    mm_error e;
    mm_tensor t;
    double v = 2.5;
    assert_int_equal(decode("{'descr': '<f8', 'fortran_order': False, 'shape': (), }\n", &v, 8, &t, &e), 0);
    assert_int_equal(t.ndim, 0);
    assert_int_equal(t.count, 1);
    assert_true(*(double *)t.data == 2.5);
    free(t.data);
    assert_int_equal(decode("{'descr': '<f8', 'fortran_order': False, 'shape': (3, 0, 2), }\n", NULL, 0, &t, &e), 0);
    assert_int_equal(t.count, 0);
    free(t.data);
    unsigned char header[MM_NPY_HEADER_MAX];
    size_t n, big[8];
    for (int i = 0; i < 8; i++)
        big[i] = SIZE_MAX;
    assert_int_equal(mm_npy_header(header, &n, MM_U16, 8, big, &e), 0); /* the longest header fits */
    assert_true(n <= MM_NPY_HEADER_MAX && n % 64 == 0);
}

static void fortran_and_big_endian(void **state)
{
    (void)state;
    mm_error e;
    mm_tensor t;
    /* a[i][j][k] = 100 i + 10 j + k of shape 2, 3, 2, the first index running fastest */
    unsigned char data[24];
    int16_t expected[12];
    size_t at = 0;
    for (int k = 0; k < 2; k++)
        for (int j = 0; j < 3; j++)
            for (int i = 0; i < 2; i++) {
                int v = -(100 * i + 10 * j + k);
                data[at++] = (unsigned char)(v >> 8 & 255);
                data[at++] = (unsigned char)(v & 255);
                expected[(i * 3 + j) * 2 + k] = (int16_t)v;
            }
    assert_int_equal(decode("{\"shape\": (2L, 3L, 2L), 'fortran_order': True, 'descr': '>i2'}", data, 24, &t, &e), 0);
    assert_int_equal(t.dtype, MM_I16);
    assert_memory_equal(t.data, expected, sizeof expected);
    free(t.data);
}

static void versions_and_bool(void **state)
{
    (void)state;
    mm_error e;
    mm_tensor t;
    unsigned char file[256];
    for (int major = 1; major <= 4; major++) {
        size_t n = make(file, major, "{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }   \n", "\1\0\1", 3);
        int code = mm_npy_decode(file, n, "x.npy", &t, &e);
        assert_int_equal(code, major <= 3 ? 0 : MM_FAILURE);
        if (!code) {
            assert_int_equal(t.dtype, MM_U8);
            assert_memory_equal(t.data, "\1\0\1", 3);
            free(t.data);
        }
    }
}

static void what_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        size_t n;
        int code;
    } cases[] = {
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 8, 0},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 7, MM_DAMAGED},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 9, MM_DAMAGED},
        {"{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", 8, MM_FAILURE},
        {"{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", 8, MM_FAILURE},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }", 8, MM_FAILURE},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2), }", 8, 0},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }", 8, MM_DAMAGED},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999999,), }", 8, MM_DAMAGED},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296, 4294967296), }", 8, MM_DAMAGED},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,2), }", 8, MM_FAILURE},
        {"{'descr': '<f4', 'fortran_order': Perhaps, 'shape': (2,), }", 8, MM_DAMAGED},
        {"{'descr': '<f4', 'fortran_order': False}", 8, MM_DAMAGED},
        {"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 8, MM_DAMAGED},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), } x", 8, MM_DAMAGED},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,", 8, MM_DAMAGED},
        {"", 8, MM_DAMAGED},
    };
    unsigned char data[16] = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mm_error e = {0};
        mm_tensor t;
        int code = decode(cases[i].header, data, cases[i].n, &t, &e);
        assert_int_equal(code, cases[i].code);
        if (!code)
            free(t.data);
        else
            assert_non_null(strstr(e.text, "'x.npy'"));
    }
}

static void damage_never_crashes(void **state)
{
    (void)state;
    mm_error e;
    mm_tensor t;
    unsigned char file[256], copy[256];
    float data[6] = {1, 2, 3, 4, 5, 6};
    size_t n = make(file, 1, "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }\n", data, sizeof data);
    for (size_t cut = 0; cut < n; cut++)
        assert_int_equal(mm_npy_decode(file, cut, "x.npy", &t, &e), MM_DAMAGED);
    for (size_t bit = 0; bit < 8 * n; bit++) {
        memcpy(copy, file, n);
        copy[bit / 8] ^= (unsigned char)(1 << bit % 8);
        if (!mm_npy_decode(copy, n, "x.npy", &t, &e))
            free(t.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_dtype_returns), cmocka_unit_test(scalars_and_empty_arrays),
        cmocka_unit_test(fortran_and_big_endian), cmocka_unit_test(versions_and_bool), cmocka_unit_test(what_is_refused),
        cmocka_unit_test(damage_never_crashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
