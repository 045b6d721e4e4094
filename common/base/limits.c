/* Limits of a process: see limits.h. */
#include "common/base/limits.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

void mm_limit_process(size_t bytes, size_t seconds)
{
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%*s %*s %*s %*s %*s %lu", &pages) == 1 && pages) {
        rlim_t most = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + bytes;
        setrlimit(RLIMIT_DATA, &(struct rlimit){most, most});
    }
    if (f)
        fclose(f);
    setrlimit(RLIMIT_CPU, &(struct rlimit){seconds, seconds});
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
}
