/* Attributes of records from manifests and records, and figures in parts of the records. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "filters/evaluate/attributes.h"
#include "common/stats/strata.h"

static const char *const names[] = {"density", "subtlety", "lesion_size"};
enum { NAMES = 3 };

static void check(const mm_attributes *a, const char *key, const char *density, const char *subtlety, const char *size)
{
    const char *wanted[NAMES] = {density, subtlety, size};
    char *keys[1] = {(char *)key}, **value;
    for (size_t i = 0; i < NAMES; i++) {
        size_t found;
        assert_int_equal(mm_attributes_of(a, names[i], keys, 1, &value, &found, NULL), 0);
        assert_int_equal(found, 1);
        if (wanted[i])
            assert_string_equal(value[0], wanted[i]);
        else
            assert_null(value[0]);
        free(value);
    }
}

static void from_manifest(void **state)
{
    (void)state;
    static const char text[] = "key\timage\tmask\tdensity\tsubtlety\n"
                               "a\ta.png\tcircle:9,9,5\t3\t4\n"
                               "b\tb.png\tcircle:9,9,5\t2\t4\nb\tb.png\tbox:0,0,20,10\t2\t1\n"
                               "c\tc.png\t\t\t\n";
    mm_manifest m = {0};
    mm_attributes a;
    assert_int_equal(mm_manifest_parse(&m, text, sizeof text - 1, NULL), 0);
    assert_int_equal(mm_attributes_begin(&a, names, NAMES, NULL), 0);
    assert_int_equal(mm_attributes_add_manifest(&a, &m, NULL), 0);
    check(&a, "a", "3", "4", "10.0");
    check(&a, "b", "2", "mixed", "16.0"); /* a box of 200 pixels */
    check(&a, "c", NULL, NULL, NULL);
    mm_attributes_free(&a);
    mm_manifest_free(&m);
}

static mm_record *image(const char *key)
{
    const size_t dim[3] = {2, 20, 20};
    mm_record *r = mm_record_new(key);
    mm_tensor *mask = mm_record_add(r, "mask", MM_U8, 3, dim, NULL);
    memset(mask->data, 1, 50);
    memset((char *)mask->data + 400, 1, 100);
    mm_record_set(r, "density", "2");
    mm_record_set(r, "lesion.0.subtlety", "5");
    mm_record_set(r, "lesion.1.subtlety", "3");
    mm_record_set(r, "to_original", "2 0 0 0 2 0"); /* brought to half its size */
    return r;
}

static void from_records(void **state)
{
    (void)state;
    mm_attributes a;
    assert_int_equal(mm_attributes_begin(&a, names, NAMES, NULL), 0);
    mm_record *r = image("whole");
    assert_int_equal(mm_attributes_add_record(&a, r, NULL), 0);
    mm_record_free(r);
    r = image("patch"); /* around lesion 0 */
    mm_record_set(r, "source", "whole");
    mm_record_set(r, "class", "mass_mal");
    mm_record_set(r, "lesion", "0");
    assert_int_equal(mm_attributes_add_record(&a, r, NULL), 0);
    mm_record_rename(r, "background");
    mm_record_set(r, "class", "background");
    assert_int_equal(mm_attributes_add_record(&a, r, NULL), 0);
    mm_record_free(r);
    check(&a, "whole", "2", "mixed", "22.6"); /* 100 pixels of 2 x 2: sqrt(400 / pi) * 2 */
    check(&a, "patch", "2", "5", "16.0");
    check(&a, "background", "2", NULL, NULL);
    mm_attributes_free(&a);
}

/* ---- parts ---- */

enum { N = 12 };

typedef struct fixture {
    mm_predictions t;
    mm_evaluation e;
    mm_evaluation_options o;
    char key[N][8];
    char *keys[N], *class[2];
    size_t label[N];
    double prob[N * 2];
} fixture;

static const mm_threshold half = {"half", 0.5};

/* Records 0 to 5 negative, 6 to 11 positive; scores rise but for the last, which is low. */
static void set_up(fixture *f)
{
    static char benign[] = "benign", malignant[] = "malignant";
    *f = (fixture){.class = {benign, malignant}, .o = {.threshold = &half, .thresholds = 1, .prevalence = NAN, .draws = 100, .seed = 1}};
    for (size_t i = 0; i < N; i++) {
        f->key[i][0] = (char)('a' + i);
        f->keys[i] = f->key[i];
        f->label[i] = i >= 6;
        f->prob[2 * i + 1] = i == 11 ? 0.02 : 0.05 + 0.08 * (double)i;
        f->prob[2 * i] = 1 - f->prob[2 * i + 1];
    }
    f->t = (mm_predictions){.n = N, .K = 2, .class_name = f->class, .key = f->keys, .patient = f->keys, .label = f->label, .prob = f->prob,
                            .temperature = 1};
    assert_int_equal(mm_evaluate(&f->e, &f->t, &f->o, NULL), 0);
}

