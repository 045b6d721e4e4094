/* Exclusive locks on files: see lock.h. */
#include "common/base/lock.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/output.h"
#include "common/base/random.h"

/* Writes the name of the lock: the folder's device and number, and a hash of the file's name. 0: there is no such folder. */
static size_t name_of_lock(const char *target, char *name, size_t size)
{
    const char *slash = strrchr(target, '/');
    char *folder = slash ? strndup(target, (size_t)(slash - target) + 1) : strdup(".");
    struct stat st;
    int n = 0;
    if (folder && !stat(folder, &st))
        n = snprintf(name, size, "mmpipe %jx %jx %jx", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino,
                     (uintmax_t)mm_hash_string(slash ? slash + 1 : target));
    free(folder);
    return n > 0 ? (size_t)n : 0;
}

int mm_lock_take(mm_lock *lock, const char *path, mm_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat st;
    *lock = (mm_lock)MM_UNLOCKED;
    if (!path || !strcmp(path, "-") || (!stat(path, &st) && !S_ISREG(st.st_mode)))
        return MM_OK;
    char *target = mm_output_target(path, error);
    if (!target)
        return error->code;
    const size_t n = name_of_lock(target, address.sun_path + 1, sizeof address.sun_path - 1); /* abstract: its first byte is 0 */
    free(target);
    if (!n || (lock->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) < 0)
        return MM_OK;
    if (!bind(lock->fd, (const struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + n)))
        return MM_OK;
    const int taken = errno == EADDRINUSE;
    mm_lock_release(lock);
    return taken ? mm_fail(error, MM_FAILURE, "'%s' is in use by another program that writes to it", path) : MM_OK;
}

void mm_lock_release(mm_lock *lock)
{
    if (lock->fd >= 0)
        close(lock->fd);
    *lock = (mm_lock)MM_UNLOCKED;
}
