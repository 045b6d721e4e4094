/* Processors: see processors.h. */
#include "common/base/processors.h"

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH = 4096 };

/* Reads up to two words of a file; false if it cannot be read. */
static bool read_words(const char *path, char first[32], char second[32])
{
    FILE *f = fopen(path, "re");
    first[0] = second[0] = 0;
    if (!f)
        return false;
    int n = fscanf(f, "%31s %31s", first, second);
    fclose(f);
    return n > 0;
}

static size_t smaller(size_t a, size_t b) { return !a ? b : !b || a < b ? a : b; }

/* Quota over period, rounded up; 0 for "max", -1 and what is no number. */
static size_t share(const char *quota, const char *period)
{
    long long q, p;
    if (sscanf(quota, "%lld", &q) != 1 || sscanf(period, "%lld", &p) != 1 || q <= 0 || p <= 0)
        return 0;
    return (size_t)((q + p - 1) / p);
}

static size_t quota_in(const char *folder, bool version2)
{
    char path[PATH + 32], quota[32], period[32], unused[32];
    snprintf(path, sizeof path, "%s/%s", folder, version2 ? "cpu.max" : "cpu.cfs_quota_us");
    if (!read_words(path, quota, period))
        return 0;
    snprintf(path, sizeof path, "%s/cpu.cfs_period_us", folder);
    if (!version2 && !read_words(path, period, unused))
        return 0;
    return share(quota, period);
}

/* The smallest quota of the group and of those above it. In a container the group may be the mount itself. */
static size_t quota_of(const char *mount, const char *group, size_t length, bool version2)
{
    char folder[PATH];
    size_t least = 0, root = strlen(mount);
    length -= length && group[length - 1] == '/'; /* the root group is "/" */
    if (snprintf(folder, sizeof folder, "%s%.*s", mount, (int)length, group) >= (int)sizeof folder)
        return 0;
    for (;;) {
        least = smaller(least, quota_in(folder, version2));
        char *slash = strrchr(folder, '/');
        if (!slash || (size_t)(slash - folder) < root)
            return least;
        *slash = 0;
    }
}

/* True if a list with commas holds "cpu". */
static bool has_cpu(const char *list, size_t length)
{
    for (size_t at = 0; at <= length;) {
        size_t n = strcspn(list + at, ",:");
        if (n == 3 && !memcmp(list + at, "cpu", 3))
            return true;
        at += n + 1;
    }
    return false;
}

size_t mm_cgroup_processors(const char *groups, const char *mount)
{
    size_t least = 0;
    char cpu[PATH];
    for (const char *line = groups; *line; line += strcspn(line, "\n"), line += *line == '\n') { /* NUMBER:CONTROLLERS:GROUP */
        const char *controllers = line + strcspn(line, ":\n"), *group = *controllers == ':' ? strpbrk(controllers + 1, ":\n") : NULL;
        if (!group || *group != ':')
            continue;
        size_t length = strcspn(group + 1, "\n"), names = (size_t)(group - controllers - 1);
        if (names == 0) {
            least = smaller(least, quota_of(mount, group + 1, length, true));
        } else if (has_cpu(controllers + 1, names)) {
            snprintf(cpu, sizeof cpu, "%.4000s/cpu", mount);
            least = smaller(least, quota_of(cpu, group + 1, length, false));
        }
    }
    return least;
}

static size_t by_affinity(void)
{
    for (size_t most = 1024; most <= 1 << 16; most *= 8) {
        cpu_set_t *set = CPU_ALLOC(most);
        size_t n = 0, bytes = CPU_ALLOC_SIZE(most);
        if (set && !sched_getaffinity(0, bytes, set))
            n = (size_t)CPU_COUNT_S(bytes, set);
        CPU_FREE(set);
        if (n)
            return n;
    }
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (size_t)online : 1;
}

size_t mm_processors(void)
{
    char groups[1 << 14];
    size_t n = 0;
    FILE *f = fopen("/proc/self/cgroup", "re");
    if (f) {
        n = fread(groups, 1, sizeof groups - 1, f);
        fclose(f);
    }
    groups[n] = 0;
    return smaller(by_affinity(), mm_cgroup_processors(groups, "/sys/fs/cgroup"));
}
