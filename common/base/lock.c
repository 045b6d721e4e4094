/* Exclusive locks on files: see lock.h. */
#include "common/base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/output.h"

/* FOLDER/.NAME.lock; NULL: memory is out. */
static char *name_of_lock(const char *path)
{
    char *real = realpath(path, NULL), *name = NULL;
    const char *target = real ? real : path, *slash = strrchr(target, '/');
    const size_t folder = slash ? (size_t)(slash - target) + 1 : 0;
    if (asprintf(&name, "%.*s.%s.lock", (int)folder, target, target + folder) < 0)
        name = NULL;
    free(real);
    return name;
}

/* True if the path still leads to the file that is open: the program that had the lock before may have removed it. */
static bool is_there(const char *path, int fd)
{
    struct stat a, b;
    return !fstat(fd, &a) && !stat(path, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Tries once; *again when the file went away meanwhile. */
static int try(mm_lock *lock, const char *path, bool *again, mm_error *error)
{
    *again = false;
    lock->fd = open(lock->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (lock->fd < 0)
        return mm_fail(error, MM_FAILURE, "cannot lock '%s':", path);
    if (flock(lock->fd, LOCK_EX | LOCK_NB)) {
        const bool taken = errno == EWOULDBLOCK;
        close(lock->fd);
        lock->fd = -1;
        return taken ? mm_fail(error, MM_FAILURE, "'%s' is in use by another program that writes to it", path) : MM_OK;
    }
    *again = !is_there(lock->path, lock->fd);
    if (*again) {
        close(lock->fd);
        lock->fd = -1;
    }
    return MM_OK;
}

int mm_lock_take(mm_lock *lock, const char *path, mm_error *error)
{
    struct stat st;
    bool again = true;
    int code = MM_OK;
    *lock = (mm_lock)MM_UNLOCKED;
    if (!path || !strcmp(path, "-") || (!stat(path, &st) && !S_ISREG(st.st_mode)))
        return MM_OK;
    if (!(lock->path = name_of_lock(path)))
        return mm_no_memory(error);
    while (!code && again)
        code = try(lock, path, &again, error);
    if (lock->fd >= 0) {
        mm_output_remember(lock->path);
    } else {
        free(lock->path);
        lock->path = NULL;
    }
    return code;
}

void mm_lock_release(mm_lock *lock)
{
    if (lock->fd < 0)
        return;
    unlink(lock->path);
    mm_output_forget(lock->path);
    close(lock->fd);
    free(lock->path);
    *lock = (mm_lock)MM_UNLOCKED;
}
