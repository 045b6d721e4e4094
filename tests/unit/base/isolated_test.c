/* Work done by another program: whatever it does, the one that asks gets a result or an error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/isolated.h"

/* What tests/support/misbehave.c does by this letter, with the bytes "bytes". */
static int do_letter(char letter, const char *kind, size_t room, mm_isolated_result *result, mm_error *error)
{
    char program[4096];
    const char *support = getenv("SUPPORT");
    if (!support)
        skip();
    assert_true(snprintf(program, sizeof program, "%s/misbehave", support) < (int)sizeof program);
    mm_isolated_job job = {.kind = kind, .head = &letter, .head_size = 1, .bytes = "bytes", .size = 5,
                           .room = room, .memory = 512 << 20, .seconds = 1};
    *error = (mm_error){0};
    return mm_isolated(program, &job, "it", result, error);
}

static void refuse(char letter, const char *kind, int code, const char *text)
{
    mm_isolated_result result;
    mm_error error;
    assert_int_equal(do_letter(letter, kind, 100, &result, &error), code);
    assert_non_null(strstr(error.text, text));
    assert_true(!result.bytes && !result.size);
}

/* abort, segmentation fault, exit, loop, memory, writing more than there is room for */
static void test_ends(void **state)
{
    (void)state;
    for (const char *letter = "aselmw"; *letter; letter++)
        refuse(*letter, "letter", MM_DAMAGED, "it is damaged: its decoder gave up");
}

static void test_errors(void **state)
{
    (void)state;
    mm_isolated_result result;
    mm_error error;
    refuse('f', "letter", MM_DAMAGED, "in its own words");
    refuse('c', "letter", MM_DAMAGED, "the file is not cut");
    refuse('o', "letter", MM_FAILURE, "out of memory");
    refuse('g', "unknown", MM_FAILURE, "is of another version");
    mm_isolated_job job = {.kind = "letter", .head = "g", .head_size = 1, .bytes = "bytes", .size = 5, .room = 100, .seconds = 1};
    assert_int_equal(mm_isolated("./nowhere", &job, "it", &result, &error), MM_FAILURE);
    assert_int_equal(mm_isolated("nowhere", &job, "it", &result, &error), MM_FAILURE);
}

static void test_result(void **state)
{
    (void)state;
    mm_isolated_result result;
    mm_error error;
    assert_int_equal(do_letter('g', "letter", 100, &result, &error), MM_OK);
    assert_int_equal(result.size, 6);
    assert_memory_equal(result.bytes, "bytesx", 6);
    mm_isolated_free(&result);
}

/* A result grows by parts, which begin at multiples of 64. */
static void test_parts(void **state)
{
    (void)state;
    mm_isolated_result result;
    mm_error error;
    size_t at = 6, n = 1, parts = 0;
    assert_int_equal(do_letter('p', "letter", 4000000, &result, &error), MM_OK);
    assert_true(result.size >= 2000000 && result.size <= 4000000);
    for (; at < result.size; n += 1000, parts++) {
        at = mm_isolated_next(at);
        assert_true(n <= result.size - at);
        for (size_t i = 0; i < n; i++)
            assert_true(result.bytes[at + i] == parts);
        at += n;
    }
    assert_true(at == result.size && parts > 50);
    mm_isolated_free(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ends), cmocka_unit_test(test_errors), cmocka_unit_test(test_result), cmocka_unit_test(test_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
