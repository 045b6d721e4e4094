/* Work that may go wrong in ways that C cannot catch, done by a program of its own: it cannot end, hang, or print into the
 * one that asks. GDCM as Debian builds it ends the process where a damaged code stream fails one of its assertions, its
 * copies of the JPEG library print, and its history has more than one write outside of memory. A fork alone will not do:
 * other threads may hold locks in that moment, which the child then waits for in vain. */
#ifndef MM_BASE_ISOLATED_H
#define MM_BASE_ISOLATED_H

#include <stddef.h>

#include "common/base/error.h"

typedef struct mm_isolated_job {
    const void *head; /* what to do: the program's own struct, without pointers */
    size_t head_size;
    const void *bytes; /* with what */
    size_t size;
} mm_isolated_job;

/* Runs `program`, a file beside the plugins (mm_plugin_path) or one with a slash in its name, on the job and copies its
 * result to to[room]. seconds: of processor time that it may take; its memory is limited too, to many times the result's.
 * An error of the work's is returned as it is, MM_FAILURE or MM_DAMAGED; a program that ended in any other way is MM_DAMAGED
 * with the text "`what` is damaged: its decoder gave up". MM_FAILURE: it is not there or does not start. May be called by
 * several threads at once. */
int mm_isolated(const char *program, const mm_isolated_job *job, void *to, size_t room, unsigned seconds, const char *what,
             mm_error *error);

/* Such a program: its main returns mm_isolated_main(work), which calls work once, to fill to[room] or return an error. */
typedef int (*mm_isolated_work)(const mm_isolated_job *job, void *to, size_t room, mm_error *error);
int mm_isolated_main(mm_isolated_work work);

#endif
