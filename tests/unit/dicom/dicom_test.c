/* DICOM's parts: elements in damaged and in nested places, run lengths, windows, work in a process of its own, hashes. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/random.h"
#include "common/base/isolated.h"
#include "common/base/bytes.h"
#include "formats/dicom/dicom.h"
#include "formats/dicom/dicom_breast.h"
#include "formats/dicom/dicom_codec.h"
#include "formats/dicom/dicom_elements.h"
#include "formats/dicom/dicom_rle.h"
#include "formats/dataset/pseudonym.h"
#include "formats/dicom/window.h"

struct text {
    unsigned char bytes[16384];
    size_t n;
};

static void add16(struct text *t, unsigned v)
{
    mm_put16(t->bytes + t->n, (uint16_t)v);
    t->n += 2;
}

static void add32(struct text *t, uint32_t v)
{
    mm_put32(t->bytes + t->n, v);
    t->n += 4;
}

/* An explicit element with a 16-bit length. */
static void add(struct text *t, mm_tag tag, const char *vr, const void *value, size_t n)
{
    add16(t, tag >> 16);
    add16(t, tag & 0xffff);
    memcpy(t->bytes + t->n, vr, 2);
    t->n += 2;
    add16(t, (unsigned)n);
    memcpy(t->bytes + t->n, value, n);
    t->n += n;
}

static void open_sequence(struct text *t, mm_tag tag)
{
    add16(t, tag >> 16);
    add16(t, tag & 0xffff);
    memcpy(t->bytes + t->n, "SQ\0\0", 4);
    t->n += 4;
    add32(t, 0xffffffff);
}

static void add_mark(struct text *t, unsigned element, uint32_t length)
{
    add16(t, 0xfffe);
    add16(t, element);
    add32(t, length);
}

static void test_text_of_elements(void **state)
{
    (void)state;
    struct text t = {0};
    char text[64], tiny[5];
    mm_element e;
    add(&t, 0x00100010, "PN", "A\xc3\xa9\xff\n ", 6);
    add(&t, 0x00100020, "LO", "  7 \\ second\\", 13);
    add(&t, 0x00280030, "DS", "0.5\\1e-2 ", 9);
    mm_data_set set = {.bytes = t.bytes, .size = t.n};
    assert_true(mm_element_find(&set, 0x00100010, &e) && mm_element_text(&e, 0, text, sizeof text));
    assert_string_equal(text, "A\xc3\xa9%FF%0A"); /* what is no text is shown, and stays different from other such things */
    assert_true(mm_element_text(&e, 0, tiny, sizeof tiny));
    assert_string_equal(tiny, "A\xc3\xa9");
    assert_true(mm_element_find(&set, 0x00100020, &e) && mm_element_text(&e, 0, text, sizeof text));
    assert_string_equal(text, "7");
    assert_true(mm_element_text(&e, 1, text, sizeof text));
    assert_string_equal(text, "second");
    assert_false(mm_element_text(&e, 2, text, sizeof text));
    assert_true(mm_element_whole(&e, text, sizeof text));
    assert_string_equal(text, "7 \\ second\\");
    double number = 0;
    assert_true(mm_element_find(&set, 0x00280030, &e) && mm_element_number(&e, 1, &number));
    assert_true(number == 0.01);
    assert_false(mm_element_number(&e, 2, &number));
    assert_false(mm_element_find(&set, 0x00280031, &e));
}

