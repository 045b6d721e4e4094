/* PNG: both decoders agree on every conformance file, every row filter is undone, damage is refused, what is written
 * is read back. */
#include <dirent.h>
#include <libdeflate.h>
#include <png.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "formats/image/png.h"

static unsigned char *slurp(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    unsigned char *bytes = malloc(1 << 20);
    assert_non_null(bytes);
    *size = fread(bytes, 1, 1 << 20, f);
    fclose(f);
    return bytes;
}

static void *decode(const void *bytes, size_t size, mm_png_info *info, int *code,
                    int (*how)(const void *, size_t, mm_png_info *, void *, mm_error *))
{
    mm_error error = {0};
    *code = mm_png_probe(bytes, size, info, &error);
    void *pixels = NULL;
    if (!*code) {
        pixels = calloc(info->height * info->width, info->bits / 8);
        assert_non_null(pixels);
        *code = how(bytes, size, info, pixels, &error);
    }
    if (*code) {
        assert_int_equal(*code, MM_DAMAGED);
        assert_true(error.text[0] != '\0');
        free(pixels);
        pixels = NULL;
    }
    return pixels;
}

static const char *suite(void)
{
    const char *root = getenv("ROOT");
    static char path[4096];
    snprintf(path, sizeof path, "%s/tests/vectors/pngsuite", root ? root : ".");
    return path;
}

/* Names that start with x are corrupt files; all others must decode, the same way on both paths. */
static void conformance(void **state)
{
    (void)state;
    DIR *dir = opendir(suite());
    assert_non_null(dir);
    size_t good = 0, bad = 0, fast = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        size_t length = strlen(entry->d_name);
        if (length < 5 || strcmp(entry->d_name + length - 4, ".png"))
            continue;
        char path[8192];
        snprintf(path, sizeof path, "%s/%s", suite(), entry->d_name);
        size_t size = 0;
        unsigned char *bytes = slurp(path, &size);
        assert_non_null(bytes);
        mm_png_info info, plain;
        int code, plain_code;
        void *a = decode(bytes, size, &info, &code, mm_png_decode);
        void *b = decode(bytes, size, &plain, &plain_code, mm_png_decode_libpng);
        assert_int_equal(code, plain_code);
        if ((code != 0) != (entry->d_name[0] == 'x'))
            fail_msg("%s: %d", entry->d_name, code);
        if (!code) {
            assert_memory_equal(a, b, info.height * info.width * (info.bits / 8));
            assert_ptr_equal(info.note, plain.note);
            fast += mm_png_decode_fast(bytes, size, &info, a);
        }
        good += code == 0;
        bad += code != 0;
        free(a);
        free(b);
        free(bytes);
    }
    closedir(dir);
    assert_in_range(good, 150, 1000);
    assert_int_equal(bad, 14);
    assert_in_range(fast, 10, 100);
}

struct sink {
    unsigned char *bytes;
    size_t size, room;
};

static void on_write(png_structp png, png_bytep from, size_t n)
{
    struct sink *sink = png_get_io_ptr(png);
    assert_true(sink->size + n <= sink->room);
    memcpy(sink->bytes + sink->size, from, n);
    sink->size += n;
}

static void on_flush(png_structp png)
{
    (void)png;
}

/* libpng's writer with a given filter, in small IDAT chunks. */
static struct sink encode_libpng(const unsigned char *big_endian, size_t H, size_t W, int bits, int filters, int interlace)
{
    struct sink sink = {malloc(1 << 20), 0, 1 << 20};
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    assert_non_null(info);
    assert_non_null(sink.bytes);
    png_set_write_fn(png, &sink, on_write, on_flush);
    png_set_compression_buffer_size(png, 512);
    png_set_filter(png, 0, filters);
    png_set_IHDR(png, info, (png_uint_32)W, (png_uint_32)H, bits, PNG_COLOR_TYPE_GRAY, interlace, 0, 0);
    png_write_info(png, info);
    png_bytep rows[64];
    assert_true(H <= 64);
    for (size_t y = 0; y < H; y++)
        rows[y] = (png_bytep)(uintptr_t)(big_endian + y * W * (size_t)(bits / 8));
    png_write_image(png, rows);
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
    return sink;
}

