/* mm_isolated in the place of the library's own, whose object file is then left out: a program started for every input would
 * take longer than all the rest, and what GDCM makes of frames is its own affair. The result is made up. */
#include "common/base/isolated.h"
#include "tests/fuzz/harness/fuzz.h"

enum { MOST = 1 << 20 }; /* large ones take time */

int mm_isolated(const char *program, const mm_isolated_job *job, void *to, size_t room, unsigned seconds, const char *what,
             mm_error *error)
{
    (void)program;
    (void)seconds;
    mm_fuzz_touch(job->head, job->head_size);
    if (room > MOST)
        return mm_fail(error, MM_DAMAGED, "%s is too large to be made up", what);
    for (size_t i = 0; i < room; i++)
        ((uint8_t *)to)[i] = ((const uint8_t *)job->bytes)[i % job->size];
    return MM_OK;
}