static void words(void **state)
{
    (void)state;
    fixture f;
    mm_strata s;
    set_up(&f);
    char mass[] = "mass", calc[] = "calc";
    char *value[N] = {mass, mass, calc, calc, NULL, NULL, mass, mass, calc, calc, NULL, mass};
    assert_int_equal(mm_strata_make(&s, "abnormality", value, &f.e, &f.t, &f.o, NULL), 0);
    assert_string_equal(s.attribute, "abnormality");
    assert_int_equal(s.n, 2);
    assert_int_equal(s.unknown, 3);
    assert_string_equal(s.item[0].name, "calc");
    assert_int_equal(s.item[0].records, 4);
    assert_int_equal(s.item[0].positives, 2);
    assert_true(s.item[0].area.area == 1 && s.item[0].borrowed == 0);
    assert_string_equal(s.item[1].name, "mass");
    assert_true(fabs(s.item[1].area.area - 4. / 6) < 1e-12); /* two above both, one below both */
    assert_int_equal(s.item[1].accuracy.part, 4);
    assert_int_equal(s.item[1].operating[0].true_positives, 2);
    assert_int_equal(s.item[1].operating[0].false_negatives, 1);
    mm_strata_free(&s);

    char *kinds[N] = {calc, calc, calc, calc, calc, calc, mass, mass, mass, NULL, NULL, NULL};
    assert_int_equal(mm_strata_make(&s, "abnormality", kinds, &f.e, &f.t, &f.o, NULL), 0);
    assert_int_equal(s.item[0].borrowed, 6); /* all negative: against all positives */
    assert_int_equal(s.item[1].borrowed, 6);
    assert_true(fabs(s.item[0].area.area - 5. / 6) < 1e-12 && s.item[1].area.area == 1);
    assert_int_equal(s.item[0].operating[0].sensitivity.whole, 0); /* operating points know their own records only */
    mm_strata_free(&s);
    mm_evaluation_free(&f.e);
}

static void numbers(void **state)
{
    (void)state;
    static char text[N][8] = {"3", "11", "12", "13", "21", "22", "23", "31", "32", "33", "100", "200"};
    char *value[N], *few[N];
    fixture f;
    mm_strata s;
    mm_error e = {0};
    set_up(&f);
    for (size_t i = 0; i < N; i++) {
        value[i] = text[i];
        few[i] = text[i % 3];
    }
    assert_int_equal(mm_strata_make(&s, "size:12,100", value, &f.e, &f.t, &f.o, NULL), 0);
    assert_string_equal(s.attribute, "size");
    assert_int_equal(s.n, 3);
    assert_string_equal(s.item[0].name, "below 12");
    assert_int_equal(s.item[0].records, 2);
    assert_string_equal(s.item[1].name, "12 to 100");
    assert_int_equal(s.item[1].records, 8);
    assert_string_equal(s.item[2].name, "from 100");
    mm_strata_free(&s);
    assert_int_equal(mm_strata_make(&s, "size", value, &f.e, &f.t, &f.o, NULL), 0); /* thirds */
    assert_int_equal(s.n, 3);
    for (size_t k = 0; k < 3; k++)
        assert_int_equal(s.item[k].records, 4);
    mm_strata_free(&s);
    assert_int_equal(mm_strata_make(&s, "size", few, &f.e, &f.t, &f.o, NULL), 0); /* each a part, in numbers' order */
    assert_int_equal(s.n, 3);
    assert_string_equal(s.item[0].name, "3");
    assert_string_equal(s.item[1].name, "11");
    mm_strata_free(&s);
    assert_int_equal(mm_strata_make(&s, "size:9,8", value, &f.e, &f.t, &f.o, &e), MM_USAGE);
    assert_int_equal(mm_strata_make(&s, "size:x", value, &f.e, &f.t, &f.o, &e), MM_USAGE);
    char word[] = "dense", *one[N] = {word}, *none[N] = {NULL};
    assert_int_equal(mm_strata_make(&s, "size:9", one, &f.e, &f.t, &f.o, &e), MM_USAGE);
    assert_int_equal(mm_strata_make(&s, "size", none, &f.e, &f.t, &f.o, &e), MM_FAILURE);
    assert_non_null(strstr(e.text, "'size' is unknown for every record"));
    mm_evaluation_free(&f.e);
}

static void callback(void **state)
{
    (void)state;
    fixture f;
    mm_strata s;
    set_up(&f);
    char without[] = "BENIGN_WITHOUT_CALLBACK", benign[] = "BENIGN", malignant[] = "MALIGNANT", mixed[] = "mixed";
    char *value[N] = {without, without, benign, benign, mixed, NULL, malignant, malignant, malignant, malignant, malignant, malignant};
    assert_int_equal(mm_strata_callback(&s, value, &f.e, &f.t, &f.o, NULL), 0);
    assert_int_equal(s.n, 2);
    assert_string_equal(s.item[1].name, "without call-back");
    assert_int_equal(s.item[1].records, 2);
    assert_int_equal(s.item[0].records, 4);
    assert_int_equal(s.item[0].borrowed, 6);
    assert_int_equal(s.unknown, 6);
    mm_strata_free(&s);
    value[0] = value[1] = benign;
    assert_int_equal(mm_strata_callback(&s, value, &f.e, &f.t, &f.o, NULL), MM_FAILURE);
    mm_evaluation_free(&f.e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(from_manifest), cmocka_unit_test(from_records), cmocka_unit_test(words),
                                       cmocka_unit_test(numbers), cmocka_unit_test(callback)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