static void row_filters(void **state)
{
    (void)state;
    enum { H = 37, W = 53 };
    static unsigned char file[H * W * 2], pixels[H * W * 2];
    uint32_t r = 1;
    for (size_t i = 0; i < sizeof file; i++) {
        r = r * 1664525u + 1013904223u;
        file[i] = (unsigned char)(i * 3 + (r >> 28));
    }
    const int filters[] = {PNG_FILTER_NONE, PNG_FILTER_SUB, PNG_FILTER_UP, PNG_FILTER_AVG, PNG_FILTER_PAETH, PNG_ALL_FILTERS};
    for (size_t f = 0; f < sizeof filters / sizeof *filters; f++)
        for (int bits = 8; bits <= 16; bits += 8)
            for (int interlace = 0; interlace < 2; interlace++) {
                struct sink png = encode_libpng(file, H, W, bits, filters[f], interlace);
                mm_png_info info;
                mm_error error;
                assert_int_equal(mm_png_probe(png.bytes, png.size, &info, &error), 0);
                assert_int_equal(mm_png_decode_fast(png.bytes, png.size, &info, pixels), !interlace);
                assert_int_equal(mm_png_decode(png.bytes, png.size, &info, pixels, &error), 0);
                for (size_t i = 0; i < H * W; i++) {
                    if (bits == 8)
                        assert_int_equal(pixels[i], file[i]);
                    else
                        assert_int_equal(((uint16_t *)(void *)pixels)[i], file[2 * i] << 8 | file[2 * i + 1]);
                }
                free(png.bytes);
            }
}

/* Every truncation and every flipped byte is either refused or leaves the pixels as they were. */
static void damage(void **state)
{
    (void)state;
    enum { H = 9, W = 7 };
    uint16_t image[H][W], back[H][W];
    for (size_t i = 0; i < H * W; i++)
        (&image[0][0])[i] = (uint16_t)(i * i * 17);
    unsigned char *bytes;
    size_t size;
    mm_error error;
    assert_int_equal(mm_png_encode(image, H, W, 1, 16, &bytes, &size, &error), 0);
    for (size_t n = 0; n + 12 < size; n++) {
        mm_png_info info;
        unsigned char *cut = malloc(n ? n : 1);
        assert_non_null(cut);
        memcpy(cut, bytes, n);
        int code = mm_png_probe(cut, n, &info, &error);
        if (!code)
            code = mm_png_decode(cut, n, &info, back, &error);
        assert_int_equal(code, MM_DAMAGED);
        free(cut);
    }
    for (size_t i = 0; i < size; i++) {
        mm_png_info info;
        bytes[i] ^= 0x41;
        int code = mm_png_probe(bytes, size, &info, &error);
        if (!code && info.height == H && info.width == W && info.bits == 16) {
            code = mm_png_decode(bytes, size, &info, back, &error);
            if (!code)
                assert_memory_equal(back, image, sizeof image);
        }
        bytes[i] ^= 0x41;
    }
    free(bytes);
}

/* A header that promises the sky costs no memory. */
static void forged_size(void **state)
{
    (void)state;
    enum { H = 2, W = 2 };
    uint16_t image[H][W] = {{1, 2}, {3, 4}};
    unsigned char *bytes;
    size_t size;
    mm_error error;
    assert_int_equal(mm_png_encode(image, H, W, 1, 16, &bytes, &size, &error), 0);
    const unsigned char forged[] = {0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff};
    memcpy(bytes + 16, forged, sizeof forged);
    uint32_t crc = libdeflate_crc32(0, bytes + 12, 17);
    for (int i = 0; i < 4; i++)
        bytes[29 + i] = (unsigned char)(crc >> (24 - 8 * i));
    mm_png_info info;
    assert_int_equal(mm_png_probe(bytes, size, &info, &error), MM_DAMAGED);
    assert_non_null(strstr(error.text, "truncated"));
    free(bytes);
}

