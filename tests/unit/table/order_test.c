/* Orders: permutations, new in each epoch and the same when made again; shards that share nothing; even classes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/table/order.h"

enum { N = 103 };

static size_t order(mm_order_options rules, size_t n, long epoch, mm_pick *to)
{
    mm_pick *picks;
    size_t count, left_out;
    mm_error error = {0};
    assert_int_equal(mm_order(&rules, n, epoch, &picks, &count, &left_out, &error), 0);
    memcpy(to, picks, count * sizeof *picks);
    free(picks);
    return count;
}

static void permutations(void **state)
{
    (void)state;
    mm_pick a[N], b[N], c[N];
    assert_int_equal(order((mm_order_options){0}, N, 1, a), N);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(a[i].item, i);
    mm_order_options rules = {.shuffle = true, .seed = 7};
    assert_int_equal(order(rules, N, 3, a), N);
    order(rules, N, 3, b);
    order(rules, N, 4, c);
    assert_memory_equal(a, b, sizeof a);
    size_t moved = 0, same = 0, seen[N] = {0};
    for (size_t i = 0; i < N; i++) {
        seen[a[i].item]++;
        moved += a[i].item != i;
        same += a[i].item == c[i].item;
        assert_int_equal(a[i].repeat, 0);
    }
    for (size_t i = 0; i < N; i++)
        assert_int_equal(seen[i], 1);
    assert_in_range(moved, N - 8, N);
    assert_in_range(same, 0, 8);
    rules.seed = 8;
    order(rules, N, 3, b);
    assert_memory_not_equal(a, b, sizeof a);
    assert_int_equal(order(rules, 0, 1, a), 0);
}

/* Of every position each item is as likely: the mean over many epochs is the middle. */
static void fair(void **state)
{
    (void)state;
    enum { FEW = 5, EPOCHS = 5000 };
    size_t seen[FEW][FEW] = {{0}};
    for (long e = 1; e <= EPOCHS; e++) {
        mm_pick p[FEW];
        order((mm_order_options){.shuffle = true, .seed = 1}, FEW, e, p);
        for (size_t i = 0; i < FEW; i++)
            seen[i][p[i].item]++;
    }
    for (size_t i = 0; i < FEW; i++)
        for (size_t k = 0; k < FEW; k++)
            assert_in_range(seen[i][k], 870, 1130); /* 1000, sd 28 */
}

static void shards(void **state)
{
    (void)state;
    mm_pick whole[N], part[N];
    mm_order_options rules = {.shuffle = true, .seed = 5};
    order(rules, N, 2, whole);
    rules.shards = 4;
    for (size_t s = 0; s < 4; s++) {
        rules.shard = s;
        assert_int_equal(order(rules, N, 2, part), N / 4);
        for (size_t i = 0; i < N / 4; i++)
            assert_int_equal(part[i].item, whole[4 * i + s].item);
    }
    mm_pick *picks;
    size_t count, left_out;
    assert_int_equal(mm_order(&rules, N, 2, &picks, &count, &left_out, NULL), 0);
    assert_int_equal(left_out, N - N / 4 * 4);
    free(picks);
}

static void balance(void **state)
{
    (void)state;
    size_t class_of[N], counts[3] = {0}, times[N] = {0};
    for (size_t i = 0; i < N; i++)
        class_of[i] = i < 90 ? 0 : i < 100 ? 1 : 2;
    mm_order_options rules = {.seed = 1, .class_of = class_of, .classes = 3};
    mm_pick p[N];
    assert_int_equal(order(rules, N, 1, p), N);
    for (size_t i = 0; i < N; i++) {
        counts[class_of[p[i].item]]++;
        assert_int_equal(class_of[p[i].item] == 0 ? p[i].repeat : 0, 0);
        times[p[i].item]++;
        assert_in_range(p[i].repeat, 0, 11);
    }
    assert_int_equal(counts[0], 35);
    assert_int_equal(counts[1], 34);
    assert_int_equal(counts[2], 34);
    for (size_t i = 90; i < 100; i++)
        assert_in_range(times[i], 3, 4);
    for (size_t i = 100; i < N; i++)
        assert_in_range(times[i], 11, 12);
    rules.classes = 4;
    mm_pick *picks;
    size_t count, left_out;
    mm_error error = {0};
    assert_int_equal(mm_order(&rules, N, 1, &picks, &count, &left_out, &error), MM_FAILURE);
    assert_non_null(strstr(error.text, "class 3"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(permutations), cmocka_unit_test(fair), cmocka_unit_test(shards), cmocka_unit_test(balance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
