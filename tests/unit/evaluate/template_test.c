/* Reports as templates: values, figures with their intervals, sections, and where names are searched for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "filters/evaluate/template.h"

static const char TREE[] =
    "{\"n\": 12, \"zero\": 0, \"none\": null, \"word\": \"a|b_c\", \"list\": [\"x\", \"yy\"], \"pi\": 3.14159, \"flag\": true,"
    " \"empty\": {},"
    " \"auc\": 0.8125, \"auc_bootstrap\": [0.75, 0.875], \"auc_delong\": [0.7, 0.9], \"lone\": 0.5, \"lone_bootstrap\": null,"
    " \"alone\": 0.5, \"alone_bootstrap\": null, \"alone_delong\": null, \"gone\": null, \"gone_bootstrap\": null, \"gone_delong\": null,"
    " \"share\": {\"value\": 0.25, \"bootstrap\": [0.125, 0.5], \"wilson\": [0.1, 0.6], \"whole\": 4},"
    " \"series\": {\"0.80\": 0.5, \"0.90\": null}, \"series_bootstrap\": {\"0.80\": [0.25, 0.75], \"0.90\": null},"
    " \"parts\": {\"left\": {\"n\": 1}, \"rightmost\": {\"auc\": null}}, \"rows\": [[1, 2], [3, 4]]}";

static void check(const char *text, const char *wanted)
{
    char *got = NULL;
    size_t size;
    json_t *tree = json_loads(TREE, 0, NULL);
    FILE *out = open_memstream(&got, &size);
    assert_non_null(tree);
    mm_template_print(out, text, tree);
    fclose(out);
    assert_string_equal(got, wanted);
    free(got);
    json_decref(tree);
}

static void values(void **state)
{
    (void)state;
    check("no braces, 95 %", "no braces, 95 %");
    check("{n}, {n:4}, {n:-4}.", "12,   12, 12  .");
    check("{word} {word:8} {word|words}", "a|b_c    a|b_c a\\|b\\_c");
    check("{list} and {pi|.2f}, {pi|+.3g}", "x, yy and 3.14, +3.14");
    check("[{\"text\":6}] [{\"text\":-word,7}] [{n:-parts}]", "[  text] [text   ] [12       ]");
    check("{nowhere} {none} {none/deep}", "- - -");
}

static void figures(void **state)
{
    (void)state;
    check("{auc}", "0.812 (0.750 to 0.875)");
    check("{auc|full}", "0.812 (0.750 to 0.875, 0.700 to 0.900)");
    check("{auc|named}", "0.812 (0.750 to 0.875 bootstrap, 0.700 to 0.900 DeLong)");
    check("{alone|named}, {gone|named}", "0.500 (no interval by bootstrap, no interval by DeLong), -");
    check("{auc|row}", "0.812 | 0.750 to 0.875 | 0.700 to 0.900 (DeLong)");
    check("{lone|row}, {gone|row}", "0.500 | - | -, - | - | -");
    check("{share}, {share|full}", "0.250 (0.125 to 0.500), 0.250 (0.125 to 0.500, 0.100 to 0.600)");
    check("{share|percent}, {lone|percent}", "25 % (12 to 50), 50 %");
    check("{auc_bootstrap}, {lone_bootstrap}", "0.750 to 0.875, -");
    check("[{lone:-7}] [{lone:7}]", "[0.500  ] [  0.500]");
    check("{series/0.80}, {series/0.90}", "0.500 (0.250 to 0.750), -");
    check("{#series}{@}: {series/@}; {/}", "0.80: 0.500 (0.250 to 0.750); 0.90: -; ");
}

static void sections(void **state)
{
    (void)state;
    check("{?n}yes{/}{^n}no{/}{?zero}yes{/}{^zero}no{/}{?none}yes{/}{?flag}flag{/}{^empty}empty{/}", "yesnoflagempty");
    check("{?lone}a real number is there, also {pi|.0f}{/}", "a real number is there, also 3");
    check("{?share}{whole} of {n}{/}", "4 of 12"); /* its own names, then those around it */
    check("{#parts}{@:-parts} {n} {?auc}+{/}{^auc}-{/}\n{/}", "left      1 +\nrightmost 12 -\n");
    check("{#rows}{list/@}:{#.} {.:2}{/};{/}", "x:  1  2;yy:  3  4;");
    check("{#none}never{/}{?none}{#rows}never{/}{?n}never{/}{/}end", "end");
    check("{?rows/1}second{/}{?rows/2}third{/}", "second");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(values), cmocka_unit_test(figures), cmocka_unit_test(sections)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