/* What we write, libpng reads; colours come back as their luminance. */
static void written(void **state)
{
    (void)state;
    enum { H = 19, W = 23 };
    uint16_t image[H * W], back[H * W];
    unsigned char colour[H * W * 4], grey[H * W];
    for (size_t i = 0; i < H * W; i++) {
        image[i] = (uint16_t)(i * 2654435761u >> 7);
        for (size_t c = 0; c < 4; c++)
            colour[4 * i + c] = (unsigned char)(i * (c + 3));
    }
    unsigned char *bytes, *again;
    size_t size, size_again;
    mm_error error;
    mm_png_info info;
    assert_int_equal(mm_png_encode(image, H, W, 1, 16, &bytes, &size, &error), 0);
    assert_int_equal(mm_png_encode(image, H, W, 1, 16, &again, &size_again, &error), 0);
    assert_int_equal(size, size_again);
    assert_memory_equal(bytes, again, size);
    assert_int_equal(mm_png_probe(bytes, size, &info, &error), 0);
    assert_int_equal(mm_png_decode_libpng(bytes, size, &info, back, &error), 0);
    assert_memory_equal(back, image, sizeof image);
    assert_null(info.note);
    free(bytes);
    free(again);

    assert_int_equal(mm_png_encode(colour, H, W, 4, 8, &bytes, &size, &error), 0);
    assert_int_equal(mm_png_probe(bytes, size, &info, &error), 0);
    assert_int_equal(mm_png_decode(bytes, size, &info, grey, &error), 0);
    assert_string_equal(info.note, "colour converted to luminance, alpha dropped");
    for (size_t i = 0; i < H * W; i++) {
        double y = 0.299 * colour[4 * i] + 0.587 * colour[4 * i + 1] + 0.114 * colour[4 * i + 2];
        assert_true(grey[i] >= y - 0.51 && grey[i] <= y + 0.51);
    }
    free(bytes);
    assert_int_equal(mm_png_encode(colour, H, W, 2, 8, &bytes, &size, &error), MM_FAILURE);
    assert_int_equal(mm_png_encode(colour, 0, W, 1, 8, &bytes, &size, &error), MM_FAILURE);
}

/* Noise, which deflate can only store, and rows that are all alike come back; noise takes hardly more than its bytes. */
static void extremes(void **state)
{
    (void)state;
    enum { MOST = 400 };
    static const size_t sides[] = {1, 2, 16, 181, 182, 256, MOST};
    static uint16_t image[MOST * MOST], back[MOST * MOST];
    for (size_t s = 0; s < 2 * sizeof sides / sizeof *sides; s++) {
        size_t side = sides[s / 2], n = side * side, rows = 2 * n + side, size;
        uint64_t random = 1;
        for (size_t i = 0; i < n; i++) {
            random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            image[i] = s % 2 ? (uint16_t)(random >> 40) : 7;
        }
        unsigned char *bytes;
        mm_png_info info;
        mm_error error;
        assert_int_equal(mm_png_encode(image, side, side, 1, 16, &bytes, &size, &error), 0);
        assert_true(size <= rows + 5 * (rows / 65535 + 1) + 63);
        assert_true(s % 2 || size < n / 20 + 200);
        assert_int_equal(mm_png_probe(bytes, size, &info, &error), 0);
        assert_int_equal(mm_png_decode_libpng(bytes, size, &info, back, &error), 0);
        assert_memory_equal(back, image, 2 * n);
        assert_true(mm_png_decode_fast(bytes, size, &info, back));
        assert_memory_equal(back, image, 2 * n);
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conformance), cmocka_unit_test(row_filters), cmocka_unit_test(damage),
        cmocka_unit_test(forged_size), cmocka_unit_test(written), cmocka_unit_test(extremes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
