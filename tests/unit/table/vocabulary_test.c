/* The words of a manifest: synonyms, unknown words, and manifests that are written with synonyms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/table/manifest.h"
#include "common/table/vocabulary.h"

static void synonyms(void **state)
{
    (void)state;
    static const struct {
        const char *column, *cell, *word;
    } known[] = {
        {"split", "Test", "test"}, {"split", "TESTING", "test"}, {"split", "hold-out", "test"}, {"split", "Held Out", "test"},
        {"split", "training", "train"}, {"split", "Validation", "val"}, {"split", "VALID", "val"}, {"split", "training set", "train"},
        {"side", "l", "LEFT"}, {"side", "Right", "RIGHT"}, {"side", "left breast", "LEFT"},
        {"view", "mlo", "MLO"}, {"view", "Cranio-Caudal", "CC"}, {"view", "medio-lateral oblique", "MLO"}, {"view", "xccl", "XCCL"},
        {"pathology", "Malignant", "MALIGNANT"}, {"pathology", "cancer", "MALIGNANT"}, {"pathology", "b", "BENIGN"},
        {"pathology", "benign without callback", "BENIGN_WITHOUT_CALLBACK"}, {"pathology", "normal", "NORMAL"},
        {"abnormality", "Masses", "mass"}, {"abnormality", "Suspicious Calcification", "calcification"},
        {"abnormality", "No Finding", "normal"},
        {"abnormality", "Architectural Distortion", "distortion"}, {"abnormality", "Focal Asymmetry", "asymmetry"},
        {"abnormality", "both", "lesion"},
        {"split", "", ""}, {"side", "NaN", ""}, {"view", "N/A", ""}, {"pathology", "unknown", ""}, {"abnormality", "-", ""},
        {"split", "eval", NULL}, {"split", "tests", NULL}, {"side", "leftish", NULL}, {"side", "B", NULL}, {"view", "CCX", NULL},
        {"pathology", "1", NULL}, {"pathology", "0", NULL}, {"pathology", "maligne Läsion", NULL}, {"abnormality", "lump", NULL},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const char *word = mm_vocabulary_word(known[i].column, known[i].cell);
        if (known[i].word ? !word || strcmp(word, known[i].word) : word != NULL)
            fail_msg("%s '%s': %s", known[i].column, known[i].cell, word ? word : "unknown");
        /* A word is its own synonym. */
        if (word && *word)
            assert_string_equal(mm_vocabulary_word(known[i].column, word), word);
    }
    assert_true(mm_vocabulary_has("split") && mm_vocabulary_has("view"));
    assert_false(mm_vocabulary_has("label") || mm_vocabulary_has("type"));
}

static void unknown_words(void **state)
{
    (void)state;
    mm_error error = {0};
    const char *word;
    assert_int_equal(mm_vocabulary_find("split", "future", &word, &error), MM_DAMAGED);
    assert_string_equal(error.text, "'future' is not a split: expected one of train, val, test");
    assert_int_equal(mm_vocabulary_find("abnormality", "lump", &word, &error), MM_DAMAGED);
    assert_non_null(strstr(error.text, "'lump' is not an abnormality: expected one of calcification, mass, "));
}

static void in_manifests(void **state)
{
    (void)state;
    const char *text = "Key\tIMAGE\tSplit\tside\tpathology\nk\tk.png\tHoldout\tr\tM\n";
    mm_manifest m;
    mm_error error = {0};
    assert_int_equal(mm_manifest_parse(&m, text, strlen(text), &error), 0);
    size_t size;
    char *back = mm_manifest_text(&m, &size);
    assert_string_equal(back, "key\timage\tsplit\tside\tpathology\nk\tk.png\ttest\tRIGHT\tMALIGNANT\n");
    free(back);
    mm_manifest_free(&m);
    text = "key\timage\tsplit\nk\tk.png\ttest\nl\tl.png\tTset\n";
    assert_int_equal(mm_manifest_parse(&m, text, strlen(text), &error), MM_DAMAGED);
    assert_non_null(strstr(error.text, "line 3: 'Tset' is not a split"));
    text = "key\timage\tsplit\tSplit\nk\tk.png\ttest\ttest\n";
    assert_int_equal(mm_manifest_parse(&m, text, strlen(text), &error), MM_DAMAGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(synonyms), cmocka_unit_test(unknown_words), cmocka_unit_test(in_manifests)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
