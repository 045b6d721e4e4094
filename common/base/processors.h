/* How many processors this process may use. */
#ifndef MM_BASE_PROCESSORS_H
#define MM_BASE_PROCESSORS_H

#include <stddef.h>

/* Returns the number of processors that the affinity mask (taskset, mpirun, a cpuset) leaves and that the quota of the control groups
 * pays for, rounded up; at least 1. */
size_t mm_processors(void);

/* Returns how many processors the quotas of control groups pay for, rounded up; 0 without a quota. `groups` is the text of
 * /proc/self/cgroup, `mount` where the file systems are (/sys/fs/cgroup). Version 2 (cpu.max) and 1 (cpu.cfs_quota_us) are read, of the
 * group and of all above it; the smallest quota counts. */
size_t mm_cgroup_processors(const char *groups, const char *mount);

#endif
