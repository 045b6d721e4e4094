/* Deflate with runs: zlib gets every byte back, of all kinds of bytes; nothing is written beyond the bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libdeflate.h>
#include <zlib.h>

#include "formats/image/deflate.h"

static size_t round_trip(const unsigned char *from, size_t n)
{
    size_t bound = mm_deflate_bound(n);
    unsigned char *to = malloc(bound + 16), *back = malloc(n + 1);
    assert_non_null(to);
    assert_non_null(back);
    memset(to, 0xa5, bound + 16);
    size_t packed = mm_deflate(from, n, to);
    assert_true(packed <= bound);
    for (size_t i = 0; i < 16; i++)
        assert_int_equal(to[bound + i], 0xa5);
    uLongf got = (uLongf)n + 1;
    assert_int_equal(uncompress(back, &got, to, (uLong)packed), Z_OK);
    assert_int_equal(got, n);
    assert_memory_equal(back, from, n);
    size_t exact;
    struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    assert_non_null(d);
    assert_int_equal(libdeflate_zlib_decompress(d, to, packed, back, n, &exact), LIBDEFLATE_SUCCESS);
    assert_memory_equal(back, from, n);
    libdeflate_free_decompressor(d);
    free(to);
    free(back);
    return packed;
}

/* Bytes around and across the ends of runs and blocks. */
static void lengths(void **state)
{
    (void)state;
    enum { N = 70000 };
    static unsigned char zeros[N], mixed[N];
    for (size_t i = 0; i < N; i++)
        mixed[i] = (unsigned char)(i * i >> 7);
    for (size_t n = 0; n < 1100; n++) {
        round_trip(zeros, n);
        round_trip(mixed, n);
    }
    static const size_t ends[] = {32766, 32767, 32768, 32769, 65534, 65535, 65536, 65537, N};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        round_trip(zeros, ends[i]);
        round_trip(mixed, ends[i]);
    }
    assert_true(round_trip(zeros, N) < 200);
}

/* A value from the generator, number i of stream `what`. */
static uint64_t draw(uint64_t what, uint64_t i)
{
    uint64_t z = (i + 1) * UINT64_C(0x9e3779b97f4a7c15) + what * UINT64_C(0xd1342543de82ef95);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Alphabets of all sizes and skews, mixed with runs of all lengths. */
static void chance(void **state)
{
    (void)state;
    enum { N = 100000 };
    static unsigned char bytes[N];
    for (uint64_t round = 0; round < 120; round++) {
        size_t n = 1 + draw(1, round) % N, letters = 1 + draw(2, round) % 256, skew = draw(3, round) % 8, runs = draw(4, round) % 5;
        for (size_t i = 0, at = 0; at < n; i++) {
            uint64_t r = draw(round + 10, i);
            size_t length = runs && r % (1u << 3 * runs) == 0 ? 1 + (r >> 40) % 600 : 1;
            uint64_t letter = (r >> 20 & 0xffff) % letters;
            for (size_t k = 0; k < skew; k++)
                letter = letter * (r >> (k + 5) & 1);
            for (size_t k = 0; k < length && at < n; k++)
                bytes[at++] = (unsigned char)letter;
        }
        round_trip(bytes, n);
    }
}

/* Frequencies as Fibonacci's numbers want longer words than deflate has; noise takes no more than its own bytes. */
static void extremes(void **state)
{
    (void)state;
    enum { N = 200000 };
    static unsigned char bytes[N];
    size_t at = 0, a = 1, b = 2; /* the block's end comes first, once */
    for (unsigned letter = 0; at + a < 15000; letter++) {
        memset(bytes + at, (int)letter, a);
        at += a;
        size_t next = a + b;
        a = b;
        b = next;
    }
    /* shuffled, and parted so that there are no runs: one block */
    for (size_t i = at - 1; i > 0; i--) {
        size_t k = draw(5, i) % (i + 1);
        unsigned char t = bytes[i];
        bytes[i] = bytes[k];
        bytes[k] = t;
    }
    for (size_t i = at; i-- > 0;) {
        bytes[2 * i] = bytes[i];
        bytes[2 * i + 1] = 255;
    }
    round_trip(bytes, 2 * at);
    for (size_t i = 0; i < N; i++)
        bytes[i] = (unsigned char)draw(6, i);
    assert_true(round_trip(bytes, N) < N + 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lengths), cmocka_unit_test(chance), cmocka_unit_test(extremes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
