/* Worker threads: results in order, and that every job is finished or dropped, also one that is being taken when an error ends
 * the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/cli/pool.h"

typedef struct run {
    size_t jobs, taken, finished, fails; /* fails: the job whose finish is an error; jobs: none */
    bool ordered;
    atomic_size_t alive;
    atomic_bool failed;
} run;

static int take(void *context, void **job, mm_error *error)
{
    run *r = context;
    (void)error;
    if (r->taken == r->jobs)
        return MM_OK;
    if (r->taken > r->fails) { /* the error is met while this one comes */
        while (!r->failed)
            usleep(100);
        usleep(20000);
    }
    size_t *number = malloc(sizeof *number);
    assert_non_null(number);
    *number = r->taken++;
    r->alive++;
    *job = number;
    return MM_OK;
}

static void work(void *context, void *job)
{
    (void)context;
    usleep(*(size_t *)job % 3 * 300);
}

static void drop(void *context, void *job)
{
    run *r = context;
    free(job);
    r->alive--;
}

static int finish(void *context, void *job, mm_error *error)
{
    run *r = context;
    size_t number = *(size_t *)job;
    r->ordered = r->ordered && number == r->finished++;
    drop(r, job);
    if (number != r->fails)
        return MM_OK;
    r->failed = true;
    return mm_fail(error, MM_DAMAGED, "job %zu", number);
}

static const mm_pool POOL = {take, work, finish, drop};

static void test_order(void **state)
{
    (void)state;
    for (long threads = 1; threads < 6; threads++) {
        mm_error error = {0};
        run r = {.jobs = 40, .fails = 40, .ordered = true};
        assert_int_equal(mm_pool_run(&POOL, &r, threads, &error), MM_OK);
        assert_true(r.ordered && r.finished == 40 && r.alive == 0);
    }
}

static void test_error(void **state)
{
    (void)state;
    for (long threads = 1; threads < 6; threads++)
        for (size_t fails = 0; fails < 3; fails++) {
            mm_error error = {0};
            run r = {.jobs = 40, .fails = fails, .ordered = true};
            assert_int_equal(mm_pool_run(&POOL, &r, threads, &error), MM_DAMAGED);
            assert_true(r.ordered && r.finished == fails + 1);
            assert_int_equal(r.alive, 0);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_order), cmocka_unit_test(test_error)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
