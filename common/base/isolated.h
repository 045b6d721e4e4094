/* Work that may go wrong in ways that C cannot catch, done by another program: it cannot end, hang, or print into the program
 * that asks. GDCM as Debian builds it ends the process where a damaged code stream fails one of its assertions, its copies
 * of the JPEG library print, and its history has more than one write outside of memory. The HDF5 library is not proof
 * against every damaged file either. A fork alone would not do: other threads may hold locks in that moment, and the child
 * would wait for them in vain. */
#ifndef MM_BASE_ISOLATED_H
#define MM_BASE_ISOLATED_H

#include <stddef.h>

#include "common/base/error.h"

#define MM_ISOLATED "mmpipe-isolated" /* the program that does such work: filters/isolated.c */

typedef struct mm_isolated_job {
    const char *kind;  /* of work: the program's first argument */
    const void *head;  /* what to do: a struct of the kind's, without pointers */
    size_t head_size;
    const void *bytes; /* what to do it with */
    size_t size;
    size_t room;       /* bytes of the result at most */
    size_t memory;     /* bytes that the work may take beside the job and the result */
    unsigned seconds;  /* of processor time that it may take */
} mm_isolated_job;

/* A file in memory that grows. */
typedef struct mm_isolated_result {
    unsigned char *bytes;
    size_t size;
    size_t room;  /* bytes that are mapped */
    int file;     /* to grow */
    size_t begin; /* of the result in the file */
} mm_isolated_result;

/* Runs `program`, a file beside the plugins (mm_plugin_path) or one with a slash in its name, on the job. The caller frees
 * the result. An error of the work's is returned as it is, MM_FAILURE or MM_DAMAGED; a program that ended in any other way is
 * MM_DAMAGED with the text "`what` is damaged: its decoder gave up". MM_FAILURE: the program is not there or does not start;
 * memory. On failure there is nothing to free. May be called by several threads at once. */
int mm_isolated(const char *program, const mm_isolated_job *job, const char *what, mm_isolated_result *result, mm_error *error);

void mm_isolated_free(mm_isolated_result *result);

/* ---- such a program ---- */

/* A kind of work. `work` appends its result or returns an error. */
typedef struct mm_isolated_work {
    const char *kind;
    size_t head_size;
    int (*work)(const mm_isolated_job *job, mm_isolated_result *result, mm_error *error);
} mm_isolated_work;

/* The program's main: does the one of works[n] that its first argument names, within the job's limits, and ends. */
int mm_isolated_main(int argc, char **argv, const mm_isolated_work *works, size_t n);

/* Appends n bytes of zeros and returns them: they begin at the next multiple of 64 and stay where they are. NULL with an error
 * when the result has no room for them. */
void *mm_isolated_append(mm_isolated_result *result, size_t n, mm_error *error);

/* Where the next part begins in a result of which so many bytes are read. */
static inline size_t mm_isolated_next(size_t at)
{
    return (at + 63) / 64 * 64;
}

/* Limits the process that calls it to so many bytes of memory beyond what it has now, and seconds of processor time; it
 * leaves no core file. */
void mm_limit_process(size_t bytes, size_t seconds);

#endif
