/* Folds by patient: whole patients, as alike as they can be, whatever the order of the records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/base/random.h"
#include "common/stats/folds.h"

enum { N = 300, P = 40, FOLDS = 5 };

static void sample(size_t *patient, size_t *label)
{
    mm_random r;
    mm_random_init(&r, 7, 1, 1);
    for (size_t i = 0; i < N; i++) {
        patient[i] = i < P ? i : (size_t)(mm_random_double(&r) * P);
        label[i] = patient[i] % 4 == 0 && i % 2; /* every fourth patient has some of class 1 */
    }
}

static void whole_and_alike(void **state)
{
    (void)state;
    size_t patient[N], label[N], fold[N], of[P], count[FOLDS][2] = {0}, total[2] = {0};
    sample(patient, label);
    assert_int_equal(mm_folds_by_patient(&(mm_fold_data){patient, label, N, P, 2}, FOLDS, fold, NULL), 0);
    for (size_t i = 0; i < N; i++)
        of[patient[i]] = fold[i];
    for (size_t i = 0; i < N; i++) {
        assert_true(fold[i] < FOLDS && of[patient[i]] == fold[i]);
        count[fold[i]][label[i]]++;
        total[label[i]]++;
    }
    for (size_t f = 0; f < FOLDS; f++)
        for (size_t k = 0; k < 2; k++) /* half to double of a fifth */
            assert_true(count[f][k] * FOLDS * 2 >= total[k] && count[f][k] * FOLDS <= 2 * total[k]);
}

static void order(void **state)
{
    (void)state;
    size_t patient[N], label[N], fold[N], turned_patient[N], turned_label[N], turned[N];
    sample(patient, label);
    for (size_t i = 0; i < N; i++) {
        turned_patient[N - 1 - i] = patient[i];
        turned_label[N - 1 - i] = label[i];
    }
    assert_int_equal(mm_folds_by_patient(&(mm_fold_data){patient, label, N, P, 2}, FOLDS, fold, NULL), 0);
    assert_int_equal(mm_folds_by_patient(&(mm_fold_data){turned_patient, turned_label, N, P, 2}, FOLDS, turned, NULL), 0);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(fold[i], turned[N - 1 - i]);
}

/* As many patients as folds: one each. Two patients with a rare class do not meet in a fold. */
static void few(void **state)
{
    (void)state;
    const size_t patient[] = {0, 0, 0, 1, 1, 2, 2, 2, 2, 3}, label[] = {0, 0, 1, 0, 0, 0, 0, 0, 0, 1};
    size_t fold[10];
    assert_int_equal(mm_folds_by_patient(&(mm_fold_data){patient, label, 10, 4, 2}, 4, fold, NULL), 0);
    assert_true(fold[0] != fold[3] && fold[0] != fold[5] && fold[0] != fold[9] && fold[3] != fold[5] && fold[3] != fold[9] && fold[5] != fold[9]);
    assert_int_equal(mm_folds_by_patient(&(mm_fold_data){patient, label, 10, 4, 2}, 2, fold, NULL), 0);
    assert_true(fold[2] != fold[9]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(whole_and_alike), cmocka_unit_test(order), cmocka_unit_test(few)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
