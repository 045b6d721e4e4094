/* Work that another program does because it may crash, hang or print: the program that asks for it goes on regardless.
 *
 * Debian's GDCM ends the process when a damaged code stream fails one of its assertions, its copies of the JPEG library print,
 * and it has had more than one write outside of memory. The HDF5 library does not withstand every damaged file either. A fork
 * alone is not enough: other threads may hold locks at that moment, and the child would wait for them for ever. */
#ifndef MM_BASE_ISOLATED_H
#define MM_BASE_ISOLATED_H

#include <stddef.h>

#include "common/base/error.h"

#define MM_ISOLATED "mmpipe-isolated" /* the program that does such work: filters/isolated.c */

typedef struct mm_isolated_job {
    const char *kind;  /* kind of work: the program's first argument */
    const void *head;  /* parameters: a struct without pointers that the kind defines */
    size_t head_size;
    const void *bytes; /* input */
    size_t size;
    size_t room;       /* largest size of the result in bytes */
    size_t memory;     /* bytes that the work may take besides the job and the result */
    unsigned seconds;  /* processor time that it may take */
} mm_isolated_job;

/* The result of a job, in a file in memory that grows. */
typedef struct mm_isolated_result {
    unsigned char *bytes;
    size_t size;
    size_t room;  /* bytes that are mapped */
    int file;     /* descriptor, for growing the file */
    size_t begin; /* where the result begins in the file */
} mm_isolated_result;

/* Runs `program` on the job and fills the result, which the caller frees. `program` is a file beside the plugins
 * (mm_plugin_path), or a path if it holds a slash. An error of the work is returned unchanged. MM_DAMAGED with the text
 * "`what` is damaged: its decoder gave up": the program ended in any other way. MM_FAILURE: the program is missing or does not
 * start, or memory. After a failure there is nothing to free. Several threads may call it at once. */
int mm_isolated(const char *program, const mm_isolated_job *job, const char *what, mm_isolated_result *result, mm_error *error);

void mm_isolated_free(mm_isolated_result *result);

/* ---- the program that does the work ---- */

/* A kind of work. `work` appends to the result (mm_isolated_append) or returns an error. */
typedef struct mm_isolated_work {
    const char *kind;
    size_t head_size;
    int (*work)(const mm_isolated_job *job, mm_isolated_result *result, mm_error *error);
} mm_isolated_work;

/* Runs the program: does the one of works[n] that its first argument names, within the job's limits, and exits. */
int mm_isolated_main(int argc, char **argv, const mm_isolated_work *works, size_t n);

/* Appends n zero bytes at the next multiple of 64 and returns their address, which stays valid. NULL with an error if the
 * result has no room for them. */
void *mm_isolated_append(mm_isolated_result *result, size_t n, mm_error *error);

/* Returns where the next part of a result begins after its first `at` bytes. */
static inline size_t mm_isolated_next(size_t at)
{
    return (at + 63) / 64 * 64;
}

/* Limits the calling process to `bytes` of memory beyond what it has now and to `seconds` of processor time, and turns core
 * files off. */
void mm_limit_process(size_t bytes, size_t seconds);

#endif
