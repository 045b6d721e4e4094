/* Exclusive locks on files that a program writes to over hours, or reads and replaces: two programs that want the same file must
 * not both believe that it is theirs.
 *
 * What is locked is a file beside it, .NAME.lock, since the file itself need not be there and is replaced by another one. The
 * lock ends with the process in any case; only SIGKILL leaves the empty file, which harms nobody. */
#ifndef MM_BASE_LOCK_H
#define MM_BASE_LOCK_H

#include "common/base/error.h"

/* Start from MM_UNLOCKED. */
typedef struct mm_lock {
    int fd;
    char *path; /* of the lock */
} mm_lock;

#define MM_UNLOCKED {.fd = -1}

/* Locks the file at `path`, which need not exist; a link locks the file that it leads to. NULL, "-" and what is not a regular file
 * are not locked, nor is anything on a file system without locks. MM_FAILURE: another program has the lock; the folder cannot be
 * written to; memory. */
int mm_lock_take(mm_lock *lock, const char *path, mm_error *error);

/* Does nothing if nothing is locked. */
void mm_lock_release(mm_lock *lock);

#endif
