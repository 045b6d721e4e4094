/* Tables in text: quotes, line ends, marks, ragged rows, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/csv.h"

static int parse(const char *text, mm_csv *table)
{
    mm_error error = {0};
    int code = mm_csv_parse(text, strlen(text), table, &error);
    if (code)
        assert_true(error.text[0] != '\0');
    return code;
}

static void cells(void **state)
{
    (void)state;
    mm_csv t;
    assert_int_equal(parse("\xef\xbb\xbf" "key,image\r\na,\"x,\"\"1\"\"\r\n2\"\r\n\r\n\"\",q\r\nlone\nend,", &t), 0);
    assert_int_equal(t.nrows, 5);
    assert_string_equal(mm_csv_cell(&t, 0, 0), "key");
    assert_string_equal(mm_csv_cell(&t, 0, 1), "image");
    assert_null(mm_csv_cell(&t, 0, 2));
    assert_string_equal(mm_csv_cell(&t, 1, 1), "x,\"1\"\r\n2");
    assert_int_equal(t.line[1], 2);
    assert_string_equal(mm_csv_cell(&t, 2, 0), "");
    assert_string_equal(mm_csv_cell(&t, 2, 1), "q");
    assert_int_equal(t.line[2], 5);
    assert_string_equal(mm_csv_cell(&t, 3, 0), "lone");
    assert_null(mm_csv_cell(&t, 3, 1));
    assert_string_equal(mm_csv_cell(&t, 4, 1), "");
    mm_csv_free(&t);

    assert_int_equal(parse("", &t), 0);
    assert_int_equal(t.nrows, 0);
    mm_csv_free(&t);
}

/* The tables of CBIS-DDSM have a line end inside a quoted cell in every record. */
static void many_records(void **state)
{
    (void)state;
    enum { ROWS = 1500, CELLS = 5 };
    char *text = malloc(100 * (ROWS + 1));
    assert_non_null(text);
    size_t n = (size_t)sprintf(text, "patient_id,image view,abnormality id,pathology,ROI mask file path\n");
    for (int i = 0; i < ROWS; i++)
        n += (size_t)sprintf(text + n, "P_%05d,CC,1,BENIGN,\"Mass-Test_P_%05d_LEFT_CC_1/1.2/1.3/000001.dcm\n\"\n", i, i);
    mm_csv t;
    assert_int_equal(mm_csv_parse(text, n, &t, NULL), 0);
    assert_int_equal(t.separator, ',');
    assert_int_equal(t.nrows, ROWS + 1);
    for (size_t r = 0; r < t.nrows; r++)
        assert_int_equal(t.first[r + 1] - t.first[r], CELLS);
    mm_csv_free(&t);
    free(text);
}

static void separators(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        char separator;
    } known[] = {{"a,b,c\td\n", ','}, {"a\tb\n,,,,", '\t'}, {"\"a,b,c\";d;e\n", ';'}, {"word", ','}, {"", ','},
                 {"sep=|\r\na|b,c,d\r\n", '|'}, {"sep=;\na,b;c,d\n", ';'}, {"sep=,", ','}, {"sep=ab\n", ','}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        mm_csv t;
        assert_int_equal(parse(known[i].text, &t), 0);
        assert_int_equal(t.separator, known[i].separator);
        mm_csv_free(&t);
    }
}

/* One table, as programs save it. */
static void saved(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size;
    } known[] = {
#define SAVED(text) {text, sizeof text - 1}
        SAVED("name,\"t, \"\"w\"\"\"\nz\xc3\xbc\xf0\x9f\x98\x80,2\n"), SAVED("name,\"t, \"\"w\"\"\"\rz\xc3\xbc\xf0\x9f\x98\x80,2\r"),
        SAVED("sep=,\r\nname,\"t, \"\"w\"\"\"\r\nz\xc3\xbc\xf0\x9f\x98\x80,2\r\n"),
        SAVED("\"name\" , \"t, \"\"w\"\"\" \r\n\"z\xc3\xbc\xf0\x9f\x98\x80\", \"2\""),
        SAVED("\xef\xbb\xbfsep=;\nname;\"t, \"\"w\"\"\"\n\nz\xc3\xbc\xf0\x9f\x98\x80;2\n"),
        SAVED("\xff\xfen\0a\0m\0e\0\t\0t\0,\0 \0\"\0w\0\"\0\r\0\n\0z\0\xfc\0\x3d\xd8\x00\xde\t\0" "2\0"),
        SAVED("\xfe\xff\0n\0a\0m\0e\0\t\0t\0,\0 \0\"\0w\0\"\0\n\0z\0\xfc\xd8\x3d\xde\x00\0\t\0" "2\0\n"),
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        mm_csv t;
        mm_error error = {0};
        if (mm_csv_parse(known[i].text, known[i].size, &t, &error))
            fail_msg("%zu: %s", i, error.text);
        assert_int_equal(t.nrows, 2);
        static const char *const want[] = {"name", "t, \"w\"", "z\xc3\xbc\xf0\x9f\x98\x80", "2"};
        for (size_t c = 0; c < 4; c++)
            assert_string_equal(mm_csv_cell(&t, c / 2, c % 2), want[c]);
        mm_csv_free(&t);
    }
}

static void refused(void **state)
{
    (void)state;
    mm_csv t;
    mm_error error = {0};
    assert_int_equal(parse("a,\"b\nc", &t), MM_DAMAGED);
    assert_int_equal(parse("a,\"b\"c\n", &t), MM_DAMAGED);
    assert_int_equal(mm_csv_parse("a\0b", 3, &t, &error), MM_DAMAGED);
    assert_int_equal(mm_csv_parse("x\n\ny,\"z", 7, &t, &error), MM_DAMAGED);
    assert_non_null(strstr(error.text, "line 3"));
    /* UTF-16: half a character, halves of pairs, a zero. */
    assert_int_equal(mm_csv_parse("\xff\xfe" "a\0,", 5, &t, &error), MM_DAMAGED);
    assert_int_equal(mm_csv_parse("\xff\xfe\x3d\xd8", 4, &t, &error), MM_DAMAGED);
    assert_int_equal(mm_csv_parse("\xff\xfe\x3d\xd8" "a\0", 6, &t, &error), MM_DAMAGED);
    assert_int_equal(mm_csv_parse("\xff\xfe\0\xde" "a\0", 6, &t, &error), MM_DAMAGED);
    assert_int_equal(mm_csv_parse("\xff\xfe" "a\0\0\0", 6, &t, &error), MM_DAMAGED);
    assert_non_null(strstr(error.text, "UTF-16"));
}

static void cleaned(void **state)
{
    (void)state;
    char cell[] = " \t two\r\nli\x1fnes \n", blank[] = " \n", none[] = "", wide[] = "\xc2\xa0" "a\xc2\xa0\xc3\xa0\xc2\xa0";
    assert_string_equal(mm_csv_clean(cell), "two  li nes");
    assert_string_equal(mm_csv_clean(blank), "");
    assert_string_equal(mm_csv_clean(none), "");
    assert_string_equal(mm_csv_clean(wide), "a  \xc3\xa0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(cells), cmocka_unit_test(separators), cmocka_unit_test(saved),
                                       cmocka_unit_test(cleaned), cmocka_unit_test(many_records), cmocka_unit_test(refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
