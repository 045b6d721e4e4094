/* What a child process that lets a library at a file may take. */
#ifndef MM_BASE_LIMITS_H
#define MM_BASE_LIMITS_H

#include <stddef.h>

/* Limits the process that calls it to so many bytes of memory beyond what it has now, and seconds of processor time; it
 * leaves no core file. */
void mm_limit_process(size_t bytes, size_t seconds);

#endif
