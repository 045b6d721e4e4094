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

static int parse(const char *text, char separator, mm_csv *table)
{
    mm_error error = {0};
    int code = mm_csv_parse(text, strlen(text), separator, table, &error);
    if (code)
        assert_true(error.text[0] != '\0');
    return code;
}

static void cells(void **state)
{
    (void)state;
    mm_csv t;
    assert_int_equal(parse("\xef\xbb\xbf" "key,image\r\na,\"x,\"\"1\"\"\r\n2\"\r\n\r\n\"\",q\r\nlone\nend,", ',', &t), 0);
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

    assert_int_equal(parse("", ',', &t), 0);
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
    assert_int_equal(mm_csv_separator(text, n), ',');
    assert_int_equal(mm_csv_parse(text, n, ',', &t, NULL), 0);
    assert_int_equal(t.nrows, ROWS + 1);
    for (size_t r = 0; r < t.nrows; r++)
        assert_int_equal(t.first[r + 1] - t.first[r], CELLS);
    mm_csv_free(&t);
    free(text);
}

static void separators(void **state)
{
    (void)state;
    assert_int_equal(mm_csv_separator("a,b,c\td\n", 8), ',');
    assert_int_equal(mm_csv_separator("a\tb\n,,,,", 8), '\t');
    assert_int_equal(mm_csv_separator("\"a,b,c\";d;e\n", 12), ';');
    assert_int_equal(mm_csv_separator("word", 4), ',');
}

static void refused(void **state)
{
    (void)state;
    mm_csv t;
    mm_error error = {0};
    assert_int_equal(parse("a,\"b\nc", ',', &t), MM_DAMAGED);
    assert_int_equal(parse("a,\"b\"c\n", ',', &t), MM_DAMAGED);
    assert_int_equal(mm_csv_parse("a\0b", 3, ',', &t, &error), MM_DAMAGED);
    assert_int_equal(mm_csv_parse("x\n\ny,\"z", 7, ',', &t, &error), MM_DAMAGED);
    assert_non_null(strstr(error.text, "line 3"));
}

static void cleaned(void **state)
{
    (void)state;
    char cell[] = " \t two\r\nli\x1fnes \n", blank[] = " \n", none[] = "";
    assert_string_equal(mm_csv_clean(cell), "two  li nes");
    assert_string_equal(mm_csv_clean(blank), "");
    assert_string_equal(mm_csv_clean(none), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(cells), cmocka_unit_test(separators), cmocka_unit_test(cleaned), cmocka_unit_test(many_records), cmocka_unit_test(refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