static void test_views(void **state)
{
    (void)state;
    static const char *const known[][3] = {
        {"CC", "CC", ""}, {"cc", "CC", ""}, {" MLO ", "MLO", ""}, {"Cranio-Caudal", "CC", ""}, {"CRANIO CAUDAL", "CC", ""},
        {"craniocaudal", "CC", ""}, {"medio-lateral oblique", "MLO", ""}, {"Mediolateral Oblique", "MLO", ""},
        {"MEDIO_LATERAL_OBLIQUE", "MLO", ""}, {"medio-lateral", "ML", ""}, {"latero-medial", "LM", ""},
        {"latero-medial oblique", "LMO", ""}, {"caudo-cranial (from below)", "FB", ""},
        {"superolateral to inferomedial oblique", "SIO", ""}, {"inferomedial to superolateral oblique", "ISO", ""},
        {"exaggerated cranio-caudal", "XCC", ""}, {"cranio-caudal exaggerated laterally", "XCCL", ""},
        {"cranio-caudal exaggerated medially", "XCCM", ""}, {"xccl", "XCCL", ""}, {"LM", "LM", ""}, {"LMO", "LMO", ""},
        {"lmlo", "MLO", "LEFT"},
        {"RMLO", "MLO", "RIGHT"}, {"LCC", "CC", "LEFT"}, {"R CC", "CC", "RIGHT"}, {"CC R", "CC", "RIGHT"}, {"MLO-left", "MLO", "LEFT"},
        {"Right_ML", "ML", "RIGHT"}, {"LML", "ML", "LEFT"}, {"RLM", "LM", "RIGHT"}, {"left breast CC view", "CC", "LEFT"},
        {"", "", ""}, {"AP", "", ""}, {"L", "", ""}, {"MLOX", "", ""}, {"CCR", "", ""}, {"RIGHT LATERAL", "", ""}, {"SECRET", "", ""},
    };
    static const char *const sides[][2] = {{"L", "LEFT"}, {"l", "LEFT"}, {"Left", "LEFT"}, {"LT", "LEFT"}, {"R ", "RIGHT"},
                                           {"right", "RIGHT"},
                                           {"rt", "RIGHT"}, {"B", ""}, {"", ""}, {"LEFT RIGHT", ""}, {"U", ""}};
    char view[8], side[8];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        assert_int_equal(mm_dicom_view(known[i][0], view, side), *known[i][1] != '\0');
        assert_string_equal(view, known[i][1]);
        assert_string_equal(side, known[i][2]);
    }
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        assert_int_equal(mm_dicom_side(sides[i][0], side), *sides[i][1] != '\0');
        assert_string_equal(side, sides[i][1]);
    }
}

static void test_sequences(void **state)
{
    (void)state;
    struct text t = {0};
    mm_element e;
    mm_data_set item;
    uint32_t value = 0;
    open_sequence(&t, 0x00081140);
    for (unsigned i = 0; i < 3; i++) {
        add_mark(&t, 0xe000, i == 1 ? 10 : 0xffffffff); /* the second has its length */
        add(&t, 0x00280010, "US", (unsigned char[]){(unsigned char)(i + 5), 0}, 2);
        if (i != 1)
            add_mark(&t, 0xe00d, 0);
    }
    add_mark(&t, 0xe0dd, 0);
    add(&t, 0x00280011, "US", "\x09\0", 2);
    mm_data_set set = {.bytes = t.bytes, .size = t.n};
    assert_true(mm_element_find(&set, 0x00081140, &e) && e.undefined);
    for (uint32_t i = 0; i < 3; i++) {
        mm_element inner;
        assert_true(mm_element_item(&e, i, &item));
        assert_true(mm_element_find(&item, 0x00280010, &inner) && mm_element_integer(&inner, 0, &value));
        assert_int_equal(value, i + 5);
    }
    assert_false(mm_element_item(&e, 3, &item));
    assert_true(mm_element_find(&set, 0x00280011, &e) && mm_element_integer(&e, 0, &value) && value == 9);
    /* Cut anywhere: an end or an error, never what lies behind. */
    for (size_t n = 0; n < t.n; n++) {
        unsigned char *copy = malloc(n ? n : 1);
        assert_non_null(copy);
        memcpy(copy, t.bytes, n);
        mm_data_set cut = {.bytes = copy, .size = n};
        size_t at = 0;
        mm_error error;
        while (mm_element_next(&cut, &at, &e, &error))
            assert_true(at <= n);
        free(copy);
    }
}

static void test_depth(void **state)
{
    (void)state;
    for (int depth = 20; depth < 400; depth += 300) {
        struct text t = {0};
        mm_error error;
        mm_element e;
        size_t at = 0;
        for (int i = 0; i < depth; i++) {
            open_sequence(&t, 0x00081140);
            add_mark(&t, 0xe000, 0xffffffff);
        }
        for (int i = 0; i < depth; i++) {
            add_mark(&t, 0xe00d, 0);
            add_mark(&t, 0xe0dd, 0);
        }
        mm_data_set set = {.bytes = t.bytes, .size = t.n};
        assert_int_equal(mm_element_next(&set, &at, &e, &error), depth == 20);
        assert_int_equal(error.code, depth == 20 ? 0 : MM_DAMAGED);
    }
}

static void test_forged_lengths(void **state)
{
    (void)state;
    struct text t = {0};
    mm_dicom_info info;
    mm_error error;
    t.n = 128;
    memcpy(t.bytes + t.n, "DICM", 4);
    t.n += 4;
    add(&t, 0x00080060, "CS", "MG", 2);
    add16(&t, 0x0008);
    add16(&t, 0x0070);
    memcpy(t.bytes + t.n, "UT\0\0", 4);
    t.n += 4;
    add32(&t, 0xfffffff0);
    assert_int_equal(mm_dicom_header(t.bytes, t.n, &info, &error), MM_DAMAGED);
    assert_non_null(strstr(error.text, "longer than the file"));
    t.n -= 12;
    assert_int_equal(mm_dicom_header(t.bytes, t.n, &info, &error), MM_OK);
    assert_string_equal(info.modality, "MG");
    assert_int_equal(info.rows, 0);
}

