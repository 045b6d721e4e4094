/* Quotas of control groups, of both versions, of a group and of those above it, in folders that look like /sys/fs/cgroup. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "common/base/processors.h"

static void put(const char *path, const char *text)
{
    char folder[200];
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
        mkdir(folder, 0777);
    }
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void version_2(void **state)
{
    (void)state;
    put("two/cpu.max", "max 100000\n");
    put("two/slice/cpu.max", "350000 100000\n");
    put("two/slice/job/cpu.max", "max 100000\n");
    put("two/slice/small/cpu.max", "50000 100000\n");
    assert_int_equal(mm_cgroup_processors("0::/\n", "two"), 0);
    assert_int_equal(mm_cgroup_processors("0::/slice\n", "two"), 4);
    assert_int_equal(mm_cgroup_processors("0::/slice/job\n", "two"), 4);
    assert_int_equal(mm_cgroup_processors("0::/slice/small", "two"), 1);
    put("box/cpu.max", "200000 100000\n"); /* in a container the group's own path is not to be seen */
    assert_int_equal(mm_cgroup_processors("0::/docker/0123/x\n", "box"), 2);
    assert_int_equal(mm_cgroup_processors("0::/\n", "box"), 2);
}

static void version_1(void **state)
{
    (void)state;
    put("one/cpu/cpu.cfs_quota_us", "-1\n");
    put("one/cpu/cpu.cfs_period_us", "100000\n");
    put("one/cpu/job/cpu.cfs_quota_us", "250000\n");
    put("one/cpu/job/cpu.cfs_period_us", "100000\n");
    assert_int_equal(mm_cgroup_processors("4:memory:/job\n2:cpuset:/job\n", "one"), 0);
    assert_int_equal(mm_cgroup_processors("4:memory:/\n1:cpu,cpuacct:/job\n0::/\n", "one"), 3);
    assert_int_equal(mm_cgroup_processors("1:cpuacct,cpu:/job/inner\n", "one"), 3);
    assert_int_equal(mm_cgroup_processors("1:cpu:/\n", "one"), 0);
}

static void what_is_no_quota(void **state)
{
    (void)state;
    put("bad/cpu.max", "many few\n");
    assert_int_equal(mm_cgroup_processors("", "bad"), 0);
    assert_int_equal(mm_cgroup_processors("nonsense\n\n:::\n0::\n", "bad"), 0);
    assert_int_equal(mm_cgroup_processors("0::/\n", "nowhere"), 0);
    assert_true(mm_processors() >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(version_2), cmocka_unit_test(version_1), cmocka_unit_test(what_is_no_quota)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
