/* Labels and classes of images: numbers, words, pathology, a list of classes, and what contradicts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/table/labels.h"

/* The label of the first image of a manifest with these columns and lines. */
static int label_of(const char *columns, const char *lines, const char *list, long *number, char class[32], mm_error *error)
{
    char text[512];
    mm_manifest m;
    mm_row_groups images = {0};
    mm_class_names classes = {0};
    mm_label label = {-1, NULL};
    strcpy(text, "key\timage\t");
    strcat(strcat(strcat(text, columns), "\n"), lines);
    assert_int_equal(mm_manifest_parse(&m, text, strlen(text), error), 0);
    assert_int_equal(list ? mm_class_names_parse(&classes, list, error) : 0, 0);
    int code = mm_manifest_images(&m, &images, error);
    if (!code)
        code = mm_label_of(&m, &images, 0, &classes, &label, error);
    if (!code)
        code = mm_labels_check(&m, &images, &classes, error);
    *number = label.number;
    strcpy(class, label.class ? label.class : "");
    mm_class_names_free(&classes);
    mm_row_groups_free(&images);
    mm_manifest_free(&m);
    return code;
}

static void given(void **state)
{
    (void)state;
    static const struct {
        const char *columns, *lines, *list;
        long number;
        const char *class;
    } known[] = {
        /* A number alone has no name. */
        {"label", "k\ti\t0\n", NULL, 0, ""}, {"label", "k\ti\t1\n", NULL, 1, ""}, {"label", "k\ti\t3\nl\tj\t1\n", NULL, 3, ""},
        {"label", "k\ti\t1.0\n", NULL, 1, ""}, {"label", "k\ti\t\n", NULL, -1, ""}, {"label", "k\ti\tnan\n", NULL, -1, ""},
        {"label", "k\ti\tTrue\n", NULL, 1, ""},
        /* Words have one. */
        {"label", "k\ti\tMalignant\n", NULL, 1, "malignant"}, {"label", "k\ti\tnormal\n", NULL, 0, "benign"},
        {"label\tclass", "k\ti\t2\tdense\n", NULL, 2, "dense"}, {"class", "k\ti\tdense\n", NULL, -1, "dense"},
        {"class", "k\ti\tCancer\n", NULL, 1, "malignant"}, {"label\tclass", "k\ti\t0\tBenign\n", NULL, 0, "benign"},
        /* So has pathology. */
        {"pathology", "k\ti\tMALIGNANT\nk\ti\tBENIGN\n", NULL, 1, "malignant"}, {"pathology", "k\ti\tBENIGN\nk\ti\t\n", NULL, -1, ""},
        {"pathology", "k\ti\tBENIGN\n", NULL, 0, "benign"}, {"abnormality", "k\ti\tnormal\n", NULL, 0, "benign"},
        {"pathology\tlabel", "k\ti\tMALIGNANT\t1\n", NULL, 1, "malignant"}, {"pathology\tlabel", "k\ti\t\t1\n", NULL, 1, ""},
        /* A scale of its own beside pathology. */
        {"pathology\tlabel\tclass", "k\ti\tMALIGNANT\t2\tdense\n", NULL, 2, "dense"},
        /* A list names the numbers. */
        {"label", "k\ti\t2\n", "a,b,c", 2, "c"}, {"label", "k\ti\tB\n", "a,b,c", 1, "b"}, {"class", "k\ti\tc\n", "a,b,c", 2, "c"},
        {"label\tpathology", "k\ti\t2\tMALIGNANT\n", "a,b,c", 2, "c"}, {"label\tclass", "k\ti\t2\tc\n", "a,b,c", 2, "c"},
        {"label", "k\ti\t1.0\n", "1,2,3", 0, "1"}, {"label", "k\ti\t03\n", "1,2,3", 2, "3"}, {"class", "k\ti\t2.0\n", "1,2,3", 1, "2"},
        {"label\tpathology", "k\ti\t0\tMALIGNANT\n", "malignant,benign", 0, "malignant"},
        {"pathology", "k\ti\tMALIGNANT\n", "a,b", -1, ""}, {"label\tclass", "k\ti\t1\tB\nl\tj\t2\tM\n", NULL, 1, "B"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        long number;
        char class[32];
        mm_error error = {0};
        int code = label_of(known[i].columns, known[i].lines, known[i].list, &number, class, &error);
        if (code || number != known[i].number || strcmp(class, known[i].class))
            fail_msg("%zu: %s: %ld '%s' %s", i, known[i].lines, number, class, error.text);
    }
}

static void contradictions(void **state)
{
    (void)state;
    static const struct {
        const char *columns, *lines, *list, *text;
    } bad[] = {
        {"label", "k\ti\t-1\n", NULL, "is not a whole number"}, {"label", "k\ti\t1.5\n", NULL, "is not a whole number"},
        {"label", "k\ti\tdense\n", NULL, "--classes"}, {"label\tpathology", "k\ti\t0\tMALIGNANT\n", NULL, "label 0, but a lesion"},
        {"label\tpathology", "k\ti\t1\tBENIGN\n", NULL, "label 1, but the pathology"},
        {"label\tpathology", "k\ti\t2\tBENIGN\n", NULL, "neither 0 (benign) nor 1 (malignant)"},
        {"label\tpathology", "k\ti\t1\tMALIGNANT\nl\tj\t2\t\n", NULL, "line 3: label 2, but by the words of line 2 label 1 is malignant"},
        {"label\tclass", "k\ti\t0\ta\nl\tj\t0\tb\n", NULL, "lines 2 and 3: label 0 is class 'a', and label 0 is class 'b'"},
        {"label\tclass", "k\ti\t0\ta\nl\tj\t1\ta\n", NULL, "lines 2 and 3"},
        {"label\tclass", "k\ti\tbenign\tmalignant\n", NULL, "contradict"}, {"label\tclass", "k\ti\t1\ta\n", "a,b", "contradict"},
        {"label", "k\ti\t2\n", "a,b", "label '2' is none of the 2 classes"}, {"class", "k\ti\tc\n", "a,b", "class 'c' is none"},
        {"label", "k\ti\t0\n", "1,2,3", "label '0' is none of the 3 classes"},
        {"label\tpathology", "k\ti\t1\tMALIGNANT\n", "malignant,benign", "line 2: class 'benign', but a lesion of key 'k' is malignant"},
        {"label\tclass\tpathology", "k\ti\t0\tcancer\tBENIGN\n", NULL, "class 'malignant', but the pathology of key 'k' is benign"},
        {"label", "k\ti\t0\nk\ti\t1\n", NULL, "has the label '0' and '1'"},
        {"abnormality\tmask", "k\ti\tnormal\tbox:1,1,2,2\n", NULL, "a lesion with a place is 'normal'"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        long number;
        char class[32];
        mm_error error = {0};
        if (label_of(bad[i].columns, bad[i].lines, bad[i].list, &number, class, &error) != MM_DAMAGED || !strstr(error.text, bad[i].text))
            fail_msg("%zu: '%s' has no '%s'", i, error.text, bad[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(given), cmocka_unit_test(contradictions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
