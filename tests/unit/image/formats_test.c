/* The table of image formats and the table of signatures: each format is recognised, and named as readable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "formats/image/formats.h"

#define BYTES(text) (text), sizeof(text) - 1

static void every_row_is_whole(void **state)
{
    (void)state;
    for (const mm_image_format *f = mm_image_formats; f->name; f++) {
        assert_true(f->probe && f->decode && f->endings[0]);
        for (size_t i = 0; f->endings[i]; i++) {
            assert_true(i + 1 < sizeof f->endings / sizeof *f->endings);
            assert_true(mm_image_ending_is(f->endings[i]));
        }
        for (const mm_image_format *other = mm_image_formats; other->name; other++)
            assert_true(other == f || other->kind != f->kind);
    }
    assert_true(mm_image_ending_is("JPEG") && !mm_image_ending_is("tif") && !mm_image_ending_is(""));
}

/* A file that begins so is of this kind; is it an image that is read? */
static void is(const char *bytes, size_t size, size_t offset, mm_kind kind, const char *format)
{
    char file[MM_SIGNATURE_BYTES];
    memset(file, 'x', offset);
    memcpy(file + offset, bytes, size);
    const mm_signature *found = mm_signature_of(file, offset + size);
    const mm_image_format *f = mm_image_format_of(file, offset + size);
    assert_int_equal(found->kind, kind);
    assert_true(mm_signature_is(kind, file, offset + size));
    assert_true(format ? f && !strcmp(f->name, format) : !f);
    if (format)
        assert_string_equal(found->advice, ": read it with mmread");
}

static void files_are_recognised(void **state)
{
    (void)state;
    is(BYTES("\x89PNG\r\n\x1a\n"), 0, MM_KIND_PNG, "PNG");
    is(BYTES("\xff\xd8\xff"), 0, MM_KIND_JPEG, "JPEG");
    is(BYTES("DICM"), 128, MM_KIND_DICOM, "DICOM");
    is(BYTES("P5\n"), 0, MM_KIND_PNM, "PNM");
    is(BYTES("\x93NUMPY"), 0, MM_KIND_NPY, "NPY");
    is(BYTES("\x89MMS\r\n\x1a\n"), 0, MM_KIND_STREAM, NULL);
    is(BYTES("ustar"), 257, MM_KIND_ARCHIVE, NULL);
    is(BYTES("\xff\x4f\xff\x51"), 0, MM_KIND_JPEG2000, NULL);
    is(BYTES("\x28\xb5\x2f\xfd"), 0, MM_KIND_ARCHIVE, NULL);
    is(BYTES("\xfd" "7zXZ"), 0, MM_KIND_ARCHIVE, NULL);
    is(BYTES("MM\0*"), 0, MM_KIND_TIFF, NULL);
    is(BYTES("\x10\0\0\0\0\0\0\0{\""), 0, MM_KIND_WEIGHTS, NULL);
    is(BYTES("BM\x36\0\0\0\0\0\0\0"), 0, MM_KIND_BMP, NULL);
    is(BYTES("key\timage\n"), 0, MM_KIND_TEXT, NULL);
    is(BYTES("BMI\tlabel\tside\n"), 0, MM_KIND_TEXT, NULL);
    assert_int_equal(mm_signature_of("", 0)->kind, MM_KIND_EMPTY);
    assert_int_equal(mm_signature_of("\1\2\3", 3)->kind, MM_KIND_UNKNOWN);
}

/* A DICOM file without a preamble has no signature: (0008,0005), (0008,0016), implicit. */
static void bare_dicom(void **state)
{
    (void)state;
    static const char file[] = "\x08\0\x05\0\x04\0\0\0ISO \x08\0\x16\0\x02\0\0\0x ";
    assert_int_equal(mm_signature_of(BYTES(file))->kind, MM_KIND_UNKNOWN);
    assert_string_equal(mm_image_format_of(BYTES(file))->name, "DICOM");
}

static void refusal(void **state)
{
    (void)state;
    mm_error error;
    assert_int_equal(mm_image_refuse(BYTES("II*\0"), &error), MM_DAMAGED);
    assert_string_equal(error.text, "is a TIFF image: an image is PNG, JPEG, DICOM, PNM or NPY");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_whole), cmocka_unit_test(files_are_recognised), cmocka_unit_test(bare_dicom),
        cmocka_unit_test(refusal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
