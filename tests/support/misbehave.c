/* Does by a letter what a decoder may do to the process it runs in; tests/unit/dicom/dicom_test.c starts it. */
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

static int misbehave(const mm_isolated_job *job, void *to, size_t room, mm_error *error)
{
    volatile unsigned long spin = 1;
    memset(to, 'x', room);
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
    case 'f': return mm_fail(error, MM_DAMAGED, "in its own words");
    default: break;
    }
    memcpy(to, job->bytes, job->size);
    return MM_OK;
}

int main(void)
{
    return mm_isolated_main(misbehave);
}
