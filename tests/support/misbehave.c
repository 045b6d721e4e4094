/* Does by a letter what a library may do to the process it runs in; tests/unit/base/isolated_test.c starts it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/isolated.h"

/* More than is allowed, and written to, so that it must be there. */
static int take_memory(void)
{
    size_t n = (size_t)4 << 30;
    char *much = malloc(n);
    if (much)
        memset(much, 1, n);
    abort();
}

/* Parts of odd sizes until there is no room; each holds its number. */
static int fill(const mm_isolated_job *job, mm_isolated_result *result, mm_error *error)
{
    unsigned char number = 0, *part;
    for (size_t n = 1; result->size < job->room / 2; n += 1000, number++) {
        if (!(part = mm_isolated_append(result, n, error)))
            return error->code;
        memset(part, number, n);
    }
    return MM_OK;
}

static int misbehave(const mm_isolated_job *job, mm_isolated_result *result, mm_error *error)
{
    volatile unsigned long spin = 1;
    char *to = mm_isolated_append(result, job->size + 1, error);
    if (!to)
        return error->code;
    memset(to, 'x', job->size + 1);
    fputs("noise", stderr);
    switch (*(const char *)job->head) {
    case 'a': abort();
    case 's': raise(SIGSEGV); break;
    case 'e': _exit(0);
    case 'l':
        while (spin)
            spin |= 1;
        break;
    case 'm': return take_memory();
    case 'w': return ftruncate(result->file, 1 << 30) ? mm_fail(error, MM_DAMAGED, "the file does not grow") : MM_OK;
    case 'c': return ftruncate(result->file, 0) ? mm_fail(error, MM_DAMAGED, "the file is not cut") : MM_OK;
    case 'f': return mm_fail(error, MM_DAMAGED, "in its own words");
    case 'p': return fill(job, result, error);
    case 'o': return mm_isolated_append(result, job->room, error) ? MM_OK : error->code;
    default: break;
    }
    memcpy(to, job->bytes, job->size);
    return MM_OK;
}

int main(int argc, char **argv)
{
    static const mm_isolated_work works[] = {{"other", 1, NULL}, {"letter", 1, misbehave}};
    return mm_isolated_main(argc, argv, works, sizeof works / sizeof *works);
}
