/* PNM: every kind, its scale, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "formats/image/pnm.h"

/* Decodes a file of at most 16 pixels; widens to 16 bits. */
static int read_pnm(const char *file, size_t size, mm_pnm_info *info, uint16_t *pixels)
{
    mm_error error = {0};
    uint16_t raw[16];
    int code = mm_pnm_probe(file, size, info, &error);
    if (!code) {
        assert_in_range(info->height * info->width, 1, 16);
        code = mm_pnm_decode(file, size, info, raw, &error);
    }
    if (code) {
        assert_int_equal(code, MM_DAMAGED);
        assert_true(error.text[0] != '\0');
        return code;
    }
    for (size_t i = 0; i < info->height * info->width; i++)
        pixels[i] = info->bits == 16 ? raw[i] : ((unsigned char *)raw)[i];
    return 0;
}

#define FILE_OF(text) (text), sizeof(text) - 1

static void kinds(void **state)
{
    (void)state;
    mm_pnm_info info;
    uint16_t p[16];
    assert_int_equal(read_pnm(FILE_OF("P5\n# a comment\n3 2\n255\nabcdef"), &info, p), 0);
    assert_int_equal(info.height, 2);
    assert_int_equal(info.width, 3);
    assert_int_equal(info.bits, 8);
    assert_null(info.note);
    assert_int_equal(p[0], 'a');
    assert_int_equal(p[5], 'f');
    assert_int_equal(read_pnm(FILE_OF("P5 2 1 65535 \x01\x02\xff\xfe"), &info, p), 0);
    assert_int_equal(info.bits, 16);
    assert_int_equal(p[0], 0x0102);
    assert_int_equal(p[1], 0xfffe);
    assert_int_equal(read_pnm(FILE_OF("P5 2 1 4095 \x0f\xff\x00\x10"), &info, p), 0);
    assert_int_equal(p[0], 65535);
    assert_int_equal(p[1], (16 * 65535 + 2047) / 4095);
    assert_non_null(info.note);
    assert_int_equal(read_pnm(FILE_OF("P2\n2 2\n15\n0 5\n10 15\n"), &info, p), 0);
    assert_int_equal(p[1], 85);
    assert_int_equal(p[3], 255);
    assert_int_equal(read_pnm(FILE_OF("P6 2 1 255 \x0a\x0a\x0a\xff\x00\x00"), &info, p), 0);
    assert_int_equal(p[0], 10);
    assert_int_equal(p[1], 76);
    assert_string_equal(info.note, "colour converted to luminance");
    assert_int_equal(read_pnm(FILE_OF("P3 1 1 255 0 255 0"), &info, p), 0);
    assert_int_equal(p[0], 150);
}

static void refused(void **state)
{
    (void)state;
    const struct {
        const char *bytes;
        size_t size;
    } bad[] = {
        {FILE_OF("")}, {FILE_OF("P5")}, {FILE_OF("P5 ")}, {FILE_OF("P5 3 2 255")}, {FILE_OF("P5 3 2 255 abcde")},
        {FILE_OF("P5 3 2 255 abcdefg")}, {FILE_OF("P5 0 2 255 ")}, {FILE_OF("P5 3 2 0 abcdef")},
        {FILE_OF("P5 3 2 65536 abcdef")}, {FILE_OF("P5 2000000000 2000000000 255 abc")}, {FILE_OF("P5 99999999999 1 255 a")},
        {FILE_OF("P5 2 1 100 \x64\x65")}, {FILE_OF("P2 2 1 9 3")}, {FILE_OF("P2 2 1 9 3 10")}, {FILE_OF("P2 2 1 9 3 4 5")},
        {FILE_OF("P2 2 1 9 3 x")}, {FILE_OF("P4 8 1 a")}, {FILE_OF("P7\nWIDTH 1\n")}, {FILE_OF("P5 -1 1 255 a")},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        mm_pnm_info info;
        uint16_t p[16];
        if (read_pnm(bad[i].bytes, bad[i].size, &info, p) == 0)
            fail_msg("accepted: %s", bad[i].bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(kinds), cmocka_unit_test(refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
