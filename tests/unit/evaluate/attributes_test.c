/* Attributes of records from manifests and records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "filters/evaluate/attributes.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(from_manifest), cmocka_unit_test(from_records)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
