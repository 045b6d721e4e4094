/* Conditions on attributes: equal values, elements of lists, the key, what cannot be looked up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/table/where.h"

/* What a thing says of itself; `broken` cannot be read. */
static const struct {
    const char *name, *value;
} attributes[] = {{"set", "s,s10"}, {"label", "1"}, {"side", "LEFT"}, {"split", "Testing"}, {"lesion.0.pathology", "MALIGNANT"}};

static int lookup(void *looked_up, const char *name, char **value, mm_error *error)
{
    ++*(int *)looked_up;
    if (!strcmp(name, "broken"))
        return mm_fail(error, MM_DAMAGED, "is broken");
    const char *found = NULL;
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
        if (!strcmp(name, attributes[i].name))
            found = attributes[i].value;
    *value = found ? strdup(found) : NULL;
    return MM_OK;
}

static int holds(const char *const *texts, size_t n, bool *result, int *looked_up, mm_error *error)
{
    mm_where where;
    *looked_up = 0;
    assert_int_equal(mm_where_parse(&where, texts, n, error), 0);
    int code = mm_where_holds(&where, "k1", lookup, looked_up, result, error);
    mm_where_free(&where);
    return code;
}

static void values(void **state)
{
    static const struct {
        const char *text;
        bool holds;
    } cases[] = {
        {"label=1", true}, {"label=", false}, {"label=11", false}, {"set=s", true}, {"set=s10", true},
        {"set=s,s10", true}, {"set=s1", false}, {"set=s10,s", false}, {"view=CC", false}, {"view=", false}, {"key=k1", true},
        {"key=k", false}, {"side=LEFT", true}, {"side=l", true}, {"side=Right", false}, {"side=unknown", false}, {"split=Hold-out", true},
        {"split=holdouts", false}, {"lesion.0.pathology=malignant", true}, {"lesion.0.pathology=benign", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mm_error error = {0};
        bool result;
        int looked_up;
        assert_int_equal(holds(&cases[i].text, 1, &result, &looked_up, &error), 0);
        assert_int_equal(result, cases[i].holds);
        assert_int_equal(looked_up, strncmp(cases[i].text, "key=", 4) ? 1 : 0);
    }
}

static void all_must_hold(void **state)
{
    (void)state;
    mm_error error = {0};
    bool result;
    int looked_up;
    assert_int_equal(holds(NULL, 0, &result, &looked_up, &error), 0);
    assert_true(result);
    assert_int_equal(holds((const char *const[]){"label=1", "set=s10", "key=k1"}, 3, &result, &looked_up, &error), 0);
    assert_true(result);
    /* Nothing is looked up behind a condition that does not hold. */
    assert_int_equal(holds((const char *const[]){"label=0", "broken=1"}, 2, &result, &looked_up, &error), 0);
    assert_false(result);
    assert_int_equal(looked_up, 1);
}

static void errors(void **state)
{
    (void)state;
    mm_error error = {0};
    mm_where where;
    bool result;
    int looked_up;
    assert_int_equal(holds((const char *const[]){"broken=1"}, 1, &result, &looked_up, &error), MM_DAMAGED);
    assert_string_equal(error.text, "is broken");
    const char *const wrong[] = {"label", "=1"};
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(mm_where_parse(&where, &wrong[i], 1, &error), MM_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(values), cmocka_unit_test(all_must_hold), cmocka_unit_test(errors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