static void test_run_lengths(void **state)
{
    (void)state;
    unsigned char packed[64 + 16] = {2}, to[6];
    mm_error error;
    mm_put32(packed + 4, 64);
    mm_put32(packed + 8, 68);
    memcpy(packed + 64, "\xfe\x01\0\0", 4);        /* 1 1 1, and a byte of padding */
    memcpy(packed + 68, "\x80\x02\x07\x08\x09\0", 6); /* nothing; 7 8 9 */
    assert_int_equal(mm_dicom_rle(packed, 74, 3, 1, 2, to, &error), MM_OK);
    assert_memory_equal(to, "\x07\x01\x08\x01\x09\x01", 6);
    assert_int_equal(mm_dicom_rle(packed, 71, 3, 1, 2, to, &error), MM_DAMAGED);
    assert_int_equal(mm_dicom_rle(packed, 74, 3, 1, 1, to, &error), MM_DAMAGED);
    mm_put32(packed + 8, 4000);
    assert_int_equal(mm_dicom_rle(packed, 74, 3, 1, 2, to, &error), MM_DAMAGED);
}

static void test_windows(void **state)
{
    (void)state;
    mm_window w;
    mm_error error;
    assert_int_equal(mm_window_parse("none", &w, &error), 0);
    assert_int_equal(w.kind, MM_WINDOW_NONE);
    assert_int_equal(mm_window_parse("file", &w, &error), 0);
    assert_int_equal(w.kind, MM_WINDOW_FILE);
    assert_int_equal(mm_window_parse("2048,4096", &w, &error), 0);
    /* The examples of PS3.3 C.11.2.1.2 for center 2048 and width 4096, output 0 to 255. */
    assert_true(mm_window_apply(&w, -1) == 0);
    assert_true(mm_window_apply(&w, 0) == 0 && mm_window_apply(&w, 4095) == 1);
    assert_float_equal(mm_window_apply(&w, 2047.5), 0.5, 1e-12);
    assert_int_equal(mm_window_parse("-10.5,1", &w, &error), 0);
    assert_true(mm_window_apply(&w, -11) == 0 && mm_window_apply(&w, -10.9) == 1);
    assert_int_equal(mm_window_parse("0,0.5,linear-exact", &w, &error), 0);
    assert_float_equal(mm_window_apply(&w, 0.125), 0.75, 1e-12);
    assert_int_equal(mm_window_parse("0,2,sigmoid", &w, &error), 0);
    assert_float_equal(mm_window_apply(&w, 0), 0.5, 1e-12);
    static const char *const wrong[] = {"", "1", "1,", "1,0", "1,0.5", "a,b", "1,2,cubic", "1,2,", "1,nan", "inf,2", "1,0,sigmoid",
                                        "files"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(mm_window_parse(wrong[i], &w, &error), MM_USAGE);
}

/* Frames of 12 x 9 pixels that GDCM's tools made: JPEG-LS, JPEG lossless, JPEG 2000. */
static const struct {
    const char *transfer_syntax, *bytes;
    size_t n;
} streams[] = {
    {"1.2.840.10008.1.2.4.80",
     "\xff\xd8\xff\xf7\x00\x0b\x08\x00\x09\x00\x0c\x01\x01\x11\x00\xff\xda\x00\x08\x01\x01\x00\x00\x00\x00\x95"
     "\x7a\xfb\x57\xda\x00\x00\x46\x4d\xa5\x54\xc0\x00\x04\xff\x68\x4d\xff\x71\x27\xff\x44\x5f\xfc\x20\xff\x71"
     "\x54\xaf\xf0\x00\x00\x9f\xfc\xff\xd9\x00", 62},
    {"1.2.840.10008.1.2.4.70",
     "\xff\xd8\xff\xc3\x00\x0b\x08\x00\x09\x00\x0c\x01\x01\x11\x00\xff\xc4\x00\x16\x00\x01\x01\x01\x00\x00\x00"
     "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x06\x08\xff\xda\x00\x08\x01\x01\x00\x01\x00\x00\xcf\xed\xb6"
     "\xdb\x6d\xba\x46\xdb\x6d\xb6\xdd\x23\x6d\xb6\xdb\x6e\x91\xb6\xdb\x6d\xb7\x48\xdb\x6d\xb6\xdb\xa4\x6d\xb6"
     "\xdb\x6d\xd2\x36\xdb\x6d\xb6\xf1\x4b\x6d\xb6\xdb\x6e\x91\xb6\xdb\x6d\xb7\xff\xd9", 98},
    {"1.2.840.10008.1.2.4.90",
     "\xff\x4f\xff\x51\x00\x29\x00\x00\x00\x00\x00\x0c\x00\x00\x00\x09\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
     "\x00\x0c\x00\x00\x00\x09\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x07\x01\x01\xff\x52\x00\x0c\x00\x00\x00"
     "\x01\x00\x02\x04\x04\x00\x01\xff\x5c\x00\x0a\x40\x40\x48\x48\x50\x48\x48\x50\xff\x64\x00\x2a\x00\x01\x43"
     "\x72\x65\x61\x74\x65\x64\x20\x62\x79\x20\x47\x44\x43\x4d\x2f\x4f\x70\x65\x6e\x4a\x50\x45\x47\x20\x76\x65"
     "\x72\x73\x69\x6f\x6e\x20\x32\x2e\x35\x2e\x30\xff\x90\x00\x0a\x00\x00\x00\x00\x00\x3a\x00\x01\xff\x93\xdf"
     "\x80\x58\x06\xb2\x5b\x65\x92\x4e\x1f\x2e\xae\x35\x07\xc0\x7c\x21\xc7\xda\x0a\x15\x8b\x7f\x0b\x39\xa8\xb2"
     "\x7f\xc0\x3a\x24\x7d\xa0\xc0\x2c\x5f\xff\x7f\x00\xd2\xc5\xb8\xa3\x4f\xff\xd9\x00", 176},
};

/* Whatever GDCM makes of damaged frames, and it ends its program for some: an image or an error comes back. */
static void test_damaged_frames(void **state)
{
    (void)state;
    const char *support = getenv("SUPPORT");
    mm_error error;
    unsigned char bytes[256];
    mm_isolated_result pixels;
    char program[4096];
    mm_random source;
    if (!support)
        skip();
    assert_true(snprintf(program, sizeof program, "%s/../lib/" MM_ISOLATED, support) < (int)sizeof program);
    mm_random_init(&source, 1, 0, 0);
    for (size_t s = 0; s < sizeof streams / sizeof *streams; s++) {
        size_t good = 0, bad = 0;
        mm_dicom_frame frame = {"", "MONOCHROME2", 9, 12, 1, 8, 8, 7, false};
        mm_isolated_job job = {.kind = MM_DICOM_JOB, .head = &frame, .head_size = sizeof frame, .bytes = bytes, .size = streams[s].n,
                               .room = 108, .memory = 512 << 20, .seconds = 1};
        memcpy(frame.transfer_syntax, streams[s].transfer_syntax, strlen(streams[s].transfer_syntax));
        for (int i = 0; i < 40; i++) {
            memcpy(bytes, streams[s].bytes, streams[s].n);
            for (int k = 0; k < i % 4; k++)
                bytes[mm_random_below(&source, streams[s].n)] = (unsigned char)mm_random_below(&source, 256);
            int code = mm_isolated(program, &job, "frame", &pixels, &error);
            assert_true(code == MM_OK || ((code == MM_DAMAGED || code == MM_FAILURE) && error.text[0]));
            assert_true(pixels.size == (code == MM_OK ? 108 : 0));
            if (i % 4 == 0)
                assert_true(code == MM_OK && pixels.bytes[0] == 0 && pixels.bytes[1] == 3 && pixels.bytes[107] == 321 % 250);
            mm_isolated_free(&pixels);
            good += code == MM_OK;
            bad += code != MM_OK;
        }
        assert_true(good >= 10 && bad >= 3);
    }
}

static void test_identity(void **state)
{
    (void)state;
    mm_pseudonym_key *identity;
    mm_error error;
    char hidden[MM_PSEUDONYM];
    FILE *f = fopen("key", "w");
    assert_non_null(f);
    for (int i = 0; i < 131; i++)
        fputc(0xaa, f);
    fclose(f);
    assert_int_equal(mm_pseudonym_key_read(&identity, "key", &error), 0);
    /* RFC 4231, test case 6. */
    mm_pseudonym(identity, "Test Using Larger Than Block-Size Key - Hash Key First", hidden);
    assert_string_equal(hidden, "60e431591ee0b67f0d8a26aacbf5b77f");
    mm_pseudonym_key_free(identity);
    assert_int_equal(mm_pseudonym_key_read(&identity, "/dev/null", &error), MM_FAILURE);
    assert_int_equal(mm_pseudonym_key_read(&identity, "nowhere", &error), MM_FAILURE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_of_elements), cmocka_unit_test(test_views), cmocka_unit_test(test_sequences),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_forged_lengths), cmocka_unit_test(test_run_lengths), cmocka_unit_test(test_windows),
        cmocka_unit_test(test_damaged_frames), cmocka_unit_test(test_identity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
