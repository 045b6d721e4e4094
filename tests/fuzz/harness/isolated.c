/* mm_isolated in the place of the library's own, whose object file is then left out: a program started for every input would
 * take longer than all the rest. */
#include "common/base/isolated_file.h"
#include "tests/fuzz/harness/fuzz.h"

#include <sys/mman.h>

enum { MOST = 1 << 20 }; /* large ones take time */

/* What GDCM makes of frames is its own affair: the result is made up. */
static int make_up(const mm_isolated_job *job, const char *what, mm_isolated_result *result, mm_error *error)
{
    if (job->room > MOST)
        return mm_fail(error, MM_DAMAGED, "%s is too large to be made up", what);
    void *bytes = mmap(NULL, job->room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    MM_MUST(bytes != MAP_FAILED);
    *result = (mm_isolated_result){.bytes = bytes, .size = job->room, .room = job->room};
    for (size_t i = 0; i < job->room; i++)
        result->bytes[i] = ((const uint8_t *)job->bytes)[i % job->size];
    return MM_OK;
}

int mm_isolated(const char *program, const mm_isolated_job *job, const char *what, mm_isolated_result *result, mm_error *error)
{
    (void)program;
    *result = (mm_isolated_result){0};
    mm_fuzz_touch(job->head, job->head_size);
    return mm_fuzz_isolated ? mm_fuzz_isolated(job, result, error) : make_up(job, what, result, error);
}
