/* Option tables: parsing, ranges, --as=published, and the canonical command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the headers above first */
#include <cmocka.h>

#include "common/cli/options.h"

typedef struct config {
    bool flag;
    long count;
    size_t images;
    double x;
    uint64_t seed;
    const char *text;
    mm_strings list;
    int choice;
    mm_size size;
    mm_range range;
} config;

static const mm_option options[] = {
    {"flag", 0, MM_OPT_FLAG, offsetof(config, flag), NULL, "a"},
    {"count", 'n', MM_OPT_INT, offsetof(config, count), "N", "b", 1, 9},
    {"x", 0, MM_OPT_DOUBLE, offsetof(config, x), "X", "c", 0, 1, .published = "0.1"},
    {"seed", 's', MM_OPT_U64, offsetof(config, seed), "N", "d"},
    {"text", 0, MM_OPT_STRING, offsetof(config, text), "T", "e"},
    {"where", 0, MM_OPT_LIST, offsetof(config, list), "A=V", "f"},
    {"filter", 0, MM_OPT_CHOICE, offsetof(config, choice), "F", "g", .choices = "area|cubic|lanczos3", .published = "cubic"},
    {"size", 0, MM_OPT_SIZE, offsetof(config, size), "HxW", "h", 8, 4096},
    {"gain", 0, MM_OPT_RANGE, offsetof(config, range), "LO,HI", "i", 0, 10},
    {"batch", 0, MM_OPT_INT, offsetof(config, count), "N", "not in the canonical line", 1, 9, .neutral = true},
    {.name = "images", .type = MM_OPT_COUNT, .offset = offsetof(config, images), .argument = "N", .help = "j", .min = 1, .max = 65536},
};
static const mm_program program = {"mmtest", "[FILE...]", "Test.", options, sizeof options / sizeof *options, true};

static int parse(config *c, mm_common *common, mm_error *e, const char *const *words)
{
    static char *argv[32];
    int argc = 0;
    argv[argc++] = (char *)(uintptr_t)"mmtest";
    while (words[argc - 1]) {
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
        argc++;
    }
    argv[argc] = NULL;
    *c = (config){.x = 0.5, .size = {1152, 896}, .seed = 1, .count = 2, .range = {1, 2}};
    *e = (mm_error){0};
    return mm_options_parse(&program, argc, argv, c, common, e);
}
#define PARSE(...) parse(&c, &common, &e, (const char *const[]){__VA_ARGS__, NULL})

static void test_values(void **state)
{
    (void)state;
    config c;
    mm_common common;
    mm_error e;
    assert_int_equal(PARSE("in.mms", "--flag", "-n", "3", "--x=0.25", "--seed", "18446744073709551615", "--text", "it's",
                           "--where", "a=b", "--where", "c=d e", "--filter=lanczos3", "--size", "64x32", "--gain", "0.8,1.2",
                           "--images", "65536", "-j", "4", "-o", "out.mms", "-q", "--on-error=skip", "--", "-odd"), 0);
    assert_true(c.flag && c.count == 3 && c.x == 0.25 && c.seed == UINT64_MAX && c.choice == 2 && c.images == 65536);
    assert_true(c.size.height == 64 && c.size.width == 32 && c.range.low == 0.8 && c.range.high == 1.2);
    assert_int_equal(c.list.n, 2);
    assert_true(common.threads == 4 && common.quiet && common.skip);
    assert_string_equal(common.output, "out.mms");
    assert_int_equal(common.noperands, 2);
    assert_string_equal(common.operands[0], "in.mms");
    assert_string_equal(common.operands[1], "-odd");
    char *line = mm_options_canonical(&program, &c, &common);
    assert_string_equal(line, "mmtest --flag --count 3 --x 0.25 --seed 18446744073709551615 --text 'it'\\''s' --where a=b "
                              "--where 'c=d e' --filter lanczos3 --size 64x32 --gain 0.8,1.2 --images 65536");
    free(line);
    mm_options_free(&program, &c);
}

static void test_published(void **state)
{
    (void)state;
    config c;
    mm_common common;
    mm_error e;
    assert_int_equal(PARSE("--x", "0.7", "--as=published"), 0);
    assert_true(c.x == 0.7 && c.choice == 1 && common.published);
    char *line = mm_options_canonical(&program, &c, &common);
    assert_non_null(strstr(line, "--as published --count 2 --x 0.7"));
    free(line);
}

static void test_refused(void **state)
{
    (void)state;
    config c;
    mm_common common;
    mm_error e;
    assert_int_equal(PARSE("--count", "0"), MM_USAGE);
    assert_string_equal(e.text, "--count=0: expected N from 1 to 9");
    assert_int_equal(PARSE("--count", "3x"), MM_USAGE);
    assert_int_equal(PARSE("--count", " 3"), MM_USAGE);
    assert_int_equal(PARSE("--count", "99999999999999999999"), MM_USAGE);
    assert_int_equal(PARSE("--images", "0"), MM_USAGE);
    assert_string_equal(e.text, "--images=0: expected N from 1 to 65536");
    assert_int_equal(PARSE("--images", "-1"), MM_USAGE);
    assert_int_equal(PARSE("--x", "nan"), MM_USAGE);
    assert_int_equal(PARSE("--seed", "-1"), MM_USAGE);
    assert_int_equal(PARSE("--filter", "box"), MM_USAGE);
    assert_non_null(strstr(e.text, "area|cubic|lanczos3"));
    assert_int_equal(PARSE("--size", "64"), 0);
    assert_true(c.size.height == 64 && c.size.width == 64);
    assert_int_equal(PARSE("--size", "64x"), MM_USAGE);
    assert_int_equal(PARSE("--size", "4x4"), MM_USAGE);
    assert_int_equal(PARSE("--gain", "1.2,0.8"), MM_USAGE);
    assert_int_equal(PARSE("--nonsense"), MM_USAGE);
    assert_non_null(strstr(e.text, "--nonsense"));
    assert_int_equal(PARSE("-Z"), MM_USAGE);
    assert_int_equal(PARSE("--count"), MM_USAGE);
    assert_int_equal(PARSE("--flag=yes"), MM_USAGE);
    assert_int_equal(PARSE("--as=method"), MM_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_values), cmocka_unit_test(test_published),
                                       cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
