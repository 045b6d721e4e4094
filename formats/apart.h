/* Work that may go wrong in ways that C cannot catch, done in a process of its own: it cannot end, hang, or print into the
 * one that asks. GDCM as Debian builds it ends the process where a damaged code stream fails one of its assertions, its
 * copies of the JPEG library print, and its history has more than one write outside of memory. */
#ifndef MM_APART_H
#define MM_APART_H

#include <stddef.h>

#include "common/error.h"

/* Fills to[room] and returns 0, or an error. Runs in the child: it may use what it finds in memory, and no lock. */
typedef int (*mm_apart_work)(const void *job, void *to, size_t room, mm_error *error);

/* Calls work(job, result, room) in a child process and copies its result to `to`. seconds: of processor time that it may
 * take. An error of the work's is returned as it is; a child that ended in any other way is MM_DAMAGED with the text
 * "`what` is damaged: its decoder gave up". May be called by several threads at once. */
int mm_apart(mm_apart_work work, const void *job, void *to, size_t room, unsigned seconds, const char *what, mm_error *error);

#endif
